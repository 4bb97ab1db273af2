"""A table of numbers as text: every number stands below its column's name and beside its row's."""

from __future__ import annotations

import pytest
import torch

from albert_lab.errors import InputError
from albert_lab.viz import number_table


def test_numbers_stand_in_columns_below_their_names():
    table = number_table(torch.tensor([[0.25, -1.0], [10.5, 0.0]]), ["red", "a hat"], ["x", "thing"])
    assert str(table).splitlines() == [
        "           x  thing",
        "red     0.25  -1.00",
        "a hat  10.50   0.00",
    ]
    assert repr(table) == str(table)


def test_corner_and_decimals():
    table = number_table([[1.26, 2.0]], ["a"], ["b", "c"], decimals=1, corner="who looks")
    assert str(table).splitlines() == ["who looks    b    c", "a          1.3  2.0"]


def test_names_stay_whole_and_on_one_line():
    name = "one head, places handed over by the values, residual"
    assert str(number_table([[1.0]], [name], ["a\nb"])).splitlines() == [
        " " * len(name) + "   a b",
        f"{name}  1.00",
    ]


def test_no_minus_before_a_zero():
    assert str(number_table([[-0.001]], ["a"], ["b"])).split() == ["b", "a", "0.00"]
    assert str(number_table([[-0.4]], ["a"], ["b"], decimals=0)).split() == ["b", "a", "0"]


@pytest.mark.parametrize(
    ("values", "rows", "columns"),
    [
        ([[1.0, 2.0]], ["a"], ["b"]),
        ([[1.0, 2.0]], ["a", "c"], ["b", "d"]),
        ([1.0, 2.0], ["a"], ["b", "d"]),
        ([[float("nan")]], ["a"], ["b"]),
        (torch.zeros(41, 1), list(map(str, range(41))), ["b"]),
    ],
)
def test_tables_that_do_not_fit_are_refused(values, rows, columns):
    with pytest.raises(InputError):
        number_table(values, rows, columns)
