"""Check an exercise's answer: say what passed, show what did not, and name the mistake."""

from __future__ import annotations

import inspect
import os
import textwrap
from collections.abc import Mapping
from typing import Any

from albert_lab.classroom.outcome import Outcome, difference, is_floating, one_thread, outcomes, same, shown
from albert_lab.classroom.progress import record
from albert_lab.classroom.question import Case, Draw, Question
from albert_lab.classroom.questions import question as question_of
from albert_lab.classroom.values import in_form, remark
from albert_lab.errors import AlbertLabError, InputError

SEED = "ALBERT_LAB_SEED"


class AnswerError(AlbertLabError, AssertionError):
    """An answer is not right yet. Its text is the report; a notebook shows it without a traceback."""

    def _render_traceback_(self) -> list[str]:
        """The report, in lines that a notebook's page holds."""
        wrap = textwrap.TextWrapper(width=88, subsequent_indent="      ", drop_whitespace=False)
        return [part.rstrip() for line in str(self).splitlines() for part in wrap.wrap(line)]


def check(question_id: str, answer: Any, *, hidden: bool = False) -> bool:
    """Try an answer on the question's cases, and print what passed.

    >>> check("ex02_1", lambda query, key: query @ key.T)  # doctest: +SKIP

    Args:
        question_id: the question, such as ``"ex02_3"``.
        answer: the function, class or value that the question asks for.
        hidden: as a teacher's hidden test: other random inputs, several draws, and nothing is recorded.

    Environment: ``ALBERT_LAB_SEED``, a whole number, decides the random inputs.

    Returns: True.

    Raises:
        AnswerError: the answer is not right; the text says on which input, and names a known mistake.
        InputError: there is no such question, or the seed is no whole number.
    """
    question = question_of(question_id)
    seed = _seed()
    seeds = [seed + 1000 + i for i in range(3)] if hidden else [seed]
    with one_thread():
        report = next((text for each in seeds if (text := _report(question, answer, each))), None)
    if not hidden:
        record(question_id, passed=report is None)
    if report:
        raise AnswerError(report)
    print(f"✓ {question_id} · {question.title}: right.", *_passed(question, seeds[0]), sep="\n")
    return True


def _seed() -> int:
    text = os.environ.get(SEED, "0")
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{SEED} is {text!r}.", expected="a whole number") from None


def _passed(question: Question, seed: int) -> list[str]:
    return [] if question.asks_for_a_value else [f"  ✓ {c.says}" for c in question.cases(Draw(seed))]


def _report(question: Question, answer: Any, seed: int) -> str | None:
    """What a learner reads about an answer that is not right; None about one that is."""
    head = f"{question.id} · {question.title}"
    if not question.asks_for_a_value and not callable(answer):
        return f"✗ {head}: a function (or class) is expected, and this is {type(answer).__name__}."
    value = question.reference() if question.asks_for_a_value else None
    answer = _in_form(question, answer, value)
    given = outcomes(question, answer, seed)
    if _unanswered(question, answer, given):
        return f"○ {head}: not answered yet.{_why_unanswered(question, given)}"
    cases = question.cases(Draw(seed))
    expected = outcomes(question, question.reference, seed)
    right = [_alike(question, one, two) for one, two in zip(expected, given, strict=True)]
    if all(right):
        return None
    first = right.index(False)
    lines = [
        f"✗ {head}: {sum(right)} of {len(right)} right." if len(right) > 1 else f"✗ {head}: not right yet."
    ]
    lines += [f"  {'✓' if fine else '✗'} {case.says}" for case, fine in zip(cases, right, strict=True)][
        : first + 1
    ]
    if question.asks_for_a_value:
        lines += _value_details(question, answer, value)
    else:
        lines += _details(question, cases[first], expected[first], given[first])
    return "\n".join([*lines, *_diagnosis(question, expected, given, right, seed, value)])


def _in_form(question: Question, answer: Any, value: Any) -> Any:
    """Values are compared in one form, so that "B" and " b" are one, and "3" and 3."""
    return in_form(answer, value) if question.asks_for_a_value else answer


def _unanswered(question: Question, answer: Any, given: list[Outcome]) -> bool:
    """A stub returns nothing, anywhere; another one raises NotImplementedError; a value is still None."""
    if question.asks_for_a_value:
        values = answer.values() if isinstance(answer, Mapping) and answer else [answer]
        return all(value is None for value in values)
    return all(one.value is None and isinstance(one.error, NotImplementedError | None) for one in given)


def _why_unanswered(question: Question, given: list[Outcome]) -> str:
    """A function that was written, but gives nothing back, looks like a stub from outside."""
    written = not question.asks_for_a_value and all(one.error is None for one in given)
    return (
        " It returns None on every input: if there is code in it, does it end with return?" if written else ""
    )


