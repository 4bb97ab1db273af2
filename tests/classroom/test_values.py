"""Answers that are values: forms that are the same, and what is told of the others."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albert_lab.classroom.values import in_form, remark


@pytest.mark.parametrize(
    "given",
    [
        "17",
        " 17 ",
        "17.0",
        "1.7e1",
        "34/2",
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
    ["17 %", "about 17", "17/0", "nan", "", [17, 17], {}, None, True, object()],
    ids=type,
)
def test_what_is_no_number_stays_and_is_told(given):
    assert in_form(given, 17) is given or in_form(given, 17) == given
    assert "one number is expected" in remark(in_form(given, 17), 17)


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


def test_several_values_need_their_number_of_places():
    assert remark((1, 2, 4), (1, 2, 3)) == ""
    assert remark(torch.tensor([1, 2, 4]), (1, 2, 3)) == ""
    for given in (1, "123", [1, 2]):
        assert "3 values in a list" in remark(given, (1, 2, 3))


def test_a_rounded_number_is_called_nearly_right_but_a_whole_one_is_not():
    assert "rounded" in remark(1.73, 1.7329)
    assert "rounded" in remark({"a": 1.73}, {"a": 1.7329})
    assert "under 'b': nearly" in remark({"a": 27 / 28, "b": 1.73}, {"a": 27 / 28, "b": 1.7329})
    assert remark(1.73, 1.7329, rtol=1e-2) == "", "within the tolerance it is right"
    for given in (1.6, -1.7329, 2, 1.7329):
        assert remark(given, 1.7329) == ""
    assert remark(11_700_001, 11_683_584) == "", "counts are exact"
