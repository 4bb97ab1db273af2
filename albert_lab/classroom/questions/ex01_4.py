"""ex01_4: attention from one text to another."""

from __future__ import annotations

import math

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex01_4",
    title="One text asks another",
    kind="implement",
    objectives=("LO-01.4",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=5,
    why=(
        "Who asks decides how many rows come out, and who is asked decides what they are made of. That is "
        "why the queries come from one text, the keys and the values from the other."
    ),
)

Tensor = torch.Tensor


@ask.reference
def attend_across(asking: Tensor, asked: Tensor, W_Q: Tensor, W_K: Tensor, W_V: Tensor) -> Tensor:
    query, key, value = asking @ W_Q, asked @ W_K, asked @ W_V  # (..., Tq, d), (..., Tk, d), (..., Tk, dv)
    scores = query @ key.transpose(-2, -1) / math.sqrt(W_Q.shape[-1])  # (..., Tq, Tk)
    return scores.softmax(dim=-1) @ value


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """17 by hand, all sizes different, sizes that hide a mistake by fitting, axes in front, large scores."""
    by_hand = torch.zeros(3, 4)
    by_hand[:, 0] = torch.tensor([1.0, 2.0, 4.0]).log()
    numbers = (
        torch.tensor([[2.0]]),
        torch.eye(3),
        torch.eye(4)[:1],
        by_hand,
        torch.tensor([[7.0], [14.0], [21.0]]),
    )

    def some(front: tuple[int, ...], sizes: tuple[int, ...], size: float = 1.0, **more) -> tuple[Tensor, ...]:
        Tq, Tk, H, G, d, dv = sizes
        texts = size * draw.normal(*front, Tq, H, **more), draw.normal(*front, Tk, G, **more)
        return *texts, draw.normal(H, d, **more), draw.normal(G, d, **more), draw.normal(G, dv, **more)

    apart = draw.normal(3, 2, dtype=torch.float64), draw.normal(4, 2, dtype=torch.float64)
    apart[0][:, 0] = torch.tensor([2e6, 0.0, -2e6])  # with keys of 1 here: a score for all keys alike
    apart[1][:, 0] = 1
    same = torch.eye(2, dtype=torch.float64)
    strided = tuple(draw.strided(*shape) for shape in ((2, 3, 4), (2, 5, 6), (4, 2), (6, 2), (6, 3)))
    return [
        Case("17 by hand", numbers),
        Case("all sizes different", some((), (3, 5, 4, 6, 2, 7))),
        Case("all sizes the same", some((), (4, 4, 4, 4, 4, 4))),
        Case("a batch of texts", some((2,), (3, 5, 6, 4, 7, 2))),
        Case("a batch of texts, all sizes the same", some((3,), (3, 3, 3, 3, 3, 3))),
        Case("two axes in front", some((2, 3), (4, 6, 3, 5, 2, 8))),
        Case("one token asks, one is asked", some((2,), (1, 1, 3, 4, 5, 2))),
        Case("scores in the thousands", some((2,), (3, 4, 5, 2, 6, 3), size=3000.0, dtype=torch.float64)),
        Case("queries with scores around 1,400,000, 0 and −1,400,000", (*apart, same, same, same)),
        Case("float64 stays float64", some((2,), (2, 3, 4, 5, 6, 3), dtype=torch.float64)),
        Case("nothing is contiguous", strided),
        Case("gradients flow", some((2,), (2, 3, 4, 5, 2, 3), size=0.5), gradient=True),
    ]


def _divided_by(divisor):
    """Attention with this divisor, a function of (query, key, value, asking, asked)."""

    def wrong(asking, asked, W_Q, W_K, W_V):
        query, key, value = asking @ W_Q, asked @ W_K, asked @ W_V
        by = divisor(query, key, value, asking, asked)
        return (query @ key.transpose(-2, -1) / by).softmax(dim=-1) @ value

    return wrong


ask.mistake("the scores are not divided by √d (19 instead of 17)", _divided_by(lambda q, k, v, x, y: 1))
ask.mistake("the scores are divided by d, not by √d", _divided_by(lambda q, k, v, x, y: q.shape[-1]))
ask.mistake(
    "the scores are divided by √H, and d is the width of a query",
    _divided_by(lambda q, k, v, x, y: math.sqrt(x.shape[-1])),
)
ask.mistake(
    "the scores are divided by √G, and d is the width of a query",
    _divided_by(lambda q, k, v, x, y: math.sqrt(y.shape[-1])),
)
ask.mistake(
    "the scores are divided by the root of the number of keys",
    _divided_by(lambda q, k, v, x, y: math.sqrt(k.shape[-2])),
)
ask.mistake(
    "the scores are divided by √dv, the width of the values",
    _divided_by(lambda q, k, v, x, y: math.sqrt(v.shape[-1])),
)
ask.mistake(
    "the scores are divided by 2: the √d of the example is written into the code", _divided_by(lambda *_: 2)
)


