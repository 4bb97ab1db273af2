"""What a head does, in one number each: how spread, how far, how much on special tokens, how alike.

Every function takes a record, or its weights (L, N, T, T).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from albert_lab.analysis.record import AttentionRecord
from albert_lab.errors import InputError

SPECIAL = ("[CLS]", "[SEP]", "[PAD]", "<pad>", "<s>", "</s>")


def weights_of(attention: AttentionRecord | np.ndarray) -> np.ndarray:
    """The weights (L, N, T, T) as float64, checked.

    Raises:
        InputError: another shape, weights below 0, or rows that do not sum to 1.
    """
    weights = np.asarray(getattr(attention, "attention", attention), dtype=float)
    if weights.ndim != 4 or weights.shape[2] != weights.shape[3] or weights.size == 0:
        raise InputError(
            f"attention has shape {weights.shape}.",
            expected="(L, N, T, T)",
            mend="pass the whole record; of one layer's weights make weights[None]",
        )
    if not (weights.min() >= 0 and np.allclose(weights.sum(-1), 1, atol=1e-2)):  # NaN fails too
        raise InputError(
            "the weights are negative or NaN, or do not sum to 1.", expected="rows after the softmax"
        )
    return weights


def entropy(attention: AttentionRecord | np.ndarray) -> np.ndarray:
    """How spread each head's attention is: -Σ w ln w, averaged over the queries, (L, N) in nats.

    0 = every query looks at one key alone; ln T = every query looks at all T keys alike.
    """
    weights = weights_of(attention)
    logs = np.log(weights, where=weights > 0, out=np.zeros_like(weights))  # 0 ln 0 = 0
    return -(weights * logs).sum(-1).mean(-1)


def attention_distance(attention: AttentionRecord | np.ndarray) -> np.ndarray:
    """How far each head looks: Σ w |query - key|, averaged over the queries, (L, N) in tokens."""
    weights = weights_of(attention)
    places = np.arange(weights.shape[-1])
    return (weights * abs(places[:, None] - places)).sum(-1).mean(-1)


def special_share(record: AttentionRecord, *, special: Collection[str] = SPECIAL) -> np.ndarray:
    """The share of each head's weight that special tokens get, averaged over the queries, (L, N) in 0..1.

    If attention were even it would be the share of the special tokens among all tokens.

    Args:
        record: the record, whose tokens are needed.
        special: how the tokens that stand for no text are written.
    """
    weights = weights_of(record)
    chosen = np.array([token in special for token in record.tokens])
    return weights[..., chosen].sum(-1).mean(-1)


def offset_histogram(attention: AttentionRecord | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How a head's weight is spread over the offsets key - query: -1 is the token before, 0 the token itself.

    Returns:
        offsets (2T - 1,), from -(T - 1) to T - 1, and shares (L, N, 2T - 1), which sum to 1 over the offsets.
    """
    weights = weights_of(attention)
    T = weights.shape[-1]
    offsets = np.arange(-(T - 1), T)
    shares = [np.trace(weights, offset, axis1=-2, axis2=-1) / T for offset in offsets]
    return offsets, np.stack(shares, axis=-1)


def depth_similarity(attention: AttentionRecord | np.ndarray) -> np.ndarray:
    """How much of its weight the same head puts at the same place in two layers: (N, L, L) in 0..1.

    Σ_key min(w of layer i, w of layer j), averaged over the queries: 1 minus their total variation distance.
    1 = the same map, 0 = no key in common. In ALBERT head n has the same weights in every layer, so only
    its input differs; elsewhere the numbers of the heads mean nothing across layers.
    """
    weights = weights_of(attention)
    by_head = weights.swapaxes(0, 1)  # (N, L, T, T)
    return np.array([[np.minimum(layer, head).sum(-1).mean(-1) for layer in head] for head in by_head])
