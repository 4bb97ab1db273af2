from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from albert_lab.analysis import (
    AttentionRecord,
    attention_distance,
    depth_similarity,
    entropy,
    offset_histogram,
    rollout,
    special_share,
)
from albert_lab.errors import InputError


def made_record(attention):
    return AttentionRecord(("[CLS]", "▁a", "▁b", "[SEP]", "[MASK]"), attention, None, None)


def test_entropy_is_that_of_scipy(attention):
    expected = scipy.stats.entropy(attention, axis=-1).mean(-1)
    np.testing.assert_allclose(entropy(attention), expected, rtol=1e-12)
    np.testing.assert_array_equal(entropy(made_record(attention)), entropy(attention))


def test_entropy_of_the_extremes():
    one, all_alike = np.eye(5)[None, None], np.full((1, 1, 5, 5), 0.2)
    assert entropy(one).item() == 0
    assert entropy(all_alike).item() == pytest.approx(math.log(5))


def test_distance_against_loops(attention):
    seen = attention_distance(attention)
    for layer, head in np.ndindex(4, 3):
        by_query = [sum(attention[layer, head, q, k] * abs(q - k) for k in range(5)) for q in range(5)]
        assert seen[layer, head] == pytest.approx(np.mean(by_query))


def test_distance_of_a_head_that_looks_two_back():
    two_back = np.eye(6)[np.maximum(np.arange(6) - 2, 0)]  # the first two look at token 0
    assert attention_distance(two_back[None, None]).item() == pytest.approx((0 + 1 + 2 * 4) / 6)


def test_share_on_special_tokens(attention):
    seen = special_share(made_record(attention))
    np.testing.assert_allclose(seen, (attention[..., 0] + attention[..., 3]).mean(-1))
    more = special_share(made_record(attention), special=["[MASK]"])
    np.testing.assert_allclose(more, attention[..., 4].mean(-1))


def test_offsets_against_loops(attention):
    offsets, shares = offset_histogram(attention)
    expected = np.zeros((4, 3, 9))
    for query, key in np.ndindex(5, 5):
        expected[..., key - query + 4] += attention[..., query, key] / 5
    assert offsets.tolist() == list(range(-4, 5))
    np.testing.assert_allclose(shares, expected)
    np.testing.assert_allclose(shares.sum(-1), 1)


def test_similarity_across_depths_against_loops(attention):
    seen = depth_similarity(attention)
    assert seen.shape == (3, 4, 4)
    for head, i, j in np.ndindex(3, 4, 4):
        away = [abs(attention[i, head, q] - attention[j, head, q]).sum() / 2 for q in range(5)]
        assert seen[head, i, j] == pytest.approx(1 - np.mean(away))


def test_rollout_against_loops(attention):
    T = range(5)
    before = [[float(i == j) for j in T] for i in T]
    for layer, seen in enumerate(rollout(attention)):
        mixed = [[sum(attention[layer, h, i, j] for h in range(3)) / 6 + (i == j) / 2 for j in T] for i in T]
        before = [[sum(mixed[i][k] * before[k][j] for k in T) for j in T] for i in T]
        np.testing.assert_allclose(seen, before, rtol=1e-12)


def test_rollout_without_residual_is_the_product_of_the_maps_and_with_it_alone_nothing_moves(attention):
    means = attention.mean(1)
    np.testing.assert_allclose(rollout(attention, residual=0)[-1], means[3] @ means[2] @ means[1] @ means[0])
    np.testing.assert_array_equal(rollout(attention, residual=1)[-1], np.eye(5))
    np.testing.assert_allclose(rollout(made_record(attention)).sum(-1), 1)


@pytest.mark.parametrize("number", [entropy, attention_distance, offset_histogram, depth_similarity, rollout])
@pytest.mark.parametrize(
    "wrong",
    [
        np.eye(3),
        np.ones((1, 1, 2, 3)),
        np.ones((1, 1, 3, 3)),
        -np.ones((1, 1, 1, 1)),
        np.full((1, 1, 1, 1), np.nan),
    ],
)
def test_what_is_no_attention(number, wrong):
    with pytest.raises(InputError):
        number(wrong)


def test_a_residual_outside_its_range(attention):
    with pytest.raises(InputError):
        rollout(attention, residual=1.5)
