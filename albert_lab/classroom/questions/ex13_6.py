"""ex13_6: follow one token back to the input, with a share that passes beside the attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex13_6",
    title="Where does this state come from?",
    kind="implement",
    objectives=("LO-13.7",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=3,
    why=(
        "Each layer says of which states of the layer below a state is made; following that down is a "
        "product of matrices, the last layer on the left. Each mixed map keeps row sums of 1, so the result "
        "is a share of the input's tokens again."
    ),
)

Tensor = torch.Tensor


@ask.reference
def where_from(attention: Tensor, token: int, beside: float) -> Tensor:
    rolled = torch.eye(attention.shape[-1], dtype=attention.dtype)
    for layer in attention.mean(dim=1):  # (T, T), from the first layer on
        rolled = beside * rolled + (1 - beside) * layer @ rolled
    return rolled[token]


@ask.use
def use(
    answer: Callable, attention: Tensor, token: int, beside: float, *, rows_sum_to_1: bool = False
) -> Any:
    """Gradients are compared along changes of maps that stay maps: there a sum of 1 may be divided by."""
    return answer(attention.log().softmax(dim=-1) if rows_sum_to_1 else attention, token, beside)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, other shares, one layer, one head, one token, equal sizes, dtypes, layouts, gradients."""

    def some(L: int, N: int, T: int, token: int, beside: float, dtype: torch.dtype = torch.float32) -> tuple:
        return (2 * draw.normal(L, N, T, T, dtype=dtype)).softmax(dim=-1), token, beside

    first = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    second = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.0, 0.5]])
    hand = torch.stack([first, second])[:, None]
    strided = some(3, 2, 4, 1, 0.3)
    turned = strided[0].mT.contiguous().mT
    return [
        Case("two layers by hand, a quarter beside", (hand, 0, 0.25)),
        Case("the same, the last token", (hand, 2, 0.25)),
        Case("all sizes different", some(4, 3, 5, 2, 0.4)),
        Case("the chapter's half", some(3, 2, 6, 4, 0.5)),
        Case("layers, heads and tokens all 3", some(3, 3, 3, 1, 0.2)),
        Case("as many layers as tokens", some(5, 2, 5, 0, 0.1)),
        Case("one layer", some(1, 4, 3, 1, 0.7)),
        Case("one head", some(4, 1, 5, 3, 0.35)),
        Case("nothing passes beside", some(3, 2, 4, 0, 0.0)),
        Case("all passes beside", some(3, 2, 4, 3, 1.0)),
        Case("one token", some(2, 3, 1, 0, 0.25)),
        Case("float64 stays float64", some(2, 2, 4, 1, 0.6, torch.float64)),
        Case("maps that are not contiguous", (turned, 1, 0.3)),
        Case("gradients flow", some(3, 2, 4, 2, 0.3), {"rows_sum_to_1": True}, gradient=True),
    ]


@ask.mistake("the layers are multiplied in the wrong order: the first layer comes last")
def _reversed(attention, token, beside):
    return where_from(attention.flip(0), token, beside)


@ask.mistake("the two shares are exchanged: beside goes past the attention")
def _shares_exchanged(attention, token, beside):
    return where_from(attention, token, 1 - beside)


@ask.mistake("half passes beside, whatever share is given")
def _always_half(attention, token, beside):
    return where_from(attention, token, 0.5)


@ask.mistake("nothing passes beside the attention: the residual is missing")
def _no_residual(attention, token, beside):
    return where_from(attention, token, 0.0)


def _product(matrices):
    found = matrices[0]
    for one in matrices[1:]:
        found = one @ found
    return found


@ask.mistake("map and identity are added whole, so that a row no longer sums to 1")
def _added_whole(attention, token, beside):
    eye = torch.eye(attention.shape[-1], dtype=attention.dtype)
    return _product([layer + eye for layer in attention.mean(dim=1)])[token]


