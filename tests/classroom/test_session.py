# ruff: noqa: NPY002  (the session's own random numbers are what is tested)
"""The verdict of a check is that of a fresh session, whatever a learner's session has set; and stays so."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from albert_lab.classroom import AnswerError, Case, Draw, Mistake, Question, check, question, question_ids
from albert_lab.classroom.check import QuestionError, _report
from albert_lab.classroom.outcome import outcomes

WRONG = "It looks as if the scores are divided by d, not by √d"


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("ALBERT_LAB_SEED", raising=False)


def _put(get: Callable, put: Callable, value: Any):
    @contextmanager
    def odd():
        before = get()
        put(value)
        try:
            yield
            assert get() == value, "the check leaves the session as it was"
        finally:
            put(before)

    return odd


@contextmanager
def _warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@contextmanager
def _tiny_numbers_are_0():
    torch.set_flush_denormal(True)
    try:
        yield
        tiny = torch.tensor(1e-310, dtype=torch.float64)
        assert tiny + tiny == 0, "the check leaves the session as it was"
    finally:
        torch.set_flush_denormal(False)


SESSIONS = {
    "float64": _put(torch.get_default_dtype, torch.set_default_dtype, torch.float64),
    "no gradients": _put(torch.is_grad_enabled, torch.set_grad_enabled, False),
    "meta": _put(torch.get_default_device, torch.set_default_device, torch.device("meta")),
    "in a with of meta": lambda: torch.device("meta"),
    "inference": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu"),
    "deterministic": _put(torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, 2),
    "threads": _put(torch.get_num_threads, torch.set_num_threads, 3),
    "coarse products": _put(
        torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "medium"
    ),
    "anomalies": _put(torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly, True),
    "tiny numbers are 0": _tiny_numbers_are_0,
    "numpy raises": lambda: np.errstate(all="raise"),
    "numpy prints little": lambda: np.printoptions(precision=1, threshold=2),
    "warnings are errors": _warnings_are_errors,
}  # fmt: skip


def right(asking, asked, W_Q, W_K, W_V):
    made = torch.zeros(W_V.shape[-1])  # in the default dtype: an answer may count on float32
    assert made.dtype == torch.float32
    return torch.nn.functional.scaled_dot_product_attention(asking @ W_Q, asked @ W_K, asked @ W_V)


def wrong(asking, asked, W_Q, W_K, W_V):
    query, key, value = asking @ W_Q, asked @ W_K, asked @ W_V
    return (query @ key.mT / query.shape[-1]).softmax(dim=-1) @ value


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_a_verdict_is_the_same_in_every_session(session):
    with SESSIONS[session]():
        assert check("ex01_4", right)
        with pytest.raises(AnswerError, match=WRONG):
            check("ex01_4", wrong)


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_the_tied_head_is_asked_for_in_every_session(session):
    """What a review found: with float64 the reference raised, and so everything that raised was right."""
    asked = question("ex07_5")
    with SESSIONS[session]():
        assert check("ex07_5", asked.reference)
        with pytest.raises(AnswerError, match="It looks as if it is still the given class"):
            check("ex07_5", asked.mistakes[0].answer)


@pytest.mark.parametrize("session", ["float64", "no gradients"])
def test_an_answer_cannot_choose_its_own_settings(session):
    """The reference is asked in the usual settings too, after an answer that changed them."""

    def changing(asking, asked, W_Q, W_K, W_V):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.set_default_device("meta")
        return wrong(asking, asked, W_Q, W_K, W_V)

    for hidden in (False, True):
        with pytest.raises(AnswerError):
            check("ex01_4", changing, hidden=hidden)
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_default_device() == torch.device("cpu")
    assert torch.is_grad_enabled()


def test_random_numbers_of_the_session_are_left_as_they_were_and_the_answers_are_its_own():
    torch.manual_seed(5), np.random.seed(5), random.seed(5)
    before = torch.random.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    drawn = []

    def answer(asking, asked, W_Q, W_K, W_V):
        drawn.append((torch.rand(1).item(), np.random.rand(), random.random()))
        return right(asking, asked, W_Q, W_K, W_V)

    check("ex01_4", answer)
    first, drawn = drawn, []
    torch.rand(1), np.random.rand(), random.random()
    check("ex01_4", lambda *arguments: (drawn.append(1), right(*arguments))[1])
    torch.manual_seed(5), np.random.seed(5), random.seed(5)
    check("ex01_4", answer)
    assert drawn[-len(first):] == first  # fmt: skip
    after = torch.random.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def made(reference, cases, **more):
    mistakes = tuple(Mistake(f"mistake {i}", lambda *_, i=i: f"wrong {i}") for i in range(6))
    facts = {"points": 1, "minutes": 5, "difficulty": 1, "importance": 1, "why": "Because."}
    options = facts | {"mistakes": mistakes, "right": (reference,) * 3} | more
    card = ("ex99_1", "A title", "implement", ("LO-99.1",))
    return Question(*card, reference=reference, cases=cases, **options)


def test_a_reference_that_fails_is_our_fault_and_loud():
    def fails(x):
        raise RuntimeError("no such dtype")

    asked = made(fails, lambda draw: [Case("a number", (1,))])
    with pytest.raises(QuestionError, match=r"(?s)ex99_1.*a number.*RuntimeError: no such dtype.*not yours"):
        _report(asked, fails, 0)


def test_a_reference_that_should_fail_and_does_not_is_our_fault_too():
    asked = made(len, lambda draw: [Case("a text", ("",), raises=ValueError)])
    with pytest.raises(QuestionError, match=r"(?s)a text.*ValueError"):
        _report(asked, len, 0)


def test_a_warning_of_our_own_code_is_not_shown_and_one_of_the_answer_once(recwarn):
    def warns(x):
        warnings.warn("of the answer", stacklevel=1)
        return x

    def of_ours(x):
        warnings.warn("of ours", stacklevel=1)
        return x + 1

    mistakes = (Mistake("you add 1", of_ours), *(Mistake(f"{i}", lambda x, i=i: i) for i in range(6)))
    asked = made(of_ours, lambda draw: [Case("one", (1,)), Case("two", (2,))], mistakes=mistakes)
    assert _report(asked, warns, 0)
    assert [str(one.message) for one in recwarn] == ["of the answer"]


def test_no_argument_is_shared_between_arguments_cases_or_answers():
    """One tensor in two arguments: changing the one is not changing the other."""
    table = torch.eye(2)

    def cases(draw):
        return [
            Case("first", (table, table), {"more": table}),
            Case("second", (table, table), {"more": table}),
        ]

    def answer(x, y, *, more):
        x.zero_()
        return y + more

    asked = made(lambda x, y, *, more: y + more, cases)
    text = _report(asked, answer, 0)
    assert "changes its argument x in place" in text
    assert torch.equal(table, torch.eye(2))
    assert [one.changed for one in outcomes(asked, answer, 0)] == [(0,), (0,)]
    assert all(torch.equal(one.value, 2 * torch.eye(2)) for one in outcomes(asked, answer, 0))


def test_a_result_is_kept_as_it_was_when_it_was_returned():
    """A default value that grows: the first case is right, as the learner sees it."""

    def answer(x, found=[]):  # noqa: B006
        found.append(x)
        return found

    asked = made(lambda x: [x], lambda draw: [Case("one", (1,)), Case("two", (2,))])
    text = _report(asked, answer, 0)
    assert "1 of 2 right" in text
    assert "yours     [1, 2]" in text
    kept: dict = {"all": torch.zeros(2)}

    def in_one_tensor(x):
        kept["all"] += x
        return kept

    asked = made(lambda x: {"all": torch.full((2,), float(x))}, asked.cases)
    assert "1 of 2 right" in _report(asked, in_one_tensor, 0)


ALL_QUESTIONS = """
import json, sys
SETTINGS
import albert_lab as lab
from albert_lab.classroom import question, question_ids
said = {}
for name in question_ids():
    asked = question(name)
    right = asked.reference() if asked.asks_for_a_value else asked.reference
    for which, answer in (("right", right), ("wrong", asked.mistakes[0].answer)):
        try:
            said[f"{name} {which}"] = lab.check(name, answer)
        except Exception as error:
            said[f"{name} {which}"] = f"{type(error).__name__}: {error}"
