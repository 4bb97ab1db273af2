"""One record of what attention did to one text, for everything that looks at it or draws it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, get_ident
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model.modes import eval_mode
from albert_lab.text.batches import KnownPieces, without_surrogates

# What the layers that make queries and keys are called in ALBERT, BERT and their family, and in DistilBERT.
QUERY_NAMES, KEY_NAMES = ("query", "q_lin"), ("key", "k_lin")
_one_at_a_time = Lock()


@dataclass(frozen=True)
class AttentionRecord:
    """Attention of every layer and head over one text, or over a pair of texts.

    Attributes:
        tokens: the T tokens as the tokenizer writes them, special tokens included.
        attention: weights (L, N, T, T), float32; row = the token that looks, column = the token looked at.
            Every row sums to 1.
        queries: (L, N, T, d), float32, or None where the model's family is not known.
        keys: (L, N, T, d), float32, or None together with the queries. ``softmax(queries @ keysᵀ / √d)`` is
            ``attention``.
        second_segment_start: where the second text of a pair starts, else None.

    Raises:
        InputError: shapes or a number of tokens that do not fit together, or NaN.
    """

    tokens: tuple[str, ...]
    attention: np.ndarray
    queries: np.ndarray | None
    keys: np.ndarray | None
    second_segment_start: int | None = None

    def __post_init__(self) -> None:
        T = len(self.tokens)
        _check_fit(self, (T, T), f"there are {T} tokens")

    @property
    def num_layers(self) -> int:
        """L, how many times a layer was applied."""
        return self.attention.shape[0]

    @property
    def num_heads(self) -> int:
        """N, heads per layer."""
        return self.attention.shape[1]


@dataclass(frozen=True)
class CrossAttentionRecord:
    """What the tokens of one text looked at in another one: a decoder's cross-attention, an alignment.

    The views of `albert_lab.viz` draw it as they draw an `AttentionRecord`.

    Attributes:
        tokens: the Tq tokens that look (of the decoder).
        key_tokens: the Tk tokens looked at (of the encoder).
        attention: weights (L, N, Tq, Tk), float32; every row sums to 1.
        queries: (L, N, Tq, d), or None.
        keys: (L, N, Tk, d), or None together with the queries.

    Raises:
        InputError: shapes or numbers of tokens that do not fit together, or NaN.
    """

    tokens: tuple[str, ...]
    key_tokens: tuple[str, ...]
    attention: np.ndarray
    queries: np.ndarray | None = None
    keys: np.ndarray | None = None

    def __post_init__(self) -> None:
        Tq, Tk = len(self.tokens), len(self.key_tokens)
        _check_fit(self, (Tq, Tk), f"{Tq} tokens look at {Tk}")

    @property
    def second_segment_start(self) -> None:
        """None: the tokens that look are one text."""

    @property
    def num_layers(self) -> int:
        """L, how many times a layer was applied."""
        return self.attention.shape[0]

    @property
    def num_heads(self) -> int:
        """N, heads per layer."""
        return self.attention.shape[1]


def _check_fit(found: AttentionRecord | CrossAttentionRecord, sizes: tuple[int, int], told: str) -> None:
    """Whether attention, queries and keys fit ``sizes``, (Tq, Tk), and each other."""
    shape = np.shape(found.attention)
    if len(shape) != 4 or shape[2:] != sizes or 0 in shape:
        raise InputError(
            f"attention has shape {shape}, and {told}.",
            expected=f"(L, N, {sizes[0]}, {sizes[1]}): each token's weights over all tokens",
        )
    if (found.queries is None) != (found.keys is None):
        raise InputError("only one of queries and keys is given.", expected="both or neither")
    vectors = () if found.queries is None else (found.queries, found.keys)
    for values, size in zip(vectors, sizes, strict=False):
        if values.shape != (*shape[:2], size, vectors[0].shape[-1]):
            raise InputError(
                f"queries and keys have shapes {[v.shape for v in vectors]}, attention {shape}.",
                expected=f"{shape[:2]}, {sizes[0]} and {sizes[1]} tokens, and the head width d",
            )
    if not all(np.isfinite(values).all() for values in (found.attention, *vectors)):
        raise InputError(
            "the attention holds NaN or infinity.",
            expected="finite numbers",
            mend="check the model's weights; a model in float16 may overflow: load it in float32",
        )


def record(model: nn.Module, tokenizer: Any, text: str, text_pair: str | None = None) -> AttentionRecord:
    """Run ``model`` once over ``text`` and keep its attention and, where they explain it, queries and keys.

    The model runs in eval mode without gradients, a transformers model with attn_implementation="eager",
    which is the one that returns its weights; its mode, its implementation, its weights and its gradients
    are afterwards as they were.

    Args:
        model: our network, with or without a head, or an encoder of transformers (ALBERT, BERT, ...).
        tokenizer: the model's tokenizer.
        text: one text; "" is allowed and leaves the special tokens. A lone surrogate is read as U+FFFD.
        text_pair: a second text, which gets segment 1; "" is allowed too.

    Raises:
        InputError: a text is not a string or has more tokens than the model takes, the tokenizer knows almost
            no piece of the texts, or the model keeps its attention weights to itself, or they are NaN or do
            not fit the tokens.
    """
    for name, value in (("text", text), ("text_pair", text_pair)):
        if not isinstance(value, str) and not (name == "text_pair" and value is None):
            raise InputError(f"{name} is a {type(value).__name__}, not a string.", expected="one string")
    texts = [[without_surrogates(each)] for each in (text, text_pair) if each is not None]
    # As batches of one: of a pair of strings tokenizers drop the second where it is empty. Not verbose: what
    # is too long is told below.
    encoded = tokenizer(*texts, return_tensors="pt", return_token_type_ids=True, verbose=False)
    _check_length(model, tokenizer, encoded["input_ids"].shape[1])
    _check_known(tokenizer, [text for (text,) in texts])
    inputs = _inputs_of(model, encoded)
    with _eager(model), eval_mode(model), _caught_outputs(model) as caught, torch.no_grad():
        attentions = getattr(model(**inputs, output_attentions=True), "attentions", None)
    attention = _stacked(model, attentions, encoded["input_ids"].shape[1])
    queries, keys = _queries_and_keys(caught, attention)
    return AttentionRecord(
        tokens=tuple(tokenizer.convert_ids_to_tokens(encoded["input_ids"][0].tolist())),
        attention=attention.numpy(),
        queries=queries,
        keys=keys,
        second_segment_start=_second_start(encoded) if text_pair is not None else None,
    )


def _check_known(tokenizer: Any, texts: list[str]) -> None:
    counted = KnownPieces()
    for text in texts:
        ids = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        tokens = tokenizer.convert_ids_to_tokens(ids)
        counted += KnownPieces.of(text, ids, tokens, getattr(tokenizer, "unk_token_id", None))
    counted.check()


def _inputs_of(model: nn.Module, encoded: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Of what the tokenizer gives, what this model takes, on its device: DistilBERT knows no segments."""
    takes = inspect.signature(model.forward).parameters
    device = next(model.parameters()).device
    names = ("input_ids", "attention_mask", "token_type_ids")
    passed_on = any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in takes.values())  # our heads
    return {name: encoded[name].to(device) for name in names if name in takes or passed_on}