def _alike(question: Question, one: Outcome, two: Outcome) -> bool:
    return same(one, two, rtol=question.rtol, atol=question.atol)


def _details(question: Question, case: Case, expected: Outcome, given: Outcome) -> list[str]:
    """The input, both results, and the first difference."""
    names = _names(question, case)
    lines = [f"    {name:<9} {shown(value)}" for name, value in names.items()]
    lines.append(f"    yours     {_result(given)}")
    lines.append(f"    expected  {_result(expected)}")
    return [*lines, *(f"    {text}" for text in _first_difference(question, names, expected, given))]


def _value_details(question: Question, answer: Any, value: Any) -> list[str]:
    said = remark(answer, value, rtol=question.rtol)
    return [f"    yours     {shown(answer)}", *([f"    {said}"] if said else [])]


def _names(question: Question, case: Case) -> dict[str, Any]:
    """The case's arguments under the names that the contract gives them."""
    names = [name for name in inspect.signature(question.reference).parameters if name not in case.options]
    names += [f"argument {i + 1}" for i in range(len(names), len(case.arguments))]
    return dict(zip(names, case.arguments, strict=False)) | dict(case.options)


def _result(outcome: Outcome) -> str:
    if outcome.error is None:
        return shown(outcome.value)
    message = str(outcome.error).splitlines()
    return f"{type(outcome.error).__name__}: {message[0][:200] if message else ''}"


def _first_difference(question: Question, names: dict, expected: Outcome, given: Outcome) -> list[str]:
    how = {"rtol": question.rtol, "atol": question.atol}
    if given.error is not None:
        return [given.where] if given.where else []
    if expected.error is not None:
        returned = isinstance(given.value, Exception)
        lost = "; yours is returned, not raised" if returned else ""
        return [f"an error of type {type(expected.error).__name__} is expected here{lost}"]
    if given.changed != expected.changed:
        changed = [list(names)[one] if isinstance(one, int) else one for one in given.changed]
        return [f"your code changes its argument {', '.join(changed)} in place; callers keep using it"]
    found = difference(expected.value, given.value, **how)
    if found:
        return [found, *_hint(expected.value, given.value)]
    pairs = zip(expected.gradients, given.gradients, strict=True)
    floating = [name for name, value in names.items() if is_floating(value)]
    wrong = [name for name, (one, two) in zip(floating, pairs, strict=True) if difference(one, two, **how)]
    return [f"the values are right, the gradient with respect to {wrong[0]} is not"]


def _hint(expected: Any, given: Any) -> list[str]:
    """Two slips that are seen from the numbers alone: a constant factor, a transposed result."""
    import torch

    tensors = isinstance(expected, torch.Tensor) and isinstance(given, torch.Tensor)
    if not tensors or not expected.is_floating_point() or expected.dtype != given.dtype:
        return []
    if expected.numel() < 2:
        return []  # of one number, every other is a multiple
    if (
        expected.ndim >= 2
        and expected.mT.shape == given.shape
        and torch.allclose(expected.mT, given, rtol=1e-3)
    ):
        return ["it is the transpose of what is expected"]
    if expected.shape != given.shape or not expected.abs().max() > 0:
        return []
    factor = float((expected * given).sum() / expected.square().sum())
    if (
        abs(factor - 1) > 1e-3
        and factor != 0
        and torch.allclose(expected * factor, given, rtol=1e-3, atol=1e-5)
    ):
        return [f"every number is {factor:.4g} times what is expected"]
    return []


def _diagnosis(
    question: Question,
    expected: list[Outcome],
    given: list[Outcome],
    right: list[bool],
    seed: int,
    value: Any,
) -> list[str]:
    """The known mistake that gives the same outcomes; else the nearest, if it explains half of what is wrong.

    Near is: the same outcome on many of the cases on which the answer or the mistake is wrong.
    """
    best, most = "", (0.0, 0)
    for mistake in question.mistakes:
        theirs = outcomes(question, _in_form(question, mistake.answer, value), seed)
        alike = [_alike(question, one, two) for one, two in zip(theirs, given, strict=True)]
        if all(alike):
            return [f"  It looks as if {mistake.says}."]
        cases = list(zip(alike, right, given, strict=True))
        shared = sum(one and not fine and outcome.error is None for one, fine, outcome in cases)
        either = sum(not (one and fine) for one, fine, _ in cases)
        best, most = max((best, most), (mistake.says, (shared / either, shared)), key=lambda found: found[1])
    failing = len(right) - sum(right)
    fits = (
        f"it fits {most[1]} of the {failing} cases that fail"
        if failing > 1
        else "it fits the case that fails"
    )
    return [f"  Perhaps ({fits}): {best}."] if most[0] >= 0.5 else []
