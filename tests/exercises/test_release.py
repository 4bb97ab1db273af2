"""The release is what nbgrader makes of the source, and both run from top to bottom."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from albert_lab.classroom.release import assignments, release
from albert_lab.errors import InputError
from tests.exercises.assignment import EXERCISES, NAMES, cards, is_open, released, role, source
from tests.notebooks import run as runner


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    release(EXERCISES, folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_release_is_up_to_date(name, made):
    """Mended by ``make exercises``."""
    fresh = json.loads((made / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert json.loads((EXERCISES / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8")) == fresh


def test_nothing_else_is_released():
    assert sorted(path.name for path in (EXERCISES / "release").iterdir() if path.is_dir()) == NAMES


def run(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """As JupyterLab's Run All does it: a cell that may raise does not stop the others."""
    own = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    done, message = runner.run(notebook, folder, own)
    assert not message
    return done


def errors(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """The message of each cell that raised, by its id in the gradebook."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                found[role(cell).get("grade_id", cell.id)] = output.evalue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_with_the_solutions_every_check_passes(name, tmp_path):
    notebook = run(source(name), tmp_path)
    assert errors(notebook) == {}
    last = notebook.cells[-1].outputs[0]["data"]["text/plain"]
    assert re.search(r"(\d+) of \1 questions, (\d+) of \2 points", last), last


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_without_answers_every_cell_runs_and_every_check_says_so(name, tmp_path):
    """Apart from a given function that is to be mended: its check names what is wrong."""
    notebook = run(released(name), tmp_path)
    shown, found = cards(notebook), errors(notebook)
    asked = [each for each in shown if not is_open(shown[each])]
    assert sorted(found) == [f"{each}_check" for each in asked]
    for each in asked:
        bug = "find the bug" in shown[each].splitlines()[2]
        words = "It looks as if|not answered yet" if bug else "not answered yet"
        assert re.search(words, found[f"{each}_check"]), found


def test_an_unknown_assignment_or_a_folder_without_any_is_refused(tmp_path):
    with pytest.raises(InputError, match="99_none"):
        release(EXERCISES, tmp_path, ["99_none"])
    with pytest.raises(InputError, match="holds no source"):
        assignments(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nbgraders_complaint_is_passed_on_and_leaves_the_old_release(tmp_path):
    course, into = tmp_path / "course", tmp_path / "release"
    name = NAMES[0]
    shutil.copytree(EXERCISES, course)
    release(course, into, [name])
    before = (into / name / f"{name}.ipynb").read_bytes()
    path = course / "source" / name / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    broken = next(cell for cell in notebook.cells if "### END SOLUTION" in cell.source)
    broken.source = broken.source.replace("### END SOLUTION", "")
    nbformat.write(notebook, path)
    with pytest.raises(InputError, match=r"(?s)cannot release.*end"):
        release(course, into, [name])
    assert (into / name / f"{name}.ipynb").read_bytes() == before


def test_the_search_path_of_programs_is_left_as_it_was(tmp_path):
    before = os.environ["PATH"]
    release(EXERCISES, tmp_path, [NAMES[0]])
    assert os.environ["PATH"] == before
