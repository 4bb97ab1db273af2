"""What learners write into nbgrader's exchange is collected, and nothing that they point at."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.classroom.course import ps1

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader's exchange is Unix's")
STAMP = "2026-01-05 12:00:00 UTC"


@pytest.fixture
def me() -> str:
    """The name of the account that runs the tests."""
    from albert_lab.classroom.course.exchange import _owner

    return _owner(os.getuid())


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty gradebook; nbgrader takes seconds to make one."""
    from nbgrader.api import Gradebook

    from albert_lab.classroom.release import programs_on_path

    path = tmp_path_factory.mktemp("empty") / "gradebook.db"
    with programs_on_path(), Gradebook(f"sqlite:///{path}", "c"):
        return path


@pytest.fixture
def exchange(tmp_path: Path, gradebook: Path) -> Path:
    """The course's folder in an exchange, and beside it what nobody may read."""
    (tmp_path / "course").mkdir()
    shutil.copy(gradebook, tmp_path / "course")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "ps1.ipynb").write_text("the solutions")
    inbound = tmp_path / "exchange" / "c" / "inbound"
    inbound.mkdir(parents=True)
    inbound.parent.parent.chmod(0o777)
    return inbound


def handed_in(inbound: Path, student: str, stamp: str = STAMP) -> Path:
    folder = inbound / f"{student}+ps1+{stamp}+abc"
    folder.mkdir()
    (folder / "ps1.ipynb").write_text(json.dumps(ps1.source()))
    (folder / "timestamp.txt").write_text(stamp)
    return folder


def collected(root: Path, *, check_owner: bool = True) -> dict[str, set[str]]:
    """What stands in ``submitted/`` afterwards, by student."""
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    from albert_lab.classroom.course.exchange import Collect

    config = Config()
    config.CourseDirectory = Config(root=str(root / "course"), course_id="c", assignment_id="ps1")
    config.Exchange.root = str(root / "exchange")
    config.ExchangeCollect.check_owner = check_owner
    Collect(coursedir=CourseDirectory(config=config), config=config, update=True).start()
    found: dict[str, set[str]] = {}
    for path in (root / "course" / "submitted").glob("*/ps1"):
        found[path.parent.name] = {str(one.relative_to(path)) for one in path.rglob("*") if one.is_file()}
    return found


def test_plain_files_are_taken_links_devices_and_what_is_too_large_are_not(exchange, me, tmp_path):
    folder = handed_in(exchange, me)
    (folder / "data").mkdir()
    (folder / "data" / "own.csv").write_text("1,2")
    (folder / "other.ipynb").symlink_to(tmp_path / "secret" / "ps1.ipynb")
    (folder / "all").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe.ipynb")
    with (folder / "huge.ipynb").open("wb") as file:
        file.truncate(200 * 2**20)
    assert collected(tmp_path) == {me: {"ps1.ipynb", "timestamp.txt", "data/own.csv"}}


def test_a_folder_that_is_a_link_holds_nothing(exchange, me, tmp_path):
    (exchange / f"{me}+ps1+{STAMP}+abc").symlink_to(tmp_path / "secret")
    assert collected(tmp_path) == {me: set()}


def test_nobody_hands_in_for_another(exchange, tmp_path, caplog):
    handed_in(exchange, "somebody_else")
    with caplog.at_level(logging.WARNING):
        assert collected(tmp_path) == {}
    assert set(collected(tmp_path, check_owner=False)) == {"somebody_else"}, "accounts may be shared"


def test_a_course_sets_this_step():
    from traitlets.config import Config

    from albert_lab.classroom.course.exchange import Collect
    from albert_lab.classroom.course.settings import settle

    config = Config()
    settle(config)
    assert config.ExchangeFactory.collect is Collect
