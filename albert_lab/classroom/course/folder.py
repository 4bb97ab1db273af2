"""A course's folder: nbgrader's own, with our settings, a seed of its own and a gradebook in SQLite."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albert_lab.classroom.course.students import Roll, read_students
from albert_lab.classroom.release import CONFIG, assignments, programs_on_path
from albert_lab.errors import InputError
from albert_lab.paths import atomic_write, expanded

_SETTINGS = """

# Written by `albert-lab classroom init`. Everything is yours to change; the seed had better stay.
import os

from albert_lab.classroom.course.settings import settle

c.CourseDirectory.course_id = {course_id!r}
# The checks' random inputs are this course's own, so that numbers copied from elsewhere do not pass.
os.environ["ALBERT_LAB_SEED"] = "{seed}"
settle(c)
"""


@dataclass(frozen=True)
class Course:
    """A course folder that `init` made; `open_course` finds it."""

    root: Path

    def config(self) -> Any:
        """nbgrader's settings, from the files that nbgrader reads; the folder's own has the last word."""
        from jupyter_core.paths import jupyter_config_path
        from traitlets.config import Config, PyFileConfigLoader

        config = Config()
        for folder in [*reversed(jupyter_config_path()), str(self.root)]:
            if Path(folder, CONFIG).is_file():
                config.merge(PyFileConfigLoader(CONFIG, path=folder).load_config())
        config.CourseDirectory.root = str(self.root)
        if "db_url" not in config.CourseDirectory:
            # Several processes write into it: on a busy disk one waits longer than SQLite's 5 seconds.
            config.CourseDirectory.db_url = f"sqlite:///{self.root / 'gradebook.db'}?timeout=60"
        return config

    def api(self, **directory: Any) -> Any:
        """nbgrader's own interface to this folder; keywords are traits of its CourseDirectory."""
        from nbgrader.apps import NbGraderAPI
        from nbgrader.coursedir import CourseDirectory

        config = self.config()
        for name, value in directory.items():
            setattr(config.CourseDirectory, name, value)
        return NbGraderAPI(CourseDirectory(config=config), config=config)

    @contextmanager
    def gradebook(self) -> Iterator[Any]:
        """The gradebook, open; closed afterwards."""
        from nbgrader.api import Gradebook

        config = self.config().CourseDirectory
        with programs_on_path(), Gradebook(config.db_url, config.course_id) as book:
            yield book

    def assignments(self) -> list[str]:
        """Names of all assignments that have a source."""
        return assignments(self.root)

    def chosen(self, assignment: str | None) -> list[str]:
        """The assignments that a command means: one, by its name or number, or all of them.

        Raises:
            InputError: there is no such assignment.
        """
        known = self.assignments()
        if assignment is None:
            return known
        found = [name for name in known if assignment in (name, name.partition("_")[0], name.split("_")[0])]
        if len(found) != 1:
            raise InputError(
                f"there is no assignment {assignment!r} in {self.root}.",
                expected=f"one of {', '.join(known)}",
            )
        return found


def open_course(folder: Path | str) -> Course:
    """The course in a folder.

    Raises:
        InputError: there is none; or nbgrader is not installed.
    """
    need_nbgrader()
    root = expanded(folder).resolve()
    path = root / CONFIG
    try:
        ours = "albert_lab.classroom.course.settings" in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        raise InputError(
            f"{root} is no course folder.",
            expected="a folder that was made by: albert-lab classroom init FOLDER",
            mend="go there first, or name it with --course FOLDER",
        )
    return Course(root)


def need_nbgrader() -> None:
    """Say how to get nbgrader where it is missing.

    Raises:
        InputError: nbgrader is not installed.
    """
    try:
        import nbgrader  # noqa: F401
    except ImportError as error:
        raise InputError(
            "nbgrader is not installed.", mend='pip install "albert-lab[classroom]"', expected="nbgrader"
        ) from error


@dataclass(frozen=True)
class Made:
    """What `init` did."""

    course: Course
    assignments: list[str]
    students: int
    remarks: list[str]


def find_sources() -> Path | None:
    """The exercises with their solutions, where albert-lab runs from its repository; a wheel has none."""
    folder = Path(__file__).resolve().parents[3] / "exercises"
    return folder if (folder / CONFIG).is_file() else None


def init(
    folder: Path | str,
    *,
    students: Path | str | None = None,
    source: Path | str | None = None,
    course_id: str = "albert-lab",
) -> Made:
    """Make a course folder, or bring more students into one that is there.

    Args:
        folder: where; new, empty, or a course folder already, of which settings and seed stay.
        students: a CSV file, see `read_students`; they are added to those who are there.
        source: folder with ``nbgrader_config.py`` and ``source/NAME/NAME.ipynb``; the repository's exercises
            without it.
        course_id: nbgrader's name of the course, for its exchange.

    Raises:
        InputError: the folder holds something else, there are no sources, or the CSV file is of no use.
    """
    need_nbgrader()
    roll = read_students(students) if students is not None else Roll()
    root = expanded(folder).resolve()
    if not (root / CONFIG).exists():
        _make(root, source, course_id)
    course = open_course(root)
    with course.gradebook() as book:
        for one in roll.students:
            known = {"first_name": one.first_name, "last_name": one.last_name, "email": one.email}
            known = {name: value for name, value in known.items() if value}
            if one.lms_user_id:
                known["lms_user_id"] = one.lms_user_id
            book.update_or_create_student(one.id, **known)
        count = len(book.students)
    return Made(course, course.assignments(), count, roll.remarks)


def _make(root: Path, source: Path | str | None, course_id: str) -> None:
    origin = expanded(source) if source is not None else find_sources()
    if origin is None:
        raise InputError(
            "the exercises' sources, with solutions and hidden tests, are not in an installed albert-lab.",
            expected="a folder with nbgrader_config.py and source/NAME/NAME.ipynb",
            mend="get the repository, and name its folder: --source albert-lab/exercises",
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(f"{root} is there, and no course folder.", expected="a new or an empty folder")
    assignments(origin)
    try:
        own = (origin / CONFIG).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{origin} holds no {CONFIG}.", expected="nbgrader's settings") from error
    shutil.copytree(origin / "source", root / "source", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    seed = secrets.randbelow(2**48) + 1
    with atomic_write(root / CONFIG) as part:  # last: with it, the folder is a course
        part.write_text(own + _SETTINGS.format(course_id=course_id, seed=seed), encoding="utf-8")


def release(course: Course, assignment: str | None, *, due: str | None = None) -> list[dict[str, Any]]:
    """Make what learners get of one assignment, or of all: ``release/NAME/NAME.ipynb``.

    Args:
        due: when it is due, such as ``2026-12-01 23:59 Europe/Berlin``; None leaves it as it is.

    Raises:
        InputError: nbgrader refuses a source, or the date; its words are passed on.
    """
    made = []
    for name in course.chosen(assignment):
        with programs_on_path():
            result = course.api().generate_assignment(name, force=True)
        if not result["success"]:
            raise InputError(
                f"nbgrader cannot release {name}:\n{result.get('error') or result.get('log')}",
                mend="mend the source notebook as nbgrader says, and try again",
            )
        if due is not None:
            _set_due(course, name, due)
        made.append({"assignment": name, "path": str(course.root / "release" / name / f"{name}.ipynb")})
    return made


def _set_due(course: Course, name: str, due: str) -> None:
    from nbgrader.utils import parse_utc

    try:
        when = parse_utc(due)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{due!r} is no date: {error}.", expected="such as 2026-12-01 23:59") from error
    with course.gradebook() as book:
        book.update_or_create_assignment(name, duedate=when)
