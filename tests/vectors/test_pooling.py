from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from albert_lab.errors import InputError
from albert_lab.vectors.pooling import POOLINGS, cls_pool, first_last_pool, max_pool, mean_pool, pool

B, T, H = 4, 5, 3
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 0]])


@pytest.fixture
def hidden() -> torch.Tensor:
    return (
        torch.randn(B, T, H, generator=torch.Generator().manual_seed(1)) - 3
    )  # so that a padded 0 is a maximum


def by_hand(hidden: torch.Tensor, reduce) -> np.ndarray:
    """Row by row over the real tokens alone."""
    rows = []
    for states, mask in zip(hidden.numpy(), MASK.numpy(), strict=True):
        real = states[mask == 1]
        rows.append(reduce(real) if len(real) else np.zeros(H))
    return np.array(rows)


@pytest.mark.parametrize(
    ("function", "reduce"),
    [
        (mean_pool, lambda real: real.sum(axis=0) / len(real)),
        (max_pool, lambda real: real.max(axis=0)),
        (cls_pool, lambda real: real[0]),
    ],
)
@pytest.mark.parametrize("as_boolean", [False, True])
def test_only_real_tokens_count(hidden, function, reduce, as_boolean):
    mask = MASK.bool() if as_boolean else MASK
    np.testing.assert_allclose(function(hidden, mask), by_hand(hidden, reduce), atol=1e-6)


@pytest.mark.parametrize("function", [mean_pool, max_pool, cls_pool])
def test_nothing_leaks_from_padding_and_inputs_stay(hidden, function):
    spoilt = torch.where(MASK.bool()[..., None], hidden, torch.nan)
    before, mask = spoilt.clone(), MASK.clone()
    result = function(spoilt, mask)
    torch.testing.assert_close(result, function(hidden, MASK))
    assert torch.equal(mask, MASK)
    assert torch.equal(spoilt.nan_to_num(9), before.nan_to_num(9))


def test_first_last_is_the_mean_of_both_layers(hidden):
    last = hidden * 2 + 1
    expected = mean_pool((hidden + last) / 2, MASK)
    torch.testing.assert_close(first_last_pool(hidden, last, MASK), expected)


def test_a_models_output_is_pooled_from_the_wanted_layer(hidden):
    states = tuple(hidden + shift for shift in range(4))
    outputs = SimpleNamespace(last_hidden_state=states[-1], hidden_states=states, pooler_output=hidden[:, 0])
    torch.testing.assert_close(pool(outputs, MASK), mean_pool(states[3], MASK))
    torch.testing.assert_close(pool(outputs, MASK, layer=0), mean_pool(states[0], MASK))
    torch.testing.assert_close(pool(outputs, MASK, "max", layer=1), max_pool(states[1], MASK))
    torch.testing.assert_close(pool(outputs, MASK, "cls", layer=-3), cls_pool(states[1], MASK))
    torch.testing.assert_close(pool(outputs, MASK, "first_last"), first_last_pool(states[1], states[3], MASK))
    torch.testing.assert_close(pool(outputs, MASK, "pooler")[:3], hidden[:3, 0])
    assert not pool(outputs, MASK, "pooler")[3].any()


@pytest.mark.parametrize("how", POOLINGS)
def test_shapes_and_poolings(hidden, how):
    outputs = SimpleNamespace(
        last_hidden_state=hidden, hidden_states=(hidden,) * 3, pooler_output=hidden[:, 0]
    )
    assert pool(outputs, MASK, how).shape == (B, H)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"how": "median"}, "median"),
        ({"how": "pooler"}, "pooler_output"),
        ({"how": "first_last"}, "hidden_states"),
        ({"how": "pooler", "layer": 1}, "layer"),
        ({"layer": 2}, "hidden_states"),
        ({"attention_mask": MASK[:, :4]}, r"\(4, 4\)"),
    ],
)
def test_what_cannot_be_pooled(hidden, arguments, message):
    arguments = {"outputs": hidden, "attention_mask": MASK} | arguments
    with pytest.raises(InputError, match=message):
        pool(**arguments)


def test_a_layer_that_does_not_exist(hidden):
    outputs = SimpleNamespace(last_hidden_state=hidden, hidden_states=(hidden,) * 3)
    with pytest.raises(InputError, match="layer=3"):
        pool(outputs, MASK, layer=3)
