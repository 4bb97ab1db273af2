"""Reads many Python files in several processes.

Separate interpreters, not a process pool: a pool would run a caller's script a second time unless it is
guarded by `if __name__ == "__main__"`, and forking a process that holds torch's threads is not safe. A reader
takes (module name, path) as JSON lines and answers each with a dataclass as JSON.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import CorpusError
from .source import ModuleSource, SourceObject

_log = logging.getLogger(__name__)
_COMMAND = (
    "import sys; sys.path.append(sys.argv[1]); from albert_lab.text.readers import main; main(sys.argv[2])"
)
_OBJECTS = ("objects", "attached", "bare")
_READ_MODULE = "albert_lab.text.source:read_module"


def read_modules(
    files: Sequence[tuple[str, Path]], workers: int = 2, advance: Callable[[int], Any] = lambda count: None
) -> dict[str, ModuleSource]:
    """Reads files (module name, path) in `workers` processes; `advance(1)` is called after each file.

    Raises:
        CorpusError: a reader process ended before it had answered for every file.
    """
    found = read_files(files, _READ_MODULE, workers, advance)
    sources = {name: _module_source(name, fields) for name, fields in found.items()}
    for source in sources.values():
        if source.note:
            _log.info("%s", source.note)
    return sources


def read_files(
    files: Sequence[tuple[str, Path]],
    reader: str,
    workers: int = 2,
    advance: Callable[[int], Any] = lambda count: None,
) -> dict[str, dict[str, Any]]:
    """What a function makes of each file (module name, path), in the order of the files.

    Args:
        reader: "module:function"; it is called with a module's name and its path, and returns a dataclass
            with a field `name`, the module's. Where it raises, only the fields `name` and `note` come back.

    Raises:
        CorpusError: a reader process ended before it had answered for every file.
    """
    ordered = sorted(files, key=lambda item: (-item[1].stat().st_size, item[0]))
    shares = [share for share in (ordered[start::workers] for start in range(workers)) if share]
    readers = [_Reader(share, reader, advance) for share in shares]
    try:
        for each in readers:
            each.join()
    except BaseException:  # an interrupt, most of all: leave nobody working
        for each in readers:
            each.stop()
        raise
    found = {name: fields for each in readers for name, fields in each.found.items()}
    return {name: found[name] for name, _ in files}


class _Reader:
    """One reader process with the threads that feed it and listen to it."""

    def __init__(self, share: Sequence[tuple[str, Path]], reader: str, advance: Callable[[int], Any]) -> None:
        here = str(Path(__file__).resolve().parents[2])
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-c", _COMMAND, here, reader],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.share, self.advance = share, advance
        self.found: dict[str, dict[str, Any]] = {}
        self.errors = b""
        self.threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._feed, self._listen, self._hear_errors)
        ]
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join()
        code = self.process.wait()
        if code or len(self.found) < len(self.share):
            raise CorpusError(
                f"a process that reads Python source ended early (exit code {code}): "
                + self.errors.decode("utf-8", "replace").strip()[-1000:],
                expected="one answer for each file",
                mend="try again; if it was killed, the machine may be short of memory",
            )

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()

    def _feed(self) -> None:
        with contextlib.suppress(BrokenPipeError), self.process.stdin as pipe:
            for name, path in self.share:
                pipe.write(json.dumps([name, str(path)]).encode() + b"\n")

    def _listen(self) -> None:
        with self.process.stdout as pipe:
            for line in pipe:
                with contextlib.suppress(ValueError):  # half a line of a killed process: join() will say so
                    fields = json.loads(line)
                    self.found[fields["name"]] = fields
                    self.advance(1)

    def _hear_errors(self) -> None:
        with self.process.stderr as pipe:
            self.errors = pipe.read()


def _module_source(name: str, fields: dict[str, Any]) -> ModuleSource:
    objects = {key: [SourceObject(**item) for item in fields.get(key, ())] for key in _OBJECTS}
    return ModuleSource(**{"name": name, "is_package": False} | fields | objects)


def main(reader: str) -> None:
    """A reader process: one JSON line in, one out."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.setrecursionlimit(10_000)
    module, _, function = reader.partition(":")
    read = getattr(importlib.import_module(module), function)
    for line in sys.stdin.buffer:
        name, path = json.loads(line)
        try:
            answer = asdict(read(name, path))
        except Exception as error:  # one odd file must not cost the others
            answer = {"name": name, "note": f"{name}: not read ({type(error).__name__}: {error})"}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()
