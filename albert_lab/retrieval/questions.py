"""Development questions: needs in plain words, and the objects that serve them.

They were written as people ask, not in the words of the docstrings, and without looking at how any search
ranks them. Half of them is for choosing (weights, settings, which model), the other half for reporting what
was chosen: a number measured on the questions that chose is too good.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files

from albert_lab.errors import InputError

HALVES = ("choosing", "reporting", "all")


@dataclass(frozen=True)
class Question:
    """A need in plain words.

    Attributes:
        question: the need.
        kind: what it is about: "files", "text", "numbers", "dates", "plots", …
        package: where the answer stands; "stdlib" for the standard library.
        accepted: every object that serves it, by the name under which a user imports it.
    """

    question: str
    kind: str
    package: str
    accepted: frozenset[str]


def development_questions(half: str = "all", *, packages: Collection[str] | None = None) -> list[Question]:
    """The questions that ship with the package, in their fixed order.

    Args:
        half: "choosing" is the first, third, … question of the file, "reporting" the second, fourth, …;
            questions of a kind stand together there, so both halves have all kinds.
        packages: only questions about these, such as ["stdlib"]; None = all. Halves are cut before.

    Raises:
        InputError: another half.
    """
    if half not in HALVES:
        raise InputError(f"half={half!r} is not known.", expected="one of " + ", ".join(HALVES))
    text = (files("albert_lab.retrieval") / "questions.json").read_text(encoding="utf-8")
    questions = [Question(**entry | {"accepted": frozenset(entry["accepted"])}) for entry in json.loads(text)]
    chosen = {"all": questions, "choosing": questions[::2], "reporting": questions[1::2]}[half]
    return [question for question in chosen if packages is None or question.package in packages]
