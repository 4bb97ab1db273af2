"""Stacks of layers with parts left out."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from albert_lab.analysis.stacks import (
    STEPS,
    bare_attention,
    layer_gradients,
    mean_token_cosine,
    stack_of_layers,
    through_layers,
)
from albert_lab.errors import InputError
from albert_lab.model import AlbertConfig

SHAPE = AlbertConfig(hidden_size=24, num_attention_heads=3, intermediate_size=40)


@pytest.fixture
def layers():
    torch.manual_seed(0)
    return stack_of_layers(SHAPE, 3)


@pytest.fixture
def x():
    return torch.randn(2, 5, 24, generator=torch.Generator().manual_seed(1))


def attention_by_torch(layer, x):
    """W_O of the heads' outputs, by torch's own multi-head attention."""
    part = layer.attention
    maps = (part.query, part.key, part.value)
    out, _ = F.multi_head_attention_forward(
        *(x.transpose(0, 1),) * 3,
        embed_dim_to_check=24,
        num_heads=3,
        in_proj_weight=torch.cat([each.weight for each in maps]),
        in_proj_bias=torch.cat([each.bias for each in maps]),
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=part.dense.weight,
        out_proj_bias=part.dense.bias,
    )
    return out.transpose(0, 1)


def norm(x):
    return F.layer_norm(x, (24,), eps=1e-12)


def feed_forward(layer, x):
    inner = F.gelu(x @ layer.ffn.weight.T, approximate="tanh")
    return inner @ layer.ffn_output.weight.T


BY_HAND = {
    "attention alone": lambda a, f, x: a(x),
    "bare": lambda a, f, x: f(a(x)),
    "+ residual": lambda a, f, x: (x + a(x)) + f(x + a(x)),
    "+ LayerNorm": lambda a, f, x: norm(norm(x + a(x)) + f(norm(x + a(x)))),
    "pre-LN": lambda a, f, x: (x + a(norm(x))) + f(norm(x + a(norm(x)))),
    "without attention": lambda a, f, x: norm(x + f(x)),
    "without feed-forward": lambda a, f, x: norm(x + a(x)),
    "parts at a fifth": lambda a, f, x: norm(norm(x + 0.2 * a(x)) + 0.2 * f(norm(x + 0.2 * a(x)))),
}


def test_bare_attention_is_torchs(layers, x):
    assert_close(bare_attention(layers[0], x), attention_by_torch(layers[0], x), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", STEPS)
def test_every_step_is_its_formula(name, layers, x):
    layer = layers[0]
    expected = BY_HAND[name](lambda x: attention_by_torch(layer, x), lambda x: feed_forward(layer, x), x)
    assert_close(STEPS[name](layer, x), expected, atol=1e-5, rtol=0)


def test_a_stack_applies_its_layers_in_order(layers, x):
    states = through_layers(STEPS["+ LayerNorm"], layers, x)
    assert len(states) == 4
    assert_close(states[0], x)
    assert_close(states[3], layers[2](layers[1](layers[0](x)[0])[0])[0])


def test_layers_of_a_stack_differ_and_keep_sizes_roughly(layers):
    first, second = (layer.attention.query.weight for layer in layers[:2])
    assert not torch.equal(first, second)
    assert first.std().item() == pytest.approx((2 / 48) ** 0.5, rel=0.15)
    assert not layers[0].ffn.bias.any()


def test_cosine_of_known_vectors():
    assert mean_token_cosine(torch.tensor([[3.0, 4], [4, 3]])) == pytest.approx(0.96)
    assert mean_token_cosine(torch.eye(3)[None]) == pytest.approx(0)
    # rows (v, -v) have the mean 0, so that their correlation is the cosine of the v
    some = np.random.default_rng(0).normal(size=(6, 4))
    assert mean_token_cosine(torch.tensor(some)) == pytest.approx(
        (np.corrcoef(np.c_[some, -some]).sum() - 6) / 30
    )


@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 4), (4,)])
def test_cosine_of_what_is_no_text(shape):
    with pytest.raises(InputError, match="states of shape"):
        mean_token_cosine(torch.zeros(shape))


def test_gradients_of_layers_are_finite_differences():
    """A nudge of every weight along the gradient changes the loss by the gradient's size."""
    before = torch.get_rng_state()
    found = layer_gradients(STEPS["pre-LN"], SHAPE, 2, last_norm=True, networks=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(0)
    layers = [layer.double() for layer in stack_of_layers(SHAPE, 2)]
    x, target = torch.randn(4, 16, 24), torch.randint(0, 10, (64,))
    head = torch.randn(24, 10) / 24**0.5

    def loss():
        out = norm(through_layers(STEPS["pre-LN"], layers, x.double())[-1])
        return F.cross_entropy(out.flatten(0, 1) @ head.double(), target)

    loss().backward()
    for layer, size in zip(layers, found, strict=True):
        along = layer.ffn.weight.grad / layer.ffn.weight.grad.norm()
        with torch.no_grad():
            layer.ffn.weight += 1e-4 * along
            up = loss().item()
            layer.ffn.weight -= 2e-4 * along
            down = loss().item()
            layer.ffn.weight += 1e-4 * along
        assert (up - down) / 2e-4 == pytest.approx(size, rel=1e-3)


def test_gradients_are_means_over_networks():
    singles = [layer_gradients(STEPS["bare"], SHAPE, 2, networks=1, seed=seed) for seed in (0, 1)]
    assert layer_gradients(STEPS["bare"], SHAPE, 2, networks=2) == pytest.approx(np.mean(singles, axis=0))
