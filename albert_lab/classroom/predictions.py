"""Ask for a guess before the answer is computed, and explain what a wrong guess is made of."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

from albert_lab.errors import InputError


@dataclass(frozen=True)
class Prediction:
    """A question's outcome, shown as text by ``print`` and as rich text in a notebook.

    Attributes:
        question: the question's id, such as ``"p-10-1"``.
        guess: the option that was committed to, or None.
        answer: the true option.
        mistakes: for each wrong option, a sentence on what leads to it.
        value: what was computed, as text; empty if nothing was given.
        reason: a sentence on why the true option is true; empty if nothing was given.
    """

    question: str
    guess: str | None
    answer: str
    mistakes: Mapping[str, str]
    value: str = ""
    reason: str = ""

    @property
    def right(self) -> bool | None:
        """Whether the guess was true; None as long as there is no guess."""
        return None if self.guess is None else self.guess == self.answer

    def __str__(self) -> str:
        if self.guess is None:
            return _unanswered(self._options())
        lines = [f"You chose {self.guess}. {self._verdict()}"]
        lines += [f"Computed: {self.value}"] if self.value else []
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        """Rich text. Without a guess the answer is there too, but folded away."""
        if self.guess is None:
            head = _unanswered([f"`{o}`" for o in self._options()])
            folded = f"<details><summary>Show me without a guess</summary>\n\n{self._all()}\n\n</details>"
            return f"{head}\n\n{folded}"
        mark = "✓" if self.right else "✗"
        return f"{mark} You chose `{self.guess}`. {_safe(self._verdict())}\n\n{self._all()}"

    def _verdict(self) -> str:
        assert self.guess is not None
        if self.right:
            return f"Right. {self.reason}".rstrip()
        return f"It is {self.answer}. {self.mistakes[self.guess]}"

    def _options(self) -> list[str]:
        return sorted([self.answer, *self.mistakes])

    def _all(self) -> str:
        lines = [f"Computed: {_safe(self.value)}\n"] if self.value else []
        for option in self._options():
            wrong = option != self.answer
            text = self.mistakes[option] if wrong else f"**True.** {_safe(self.reason)}".rstrip()
            lines.append(f"- `{option}`: {_safe(text) if wrong else text}")
        return "\n".join(lines)


def predict(
    question: str,
    guess: object,
    *,
    answer: object,
    mistakes: Mapping[object, str],
    value: object = "",
    reason: str = "",
) -> Prediction:
    """Compare a guess that the reader committed to with what is true.

    >>> predict("p-10-1", "B", answer="a", mistakes={"b": "Without the mask it would be b."}, value=(4, 6))
    You chose b. It is a. Without the mask it would be b.
    Computed: (4, 6)

    Options are compared as text without case and outer spaces, so ``"B"``, ``" b"`` and ``"b"`` are one, and
    so are ``3`` and ``"3"``. Nothing is written, sent or graded.

    Args:
        question: the id of the question; it stands in error messages only.
        guess: one of the options, or None for "not answered", which never stops a run.
        answer: the true option; compute it where you can.
        mistakes: each wrong option with a whole sentence on what leads to it: at least one.
        value: what was computed, to be shown with the verdict.
        reason: a whole sentence on why the answer is true.

    Raises:
        InputError: the question has no id or no wrong option, the answer is also among the wrong options, a
            mistake is not explained, or the guess is none of the options.
    """
    true, wrong = _checked_options(question, answer, mistakes)
    said = None if guess is None else _option(guess)
    if said is not None and said not in (true, *wrong):
        raise InputError(
            f"question {question!r} has no option {guess!r}.",
            expected=f"{_listing(sorted([true, *wrong]))}, or None for no guess",
            mend="change the guess in this cell and run it again",
        )
    return Prediction(str(question), said, true, wrong, str(value), reason.strip())


def _checked_options(
    question: str, answer: object, mistakes: Mapping[object, str]
) -> tuple[str, dict[str, str]]:
    """The true option and the wrong ones with their mistakes, or InputError."""
    true = _option(answer)
    wrong = {_option(option): str(text).strip() for option, text in mistakes.items()}
    if not str(question).strip() or not true or not wrong or true in wrong or len(wrong) < len(mistakes):
        raise InputError(
            f"question {question!r} cannot be asked: answer={answer!r}, wrong options {list(mistakes)!r}.",
            expected="an id, a true option, and at least one wrong option, all different",
        )
    unexplained = [option for option, text in wrong.items() if not text]
    if unexplained:
        raise InputError(
            f"question {question!r} does not say which mistake leads to {_listing(unexplained)}.",
            expected="a sentence for every wrong option",
        )
    return true, wrong


def _option(value: object) -> str:
    return str(value).strip().lower()


def _unanswered(options: list[str]) -> str:
    return f"No guess yet: set guess to {_listing(options)}, then run this again."


def _listing(options: list[str]) -> str:
    return " or ".join([", ".join(options[:-1]), options[-1]] if len(options) > 1 else options)


def _safe(text: str) -> str:
    """Text in which markup of the reader's data stays text."""
    return html.escape(text, quote=False)
