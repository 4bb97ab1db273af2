"""A JupyterLab as a learner starts it, and what the tests do in it."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from tests.browser.conftest import Watched

MILLISECONDS = 3_000_000  # for one step; only one that hangs takes so long


@dataclass
class Lab:
    """A running JupyterLab."""

    folder: Path
    address: str
    token: str

    def open(self, watched: Watched, name: str) -> None:
        page = watched.page
        page.goto(f"{self.address}/lab/tree/{name}?token={self.token}&reset")
        page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell.currentWidget;
                return panel?.context?.isReady && panel.sessionContext?.isReady
                    && panel.content?.widgets.length;
            }"""
        )

    def command(self, watched: Watched, name: str) -> None:
        watched.page.evaluate("(name) => window.jupyterapp.commands.execute(name)", name)


def settings(folder: Path) -> dict[str, str]:
    """Environment of a JupyterLab that knows nothing of this user, and does not ask for news."""
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    own = {f"JUPYTER_{name}": str(folder / name.lower()) for name in names}
    own |= {f"JUPYTERLAB_{name}_DIR": str(folder / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
    notification = folder / "settings" / "@jupyterlab" / "apputils-extension"
    notification.mkdir(parents=True)
    (notification / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    return own


def wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())


def written(lab: Lab, name: str, notebook: nbformat.NotebookNode) -> str:
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.folder / name)
    return name


def run_all(lab: Lab, watched: Watched) -> None:
    """Run every cell and wait until each has run."""
    lab.command(watched, "notebook:run-all-cells")
    watched.page.wait_for_function(
        """() => {
            const panel = window.jupyterapp.shell.currentWidget;
            const code = panel.content.widgets.map((cell) => cell.model).filter((m) => m.type === 'code');
            const outputs = code.flatMap((model) => model.outputs.toJSON());
            return outputs.some((output) => output.output_type === 'error')
                || (code.every((model) => model.executionCount || !model.sharedModel.source)
                && panel.sessionContext.session.kernel.status === 'idle');
        }"""
    )
