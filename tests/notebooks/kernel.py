"""Run one notebook in a process of its own: ``python kernel.py FOLDER SECONDS < NOTEBOOK > DONE``.

The message of a run that did not reach the end goes to stderr, and the status is then 1.
Cells that did not finish have no number. When the process that started this one is gone, this one and its
kernel end too.
"""

from __future__ import annotations

import os
import sys
import threading
import time

# jsonschema would compile a grammar of addresses, in seconds, for a check that no notebook needs.
sys.modules["rfc3987_syntax"] = None

import nbformat
import psutil
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError


class _ThisPython(KernelSpecManager):
    """Knows one kernel: the interpreter that runs this program."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(**get_kernel_dict())


class _Kernel(AsyncKernelManager):
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return _ThisPython()


def end_with(parent: int) -> None:
    """Wait until ``parent`` is gone; then end all that this process started, and itself."""
    while os.getppid() == parent:
        time.sleep(0.5)
    for each in psutil.Process().children(recursive=True):
        each.kill()
    os._exit(1)


def main(folder: str, seconds: str) -> int:
    """Run the notebook of stdin in ``folder``, each cell for at most ``seconds``, and write it to stdout."""
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    notebook = nbformat.reads(sys.stdin.read(), as_version=4)
    place = {"metadata": {"path": folder}}
    client = NotebookClient(notebook, timeout=int(seconds), resources=place, record_timing=False)
    client.kernel_name, client.kernel_manager_class = "python3", _Kernel
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    finished: set[int] = set()
    client.on_cell_executed = lambda cell, cell_index, execute_reply: finished.add(cell_index)
    message = ""
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        message = str(error)
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and index not in finished:
            cell.execution_count = None
    sys.stdout.write(nbformat.writes(notebook))
    sys.stderr.write(message)
    return 1 if message else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
