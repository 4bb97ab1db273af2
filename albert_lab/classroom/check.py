"""Check an exercise's answer: say what passed, show what did not, and name the mistake."""

from __future__ import annotations

import inspect
import os
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from albert_lab.classroom.outcome import (
    Outcome,
    all_same,
    difference,
    gradient_difference,
    is_floating,
    outcomes,
    same,
)
from albert_lab.classroom.progress import record
from albert_lab.classroom.question import Case, Draw, Question, call
from albert_lab.classroom.questions import question as question_of
from albert_lab.classroom.settings import own_warnings, their_warnings, usual_settings
from albert_lab.classroom.shown import shown
from albert_lab.classroom.values import in_form, remark
from albert_lab.errors import AlbertLabError, InputError

SEED = "ALBERT_LAB_SEED"
_SEEDS = 2**62  # so many different ones are drawn from


class AnswerError(AlbertLabError, AssertionError):
    """An answer is not right yet. Its text is the report; a notebook shows it without a traceback."""

    def _render_traceback_(self) -> list[str]:
        """The report, in lines that a notebook's page holds."""
        wrap = textwrap.TextWrapper(width=88, subsequent_indent="      ", drop_whitespace=False)
        return [part.rstrip() for line in str(self).splitlines() for part in wrap.wrap(line)]


class QuestionError(AlbertLabError):
    """A question cannot be checked here: its own right answer does not do what it should."""


def check(question_id: str, answer: Any, *, hidden: bool = False) -> bool:
    """Try an answer on the question's cases, and print what passed.

    >>> check("ex02_1", lambda query, key: query @ key.T)  # doctest: +SKIP

    The verdict is that of a fresh session: default dtype, gradients, threads and the like are set for the
    check, and are afterwards what they were.

    Args:
        question_id: the question, such as ``"ex02_3"``.
        answer: the function, class or value that the question asks for.
        hidden: as a teacher's hidden test: other random inputs, several draws, and nothing is recorded.

    Environment: ``ALBERT_LAB_SEED``, a whole number, decides the random inputs; 0 if it is not set, or empty.

    Returns: True.

    Raises:
        AnswerError: the answer is not right; the text says on which input, and names a known mistake.
        InputError: there is no such question, or the seed is no whole number.
        QuestionError: the question itself fails here, which says nothing about the answer.
    """
    seed = _seed()
    seeds = [seed + 1000 + i for i in range(3)] if hidden else [seed]
    with usual_settings():
        question = question_of(question_id)
        report = next((text for each in seeds if (text := _report(question, answer, each))), None)
        passed = _passed(question, seeds[0])
    if not hidden:
        record(question_id, passed=report is None)
    if report:
        raise AnswerError(report)
    print(f"✓ {question_id} · {question.title}: right.", *passed, sep="\n")
    return True


def _seed() -> int:
    text = os.environ.get(SEED, "").strip() or "0"
    try:
        return int(text) % _SEEDS
    except ValueError:
        raise InputError(f"{SEED} is {text!r}.", expected="a whole number") from None


def _passed(question: Question, seed: int) -> list[str]:
    return [] if question.asks_for_a_value else [f"  ✓ {c.says}" for c in question.cases(Draw(seed))]


def _report(question: Question, answer: Any, seed: int) -> str | None:
    """What a learner reads about an answer that is not right; None about one that is."""
    head = f"{question.id} · {question.title}"
    misfit = _misfit(question, answer)
    if misfit:
        return f"✗ {head}: {misfit}"
    with own_warnings():
        cases, value = question.cases(Draw(seed)), question.reference() if question.asks_for_a_value else None
        expected = _expected(question, cases, seed)
    read = _in_form(question, answer, value)
    with their_warnings():
        given = outcomes(question, read, seed)
    if _unanswered(question, read, given):
        return f"○ {head}: not answered yet.{_why_unanswered(question, answer, given)}"
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
    with own_warnings():
        named = _diagnosis(question, given, right, seed, value)
    if question.asks_for_a_value:
        lines += _value_details(
            question, answer, read, value, sure=any("looks as if" in one for one in named)
        )
    else:
        lines += _details(question, answer, cases[first], expected[first], given[first])
    return "\n".join([*lines, *named])


