"""ex02_3: many heads that share one set of keys and values."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex02_3",
    title="Many heads, one set of keys",
    kind="implement",
    objectives=("LO-02.3",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "A head is a question of its own: only the queries differ from head to head, and the keys may be "
        "shared. What has to be kept apart is the softmax, one for each head and query, and the place of "
        "each head's output."
    ),
)

Tensor = torch.Tensor


@ask.reference
def share_keys(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    d = key.shape[-1]
    heads = query.unflatten(-1, (-1, d))  # (B, Tq, N, d)
    scores = torch.einsum("bqnd,bkd->bnqk", heads, key) / d**0.5
    return torch.einsum("bnqk,bkv->bqnv", scores.softmax(dim=-1), value).flatten(-2)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, all sizes different, sizes that fit by accident, one head, one token, layouts, gradients."""
    query = torch.tensor([[[2.0, 0, 0, 0, 4, 0, 0, 0]]])
    key = torch.zeros(1, 3, 4)
    key[0, :, 0] = torch.tensor([1.0, 2.0, 4.0]).log()
    value = torch.tensor([[[7.0], [14.0], [21.0]]])

    apart = [one.double() for one in (draw.normal(2, 3, 8), draw.normal(2, 5, 4), draw.normal(2, 5, 3))]
    apart[0][:, :, ::4] = torch.tensor([[3e6], [0.0], [-3e6]])  # where keys have 1: all scores alike
    apart[1][:, :, 0] = 1

    def some(B: int, Tq: int, Tk: int, N: int, d: int, dv: int, **more) -> tuple[Tensor, Tensor, Tensor]:
        return (
            draw.normal(B, Tq, N * d, **more),
            draw.normal(B, Tk, d, **more),
            draw.normal(B, Tk, dv, **more),
        )

    return [
        Case("two heads by hand: 17 and 19", (query, key, value)),
        Case("all sizes different", some(2, 3, 5, 4, 6, 7)),
        Case("all sizes 3", some(3, 3, 3, 3, 3, 3)),
        Case("as many queries as heads", some(2, 4, 5, 4, 3, 2)),
        Case("one head", some(2, 3, 4, 1, 5, 2)),
        Case("heads of one feature", some(2, 4, 3, 5, 1, 1)),
        Case("one query, one key", some(2, 1, 1, 3, 4, 5)),
        Case(
            "scores in the thousands", tuple(60 * one for one in some(2, 3, 4, 2, 5, 3, dtype=torch.float64))
        ),
        Case("queries with scores around 1,500,000, 0 and −1,500,000", tuple(apart)),
        Case("float64 stays float64", some(1, 4, 2, 3, 2, 3, dtype=torch.float64)),
        Case("nothing is contiguous", (draw.strided(2, 5, 12), draw.strided(2, 3, 4), draw.strided(2, 3, 2))),
        Case("gradients flow", some(2, 3, 4, 2, 3, 2), gradient=True),
    ]


def _weights(query, key, by=None):
    """Right weights, (B, N, Tq, Tk), with any divisor."""
    d = key.shape[-1]
    heads = query.unflatten(-1, (-1, d)).transpose(1, 2)
    return (heads @ key[:, None].mT / (d**0.5 if by is None else by)).softmax(dim=-1)


def _merged(heads):
    return heads.transpose(1, 2).flatten(-2)


def _mix(weights, value):
    return weights @ value[:, None]


@ask.mistake("the scores are not divided by √d")
def _not_divided(query, key, value):
    return _merged(_mix(_weights(query, key, 1), value))


@ask.mistake("the scores are divided by the root of the whole width, N · d, not of one head's")
def _root_of_width(query, key, value):
    return _merged(_mix(_weights(query, key, query.shape[-1] ** 0.5), value))


@ask.mistake("the scores are divided by d, not by √d")
def _by_d(query, key, value):
    return _merged(_mix(_weights(query, key, key.shape[-1]), value))


@ask.mistake("the scores are divided by the root of the values' width")
def _root_of_values(query, key, value):
    return _merged(_mix(_weights(query, key, value.shape[-1] ** 0.5), value))


