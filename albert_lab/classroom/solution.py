"""A question's solution, for those who want to read it: the code, another way, and why."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any

from albert_lab.classroom.questions import question


@dataclass(frozen=True)
class Solution:
    """A solution as text, shown as rich text in a notebook.

    Attributes:
        title: id and title of the question.
        code: source of the reference.
        another: source of a second right answer; empty where the answer is a value.
        why: two sentences.
    """

    title: str
    code: str
    another: str
    why: str

    def __str__(self) -> str:
        other = f"\n\nAnother way:\n\n{self.another}" if self.another else ""
        return f"{self.title}\n\n{self.code}{other}\n\n{self.why}"

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        other = f"\n\nAnother way:\n\n```python\n{self.another}\n```" if self.another else ""
        return f"**{self.title}**\n\n```python\n{self.code}\n```{other}\n\n{self.why}"


def solution(question_id: str) -> Solution:
    """The solution of a question, such as ``"ex02_3"``. Try first: reading is not doing.

    Raises:
        InputError: there is no such question.
    """
    asked = question(question_id)
    another = "" if asked.asks_for_a_value else _source(asked.right[0])
    return Solution(f"{question_id} · {asked.title}", _source(asked.reference), another, asked.why)


def _source(answer: Any) -> str:
    """Its code, without the line that hands it to its question."""
    lines = textwrap.dedent(inspect.getsource(answer)).strip().splitlines()
    return "\n".join(dropwhile(lambda line: line.startswith("@ask."), lines))
