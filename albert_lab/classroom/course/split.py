"""Grade one notebook, split in two: the learner's cells run behind a wall, the assignment's own cells here.

A test cell's text is nbgrader's; of the learner's it reads stand-ins (`elsewhere`) and data (`wire`).
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
import time
from collections.abc import Iterable
from typing import Any

from albert_lab.classroom.course.cells import Cells
from albert_lab.classroom.course.elsewhere import (
    QUESTIONS,
    AnswerCrashedError,
    AnswerTimeoutError,
    LearnersSide,
    _incident,
)
from albert_lab.classroom.course.wire import WireError, clean

_FORBIDS = re.compile(r"^# albert-lab: forbids (.+)$", re.MULTILINE)
HIDDEN = re.compile(
    r"^[ \t]*### BEGIN HIDDEN TESTS.*?^[ \t]*### END HIDDEN TESTS[^\n]*\n?", re.DOTALL | re.MULTILINE
)


def grade(job: dict[str, Any], cells: Cells, side: LearnersSide) -> dict[str, Any]:
    """Run a notebook's code cells in order.

    Args:
        job: ``cells``, each with ``source`` and ``role``: ``"own"`` (the learner's), ``"given"`` (the
            assignment's, which both sides run) or ``"test"`` (the assignment's, which only we run).

    Returns: the outputs of each cell, and what happened on the learner's side.
    """
    begin, outputs = time.monotonic(), []
    names_used = _names_used(cell["source"] for cell in job["cells"] if cell["role"] == "own")
    for cell, names in zip(job["cells"], answers(job["cells"]), strict=True):
        if cell["role"] == "own":
            outputs.append(_own(cell["source"], side))
        elif cell["role"] == "given":
            own, error = cells.run(cell["source"])
            side.give(_from_questions(cell["source"]))
            shown, _ = side.run_cell(cell["source"])
            outputs.append(own if error else [one for one in shown if one["output_type"] != "error"])
        else:
            side.forbidden = forbidden(cell["source"])
            side.uses(side.forbidden & names_used)
            outputs.append(_test(cell["source"], names, cells, side))
    side.close()
    return {
        "outputs": outputs,
        "incidents": side.incidents,
        "restarts": side.restarts,
        "seconds": round(time.monotonic() - begin, 3),
    }


def forbidden(source: str) -> set[str]:
    """The names after ``# albert-lab: forbids`` in a test cell."""
    return {name for found in _FORBIDS.findall(source) for name in re.findall(r"\w+", found)}


def _names_used(sources: Iterable[str]) -> set[str]:
    """Every attribute and imported name that a learner's cells write down."""
    trees = [tree for tree in map(_tree, sources) if tree]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    imported = {one.name for node in nodes if isinstance(node, ast.ImportFrom) for one in node.names}
    return attributes | imported


def _from_questions(source: str) -> dict[str, dict[str, Any]]:
    """What a given cell imports from the questions, by module: the data of a picture, say."""
    tree, found = _tree(source), {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{QUESTIONS}."):
            module = sys.modules.get(node.module)
            names = [one.name for one in node.names if hasattr(module, one.name)]
            found[node.module] = {name: getattr(module, name) for name in names}
    return found


def _own(source: str, side: LearnersSide) -> list[dict[str, Any]]:
    return side.run_cell(source)[0] if source.strip() else []


def _test(source: str, names: set[str], cells: Cells, side: LearnersSide) -> list[dict[str, Any]]:
    """A test cell's outputs: nothing of the learner's is printed in it, and no line of it is shown."""
    for name in sorted(names):
        try:
            there, value = side.name(name)
        except (WireError, AnswerTimeoutError, AnswerCrashedError) as error:
            return [_incident(error)]
        cells.names.pop(name, None)
        if there:
            cells.names[name] = value
    outputs, error = cells.run(source)
    for name in names:
        cells.names.pop(name, None)
    kept = [one for one in outputs if not (one["output_type"] == "stream" and one["name"] == "stderr")]
    return [_without_lines(one, error) if one["output_type"] == "error" else one for one in kept]


def _without_lines(output: dict[str, Any], error: BaseException | None) -> dict[str, Any]:
    """An error's own words, without the lines of code that led there: some of them are hidden tests."""
    render = getattr(error, "_render_traceback_", None)
    lines = render() if render else [f"{output['ename']}: {output['evalue']}".rstrip(": ")]
    return {**output, "evalue": clean(output["evalue"]), "traceback": [clean(line) for line in lines]}


def answers(cells: list[dict[str, Any]]) -> list[set[str]]:
    """The names that each cell takes from the learner's side: never one that could change a test itself.

    A name is the learner's if a test reads it and no cell of the assignment binds it, or if it is what
    ``lab.check`` is asked about.
    """
    found = [_names(cell["source"]) if cell["role"] != "own" else (set(), set(), set()) for cell in cells]
    bound = set().union(*(one[0] for one in found)) | set(dir(builtins)) | {"get_ipython", "display"}
    return [
        (read - bound) | asked if cell["role"] == "test" else set()
        for cell, (_, read, asked) in zip(cells, found, strict=True)
    ]


def _tree(source: str) -> ast.Module | None:
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _names(source: str) -> tuple[set[str], set[str], set[str]]:
    """Names that a trusted cell binds, that it reads, and that it asks ``check`` about."""
    tree = _tree(source)
    bound: set[str] = set()
    read: set[str] = set()
    asked: set[str] = set()
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Name):
            (bound if isinstance(node.ctx, ast.Store) else read).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "check" and len(node.args) > 1:
            asked |= {one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)}
    return bound, read, asked
