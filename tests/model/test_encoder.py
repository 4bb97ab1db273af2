"""The encoder: which layer's weights are used when, the feed-forward network, and dropout."""

from __future__ import annotations

import math

import pytest
import torch

from albert_lab.model import AlbertEncoder, AlbertLayer
from albert_lab.model.encoder import activation, gelu_new, group_of_layer

from .parity import tiny_config


def test_groups_are_contiguous():
    assert [group_of_layer(i, 12, 3) for i in range(12)] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    assert [group_of_layer(i, 12, 1) for i in range(12)] == [0] * 12
    assert [group_of_layer(i, 5, 2) for i in range(5)] == [0, 0, 0, 1, 1]


def test_no_group_shares_by_a_rounding_error():
    """int(i / L * G) gives layer 15 of 22 to group 14; whole numbers do not."""
    assert [group_of_layer(i, 22, 22) for i in range(22)] == list(range(22))


@pytest.mark.parametrize(
    ("groups", "inner", "calls", "distinct"), [(1, 1, 6, 1), (3, 1, 6, 3), (2, 2, 12, 4)]
)
def test_one_block_applied_many_times(groups, inner, calls, distinct):
    config = tiny_config(num_hidden_layers=6, num_hidden_groups=groups, inner_group_num=inner)
    encoder, seen = AlbertEncoder(config), []
    for module in encoder.modules():
        if isinstance(module, AlbertLayer):
            module.register_forward_hook(lambda layer, inputs, output: seen.append(id(layer)))
    out = encoder(torch.randn(2, 5, 20), output_hidden_states=True, output_attentions=True)
    assert (len(seen), len(set(seen))) == (calls, distinct)
    assert (len(out.hidden_states), len(out.attentions)) == (calls + 1, calls)
    assert out.last_hidden_state is out.hidden_states[-1]


def test_nothing_is_kept_unless_asked_for():
    out = AlbertEncoder(tiny_config())(torch.randn(2, 5, 20))
    assert out.hidden_states is None
    assert out.attentions is None


def test_gelu_is_the_tanh_form():
    """At x = 1: 0.5 · (1 + tanh(0.797885 · 1.044715)) = 0.841192; the erf form gives 0.841345."""
    x = torch.linspace(-6, 6, 2001, dtype=torch.float64)
    assert gelu_new(torch.tensor(1.0)).item() == pytest.approx(0.841192, abs=1e-6)
    torch.testing.assert_close(activation("gelu_new")(x), gelu_new(x), rtol=0, atol=1e-14)
    torch.testing.assert_close(activation("gelu_pytorch_tanh")(x), gelu_new(x), rtol=0, atol=1e-14)
    erf_form = torch.tensor(
        [v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x.tolist()], dtype=torch.float64
    )
    torch.testing.assert_close(activation("gelu")(x), erf_form, rtol=0, atol=1e-14)
    assert (erf_form - gelu_new(x)).abs().max().item() == pytest.approx(4.7e-4, abs=1e-5)


def test_tokens_do_not_meet_in_the_feed_forward_network():
    layer, x = AlbertLayer(tiny_config()), torch.randn(1, 6, 48)
    torch.testing.assert_close(layer.feed_forward(x)[:, 2], layer.feed_forward(x[:, 2]))


def test_dropout_follows_the_authors_code():
    """After W_O, and on the output of the feed-forward network, where transformers leaves it out."""
    layer = AlbertLayer(tiny_config(hidden_dropout_prob=0.4)).train()
    dropped = []
    for module in (layer.dropout, layer.attention.output_dropout):
        module.register_forward_hook(lambda module, inputs, output: dropped.append(output.eq(0).any().item()))
    layer(torch.randn(2, 5, 48))
    assert dropped == [True, True]
