"""Run cells of a notebook in this process, as Jupyter's kernel would, and keep their outputs as data."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MOST_TEXT = 40_000  # signs of one cell's text that are kept
_MOST_PICTURES = 20
_LARGEST_PICTURE = 4 * 2**20


# Cells that load what most others need: tensors, gradients, an error with its lines, a picture.
TENSORS = """
import torch
_x = torch.randn(3, 4, requires_grad=True)
_y = (_x @ torch.nn.Linear(4, 4).weight.mT).softmax(-1).sum() + torch.nn.functional.layer_norm(_x, (4,)).sum()
_y.backward(), torch.allclose(_x, _x), torch.equal(_x, _x), _x.detach().numpy(), print(_x)
_x"""
ERROR = "def _wrong(x):\n    return x / 0\n_wrong(1)"
PICTURE = "import matplotlib.pyplot as _plt\n_plt.subplots()[1].plot([1, 2])\n_plt.show()\n_plt.close('all')"


class Cells:
    """A shell of IPython without a kernel: one namespace, in which cells run one after the other."""

    def __init__(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        settings = Config()
        settings.HistoryManager.enabled = False
        settings.InteractiveShell.colors = "nocolor"
        settings.InteractiveShell.xmode = "Context"
        self.shell = InteractiveShell.instance(config=settings)
        self.outputs: list[dict[str, Any]] = []
        self.left = MOST_TEXT
        self.shell.display_pub.publish = self._publish
        self.silent = False
        self.shell.displayhook = self.shell.display_trap.hook = _result_hook(self)
        self.shell._showtraceback = self._error

    @property
    def names(self) -> dict[str, Any]:
        """The namespace."""
        return self.shell.user_ns

    def run(self, source: str) -> tuple[list[dict[str, Any]], BaseException | None]:
        """Run one cell: its outputs in nbformat's form, text and PNG pictures alone, and what it raised."""
        self.outputs, self.left, self.silent = [], MOST_TEXT, _ends_silently(source)
        with self.captured():
            result = self.shell.run_cell(source, store_history=False, silent=False)
        return self.outputs, result.error_before_exec or result.error_in_exec

    def warm(self, *sources: str) -> None:
        """Run cells whose only purpose is that what they need is loaded; their names are taken away again."""
        before = set(self.names)
        for source in sources:
            self.run(source)
        for name in set(self.names) - before:
            del self.names[name]
        self.names.pop("_", None)
        self.shell.execution_count = 1

    @contextmanager
    def captured(self) -> Iterator[None]:
        """What is printed inside becomes outputs; whatever the code did to ``sys.stdout`` is undone."""
        before = sys.stdout, sys.stderr, sys.displayhook
        sys.stdout, sys.stderr = _Text(self, "stdout"), _Text(self, "stderr")
        sys.displayhook = self.shell.displayhook
        try:
            yield
        finally:
            sys.stdout, sys.stderr, sys.displayhook = before

    def add_text(self, name: str, text: str) -> None:
        """Add to a stream, as far as there is room."""
        if self.left <= 0 or not text:
            return
        kept = text[: self.left]
        self.left -= len(kept)
        if self.left == 0:
            kept += "\n… (the rest of what this cell printed is left out)\n"
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += kept
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": kept})

    def add_data(self, kind: str, data: Any, count: int | None = None) -> None:
        """Add what a cell displays: its plain text and its PNG picture, and nothing else."""
        if not isinstance(data, dict) or len(self.outputs) > 200:
            return
        kept: dict[str, str] = {}
        if isinstance(data.get("text/plain"), str):
            kept["text/plain"] = data["text/plain"][: max(self.left, 0)]
            self.left -= len(kept["text/plain"])
        picture = data.get("image/png")
        picture = base64.b64encode(picture).decode() if isinstance(picture, bytes) else picture
        pictures = sum("image/png" in one.get("data", {}) for one in self.outputs)
        if isinstance(picture, str) and len(picture) < _LARGEST_PICTURE and pictures < _MOST_PICTURES:
            kept["image/png"] = picture
        if kept:
            more = {"execution_count": count} if kind == "execute_result" else {}
            self.outputs.append({"output_type": kind, "data": kept, "metadata": {}, **more})

    def _publish(self, data: Any, *_: Any, **__: Any) -> None:
        self.add_data("display_data", data)

    def _error(self, kind: type[BaseException], error: BaseException, lines: list[str]) -> None:
        try:
            text = str(error)
        except Exception:  # an error class of the learner
            text = ""
        traceback = [str(line) for line in lines][-60:]
        self.outputs.append(
            {"output_type": "error", "ename": kind.__name__, "evalue": text[:5000], "traceback": traceback}
        )


class _Text(io.TextIOBase):
    """A stream whose text becomes a cell's output."""

    encoding = "utf-8"

    def __init__(self, cells: Cells, name: str) -> None:
        super().__init__()
        self._cells, self.name = cells, name

    def write(self, text: str) -> int:
        self._cells.add_text(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True


def _result_hook(cells: Cells) -> Any:
    """What a cell's last expression gives: shown, and kept as ``_``, unless the cell ends with ;."""
    from IPython.core.displayhook import DisplayHook

    class Result(DisplayHook):
        def __call__(self, value: Any = None) -> None:
            if value is None or cells.silent:
                return
            data, _ = self.shell.display_formatter.format(value)
            cells.names["_"] = value
            cells.add_data("execute_result", data, 0)
            if self.exec_result is not None:
                self.exec_result.result = value

    return Result(parent=cells.shell, shell=cells.shell, cache_size=0)


def _ends_silently(source: str) -> bool:
    from IPython.core.displayhook import DisplayHook

    try:
        return bool(DisplayHook.semicolon_at_end_of_expression(source))
    except Exception:  # no Python
        return False
