"""LAMB against its update written out, Muon against torch's, and the groups that go without decay."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from albert_lab.errors import InputError
from albert_lab.model.config import AlbertConfig
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.training.optimizers import (
    Lamb,
    Muon,
    make_optimizer,
    orthogonal,
    parameter_groups,
    trust_ratio,
)
from albert_lab.training.settings import OPTIMIZERS


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


@pytest.mark.parametrize("shape", [(32, 32), (64, 16), (16, 64)])
def test_orthogonal_keeps_directions_and_levels_their_sizes(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    U, _, Vh = torch.linalg.svd(matrix, full_matrices=False)
    inner = U.T @ orthogonal(matrix) @ Vh.T  # diagonal, since U and V are kept
    sizes = inner.diagonal()
    torch.testing.assert_close(inner, sizes.diag(), rtol=0, atol=1e-9)
    assert sizes[:-2].min() > 0.6
    assert sizes.max() < 1.25


@pytest.mark.parametrize("shape", [(24, 24), (48, 12), (12, 48)])
def test_muon_is_torchs_muon_up_to_bfloat16(shape):
    torch.manual_seed(0)
    start, gradients = torch.randn(shape), torch.randn(6, *shape)
    mine, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    ours = Muon([{"params": [mine], "weight_decay": 0.1, "orthogonal": True}], lr=0.02)
    other = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for gradient in gradients:
        mine.grad, theirs.grad = gradient.clone(), gradient.clone()
        ours.step()
        other.step()
    moved = (theirs - start).norm()
    assert (mine - theirs).norm() < 0.02 * moved
    assert moved > 0.1


def test_muon_leaves_all_but_the_layers_matrices_to_adamw():
    torch.manual_seed(0)
    config = AlbertConfig(
        vocab_size=20, embedding_size=8, hidden_size=16, num_attention_heads=2, intermediate_size=32
    )
    model = AlbertForPreTraining(config)
    layers, matrices, vectors = make_optimizer("muon", model, 0.1, 0.01).param_groups
    names = {id(p): name for name, p in model.named_parameters()}
    assert {names[id(p)].split("albert_layers.0.")[1] for p in layers["params"]} == {
        "attention.query.weight", "attention.key.weight", "attention.value.weight", "attention.dense.weight",
        "ffn.weight", "ffn_output.weight",
    }  # fmt: skip
    listed = [id(p) for group in (layers, matrices, vectors) for p in group["params"]]
    assert sorted(listed) == sorted(names)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_descends(name):
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
    with pytest.raises(InputError, match="lamb or adamw or muon"):
        make_optimizer("sgd", nn.Linear(1, 1), 0.1, 0.0)
