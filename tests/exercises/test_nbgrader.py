"""Stock nbgrader on one assignment: made, validated, graded, told back and exported; points as expected."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from albert_lab.classroom import question, question_ids
from tests.exercises.assignment import EXERCISES, cards, role, source

pytestmark = pytest.mark.slow
NAME = "02_many_heads"
IDS = question_ids(NAME[:2])
POINTS = {each: question(each).points for each in IDS}
HALF = IDS[: len(IDS) // 2]
EXPECTED = {"right": sum(POINTS.values()), "half": sum(map(POINTS.get, HALF)), "empty": 0, "wrong": 0}


def nbgrader(course: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """nbgrader's own command, with a seed that is the teacher's."""
    here = str(Path(sys.executable).parent)
    own = {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}", "ALBERT_LAB_SEED": "20"}
    own |= {"ALBERT_LAB_DATA": str(course / "data"), "JUPYTER_CONFIG_DIR": str(course / "jupyter")}
    command = [sys.executable, "-m", "nbgrader", *words]
    return subprocess.run(command, cwd=course, env=os.environ | own, capture_output=True, text=True)


def solved(notebook: nbformat.NotebookNode, ids: list[str]) -> nbformat.NotebookNode:
    """The released notebook with the source's solutions of these questions."""
    theirs = {
        role(cell)["grade_id"]: cell.source for cell in source(NAME).cells if role(cell).get("solution")
    }
    for cell in notebook.cells:
        if role(cell).get("grade_id", "").removesuffix("_answer") in ids:
            cell.source = theirs[role(cell)["grade_id"]]
    return notebook


def wrong(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Every answer is something that has nothing to do with the question; tests are tampered with."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and role(cell).get("solution"):
            names = [
                line.split("(")[0].split()[1] for line in cell.source.splitlines() if line.startswith("def ")
            ]
            values = [line.split(" =")[0] for line in cell.source.splitlines() if " = None" in line]
            cell.source = "\n".join([f"{name} = 'nonsense'" for name in (*names, *values)])
    return notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which four learners handed in their work, graded."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(EXERCISES / "source" / NAME, folder / "source" / NAME)
    shutil.copy(EXERCISES / "nbgrader_config.py", folder)
    made = nbgrader(folder, "generate_assignment", NAME)
    assert made.returncode == 0, made.stderr
    path = folder / "release" / NAME / f"{NAME}.ipynb"
    work = {
        "right": lambda n: solved(n, [*cards(n)]),  # the open question too, which a person grades
        "half": lambda n: solved(n, HALF),
        "empty": lambda n: n,
        "wrong": wrong,
    }
    for learner, write in work.items():
        theirs = folder / "submitted" / learner / NAME / f"{NAME}.ipynb"
        theirs.parent.mkdir(parents=True)
        nbformat.write(write(nbformat.read(path, as_version=4)), theirs)
    graded = nbgrader(folder, "autograde", NAME)
    assert graded.returncode == 0, graded.stderr
    return folder


def test_every_submission_gets_the_points_that_it_deserves(course):
    exported = nbgrader(course, "export")
    assert exported.returncode == 0, exported.stderr
    with (course / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {learner: float(row["raw_score"] or 0) for learner, row in rows.items()} == EXPECTED


def test_the_release_validates_when_it_is_solved_and_only_then(course):
    right, empty = (f"submitted/{learner}/{NAME}/{NAME}.ipynb" for learner in ("right", "empty"))
    assert "Success" in nbgrader(course, "validate", right).stdout
    assert "failed" in nbgrader(course, "validate", empty).stdout


def test_feedback_is_made_for_everyone_and_names_the_question(course):
    done = nbgrader(course, "generate_feedback", NAME)
    assert done.returncode == 0, done.stderr
    for learner in EXPECTED:
        page = (course / "feedback" / learner / NAME / f"{NAME}.html").read_text(encoding="utf-8")
        assert "ex02_1" in page
    assert "not answered yet" in page or "is expected" in page
