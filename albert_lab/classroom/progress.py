"""What a learner has solved, kept in one file on the learner's machine."""

from __future__ import annotations

import html
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from albert_lab.classroom.question import Question
from albert_lab.classroom.questions import question, question_ids
from albert_lab.errors import InputError, OutputError
from albert_lab.paths import atomic_write, data_dir


def progress_file() -> Path:
    """Where the table of `progress` is kept; delete the file to begin anew."""
    return data_dir() / "progress.json"


def record(name: str, *, passed: bool) -> None:
    """Count a try; a question once passed stays passed. Where nothing can be written, nothing is."""
    tries = _tries()
    if not tries and progress_file().is_file():  # what cannot be read is kept under another name
        with suppress(OSError):
            progress_file().replace(progress_file().with_suffix(".damaged"))
    old = tries.get(name, {"tries": 0, "passed": False})
    tries[name] = {"tries": old["tries"] + 1, "passed": old["passed"] or passed}
    with suppress(OutputError), atomic_write(progress_file()) as part:
        part.write_text(json.dumps(tries, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _tries() -> dict[str, dict]:
    """The file's content; a damaged file counts as empty."""
    try:
        content = json.loads(progress_file().read_text(encoding="utf-8"))
        return {
            name: {"tries": int(one["tries"]), "passed": bool(one["passed"])} for name, one in content.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


@dataclass(frozen=True)
class Row:
    """One line of the table: a question and what became of it."""

    question: Question
    tries: int
    passed: bool

    @property
    def state(self) -> str:
        """One word for the state, beginning with a sign that needs no colour."""
        return "✓ passed" if self.passed else f"✗ tried {self.tries}×" if self.tries else "○ open"


@dataclass(frozen=True)
class Progress:
    """A table of questions, shown as text by ``print`` and as rich text in a notebook."""

    rows: tuple[Row, ...]

    def __str__(self) -> str:
        lines = [
            f"{r.question.id}  {r.state:<10}  {r.question.points}  {r.question.title}" for r in self.rows
        ]
        return "\n".join([*lines, self._sum()])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        head = "| question | | points | state | minutes |\n|---|---|---|---|---|"
        lines = [
            f"| {r.question.id} | {html.escape(r.question.title)} | {r.question.points} | {r.state} "
            f"| up to {r.question.minutes} |"
            for r in self.rows
        ]
        return "\n".join([head, *lines, "", self._sum()])

    def _sum(self) -> str:
        done = [row for row in self.rows if row.passed]
        points, all_points = (sum(row.question.points for row in rows) for rows in (done, self.rows))
        return f"{len(done)} of {len(self.rows)} questions, {points} of {all_points} points"


def progress(assignment: str | int | None = None) -> Progress:
    """What is solved, of one assignment or of all; nothing leaves the machine.

    Args:
        assignment: its number, such as ``"02"`` or ``2``; None for all.

    Raises:
        InputError: there is no such assignment.
    """
    chosen = None if assignment is None else f"{assignment}".removeprefix("ex").zfill(2)
    ids = question_ids(chosen)
    if not ids:
        known = sorted({name[2:4] for name in question_ids()})
        raise InputError(f"there is no assignment {assignment!r}.", expected=f"one of {', '.join(known)}")
    tries, nothing = _tries(), {"tries": 0, "passed": False}
    return Progress(tuple(Row(question(name), **tries.get(name, nothing)) for name in ids))
