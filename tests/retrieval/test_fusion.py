"""The score, against its formula written out for one document at a time."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
import pytest

from albert_lab.retrieval.fusion import Evidence, Weights, fused


def by_hand(e: dict[str, float], best: float, surest: float, n: int, weight: float) -> float:
    """The formula for one document, from its evidence `e`."""
    nearest = max(e["cosines"], e["need_cosines"])
    score = (e["words"] + 0.4 * e["needs"] + 0.8 * e["comments"]) / best + 1.5 * e["coverage"] ** 2
    trust = weight * n / (n + 20)
    score += trust * (nearest + 0.9 * max(nearest, 0) ** 6)
    score += 3 * e["share"] ** 6 + 2 * e["summary"] ** 3
    common = e["use"] + e["overlap"] + 0.2 * trust * max(e["need_cosines"], 0)
    return score + (1 - surest**2) * common - 0.7 * e["borrowed"]


RANGES = {"words": (0, 9), "needs": (0, 9), "comments": (0, 9), "cosines": (-1, 1), "need_cosines": (-1, 1)}
NOTHING = Weights(**dict.fromkeys(asdict(Weights()), 0.0))


def some(n: int = 30, **given: np.ndarray | None) -> Evidence:
    rng = np.random.default_rng(0)
    drawn = {field.name: rng.uniform(*RANGES.get(field.name, (0, 0.9)), n) for field in fields(Evidence)}
    return Evidence(**drawn | given)


def none(n: int, **given: np.ndarray) -> Evidence:
    """Nothing speaks for any document but what is given."""
    zero = {field.name: np.zeros(n) for field in fields(Evidence)}
    return Evidence(**zero | {"cosines": None, "need_cosines": None} | given)


def test_the_score_is_the_sum_of_its_parts():
    evidence = some()
    rows = [
        dict(zip(asdict(evidence), row, strict=True)) for row in zip(*asdict(evidence).values(), strict=True)
    ]
    best = max(row["words"] + 0.4 * row["needs"] + 0.8 * row["comments"] for row in rows)
    surest = max(row["coverage"] for row in rows)
    expected = [by_hand(row, best, surest, n=30, weight=2.0) for row in rows]
    np.testing.assert_allclose(fused(evidence, 2.0, Weights()), expected, rtol=1e-5)


def test_a_part_without_weight_is_left_out():
    evidence = some()
    expected = evidence.words / evidence.words.max() + 4 * 30 / 50 * evidence.cosines
    np.testing.assert_allclose(fused(evidence, 4.0, NOTHING), expected, rtol=1e-5, atol=1e-6)


def test_without_a_vector_and_without_words():
    evidence = none(30, use=np.linspace(0, 1, 30))
    np.testing.assert_allclose(fused(evidence, 2.0, Weights()), evidence.use, rtol=1e-5)
    assert fused(evidence, 2.0, Weights(), must_share=True).tolist() == [0] * 30


def test_use_counts_the_less_the_surer_the_words_are():
    use = np.array([1.0, 0.0, 0.0])

    def gain(surest):
        unlike = none(3, use=use, coverage=np.array([0, surest, 0]))
        return float(fused(unlike, 2.0, Weights())[0])

    assert [gain(surest) for surest in (0, 0.5, 1)] == pytest.approx([1, 0.75, 0])


def test_a_cosine_says_little_among_few_documents():
    def gain(n):
        evidence = none(n, cosines=np.eye(n)[0], need_cosines=np.full(n, -1.0))
        return float(fused(evidence, 2.0, Weights())[0])

    assert gain(2) == pytest.approx(3.8 * 2 / 22)
    assert gain(2) < gain(20) < gain(2000) < 3.8
