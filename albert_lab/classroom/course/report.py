"""What a class did: points, what went wrong in each question, and which submissions need a person."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from albert_lab.classroom.course.folder import Course
from albert_lab.classroom.course.run import Run, record_of, submitted


def report(course: Course, assignment: str, run: Run | None = None) -> dict[str, Any]:
    """Points of each student, shares and diagnoses of each question, and who needs a person, and why.

    Args:
        run: the run that just ended, for the reasons of what failed in it.
    """
    points, most, by_hand = _points(course, assignment)
    records = {one: record_of(course, assignment, one) for one in submitted(course, assignment)}
    failed = {one.student: one.reason for one in run.submissions if one.done == "failed"} if run else {}
    person = {one: _reasons(record, failed.get(one), by_hand.get(one, 0)) for one, record in records.items()}
    for twins in _twins(records):
        for one in twins:
            others = ", ".join(other for other in twins if other != one)
            person[one].append(f"the same but for names as {others}")
    return {
        "assignment": assignment,
        "most": most,
        "points": {one: points.get(one) for one in records},
        "questions": _questions(records),
        "person": {one: reasons for one, reasons in person.items() if reasons},
    }


def _points(course: Course, assignment: str) -> tuple[dict[str, float], float, dict[str, int]]:
    from albert_lab.classroom.course.export import _score

    with course.gradebook() as book:
        found = next((one for one in book.assignments if one.name == assignment), None)
        if found is None:
            return {}, 0.0, {}
        points = {one.student_id: _score(one) for one in found.submissions}
        hand = {
            one.student_id: sum(
                bool(grade.needs_manual_grade) for book in one.notebooks for grade in book.grades
            )
            for one in found.submissions
        }
        return points, float(found.max_score or 0), hand


def _reasons(record: dict[str, Any] | None, failed: str | None, by_hand: int) -> list[str]:
    if failed is not None:
        return [failed]
    if record is None:
        return ["it is not graded yet"]
    found = [*record.get("notes", []), *record.get("reaches", [])]
    found += [
        f"{text} ({count}×)" if count > 1 else text for text, count in Counter(record["incidents"]).items()
    ]
    if by_hand:
        found.append(f"{by_hand} answer{'s' if by_hand > 1 else ''} to be graded by hand")
    return found


def _twins(records: dict[str, dict[str, Any] | None]) -> list[list[str]]:
    """Groups whose answers are the same but for names."""
    alike: dict[str, list[str]] = defaultdict(list)
    for student, record in records.items():
        if record and record.get("fingerprint"):
            alike[record["fingerprint"]].append(student)
    return [group for group in alike.values() if len(group) > 1]


def _questions(records: dict[str, dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Of each test cell: the share of those who got all its points, and the three commonest diagnoses."""
    right: dict[str, list[bool]] = defaultdict(list)
    said: dict[str, Counter] = defaultdict(Counter)
    for record in records.values():
        for name, test in record["tests"].items() if record else ():
            full = test["points"] is not None and test["points"] >= test["most"]
            right[name].append(full)
            if not full and test["diagnosis"]:
                said[name][test["diagnosis"]] += 1
    return [
        {
            "question": name,
            "right": round(sum(found) / len(found), 3),
            "diagnoses": [[text, count] for text, count in said[name].most_common(3)],
        }
        for name, found in sorted(right.items())
    ]


def as_text(found: dict[str, Any]) -> str:
    """The report as a teacher reads it."""
    lines = [
        f"{found['assignment']}: {len(found['points'])} submissions, {found['most']:g} points at most",
        "",
    ]
    width = max([8, *map(len, found["points"])])
    for student, points in found["points"].items():
        told = "not graded" if points is None else f"{points:6g}"
        lines.append(
            f"  {student:{width}}  {told}{'   needs a person' if student in found['person'] else ''}"
        )
    wide = max([8, *(len(one["question"]) for one in found["questions"])])
    lines += ["", f"  {'question':{wide}}  right  what went wrong most often"]
    for one in found["questions"]:
        told = [f"{count}× {text}" for text, count in one["diagnoses"]] or [""]
        lines.append(f"  {one['question']:{wide}}  {one['right']:5.0%}  {told[0]}".rstrip())
        lines += [f"  {'':{wide}}  {'':5}  {text}" for text in told[1:]]
    if found["person"]:
        lines += ["", "A person should look at:"]
        for student, reasons in found["person"].items():
            lines += [
                f"  {student:{width}}  {reasons[0]}",
                *(f"  {'':{width}}  {text}" for text in reasons[1:]),
            ]
    return "\n".join(lines)


def status(course: Course, assignment: str | None) -> list[dict[str, Any]]:
    """Of each assignment: is it released, who handed it in, how far are grading and feedback."""
    with course.gradebook() as book:
        known = {one.name: one.duedate for one in book.assignments}
        class_size = len(book.students)
    found = []
    for name in course.chosen(assignment):
        who = submitted(course, name)
        feedback = len(list((course.root / "feedback").glob(f"*/{name}/{name}.html")))
        graded = sum(record_of(course, name, one) is not None for one in who)
        due = known.get(name)
        found.append(
            {
                "assignment": name,
                "released": name in known,
                "due": due.isoformat(sep=" ", timespec="minutes") + " UTC" if due else None,
                "students": class_size,
                "submitted": len(who),
                "graded": graded,
                "feedback": feedback,
            }
        )
    return found
