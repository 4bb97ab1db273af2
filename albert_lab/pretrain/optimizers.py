"""LAMB, the optimizer of the paper, and the choice between it and AdamW.

Source: You et al. 2020 (arXiv 1904.00962), algorithm 2, as ALBERT's authors use it (lamb_optimizer.py of
google-research/albert): no bias correction, no bound on the trust ratio, and neither decay nor trust ratio
for biases and LayerNorms.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from albert_lab.errors import InputError
from albert_lab.pretrain.settings import OPTIMIZERS


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


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Matrices with weight decay; biases and LayerNorms (all vectors) without decay and trust ratio."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0, "trust": False},
    ]


def make_optimizer(name: str, model: nn.Module, learning_rate: float, weight_decay: float) -> Optimizer:
    """The optimizer named "lamb" or "adamw", over the groups of :func:`parameter_groups`.

    Raises:
        InputError: another name.
    """
    groups = parameter_groups(model, weight_decay)
    if name == "lamb":
        return Lamb(groups, lr=learning_rate)
    if name == "adamw":
        groups[1].pop("trust")
        return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), eps=1e-6, foreach=True)
    raise InputError(f"There is no optimizer {name!r}.", expected=" or ".join(OPTIMIZERS))
