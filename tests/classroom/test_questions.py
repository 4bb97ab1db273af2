"""Every question: right answers pass in every form, known mistakes fail with their own diagnosis."""

from __future__ import annotations

import inspect
import itertools
import re
import traceback
from importlib import import_module
from typing import Any

import pytest

from albert_lab.classroom import AnswerError, check, question, question_ids
from albert_lab.classroom.outcome import all_same, outcomes, same

IDS = question_ids()
ALL_PLANTED = 2228  # of all questions together; to be raised with each new mistake


@pytest.fixture(autouse=True)
def each_outcome_once(monkeypatch):
    """Outcomes that were computed already: a diagnosis tries all mistakes, for each of them anew."""
    known: dict = {}

    def remembered(asked, answer, seed):
        key = (asked.id, seed, id(answer) if callable(answer) else repr(answer))
        if key not in known:
            known[key] = (outcomes(asked, answer, seed), answer)  # the answer is kept: its id stays its own
        return known[key][0]

    monkeypatch.setattr(import_module("albert_lab.classroom.check"), "outcomes", remembered)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_DATA", str(tmp_path))


def ways(*seeds: str) -> list:
    """Visible and hidden, with each seed; in daily work the first of them is enough."""
    found = []
    for hidden, seed in itertools.product([False, True], seeds):
        name = f"{'hidden' if hidden else 'visible'}-{seed}"
        found.append(pytest.param(hidden, seed, id=name, marks=[pytest.mark.slow] if found else []))
    return found


def report(name: str, answer: Any, *, hidden: bool) -> str:
    """What the check says about an answer that is not right; '' about one that is."""
    try:
        assert check(name, answer, hidden=hidden)
    except AnswerError as failure:
        return str(failure)
    except Exception:  # the other answers are tried all the same
        return traceback.format_exc()
    return ""


@pytest.mark.parametrize(("hidden", "seed"), ways("0", "17"))
@pytest.mark.parametrize("name", IDS)
def test_each_planted_mistake_fails_with_its_own_diagnosis(name, hidden, seed, monkeypatch):
    """All mistakes of a question in one test, which names every one that is not diagnosed."""
    monkeypatch.setenv("ALBERT_LAB_SEED", seed)
    wrong = []
    for mistake in question(name).mistakes:
        told = report(name, mistake.answer, hidden=hidden)
        if f"It looks as if {mistake.says}." not in told:
            wrong.append(f"{mistake.says}:\n{told or 'passed as right'}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("name", [n for n in IDS if not question(n).asks_for_a_value])
def test_a_mistake_that_always_gives_the_same_says_so(name):
    """An answer that returns a constant is not told of a mistake that only happens to give it."""
    asked = question(name)
    if inspect.isclass(asked.reference):
        return  # what its check looks at may be the same for all inputs
    for mistake in asked.mistakes:
        found = outcomes(asked, mistake.answer, 0)
        assert not (len(found) > 2 and all_same(found)) or re.search("always|every", mistake.says), (
            mistake.says
        )


def test_no_planted_mistake_was_lost():
    """The count of mistakes that the test above tries, each in four ways."""
    assert sum(len(question(name).mistakes) for name in IDS) >= ALL_PLANTED


@pytest.mark.parametrize(("hidden", "seed"), ways("0", "1", "17"))
@pytest.mark.parametrize("name", IDS)
def test_each_right_answer_passes(name, hidden, seed, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_SEED", seed)
    asked = question(name)
    answers = [asked.reference() if asked.asks_for_a_value else asked.reference, *asked.right]
    told = {which: report(name, answer, hidden=hidden) for which, answer in enumerate(answers)}
    assert told == dict.fromkeys(told, "")


@pytest.mark.parametrize("name", IDS)
def test_a_stub_is_called_unanswered_and_nonsense_is_refused(name):
    asked = question(name)
    stub = None if asked.asks_for_a_value else lambda *_, **__: None
    with pytest.raises(AnswerError, match="not answered yet"):
        check(name, stub)
    nonsense = [object(), "", [], -1.5] if asked.asks_for_a_value else [3, None, lambda *_, **__: object()]
    for answer in nonsense:
        with pytest.raises(AnswerError):
            check(name, answer)


@pytest.mark.parametrize("name", [n for n in IDS if not question(n).asks_for_a_value])
def test_other_seeds_give_other_inputs(name):
    """An answer that remembers the results of one seed must not pass with another."""
    asked = question(name)
    one, other = (outcomes(asked, asked.reference, seed) for seed in (0, 1000))
    how = {"rtol": asked.rtol, "atol": asked.atol}
    assert len(one) == len(other)
    assert not all(same(a, b, **how) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", IDS)
def test_the_report_never_shows_the_solution(name):
    """Code of the reference or of a right answer is in no report."""
    asked = question(name)
    with pytest.raises(AnswerError) as failure:
        check(name, asked.mistakes[0].answer)
    assert "return " not in str(failure.value)
    assert "def " not in str(failure.value)
