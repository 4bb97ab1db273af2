"""Switch a head or a layer off, or put another run's hidden states in, and see what changes.

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
    model: nn.Module,
    *,
    heads: Collection[tuple[int, int]] = (),
    layers: Collection[int] = (),
    means: np.ndarray | None = None,
) -> Iterator[None]:
    """Within the ``with`` block the model runs without these heads and layers; its weights stay as they are.

    Zero-ablation: a head that is off adds nothing, its part of the input of W_O is 0. Mean-ablation, with
    `means`: it adds the same for every token, its mean. A layer that is off is skipped: its output is its
    input, attention and feed-forward are both gone.

    Args:
        model: our network or transformers' ALBERT or BERT, with or without a head on top.
        heads: pairs (layer, head), both counted from 0.
        layers: numbers of layers, counted from 0.
        means: (L, N, d) as from `head_means`: what heads that are off hand over instead of 0.

    Raises:
        InputError: another network, a layer or head that is not there, or means of another shape.
    """
    blocks, depth, count = _layers_of(model), _depth(model), model.config.num_attention_heads
    wrong = [pair for pair in heads if not (0 <= pair[0] < depth and 0 <= pair[1] < count)]
    if wrong or any(not 0 <= layer < depth for layer in layers):
        raise InputError(
            f"heads={list(heads)}, layers={list(layers)}.",
            expected=f"layers from 0 to {depth - 1} and heads from 0 to {count - 1}",
        )
    if means is not None and np.shape(means)[:2] != (depth, count):
        raise InputError(
            f"means have shape {np.shape(means)}.",
            expected=f"({depth}, {count}, d), as head_means gives them",
        )
    cut = _Cut(heads, layers, depth, count, means)
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
        self,
        heads: Collection[tuple[int, int]],
        layers: Collection[int],
        depth: int,
        count: int,
        means: np.ndarray | None = None,
    ) -> None:
        self.heads, self.layers, self.depth, self.count, self.means = heads, layers, depth, count, means
        self.attended = self.applied = 0

    def start(self, module: nn.Module, inputs: Any) -> None:
        """A new pass, whatever became of the last one."""
        self.attended = self.applied = 0

    def silence(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Before W_O: the heads of this depth that are off put in 0, or their mean."""
        layer, self.attended = self.attended % self.depth, self.attended + 1
        off = [head for at, head in self.heads if at == layer]
        if not off:
            return inputs
        by_head = inputs[0].unflatten(-1, (self.count, -1)).clone()  # (B, T, N, d)
        by_head[..., off, :] = 0 if self.means is None else by_head.new_tensor(self.means[layer, off])
        return (by_head.flatten(-2), *inputs[1:])

    def skip(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> Any:
        """After a layer that is off: its input instead of its output."""
        layer, self.applied = self.applied % self.depth, self.applied + 1
        if layer not in self.layers:
            return output
        return (inputs[0], *output[1:]) if isinstance(output, tuple) else inputs[0]


@contextmanager
def patched(model: nn.Module, states: Mapping[int, Tensor], tokens: Collection[int]) -> Iterator[None]:
    """Within the ``with`` block some tokens have another run's hidden states after some layers.

    Activation patching (Vig et al. 2020, arXiv 2004.12265; also causal tracing): if the prediction of the
    other run comes with them, it was these states that carried it.

    Args:
        model: as in `ablated`.
        states: for a layer, counted from 0, what it gives back in the other run, (B, T, H): element
            ``layer + 1`` of the ``hidden_states``.
        tokens: places of the tokens whose states are put in.

    Raises:
        InputError: another network, or a layer that is not there.
    """
    blocks, depth = _layers_of(model), _depth(model)
    if any(not 0 <= layer < depth for layer in states):
        raise InputError(f"states for layers {list(states)}.", expected=f"layers from 0 to {depth - 1}")
    places, calls = sorted(tokens), _Cut((), (), depth, 1)

    def put_in(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> Any:
        layer, calls.applied = calls.applied % depth, calls.applied + 1
        if layer not in states:
            return output
        changed = (output[0] if isinstance(output, tuple) else output).clone()  # (B, T, H)
        changed[:, places] = states[layer][:, places].to(changed)
        return (changed, *output[1:]) if isinstance(output, tuple) else changed

    handles = [model.register_forward_pre_hook(calls.start)]
    handles += [block.register_forward_hook(put_in, prepend=True) for block in blocks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def head_means(model: nn.Module, batch: Mapping[str, Tensor]) -> np.ndarray:
    """What each head hands to W_O, averaged over the batch's real tokens: (L, N, d), for mean-ablation.

    Args:
        model: as in `ablated`.
        batch: input_ids (B, T), and attention_mask and token_type_ids where there are any.

    Raises:
        InputError: another network.
    """
    depth, count = _depth(model), model.config.num_attention_heads
    mask = batch.get("attention_mask")
    real = (torch.ones_like(batch["input_ids"]) if mask is None else mask).bool()  # (B, T)
    means: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        means.append(inputs[0].unflatten(-1, (count, -1))[real].mean(0))  # (B, T, N, d) -> (N, d)

    handles = [_output_projection(block).register_forward_pre_hook(keep) for block in _layers_of(model)]
    try:
        with torch.no_grad(), eval_mode(model):
            model(**batch)
    finally:
        for handle in handles:
            handle.remove()
    return torch.stack(means[:depth]).float().cpu().numpy()


def logit_lens(model: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """What the masked-token head would say after each layer: logits (L + 1, B, T, V), first of the input.

    The head is trained on the last layer's output only (nostalgebraist 2020, "interpreting GPT: the logit
    lens"). In an ALBERT every output comes from the same layer, so the head reads them all fairly well.

    Args:
        model: our network or transformers' ALBERT, with a masked-token head.
        batch: input_ids (B, T), and attention_mask and token_type_ids where there are any.

    Raises:
        InputError: the model has no masked-token head.
    """
    head = getattr(model, "predictions", None)
    if head is None:
        raise InputError(
            f"{type(model).__name__} has no head called predictions.",
            expected="an ALBERT with a masked-token head: AlbertForMaskedLM or AlbertForPreTraining",
        )
    with torch.no_grad(), eval_mode(model):
        states = model(**batch, output_hidden_states=True).hidden_states
        return torch.stack([head(state) for state in states])


def head_effects(
    model: nn.Module,
    batch: Mapping[str, Tensor],
    labels: Tensor | None = None,
    *,
    means: np.ndarray | None = None,
) -> AblationEffects:
    """Each head of each layer switched off alone: L·N + 1 passes over the batch.

    Args:
        model: as in `ablated`; for the loss with a masked-token head.
        batch: input_ids (B, T), and attention_mask and token_type_ids where there are any.
        labels: (B, T), the true token where one is masked, -100 elsewhere.
        means: (L, N, d) for mean-ablation, as in `ablated`.

    Returns:
        Effects of shape (L, N).

    Raises:
        InputError: as `ablated`; labels of another shape or without any token, or no masked-token head.
    """
    every = [
        (layer, head) for layer in range(_depth(model)) for head in range(model.config.num_attention_heads)
    ]
    effects = _effects(model, batch, labels, [{"heads": [pair], "means": means} for pair in every])
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
