"""BertViz's own calls, taken as they are: attention as a list of tensors, tokens beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from albert_lab.errors import InputError
from albert_lab.viz.checked import Record

# What BertViz's head_view and model_view take beside these; nothing here needs it.
_WITHOUT_EFFECT = ("prettify_tokens", "display_mode", "html_action")
_KINDS = ("encoder_attention", "decoder_attention", "cross_attention")


@dataclass(frozen=True)
class _Given:
    """A record made of what BertViz is given."""

    tokens: Sequence[str]
    attention: Any
    second_segment_start: int | None = None
    key_tokens: Sequence[str] | None = None
    queries: Any = None
    keys: Any = None


def accepted(
    record: Any,
    tokens: Sequence[str] | None,
    second: int | None,
    layers: Sequence[int] | None,
    bertviz: Mapping[str, Any],
) -> tuple[Record, Sequence[int] | None]:
    """The record that is meant, and the chosen layers.

    Raises:
        InputError: an argument that neither we nor BertViz know, attention without its tokens, or attention
            of several kinds at once, for which each has a view of its own.
    """
    more = {name: value for name, value in bertviz.items() if value is not None}
    known = (*_KINDS, *_WITHOUT_EFFECT, "encoder_tokens", "decoder_tokens", "include_layers", "attention")
    unknown = sorted(set(more) - set(known))
    if unknown:
        raise InputError(f"there is no argument {', '.join(unknown)}.", expected="layers, layer, head, title")
    layers = more.get("include_layers", layers)
    record = more.get("attention", record)
    kinds = [name for name in _KINDS if name in more]
    if not kinds and tokens is None:
        return record, layers
    if len(kinds) + (record is not None) != 1:
        raise InputError(
            f"{', '.join(kinds) or 'no attention'}{' and a record' * (record is not None)}.",
            expected="attention of one kind",
            mend="draw a view for each: one with encoder_attention, one with cross_attention, ...",
        )
    if not kinds:
        return _Given(tokens, _stacked(record), second), layers
    own = {side: more.get(f"{side}_tokens") for side in ("encoder", "decoder")}
    (kind,) = kinds
    looks = "encoder" if kind == "encoder_attention" else "decoder"
    missing = [
        f"{side}_tokens" for side in {looks, "encoder" if kind == _KINDS[2] else looks} if not own[side]
    ]
    if missing:
        raise InputError(
            f"{kind} without {' and '.join(sorted(missing))}.", expected="the tokens of both sides"
        )
    given = _stacked(more[kind])
    return _Given(own[looks], given, None, own["encoder"] if kind == _KINDS[2] else None), layers


def _stacked(attention: Any) -> Any:
    """L times (1, N, Tq, Tk), or an array (L, N, Tq, Tk) -> (L, N, Tq, Tk)."""
    if not isinstance(attention, list | tuple):
        return attention
    try:
        parts = [
            part.detach().cpu().float().numpy() if hasattr(part, "detach") else part for part in attention
        ]
        stacked = np.stack([np.asarray(part) for part in parts])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"attention is no list of layers: {error}.", expected="for each layer (1, N, T, T)"
        ) from error
    return stacked[:, 0] if stacked.ndim == 5 and stacked.shape[1] == 1 else stacked
