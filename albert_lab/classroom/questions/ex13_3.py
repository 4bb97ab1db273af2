"""ex13_3: what a token gets, and what it says."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex13_3",
    title="What a token gets, and what it says",
    kind="implement",
    objectives=("LO-13.4",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=3,
    why=(
        "A weight says how much of a value is taken, the value's length how much there is to take. "
        "A sink has a large first number and a small second one; a picture shows the first alone."
    ),
)

Tensor = torch.Tensor


@ask.reference
def sink_test(weights: Tensor, values: Tensor, place: int) -> tuple[Tensor, Tensor]:
    received = weights.mean(dim=-2)  # (B, N, T): the columns
    said = received * values.norm(dim=-1)  # (B, N, T)
    return received[..., place], said[..., place] / said.sum(dim=-1)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """The chapter's values, a true sink, a loud one, sizes that hide axes, edges, layouts, large numbers."""
    rows = torch.tensor([[1 / 3, 1 / 3, 1 / 3], [0, 0.5, 0.5], [0, 0, 1]])
    values = torch.tensor([[3.0, 4.0], [0.0, 10.0], [2.0, 0.0]])
    silent = torch.tensor([[3.0, 0.0], [0.0, 3.0], [0.0, 0.0]])

    def some(B: int, N: int, T: int, d: int, place: int, dtype: torch.dtype = torch.float32) -> tuple:
        weights = (2 * draw.normal(B, N, T, T, dtype=dtype)).softmax(dim=-1)
        return weights, 3 * draw.normal(B, N, T, d, dtype=dtype), place

    turned = some(2, 3, 4, 5, 1)
    return [
        Case("three tokens by hand, the last", (rows[None, None], values[None, None], 2)),
        Case(
            "the same weights with the chapter's values: a silence", (rows[None, None], silent[None, None], 2)
        ),
        Case("the first token of the three", (rows[None, None], values[None, None], 0)),
        Case("texts, heads, tokens and width all different", some(2, 3, 5, 4, 4)),
        Case("a token in the middle", some(3, 2, 6, 7, 2)),
        Case("texts, heads, tokens and width all 4", some(4, 4, 4, 4, 1)),
        Case("one head, one text", some(1, 1, 5, 3, 0)),
        Case("values of one number", some(2, 4, 3, 1, 1)),
        Case("a text of one token", some(2, 3, 1, 4, 0)),
        Case("float64 stays float64", some(2, 2, 3, 4, 2, torch.float64)),
        Case("tensors that are not contiguous", (turned[0].mT.contiguous().mT, draw.strided(2, 3, 4, 5), 1)),
        Case("values in the thousands", (turned[0], 1000 * turned[1], 2)),
    ]


def _with(received, length, place):
    said = received * length
    return received[..., place], said[..., place] / said.sum(dim=-1)


@ask.mistake("you average over the keys of each row; what a token gets stands in its column")
def _rows(weights, values, place):
    received = weights.mean(dim=-1)
    return _with(received, values.norm(dim=-1), place)


@ask.mistake("the first number is a mean over a row, of what the token gives")
def _got_from_rows(weights, values, place):
    return weights.mean(dim=-1)[..., place], sink_test(weights, values, place)[1]


@ask.mistake("you look at one row, that of the token itself: this is what it gives away")
def _one_row(weights, values, place):
    return _with(weights[..., place, :], values.norm(dim=-1), place)


@ask.mistake("the weights that the token gets are summed, not averaged: that is no share")
def _summed(weights, values, place):
    got, said = sink_test(weights, values, place)
    return got * weights.shape[-1], said


@ask.mistake("the lengths run over the tokens, not over a value's features")
def _wrong_axis(weights, values, place):
    flat = values.norm(dim=-2)  # (B, N, d)
    if flat.shape[-1] != values.shape[-2]:
        flat = flat.sum(dim=-1, keepdim=True).expand(values.shape[:-1])
    return _with(weights.mean(dim=-2), flat, place)


@ask.mistake("lengths are squared: the root is missing")
def _squared(weights, values, place):
    return _with(weights.mean(dim=-2), values.square().sum(dim=-1), place)


@ask.mistake("you take absolute numbers for the length of a vector")
def _absolute(weights, values, place):
    return _with(weights.mean(dim=-2), values.abs().sum(dim=-1), place)


@ask.mistake("you add up a value's features, so that opposite ones cancel")
def _added_up(weights, values, place):
    return _with(weights.mean(dim=-2), values.sum(dim=-1), place)


@ask.mistake("you compare the lengths of values alone, without the weights")
def _values_only(weights, values, place):
    length = values.norm(dim=-1)
    return weights.mean(dim=-2)[..., place], length[..., place] / length.sum(dim=-1)


@ask.mistake("what it says is not divided by what all say")
def _not_a_share(weights, values, place):
    received = weights.mean(dim=-2)
    return received[..., place], (received * values.norm(dim=-1))[..., place]


@ask.mistake("the heads are thrown together; each has two numbers of its own")
def _heads_together(weights, values, place):
    said = weights.mean(dim=-2) * values.norm(dim=-1)
    together = said[..., place].sum(dim=-1) / said.sum(dim=(-2, -1))
    return weights.mean(dim=-2)[..., place].mean(dim=-1), together


@ask.mistake("the share is one of all heads together, not of its own head")
def _all_heads_below(weights, values, place, axes=(-2, -1)):
    received = weights.mean(dim=-2)
    said = received * values.norm(dim=-1)
    return received[..., place], said[..., place] / said.sum(dim=axes, keepdim=True)[..., 0]


@ask.mistake("the share is one of all heads of all texts, not of its own head")
def _all_texts_below(weights, values, place):
    return _all_heads_below(weights, values, place, axes=(-3, -2, -1))


