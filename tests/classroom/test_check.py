"""The engine of the exercises: what is compared, what is said, what is recorded."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from contextlib import nullcontext
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from albert_lab.classroom import (
    AnswerError,
    Case,
    Draw,
    Mistake,
    Question,
    QuestionBuilder,
    check,
    progress,
    question,
    question_ids,
    solution,
)
from albert_lab.classroom.outcome import difference, outcomes, same
from albert_lab.classroom.progress import progress_file
from albert_lab.classroom.question import value_case
from albert_lab.classroom.shown import shown
from albert_lab.errors import InputError

LOOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("ALBERT_LAB_SEED", raising=False)


def heads(x, n):
    return x.unflatten(-1, (3, n, -1)).permute(2, 0, 3, 1, 4)


def made(reference, cases, *, kind="implement", **more):
    """A question around a function, with six mistakes that nobody makes."""
    mistakes = tuple(Mistake(f"mistake {i}", lambda *_, i=i: f"wrong {i}") for i in range(6))
    facts = {"points": 1, "minutes": 5, "difficulty": 1, "importance": 1, "why": "Because."}
    options = facts | {"mistakes": mistakes, "right": (reference,) * 3} | more
    return Question("ex99_1", "A title", kind, ("LO-99.1",), reference=reference, cases=cases, **options)


def report(asked, answer, seed=0):
    from albert_lab.classroom.check import _report

    return _report(asked, answer, seed)


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0 + 1e-6])),
        (torch.tensor([math.nan]), torch.tensor([math.nan])),
        (17.0, 17),
        (17, torch.tensor(17)),
        (17, np.float32(17)),
        (17, Decimal(17)),
        (0.5, Fraction(1, 2)),
        (0.5, Decimal("0.5")),
        (11_683_584, Decimal(11_683_584)),
        (0.5, torch.tensor(0.5, requires_grad=True)),
        (True, np.bool_(True)),
        (True, torch.tensor(True)),
        ([1, 2], (1.0, 2.0)),
        ({"a": [1]}, {"a": (1,)}),
        ("b", "b"),
        (None, None),
        (np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-9])),
        (np.array([[1, 2]]), np.array([[1, 2]])),
        ([np.array([True, False])], (np.array([True, False]),)),
        (np.array(["a", "b"]), np.array(["a", "b"])),
    ],
)
def test_the_same_in_another_form_is_the_same(expected, given):
    assert difference(expected, given, **LOOSE) is None


@pytest.mark.parametrize(
    ("expected", "given", "says"),
    [
        (torch.ones(2, 1), torch.ones(2), r"the shape is \(2,\), expected is \(2, 1\)"),
        (torch.ones(2, 2), torch.ones(1), "shape"),
        (torch.ones(2), torch.ones(2).double(), "dtype"),
        (torch.ones(2), [1.0, 1.0], r"a torch\.Tensor is expected"),
        (torch.ones(2), torch.tensor([1.0, math.nan]), "it is nan, expected is 1"),
        (torch.ones(2), torch.tensor([1.0, 1.01]), r"1 of 2 numbers differ; at \[1\]"),
        (torch.tensor([True]), torch.tensor([False]), "it is False, expected is True"),
        (11_683_584, 11_683_585, "it is 11683585"),
        (11_683_584, 11_683_584.5, "it is 11683584.5"),
        (1, True, "a number is expected"),
        (True, 1, "expected is True"),
        (1.0, "1.0", "a number is expected"),
        (torch.eye(2), torch.eye(2).to_sparse(), r"a sparse one \(torch\.sparse_coo\), and an ordinary"),
        (1.0, math.nan, "it is nan"),
        ([1, 2], [1], "it has 1 element, and 2 are expected"),
        ([1, 2], [1, 3], "element 1"),
        ([1, [2, 3]], [1, [2, 4]], "element 1, element 1: it is 4"),
        ({"a": 1}, {"b": 1}, "the keys"),
        ({"a": 1}, {"a": 2}, "under 'a'"),
        (1.0, torch.ones(3), "a number is expected"),
        (1.0, 10**400, "it is a whole number of 1329 bits, expected is 1"),
        (11_683_584, 10**400, "whole number of 1329 bits"),
        (2.0, 1.0, "it is 1, expected is 2"),
        (2.4e-7, 1.0, "it is 1, expected is 0$"),
        ((["a"], [0]), ["a"] * 8, "it has 8 elements, and a pair of lists is expected"),
        ({1}, {2}, r"it is \{2\}, expected is \{1\}"),
        (np.ones(2), np.array([1.0, 1.01]), r"1 of 2 numbers differ; at \[1\]"),
        (np.ones((2, 1)), np.ones(2), r"the shape is \(2,\), expected is \(2, 1\)"),
        (np.ones(2), np.ones(2, dtype=np.float32), "the dtype is float32"),
        (np.ones(2), torch.ones(2), "a numpy.ndarray is expected, not Tensor"),
        (np.array([1, 2]), np.array([1, 3]), "element 1: it is 3"),
        (np.array(["a", "b"]), np.array(["a", "bc"]), "element 1"),
    ],
)
def test_what_differs_is_said(expected, given, says):
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(difference(expected, given, **LOOSE) or "the same")


def test_a_changed_argument_is_seen_and_named():
    asked = made(lambda x: x + 1, lambda draw: [Case("three numbers", (draw.normal(3),))])
    text = report(asked, lambda x: x.add_(1))
    assert "changes its argument x in place" in text
    assert report(asked, lambda x: 1 + x) is None


def test_a_changed_array_is_seen_too():
    def spoils(x):
        x += 1
        return float(x.sum())

    asked = made(lambda x: float((x + 1).sum()), lambda draw: [Case("three numbers", (np.arange(3.0),))])
    assert "changes its argument x in place" in report(asked, spoils)
    assert report(asked, lambda x: float(x.sum() + 3)) is None


def test_gradients_are_compared_where_a_case_asks_for_it():
    asked = made(lambda x: x * x, lambda draw: [Case("squares", (draw.normal(3),), gradient=True)])
    assert report(asked, lambda x: x**2) is None
    assert "the gradient with respect to x is not" in report(asked, lambda x: x * x.detach())
    assert "gradient" in report(asked, lambda x: torch.tensor((x * x).tolist()))


def test_the_argument_whose_gradient_is_wrong_is_named():
    def cases(draw):
        return [Case("a product", (3, draw.normal(2)), {"key": draw.normal(2)}, gradient=True)]

    asked = made(lambda times, query, key: times * query * key, cases)
    for wrong, name in (
        (lambda times, query, key: times * query.detach() * key, "query"),
        (lambda times, query, key: times * query * key.detach(), "key"),
    ):
        assert f"the values are right, the gradient with respect to {name} is not" in report(asked, wrong)


def test_an_answer_that_gives_nothing_back_is_asked_for_its_return(capsys):
    def prints(x):
        print(x + 1)

    def stub(x):
        raise NotImplementedError

    asked = made(lambda x: x + 1, lambda draw: [Case("one", (1,)), Case("two", (2,))])
    assert "not answered yet. It returns None on every input" in report(asked, prints)
    assert report(asked, stub).endswith("not answered yet.")


def test_a_value_counts_in_every_form_and_its_form_is_told():
    asked = made(lambda: 16, value_case, kind="predict", mistakes=tuple(
        Mistake(f"you added {i}", 16 + i) for i in range(1, 7)
    ))  # fmt: skip
    for right in (16, "16", [16.0], torch.tensor([16])):
        assert report(asked, right) is None
    assert "It looks as if you added 1." in report(asked, "17")
    assert "one number is expected" in report(asked, "sixteen")
    assert report(asked, None).endswith("not answered yet.")


def test_a_dictionary_with_other_keys_is_answered_but_not_in_form():
    def entry(answer, name):
        return answer().get(name)

    cases = [Case("the head", ("head",)), Case("the layer", ("layer",))]
    mistakes = tuple(Mistake(f"so {i}", {"head": i, "layer": i}) for i in range(6))
    right = {"head": 1, "layer": 2}
    asked = made(lambda: right, lambda draw: cases, kind="predict", use=entry, mistakes=mistakes)
    assert report(asked, {"head": None, "layer": None}).endswith("not answered yet.")
    assert "the keys 'head', 'layer' is expected" in report(asked, {"Head": 1, "Layer": 2})
    assert "one number is expected" in report(asked, {"head": "first", "layer": 2})
    assert report(asked, {"layer": "2", "head": 1}) is None


def test_an_expected_error_must_be_of_its_kind():
    def refuse(x):
        raise ValueError("no")

    def refuse_otherwise(x):
        raise KeyError("no")

    class RefusedError(ValueError):
        pass

    def refuse_as_a_kind_of_it(x):
        raise RefusedError("no")

    asked = made(refuse, lambda draw: [Case("an empty text", ("",), raises=ValueError)])
    assert report(asked, refuse) is None
    assert report(asked, refuse_as_a_kind_of_it) is None
    assert "an error of type ValueError is expected" in report(asked, len)
    assert "KeyError" in report(asked, refuse_otherwise)
    assert "yours is returned, not raised" in report(asked, lambda x: ValueError("no"))


def test_the_learners_own_line_is_shown_when_it_raises():
    def broken(x):
        return x @ x[:2]

    asked = made(lambda x: x, lambda draw: [Case("a matrix", (draw.normal(3, 3),))])
    text = report(asked, broken)
    assert "in broken: return x @ x[:2]" in text
    assert "RuntimeError" in text


def test_a_factor_and_a_transpose_are_seen_from_the_numbers():
    asked = made(lambda x: x.clone(), lambda draw: [Case("a matrix", (draw.normal(3, 3),))])
    assert "every number is 0.5 times" in report(asked, lambda x: x / 2)
    assert "the transpose" in report(asked, lambda x: x.mT)


def test_of_one_number_no_factor_and_no_transpose_is_told():
    asked = made(lambda x: x + 1000, lambda draw: [Case("one number", (draw.normal(1, 1, 1),))])
    for wrong in (lambda x: x + 1000.5, lambda x: x + 2000):
        text = report(asked, wrong)
        assert "transpose" not in text
        assert "times what is expected" not in text


def test_a_known_mistake_that_fits_only_some_cases_is_called_a_guess():
    def forgets_twice(x):
        return x if x.numel() == 2 else x - 7

    mistakes = (Mistake("you forgot to double", lambda x: x),)
    mistakes += tuple(Mistake(f"mistake {i}", lambda x, i=i: x + i) for i in range(2, 8))
    cases = [Case("two", (torch.tensor([1.0, 2.0]),)), Case("three", (torch.tensor([1.0, 2.0, 3.0]),))]
    asked = made(lambda x: 2 * x, lambda draw: cases, mistakes=mistakes)
    assert "It looks as if you forgot to double." in report(asked, lambda x: x + 0)
    assert "Perhaps (it fits 1 of the 2 cases that fail): you forgot to double." in report(
        asked, forgets_twice
    )
    some = made(lambda x: 2 * x, lambda draw: [*cases, Case("one", (torch.ones(1),))], mistakes=mistakes)
    told = report(some, lambda x: x + 0 if x.numel() > 1 else 2 * x)
    assert "Perhaps (it fits all 2 cases that fail): you forgot to double." in told
    asked = made(lambda x: 2 * x, lambda draw: [*cases, Case("none", (torch.zeros(1),))], mistakes=mistakes)
    forgets_once = lambda x: x if x.numel() == 2 else 2 * x  # noqa: E731
    assert "Perhaps (it fits the case that fails): you forgot to double." in report(asked, forgets_once)


def test_a_known_mistake_that_is_wrong_far_more_often_is_not_suspected():
    """An answer that fails one case in four is not told that it does what fails them all."""
    mistakes = (Mistake("you say True to everything", lambda x: True),)
    mistakes += tuple(Mistake(f"mistake {i}", lambda x, i=i: i) for i in range(6))
    cases = [Case(f"number {i}", (i,)) for i in (-3, -2, -1, 0)]
    asked = made(lambda x: x > 0, lambda draw: cases, mistakes=mistakes)
    text = report(asked, lambda x: x >= 0)
    assert "3 of 4 right" in text
    assert "Perhaps" not in text
    assert "It looks as if you say True to everything." in report(asked, lambda x: True)


def test_an_answer_that_always_gives_the_same_is_told_so_unless_a_mistake_does():
    mistakes = (Mistake("you say True to everything", lambda x: True),)
    mistakes += tuple(Mistake(f"mistake {i}", lambda x, i=i: x + i) for i in range(6))
    asked = made(lambda x: x > 0, lambda draw: [Case(f"{i}", (i,)) for i in (-1, 0, 1)], mistakes=mistakes)
    assert "It looks as if you say True to everything." in report(asked, lambda x: True)
    assert "gives the same for every input" in report(asked, lambda x: 7)


def test_of_a_dictionary_that_a_check_makes_only_the_wrong_entry_is_shown():
    def use(answer, x):
        return {"size": x.numel(), "result": answer(x), "gradients": torch.ones(50)}

    asked = made(lambda x: 2 * x, lambda draw: [Case("one", (torch.ones(1),))], use=use)
    text = report(asked, lambda x: x)
    assert "yours     {'result': [1.0]}" in text
    assert "expected  {'result': [2.0]}" in text
    fails = lambda x: 1 / 0  # noqa: E731
    assert "gradients" not in report(asked, fails)


def test_values_are_shown_short_whatever_they_are():
    state = {"weight": torch.zeros(5, 6), "bias": torch.tensor([0.5])}
    assert shown(state) == "{'weight': tensor of shape (5, 6), torch.float32, 'bias': [0.5]}"
    assert shown([torch.tensor(2), (1, "a")]) == "[2, (1, 'a')]"
    assert shown(heads) == "a function"


def holds_itself() -> list:
    found: list = []
    found.append(found)
    return found


class Unprintable:
    def __repr__(self):
        raise OSError("no words")


class UnprintableError(Exception):
    def __str__(self):
        raise OSError("no words")


def nested():
    return torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)


ODD = {
    "sparse": (lambda x: torch.eye(3).to_sparse(), "a sparse one"),
    "sparse rows": (lambda x: torch.eye(3).to_sparse_csr(), "a sparse one"),
    "meta": (lambda x: torch.ones(3, 3, device="meta"), "on the device meta"),
    "quantized": (
        lambda x: torch.quantize_per_tensor(torch.ones(3, 3), 0.1, 0, torch.qint8),
        "a quantized one",
    ),
    "nested": (lambda x: nested(), "a nested one"),
    "a list that holds itself": (lambda x: holds_itself(), "not list"),
    "unprintable": (lambda x: Unprintable(), "whose repr raises OSError"),
    "a class": (lambda x: int, "not type"),
    "a generator": (lambda x: (one for one in x), "not generator"),
    "an enormous number": (lambda x: 10**400, "not int"),
    "the end of Python": (lambda x: sys.exit("bye"), "return the result"),
    "keyword only": (lambda *, x: x, r"called with its arguments in order, as in its contract: \(x\)"),
    "one argument too many": (lambda x, y: x, r"in order, as in its contract: \(x\)"),
    "an error without words": (lambda x: (_ for _ in ()).throw(UnprintableError()), "UnprintableError"),
    "no end of calls": (lambda x: (lambda f: f(f))(lambda f: f(f)), "RecursionError"),
}


@pytest.mark.parametrize("gradient", [False, True], ids=["values", "gradients"])
@pytest.mark.parametrize("name", ODD)
def test_whatever_an_answer_returns_the_report_is_a_sentence(name, gradient):
    answer, says = ODD[name]
    asked = made(
        lambda x: x.clone(), lambda draw: [Case("a table", (draw.normal(3, 3),), gradient=gradient)] * 2
    )
    text = report(asked, answer)
    assert text.startswith("✗ ex99_1")
    assert re.search(says, text), text


@pytest.mark.parametrize("expected", [1.5, [1.5], {"a": [1.5]}, "b", None, True, (torch.ones(2), 1)], ids=str)
@pytest.mark.parametrize("name", [*ODD])
def test_whatever_is_compared_with_whatever_there_is_a_sentence(name, expected):
    answer, _ = ODD[name]
    try:
        given = answer(torch.ones(3))
    except BaseException:
        given = Unprintable()
    for value in (given, [given], {"a": given}, (given, given)):
        assert difference(expected, value, **LOOSE)
        assert shown(value)
    asked = made(lambda x: expected, lambda draw: [Case("a number", (1,))])
    assert report(asked, lambda x: [given, given]).startswith("✗ ex99_1")


def test_an_argument_that_was_made_odd_is_a_changed_argument():
    asked = made(lambda x: 1, lambda draw: [Case("a list", ([1, 2],))])
    assert "changes its argument x in place" in report(asked, lambda x: (x.append(x), 1)[1])


def test_a_gradient_of_zeros_is_one_that_does_not_flow():
    def cases(draw):
        return [Case("two", (draw.normal(2), draw.normal(2)), gradient=True)]

    asked = made(lambda x, y: 2 * x, cases)
    assert report(asked, lambda x, y: 2 * x + 0 * y) is None
    asked = made(lambda x, y: 2 * x + 0 * y, cases)
    assert report(asked, lambda x, y: 2 * x) is None
    assert "gradient with respect to y is not" in report(asked, lambda x, y: 2 * x + (y - y.detach()))


def test_an_empty_tensor_shows_its_shape():
    assert shown(torch.zeros(0, 3, 3)) == "empty tensor of shape (0, 3, 3), torch.float32"
    assert shown((1,)) == "(1,)"
    assert shown(np.arange(3)) == "array [0, 1, 2]"
    assert shown(np.zeros((5, 6))) == "array of shape (5, 6), float64"


def test_an_answer_cannot_disturb_the_next_one():
    """Inputs are made anew, and the global generator is left as it was."""
    asked = question("ex02_1")
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one = outcomes(asked, lambda x, n: (torch.rand(1), x.zero_())[1], 0)
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(outcome.changed for outcome in one[:-1])
    again = outcomes(asked, heads, 0)
    assert all(same(a, b, **LOOSE) for a, b in zip(again, outcomes(asked, asked.reference, 0), strict=True))


def test_a_right_answer_is_told_so_and_recorded(capsys):
    assert check("ex02_1", heads) is True
    assert "✓ ex02_1" in capsys.readouterr().out
    assert json.loads(progress_file().read_text())["ex02_1"] == {"passed": True, "tries": 1}


def test_hidden_tests_use_other_inputs_and_record_nothing():
    visible = question("ex02_1").cases(Draw(0))[1].arguments[0]

    def remembers(x, n):
        return heads(x, n) if x.shape != visible.shape or torch.equal(x, visible) else x

    assert check("ex02_1", remembers)
    with pytest.raises(AnswerError):
        check("ex02_1", remembers, hidden=True)
    assert json.loads(progress_file().read_text())["ex02_1"]["tries"] == 1


def test_the_seed_is_the_teachers(monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_SEED", "seven")
    with pytest.raises(InputError, match="'seven'"):
        check("ex02_1", heads)


@pytest.mark.parametrize("seed", ["", " ", "-3", "20", str(2**64), "9" * 60])
def test_every_whole_number_is_a_seed_and_no_text_is_none(seed, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_SEED", seed)
    assert check("ex02_1", heads)
    assert check("ex02_1", heads, hidden=True)


def test_an_unknown_question_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="ex02_1"):
        check("ex02_99", heads)


def test_a_notebook_shows_the_report_without_a_traceback():
    shell = InteractiveShell.instance()
    try:
        result = shell.run_cell("import albert_lab as lab\nassert lab.check('ex02_1', lambda x, n: x)")
    finally:
        InteractiveShell.clear_instance()
    assert isinstance(result.error_in_exec, AnswerError)
    lines = result.error_in_exec._render_traceback_()
    assert lines[0].startswith("✗ ex02_1")
    assert max(map(len, lines)) <= 88
    assert "".join("".join(lines).split()) == "".join(str(result.error_in_exec).split())
    assert "Traceback" not in "".join(lines)


def test_progress_counts_keeps_and_survives_a_damaged_file():
    with pytest.raises(AnswerError):
        check("ex02_1", lambda x, n: x)
    assert "✗ tried 1×" in str(progress("02"))
    check("ex02_1", heads)
    with pytest.raises(AnswerError):
        check("ex02_1", lambda x, n: x)
    assert "✓ passed" in str(progress(2))
    assert "| ex02_1 |" in progress("ex02")._repr_markdown_()
    progress_file().write_text("{damaged")
    assert "○ open" in str(progress("02"))
    check("ex02_1", heads)
    assert progress_file().with_suffix(".damaged").read_text() == "{damaged"
    with pytest.raises(InputError, match="there is no assignment"):
        progress("77")


def test_progress_that_cannot_be_written_does_not_stop_a_check(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ALBERT_LAB_DATA", str(tmp_path / "file"))
    assert check("ex02_1", heads)


def test_a_solution_is_the_reference_another_way_and_why():
    shown = str(solution("ex02_1"))
    assert "def split_packed" in shown
    assert "def with_chunks" in shown
    assert question("ex02_1").why in shown
    assert "```python" in solution("ex02_1")._repr_markdown_()


@pytest.mark.parametrize("name", question_ids())
def test_a_solution_shows_code_and_no_word_of_how_it_is_asked_for(name):
    shown = solution(name)
    codes = [shown.code] if question(name).asks_for_a_value else [shown.code, shown.another]
    for code in codes:
        assert code.startswith(("def ", "class "))
        assert "@ask" not in code


def begun(kind="implement"):
    """A question for twice a number that has no parts yet."""
    return QuestionBuilder("ex99_1", "Double it", kind, ("LO-99.1",), 1, 5, 1, 1, "2x is x + x.")


def test_a_question_is_written_down_part_by_part():
    ask = begun()

    @ask.reference
    def twice(x):
        return 2 * x

    @ask.cases
    def cases(draw):
        return [Case("one", (1,)), Case("five", (5,))]

    @ask.mistake("you square the number")
    def squared(x):
        return x * x

    ask.mistake("you return the number as it came", lambda x: x)
    for i in range(4):
        ask.mistake(f"you return {i}", lambda x, i=i: i)

    @ask.right
    def added(x):
        return x + x

    ask.right(lambda x: x * 2, lambda x: x << 1)
    asked = ask.question()
    assert (asked.reference, asked.cases) == (twice, cases)
    assert asked.mistakes[0] == Mistake("you square the number", squared)
    says = [
        "you square the number",
        "you return the number as it came",
        *(f"you return {i}" for i in range(4)),
    ]
    assert [mistake.says for mistake in asked.mistakes] == says
    assert asked.right[0] is added
    assert len(asked.right) == 3
    assert (asked.title, asked.why, asked.rtol) == ("Double it", "2x is x + x.", 1e-4)
    assert report(asked, twice) is None
    assert "It looks as if you square the number." in report(asked, squared)


def test_a_question_for_a_value_needs_no_cases():
    ask = begun("predict")
    ask.reference(lambda: 4)
    for i in range(6):
        ask.mistake(f"you say {10 + i}", 10 + i)
    ask.right(4, 4.0, "4")
    assert report(ask.question(), 4.0) is None
    assert "It looks as if you say 12." in report(ask.question(), 12)


def test_a_part_that_is_missing_or_there_twice_is_named():
    ask = begun()
    with pytest.raises(InputError, match="no reference and no cases"):
        ask.question()
    ask.reference(len)
    with pytest.raises(InputError, match=r"two functions under @ask\.reference"):
        ask.reference(max)
    ask.cases(lambda draw: [])
    with pytest.raises(InputError, match="mistakes, right"):
        ask.question()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_an_answer_runs_on_one_thread_and_the_others_come_back(error):
    seen = []

    def answer(x, n):
        seen.append(torch.get_num_threads())
        if error:
            raise error
        return heads(x, n)

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(error) if error else nullcontext():
            check("ex02_1", answer)
        after = torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {1}
    assert after == 3


def test_a_question_must_be_complete():
    with pytest.raises(InputError, match="mistakes"):
        made(len, lambda draw: [], mistakes=())
    with pytest.raises(InputError, match="kind"):
        made(len, lambda draw: [], kind="guess")


def test_the_face_offers_check_without_loading_torch():
    code = (
        "import sys, albert_lab as lab; lab.check, lab.progress, lab.solution; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