def _misfit(question: Question, answer: Any) -> str:
    """Why an answer cannot be tried at all; '' if it can."""
    if question.asks_for_a_value:
        return ""
    if not callable(answer):
        return f"a function (or class) is expected, and this is {type(answer).__name__}."
    if inspect.isclass(question.reference) and isinstance(answer, question.reference.__bases__):
        kind = type(answer).__name__
        return f"the class itself is expected, and this is one of its objects: {kind}, without brackets."
    return ""


def _expected(question: Question, cases: Sequence[Case], seed: int) -> list[Outcome]:
    """The outcomes of the reference, which raises where the case says so, and nowhere else."""
    found = outcomes(question, question.reference, seed)
    for case, outcome in zip(cases, found, strict=True):
        error = outcome.error
        if case.raises is None and error is None:
            continue
        if case.raises is not None and isinstance(error, case.raises):
            continue
        wanted = f"an error of type {case.raises.__name__}" if case.raises else "a result"
        raise QuestionError(
            f"question {question.id} cannot be checked here: on {case.says!r} its own right answer gives "
            f"{_result(outcome)}.",
            expected=wanted,
            mend="this is our fault and not yours: please report it, with this text",
        ) from error
    return found


def _in_form(question: Question, answer: Any, value: Any) -> Any:
    """Values are compared in one form, so that "B" and " b" are one, and "3" and 3."""
    return in_form(answer, value) if question.asks_for_a_value else answer


def _unanswered(question: Question, answer: Any, given: list[Outcome]) -> bool:
    """A stub returns nothing, anywhere; another one raises NotImplementedError; a value is still None."""
    if question.asks_for_a_value:
        several = isinstance(answer, Mapping | list | tuple) and len(answer) > 0
        values = answer.values() if isinstance(answer, Mapping) else answer
        return all(value is None for value in values) if several else answer is None
    return all(one.value is None and isinstance(one.error, NotImplementedError | None) for one in given)


def _why_unanswered(question: Question, answer: Any, given: list[Outcome]) -> str:
    """A function that was written, but gives nothing back, looks like a stub from outside."""
    if question.asks_for_a_value:
        return ""
    if inspect.isclass(answer):
        written = any(inspect.isfunction(one) for one in vars(answer).values())
        missing = written and "forward" not in vars(answer)
        return " There is no `forward`: is it spelt so, and indented like `__init__`?" if missing else ""
    written = all(one.error is None for one in given)
    return (
        " It returns None on every input: if there is code in it, does it end with return?" if written else ""
    )


def _alike(question: Question, one: Outcome, two: Outcome) -> bool:
    return same(one, two, rtol=question.rtol, atol=question.atol)


def _details(question: Question, answer: Any, case: Case, expected: Outcome, given: Outcome) -> list[str]:
    """The input, both results, and the first difference."""
    names = _names(question, case)
    ours, theirs = _entry_that_differs(question, expected, given)
    own = isinstance(expected.value, Mapping) and question.use is not call  # a dictionary of the check's own
    lines = [f"    {name:<9} {shown(value, width=160)}" for name, value in names.items()]
    lines.append(f"    yours     {_result(theirs, width=100 if own else 400)}")
    if not (own and given.error is not None):
        lines.append(f"    expected  {_result(ours, smallest=question.atol, width=100 if own else 400)}")
    found = _first_difference(question, answer, case, names, expected, given)
    return [*lines, *(f"    {text}" for text in found)]


def _entry_that_differs(question: Question, expected: Outcome, given: Outcome) -> tuple[Outcome, Outcome]:
    """Of two dictionaries with the same names only the first entry that differs is worth its room."""
    ours, theirs = expected.value, given.value
    if not (isinstance(ours, Mapping) and isinstance(theirs, Mapping) and ours.keys() == theirs.keys()):
        return expected, given
    how = {"rtol": question.rtol, "atol": question.atol}
    wrong = [name for name, value in ours.items() if difference(value, theirs[name], **how)]
    if not wrong or question.use is call:
        return expected, given
    return Outcome({wrong[0]: ours[wrong[0]]}), Outcome({wrong[0]: theirs[wrong[0]]})


def _value_details(question: Question, answer: Any, read: Any, value: Any, *, sure: bool) -> list[str]:
    """The answer as it was typed, and a word on its form, unless a mistake with a name says more."""
    said = remark(read, value, rtol=question.rtol, near="" if sure else question.near)
    return [f"    yours     {shown(answer)}", *([f"    {said}"] if said else [])]


