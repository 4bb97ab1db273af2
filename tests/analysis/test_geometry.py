from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from albert_lab.analysis import geometry
from albert_lab.errors import InputError


def test_against_loops_over_tokens():
    rng = np.random.default_rng(0)
    states = [rng.normal(size=(2, 3, 5)) for _ in range(4)]
    mask = np.array([[1, 1, 0], [1, 1, 1]])
    distances, angles = geometry([torch.from_numpy(state) for state in states], torch.from_numpy(mask))
    for layer in range(3):
        far, wide = [], []
        for text, token in zip(*np.nonzero(mask), strict=True):
            a, b = states[layer][text, token], states[layer + 1][text, token]
            far.append(math.dist(a, b))
            wide.append(math.degrees(math.acos(a @ b / math.sqrt((a @ a) * (b @ b)))))
        assert distances[layer] == pytest.approx(np.mean(far), rel=1e-12)
        assert angles[layer] == pytest.approx(np.mean(wide), rel=1e-12)


def test_a_right_angle_no_change_and_the_way_back():
    a, b = torch.tensor([[3.0, 0]]), torch.tensor([[0, 4.0]])
    distances, angles = geometry([a, b, b, -b])
    np.testing.assert_allclose(distances, [5, 0, 8])
    np.testing.assert_allclose(angles, [90, 0, 180], atol=1e-5)


def test_padding_does_not_count():
    rng = torch.Generator().manual_seed(0)
    states = torch.randn(3, 1, 4, 6, generator=rng)
    other = states.clone()
    other[:, :, 3] = 1e6
    mask = torch.tensor([[1, 1, 1, 0]])
    np.testing.assert_array_equal(geometry(list(states), mask), geometry(list(other), mask))


@pytest.mark.parametrize(
    ("states", "mask"),
    [
        ([torch.ones(2, 3)], None),
        ([torch.ones(2, 3), torch.ones(3, 3)], None),
        ([torch.ones(3), torch.ones(3)], None),
        ([torch.ones(1, 2, 3)] * 2, torch.ones(2)),
        ([torch.ones(1, 2, 3)] * 2, torch.zeros(1, 2)),
        ([torch.ones(2, 3), torch.full((2, 3), torch.nan)], None),
    ],
)
def test_states_that_do_not_fit(states, mask):
    with pytest.raises(InputError):
        geometry(states, mask)
