"""LAMB against its update written out, and the groups that go without decay."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from albert_lab.errors import InputError
from albert_lab.pretrain.optimizers import Lamb, make_optimizer, parameter_groups, trust_ratio


def reference_step(w, g, m, v, lr, decay, trust, beta1=0.9, beta2=0.999, eps=1e-6):
    """One LAMB step in NumPy, as in the authors' lamb_optimizer.py."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    update = m / (np.sqrt(v) + eps) + decay * w
    ratio = np.linalg.norm(w) / np.linalg.norm(update) if trust else 1.0
    return w - lr * ratio * update, m, v


@pytest.mark.parametrize(("decay", "trust"), [(0.01, True), (0.0, False), (0.1, True)])
def test_lamb_follows_the_written_update(decay, trust):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(4, 3))
    w = nn.Parameter(torch.tensor(start))
    optimizer = Lamb([{"params": [w], "weight_decay": decay, "trust": trust}], lr=0.02)
    expected, m, v = start, np.zeros_like(start), np.zeros_like(start)
    for _ in range(5):
        g = rng.normal(size=start.shape)
        w.grad = torch.tensor(g)
        optimizer.step()
        expected, m, v = reference_step(expected, g, m, v, 0.02, decay, trust)
        np.testing.assert_allclose(w.detach().numpy(), expected, rtol=1e-12)


def test_a_tensor_of_zeros_is_moved_with_ratio_one():
    w = nn.Parameter(torch.zeros(3))
    optimizer = Lamb([w], lr=0.5, weight_decay=0.0)
    w.grad = torch.tensor([1.0, 2.0, 3.0])
    optimizer.step()
    # m = 0.1 g and √v = √0.001 |g|, so every element moves by 0.5 · 0.1/√0.001.
    torch.testing.assert_close(w.detach(), torch.full((3,), -0.5 * 0.1 / 0.001**0.5), rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("w", "u", "ratio"), [([3.0, 4.0], [0.0, 2.0], 2.5), ([0.0], [1.0], 1.0), ([1.0], [0.0], 1.0)]
)
def test_trust_ratio(w, u, ratio):
    assert trust_ratio(torch.tensor(w), torch.tensor(u)) == pytest.approx(ratio)


def test_biases_and_norms_go_without_decay_and_trust():
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Embedding(5, 4))
    matrices, vectors = parameter_groups(model, 0.3)
    assert {p.shape for p in matrices["params"]} == {(4, 3), (5, 4)}
    assert all(p.dim() == 1 for p in vectors["params"])
    assert len(vectors["params"]) == 3
    assert (matrices["weight_decay"], vectors["weight_decay"], vectors["trust"]) == (0.3, 0.0, False)


@pytest.mark.parametrize("name", ["lamb", "adamw"])
def test_both_optimizers_descend(name):
    torch.manual_seed(0)
    model, x = nn.Linear(4, 1), torch.randn(64, 4)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]])
    optimizer = make_optimizer(name, model, 0.05, 0.0)
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = (model(x) - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 * losses[0]


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(InputError, match="lamb or adamw"):
        make_optimizer("sgd", nn.Linear(1, 1), 0.1, 0.0)
