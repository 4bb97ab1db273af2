"""Write feedback pages with nbgrader, for all who are graded."""

from __future__ import annotations

from typing import Any

from albert_lab.classroom.course.folder import Course
from albert_lab.classroom.course.run import record_of, submitted
from albert_lab.classroom.release import programs_on_path
from albert_lab.errors import InputError


def write_pages(course: Course, assignment: str | None) -> list[dict[str, Any]]:
    """The pages that were written: ``feedback/STUDENT/NAME/NAME.html``.

    Raises:
        InputError: nbgrader cannot make one; its words are passed on.
    """
    made = []
    for name in course.chosen(assignment):
        for student in submitted(course, name):
            if record_of(course, name, student) is None:
                continue
            with programs_on_path():
                result = course.api().generate_feedback(name, student, force=True)
            if not result["success"]:
                words = result.get("error") or result.get("log")
                raise InputError(f"nbgrader cannot write feedback for {student} on {name}:\n{words}")
            path = course.root / "feedback" / student / name / f"{name}.html"
            made.append({"assignment": name, "student": student, "path": str(path)})
    return made