@ask.mistake("both numbers are shares of all heads of all texts together")
def _shares_of_everything(weights, values, place):
    return weights[..., place].sum(dim=-1) / weights.sum(), _all_texts_below(weights, values, place)[1]


@ask.mistake("one length stands for all tokens, so that it falls out of the share")
def _one_length(weights, values, place):
    return _with(weights.mean(dim=-2), values.norm().expand(values.shape[:-1]), place)


@ask.mistake("you take the largest feature for the length of a vector")
def _largest_feature(weights, values, place):
    return _with(weights.mean(dim=-2), values.abs().amax(dim=-1), place)


@ask.mistake("you measure what the tokens receive, the outputs, not the values that they give")
def _outputs(weights, values, place):
    length = (weights @ values).norm(dim=-1)
    return weights.mean(dim=-2)[..., place], length[..., place] / length.sum(dim=-1)


@ask.mistake("weights are multiplied with lengths of outputs, not of values")
def _outputs_weighted(weights, values, place):
    return _with(weights.mean(dim=-2), (weights @ values).norm(dim=-1), place)


@ask.mistake("you take the share in every row and average the shares")
def _row_by_row(weights, values, place):
    said = weights * values.norm(dim=-1)[..., None, :]
    shares = said[..., place] / said.sum(dim=-1)
    return weights.mean(dim=-2)[..., place], shares.mean(dim=-1)


@ask.mistake("you divide by the length of the output, in which the values cancel in part")
def _of_the_output(weights, values, place):
    own = (weights[..., place, None] * values[..., place, None, :]).norm(dim=-1).sum(dim=-1)
    return weights.mean(dim=-2)[..., place], own / (weights @ values).norm(dim=-1).sum(dim=-1)


@ask.mistake("you compare with what the other tokens say; a share is one of all of them")
def _against_the_others(weights, values, place):
    got, said = sink_test(weights, values, place)
    return got, said / (1 - said)


@ask.mistake("the second number is already divided by the first")
def _quotient(weights, values, place):
    got, said = sink_test(weights, values, place)
    return got, said / got


@ask.mistake("the two numbers are exchanged")
def _exchanged(weights, values, place):
    return sink_test(weights, values, place)[::-1]


@ask.mistake("one tensor is returned; a pair is asked for")
def _one_tensor(weights, values, place):
    return torch.stack(sink_test(weights, values, place))


@ask.mistake("places are counted from 1")
def _from_one(weights, values, place):
    return sink_test(weights, values, place - 1)


@ask.mistake("you always take the last token")
def _last(weights, values, place):
    return sink_test(weights, values, -1)


@ask.mistake("you take the largest weight that the token gets, not the mean")
def _largest(weights, values, place):
    received = weights.amax(dim=-2)
    said = weights.mean(dim=-2) * values.norm(dim=-1)
    return received[..., place], said[..., place] / said.sum(dim=-1)


@ask.mistake("the token's look at itself is left out")
def _self_left_out(weights, values, place):
    others = torch.arange(weights.shape[-1]) != place
    received = weights[..., others, :].sum(dim=-2) / max(int(others.sum()), 1)
    return _with(received, values.norm(dim=-1), place)


@ask.mistake("each weight is multiplied with the value of the token that looks")
def _over_the_queries(weights, values, place):
    said = weights * values.norm(dim=-1)[..., :, None]
    return weights.mean(dim=-2)[..., place], said[..., place].sum(-1) / said.sum(dim=(-2, -1))


@ask.mistake("you divide by what the tokens say on average, not by what all say")
def _against_the_mean(weights, values, place):
    got, said = sink_test(weights, values, place)
    return got, said * weights.shape[-1]


@ask.mistake("you divide by what the loudest token says, not by what all say")
def _against_the_loudest(weights, values, place):
    said = weights.mean(dim=-2) * values.norm(dim=-1)
    return weights.mean(dim=-2)[..., place], said[..., place] / said.amax(dim=-1)


@ask.mistake("you add up vectors before you take the length, so that values cancel")
def _against_their_sum(weights, values, place):
    said = weights.mean(dim=-2)[..., None] * values  # (B, N, T, d)
    return weights.mean(dim=-2)[..., place], said[..., place, :].norm(dim=-1) / said.sum(-2).norm(dim=-1)


@ask.mistake("the first number is what the token gets from itself alone")
def _at_home(weights, values, place):
    return weights[..., place, place], sink_test(weights, values, place)[1]


@ask.right
def with_all_pairs(weights: Tensor, values: Tensor, place: int) -> tuple[Tensor, Tensor]:
    handed = (weights[..., None] * values[..., None, :, :]).norm(dim=-1)  # (B, N, T, T): a_ij |v_j|
    return weights[..., place].mean(dim=-1), handed[..., place].sum(dim=-1) / handed.sum(dim=(-2, -1))


@ask.right
def with_loops(weights, values, place):
    got, said = torch.zeros_like(weights[..., 0, 0]), torch.zeros_like(weights[..., 0, 0])
    for b in range(weights.shape[0]):
        for n in range(weights.shape[1]):
            total, own, tokens = 0.0, 0.0, weights.shape[-1]
            for j in range(tokens):
                handed = float(weights[b, n, :, j].sum()) * float(values[b, n, j].pow(2).sum()) ** 0.5
                total += handed
                own += handed if j == place else 0.0
            got[b, n], said[b, n] = weights[b, n, :, place].sum() / tokens, own / total
    return [got, said]


@ask.right
def with_einsum(weights, values, place):
    length = torch.linalg.vector_norm(values, dim=3)
    said = torch.einsum("bnij,bnj->bnj", weights, length)
    return weights[:, :, :, place].mean(2), said[:, :, place] / said.sum(2)
