"""Answers that are values: forms that are the same, and what is told of the others."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from albert_lab.classroom.values import NUMBER, in_form, part, remark


@pytest.mark.parametrize(
    "given",
    [
        "17",
        " 17 ",
        "17.0",
        "1.7e1",
        "34/2",
        " 34 / 2 ",
        "34⁄2",
        "51.0 / 3.0",
        Fraction(17),
        Decimal(17),
        Decimal("17.0"),
        [Decimal(17)],
        ["17"],
        {17},
        [[17]],
        [17],
        (17.0,),
        torch.tensor(17),
        torch.tensor([17.0]),
        np.array([[17]]),
    ],
    ids=repr,
)
def test_one_number_in_other_forms(given):
    assert in_form(given, 17) == 17
    assert remark(in_form(given, 17), 17) == ""


def test_thousands_may_be_marked():
    for text in ("1,234,567", "1_234_567", "1 234 567", "1234567"):
        assert in_form(text, 1234567) == 1234567
    assert in_form("1,2345", 12345) == "1,2345", "no mark of thousands stands there"


def test_a_comma_before_decimals_is_one_where_no_thousands_are_near():
    assert in_form("1,733", 1.7329) == 1.733
    assert in_form("0,5", 0.5) == 0.5
    assert in_form("1,733", 1733) == 1733


@pytest.mark.parametrize(
    "given",
    [
        *("17 %", "about 17", "17/0", "34/2/1", "nan", "1e400", "1e999999999/1e999999999", ""),
        *([17, 17], {}, None, True, object(), [], Decimal("nan"), 17j, torch.ones((), device="meta")),
    ],
    ids=type,
)
def test_what_is_no_number_stays_and_is_told(given):
    assert in_form(given, 17) is given or in_form(given, 17) == given
    assert "one number is expected" in remark(in_form(given, 17), 17)


def test_a_minus_is_a_minus_in_either_way_of_writing():
    assert in_form("−0.25", 1) == in_form("-0.25", 1) == -0.25


def test_what_holds_itself_or_is_enormous_is_told_too():
    given: list = []
    given.append(given)
    assert remark(in_form(given, 17), 17) == NUMBER
    assert remark(in_form(10**400, 17.5), 17.5) == ""
    assert remark(in_form([10**400, given], (1, 2)), (1, 2))


def test_text_loses_case_and_outer_spaces_and_is_no_number_where_text_is_asked_for():
    assert in_form(" B\n", "b") == "b"
    assert in_form("17", "b") == "17"
    assert remark("17", "b") == ""
    assert "in quotes" in remark(17, "b")


def test_values_of_a_dictionary_are_put_into_form_each():
    right = {"scores": 4, "name": "b"}
    assert in_form({"scores": "4", "name": " B "}, right) == right
    assert remark(right, right) == ""
    assert "under 'scores': one number" in remark({"scores": "four", "name": "b"}, right)
    for given in ({"scores": 4}, [4, "b"], 4):
        assert "the keys 'scores', 'name'" in remark(in_form(given, right), right)


@pytest.mark.parametrize(
    "given",
    [
        [1, 2, 3],
        (1, 2, 3),
        ["1", " 2 ", "6 / 2"],
        "1, 2, 3",
        "(1, 2, 3)",
        "[1; 2; 3]",
        torch.tensor([1, 2, 3]),
        np.array([1.0, 2.0, 3.0]),
        [torch.tensor(1), np.float32(2), Decimal(3)],
    ],
    ids=repr,
)
def test_several_numbers_in_other_forms(given):
    read = in_form(given, (1, 2, 3))
    assert list(read) == [1, 2, 3]
    assert remark(read, (1, 2, 3)) == ""
    assert [part(lambda: read, place) for place in range(4)] == [1, 2, 3, None]


def test_several_values_need_their_number_of_places():
    for given in (1, "123", [1, 2], "1, 2"):
        assert "3 values in a list" in remark(in_form(given, (1, 2, 3)), (1, 2, 3))
    assert "3 numbers in a list" in remark(in_form([1, 2, "three"], (1, 2, 3)), (1, 2, 3))
    assert "keeps no order" in remark(in_form({1, 2, 3}, (1, 2, 3)), (1, 2, 3))
    assert remark(in_form([1, 2, 4], (1, 2, 3)), (1, 2, 3)) == ""


def test_names_that_nobody_asked_for_do_not_matter():
    right = {"scores": 4, "name": "b"}
    read = in_form({"scores": "4", "name": "B", "why": "because"}, right)
    assert read == right
    assert part(lambda: read, "scores") == 4
    assert part(lambda: read, "why") is None
    assert part(lambda: 7, "scores") is None


def test_a_rounded_number_is_called_nearly_right_but_a_whole_one_is_not():
    assert "rounded" in remark(1.73, 1.7329)
    assert "rounded" in remark({"a": 1.73}, {"a": 1.7329})
    assert "under 'b': nearly" in remark({"a": 27 / 28, "b": 1.73}, {"a": 27 / 28, "b": 1.7329})
    assert remark(1.73, 1.7329, rtol=1e-2) == "", "within the tolerance it is right"
    assert remark(1.73, 1.7329, near="which fraction?") == "which fraction?"
    assert "a whole number" in remark(1119.6, 1120)
    for given in (1.6, -1.7329, 2, 1.7329):
        assert remark(given, 1.7329) == ""
    assert remark(11_700_001, 11_683_584) == "", "counts are exact"