@ask.mistake("the share beside is added to a whole map, so that a row no longer sums to 1")
def _weighted_one(attention, token, beside):
    eye = torch.eye(attention.shape[-1], dtype=attention.dtype)
    return _product([layer + beside * eye for layer in attention.mean(dim=1)])[token]


def _mixed(attention, beside):
    eye = torch.eye(attention.shape[-1], dtype=attention.dtype)
    return [beside * eye + (1 - beside) * layer for layer in attention.mean(dim=1)]


@ask.mistake("you return the column: what this word gives to all states")
def _column(attention, token, beside):
    return _product(_mixed(attention, beside))[:, token]


@ask.mistake("you return all rows; one token's is asked for")
def _all_rows(attention, token, beside):
    return _product(_mixed(attention, beside))


@ask.mistake("rows and columns of the maps are exchanged")
def _turned_maps(attention, token, beside):
    return where_from(attention.mT, token, beside)


@ask.mistake("only the first layer is used")
def _first_layer(attention, token, beside):
    return _mixed(attention, beside)[0][token]


@ask.mistake("only the last layer is used")
def _last_layer(attention, token, beside):
    return _mixed(attention, beside)[-1][token]


@ask.mistake("the layers are averaged; a state passes through one after the other")
def _mean_of_layers(attention, token, beside):
    return torch.stack(_mixed(attention, beside)).mean(dim=0)[token]


@ask.mistake("the last layer is forgotten")
def _last_forgotten(attention, token, beside):
    return where_from(attention[:-1], token, beside)


@ask.mistake("the layers are multiplied number by number, not as matrices")
def _number_by_number(attention, token, beside):
    return torch.stack(_mixed(attention, beside)).prod(dim=0)[token]


@ask.mistake("the heads are summed; their mean is asked for")
def _heads_summed(attention, token, beside):
    return where_from(attention * attention.shape[1], token, beside)


@ask.mistake("the largest weight of the heads is taken; their mean is asked for")
def _heads_largest(attention, token, beside):
    return where_from(attention.amax(dim=1, keepdim=True), token, beside)


@ask.mistake("only head 0 is used")
def _first_head(attention, token, beside):
    return where_from(attention[:, :1], token, beside)


@ask.mistake("the share beside is mixed in once at the end, and not in every layer")
def _residual_at_the_end(attention, token, beside):
    eye = torch.eye(attention.shape[-1], dtype=attention.dtype)
    plain = _product(list(attention.mean(dim=1)))
    return (beside * eye + (1 - beside) * plain)[token]


@ask.mistake("what passes beside a layer is always the input, not what this layer receives")
def _input_kept(attention, token, beside):
    eye = torch.eye(attention.shape[-1], dtype=attention.dtype)
    rolled = eye
    for layer in attention.mean(dim=1):
        rolled = beside * eye + (1 - beside) * layer @ rolled
    return rolled[token]


@ask.mistake("what passes beside is always the row with which you began")
def _first_row_kept(attention, token, beside):
    start = torch.eye(attention.shape[-1], dtype=attention.dtype)[token]
    row = start
    for layer in attention.mean(dim=1).flip(0):
        row = beside * start + (1 - beside) * row @ layer
    return row


@ask.mistake("tokens are counted from 1")
def _from_one(attention, token, beside):
    return where_from(attention, token - 1, beside)


ask.mistake("the first token is taken, whatever token is asked for", lambda a, t, b: where_from(a, 0, b))
ask.mistake("the last token is taken, whatever token is asked for", lambda a, t, b: where_from(a, -1, b))
ask.mistake("the first layer is forgotten", lambda a, t, b: where_from(a[1:], t, b))


@ask.mistake("layers and heads are exchanged: the first axis holds the layers")
def _layers_for_heads(attention, token, beside):
    return where_from(attention.transpose(0, 1), token, beside)


@ask.mistake("each head counts as a layer of its own")
def _heads_are_layers(attention, token, beside):
    return where_from(attention.flatten(0, 1)[:, None], token, beside)


