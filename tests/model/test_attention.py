"""softmax(QKᵀ/√d)V: by hand, against torch, and with masks."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from albert_lab.errors import InputError
from albert_lab.model import AlbertAttention, AlbertConfig, scaled_dot_product_attention
from albert_lab.model.attention import attention_weights, merge_heads, split_heads


def worked_example():
    """One query and three keys whose weights come out as sevenths.

    q = (2, 0, 0, 0), so √d = 2 and q·k/√d is the first number of k: scores 0, ln 2, ln 4.
    exp of them is 1, 2, 4, their sum 7, the weights 1/7, 2/7, 4/7.
    The values are 7, 14, 21, so the output is 1 + 4 + 12 = 17.
    """
    query = torch.tensor([[2.0, 0.0, 0.0, 0.0]])
    key = torch.tensor([[0.0, 0, 0, 0], [math.log(2), 0, 0, 0], [math.log(4), 0, 0, 0]])
    value = torch.tensor([[7.0], [14.0], [21.0]])
    return query, key, value


def test_by_hand():
    output, weights = scaled_dot_product_attention(*worked_example())
    torch.testing.assert_close(weights, torch.tensor([[1.0, 2.0, 4.0]]) / 7)
    torch.testing.assert_close(output, torch.tensor([[17.0]]))


def test_by_hand_with_the_third_key_masked():
    """What remains is 1 and 2 of 3: the output is 7/3 + 28/3 = 35/3, not 5 and not 14."""
    mask = torch.tensor([True, True, False])
    output, weights = scaled_dot_product_attention(*worked_example(), mask)
    torch.testing.assert_close(weights, torch.tensor([[1.0, 2.0, 0.0]]) / 3)
    torch.testing.assert_close(output, torch.tensor([[35 / 3]]))


@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
@pytest.mark.parametrize("masked", [False, True])
def test_against_torch(leading, masked):
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(*leading, 5, 6, generator=generator, dtype=torch.float64)
    key = torch.randn(*leading, 7, 6, generator=generator, dtype=torch.float64)
    value = torch.randn(*leading, 7, 4, generator=generator, dtype=torch.float64)
    mask = torch.rand(*leading, 5, 7, generator=generator) < 0.6 if masked else None
    if masked:
        mask[..., 2, :] = False  # a query that may attend to nothing
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    torch.testing.assert_close(output, F.scaled_dot_product_attention(query, key, value, mask))
    rows = weights.sum(-1)
    expected = torch.ones_like(rows) if mask is None else mask.any(-1).double()
    torch.testing.assert_close(rows, expected)


def test_large_scores_do_not_overflow():
    query = torch.tensor([[1e4, 0.0]])
    output, weights = scaled_dot_product_attention(query, torch.eye(2) * 1e4, torch.eye(2))
    torch.testing.assert_close(weights, torch.tensor([[1.0, 0.0]]))
    assert output.isfinite().all()


def test_a_query_that_may_attend_to_nothing_gets_zeros_and_finite_gradients():
    query, key, value = (tensor.requires_grad_() for tensor in worked_example())
    output, weights = scaled_dot_product_attention(query, key, value, torch.zeros(1, 3, dtype=torch.bool))
    output.sum().backward()
    assert torch.equal(weights, torch.zeros(1, 3))
    assert torch.equal(output, torch.zeros(1, 1))
    assert all(torch.equal(t.grad, torch.zeros_like(t)) for t in (query, key, value))


def test_dropout_leaves_the_returned_weights_whole():
    torch.manual_seed(0)
    query, key = torch.randn(4, 50, 8), torch.randn(4, 50, 8)
    output, weights = scaled_dot_product_attention(query, key, torch.ones(4, 50, 1), dropout=0.5)
    torch.testing.assert_close(weights, attention_weights(query @ key.transpose(1, 2) / math.sqrt(8)))
    assert output.std() > 0.05  # rows of ones average to 1 only while no weight is dropped


def test_heads_are_slices_of_the_features():
    x = torch.arange(8).view(1, 2, 4)  # two tokens, (0 1 2 3) and (4 5 6 7)
    heads = split_heads(x, 2)
    assert heads[0, 0].tolist() == [[0, 1], [4, 5]]
    assert heads[0, 1].tolist() == [[2, 3], [6, 7]]
    assert torch.equal(merge_heads(heads), x)


@pytest.mark.parametrize("output_weights", [False, True])
def test_the_module_against_torchs_multi_head_attention(output_weights):
    torch.manual_seed(0)
    ours = AlbertAttention(AlbertConfig(hidden_size=24, num_attention_heads=3)).double().eval()
    theirs = nn.MultiheadAttention(24, 3, batch_first=True).double()
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.dense.state_dict())
    x = torch.randn(2, 5, 24, dtype=torch.float64)
    mask = torch.ones(2, 5, dtype=torch.bool)
    mask[1, 3:] = False
    mixed, expected = theirs(x, x, x, key_padding_mask=~mask, average_attn_weights=False)
    output, weights = ours(x, mask[:, None, None, :], output_weights=output_weights)
    torch.testing.assert_close(output, F.layer_norm(x + mixed, (24,), eps=1e-12))
    if output_weights:
        torch.testing.assert_close(weights, expected)
    else:
        assert weights is None


def test_weights_are_dropped_in_training_only():
    torch.manual_seed(0)
    config = AlbertConfig(hidden_size=24, num_attention_heads=3, attention_probs_dropout_prob=0.5)
    module, x = AlbertAttention(config), torch.randn(1, 6, 24)
    for output_weights in (False, True):
        assert not torch.equal(*(module.train()(x, output_weights=output_weights)[0] for _ in range(2)))
        assert torch.equal(*(module.eval()(x, output_weights=output_weights)[0] for _ in range(2)))


@pytest.mark.parametrize(
    ("shapes", "mask", "message"),
    [
        (((2, 4), (3, 5), (3, 1)), None, "queries are 4 wide and keys 5"),
        (((2, 4), (3, 4), (2, 1)), None, "3 keys and 2 values"),
        (((2, 4), (3, 4), (3, 1)), torch.ones(2, 3), "torch.float32"),
        (((2, 4), (3, 4), (3, 1)), torch.ones(3, 2, dtype=torch.bool), r"shape \(3, 2\)"),
        (((2, 4), (3, 4), (3, 1)), torch.ones(1, 2, 3, dtype=torch.bool), r"shape \(1, 2, 3\)"),
    ],
)
def test_wrong_shapes(shapes, mask, message):
    with pytest.raises(InputError, match=message):
        scaled_dot_product_attention(*(torch.zeros(shape) for shape in shapes), mask)
