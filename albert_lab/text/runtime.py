"""Asks a second interpreter for the texts of what is written in C (see `albert_lab.text.inspected`)."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CorpusError

_log = logging.getLogger(__name__)
_SCRIPT = Path(__file__).with_name("inspected.py")


@dataclass
class Inspected:
    """What was seen at run time: `records` with texts, `aliases` from an object's home to its public name."""

    records: list[dict] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)


def inspect_package(package: str, timeout: float = 1200.0, *, complete: bool = False) -> Inspected:
    """Imports the modules of a package ("stdlib" or an import name) in a subprocess and returns its texts.

    Args:
        complete: also what has no text, and the texts of modules.

    Raises:
        CorpusError: the subprocess failed, took longer than `timeout` seconds, or could not import the
            package itself. A module of it that cannot be imported is left out and noted in the log.
    """
    command = [sys.executable, "-P", "-X", "utf8", str(_SCRIPT), package, *["complete"] * complete]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
            env=_environment(package),
        )
    except subprocess.TimeoutExpired as error:
        raise CorpusError(
            f"inspecting {package!r} in a subprocess took longer than {timeout:.0f} seconds.",
            expected="an import that ends",
            mend=f"try `python -c 'import {package}'` to see what it waits for",
        ) from error
    lines = _lines(done.stdout)
    if done.returncode or not lines or "end" not in lines[-1]:
        raise _failure(package, f"exit code {done.returncode}: " + done.stderr.decode("utf-8", "replace"))
    if broken := next(
        (line["note"] for line in lines if line.get("note", "").startswith(f"{package}: ")), ""
    ):
        raise _failure(package, broken)
    return _sorted_out(lines)


def _environment(package: str) -> dict[str, str]:
    """The caller's, with a fixed order of sets; packages that are asked for are found where we find them."""
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    if package not in ("stdlib", "numpy"):  # for these two, no file of the user's may get in the way
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    return environment


def _failure(package: str, reason: str) -> CorpusError:
    return CorpusError(
        f"inspecting {package!r} in a subprocess failed ({reason.strip()[-500:]}).",
        expected="a Python that can import it",
        mend=f"run `{sys.executable} {_SCRIPT} {package}` to see the whole message",
    )


def _lines(output: bytes) -> list[dict]:
    try:
        return [json.loads(line) for line in output.splitlines()]
    except ValueError:  # it was ended in the middle of a line
        return []


def _sorted_out(lines: list[dict]) -> Inspected:
    found = Inspected()
    for line in lines:
        if "note" in line:
            _log.info("%s", line["note"])
        elif "alias" in line:
            known = found.aliases.get(line["of"])
            if known is None or rank(line["alias"]) < rank(known):
                found.aliases[line["of"]] = line["alias"]
        elif "name" in line:
            found.records.append(line)
    return found


def rank(name: str) -> tuple[int, int, str]:
    """Orders the names of one object: the shortest path first."""
    return name.count("."), len(name), name
