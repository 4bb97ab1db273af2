"""LAMB, the optimizer of the paper, Muon, which trains narrow layers faster, and the choice with AdamW.

Source: You et al. 2020 (arXiv 1904.00962), algorithm 2, as ALBERT's authors use it (lamb_optimizer.py of
google-research/albert): no bias correction, no bound on the trust ratio, and neither decay nor trust ratio
for biases and LayerNorms. Muon: see :class:`Muon`.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from albert_lab.errors import InputError
from albert_lab.training.settings import OPTIMIZERS


class Lamb(Optimizer):
    """w ← w - lr · (‖w‖/‖u‖) · u,  u = m/(√v + eps) + decay·w,  with Adam's m and v.

    The trust ratio ‖w‖/‖u‖ scales each tensor's step by the tensor's own size; it is 1 where either norm is
    0, and in groups with ``trust=False``.

    Args:
        params: tensors, or groups as in torch.optim.
        lr: learning rate.
        betas: decay rates of the means of gradients and of their squares.
        eps: keeps the division finite.
        weight_decay: the share of w added to u.
        trust: whether the step is scaled by the trust ratio.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.01,
        trust: bool = True,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "trust": trust}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One update of every tensor that has a gradient."""
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is not None:
                    w.sub_(group["lr"] * self._update(w, group))

    def _update(self, w: Tensor, group: dict) -> Tensor:
        state, (beta1, beta2) = self.state[w], group["betas"]
        if not state:
            state["mean"], state["square"] = torch.zeros_like(w), torch.zeros_like(w)
        state["mean"].lerp_(w.grad, 1 - beta1)  # m ← β₁m + (1-β₁)g
        state["square"].lerp_(w.grad.square(), 1 - beta2)  # v ← β₂v + (1-β₂)g²
        update = state["mean"] / (state["square"].sqrt() + group["eps"]) + group["weight_decay"] * w
        return update * trust_ratio(w, update) if group["trust"] else update


def trust_ratio(w: Tensor, update: Tensor) -> Tensor:
    """‖w‖/‖update‖, or 1 where either is 0: a tensor of no dimension."""
    ratio = w.norm() / update.norm()
    return torch.where(torch.isfinite(ratio) & (ratio > 0), ratio, torch.ones_like(ratio))


class Muon(torch.optim.AdamW):
    """AdamW, but groups with ``orthogonal=True`` (matrices) move along all their directions equally.

    m <- mu m + (1-mu) g,  W <- W - lr (0.2 sqrt(max(rows, columns)) orthogonal(nesterov(m)) + decay W)

    Source: Jordan et al. 2024 (kellerjordan.github.io/posts/muon); the factor 0.2 sqrt(max), with which
    AdamW's learning rates fit, is from Liu et al. 2025 (arXiv 2502.16982), section 2.2. torch.optim.Muon is
    the same update in bfloat16, which processors without bfloat16 instructions compute slowly.
    """

    momentum = 0.95

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One update of every tensor that has a gradient; matrices lose theirs on the way."""
        for group in self.param_groups:
            if group.get("orthogonal"):
                for w in group["params"]:
                    self._move(w, group)
                    w.grad = None  # so that AdamW leaves it alone
        super().step()

    def _move(self, w: Tensor, group: dict) -> None:
        if w.grad is None:
            return
        state = self.state[w]
        if not state:
            state["step"], state["momentum"] = torch.tensor(0.0), torch.zeros_like(w)
        state["step"] += 1  # unused here; AdamW wants it in every state that it loads
        mean = state["momentum"]
        mean.lerp_(w.grad, 1 - self.momentum)
        direction = orthogonal(w.grad.lerp(mean, self.momentum))  # Nesterov: look one step ahead
        w.mul_(1 - group["lr"] * group["weight_decay"])
        w.sub_(group["lr"] * 0.2 * max(w.shape) ** 0.5 * direction)


def orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """Nearly U·Vᵀ of the matrix U·S·Vᵀ (m, n): all singular values come close to 1 (0.7 to 1.2).

    Newton-Schulz iteration of fifth order; its coefficients are those of Jordan et al. 2024.
    """
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        gram = x @ x.T  # the shorter side squared
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Matrices with weight decay; biases and LayerNorms (all vectors) without decay and trust ratio."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0, "trust": False},
    ]


def make_optimizer(name: str, model: nn.Module, learning_rate: float, weight_decay: float) -> Optimizer:
    """The optimizer named "lamb", "adamw" or "muon", over the groups of :func:`parameter_groups`.

    Muon's matrices are those of the encoder's layers; tables and projections stay with AdamW.

    Raises:
        InputError: another name.
    """
    matrices, vectors = groups = parameter_groups(model, weight_decay)
    if name == "lamb":
        return Lamb(groups, lr=learning_rate)
    if name not in OPTIMIZERS:
        raise InputError(f"There is no optimizer {name!r}.", expected=" or ".join(OPTIMIZERS))
    vectors.pop("trust")
    adam = {"lr": learning_rate, "betas": (0.9, 0.98), "eps": 1e-6, "foreach": True}
    if name == "adamw":
        return torch.optim.AdamW(groups, **adam)
    inner = {id(p) for n, p in model.named_parameters() if ".albert_layers." in n}
    layers = {**matrices, "params": [p for p in matrices["params"] if id(p) in inner], "orthogonal": True}
    matrices["params"] = [p for p in matrices["params"] if id(p) not in inner]
    return Muon([layers, matrices, vectors], **adam)
