"""What a chapter states is checked, told in words, and never raised."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import albert_lab as lab
from albert_lab.errors import InputError


def test_all_that_holds_is_told_in_one_line():
    found = lab.facts({"Half is between": (0.4, torch.tensor(0.5), 0.6), "One is one": 1 == 1})
    assert found.failed == []
    assert str(found) == repr(found) == "All 2 facts of this chapter hold here."


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ((0.5, 0.25), "Heads look back: 0.5 < 0.25"),
        ((1, 2, 2), "Heads look back: 1 < 2 < 2"),
        ((0, float("nan")), "Heads look back: 0 < nan"),
        (np.bool_(False), "✗ Heads look back\n"),
        (torch.tensor(False), "✗ Heads look back\n"),
    ],
)
def test_what_does_not_hold_is_told_with_its_numbers_and_how_to_report_it(value, told):
    found = lab.facts({"Heads look back": value, "One is one": True})
    assert [fact.says for fact in found.failed] == ["Heads look back"]
    assert told in str(found)
    assert str(found).startswith("1 of the 2 facts")
    assert f"torch {torch.__version__}" in str(found)
    assert torch.backends.cpu.get_cpu_capability() in str(found)
    assert "unharmed" in str(found)


@pytest.mark.parametrize(
    "statements", [{}, {"a": [1, 2]}, {"a": (1,)}, {"a": torch.tensor([True, True])}, {"a": np.ones(2) > 0}]
)
def test_what_is_no_statement_is_refused(statements):
    with pytest.raises(InputError):
        lab.facts(statements)


def test_our_tests_get_every_fact_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_FACTS", str(tmp_path / "facts"))
    lab.facts({"a": (1, 2.5), "b": False})
    lab.facts({"c": True})
    lines = [json.loads(line) for line in (tmp_path / "facts").read_text().splitlines()]
    assert lines == [["a", [1.0, 2.5], True], ["b", None, False], ["c", None, True]]