def _stacked(model: nn.Module, attentions: Any, length: int) -> Tensor:
    """L times (1, N, T, T) -> (L, N, T, T) float32."""
    if not attentions or any(weights is None for weights in attentions):
        raise InputError(
            f"{type(model).__name__} does not give its attention away.",
            expected="a model that returns its weights with output_attentions=True",
            mend='load it with attn_implementation="eager", or record an encoder such as ALBERT or BERT',
        )
    shapes = {tuple(weights.shape) for weights in attentions}
    shape = next(iter(shapes))
    if len(shapes) != 1 or len(shape) != 4 or shape[0] != 1 or shape[2:] != (length, length):
        raise InputError(
            f"{type(model).__name__} gives attention of shapes {sorted(shapes)} for {length} tokens.",
            expected=f"(1, N, {length}, {length}) for every layer",
            mend="record an encoder in which every token may look at every other, such as ALBERT or BERT",
        )
    return torch.cat(list(attentions)).float().cpu()


@contextmanager
def _eager(model: nn.Module) -> Iterator[None]:
    """A transformers model with the implementation that returns its weights; others are left alone."""
    if not hasattr(model, "set_attn_implementation"):
        yield
        return
    with _one_at_a_time:  # another thread would find "eager", and lose it in the middle of its run
        before = getattr(getattr(model, "config", None), "_attn_implementation", None)
        if before in (None, "eager"):
            yield
            return
        model.set_attn_implementation("eager")
        try:
            yield
        finally:
            model.set_attn_implementation(before)


