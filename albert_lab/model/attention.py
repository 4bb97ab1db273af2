"""Attention: softmax(QKᵀ/√d)V, then N heads of it side by side.

Source: Vaswani et al. 2017 (arXiv 1706.03762), equation 1 and section 3.2.2. ALBERT's attention is
BERT's; only the weights are shared between layers (Lan et al. 2020, section 3.1).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model.config import AlbertConfig


def attention_scores(query: Tensor, key: Tensor) -> Tensor:
    """QKᵀ/√d: how well each query matches each key. (..., Tq, d), (..., Tk, d) -> (..., Tq, Tk)."""
    d = query.shape[-1]
    return query @ key.transpose(-2, -1) * d**-0.5


def attention_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax over the keys. Boolean mask, broadcast to (..., Tq, Tk): True = may be attended to.

    Every row sums to 1, except the row of a query that may attend to nothing: it is all zeros, so that
    such a query collects nothing instead of NaN.
    """
    if mask is None:
        return scores.softmax(dim=-1)
    # The lowest finite number rather than -inf: exp() of it is 0 just the same, and no row becomes NaN.
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=-1)
    return weights.masked_fill(~mask, 0.0)


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, *, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """softmax(QKᵀ/√d)V and its weights (Vaswani et al. 2017, equation 1).

    query (..., Tq, d), key (..., Tk, d), value (..., Tk, dv), mask boolean and broadcastable to
    (..., Tq, Tk), True = may be attended to. Returns output (..., Tq, dv) and weights (..., Tq, Tk).
    `dropout` zeroes that share of the weights on their way to the output; the returned weights are whole.
    Raises InputError where the shapes do not fit or the mask is not boolean.
    """
    _check_shapes(query, key, value, mask)
    scores = attention_scores(query, key)  # (..., Tq, Tk)
    weights = attention_weights(scores, mask)  # (..., Tq, Tk)
    output = F.dropout(weights, dropout) @ value  # (..., Tq, dv)
    return output, weights


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    """Cut the features, not the tokens, into heads: (B, T, H) -> (B, N, T, d)."""
    return x.unflatten(-1, (num_heads, -1)).transpose(-3, -2)


def merge_heads(x: Tensor) -> Tensor:
    """Put the heads' features side by side again: (B, N, T, d) -> (B, T, H)."""
    return x.transpose(-3, -2).flatten(-2)


class AlbertAttention(nn.Module):
    """N heads of attention, their mixture W_O, the residual and its LayerNorm: LN(x + Concat(heads)W_O)."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        H = config.hidden_size
        self.num_heads = config.num_attention_heads
        self.weight_dropout = config.attention_probs_dropout_prob
        self.query = nn.Linear(H, H)
        self.key = nn.Linear(H, H)
        self.value = nn.Linear(H, H)
        self.dense = nn.Linear(H, H)  # W_O
        self.output_dropout = nn.Dropout(config.hidden_dropout_prob)
        self.LayerNorm = nn.LayerNorm(H, eps=config.layer_norm_eps)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, *, output_weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """x (B, T, H), mask boolean and broadcastable to (B, N, T, T) -> (B, T, H), weights (B, N, T, T).

        Without `output_weights` the second value is None, and torch computes the same output in one
        fused step that never stores the weights: faster, equal up to float rounding.
        """
        query = split_heads(self.query(x), self.num_heads)  # (B, T, H) -> (B, N, T, d)
        key = split_heads(self.key(x), self.num_heads)
        value = split_heads(self.value(x), self.num_heads)
        dropout = self.weight_dropout if self.training else 0.0
        if output_weights:
            heads, weights = scaled_dot_product_attention(query, key, value, mask, dropout=dropout)
        else:
            heads, weights = F.scaled_dot_product_attention(query, key, value, mask, dropout), None
        mixed = self.dense(merge_heads(heads))  # (B, N, T, d) -> (B, T, H)
        return self.LayerNorm(x + self.output_dropout(mixed)), weights


def _check_shapes(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> None:
    if query.shape[-1] != key.shape[-1]:
        raise InputError(
            f"queries are {query.shape[-1]} wide and keys {key.shape[-1]}",
            expected="query (..., Tq, d) and key (..., Tk, d) with the same d",
        )
    if key.shape[-2] != value.shape[-2]:
        raise InputError(
            f"there are {key.shape[-2]} keys and {value.shape[-2]} values",
            expected="one value for each key: key (..., Tk, d), value (..., Tk, dv)",
        )
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise InputError(
            f"the mask holds {mask.dtype}", expected="booleans, True = may be attended to", mend="mask.bool()"
        )
    full = (*query.shape[:-1], key.shape[-2])
    if len(mask.shape) > len(full) or any(
        m not in (1, n) for m, n in zip(reversed(mask.shape), reversed(full), strict=False)
    ):
        raise InputError(
            f"the mask has shape {tuple(mask.shape)}",
            expected=f"a shape that broadcasts to the scores' {full}",
        )
