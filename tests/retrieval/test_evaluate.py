"""Measures, against scikit-learn, scipy, and numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import ndcg_score

from albert_lab.errors import InputError
from albert_lab.retrieval.evaluate import gains, measure, recalls, reciprocal_ranks
from albert_lab.retrieval.questions import Question
from albert_lab.vectors.evaluate import alignment, anisotropy, bootstrap, spearman, uniformity

RANKINGS = [["a", "b", "c", "d"], ["b", "a", "d", "c"], ["d", "c", "b", "a"], []]
ACCEPTED = [{"a"}, {"a", "c"}, {"x"}, {"a"}]


def test_reciprocal_ranks_and_recalls_by_hand():
    assert reciprocal_ranks(RANKINGS, ACCEPTED).tolist() == [1, 1 / 2, 0, 0]
    assert reciprocal_ranks(RANKINGS, ACCEPTED, k=1).tolist() == [1, 0, 0, 0]
    assert recalls(RANKINGS, ACCEPTED).tolist() == [1, 1, 0, 0]
    assert recalls(RANKINGS, ACCEPTED, k=1).tolist() == [1, 0, 0, 0]


def test_gains_are_scikit_learns():
    rng = np.random.default_rng(0)
    names = [f"n{i}" for i in range(30)]
    rankings, accepted, expected = [], [], []
    for _ in range(20):
        scores = rng.permutation(30).astype(float)
        right = rng.random(30) < 0.15
        right[rng.integers(30)] = True
        rankings.append([names[i] for i in np.argsort(-scores)])
        accepted.append({name for name, is_right in zip(names, right, strict=True) if is_right})
        expected.append(ndcg_score([right.astype(float)], [scores], k=10))
    np.testing.assert_allclose(gains(rankings, accepted, k=10), expected, atol=1e-12)


def test_an_object_that_is_named_twice_counts_once():
    assert gains([["a", "a", "b"]], [{"a", "b"}])[0] == pytest.approx(1)
    assert recalls([["x", "x", "a"]], [{"a"}], k=2)[0] == 1


def test_measure_brings_them_together():
    questions = [Question(str(i), "k", "p", frozenset(right)) for i, right in enumerate(ACCEPTED)]
    found = measure(lambda text: RANKINGS[int(text)], questions)
    assert found.questions == 4
    assert found.mrr.mean == pytest.approx(3 / 8)
    assert found.recall.mean == pytest.approx(1 / 2)
    assert found.ndcg.mean == pytest.approx(gains(RANKINGS, ACCEPTED).mean())
    assert 0 <= found.recall.low < 0.5 < found.recall.high <= 1


def test_bootstrap_agrees_with_scipys():
    values = np.random.default_rng(1).beta(1, 2, size=60)
    ours = bootstrap(values)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=10_000, rng=np.random.default_rng(5)
    ).confidence_interval
    assert ours.mean == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.004)
    assert bootstrap(values) == ours
    assert bootstrap(values, seed=1) != ours
    narrow = bootstrap(values, level=0.5)
    assert ours.low < narrow.low < narrow.high < ours.high
    assert str(ours).startswith(f"{values.mean():.3f} [")


def test_alignment_and_uniformity_by_hand():
    right, up = [1.0, 0.0], [0.0, 1.0]
    assert alignment([right, up], [right, right]) == pytest.approx((0 + 2) / 2)
    assert alignment([right, up], [right, right], power=1) == pytest.approx(math.sqrt(2) / 2)
    assert alignment([[5.0, 0.0]], [[0.1, 0.0]]) == pytest.approx(0)
    vectors = [right, up, [-1.0, 0.0]]
    squares = [2, 4, 2]
    assert uniformity(vectors) == pytest.approx(math.log(sum(math.exp(-2 * s) for s in squares) / 3))
    assert uniformity([right, right, right]) == pytest.approx(0)


def test_uniformity_is_that_of_wang_and_isola_in_torch():
    """Their published formula: torch.pdist(x).pow(2).mul(-2).exp().mean().log()."""
    import torch

    vectors = np.random.default_rng(0).normal(size=(50, 8))
    x = torch.nn.functional.normalize(torch.from_numpy(vectors))
    assert uniformity(vectors) == pytest.approx(float(torch.pdist(x).pow(2).mul(-2).exp().mean().log()))


def test_anisotropy_sees_a_cone():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(500, 64))
    assert abs(anisotropy(vectors)) < 0.02
    assert anisotropy(vectors + 10) > 0.95
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = (unit @ unit.T)[np.triu_indices(500, 1)]
    assert anisotropy(vectors, 200_000) == pytest.approx(cosines.mean(), abs=2e-3)
    assert anisotropy([[1.0, 0.0], [0.0, 1.0]]) == 0, "a vector is never its own partner"


def test_spearman_is_scipys_with_ties():
    rng = np.random.default_rng(0)
    scores, grades = rng.integers(8, size=50), rng.integers(5, size=50)
    assert spearman(scores, grades) == pytest.approx(stats.spearmanr(scores, grades).statistic)
    assert spearman([1, 2, 3], [10, 100, 1000]) == pytest.approx(1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: recalls(RANKINGS, ACCEPTED, k=0),
        lambda: recalls(RANKINGS[:2], ACCEPTED),
        lambda: recalls([], []),
        lambda: recalls([["a"]], [set()]),
        lambda: bootstrap([]),
        lambda: bootstrap([1.0, math.nan]),
        lambda: bootstrap([1.0], level=1),
        lambda: alignment(np.ones((2, 3)), np.ones((3, 3))),
        lambda: uniformity(np.ones((1, 3))),
        lambda: anisotropy(np.ones((1, 3))),
        lambda: anisotropy(np.ones(3)),
        lambda: spearman([1, 2], [1, 2, 3]),
        lambda: spearman([1, 1], [1, 2]),
    ],
)
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(InputError):
        wrong()
