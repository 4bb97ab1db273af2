"""The same answers checked twice, here as in a notebook, and split in two; verdicts and words must agree."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

from albert_lab.classroom import AnswerError, check, question
from albert_lab.classroom.course.elsewhere import carry
from albert_lab.classroom.course.service import Grader

LIMITS = {"cell_seconds": 60, "call_seconds": 60, "seconds": 280}


def answers_of(name: str, mistakes: int | None = None) -> Iterator[tuple[str, Any]]:
    """A question's right answers and planted mistakes, or so many of both, each with a word."""
    asked = question(name)
    right = [asked.reference() if asked.asks_for_a_value else asked.reference, *asked.right]
    for number, answer in enumerate(right[:mistakes]):
        yield f"right {number}", answer
    for mistake in asked.mistakes[:mistakes]:
        yield mistake.says, mistake.answer


def here(name: str, answer: Any) -> str:
    """What a notebook says."""
    file = io.StringIO()
    try:
        with redirect_stdout(file):
            check(name, answer)
    except AnswerError as error:
        return str(error)
    return file.getvalue()


def split(grader: Grader, asked: list[tuple[str, Any]]) -> list[str]:
    """What split grading says of several answers, each to the question before it."""
    cells = [{"role": "given", "source": "import albert_lab as lab"}]
    for number, (name, answer) in enumerate(asked):
        packed = carry(answer)
        load = f"import pickle\nanswer_{number} = pickle.loads({packed!r})"
        cells.append({"role": "own", "source": load})
        cells.append({"role": "test", "source": f"assert lab.check({name!r}, answer_{number})"})
    outputs = grader.grade({"cells": cells, "limits": LIMITS})["outputs"]
    return [
        "\n".join(_words(one) for one in tests) or _trouble(own)
        for own, tests in zip(outputs[1::2], outputs[2::2], strict=True)
    ]


def _words(output: dict[str, Any]) -> str:
    return output.get("text", output.get("evalue", ""))


def _trouble(outputs: list[dict[str, Any]]) -> str:
    return f"nothing was said; before: {outputs}"


def differences(grader: Grader, name: str, mistakes: int | None = None) -> list[str]:
    """Where the two ways say something else about a question's answers."""
    chosen = list(answers_of(name, mistakes))
    there = split(grader, [(name, answer) for _, answer in chosen])
    found = []
    for (says, answer), words in zip(chosen, there, strict=True):
        ours = here(name, answer)
        if words.strip() != ours.strip():
            found.append(f"{name}, {says}:\n--- here\n{ours}\n--- split\n{words}")
    return found
