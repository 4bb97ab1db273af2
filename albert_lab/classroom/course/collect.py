"""Bring what was handed in into ``submitted/``, and say of every file what was done with it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from albert_lab.classroom.course.folder import Course
from albert_lab.classroom.course.handed_in import Found, Notebook, handed_in, is_notebook_name, read_notebook
from albert_lab.classroom.course.students import Student
from albert_lab.errors import InputError
from albert_lab.paths import atomic_write

TIMESTAMP = "timestamp.txt"  # nbgrader reads it
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_file_?(?P<file>.*)", re.DOTALL)
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<upload>\d+)_(?P<file>.+)", re.DOTALL)
_COPY = re.compile(r"( ?\(\d+\)|[-_ ](copy|kopie)\d*|-\d+)+$", re.IGNORECASE)


@dataclass
class Line:
    """What was done with one file: a word for programs, and a sentence for people."""

    path: str
    student: str = ""
    done: str = "taken"  # or "left out"
    notes: list[str] = field(default_factory=list)  # late, renamed, handed in before, …


@dataclass
class Collected:
    """The lines of all files, and who has not handed anything in."""

    assignment: str
    lines: list[Line]
    missing: list[str]


def collect(course: Course, assignment: str, origin: Path | str) -> Collected:
    """Take the notebooks of one assignment from a folder or a zip archive into ``submitted/``.

    A student is known by an id that stands alone between other signs of a path, or as Moodle and Canvas name
    files; an assignment is known by its notebook's cells, whatever the file is called. Of several notebooks
    of one student the last one counts. What stands in ``submitted/`` is replaced only by something newer.

    Raises:
        InputError: there is no such assignment or origin, or it was not released yet.
    """
    (name,) = course.chosen(assignment)
    people, cells, due = _known(course, name)
    lines, taken = [], {}
    for found in handed_in(origin):
        if found.refused == "no notebook" and _is_clutter(found.path):
            continue
        line = Line(found.path)
        lines.append(line)
        read = _readable(found, name, cells, line)
        if read is None:
            continue
        who = _whose(found, people, line)
        if who is None:
            line.done = "left out"
            continue
        line.student = who.id
        _compare(found, read, taken, line)
    for found, read, line in taken.values():
        _put(course, name, due, found, read, line)
    handed = {path.parent.name for path in (course.root / "submitted").glob(f"*/{name}")}
    return Collected(name, lines, sorted(one.id for one in people if one.id not in handed))


def from_exchange(course: Course, assignment: str) -> Collected:
    """Collect with nbgrader from its exchange.

    Raises:
        InputError: nbgrader refuses; its words are passed on.
    """
    (name,) = course.chosen(assignment)
    people, _, _ = _known(course, name)
    result = course.api().collect(name, update=True)
    if not result["success"]:
        words = result.get("error") or result.get("log")
        raise InputError(
            f"nbgrader cannot collect {name}:\n{words}", mend="see nbgrader's page on its exchange"
        )
    handed = sorted(path.parent.name for path in (course.root / "submitted").glob(f"*/{name}"))
    lines = [Line(f"{one}/{name}", student=one) for one in handed]
    return Collected(name, lines, sorted(one.id for one in people if one.id not in handed))


def _known(course: Course, name: str) -> tuple[list[Student], dict[str, set[str]], datetime | None]:
    """The class, the ids of the cells of every released assignment, and when this one is due."""
    with course.gradebook() as book:
        people = [
            Student(s.id, s.first_name or "", s.last_name or "", s.email or "", s.lms_user_id or "")
            for s in book.students
        ]
        cells = {
            one.name: {cell.name for notebook in one.notebooks for cell in notebook.source_cells}
            for one in book.assignments
        }
        due = next((one.duedate for one in book.assignments if one.name == name), None)
    if not cells.get(name):
        raise InputError(
            f"{name} was not released yet.",
            expected="an assignment that nbgrader knows",
            mend=f"albert-lab classroom release {name}",
        )
    return people, cells, due.replace(tzinfo=UTC) if due else None


def _is_clutter(path: str) -> bool:
    """Files that programs put beside everything, and our own."""
    name = path.rsplit("/", 1)[-1]
    return name.startswith(".") or name in (TIMESTAMP, "Thumbs.db") or path.startswith("__MACOSX/")


def _readable(found: Found, name: str, cells: dict[str, set[str]], line: Line) -> Notebook | None:
    """The notebook, if it is one and of this assignment; else the line says why not."""
    read = found.refused or read_notebook(found.text or b"")
    if isinstance(read, str):
        line.done = "left out"
        line.notes.append(read)
        return None
    shared = {one: len(read.grade_ids & ids) for one, ids in cells.items()}
    best = max(shared, key=lambda one: (shared[one], one == name))
    stem = found.path.rsplit("/", 1)[-1].rpartition(".")[0]
    if shared[best] and best != name:
        line.done = "left out"
        line.notes.append(f"it is {best}, not {name}")
        return None
    if not shared[best] and name not in stem:
        line.done = "left out"
        line.notes.append(f"nothing in it belongs to {name}")
        return None
    if not shared[best]:
        line.notes.append("none of its cells is marked as the assignment's own: a person should look at it")
    if _COPY.sub("", stem) != stem or name not in stem:
        line.notes.append(f"renamed: taken as {name}.ipynb")
    return read


def _whose(found: Found, people: Iterable[Student], line: Line) -> Student | None:
    """The one student whom the path names; else the line says why there is none."""
    chosen = {one.id: one for one in people if any(_names(part, one) for part in found.parts)}
    if len(chosen) == 1:
        return next(iter(chosen.values()))
    several = (
        f"it may belong to {', '.join(sorted(chosen))}"
        if chosen
        else "nobody of the class is named in its path"
    )
    line.notes.append(several)
    return None


def _names(part: str, student: Student) -> bool:
    """Whether a part of a path names a student: by id, or as Moodle and Canvas write names."""
    stem = part.rpartition(".")[0] if is_notebook_name(part) else part
    if re.search(rf"(?<![\w.@-]){re.escape(student.id)}(?![\w.@-])", stem) or stem.startswith(
        f"{student.id}_"
    ):
        return True
    if stem.endswith(f"_{student.id}") or f"_{student.id}_" in stem:
        return True
    moodle, canvas = _MOODLE.fullmatch(part), _CANVAS.fullmatch(part)
    if moodle:
        whole = {_plain(student.name), _plain(f"{student.last_name}{student.first_name}")}
        return moodle["id"] == student.lms_user_id or (_plain(moodle["name"]) in whole and bool(student.name))
    if canvas:
        own = _plain(f"{student.last_name}{student.first_name}")
        return canvas["id"] == student.lms_user_id or (bool(own) and _plain(canvas["name"]) == own)
    return False


def _plain(name: str) -> str:
    """Letters and digits alone, small; two alphabets stay two."""
    return "".join(sign for sign in unicodedata.normalize("NFC", name).casefold() if sign.isalnum())


def _compare(found: Found, read: Notebook, taken: dict, line: Line) -> None:
    """Of two notebooks of one student the later counts; of equally late ones the one that is read later."""
    before = taken.get(line.student)
    earliest = datetime.min.replace(tzinfo=UTC)
    if before is not None and (before[0].when or earliest) > (found.when or earliest):
        line.done = "left out"
        line.notes.append(f"handed in twice: {before[2].path} is newer")
        return
    if before is not None:
        before[2].done = "left out"
        before[2].notes.append(f"handed in twice: {line.path} is newer")
    taken[line.student] = (found, read, line)


def _put(course: Course, name: str, due: datetime | None, found: Found, read: Notebook, line: Line) -> None:
    """Write one submission, with its time, unless what is there is the same or newer."""
    canvas = _CANVAS.fullmatch(found.parts[-1])
    if (due and found.when and found.when > due) or (canvas and canvas["late"]):
        line.notes.append("late")
    folder = course.root / "submitted" / line.student / name
    target, text = folder / f"{name}.ipynb", json.dumps(read.content, ensure_ascii=False, indent=1)
    if target.exists():
        old = _time_of(folder)
        if target.read_text(encoding="utf-8") == text:
            line.notes.append("the same is there already")
            return
        if old and found.when and old > found.when:
            line.done = "left out"
            line.notes.append("what was collected before is newer")
            return
        line.notes.append("replaces what was collected before")
    if found.when:
        with atomic_write(folder / TIMESTAMP) as part:
            part.write_text(f"{found.when:%Y-%m-%d %H:%M:%S.%f} UTC\n", encoding="utf-8")
    with atomic_write(target) as part:
        part.write_text(text, encoding="utf-8")


def _time_of(folder: Path) -> datetime | None:
    from nbgrader.utils import parse_utc

    try:
        return parse_utc((folder / TIMESTAMP).read_text(encoding="utf-8").strip()).replace(tzinfo=UTC)
    except (OSError, ValueError, OverflowError):
        return None


def as_data(collected: Collected) -> dict[str, Any]:
    """For programs: each file with what was done."""
    return {
        "assignment": collected.assignment,
        "files": [vars(line) for line in collected.lines],
        "missing": collected.missing,
    }
