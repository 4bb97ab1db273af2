"""ex02_1: split features into heads."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question


def split_heads(x: torch.Tensor, heads: int) -> torch.Tensor:
    batch, tokens, width = x.shape
    per_head = x.reshape(batch, tokens, heads, width // heads)  # (B, T, N, d)
    return per_head.transpose(1, 2)  # (B, N, T, d)


def cases(draw: Draw) -> list[Case]:
    """Small by hand, then all sizes different, other dtypes, a transposed layout, one token, gradients."""
    counted = torch.arange(8.0).reshape(1, 2, 4)
    return [
        Case("two tokens, two heads, by hand", (counted, 2)),
        Case("batch, tokens, heads and width all different", (draw.normal(2, 5, 12), 3)),
        Case("one head", (draw.normal(2, 3, 4), 1)),
        Case("as many heads as features", (draw.normal(1, 3, 6), 6)),
        Case("one token", (draw.normal(3, 1, 8), 4)),
        Case("float64 stays float64", (draw.normal(2, 4, 6, dtype=torch.float64), 2)),
        Case("a tensor that is not contiguous", (draw.strided(2, 4, 6), 3)),
        Case("gradients flow back", (draw.normal(2, 3, 4), 2), gradient=True),
    ]


def _view_only(x: torch.Tensor, heads: int) -> torch.Tensor:
    batch, tokens, width = x.shape
    return x.reshape(batch, heads, tokens, width // heads)


def _not_moved(x: torch.Tensor, heads: int) -> torch.Tensor:
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, heads, width // heads)


def _interleaved(x: torch.Tensor, heads: int) -> torch.Tensor:
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, width // heads, heads).permute(0, 3, 1, 2)


def _heads_and_width_exchanged(x: torch.Tensor, heads: int) -> torch.Tensor:
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, width // heads, heads).transpose(1, 2)


def _tokens_last(x: torch.Tensor, heads: int) -> torch.Tensor:
    return split_heads(x, heads).transpose(-1, -2)


def _heads_first(x: torch.Tensor, heads: int) -> torch.Tensor:
    return split_heads(x, heads).transpose(0, 1)


def _detached(x: torch.Tensor, heads: int) -> torch.Tensor:
    return torch.tensor(split_heads(x, heads).tolist())


def with_chunks(x: torch.Tensor, heads: int) -> torch.Tensor:
    return torch.stack(x.chunk(heads, dim=-1), dim=1)


def with_a_loop(x: torch.Tensor, heads: int) -> torch.Tensor:
    d = x.shape[-1] // heads
    return torch.stack([x[:, :, i * d : (i + 1) * d] for i in range(heads)], dim=1)


def with_unflatten(x: torch.Tensor, heads: int) -> torch.Tensor:
    return x.unflatten(-1, (heads, -1)).permute(0, 2, 1, 3).contiguous()


QUESTION = Question(
    id="ex02_1",
    title="Split features into heads",
    kind="implement",
    objectives=("LO-02.2",),
    points=2,
    minutes=15,
    difficulty=2,
    importance=5,
    reference=split_heads,
    cases=cases,
    mistakes=(
        Mistake(
            "you reshaped straight to (B, N, T, d), so that a head gets whole tokens, not features",
            _view_only,
        ),
        Mistake("the heads stand after the tokens: (B, T, N, d)", _not_moved),
        Mistake("a head gets every N-th feature, not d neighbouring ones", _interleaved),
        Mistake(
            "the features of a head stand where the heads belong: (B, d, T, N)", _heads_and_width_exchanged
        ),
        Mistake("tokens and features of each head are exchanged: (B, N, d, T)", _tokens_last),
        Mistake("the heads stand before the batch: (N, B, T, d)", _heads_first),
        Mistake("the numbers were copied into a new tensor: dtype and gradients are lost", _detached),
    ),
    right=(with_chunks, with_a_loop, with_unflatten),
    why=(
        "The features of one token lie side by side in memory, so the reshape may only cut the last axis "
        "into (N, d). Moving the heads before the tokens is a transpose: it changes the order of reading, "
        "not what belongs together."
    ),
)