@ask.mistake("the scores are divided by the root of the number of heads")
def _root_of_heads(query, key, value):
    return _merged(_mix(_weights(query, key, (query.shape[-1] / key.shape[-1]) ** 0.5), value))


@ask.mistake("the queries were poured into heads: a head gets whole tokens")
def _poured(query, key, value):
    heads = query.reshape(len(query), -1, query.shape[1], key.shape[-1])
    weights = (heads @ key[:, None].mT / key.shape[-1] ** 0.5).softmax(dim=-1)
    return _merged(_mix(weights, value))


@ask.mistake("the split is right, and the merge pours: heads were not brought behind the tokens")
def _poured_back(query, key, value):
    return _mix(_weights(query, key), value).reshape(*query.shape[:2], -1)


@ask.mistake(
    "the heads stand before the queries when they are merged: all queries of a head lie side by "
    "side, (B, N, Tq · dv), where all heads of a query should"
)
def _never_brought_back(query, key, value):
    return _mix(_weights(query, key), value).flatten(-2)


@ask.mistake("a head gets every N-th feature of the query, not d neighbouring ones")
def _every_nth(query, key, value):
    heads = query.unflatten(-1, (key.shape[-1], -1)).permute(0, 3, 1, 2)
    weights = (heads @ key[:, None].mT / key.shape[-1] ** 0.5).softmax(dim=-1)
    return _merged(_mix(weights, value))


@ask.mistake("the heads are merged feature by feature, not side by side")
def _features_outside(query, key, value):
    return _mix(_weights(query, key), value).permute(0, 2, 3, 1).flatten(-2)


ask.mistake("the heads are averaged", lambda q, k, v: _mix(_weights(q, k), v).mean(dim=1))
ask.mistake("the heads are added, before any W_O", lambda q, k, v: _mix(_weights(q, k), v).sum(dim=1))


@ask.mistake("the maps are averaged, so that all heads look alike")
def _one_map(query, key, value):
    weights = _weights(query, key)
    return _merged(_mix(weights.mean(dim=1, keepdim=True).expand_as(weights), value))


@ask.mistake("the keys are repeated and compared with all heads at once: one large head")
def _one_large_head(query, key, value):
    repeats = query.shape[-1] // key.shape[-1]
    scores = query @ key.repeat(1, 1, repeats).mT / query.shape[-1] ** 0.5
    return scores.softmax(dim=-1) @ value.repeat(1, 1, repeats)


@ask.mistake("the softmax runs over the heads")
def _over_heads(query, key, value):
    heads = query.unflatten(-1, (-1, key.shape[-1])).transpose(1, 2)
    return _merged(_mix((heads @ key[:, None].mT / key.shape[-1] ** 0.5).softmax(dim=1), value))


@ask.mistake("the softmax runs over the queries")
def _over_queries(query, key, value):
    heads = query.unflatten(-1, (-1, key.shape[-1])).transpose(1, 2)
    return _merged(_mix((heads @ key[:, None].mT / key.shape[-1] ** 0.5).softmax(dim=-2), value))


def _powered(less):
    """Attention by powers, with this function of the scores subtracted from them."""

    def wrong(query, key, value):
        heads = query.unflatten(-1, (-1, key.shape[-1])).transpose(1, 2)
        scores = heads @ key[:, None].mT / key.shape[-1] ** 0.5
        powers = (scores - less(scores)).exp()
        return _merged(_mix(powers / powers.sum(dim=-1, keepdim=True), value))

    return wrong


ask.mistake("e to the power of a large score overflows", _powered(lambda scores: 0))
ask.mistake("the heads are not merged: (B, N, Tq, dv)", lambda q, k, v: _mix(_weights(q, k), v))
ask.mistake(
    "the heads are not laid side by side: (B, Tq, N, dv)",
    lambda q, k, v: _mix(_weights(q, k), v).transpose(1, 2),
)


@ask.mistake("keys and values are split into heads too; here all heads use all of them")
def _keys_split_too(query, key, value):
    heads = query.shape[-1] // key.shape[-1]
    q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (query, key, value))
    return _merged((q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1) @ v)


@ask.mistake("output and weights are returned; the contract asks for the output alone")
def _and_weights(query, key, value):
    weights = _weights(query, key)
    return _merged(_mix(weights, value)), weights


