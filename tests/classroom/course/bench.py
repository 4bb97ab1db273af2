"""Grade a notebook as nbgrader's steps do, without a gradebook: taken in, run in two halves, counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import psutil
from nbformat import NotebookNode

from albert_lab.classroom.course.intake import Given, rebuilt
from albert_lab.classroom.course.service import Grader
from albert_lab.classroom.course.split_execute import _with_nodes, role, verdict
from albert_lab.classroom.course.suspicious import looked_for
from tests.classroom.course import ps1

SOLUTION = re.compile(r"( *)### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
LIMITS = {"cell_seconds": 4, "call_seconds": 2, "seconds": 60}


@dataclass
class Done:
    """What became of a notebook."""

    points: float
    reasons: list[str]
    outputs: list[NotebookNode]
    tests: dict[str, dict] = field(default_factory=dict)

    def told(self) -> str:
        """For a test that fails: everything."""
        return f"{self.tests}\n{self.reasons}\n" + "\n".join(str(one)[:600] for one in self.outputs)


def given_of(source: dict[str, Any]) -> list[Given]:
    """What a gradebook would know of an assignment's cells."""
    found = []
    for cell in source["cells"]:
        own = cell["metadata"].get("nbgrader")
        if own:
            text = SOLUTION.sub(r"\1pass", cell["source"])
            facts = own["grade_id"], cell["cell_type"], text, own["locked"], ""
            found.append(Given(*facts, own.get("points"), own["solution"], False))
    return found


class Bench:
    """A grader, and an assignment that it grades."""

    def __init__(self, grader: Grader, source: dict[str, Any] | None = None) -> None:
        self.grader = grader
        self.given = given_of(source or ps1.source())

    def grade(self, notebook: dict[str, Any], **limits: float) -> Done:
        """Take it in, run it, count its points."""
        cells, notes = rebuilt(notebook["cells"], self.given)
        code = [cell for cell in cells if cell.cell_type == "code"]
        job = {
            "cells": [{"source": cell.source, "role": role(cell)} for cell in code],
            "limits": LIMITS | limits,
        }
        reply = self.grader.grade(job)
        for cell, outputs in zip(code, reply["outputs"], strict=True):
            cell.outputs = [_with_nodes(one) for one in outputs]
        tests = {cell.metadata.nbgrader["grade_id"]: verdict(cell) for cell in code if role(cell) == "test"}
        reasons = [
            *notes,
            *looked_for(cell.source for cell in code if role(cell) == "own"),
            *reply["incidents"],
        ]
        outputs = [output for cell in code for output in cell.outputs]
        return Done(sum(one["points"] or 0 for one in tests.values()), reasons, outputs, tests)


def graders_processes() -> set[int]:
    """Processes of graders that this process started and that are still there."""
    return {
        one.pid
        for one in psutil.Process().children(recursive=True)
        if any("albert_lab.classroom.course" in word for word in one.cmdline())
    }
