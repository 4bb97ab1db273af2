"""One record of what attention did to one text, for everything that looks at it or draws it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albert_lab.errors import InputError


@dataclass(frozen=True)
class AttentionRecord:
    """Attention of every layer and head over one text, or over a pair of texts.

    Attributes:
        tokens: the T tokens as the tokenizer writes them, special tokens included.
        attention: weights (L, N, T, T), float32; row = the token that looks, column = the token looked at.
            Every row sums to 1.
        queries: (L, N, T, d), float32.
        keys: (L, N, T, d), float32. ``softmax(queries @ keysᵀ / √d)`` is ``attention``.
        second_segment_start: where the second text of a pair starts, else None.
    """

    tokens: tuple[str, ...]
    attention: np.ndarray
    queries: np.ndarray
    keys: np.ndarray
    second_segment_start: int | None = None

    @property
    def num_layers(self) -> int:
        """L, how many times a layer was applied."""
        return self.attention.shape[0]

    @property
    def num_heads(self) -> int:
        """N, heads per layer."""
        return self.attention.shape[1]


def record(model: nn.Module, tokenizer: Any, text: str, text_pair: str | None = None) -> AttentionRecord:
    """Run ``model`` once over ``text`` and keep its attention, queries and keys.

    The model runs in eval mode without gradients; its mode, its weights and its gradients stay as they were.

    Args:
        model: our AlbertModel. Any encoder will do whose attention modules have a ``query`` and a ``key``
            layer and which returns ``attentions`` (L times (1, N, T, T)) when asked for them.
        tokenizer: the model's tokenizer.
        text: one text; "" is allowed and leaves the special tokens.
        text_pair: a second text, which gets segment 1.

    Raises:
        InputError: a text is not a string or has more tokens than the model takes, or the model keeps its
            attention weights or its queries to itself.
    """
    for name, value in (("text", text), ("text_pair", text_pair)):
        if not isinstance(value, str) and not (name == "text_pair" and value is None):
            raise InputError(f"{name} is a {type(value).__name__}, not a string.", expected="one string")
    encoded = tokenizer(text, text_pair, return_tensors="pt", return_token_type_ids=True)
    device = next(model.parameters()).device
    inputs = {name: encoded[name].to(device) for name in ("input_ids", "attention_mask", "token_type_ids")}
    _check_length(model, inputs["input_ids"].shape[1])
    with _eval_mode(model), _caught_outputs(model) as caught, torch.no_grad():
        attentions = model(**inputs, output_attentions=True).attentions
    if not attentions or len(caught["query"]) != len(attentions) or len(caught["key"]) != len(attentions):
        raise InputError(
            f"{type(model).__name__} does not give its attention away: {len(attentions or ())} maps, "
            f"{len(caught['query'])} queries.",
            expected="one map, one query and one key for every layer",
            mend='load a transformers model with attn_implementation="eager"',
        )
    heads = attentions[0].shape[1]
    return AttentionRecord(
        tokens=tuple(tokenizer.convert_ids_to_tokens(inputs["input_ids"][0].tolist())),
        attention=torch.cat(list(attentions)).float().cpu().numpy(),  # L times (1, N, T, T) -> (L, N, T, T)
        queries=_by_head(caught["query"], heads),
        keys=_by_head(caught["key"], heads),
        second_segment_start=_first_one(inputs["token_type_ids"][0]),
    )


@contextmanager
def _caught_outputs(model: nn.Module) -> Iterator[dict[str, list[Tensor]]]:
    """What every ``query`` and ``key`` layer puts out, in call order: a shared layer is called L times."""
    caught: dict[str, list[Tensor]] = {"query": [], "key": []}

    def catch(name: str) -> Any:
        return lambda module, inputs, output: caught[name].append(output.detach())

    handles = [
        module.register_forward_hook(catch(path.rpartition(".")[2]))
        for path, module in model.named_modules()
        if path.rpartition(".")[2] in caught
    ]
    try:
        yield caught
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _eval_mode(model: nn.Module) -> Iterator[None]:
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def _by_head(outputs: list[Tensor], heads: int) -> np.ndarray:
    """L times (1, T, H) -> (L, N, T, d)."""
    stacked = torch.cat(outputs).unflatten(-1, (heads, -1))  # (L, T, N, d)
    return stacked.transpose(1, 2).float().cpu().numpy()


def _first_one(segments: Tensor) -> int | None:
    return int(segments.argmax()) if segments.any() else None


def _check_length(model: nn.Module, length: int) -> None:
    longest = getattr(getattr(model, "config", None), "max_position_embeddings", None)
    if longest is not None and length > longest:
        raise InputError(
            f"the text has {length} tokens.",
            expected=f"at most {longest}, special tokens included",
            mend="record a shorter part of it",
        )