@ask.mistake("the weights are divided by √d, after the softmax")
def _divided_too_late(asking, asked, W_Q, W_K, W_V):
    scores = asking @ W_Q @ (asked @ W_K).transpose(-2, -1)
    return scores.softmax(dim=-1) / math.sqrt(W_Q.shape[-1]) @ (asked @ W_V)


def _softmax_over(axis):
    def wrong(asking, asked, W_Q, W_K, W_V):
        scores = asking @ W_Q @ (asked @ W_K).transpose(-2, -1) / math.sqrt(W_Q.shape[-1])
        return scores.softmax(dim=axis) @ (asked @ W_V)

    return wrong


ask.mistake("the softmax runs over the queries: each column sums to 1, not each row", _softmax_over(-2))
ask.mistake("the softmax runs over axis 1, counted from the front", _softmax_over(1))


@ask.mistake("there is no softmax: the scores themselves are the weights")
def _no_softmax(asking, asked, W_Q, W_K, W_V):
    return asking @ W_Q @ (asked @ W_K).transpose(-2, -1) / math.sqrt(W_Q.shape[-1]) @ (asked @ W_V)


def _powered(less):
    """Attention by powers, with this function of the scores subtracted from them."""

    def wrong(asking, asked, W_Q, W_K, W_V):
        scores = asking @ W_Q @ (asked @ W_K).transpose(-2, -1) / math.sqrt(W_Q.shape[-1])
        powers = (scores - less(scores)).exp()
        return powers / powers.sum(dim=-1, keepdim=True) @ (asked @ W_V)

    return wrong


ask.mistake("e to the power of a large score overflows", _powered(lambda scores: 0))
ask.mistake(
    "the two texts are exchanged: the asked one asks", lambda x, y, *matrices: attend_across(y, x, *matrices)
)
ask.mistake(
    "the asking text looks at itself, and the other one is never read",
    lambda x, y, *matrices: attend_across(x, x, *matrices),
)
ask.mistake(
    "the asked text looks at itself, and nobody asks", lambda x, y, *matrices: attend_across(y, y, *matrices)
)


@ask.mistake("the values come from the text that asks")
def _values_from_asking(asking, asked, W_Q, W_K, W_V):
    scores = asking @ W_Q @ (asked @ W_K).transpose(-2, -1) / math.sqrt(W_Q.shape[-1])
    return scores.softmax(dim=-1) @ (asking @ W_V)


ask.mistake("W_Q and W_K are exchanged", lambda x, y, W_Q, W_K, W_V: attend_across(x, y, W_K, W_Q, W_V))
ask.mistake(
    "the keys are handed over: W_V is never used",
    lambda x, y, W_Q, W_K, W_V: attend_across(x, y, W_Q, W_K, W_K),
)


@ask.mistake("the asked tokens are handed over as they are, without W_V")
def _raw_values(asking, asked, W_Q, W_K, W_V):
    scores = asking @ W_Q @ (asked @ W_K).transpose(-2, -1) / math.sqrt(W_Q.shape[-1])
    return scores.softmax(dim=-1) @ asked


ask.mistake(
    "the three matrices are transposed",
    lambda x, y, *matrices: attend_across(x, y, *(one.T for one in matrices)),
)


def _keys_turned(turn):
    """Attention whose keys are transposed by this function."""

    def wrong(asking, asked, W_Q, W_K, W_V):
        scores = asking @ W_Q @ turn(asked @ W_K) / math.sqrt(W_Q.shape[-1])
        return scores.softmax(dim=-1) @ (asked @ W_V)

    return wrong


ask.mistake(
    "the transpose of the keys turns all axes round, those in front too",
    _keys_turned(lambda key: key.permute(*reversed(range(key.ndim)))),
)
ask.mistake(
    "the transpose of the keys exchanges axes 0 and 1, counted from the front",
    _keys_turned(lambda key: key.transpose(0, 1)),
)
ask.mistake(
    "the transpose of the keys exchanges axes 1 and 2, counted from the front",
    _keys_turned(lambda key: key.transpose(1, 2)),
)


@ask.mistake("weights and values are multiplied element by element, and nothing is summed")
def _element_by_element(asking, asked, W_Q, W_K, W_V):
    scores = asking @ W_Q @ (asked @ W_K).transpose(-2, -1) / math.sqrt(W_Q.shape[-1])
    return scores.softmax(dim=-1) * (asked @ W_V)


@ask.mistake("output and weights are returned; the contract asks for the output alone")
def _both(asking, asked, W_Q, W_K, W_V):
    scores = asking @ W_Q @ (asked @ W_K).transpose(-2, -1) / math.sqrt(W_Q.shape[-1])
    return scores.softmax(dim=-1) @ (asked @ W_V), scores.softmax(dim=-1)