def _names(question: Question, case: Case) -> dict[str, Any]:
    """The case's arguments under the names that the contract gives them."""
    names = [name for name in inspect.signature(question.reference).parameters if name not in case.options]
    names += [f"argument {i + 1}" for i in range(len(names), len(case.arguments))]
    return dict(zip(names, case.arguments, strict=False)) | dict(case.options)


def _result(outcome: Outcome, *, smallest: float = 0.0, width: int = 400) -> str:
    if outcome.error is None:
        tiny = isinstance(outcome.value, float) and abs(outcome.value) < smallest
        return "0" if tiny else shown(outcome.value, width)
    try:
        message = str(outcome.error).splitlines()
    except Exception:  # an error class of the learner
        message = []
    return f"{type(outcome.error).__name__}: {message[0][:200] if message else ''}"


def _first_difference(
    question: Question, answer: Any, case: Case, names: dict, expected: Outcome, given: Outcome
) -> list[str]:
    how = {"rtol": question.rtol, "atol": question.atol}
    if given.error is not None:
        return _about_the_error(question, answer, case, given)
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
    wrong = [
        name for name, (one, two) in zip(floating, pairs, strict=True) if gradient_difference(one, two, **how)
    ]
    return [f"the values are right, the gradient with respect to {wrong[0]} is not"]


def _about_the_error(question: Question, answer: Any, case: Case, given: Outcome) -> list[str]:
    """The learner's line; and a word where an error's own text speaks of Python, and not of the task."""
    if isinstance(given.error, SystemExit):
        return ["your code ends Python (exit, quit or sys.exit): return the result, or raise an error"]
    if question.use is call and isinstance(given.error, TypeError) and not _fits(answer, case):
        names = inspect.signature(question.reference).parameters
        order = ", ".join(name for name in names if name not in case.options)
        return [f"it is called with its arguments in order, as in its contract: ({order})"]
    return [given.where] if given.where else []


def _fits(answer: Any, case: Case) -> bool:
    """Whether an answer can be called with the case's arguments at all."""
    try:
        inspect.signature(answer).bind(*case.arguments, **case.options)
    except TypeError:
        return False
    except ValueError:  # there is no signature to ask
        return True
    return True


def _hint(expected: Any, given: Any) -> list[str]:
    """Two slips that are seen from the numbers alone: a constant factor, a transposed result."""
    import torch

    tensors = isinstance(expected, torch.Tensor) and isinstance(given, torch.Tensor)
    if not tensors or not expected.is_floating_point() or expected.dtype != given.dtype:
        return []
    if expected.numel() < 2 or expected.layout != given.layout or expected.device != given.device:
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
    question: Question, given: list[Outcome], right: list[bool], seed: int, value: Any
) -> list[str]:
    """The known mistake that gives the same outcomes; else the nearest, if it explains half of what is wrong.

    Near is: the same outcome on many of the cases on which the answer or the mistake is wrong.
    """
    tried = []
    for mistake in question.mistakes:
        theirs = outcomes(question, _in_form(question, mistake.answer, value), seed)
        if all(_alike(question, one, two) for one, two in zip(theirs, given, strict=True)):
            return [f"  It looks as if {mistake.says}."]
        tried.append((mistake, theirs))
    if len(given) > 2 and not question.asks_for_a_value and all_same(given):
        return ["  Your answer gives the same for every input: it does not depend on what comes in."]
    best, most = "", (0.0, 0)
    for mistake, theirs in tried:
        alike = [_alike(question, one, two) for one, two in zip(theirs, given, strict=True)]
        cases = list(zip(alike, right, given, strict=True))
        shared = sum(one and not fine and outcome.error is None for one, fine, outcome in cases)
        either = sum(not (one and fine) for one, fine, _ in cases)
        best, most = max((best, most), (mistake.says, (shared / either, shared)), key=lambda found: found[1])
    failing = len(right) - sum(right)
    if failing == 1:
        fits = "the case that fails"
    elif most[1] == failing:
        fits = f"all {failing} cases that fail"
    else:
        fits = f"{most[1]} of the {failing} cases that fail"
    return [f"  Perhaps (it fits {fits}): {best}."] if most[0] >= 0.5 else []