ask.mistake(
    "the mean of the scores is subtracted; some powers still overflow",
    _powered(lambda scores: scores.mean(dim=-1, keepdim=True)),
)
ask.mistake(
    "one maximum of all scores is subtracted; low rows lose all their powers",
    _powered(lambda scores: scores.max()),
)


@ask.mistake("there is no softmax: the scores themselves are the weights")
def _no_softmax(query, key, value):
    heads = query.unflatten(-1, (-1, key.shape[-1])).transpose(1, 2)
    return _merged(_mix(heads @ key[:, None].mT / key.shape[-1] ** 0.5, value))


@ask.mistake("the keys are poured into the transposed shape, not transposed")
def _keys_poured(query, key, value):
    return share_keys(query, key.reshape(len(key), key.shape[2], -1).mT, value)


@ask.mistake("the scores of all heads are added: one map for all of them")
def _scores_added(query, key, value):
    heads = query.unflatten(-1, (-1, key.shape[-1]))
    return (torch.einsum("bqnd,bkd->bqk", heads, key) / key.shape[-1] ** 0.5).softmax(dim=-1) @ value


@ask.mistake("keys and values have no axis for the heads, so that texts are taken for heads")
def _texts_for_heads(query, key, value):
    heads = query.unflatten(-1, (-1, key.shape[-1])).transpose(1, 2)
    return _merged((heads @ key.mT / key.shape[-1] ** 0.5).softmax(dim=-1) @ value)


def _joined_along(axis):
    def wrong(query, key, value):
        heads = query.split(key.shape[-1], dim=-1)
        return torch.cat([share_keys(one, key, value) for one in heads], dim=axis)

    return wrong


ask.mistake("the heads are laid behind each other along the queries", _joined_along(1))
ask.mistake("the heads are laid behind each other along the texts", _joined_along(0))


@ask.mistake("the width of a head is read off the values; it is that of the keys")
def _width_of_values(query, key, value):
    heads = query.unflatten(-1, (-1, value.shape[-1])).transpose(1, 2)
    return _merged(_mix((heads @ key[:, None].mT / key.shape[-1] ** 0.5).softmax(dim=-1), value))


ask.mistake("the keys are handed over: value is never used", lambda q, k, v: share_keys(q, k, k))
ask.mistake("only the first head asks", lambda q, k, v: share_keys(q[..., : k.shape[-1]], k, v))
ask.mistake("axes of size 1 are squeezed away", lambda *given: share_keys(*given).squeeze())
ask.mistake(
    "the result is float32 whatever comes in", lambda *given: share_keys(*(one.float() for one in given))
)
ask.mistake(
    "the result is cut off, so that no gradient flows back", lambda *given: share_keys(*given).detach()
)


@ask.mistake("scores above ten thousand are cut off, so that they become alike")
def _cut_off(query, key, value):
    heads = query.unflatten(-1, (-1, key.shape[-1])).transpose(1, 2)
    scores = (heads @ key[:, None].mT / key.shape[-1] ** 0.5).clamp(-1e4, 1e4)
    return _merged(_mix(scores.softmax(dim=-1), value))


@ask.right
def in_a_loop(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    d = key.shape[-1]
    outputs = []
    for own in query.split(d, dim=-1):  # (B, Tq, d)
        outputs.append((own @ key.mT / d**0.5).softmax(dim=-1) @ value)
    return torch.cat(outputs, dim=-1)


@ask.right
def as_more_rows(query, key, value):
    rows = query.reshape(len(query), -1, key.shape[-1])  # a head is one more question: (B, Tq·N, d)
    return ((rows @ key.mT / key.shape[-1] ** 0.5).softmax(-1) @ value).reshape(*query.shape[:2], -1)


@ask.right
def with_copies(query, key, value):
    heads = query.shape[-1] // key.shape[-1]
    q = torch.stack(query.chunk(heads, dim=-1), dim=1)
    k, v = (one.unsqueeze(1).expand(-1, heads, -1, -1) for one in (key, value))
    found = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    return found.permute(0, 2, 1, 3).reshape(*query.shape[:2], -1)


@ask.right
def by_matrices(query, key, value):
    return _merged(_mix(_weights(query, key), value))
