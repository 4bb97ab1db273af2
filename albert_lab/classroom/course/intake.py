"""Before anything of a notebook is run: the assignment's cells are put right, the rest is made plain."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum

from albert_lab.classroom.course.wire import clean

RECORD = "albert_lab"  # our entry in a notebook's metadata
_MOST_CELLS = 2000
_LONGEST_CELL = 200_000
# A page made of Markdown must neither run nor fetch anything. Each of these signs loses its meaning.
_HARMS = (
    (re.compile(r"<(?=[A-Za-z/!?])"), "< "),  # a tag
    (re.compile(r"&(?=#|\w+;)"), "& "),  # a sign that would become another one
    (re.compile(r"!(?=\[)(?!\[[^][\\]*\]\(attachment:[^\s()<>]*\))"), ""),  # a picture from elsewhere
    (re.compile(r"(?<=script)\\*:", re.IGNORECASE), " :"),  # an address that is a program
    (re.compile(r"\\(?=(?:href|require|style|class|cssId|unicode)\b)"), ""),  # what MathJax makes of formulas
)


@dataclass(frozen=True)
class Given:
    """One cell of the assignment, as the gradebook has it."""

    name: str
    kind: str
    source: str
    locked: bool
    checksum: str
    points: float | None
    solution: bool
    task: bool

    def metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of the cell."""
        own = {
            "grade": self.points is not None and not self.task, "grade_id": self.name, "locked": self.locked,
            "schema_version": 3, "solution": self.solution, "task": self.task, "cell_type": self.kind,
            "checksum": self.checksum,
        }  # fmt: skip
        return own if self.points is None else {**own, "points": self.points}


def given_cells(database: str, notebook: str, assignment: str) -> list[Given]:
    """The cells that the gradebook knows of a notebook, in order."""
    with Gradebook(database) as book:
        known = book.find_notebook(notebook, assignment)
        points = {cell.name: float(cell.max_score) for cell in [*known.grade_cells, *known.task_cells]}
        solutions = {cell.name for cell in known.solution_cells}
        tasks = {cell.name for cell in known.task_cells}
        return [
            Given(
                one.name, one.cell_type, one.source, bool(one.locked), one.checksum, points.get(one.name),
                one.name in solutions, one.name in tasks,
            )
            for one in known.source_cells
        ]  # fmt: skip


class Intake(NbGraderPreprocessor):
    """Rebuild a submission: the assignment's cells with their own text and metadata, each once and in order.

    Copies of them become ordinary cells, those that are missing are put back, tags and other metadata go, and
    Markdown of the learner's keeps neither HTML nor pictures from elsewhere.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        own = resources["nbgrader"]
        given = given_cells(own["db_url"], own["notebook"], own["assignment"])
        cells, notes = rebuilt(nb.cells, given)
        language = {"name": "python"}
        nb.cells, nb.nbformat, nb.nbformat_minor = cells, 4, 5
        nb.metadata = NotebookNode({"language_info": language, RECORD: NotebookNode({"notes": notes})})
        return nb, resources


def rebuilt(cells: list[Any], given: list[Given]) -> tuple[list[NotebookNode], list[str]]:
    """A submission's cells, put right, and what a person may want to know of that."""
    known = {one.name: one for one in given}
    last: dict[str, int] = {}  # of a test the first copy counts, of an answer the last
    for place, cell in enumerate(cells[:_MOST_CELLS]):
        name = _grade_id(cell)
        if name in known and not (known[name].locked and name in last):
            last[name] = place
    found: list[tuple[str, NotebookNode]] = []
    notes, changed, copies = [], [], []
    for place, cell in enumerate(cells[:_MOST_CELLS]):
        name = _grade_id(cell)
        text = _source(cell)
        if name in known and last[name] == place:
            one = known[name]
            if one.locked and text != one.source.removesuffix("\n") and text != one.source:
                changed.append(name)
            found.append((name, _official(one, text)))
        else:
            copies += [name] if name in known else []
            found.append(("", _plain(cell, text)))
    if len(cells) > _MOST_CELLS:
        notes.append(f"it has {len(cells)} cells; those after {_MOST_CELLS} were left out")
    lost = [one.name for one in given if one.name not in last]
    _put_back(found, given)
    moved = _put_in_order(found, given)
    visible = [name for name in changed if not _only_hidden_tests(known[name], cells, name)]
    for what, names in (
        ("changed, and were restored", visible), ("missing, and were put back", lost), ("moved", moved),
        ("copied", sorted(set(copies))),
    ):  # fmt: skip
        if names:
            notes.append(f"cells of the assignment were {what}: {', '.join(names[:8])}")
    result = []
    for number, (_, cell) in enumerate(found):
        cell["id"] = f"cell-{number}"
        result.append(cell)
    return result, notes


