"""What an interactive view draws, checked: attention, queries and keys, the chosen layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from albert_lab.errors import InputError

LARGEST_HALF = 65504.0  # of float16


class Record(Protocol):
    """What is drawn; `albert_lab.analysis.record` makes it."""

    tokens: Sequence[str]
    attention: Any
    queries: Any
    keys: Any
    second_segment_start: int | None


def checked_attention(record: Record) -> np.ndarray:
    """The record's weights (L, N, T, T), between 0 and 1; (L, N, Tq, Tk) where it has ``key_tokens``.

    Raises:
        InputError: no record, wrong shape, no weights, NaN, or another number of tokens.
    """
    missing = [name for name in ("tokens", "attention", "second_segment_start") if not hasattr(record, name)]
    if missing:
        raise InputError(
            f"a {type(record).__name__} has no {', '.join(missing)}.",
            expected="a record of one text",
            mend="albert_lab.analysis.record(model, tokenizer, text)",
        )
    attention = finite(record.attention, "attention", "(L, N, T, T), layers by heads by tokens by tokens")
    keys = getattr(record, "key_tokens", None)
    sizes = len(record.tokens), len(record.tokens if keys is None else keys)
    if attention.shape[2:] != sizes:
        told = f"{sizes[0]} tokens" + ("" if keys is None else f" that look at {sizes[1]}")
        raise InputError(
            f"attention has shape {attention.shape}, and there are {told}.",
            expected="(L, N, T, T) and T tokens" if keys is None else "(L, N, Tq, Tk), Tq and Tk tokens",
        )
    low, high = float(attention.min()), float(attention.max())
    if low < 0 or high > 1 + 1e-4:
        raise InputError(
            f"the weights go from {low:.3g} to {high:.3g}.",
            expected="weights between 0 and 1, after the softmax",
        )
    return np.minimum(attention, 1) if high > 1 else attention


def checked_vectors(record: Record, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Queries and keys (L, N, T, d), for attention of ``shape`` (L, N, T, T).

    Raises:
        InputError: there are none, their shapes do not fit, NaN, or numbers beyond float16.
    """
    found = []
    for name in ("queries", "keys"):
        values = getattr(record, name, None)
        if values is None:
            raise InputError(
                f"the record has no {name}.",
                expected=f"{name} (L, N, T, d), which the neuron view shows",
                mend="record a model whose attention has a query and a key layer, or draw a head_view",
            )
        vectors = finite(values, name, "(L, N, T, d), layers by heads by tokens by head width")
        wanted = (*shape[:2], shape[2] if name == "queries" else shape[3])
        if vectors.shape[:3] != wanted:
            raise InputError(
                f"{name} have shape {vectors.shape}, attention {shape}.", expected=f"{(*wanted, 'd')}"
            )
        if np.abs(vectors).max() > LARGEST_HALF:
            raise InputError(f"{name} hold numbers above {LARGEST_HALF:g}.", expected="what float16 can hold")
        found.append(vectors)
    if found[0].shape[-1] != found[1].shape[-1]:
        raise InputError(f"queries {found[0].shape} and keys {found[1].shape} differ in their width.")
    return found[0], found[1]


def checked_start(start: int | None, tokens: int) -> int | None:
    """Where the second text begins, so that both texts have tokens.

    Raises:
        InputError: it begins before 1 or after the last token.
    """
    if start is not None and not 0 < start < tokens:
        raise InputError(f"second_segment_start={start}.", expected=f"None or 1 to {tokens - 1}")
    return None if start is None else int(start)


def checked_layers(layers: Sequence[int] | None, count: int) -> list[int]:
    """The numbers of the chosen layers, all ``count`` of them if none were chosen.

    Raises:
        InputError: none, one twice, or one that is not there.
    """
    if layers is None:
        return list(range(count))
    chosen = [checked_number(layer, count, "layers") for layer in layers]
    if not chosen or len(set(chosen)) != len(chosen):
        raise InputError(f"layers={list(layers)}.", expected=f"different numbers from 0 to {count - 1}")
    return chosen


def checked_number(number: int, count: int, name: str) -> int:
    """``number`` counted from the front, also if it was counted from the end (-1 is the last).

    Raises:
        InputError: there are only ``count``.
    """
    if not isinstance(number, int | np.integer) or isinstance(number, bool) or not -count <= number < count:
        raise InputError(f"{name}: there is no {number!r}.", expected=f"0 to {count - 1}")
    return int(number) % count


def finite(values: Any, name: str, expected: str) -> np.ndarray:
    """``values`` (array, tensor, nested lists) as floating-point numbers, (., ., ., .), none of them NaN."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().float().numpy()
    try:
        array = np.asarray(values)
        array = array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is no array of numbers: {error}.", expected=expected) from error
    if array.ndim != 4 or array.size == 0:
        raise InputError(f"{name} has shape {array.shape}.", expected=expected)
    if not np.isfinite(array).all():
        raise InputError(f"{name} holds NaN or infinity.", expected="finite numbers")
    return array
