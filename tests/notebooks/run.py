"""Run chapters from top to bottom and write them in normal form: ``python -m tests.notebooks.run [names]``.

Each notebook gets a fresh kernel of this Python, no network, one thread, and the built-in model. A notebook
that fails or writes to stderr is reported with its cell, and the file in git stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode

from albert_lab.classroom.facts import KEPT_IN, Fact
from tests.notebooks.normal import chapters, named, normalize, read

OFFLINE = Path(__file__).parent / "offline"
KERNEL = Path(__file__).parent / "kernel.py"
CELL_SECONDS = 3000  # only a cell that hangs takes so long
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
THREADS = "1"  # of a kernel; two notebooks at a time are faster than one with two threads
SETTINGS = {
    "OMP_WAIT_POLICY": "passive",
    "HF_HUB_OFFLINE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONSAFEPATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "TQDM_DISABLE": "1",
}
OWN_FOLDERS = ("ALBERT_LAB_DATA", "HF_HOME", "IPYTHONDIR", "TMPDIR")
UNSET = ("ALBERT_LAB_MODEL", "MPLBACKEND", "PYTHONWARNINGS", "PYTHONSTARTUP")


class NotebookFailedError(Exception):
    """A cell raised, ran too long or wrote to stderr; the message holds its number and source."""


@contextmanager
def kernel_environment() -> Iterator[dict[str, str]]:
    """Variables of a kernel that cannot reach other machines and sees no settings of the user's own."""
    with tempfile.TemporaryDirectory(prefix="albert-lab-run-", ignore_cleanup_errors=True) as scratch:
        environment = {name: value for name, value in os.environ.items() if name not in UNSET}
        environment.setdefault("OMP_NUM_THREADS", THREADS)
        path = [str(OFFLINE), *filter(None, [environment.get("PYTHONPATH")])]
        own = {
            name: str(Path(scratch, name)) for name in ("ALBERT_LAB_DATA", "HF_HOME", "IPYTHONDIR", "TMPDIR")
        }
        Path(own["TMPDIR"]).mkdir()
        yield environment | SETTINGS | own | {"PYTHONPATH": os.pathsep.join(path)}


def execute(
    notebook: NotebookNode,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    cell_seconds: int = CELL_SECONDS,
) -> NotebookNode:
    """A copy of ``notebook``, run in ``folder`` in a fresh kernel and brought into normal form.

    Args:
        notebook: what to run; its outputs are not looked at.
        folder: where its kernel starts.
        environment: variables of the kernel, beside those of ``kernel_environment``.
        cell_seconds: after so long, a cell counts as one that hangs.

    Raises:
        NotebookFailedError: a cell raised, hung, killed the kernel or wrote to stderr, or a fact that the
            notebook states does not hold.
    """
    done, facts = execute_with_facts(notebook, folder, environment, cell_seconds=cell_seconds)
    wrong = [str(fact) for fact in facts if not fact.holds]
    if wrong:
        raise NotebookFailedError("\n".join(["stated, and not so:", *wrong]))
    return done


def execute_with_facts(
    notebook: NotebookNode,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    cell_seconds: int = CELL_SECONDS,
) -> tuple[NotebookNode, list[Fact]]:
    """As `execute`, with every fact that the notebook checked, whether it holds or not."""
    from matplotlib import font_manager  # noqa: F401  a first import builds the font cache and says so in red

    with tempfile.TemporaryDirectory(prefix="albert-lab-facts-") as scratch:
        kept = Path(scratch, "facts.jsonl")
        variables = {KEPT_IN: str(kept), **(environment or {})}
        done, message = run(notebook, folder, variables, cell_seconds=cell_seconds)
        facts = [Fact(*json.loads(line)) for line in kept.read_text().splitlines()] if kept.exists() else []
    if message:
        raise NotebookFailedError(failure(done, message))
    complain_about_stderr(done)
    return normalize(done), facts


def run(
    notebook: NotebookNode, folder: Path, environment: Mapping[str, str], *, cell_seconds: int = CELL_SECONDS
) -> tuple[NotebookNode, str]:
    """What became of a copy of ``notebook`` that was run in ``folder``, and why it ended early, or ''.

    The kernel and everything that talks to it live in a process of their own, which is gone at the end,
    however this ends: a kernel that is killed leaves nothing behind for the next one.
    """
    fresh = nbformat.from_dict(notebook)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with kernel_environment() as variables:
        command = [sys.executable, str(KERNEL), str(folder), str(cell_seconds)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(
            command, env={**variables, **environment}, encoding="utf-8", **pipes
        ) as process:
            try:
                done, message = process.communicate(nbformat.writes(fresh))
            finally:
                kill(process)
    reached_the_end = process.returncode == 0
    return (nbformat.reads(done, as_version=4) if done else fresh), "" if reached_the_end else message


def other_capabilities() -> list[str]:
    """Instruction sets below this processor's own that torch can be held to, the lowest first."""
    import torch

    known = ["default", "avx2", "avx512"]
    own = torch.backends.cpu.get_cpu_capability().lower()
    return known[: known.index(own)] if own in known else []


def kill(process: subprocess.Popen) -> None:
    """End ``process`` and all that it started, if it has not ended by itself, and wait till they are gone."""
    if process.poll() is None:
        parent = psutil.Process(process.pid)
        family = [*parent.children(recursive=True), parent]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(family, timeout=600)


def failure(notebook: NotebookNode, message: str) -> str:
    """What to print about the first cell without a finished run."""
    for index, cell in enumerate(notebook.cells):
        failed = any(output.output_type == "error" for output in cell.get("outputs", []))
        if failed or (cell.cell_type == "code" and cell.execution_count is None):
            return f"cell {index}:\n{cell.source}\n\n{COLOURS.sub('', message)}"
    return message


def complain_about_stderr(notebook: NotebookNode) -> None:
    """Raise NotebookFailedError if any cell wrote to stderr: a learner would see it in red."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise NotebookFailedError(f"cell {index} wrote to stderr:\n{cell.source}\n\n{output.text}")


def write(notebook: NotebookNode, path: Path) -> None:
    """Write ``notebook`` to ``path`` in one step."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(nbformat.writes(notebook, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def main(names: list[str]) -> int:
    """Run the named chapters (``10`` or ``10_extracting_embeddings``), or all; the number that failed."""
    chosen = named(names)
    if not chosen:
        print(f"no chapter is called {' or '.join(names)}; there are {[path.stem for path in chapters()]}")
        return 1
    failed = 0
    for path in chosen:
        start = time.perf_counter()
        try:
            write(execute(read(path), path.parent), path)
            print(f"{path.stem}: {time.perf_counter() - start:.0f} s")
        except NotebookFailedError as error:
            failed += 1
            print(f"{path.stem}: FAILED, the file stays as it was\n{error}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
