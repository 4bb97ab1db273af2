"""Before nbgrader opens a submission: what is no plain notebook is left to a person, and the run goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from albert_lab.classroom.course.folder import Course
from albert_lab.classroom.course.run import _grade_one, is_graded, record_of, submitted
from tests.classroom.course import ps1


def _linked(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "ps1.ipynb").symlink_to(folder.parents[2] / "source" / "ps1" / "ps1.ipynb")


def _linked_folder(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.symlink_to(folder.parents[2] / "source" / "ps1")


def _with(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "ps1.ipynb").write_text(json.dumps(ps1.source()))
        (folder / name).unlink(missing_ok=True)
        make(folder / name)

    return prepare


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200 * 2**20)


ODD = {
    "a link to the solutions": (_linked, "no file"),
    "a folder that is one": (_linked_folder, "no file"),
    "no notebook": (_with("ps1.ipynb", lambda path: path.mkdir()), "no file"),
    "200 MB": (_with("ps1.ipynb", _huge), "larger than"),
    "lists within lists": (_with("ps1.ipynb", lambda path: path.write_bytes(b"[" * 10**6)), "without end"),
    "cells within cells": (
        _with("ps1.ipynb", lambda path: path.write_text('{"cells":[' * 50_000)),
        "no notebook",
    ),
    "a link beside it": (_with("data.csv", lambda path: path.symlink_to("/etc/passwd")), "links or devices"),
    "a pipe beside it": (_with("data.csv", os.mkfifo), "links or devices"),
}


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of Unix")
@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_plain_notebook_is_never_opened(odd, tmp_path):
    prepare, word = ODD[odd]
    ps1.write_source(tmp_path)
    prepare(tmp_path / "submitted" / "eve" / "ps1")
    course = Course(tmp_path)
    nobody = object()  # nbgrader, which is not asked
    assert word in _grade_one(course, nobody, "ps1", "eve")
    assert submitted(course, "ps1") == ["eve"]
    assert not is_graded(course, "ps1", "eve")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"metadata": {"albert_lab": 3}}', '{"metadata": null}'])
def test_half_a_result_counts_as_none(content, tmp_path):
    path = tmp_path / "autograded" / "eve" / "ps1" / "ps1.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert record_of(Course(tmp_path), "ps1", "eve") is None


def test_writers_wait_for_each_other(tmp_path):
    """SQLite alone gives up after 5 seconds, and a submission would stay ungraded."""
    from sqlalchemy.engine import make_url

    ps1.write_source(tmp_path)
    url = make_url(Course(tmp_path).config().CourseDirectory.db_url)
    (path,), options = url.get_dialect()().create_connect_args(url)
    assert (path, options["timeout"]) == (str(tmp_path / "gradebook.db"), 60)
