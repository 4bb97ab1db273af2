"""Switch a head or a layer off and see what changes.

A shared layer is one module that is called L times. The hooks here count its calls, so that a head can be
switched off at one depth and stay on at all others. For our network and transformers' ALBERT and BERT.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model.modes import eval_mode


@dataclass(frozen=True)
class AblationEffects:
    """What switching off one head (arrays (L, N)) or one layer (arrays (L,)) at a time does.

    Attributes:
        hidden_states: L2 distance of the last hidden states with and without, averaged over the tokens.
        loss: masked-token loss without it, in nats; None without labels.
        loss_before: masked-token loss of the whole network, in nats; None without labels.
    """

    hidden_states: np.ndarray
    loss: np.ndarray | None = None
    loss_before: float | None = None


@contextmanager
def ablated(
    model: nn.Module, *, heads: Collection[tuple[int, int]] = (), layers: Collection[int] = ()
) -> Iterator[None]:
    """Within the ``with`` block the model runs without these heads and layers; its weights stay as they are.

    A head that is off adds nothing: its part of the input of W_O is 0. A layer that is off is skipped: its
    output is its input, attention and feed-forward are both gone.

    Args:
        model: our network or transformers' ALBERT or BERT, with or without a head on top.
        heads: pairs (layer, head), both counted from 0.
        layers: numbers of layers, counted from 0.

    Raises:
        InputError: another network, or a layer or head that is not there.
    """
    blocks, depth, count = _layers_of(model), _depth(model), model.config.num_attention_heads
    wrong = [pair for pair in heads if not (0 <= pair[0] < depth and 0 <= pair[1] < count)]
    if wrong or any(not 0 <= layer < depth for layer in layers):
        raise InputError(
            f"heads={list(heads)}, layers={list(layers)}.",
            expected=f"layers from 0 to {depth - 1} and heads from 0 to {count - 1}",
        )
    cut = _Cut(heads, layers, depth, count)
    handles = [model.register_forward_pre_hook(cut.start)]
    handles += [_output_projection(block).register_forward_pre_hook(cut.silence) for block in blocks]
    # First of all hooks: transformers collects hidden states with hooks of its own.
    handles += [block.register_forward_hook(cut.skip, prepend=True) for block in blocks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Cut:
    """The hooks of `ablated`, and how often they were called in this pass."""

    def __init__(
        self, heads: Collection[tuple[int, int]], layers: Collection[int], depth: int, count: int
    ) -> None:
        self.heads, self.layers, self.depth, self.count = heads, layers, depth, count
        self.attended = self.applied = 0

    def start(self, module: nn.Module, inputs: Any) -> None:
        """A new pass, whatever became of the last one."""
        self.attended = self.applied = 0

    def silence(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Before W_O: the heads of this depth that are off put in 0."""
        layer, self.attended = self.attended % self.depth, self.attended + 1
        return (
            _without(inputs[0], [head for at, head in self.heads if at == layer], self.count),
            *inputs[1:],
        )

    def skip(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> Any:
        """After a layer that is off: its input instead of its output."""
        layer, self.applied = self.applied % self.depth, self.applied + 1
        if layer not in self.layers:
            return output
        return (inputs[0], *output[1:]) if isinstance(output, tuple) else inputs[0]


def head_effects(
    model: nn.Module, batch: Mapping[str, Tensor], labels: Tensor | None = None
) -> AblationEffects:
    """Each head of each layer switched off alone: L·N + 1 passes over the batch.

    Args:
        model: as in `ablated`; for the loss with a masked-token head.
        batch: input_ids (B, T), and attention_mask and token_type_ids where there are any.
        labels: (B, T), the true token where one is masked, -100 elsewhere.

    Returns:
        Effects of shape (L, N).

    Raises:
        InputError: as `ablated`; labels of another shape or without any token, or no masked-token head.
    """
    every = [
        (layer, head) for layer in range(_depth(model)) for head in range(model.config.num_attention_heads)
    ]
    effects = _effects(model, batch, labels, [{"heads": [pair]} for pair in every])
    shape = (_depth(model), -1)
    loss = None if effects.loss is None else effects.loss.reshape(shape)
    return AblationEffects(effects.hidden_states.reshape(shape), loss, effects.loss_before)


def layer_effects(
    model: nn.Module, batch: Mapping[str, Tensor], labels: Tensor | None = None
) -> AblationEffects:
    """Each layer skipped alone: L + 1 passes over the batch. Arguments and errors as in `head_effects`.

    Returns:
        Effects of shape (L,).
    """
    return _effects(model, batch, labels, [{"layers": [layer]} for layer in range(_depth(model))])


def masked_token_loss(logits: Tensor, labels: Tensor) -> float:
    """Mean cross-entropy in nats over the masked tokens: logits (B, T, V), labels (B, T), -100 = not masked.

    Raises:
        InputError: shapes that do not fit, or no masked token.
    """
    if labels.shape != logits.shape[:-1] or not (labels != -100).any():
        raise InputError(
            f"labels have shape {tuple(labels.shape)}, logits {tuple(logits.shape)}.",
            expected="labels (B, T) with the true token where one is masked, -100 elsewhere",
        )
    return F.cross_entropy(logits.flatten(0, -2).float(), labels.flatten().to(logits.device)).item()


def _effects(
    model: nn.Module, batch: Mapping[str, Tensor], labels: Tensor | None, cuts: list[dict[str, Any]]
) -> AblationEffects:
    with torch.no_grad(), eval_mode(model):
        whole, loss_before = _run(model, batch, labels)
        mask = batch.get("attention_mask")
        real = torch.ones(whole.shape[:-1], dtype=torch.bool) if mask is None else mask.bool().cpu()
        moved, losses = [], []
        for cut in cuts:
            with ablated(model, **cut):
                hidden, loss = _run(model, batch, labels)
            moved.append(torch.linalg.vector_norm(hidden - whole, dim=-1)[real].mean().item())
            losses.append(loss)
    return AblationEffects(np.array(moved), None if labels is None else np.array(losses), loss_before)


def _run(model: nn.Module, batch: Mapping[str, Tensor], labels: Tensor | None) -> tuple[Tensor, float | None]:
    """Last hidden states (B, T, H), and the loss where there are labels."""
    output = model(**batch, output_hidden_states=True)
    hidden = output.hidden_states[-1].float().cpu()
    if labels is None:
        return hidden, None
    logits = getattr(output, "prediction_logits", getattr(output, "logits", None))
    if logits is None:
        raise InputError(
            f"{type(model).__name__} predicts no tokens.", expected="a model with a masked-token head"
        )
    return hidden, masked_token_loss(logits, labels)


def _without(merged: Tensor, heads: list[int], count: int) -> Tensor:
    """(B, T, H) with the features of these heads set to 0."""
    if not heads:
        return merged
    by_head = merged.unflatten(-1, (count, -1)).clone()  # (B, T, N, d)
    by_head[..., heads, :] = 0
    return by_head.flatten(-2)


def _layers_of(model: nn.Module) -> list[nn.Module]:
    """The modules that are layers, each once: one in ALBERT, L in BERT."""
    blocks = [module for module in model.modules() if _output_projection(module) is not None]
    if not blocks or not hasattr(getattr(model, "config", None), "num_attention_heads"):
        raise InputError(
            f"{type(model).__name__} has no layers that I know.",
            expected="our network, or ALBERT or BERT of transformers",
        )
    return blocks


def _depth(model: nn.Module) -> int:
    """L: how many layers a pass applies."""
    _layers_of(model)
    return model.config.num_hidden_layers * getattr(model.config, "inner_group_num", 1)


def _output_projection(block: nn.Module) -> nn.Module | None:
    """W_O of a layer, `attention.dense` in ALBERT and `attention.output.dense` in BERT; None of others."""
    attention = getattr(block, "attention", None)
    found = getattr(attention, "dense", None) or getattr(getattr(attention, "output", None), "dense", None)
    return found if isinstance(found, nn.Linear) else None
