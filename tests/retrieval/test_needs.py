"""How much two texts have in common, against sums written out."""

from __future__ import annotations

import pytest

from albert_lab.retrieval.lexical import terms
from albert_lab.retrieval.needs import Overlap, alike, written_needs

RARITY = {"copy": 2.0, "file": 3.0, "fold": 5.0, "fast": 1.0}.get
TEXTS = ["copy a file", "copy the folder fast", "of the", "sort"]


def rarity(term: str) -> float:
    return RARITY(term) or 0.5


def test_rare_words_that_both_have_over_those_that_either_has():
    stems = [terms(text) for text in TEXTS]
    assert [rarity(term) for term in stems[0]] == [2.0, 3.0] or stems[0] != ["copy", "file"]
    first, second = ({term: rarity(term) for term in each} for each in stems[:2])
    both = sum(first[term] for term in first.keys() & second.keys())
    assert both > 0
    assert alike(*stems[:2], rarity) == pytest.approx(
        both / (sum(first.values()) + sum(second.values()) - both)
    )
    assert alike(stems[0], stems[0] * 2, rarity) == 1
    assert alike(stems[0], stems[3], rarity) == alike([], [], rarity) == 0


def test_all_texts_at_once():
    overlap = Overlap(TEXTS, rarity)
    for question in ("copy files", "a folder, a file", "sort", "unheard", "of"):
        expected = [alike(terms(question), terms(text), rarity) for text in TEXTS]
        assert overlap(question).tolist() == pytest.approx(expected)


def test_needs_by_their_objects():
    assert "wipe out a directory recursively" in written_needs()["shutil.rmtree"]
    assert all(need == need.strip() != "" for needs in written_needs().values() for need in needs)