@ask.mistake("you stop at the weights")
def _weights_only(asking, asked, W_Q, W_K, W_V):
    return (asking @ W_Q @ (asked @ W_K).transpose(-2, -1) / math.sqrt(W_Q.shape[-1])).softmax(dim=-1)


ask.mistake(
    "the scores are multiplied by √d, not divided",
    _divided_by(lambda q, k, v, x, y: 1 / math.sqrt(q.shape[-1])),
)
ask.mistake(
    "d is read off axis 1, counted from the front, which counts tokens as soon as there is a batch",
    _divided_by(lambda q, k, v, x, y: math.sqrt(q.shape[1])),
)
ask.mistake(
    "the mean of the scores is subtracted; some powers still overflow",
    _powered(lambda scores: scores.mean(dim=-1, keepdim=True)),
)
ask.mistake(
    "one maximum of the whole table is subtracted; low rows lose all their powers",
    _powered(lambda scores: scores.max()),
)
ask.mistake("the softmax runs over the very first axis", _softmax_over(0))
ask.mistake(
    "the keys are poured into the transposed shape, not transposed",
    _keys_turned(lambda key: key.reshape(*key.shape[:-2], key.shape[-1], -1)),
)


@ask.mistake("all texts in front are laid end to end, so that each asks all of them")
def _end_to_end(asking, asked, W_Q, W_K, W_V):
    found = attend_across(asking.flatten(0, -2), asked.flatten(0, -2), W_Q, W_K, W_V)
    return found.reshape(*asking.shape[:-1], -1)


@ask.mistake("exactly one axis is expected in front, no more and no less")
def _one_axis_in_front(asking, asked, W_Q, W_K, W_V):
    scores = torch.einsum("bqd,bkd->bqk", asking @ W_Q, asked @ W_K) / math.sqrt(W_Q.shape[-1])
    return torch.einsum("bqk,bkv->bqv", scores.softmax(dim=-1), asked @ W_V)


ask.mistake("axes of size 1 are squeezed away", lambda *given: attend_across(*given).squeeze())
ask.mistake(
    "the result is float32 whatever comes in", lambda *given: attend_across(*(one.float() for one in given))
)
ask.mistake(
    "the result is cut off from its inputs, so that no gradient flows back",
    lambda *given: attend_across(*given).detach(),
)


@ask.mistake("the caller's W_Q is divided in place")
def _in_place(asking, asked, W_Q, W_K, W_V):
    W_Q /= math.sqrt(W_Q.shape[-1])
    return (asking @ W_Q @ (asked @ W_K).transpose(-2, -1)).softmax(dim=-1) @ (asked @ W_V)


@ask.mistake("scores above ten thousand are cut off, so that they become alike")
def _cut_off(asking, asked, W_Q, W_K, W_V):
    scores = (asking @ W_Q) @ (asked @ W_K).mT / W_K.shape[-1] ** 0.5
    return scores.clamp(-1e4, 1e4).softmax(dim=-1) @ (asked @ W_V)


@ask.right
def by_torch(asking: Tensor, asked: Tensor, W_Q: Tensor, W_K: Tensor, W_V: Tensor) -> Tensor:
    fused = torch.nn.functional.scaled_dot_product_attention
    return fused(asking @ W_Q, asked @ W_K, asked @ W_V)


@ask.right
def one_query_after_the_other(asking, asked, W_Q, W_K, W_V):
    if asking.ndim > 2:
        pairs = zip(asking, asked, strict=True)
        return torch.stack([one_query_after_the_other(one, two, W_Q, W_K, W_V) for one, two in pairs])
    rows = []
    for token in asking:
        scores = torch.stack([(token @ W_Q) @ (other @ W_K) for other in asked]) / len(W_Q[0]) ** 0.5
        weights = scores.softmax(dim=0)
        rows.append(sum(w * (other @ W_V) for w, other in zip(weights, asked, strict=True)))
    return torch.stack(rows)


@ask.right
def by_einsum(asking, asked, W_Q, W_K, W_V):
    query, key = torch.einsum("...qh,hd->...qd", asking, W_Q), torch.einsum("...kg,gd->...kd", asked, W_K)
    weights = torch.einsum("...qd,...kd->...qk", query / W_K.size(1) ** 0.5, key).softmax(-1)
    return torch.einsum("...qk,...kg,gv->...qv", weights, asked, W_V)


@ask.right
def one_comparing_matrix(asking, asked, W_Q, W_K, W_V):
    comparing = W_Q @ W_K.T * W_Q.shape[1] ** -0.5  # (H, G)
    return (asking @ comparing @ asked.mT).softmax(dim=-1) @ asked @ W_V