@ask.mistake("the median of the heads is taken; their mean is asked for")
def _median(attention, token, beside):
    return where_from(attention.median(dim=1, keepdim=True).values, token, beside)


@ask.mistake("the result is cut off from the maps, so that no gradient flows")
def _detached(attention, token, beside):
    return where_from(attention.detach(), token, beside)


@ask.mistake("a tensor of yours is float32, whatever the maps are")
def _float32_table(attention, token, beside):
    rolled = torch.eye(attention.shape[-1])
    for layer in attention.mean(dim=1):
        rolled = beside * rolled + (1 - beside) * layer @ rolled
    return rolled[token]


@ask.mistake("the caller's maps are changed in place")
def _in_place(attention, token, beside):
    attention *= 1 - beside
    eye = torch.eye(attention.shape[-1], dtype=attention.dtype)
    return _product([beside * eye + layer for layer in attention.mean(dim=1)])[token]


@ask.mistake("the dtype is changed on the way")
def _other_dtype(attention, token, beside):
    wanted = torch.float64 if attention.dtype == torch.float32 else torch.float32
    return where_from(attention.to(wanted), token, beside)


@ask.mistake("each head is followed through all layers by itself; heads mix after every layer")
def _head_by_head(attention, token, beside):
    rows = [where_from(attention[:, n : n + 1], token, beside) for n in range(attention.shape[1])]
    return torch.stack(rows).mean(dim=0)


@ask.mistake("the first layer is used twice: as the start, and in the loop")
def _first_twice(attention, token, beside):
    return where_from(torch.cat([attention[:1], attention]), token, beside)


@ask.mistake("you average the layers and apply the average L times")
def _power(attention, token, beside):
    mean = torch.stack(_mixed(attention, beside)).mean(dim=0)
    return torch.linalg.matrix_power(mean, len(attention))[token]


@ask.mistake("the share passes beside the first layer only")
def _beside_the_first(attention, token, beside):
    return _product([_mixed(attention, beside)[0], *attention.mean(dim=1)[1:]])[token]


@ask.mistake("the layers are summed; a state passes through one after the other")
def _layers_summed(attention, token, beside):
    return torch.stack(_mixed(attention, beside)).sum(dim=0)[token]


@ask.mistake("the row has an axis too many: (1, T)")
def _still_a_table(attention, token, beside):
    return where_from(attention, token, beside)[None]


@ask.right
def from_the_top(attention: Tensor, token: int, beside: float) -> Tensor:
    row = torch.nn.functional.one_hot(torch.tensor(token), attention.shape[-1]).to(attention.dtype)
    for layer in reversed(attention.mean(dim=1)):  # from the last layer down: (T,) @ (T, T)
        row = beside * row + (1 - beside) * row @ layer
    return row


@ask.right
def with_sums_made_1(attention, token, beside):
    row = torch.eye(attention.shape[-1], dtype=attention.dtype)[token]
    for layer in attention.flip(0):
        row = beside * row + (1 - beside) * row @ layer.mean(dim=0)
        row = row / row.sum()
    return row


@ask.right
def with_multi_dot(attention, token, beside):
    mixed = _mixed(attention, beside)[::-1]
    return torch.linalg.multi_dot(mixed)[token] if len(mixed) > 1 else mixed[0][token]


@ask.right
def with_loops(attention, token, beside):
    layers, heads, tokens, _ = attention.shape
    shares = [1.0 if i == token else 0.0 for i in range(tokens)]
    for layer in range(layers - 1, -1, -1):
        got = [beside * share for share in shares]
        for i in range(tokens):
            for j in range(tokens):
                seen = sum(attention[layer, n, i, j] for n in range(heads)) / heads
                got[j] = got[j] + (1 - beside) * shares[i] * seen
        shares = got
    return torch.stack([torch.as_tensor(share, dtype=attention.dtype) for share in shares])
