"""The one form in which notebooks stand in git: the same run always gives the same file."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

CHAPTERS = Path(__file__).parents[2] / "chapters"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
KEPT_CELL_METADATA = ("albert_lab", "jp-MarkdownHeadingCollapsed", "jupyter", "tags")
WIDGET = "application/vnd.jupyter.widget-view+json"
SEED = re.compile(r"^SEED = 0\b", re.MULTILINE)  # the one place of a notebook whose networks are trained
INTERACTIVE = ("text/html", "application/javascript", WIDGET)


def chapters() -> list[Path]:
    """All chapter notebooks, in reading order."""
    return sorted(CHAPTERS.glob("*.ipynb"))


def read(path: Path) -> NotebookNode:
    """The notebook at ``path``, validated."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def reads_a_seed(notebook: NotebookNode) -> bool:
    """Whether what the notebook shows depends on a seed, as that of a notebook that trains does."""
    return any(SEED.search(cell.source) for cell in notebook.cells if cell.cell_type == "code")


def normalize(notebook: NotebookNode) -> NotebookNode:
    """Bring ``notebook`` into normal form, in place: nothing in it depends on when and where it ran."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(METADATA)
    seen: dict[str, int] = {}
    count = 0
    for cell in notebook.cells:
        cell.source = cell.source.strip("\n")
        cell.id = cell_id(cell, seen)
        kept = {name: cell.metadata[name] for name in KEPT_CELL_METADATA if name in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            lasting = [output for output in merge_streams(cell.outputs) if not is_bare_widget(output)]
            cell.outputs = [normal_output(output, count) for output in lasting]
    nbformat.validate(notebook)
    return notebook


def cell_id(cell: NotebookNode, seen: dict[str, int]) -> str:
    """An id made from the cell's text, so that a new cell leaves the ids of all others as they are."""
    digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
    seen[digest] = seen.get(digest, 0) + 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: where a kernel cuts its text depends on the clock."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(nbformat.from_dict(output))
    return merged


def is_bare_widget(output: NotebookNode) -> bool:
    """Whether nothing of an output outlives its kernel: a progress bar, a widget without a picture."""
    return WIDGET in output.get("data", {}) and not {"image/png", "image/svg+xml"} & {*output.data}


def normal_output(output: NotebookNode, count: int) -> NotebookNode:
    """One output without what a run leaves on it; of an interactive view with a picture, only the picture."""
    if output.output_type == "execute_result":
        output.execution_count = count
    if output.output_type in ("execute_result", "display_data"):
        said = output.metadata.get("image/png", {})
        kept = {name: said[name] for name in ("alt", "drawn") if said.get(name)}  # a sentence, and numbers
        output.metadata = nbformat.from_dict({"image/png": kept} if kept else {})
        if "image/png" in output.data:
            output.data["image/png"] = re.sub(r"\s", "", output.data["image/png"])
        if "image/png" in output.data or "image/svg+xml" in output.data:
            for kind in INTERACTIVE:
                output.data.pop(kind, None)
    return output
