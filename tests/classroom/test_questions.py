"""Every question: right answers pass in every form, known mistakes fail with their own diagnosis."""

from __future__ import annotations

from importlib import import_module

import pytest

from albert_lab.classroom import AnswerError, check, question, question_ids
from albert_lab.classroom.outcome import outcomes, same

IDS = question_ids()
PLANTED = [(name, i) for name in IDS for i in range(len(question(name).mistakes))]
WRITTEN = [(name, i) for name in IDS for i in range(1 + len(question(name).right))]


@pytest.fixture(scope="module")
def known() -> dict:
    """Outcomes that were computed already: a diagnosis tries all mistakes, for each of them anew."""
    return {}


@pytest.fixture(autouse=True)
def each_outcome_once(known, monkeypatch):
    def remembered(asked, answer, seed):
        key = (asked.id, seed, id(answer) if callable(answer) else repr(answer))
        if key not in known:
            known[key] = (outcomes(asked, answer, seed), answer)  # the answer is kept: its id stays its own
        return known[key][0]

    monkeypatch.setattr(import_module("albert_lab.classroom.check"), "outcomes", remembered)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_DATA", str(tmp_path))


@pytest.mark.parametrize("hidden", [False, True], ids=["visible", "hidden"])
@pytest.mark.parametrize(("name", "which"), PLANTED)
def test_a_planted_mistake_fails_with_its_own_diagnosis(name, which, hidden, monkeypatch):
    mistake = question(name).mistakes[which]
    for seed in ("0", "17"):
        monkeypatch.setenv("ALBERT_LAB_SEED", seed)
        with pytest.raises(AnswerError) as failure:
            check(name, mistake.answer, hidden=hidden)
        assert f"It looks as if {mistake.says}." in str(failure.value)


@pytest.mark.parametrize("hidden", [False, True], ids=["visible", "hidden"])
@pytest.mark.parametrize(("name", "which"), WRITTEN)
def test_a_right_answer_passes(name, which, hidden, monkeypatch):
    asked = question(name)
    answers = [asked.reference() if asked.asks_for_a_value else asked.reference, *asked.right]
    for seed in ("0", "1", "17"):
        monkeypatch.setenv("ALBERT_LAB_SEED", seed)
        assert check(name, answers[which], hidden=hidden)


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
