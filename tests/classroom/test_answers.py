"""What checks say of answers that people held out from them wrote, and that they once took wrongly.

Wrong answers that could be planted in their questions are planted there; these are the others: right ones of
another form, and words that sent a reader the wrong way.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import nn

from albert_lab.classroom import AnswerError, check, question

FACTORS = {"parameters": 1, "maps": 4, "work": 1, "rank": 0.25, "divisor": 0.5}


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_DATA", str(tmp_path))
    monkeypatch.delenv("ALBERT_LAB_SEED", raising=False)


def report(name: str, answer: Any) -> str:
    with pytest.raises(AnswerError) as failure:
        check(name, answer)
    return str(failure.value)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("ex01_2", "27 / 28"),
        ("ex01_2", Decimal("0.9643")),
        ("ex01_2", Fraction(27, 28)),
        (
            "ex02_6",
            {"parameters": "1", "maps": "64 / 16", "work": [1], "rank": "1/4", "divisor": Decimal("0.5")},
        ),
        ("ex02_6", FACTORS | {"sure": True}),
        ("ex04_5", "1 120"),
        ("ex06_6", Decimal(680)),
        ("ex07_6", {7}),
        ("ex10_5", ["3", "4"]),
        ("ex11_4", "0, 0, 3, 1, 1"),
        ("ex12_1", ["200", "2000", "0", "800"]),
        ("ex12_6", " 5.0 "),
        ("ex13_4", {"gone": "12", "depth": "144", "bert": "66", "groups": "3", "albert": "1", "draws": "5"}),
    ],
    ids=str,
)
def test_one_reader_of_numbers_serves_all_questions(name, answer):
    assert check(name, answer)


@pytest.mark.parametrize("name", ["ex04_5", "ex06_6", "ex07_6", "ex10_6", "ex12_6"])
def test_words_are_no_numbers_in_any_question_and_are_shown_as_they_were_typed(name):
    text = report(name, "About Five")
    assert "yours     'About Five'" in text
    assert "one number is expected" in text


@pytest.mark.parametrize(
    ("name", "answer", "says", "never"),
    [
        ("ex01_2", 0.965, "the third decimal was rounded", "nearly"),
        ("ex01_5", 0.2517, "which simple fraction", "rounded|keep all digits"),
        ("ex05_2", 11.9, "a whole number is expected", "rounded"),
        ("ex09_5", 1.75, "in bits", "nearly"),
        ("ex10_5", {3, 4}, "a set keeps no order", "looks as if"),
        ("ex11_4", ("neither",) * 5, "5 numbers in a list", "looks as if"),
        ("ex12_1", 3000, "4 values in a list", "looks as if"),
        ("ex13_1", [1, 0, 3], "a dictionary with the keys 'layer', 'head', 'feature'", "looks as if"),
    ],
    ids=str,
)
def test_what_is_said_of_a_value_leads_the_right_way(name, answer, says, never):
    text = report(name, answer)
    assert says in text
    assert not re.search(never, text), text


def right(name):
    return question(name).reference


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("ex03_6", lambda f: (f.prod(1, keepdim=True) / f.cumprod(1)).nan_to_num(), "or its nan replaced"),
        (
            "ex07_4",
            lambda t, s: max(1, right("ex07_4")(t, s) - 1),
            "one too small where more than one",
        ),
        ("ex10_3", lambda h, m: (h - 1e5 * (1 - m[..., None])).amax(1), "100,000 is subtracted"),
        ("ex11_5", lambda training, exam: [], "gives the same for every input"),
        ("ex13_5", lambda loss, cuts: 0, "as it is if 0 is returned"),
        ("ex04_7", lambda n, x: torch.ones(x.shape[1], x.shape[1]).bool(), "said to see everything"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_called_by_its_own_name(name, answer, says):
    assert says in report(name, answer)


def test_a_constant_is_not_taken_for_a_mistake_that_only_gives_it_by_chance():
    text = report("ex03_2", lambda layer, x, order: 1.0)
    assert "gives the same for every input" in text
    assert "looks as if" not in text


def test_what_is_nothing_but_rounding_is_shown_as_0():
    text = report(
        "ex03_2", lambda layer, x, order: right("ex03_2")(layer, x, order) + 1e-3 * (len(order) == 5)
    )
    assert "    expected  0\n" in text
    assert "expected is 0" in text


def test_sizes_of_what_is_empty_are_shown():
    def needs_a_layer(parts):
        return right("ex04_3")(parts) if len(parts) else parts.sum(dim=0)

    assert "empty tensor of shape (0, 3, 3)" in report("ex04_3", needs_a_layer)


def test_one_of_two_lists_is_told_from_a_pair():
    text = report("ex05_6", lambda first, second, longest: [2, *first, 3, *second, 3][:longest])
    assert "a pair of lists is expected" in text


class Misspelt(nn.Module):
    def __init__(self, width, calls, groups):
        super().__init__()
        self.sets = nn.ModuleList([nn.Linear(width, width) for _ in range(groups)])

    def foward(self, x):
        return x


class Indented(nn.Module):
    def __init__(self, width, calls, groups):
        super().__init__()

        def forward(self, x):
            return x


class Stub(nn.Module):
    """What BrokenStack was meant to be."""


@pytest.mark.parametrize("name", ["ex06_4", "ex07_5"])
def test_a_class_without_forward_is_asked_for_it(name):
    for answer in (Misspelt, Indented):
        text = report(name, answer)
        assert "There is no `forward`: is it spelt so, and indented like `__init__`?" in text
        assert "return" not in text
    assert report(name, Stub).endswith("not answered yet.")


def test_an_object_in_place_of_its_class_is_told_so():
    made = question("ex06_4").reference(2, 3, 1)
    assert "the class itself is expected, and this is one of its objects: Stack, without brackets" in report(
        "ex06_4", made
    )
    assert "the class itself is expected" in report("ex07_5", Stub())


@pytest.mark.parametrize("name", ["ex06_4", "ex07_5", "ex08_2", "ex08_4", "ex08_7"])
def test_a_report_is_not_buried_under_numbers(name):
    """What a reader is to see is not behind lines of random weights."""
    for mistake in question(name).mistakes[:3]:
        lines = report(name, mistake.answer).splitlines()
        assert max(map(len, lines)) < 260
        assert sum(len(line) for line in lines) < 1600


def test_the_values_are_in_the_learners_hands_one_by_one():
    """Found in review: one tensor was given as two arguments."""

    def changes_a_bias(a, W1, b1, W2, b2, hidden_act):
        found = right("ex04_2")(a, W1, b1, W2, b2, hidden_act)
        b1 += 1
        return found

    assert "changes its argument b1 in place" in report("ex04_2", changes_a_bias)
