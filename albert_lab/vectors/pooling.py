"""From one vector per token to one vector per text: (B, T, H) -> (B, H).

Masks are 0/1 or boolean (B, T); True marks a real token. [CLS] and [SEP] are real tokens, padding is not.
No function changes its inputs. A row without a single real token gives the zero vector. What stands at a
padded position never reaches the result, not even NaN.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from albert_lab.errors import InputError

POOLINGS = ("mean", "cls", "max", "pooler", "first_last")


def mean_pool(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Average over the real tokens: sum_t m_t h_t / sum_t m_t. (B, T, H), (B, T) -> (B, H).

    Raises:
        InputError: the mask's shape is not the (B, T) of `hidden`.
    """
    real = _real_tokens(hidden, attention_mask)
    total = torch.where(real, hidden, 0).sum(dim=1)  # (B, H)
    return total / real.sum(dim=1).clamp(min=1)


def cls_pool(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """The vector of the first real token, which is [CLS] in BERT and ALBERT. (B, T, H), (B, T) -> (B, H).

    Raises:
        InputError: the mask's shape is not the (B, T) of `hidden`.
    """
    real = _real_tokens(hidden, attention_mask)
    first = real.to(torch.uint8).argmax(dim=1, keepdim=True)  # (B, 1, 1): the position of the first True
    vector = hidden.gather(1, first.expand(-1, 1, hidden.shape[2])).squeeze(1)
    return torch.where(real.any(dim=1), vector, 0)


def max_pool(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """The largest value of each feature over the real tokens. (B, T, H), (B, T) -> (B, H).

    Raises:
        InputError: the mask's shape is not the (B, T) of `hidden`.
    """
    real = _real_tokens(hidden, attention_mask)
    highest = torch.where(real, hidden, -torch.inf).amax(dim=1)  # (B, H)
    return torch.where(real.any(dim=1), highest, 0)


def first_last_pool(first: Tensor, last: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean pooling of (first + last) / 2: the first layer's output (not the input embeddings) and the last's.

    Su et al. 2021, "Whitening Sentence Representations", section 4, call it first-last-avg.

    Raises:
        InputError: a shape does not fit.
    """
    return (mean_pool(first, attention_mask) + mean_pool(last, attention_mask)) / 2


def pool(outputs: Any, attention_mask: Tensor, how: str = "mean", *, layer: int = -1) -> Tensor:
    """One vector per text from what a model returned. -> (B, H)

    Args:
        outputs: hidden states (B, T, H), or a model's output with ``last_hidden_state`` and, where they are
            needed, ``hidden_states`` (a tuple, entry 0 before the first layer) and ``pooler_output``.
        attention_mask: 0/1 or boolean, (B, T).
        how: "mean", "cls", "max"; "first_last"; "pooler" (the output of the model's pooler:
            tanh(W h_cls + b), which ALBERT trains for sentence order).
        layer: which hidden state the first three read: 0 is what enters the first layer, 1 its output, and
            so on; -1 is the last. "first_last" and "pooler" have no choice.

    Raises:
        InputError: an unknown `how`, a layer that does not exist, or an output without what `how` needs.
    """
    check_pooling(how, layer)
    if how == "pooler":
        vector = _needed(outputs, "pooler_output", how)
        return torch.where(attention_mask.bool().any(dim=1, keepdim=True), vector, 0)
    if how == "first_last":
        states = _needed(outputs, "hidden_states", how)
        return first_last_pool(states[min(1, len(states) - 1)], states[-1], attention_mask)
    reduce = {"mean": mean_pool, "cls": cls_pool, "max": max_pool}[how]
    return reduce(hidden_state(outputs, layer), attention_mask)


def hidden_state(outputs: Any, layer: int = -1) -> Tensor:
    """The hidden state (B, T, H) of one layer; see `pool` for how layers are counted.

    Raises:
        InputError: the layer does not exist, or the model was not asked for its hidden states.
    """
    if isinstance(outputs, Tensor):
        if layer != -1:
            raise InputError(
                f"layer={layer} was asked of a single tensor.",
                expected="layer=-1, or the model's output with all its hidden states",
                mend="call the model with output_hidden_states=True and pass what it returns",
            )
        return outputs
    if layer == -1:
        return _needed(outputs, "last_hidden_state", "layer -1")
    states = _needed(outputs, "hidden_states", f"layer {layer}")
    if not -len(states) <= layer < len(states):
        raise InputError(
            f"layer={layer} does not exist.",
            expected=f"{-len(states)} to {len(states) - 1}: this model has {len(states) - 1} layers",
            mend="use -1 for the last layer, 0 for what enters the first",
        )
    return states[layer]


def check_pooling(how: str, layer: int) -> None:
    """Raise InputError unless `how` is one of `POOLINGS` and can be taken from `layer`."""
    if how not in POOLINGS:
        raise InputError(f"pooling {how!r} is not known.", expected="one of " + ", ".join(POOLINGS))
    if how in ("pooler", "first_last") and layer != -1:
        raise InputError(
            f"pooling {how!r} cannot be taken from layer {layer}.",
            expected="layer=-1 (its layers are fixed)",
            mend="choose mean, cls or max to read another layer",
        )


def _real_tokens(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """The mask as booleans that broadcast over the features: (B, T) -> (B, T, 1)."""
    if hidden.ndim != 3 or attention_mask.shape != hidden.shape[:2]:
        raise InputError(
            f"hidden states {tuple(hidden.shape)} and mask {tuple(attention_mask.shape)} do not fit.",
            expected="(B, T, H) and (B, T)",
            mend="pass the attention_mask that the model was called with",
        )
    return attention_mask.bool().unsqueeze(-1)


def _needed(outputs: Any, name: str, reason: str) -> Any:
    value = getattr(outputs, name, None)
    if value is None:
        pooler = name == "pooler_output"
        raise InputError(
            f"The model's output has no {name}, which {reason} needs.",
            expected=f"an output with {name}",
            mend="use an encoder with a pooler" if pooler else "call it with output_hidden_states=True",
        )
    return value
