"""Read who belongs to a class from a CSV file, as teachers and other programs write it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from albert_lab.errors import InputError
from albert_lab.paths import expanded

ID = re.compile(r"[^\W_][\w.@-]{0,63}")  # it becomes the name of a folder, and part of search patterns
_HEADERS = {
    "id": ("student_id", "student id", "id number", "sis login id", "sis user id", "username", "login", "id"),
    "first_name": ("first_name", "first name", "firstname", "given name"),
    "last_name": ("last_name", "last name", "lastname", "surname", "family name"),
    "name": ("student", "name", "full name", "student name"),
    "email": ("email", "email address", "e-mail"),
    "lms_user_id": ("lms_user_id", "canvas id", "moodle id"),
}
_PLAIN = ("id", "first_name", "last_name", "email")  # columns of a file without a header
_LARGEST = 10_000_000  # bytes


@dataclass(frozen=True)
class Student:
    """One learner: an id, which is the name of a folder too, and what a list knows more."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """First and last name, as far as they are known."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass
class Roll:
    """The learners of a file, and what was wrong or odd in it, line by line."""

    students: list[Student] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_students(path: Path | str) -> Roll:
    """The learners in a CSV file, with or without a header.

    Commas, semicolons or tabs, UTF-8 or UTF-16, with or without a byte order mark. Without a header the
    columns are id, first name, last name, email. A line that cannot be used is left out and told.

    Raises:
        InputError: there is no such file, it is no text, or not one line of it can be used.
    """
    rows = _rows(_text(expanded(path)))
    if not rows:
        raise InputError(f"{path} holds no lines.", expected="one line for each student, its id first")
    columns, header = _columns([cell.strip() for cell in rows[0][1]])
    roll = Roll()
    first_seen: dict[str, int] = {}
    for line, cells in rows[1:] if header else rows:
        _add(line, [cell.strip() for cell in cells], columns, roll, first_seen)
    if not roll.students:
        raise InputError(
            f"{path} holds no student.\n" + "\n".join(roll.remarks[:20]),
            expected="a column with ids called student_id; or, without a header, ids in the first column",
        )
    return roll


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path} is larger than 10 MB.", expected="a list of students")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", expected="a CSV file") from error
    coding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return raw.decode(coding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path} is no UTF-8 text: see line {line}.",
            expected="a CSV file in UTF-8",
            mend="save it again as “CSV UTF-8”",
        ) from error


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Lines that are not empty, with their numbers, cut at the sign that the first of them shows."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    sign = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text.replace("\0", "\ufffd"), newline=""), delimiter=sign)
    rows, begin = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begin, cells))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"line {begin} is no CSV: {error}.", expected="cells between commas") from error
    return rows


def _columns(first: list[str]) -> tuple[dict[str, int], bool]:
    """Where each column stands, and whether the first line said so."""
    named = [cell.lower().strip("# ") for cell in first]
    found: dict[str, int] = {}
    for column, names in _HEADERS.items():
        place = next((named.index(name) for name in names if name in named), None)
        if place is not None and place not in found.values():
            found[column] = place
    if "id" not in found and "email" in found:
        found["id"] = found["email"]
    if "id" in found:
        return found, True
    width = min(len(first), len(_PLAIN))
    return {name: place for place, name in enumerate(_PLAIN[:width])}, False


def _add(line: int, cells: list[str], columns: dict[str, int], roll: Roll, seen: dict[str, int]) -> None:
    """One line's student, or a remark why there is none."""
    row = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
    row = {name: unicodedata.normalize("NFC", cell) for name, cell in row.items()}
    whole = row.pop("name", "")
    if whole and not row.get("last_name"):
        last, comma, first = whole.partition(",")
        parts = (first, last) if comma else (whole.rpartition(" ")[0], whole.rpartition(" ")[2])
        row["first_name"], row["last_name"] = (part.strip() for part in parts)
    student_id = row["id"]
    if not ID.fullmatch(student_id):
        what = f"{student_id!r:.80} is no id" if student_id else "there is no id"
        roll.remarks.append(
            f"line {line}: {what}; left out. Ids are letters, digits and . _ @ - (at most 64)."
        )
        return
    known = seen.get(student_id.casefold())
    if known is not None:
        roll.remarks.append(f"line {line}: the id {student_id} stands in line {known} already; left out.")
        return
    seen[student_id.casefold()] = line
    for name in ("first_name", "last_name", "email", "lms_user_id"):
        plain = "".join(
            sign if sign.isprintable() and sign not in "<>" else " " for sign in row.get(name, "")
        )[:200]
        if plain != row.get(name, ""):
            roll.remarks.append(f"line {line}: signs that are no part of a name were taken out of {name}.")
        row[name] = plain.strip()
    odd = next((row[name] for name in ("first_name", "last_name", "email") if risky(row[name])), "")
    if odd:
        roll.remarks.append(
            f"line {line}: {odd!r:.80} begins like a formula; it is kept, and exported so that none is run."
        )
    roll.students.append(Student(**row))


def risky(text: str) -> bool:
    """Whether a table program may take a cell for a formula."""
    return text.lstrip().startswith(("=", "+", "-", "@", "|")) or text.startswith(("\t", "\r"))