print(json.dumps(said), file=sys.stderr)
"""
ODD = """
import numpy, torch, warnings
torch.set_default_dtype(torch.float64), torch.set_grad_enabled(False), torch.set_num_threads(2)
torch.use_deterministic_algorithms(True), torch.set_flush_denormal(True)
torch.set_float32_matmul_precision("medium"), numpy.seterr(all="raise"), warnings.simplefilter("error")
"""


@pytest.mark.slow
def test_every_question_says_the_same_in_an_odd_session():
    """Its module is imported in that session, too."""

    def said(settings: str) -> dict:
        code = ALL_QUESTIONS.replace("SETTINGS", settings)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return json.loads(done.stderr.splitlines()[-1])

    usual, odd = said(""), said(ODD)
    assert {name for name, text in usual.items() if text is True} == {f"{n} right" for n in question_ids()}
    assert odd == usual


def test_settings_are_given_back_when_a_check_is_stopped():
    def stopped(asking, asked, W_Q, W_K, W_V):
        raise KeyboardInterrupt

    with ExitStack() as stack:
        stack.enter_context(SESSIONS["float64"]())
        with pytest.raises(KeyboardInterrupt):
            check("ex01_4", stopped)


def test_inputs_are_those_of_the_usual_settings():
    with SESSIONS["float64"]():
        assert question("ex01_4").cases  # found
        report = None
        with pytest.raises(AnswerError) as failure:
            check("ex01_4", lambda *arguments: [one.dtype for one in arguments])
        report = str(failure.value)
    assert "a torch.Tensor is expected, not list" in report
    assert Draw(0).normal(2).dtype == torch.float32
