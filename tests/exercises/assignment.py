"""The assignments of `exercises/`, as their cells."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
EXERCISES = ROOT / "exercises"
CHAPTERS = ROOT / "chapters"
NAMES = sorted(path.name for path in (EXERCISES / "source").iterdir() if path.is_dir())
QUESTION = re.compile(r"^## (ex\d\d_\d) · (.+)$", re.MULTILINE)
OBJECTIVE = re.compile(r"LO-\d\d\.\d")
OPEN = "points, given by a person"


def source(name: str) -> NotebookNode:
    """The notebook with solutions and hidden tests."""
    return nbformat.read(EXERCISES / "source" / name / f"{name}.ipynb", as_version=4)


def released(name: str) -> NotebookNode:
    """The notebook that a learner opens."""
    return nbformat.read(EXERCISES / "release" / name / f"{name}.ipynb", as_version=4)


def role(cell: NotebookNode) -> dict:
    """nbgrader's metadata of a cell, or nothing."""
    return cell.metadata.get("nbgrader", {})


def cards(notebook: NotebookNode) -> dict[str, str]:
    """The text of each question's card, by id."""
    found = {}
    for cell in notebook.cells:
        match = QUESTION.search(cell.source) if cell.cell_type == "markdown" else None
        if match:
            found[match[1]] = cell.source
    return found


def is_open(card: str) -> bool:
    """Whether a person gives the points."""
    return OPEN in card


@dataclass(frozen=True)
class Names:
    """Names that a piece of code binds and reads."""

    bound: frozenset[str]
    read: frozenset[str]


def names_in(code: str) -> Names:
    """What code binds at its top level, and what it reads anywhere."""
    tree = ast.parse(code)
    bound: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        else:
            stored = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            bound |= {n.id for n in stored}
    loaded = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return Names(frozenset(bound), frozenset(loaded))