def _grade_id(cell: Any) -> str:
    metadata = cell.get("metadata")
    own = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = own.get("grade_id") if isinstance(own, dict) else None
    return name if isinstance(name, str) else ""


def _source(cell: Any) -> str:
    source = cell.get("source", "")
    text = "".join(source) if isinstance(source, list) else str(source)
    return clean(text, _LONGEST_CELL)


def _only_hidden_tests(one: Given, cells: list[Any], name: str) -> bool:
    """Whether a cell is as it was released: nbgrader takes hidden tests out of what learners get."""
    from albert_lab.classroom.course.split import HIDDEN

    released = HIDDEN.sub("", one.source).strip()
    return any(_grade_id(cell) == name and _source(cell).strip() == released for cell in cells)


def _official(one: Given, text: str) -> NotebookNode:
    """A cell of the assignment; only a solution's text is the learner's."""
    new = {"code": new_code_cell, "markdown": new_markdown_cell}.get(one.kind, new_raw_cell)
    kept = one.source if one.locked else text if one.kind == "code" else harmless_markdown(text)
    cell = new(kept, metadata={"nbgrader": one.metadata()})
    if one.locked:
        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    return cell


def _plain(cell: Any, text: str) -> NotebookNode:
    if cell.get("cell_type") == "code":
        return new_code_cell(text)
    made = new_markdown_cell(harmless_markdown(text))
    pictures = _attachments(cell)
    if pictures:
        made["attachments"] = pictures
    return made


def harmless_markdown(text: str) -> str:
    """Markdown without HTML, programs, and pictures that a page would fetch from elsewhere."""
    for sign, instead in _HARMS:
        text = sign.sub(instead, text)
    return text


def _attachments(cell: Any) -> dict[str, dict[str, str]]:
    """Pictures that were pasted into a cell, if they are PNG."""
    found = {}
    given = cell.get("attachments")
    for name, kinds in given.items() if isinstance(given, dict) else ():
        data = kinds.get("image/png") if isinstance(kinds, dict) else None
        try:
            if isinstance(data, str) and base64.b64decode(data, validate=True).startswith(b"\x89PNG"):
                found[clean(str(name), 200)] = {"image/png": data}
        except (binascii.Error, ValueError):
            continue
    return found


def _put_back(found: list[tuple[str, NotebookNode]], given: list[Given]) -> None:
    """Put missing cells behind the one before them in the assignment."""
    before = None
    for one in given:
        names = [name for name, _ in found]
        if one.name not in names:
            place = names.index(before) + 1 if before in names else 0
            found.insert(place, (one.name, _official(one, one.source)))
        before = one.name


def _put_in_order(found: list[tuple[str, NotebookNode]], given: list[Given]) -> list[str]:
    """Move a cell of the assignment that stands before its predecessor to behind it; the names of those."""
    moved, before = [], None
    for one in given:
        names = [name for name, _ in found]
        place = names.index(one.name)
        if before is not None and place < names.index(before):
            cell = found.pop(place)
            found.insert([name for name, _ in found].index(before) + 1, cell)
            moved.append(one.name)
        before = one.name
    return moved
