"""nbgrader's step that runs a notebook: split in two by the grader, the learner's half behind a wall."""

from __future__ import annotations

import atexit
import os
import re
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_locked, is_solution
from traitlets import Float, Unicode

from albert_lab.classroom.course.intake import RECORD
from albert_lab.classroom.course.service import Grader
from albert_lab.classroom.course.suspicious import fingerprint, looked_for

SANDBOX = "ALBERT_LAB_SANDBOX"  # "none" only after somebody said so
_SAID = re.compile(r"It looks as if (.+?)\.$|Perhaps \(.*?\): (.+?)\.$", re.MULTILINE | re.DOTALL)
_open: dict[str, Grader] = {}


def the_grader(level: str, root: Path) -> Grader:
    """This process's grader; started where there is none yet, ended with the process."""
    key = f"{level} {root}"
    if key not in _open:
        _open[key] = Grader(level or None, hidden=(root,))
        atexit.register(_close, key, os.getpid())
    return _open[key]


def share(level: str, root: Path, grader: Grader) -> None:
    """Let the processes that are forked from this one use a grader that is there."""
    _open[f"{level} {root}"] = grader


def _close(key: str, owner: int) -> None:
    if os.getpid() == owner and key in _open:
        _open.pop(key).close()


class SplitExecute(NbGraderPreprocessor):
    """Run the learner's cells behind a wall, and the tests in a process that they cannot reach."""

    sandbox = Unicode("", help="namespaces, landlock, or none; empty for the best that works").tag(
        config=True
    )
    cell_seconds = Float(20, help="processor time that one cell may take").tag(config=True)
    call_seconds = Float(10, help="processor time that one call of a test may take").tag(config=True)
    seconds = Float(120, help="time that one submission may take").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        level = self.sandbox or os.environ.get(SANDBOX, "")
        grader = the_grader(level, Path.cwd())
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        limits = {name: getattr(self, name) for name in ("cell_seconds", "call_seconds", "seconds")}
        job = {"cells": [{"source": cell.source, "role": role(cell)} for cell in code], "limits": limits}
        if "ALBERT_LAB_SEED" in os.environ:
            job["seed"] = os.environ["ALBERT_LAB_SEED"]
        done = grader.grade(job)
        for cell, outputs in zip(code, done["outputs"], strict=True):
            cell.outputs = [NotebookNode(_with_nodes(one)) for one in outputs]
            cell.execution_count = None
        record = nb.metadata.get(RECORD, {})
        nb.metadata[RECORD] = NotebookNode({**record, **self._record(code, done, grader.level)})
        return nb, resources

    def _record(self, code: list[NotebookNode], done: dict[str, Any], level: str) -> dict[str, Any]:
        own = [cell.source for cell in code if role(cell) == "own"]
        answers = [cell.source for cell in code if is_solution(cell) and not _untouched(cell)]
        return {
            "seconds": done["seconds"],
            "restarts": done["restarts"],
            "incidents": done["incidents"],
            "reaches": looked_for(own),
            "fingerprint": fingerprint(answers),
            "sandbox": level,
            "tests": {
                cell.metadata.nbgrader["grade_id"]: verdict(cell) for cell in code if role(cell) == "test"
            },
        }


def role(cell: NotebookNode) -> str:
    """Whose a code cell is: see `split.grade`."""
    if not is_locked(cell):
        return "own"
    return "test" if is_grade(cell) else "given"


def verdict(cell: NotebookNode) -> dict[str, Any]:
    """A test cell's points, and the check's diagnosis where it has one."""
    points, most = determine_grade(cell)
    told = next((one.evalue for one in cell.outputs if one.output_type == "error"), "")
    said = _SAID.search(told)
    if said:
        diagnosis = next(filter(None, said.groups()))
    elif "not answered yet" in told:
        diagnosis = "not answered yet"
    else:
        diagnosis = _first_line(cell)
    return {"points": points, "most": most, "diagnosis": " ".join(diagnosis.split())}


def _untouched(cell: NotebookNode) -> bool:
    """Whether an answer's cell is as it was released."""
    return cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)


def _first_line(cell: NotebookNode) -> str:
    error = next((one for one in cell.outputs if one.output_type == "error"), None)
    return "" if error is None else (error.evalue.splitlines() or [error.ename])[0][:120] or error.ename


def _with_nodes(value: Any) -> Any:
    if isinstance(value, dict):
        return NotebookNode({key: _with_nodes(one) for key, one in value.items()})
    return [_with_nodes(one) for one in value] if isinstance(value, list) else value
