"""The score, against its formula written out for one document at a time."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from albert_lab.retrieval.fusion import Evidence, Weights, fused


def by_hand(words, needs, comments, coverage, cosine, need, use, share, best, n, weight):
    nearest = max(cosine, need)
    score = (words + 0.8 * needs + 0.5 * comments) / best + coverage**2 + 0.7 * use + 2 * share**6
    return score + weight * n / (n + 20) * (nearest + 0.9 * max(nearest, 0) ** 6)


@pytest.fixture
def evidence() -> Evidence:
    rng = np.random.default_rng(0)
    ranges = [(0, 9), (0, 9), (0, 9), (0, 1), (-1, 1), (-1, 1), (0, 1), (0, 1)]
    return Evidence(*(rng.uniform(low, high, 30) for low, high in ranges))


def test_the_score_is_the_sum_of_its_parts(evidence):
    rows = list(zip(*astuple(evidence), strict=True))
    best = max(words + 0.8 * needs + 0.5 * comments for words, needs, comments, *_ in rows)
    expected = [by_hand(*row, best=best, n=30, weight=2.0) for row in rows]
    np.testing.assert_allclose(fused(evidence, 2.0, Weights()), expected, rtol=1e-5)


def test_a_part_without_weight_is_left_out(evidence):
    plain = fused(evidence, 4.0, Weights(0, 0, 0, 0, 0, 0))
    expected = evidence.words / evidence.words.max() + 4 * 30 / 50 * evidence.cosines
    np.testing.assert_allclose(plain, expected, rtol=1e-5, atol=1e-6)


def test_without_a_vector_and_without_words(evidence):
    zero = np.zeros(30)
    nothing = Evidence(zero, zero, zero, zero, None, None, evidence.use, evidence.share)
    expected = 0.7 * evidence.use + 2 * evidence.share**6
    np.testing.assert_allclose(fused(nothing, 2.0, Weights()), expected, rtol=1e-5)
    assert fused(nothing, 2.0, Weights(), must_share=True).tolist() == zero.tolist()


def test_a_cosine_says_little_among_few_documents():
    def gain(n):
        zero, cosines = np.zeros(n), np.eye(n)[0]
        evidence = Evidence(zero, zero, zero, zero, cosines, zero - 1, zero, zero)
        return float(fused(evidence, 2.0, Weights())[0])

    assert gain(2) == pytest.approx(3.8 * 2 / 22)
    assert gain(2) < gain(20) < gain(2000) < 3.8
