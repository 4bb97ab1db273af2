"""Ask a pretrained network what it was trained on: the hidden piece, and the order of two segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from albert_lab.errors import InputError
from albert_lab.model.heads import AlbertForMaskedLM, AlbertForPreTraining
from albert_lab.pretrain.objectives import IN_ORDER

if TYPE_CHECKING:
    from transformers import BatchEncoding, PreTrainedTokenizerFast


class Guess(NamedTuple):
    """A piece of the vocabulary and how probable the network finds it."""

    piece: str
    probability: float


def fill_mask(
    model: AlbertForPreTraining | AlbertForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    text: str,
    *,
    top: int = 5,
) -> list[list[Guess]]:
    """The `top` likeliest pieces at every [MASK] of `text`, the likeliest first; one list for each mask.

    softmax over the V pieces of the masked-token head (Lan et al. 2020, section 3.1). Each mask is guessed by
    itself: the network does not fill one in before it guesses the next.

    Raises:
        InputError: no mask in the text, a text longer than the network reads, or `top` not in 1 … V.
    """
    if not 1 <= top <= len(tokenizer):
        raise InputError(f"top is {top}.", expected=f"a number from 1 to {len(tokenizer)}")
    inputs = _encode(model, tokenizer, text)
    masked = inputs["input_ids"][0] == tokenizer.mask_token_id  # (T,)
    if not masked.any():
        raise InputError(f"There is nothing to fill in {text!r}.", expected=f"{tokenizer.mask_token} in it")
    with torch.no_grad():
        out = model(**inputs, masked_positions=masked.nonzero()[:, 0])
    logits: Tensor = out.prediction_logits if hasattr(out, "prediction_logits") else out.logits  # (M, V)
    best = logits.softmax(-1).topk(top)
    return [
        [Guess(tokenizer.convert_ids_to_tokens(i), p) for i, p in zip(ids, shares, strict=True)]
        for ids, shares in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    ]


def in_order(
    model: AlbertForPreTraining, tokenizer: PreTrainedTokenizerFast, first: str, second: str
) -> float:
    """The probability, 0 to 1, that `second` follows `first`, and not the other way round.

    Raises:
        InputError: a pair longer than the network reads.
    """
    with torch.no_grad():
        logits = model(**_encode(model, tokenizer, first, second)).sop_logits  # (1, 2)
    return float(logits.softmax(-1)[0, IN_ORDER])


def _encode(
    model: AlbertForPreTraining | AlbertForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    text: str,
    pair: str | None = None,
) -> BatchEncoding:
    """One text or pair as the model's inputs (1, T) on its device; the pair's second text has type 1."""
    inputs = tokenizer(text, pair, return_tensors="pt", return_token_type_ids=True)
    count, longest = inputs["input_ids"].shape[1], model.config.max_position_embeddings
    if count > longest:
        raise InputError(f"The text has {count} tokens.", expected=f"at most {longest}")
    return inputs.to(next(model.parameters()).device)
