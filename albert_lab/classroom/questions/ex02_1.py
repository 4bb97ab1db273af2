"""ex02_1: split packed queries, keys and values into heads."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex02_1",
    title="Split queries, keys and values at once",
    kind="implement",
    objectives=("LO-02.2",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "The features of one token lie side by side in memory, so the reshape may only cut the last axis, "
        "into (3, N, d). Bringing heads before tokens changes the order of reading and mixes nothing."
    ),
)


@ask.reference
def split_packed(x: torch.Tensor, heads: int) -> torch.Tensor:
    batch, tokens, width = x.shape
    cut = x.reshape(batch, tokens, 3, heads, width // (3 * heads))  # (B, T, 3, N, d)
    return cut.permute(2, 0, 3, 1, 4)  # (3, B, N, T, d)


@ask.cases
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


@ask.mistake("the numbers were poured into the final shape, so that everything is mixed")
def _poured(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(3, batch, heads, tokens, width // (3 * heads))


@ask.mistake("the heads were poured: a head gets whole tokens, not features of all tokens")
def _heads_poured(x, heads):
    batch, tokens, _ = x.shape
    sides = [one.reshape(batch, heads, tokens, -1) for one in x.chunk(3, dim=-1)]
    return torch.stack(sides)


@ask.mistake("you expect q, k and v side by side within each head")
def _per_head(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, heads, 3, width // (3 * heads)).permute(3, 0, 2, 1, 4)


@ask.mistake("you expect q, k and v to take turns feature by feature")
def _sides_interleaved(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, heads, width // (3 * heads), 3).permute(4, 0, 2, 1, 3)


@ask.mistake("a head gets every N-th feature, not d neighbouring ones")
def _heads_interleaved(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, 3, width // (3 * heads), heads).permute(2, 0, 4, 1, 3)


@ask.mistake("the heads stand after the tokens: (3, B, T, N, d)")
def _not_moved(x, heads):
    return split_packed(x, heads).transpose(2, 3)


@ask.mistake("tokens and features of each head are exchanged: (3, B, N, d, T)")
def _tokens_last(x, heads):
    return split_packed(x, heads).mT


@ask.mistake("the heads stand before the batch: (3, N, B, T, d)")
def _heads_first(x, heads):
    return split_packed(x, heads).transpose(1, 2)


@ask.mistake("the batch stands in front of the three: (B, 3, N, T, d)")
def _batch_first(x, heads):
    return split_packed(x, heads).transpose(0, 1)


@ask.mistake("queries and keys are exchanged")
def _keys_first(x, heads):
    return split_packed(x, heads)[[1, 0, 2]]


ask.mistake("keys and values are exchanged", lambda x, heads: split_packed(x, heads)[[0, 2, 1]])
ask.mistake("the three stand in reverse order", lambda x, heads: split_packed(x, heads).flip(0))
ask.mistake("the queries are given three times", lambda x, heads: split_packed(x, heads)[[0, 0, 0]])
ask.mistake("the heads stand in reverse order", lambda x, heads: split_packed(x, heads).flip(2))


@ask.mistake("number of heads and width of a head are exchanged: d heads of N features")
def _heads_for_width(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, 3, width // (3 * heads), heads).permute(2, 0, 3, 1, 4)


@ask.mistake("the three are cut apart, and not into heads")
def _no_heads(x, heads):
    return torch.stack(x.chunk(3, dim=-1))


@ask.mistake("the axis of 3 stands last, not first")
def _three_last(x, heads):
    return split_packed(x, heads).movedim(0, -1)


@ask.mistake("axes of size 1 are squeezed away: a batch of one has lost its axis")
def _squeezed(x, heads):
    return split_packed(x, heads).squeeze()


@ask.mistake("the result is cut off from x, so that no gradient flows back")
def _detached(x, heads):
    return split_packed(x, heads).detach()


@ask.mistake("the result is float32 whatever comes in")
def _default_dtype(x, heads):
    return split_packed(x, heads) + 0 if x.dtype == torch.float32 else split_packed(x, heads).float()


@ask.mistake("the three are joined along the batch, without an axis of their own")
def _three_texts(x, heads):
    return torch.cat(list(split_packed(x, heads)))


@ask.mistake("three tensors are returned; one is asked for, with an axis of 3 in front")
def _three_results(x, heads):
    return tuple(split_packed(x, heads))


@ask.mistake("the axis of 3 was cut out of the tokens, not out of the features")
def _tokens_cut(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, 3, heads, tokens, width // (3 * heads)).transpose(0, 1)


@ask.mistake("the numbers were copied into a new tensor: dtype and gradients are lost")
def _copied(x, heads):
    return torch.tensor(split_packed(x, heads).tolist())


@ask.right
def with_chunks(x: torch.Tensor, heads: int) -> torch.Tensor:
    sides = x.chunk(3, dim=-1)  # three times (B, T, H)
    return torch.stack([torch.stack(side.chunk(heads, dim=-1), dim=1) for side in sides])


@ask.right
def with_a_loop(x, heads):
    d = x.shape[-1] // (3 * heads)
    columns = [x[:, :, i * d : (i + 1) * d] for i in range(3 * heads)]
    return torch.stack([torch.stack(columns[s * heads : (s + 1) * heads], dim=1) for s in range(3)])


@ask.right
def with_unflatten(x, heads):
    return x.unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4).contiguous()


@ask.right
def with_einsum(x, heads):
    return torch.einsum("btsnd->sbntd", x.unflatten(2, (3, heads, x.size(2) // heads // 3)))