@contextmanager
def _caught_outputs(model: nn.Module) -> Iterator[dict[str, list[Tensor]]]:
    """What every query and key layer puts out, in call order: a shared layer is called L times."""
    caught: dict[str, list[Tensor]] = {"query": [], "key": []}
    thread = get_ident()

    def catch(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Tensor) -> None:
            if get_ident() == thread:  # others may run the same model
                caught[name].append(output.detach())

        return hook

    handles = []
    for path, module in model.named_modules():
        last = path.rpartition(".")[2]
        if last in QUERY_NAMES + KEY_NAMES:
            handles.append(module.register_forward_hook(catch("query" if last in QUERY_NAMES else "key")))
    try:
        yield caught
    finally:
        for handle in handles:
            handle.remove()


def _queries_and_keys(
    caught: dict[str, list[Tensor]], attention: Tensor
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Both (L, N, T, d) if softmax(queries @ keysᵀ / √d) is the attention, else None and None.

    It is not where the model adds relative positions or a causal mask to the scores, and where other layers
    than those of the attention have these names.
    """
    layers, heads, length, _ = attention.shape
    widths = {tuple(output.shape) for outputs in caught.values() for output in outputs}
    if {len(outputs) for outputs in caught.values()} != {layers} or len(widths) != 1:
        return None, None
    shape = next(iter(widths))
    if len(shape) != 3 or shape[1] != length or shape[2] % heads:
        return None, None
    queries, keys = (_by_head(caught[name], heads) for name in ("query", "key"))
    scores = queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5
    if not torch.allclose(scores.softmax(-1), attention, atol=0.01):  # wide enough for float16
        return None, None
    return queries.numpy(), keys.numpy()


def _by_head(outputs: list[Tensor], heads: int) -> Tensor:
    """L times (1, T, H) -> (L, N, T, d)."""
    stacked = torch.cat(outputs).unflatten(-1, (heads, -1))  # (L, T, N, d)
    return stacked.transpose(1, 2).float().cpu()


def _second_start(encoded: Any) -> int | None:
    """Where the second text starts: where segment 1 does, or for models without segments its first token."""
    segments = encoded["token_type_ids"][0]
    if segments.any():
        return int(segments.argmax())
    sources = encoded.sequence_ids(0) if getattr(encoded, "is_fast", False) else []
    return sources.index(1) if 1 in sources else None


def _check_length(model: nn.Module, tokenizer: Any, length: int) -> None:
    config = getattr(model, "config", None)
    limits = [getattr(config, "max_position_embeddings", None), getattr(tokenizer, "model_max_length", None)]
    longest = min((int(limit) for limit in limits if limit), default=length)
    if length > longest:
        raise InputError(
            f"the text has {length} tokens.",
            expected=f"at most {longest}, special tokens included",
            mend="record a shorter part of it",
        )
