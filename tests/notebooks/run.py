"""Run chapters from top to bottom and write them in normal form: ``python -m tests.notebooks.run [names]``.

Each notebook gets a fresh kernel of this Python, no network, two threads, and the built-in model. A notebook
that fails or writes to stderr is reported with its cell, and the file in git stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from albert_lab.classroom.facts import KEPT_IN, Fact
from tests.notebooks.normal import chapters, normalize, read

OFFLINE = Path(__file__).parent / "offline"
CELL_SECONDS = 600
EMPTY: Mapping[str, str] = MappingProxyType({})
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SETTINGS = {
    "HF_HUB_OFFLINE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONSAFEPATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "TQDM_DISABLE": "1",
}
UNSET = ("ALBERT_LAB_MODEL", "MPLBACKEND", "PYTHONWARNINGS", "PYTHONSTARTUP")


class NotebookFailedError(Exception):
    """A cell raised, ran too long or wrote to stderr; the message holds its number and source."""


class _ThisPython(KernelSpecManager):
    """Knows one kernel: the interpreter that runs this program."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(**get_kernel_dict())


class _Kernel(AsyncKernelManager):
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return _ThisPython()


@contextmanager
def kernel_environment() -> Iterator[dict[str, str]]:
    """Variables of a kernel that cannot reach other machines and sees no settings of the user's own."""
    with tempfile.TemporaryDirectory(prefix="albert-lab-run-", ignore_cleanup_errors=True) as scratch:
        environment = {name: value for name, value in os.environ.items() if name not in UNSET}
        environment.setdefault("OMP_NUM_THREADS", "2")
        path = [str(OFFLINE), *filter(None, [environment.get("PYTHONPATH")])]
        own = {name: str(Path(scratch, name)) for name in ("HF_HOME", "IPYTHONDIR", "TMPDIR")}
        Path(own["TMPDIR"]).mkdir()
        yield environment | SETTINGS | own | {"PYTHONPATH": os.pathsep.join(path)}


def execute(notebook: NotebookNode, folder: Path, environment: Mapping[str, str] = EMPTY) -> NotebookNode:
    """A copy of ``notebook``, run in ``folder`` in a fresh kernel and brought into normal form.

    Args:
        environment: further variables of the kernel.

    Raises:
        NotebookFailedError: a cell raised, ran too long, killed the kernel or wrote to stderr, or a fact that
            the notebook states does not hold.
    """
    done, facts = execute_with_facts(notebook, folder, environment)
    wrong = [fact for fact in facts if not fact.holds]
    if wrong:
        raise NotebookFailedError("stated, and not so:\n" + "\n".join(map(str, wrong)))
    return done


def execute_with_facts(
    notebook: NotebookNode, folder: Path, environment: Mapping[str, str] = EMPTY
) -> tuple[NotebookNode, list[Fact]]:
    """As `execute`, with every fact that the notebook checked, whether it holds or not."""
    from matplotlib import font_manager  # noqa: F401  a first import builds the font cache and says so in red

    fresh = nbformat.from_dict(notebook)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(fresh, timeout=CELL_SECONDS, resources=place, record_timing=False)
    client.kernel_name, client.kernel_manager_class = "python3", _Kernel
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    with kernel_environment() as own, tempfile.TemporaryDirectory(prefix="albert-lab-facts-") as scratch:
        kept = Path(scratch, "facts.jsonl")
        try:
            client.execute(env=own | {KEPT_IN: str(kept)} | dict(environment))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise NotebookFailedError(failure(fresh, str(error))) from None
        facts = [Fact(*json.loads(line)) for line in kept.read_text().splitlines()] if kept.exists() else []
    complain_about_stderr(fresh)
    return normalize(fresh), facts


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
    chosen = [path for path in chapters() if not names or path.stem in names or path.stem[:2] in names]
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
