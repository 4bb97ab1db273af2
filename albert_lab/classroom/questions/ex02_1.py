"""ex02_1: split packed queries, keys and values into heads."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question


def split_packed(x: torch.Tensor, heads: int) -> torch.Tensor:
    batch, tokens, width = x.shape
    cut = x.reshape(batch, tokens, 3, heads, width // (3 * heads))  # (B, T, 3, N, d)
    return cut.permute(2, 0, 3, 1, 4)  # (3, B, N, T, d)


def cases(draw: Draw) -> list[Case]:
    """Small by hand, then all sizes different, other dtypes, a transposed layout, one token, gradients."""
    counted = torch.arange(24.0).reshape(1, 2, 12)
    return [
        Case("two tokens, two heads, by hand", (counted, 2)),
        Case("batch, tokens, heads and width all different", (draw.normal(2, 5, 36), 4)),
        Case("batch, tokens, heads and d all 3", (draw.normal(3, 3, 27), 3)),
        Case("one head", (draw.normal(2, 4, 15), 1)),
        Case("as many heads as features", (draw.normal(1, 3, 18), 6)),
        Case("one token", (draw.normal(3, 1, 24), 4)),
        Case("float64 stays float64", (draw.normal(2, 4, 18, dtype=torch.float64), 2)),
        Case("a tensor that is not contiguous", (draw.strided(2, 4, 18), 3)),
        Case("gradients flow back", (draw.normal(2, 3, 12), 2), gradient=True),
    ]


def _poured(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(3, batch, heads, tokens, width // (3 * heads))


def _heads_poured(x, heads):
    batch, tokens, _ = x.shape
    sides = [one.reshape(batch, heads, tokens, -1) for one in x.chunk(3, dim=-1)]
    return torch.stack(sides)


def _per_head(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, heads, 3, width // (3 * heads)).permute(3, 0, 2, 1, 4)


def _sides_interleaved(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, heads, width // (3 * heads), 3).permute(4, 0, 2, 1, 3)


def _heads_interleaved(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, 3, width // (3 * heads), heads).permute(2, 0, 4, 1, 3)


def _not_moved(x, heads):
    return split_packed(x, heads).transpose(2, 3)


def _tokens_last(x, heads):
    return split_packed(x, heads).mT


def _heads_first(x, heads):
    return split_packed(x, heads).transpose(1, 2)


def _batch_first(x, heads):
    return split_packed(x, heads).transpose(0, 1)


def _keys_first(x, heads):
    return split_packed(x, heads)[[1, 0, 2]]


def _three_texts(x, heads):
    return torch.cat(list(split_packed(x, heads)))


def _three_results(x, heads):
    return tuple(split_packed(x, heads))


def _tokens_cut(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, 3, heads, tokens, width // (3 * heads)).transpose(0, 1)


def _copied(x, heads):
    return torch.tensor(split_packed(x, heads).tolist())


def _heads_for_width(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, 3, width // (3 * heads), heads).permute(2, 0, 3, 1, 4)


def _no_heads(x, heads):
    return torch.stack(x.chunk(3, dim=-1))


def _three_last(x, heads):
    return split_packed(x, heads).movedim(0, -1)


def _squeezed(x, heads):
    return split_packed(x, heads).squeeze()


def _detached(x, heads):
    return split_packed(x, heads).detach()


def _default_dtype(x, heads):
    return split_packed(x, heads) + 0 if x.dtype == torch.float32 else split_packed(x, heads).float()


def with_chunks(x: torch.Tensor, heads: int) -> torch.Tensor:
    sides = x.chunk(3, dim=-1)  # three times (B, T, H)
    return torch.stack([torch.stack(side.chunk(heads, dim=-1), dim=1) for side in sides])


def with_a_loop(x, heads):
    d = x.shape[-1] // (3 * heads)
    columns = [x[:, :, i * d : (i + 1) * d] for i in range(3 * heads)]
    return torch.stack([torch.stack(columns[s * heads : (s + 1) * heads], dim=1) for s in range(3)])


def with_unflatten(x, heads):
    return x.unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4).contiguous()


def with_einsum(x, heads):
    return torch.einsum("btsnd->sbntd", x.unflatten(2, (3, heads, x.size(2) // heads // 3)))


QUESTION = Question(
    id="ex02_1",
    title="Split queries, keys and values at once",
    kind="implement",
    objectives=("LO-02.2",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    reference=split_packed,
    cases=cases,
    mistakes=(
        Mistake("the numbers were poured into the final shape, so that everything is mixed", _poured),
        Mistake("the heads were poured: a head gets whole tokens, not features of all tokens", _heads_poured),
        Mistake("you expect q, k and v side by side within each head", _per_head),
        Mistake("you expect q, k and v to take turns feature by feature", _sides_interleaved),
        Mistake("a head gets every N-th feature, not d neighbouring ones", _heads_interleaved),
        Mistake("the heads stand after the tokens: (3, B, T, N, d)", _not_moved),
        Mistake("tokens and features of each head are exchanged: (3, B, N, d, T)", _tokens_last),
        Mistake("the heads stand before the batch: (3, N, B, T, d)", _heads_first),
        Mistake("the batch stands in front of the three: (B, 3, N, T, d)", _batch_first),
        Mistake("queries and keys are exchanged", _keys_first),
        Mistake("keys and values are exchanged", lambda x, heads: split_packed(x, heads)[[0, 2, 1]]),
        Mistake("the three stand in reverse order", lambda x, heads: split_packed(x, heads).flip(0)),
        Mistake("the queries are given three times", lambda x, heads: split_packed(x, heads)[[0, 0, 0]]),
        Mistake("the heads stand in reverse order", lambda x, heads: split_packed(x, heads).flip(2)),
        Mistake("number of heads and width of a head are exchanged: d heads of N features", _heads_for_width),
        Mistake("the three are cut apart, and not into heads", _no_heads),
        Mistake("the axis of 3 stands last, not first", _three_last),
        Mistake("axes of size 1 are squeezed away: a batch of one has lost its axis", _squeezed),
        Mistake("the result is cut off from x, so that no gradient flows back", _detached),
        Mistake("the result is float32 whatever comes in", _default_dtype),
        Mistake("the three are joined along the batch, without an axis of their own", _three_texts),
        Mistake("three tensors are returned; one is asked for, with an axis of 3 in front", _three_results),
        Mistake("the axis of 3 was cut out of the tokens, not out of the features", _tokens_cut),
        Mistake("the numbers were copied into a new tensor: dtype and gradients are lost", _copied),
    ),
    right=(with_chunks, with_a_loop, with_unflatten, with_einsum),
    why=(
        "The features of one token lie side by side in memory, so the reshape may only cut the last axis, "
        "into (3, N, d). Bringing heads before tokens changes the order of reading and mixes nothing."
    ),
)
