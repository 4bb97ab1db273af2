"""The questions of the exercises: one module each, named by its id, loaded when it is asked for."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path

from albert_lab.classroom.question import Question
from albert_lab.errors import InputError

_ID = re.compile(r"ex\d\d_\d")


def question_ids(assignment: str | None = None) -> list[str]:
    """Ids of all questions, or of one assignment's (``"02"``), in order."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("ex*.py") if _ID.fullmatch(path.stem))
    return [name for name in found if assignment is None or name.startswith(f"ex{assignment}_")]


@cache
def question(name: str) -> Question:
    """The question with this id, such as ``"ex02_3"``.

    Raises:
        InputError: there is none.
    """
    if name not in question_ids():
        alike = question_ids(str(name)[2:4]) or question_ids()
        raise InputError(
            f"there is no question {name!r}.",
            expected=f"one of {', '.join(alike)}",
            mend="copy the id from the question's card",
        )
    return import_module(f"{__name__}.{name}").ask.question()
