"""The gradebook's points as CSV, as Canvas and Moodle import them; no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from albert_lab.classroom.course.folder import Course
from albert_lab.classroom.course.students import risky
from albert_lab.errors import InputError
from albert_lab.paths import atomic_write, expanded

FORMATS = ("plain", "canvas", "moodle")


def export(course: Course, assignment: str | None, kind: str = "plain") -> str:
    """The points of one assignment, or of all, as the text of a CSV file.

    A cell stays empty where nothing was handed in, or nothing is graded yet.

    Raises:
        InputError: there is no such assignment or format.
    """
    if kind not in FORMATS:
        raise InputError(f"there is no format {kind!r}.", expected=f"one of {', '.join(FORMATS)}")
    names = course.chosen(assignment)
    points, most, people = _points(course, names)
    names = [name for name in names if name in most]
    rows = [_head(kind, names)]
    if kind == "canvas":
        rows.append(["    Points Possible", "", "", "", "", *(_number(most[name]) for name in names)])
    for student in people:
        own = [_number(points.get((student["id"], name))) for name in names]
        rows.append([*_who(kind, student), *own])
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


def write(text: str, path: Path | str) -> None:
    """Write the text to a file, with the mark by which table programs know UTF-8."""
    with atomic_write(expanded(path)) as part:
        part.write_bytes(text.encode("utf-8-sig"))


def harmless(text: str) -> str:
    """Text that no table program takes for a formula: one that would be begins with an apostrophe."""
    return f"'{text}" if risky(text) else text


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _head(kind: str, names: list[str]) -> list[str]:
    if kind == "canvas":
        return ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names]
    if kind == "moodle":
        return ["ID number", "First name", "Last name", "Email address", *names]
    return ["student_id", "first_name", "last_name", "email", *names]


def _who(kind: str, student: dict[str, str]) -> list[str]:
    first, last, email = (harmless(student[key]) for key in ("first_name", "last_name", "email"))
    if kind == "canvas":
        whole = ", ".join(part for part in (student["last_name"], student["first_name"]) if part)
        return [harmless(whole or student["id"]), student["lms_user_id"], student["id"], student["id"], ""]
    return [student["id"], first, last, email]


def _points(course: Course, names: list[str]) -> tuple[dict, dict[str, float], list[dict[str, str]]]:
    """Points by student and assignment, the most of each assignment, and the class."""
    points: dict[tuple[str, str], float] = {}
    most: dict[str, float] = {}
    with course.gradebook() as book:
        people = [
            {
                key: getattr(one, key) or ""
                for key in ("id", "first_name", "last_name", "email", "lms_user_id")
            }
            for one in book.students
        ]
        for one in book.assignments:
            if one.name not in names:
                continue
            most[one.name] = float(one.max_score or 0)
            for submission in one.submissions:
                points[submission.student_id, one.name] = _score(submission)
    return points, most, sorted(people, key=lambda one: (one["last_name"], one["first_name"], one["id"]))


def _score(submission: Any) -> float | None:
    """What a submission earned, less what being late costs; None as long as no cell has points."""
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    if grades and all(grade.auto_score is None and grade.manual_score is None for grade in grades):
        return None
    return max(0.0, float(submission.score or 0) - float(submission.late_submission_penalty or 0))
