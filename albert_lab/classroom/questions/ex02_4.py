"""ex02_4: torch's many heads with your weights, and two mistakes."""

from __future__ import annotations

import torch
from torch import nn

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex02_4",
    title="Texts that listen to each other",
    kind="find the bug",
    objectives=("LO-02.3",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=3,
    why=(
        "torch's module takes the first axis for the tokens unless it is told otherwise, and (B, T, H) has "
        "the right number of axes for both readings. Its bias starts at 0, so one that is not copied makes "
        "no error either."
    ),
)

Tensor, Linear = torch.Tensor, nn.Linear


@ask.reference
def by_torch(query: Linear, key: Linear, value: Linear, dense: Linear, heads: int, x: Tensor) -> Tensor:
    torchs = nn.MultiheadAttention(x.shape[-1], heads, batch_first=True)
    parts = (query, key, value)
    with torch.no_grad():
        torchs.in_proj_weight.copy_(torch.cat([p.weight for p in parts]))
        torchs.in_proj_bias.copy_(torch.cat([p.bias for p in parts]))
        torchs.out_proj.weight.copy_(dense.weight)
        torchs.out_proj.bias.copy_(dense.bias)
    return torchs(x, x, x)[0]


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """A batch, sizes that hide the mistakes, one head, one text, one token, a layout, gradients."""

    def some(x: Tensor, heads: int, *, bias: bool = True) -> tuple:
        H = x.shape[-1]
        parts = [nn.Linear(H, H) for _ in range(4)]
        for part in parts:
            part.weight.data = draw.normal(H, H)
            part.bias.data = draw.normal(H) * bias
        return *parts, heads, x

    return [
        Case("texts, tokens, heads and width all different", some(draw.normal(2, 5, 12), 4)),
        Case("no bias anywhere", some(draw.normal(3, 4, 6), 2, bias=False)),
        Case("as many texts as tokens", some(draw.normal(3, 3, 6), 3)),
        Case("one head", some(draw.normal(2, 3, 4), 1)),
        Case("one text", some(draw.normal(1, 4, 6), 2)),
        Case("one token", some(draw.normal(3, 1, 6), 2)),
        Case("one text of one token", some(draw.normal(1, 1, 4), 2)),
        Case("a tensor that is not contiguous", some(draw.strided(2, 3, 8), 2)),
        Case("gradients flow", some(draw.normal(2, 3, 4) / 4, 2), gradient=True),
    ]


def _made(query, key, value, dense, heads, x, *, turned=True, bias=True):
    """The given function, with either mistake mended or not."""
    torchs = nn.MultiheadAttention(x.shape[-1], heads, batch_first=turned)
    with torch.no_grad():
        torchs.in_proj_weight.copy_(torch.cat([query.weight, key.weight, value.weight]))
        torchs.in_proj_bias.copy_(torch.cat([query.bias, key.bias, value.bias]))
        torchs.out_proj.weight.copy_(dense.weight)
        torchs.out_proj.bias.copy_(dense.bias * bias)
    return torchs(x, x, x)


@ask.mistake("nothing is mended yet: both mistakes are still there")
def _unchanged(query, key, value, dense, heads, x):
    return _made(query, key, value, dense, heads, x, turned=False, bias=False)[0]


@ask.mistake("one mistake is mended; of the learned numbers some still do not arrive in torch's module")
def _only_the_axes(query, key, value, dense, heads, x):
    return _made(query, key, value, dense, heads, x, bias=False)[0]


@ask.mistake("one mistake is mended; torch's module still takes texts for tokens (or turning was done twice)")
def _only_the_bias(query, key, value, dense, heads, x):
    return _made(query, key, value, dense, heads, x, turned=False)[0]


@ask.mistake("the axes are turned on the way in, and not turned back on the way out")
def _turned_once(query, key, value, dense, heads, x):
    return _made(query, key, value, dense, heads, x.transpose(0, 1), turned=False)[0]


@ask.mistake("keys and values are exchanged")
def _keys_and_values_exchanged(query, key, value, dense, heads, x):
    return by_torch(query, value, key, dense, heads, x)


@ask.mistake("queries and keys are exchanged")
def _queries_and_keys_exchanged(query, key, value, dense, heads, x):
    return by_torch(key, query, value, dense, heads, x)


@ask.mistake("dense is applied twice, inside of torch's module and after it")
def _dense_twice(query, key, value, dense, heads, x):
    return dense(by_torch(query, key, value, dense, heads, x))


@ask.mistake("the bias of dense is added twice")
def _bias_twice(query, key, value, dense, heads, x):
    return by_torch(query, key, value, dense, heads, x) + dense.bias


def _turned(part):
    turned = nn.Linear(*part.weight.shape)
    turned.weight.data, turned.bias.data = part.weight.data.T, part.bias.data
    return turned


ask.mistake(
    "the matrix of dense is transposed; both modules keep it in the same way",
    lambda *given: by_torch(*given[:3], _turned(given[3]), *given[4:]),
)


@ask.mistake("dense is not used")
def _no_dense(query, key, value, dense, heads, x):
    same = nn.Linear(x.shape[-1], x.shape[-1])
    same.weight.data, same.bias.data = torch.eye(x.shape[-1]), torch.zeros(x.shape[-1])
    return by_torch(query, key, value, same, heads, x)


@ask.mistake("there is only one head")
def _one_head(query, key, value, dense, heads, x):
    return by_torch(query, key, value, dense, 1, x)


@ask.mistake("output and weights are returned; the contract asks for the output alone")
def _both(query, key, value, dense, heads, x):
    return _made(query, key, value, dense, heads, x)


@ask.mistake("the weights are returned, not the output")
def _weights(query, key, value, dense, heads, x):
    return _made(query, key, value, dense, heads, x)[1]


@ask.mistake("x is added to the output; that is the residual of another chapter")
def _residual(query, key, value, dense, heads, x):
    return x + by_torch(query, key, value, dense, heads, x)


@ask.mistake("the biases of queries, keys and values do not arrive in torch's module")
def _no_input_biases(query, key, value, dense, heads, x):
    torchs = nn.MultiheadAttention(x.shape[-1], heads, batch_first=True)
    with torch.no_grad():
        torchs.in_proj_weight.copy_(torch.cat([query.weight, key.weight, value.weight]))
    torchs.out_proj.load_state_dict(dense.state_dict())
    return torchs(x, x, x)[0]


@ask.mistake("no bias at all arrives in torch's module")
def _no_biases(query, key, value, dense, heads, x):
    for_weights = [nn.Linear(*part.weight.shape) for part in (query, key, value, dense)]
    for own, part in zip(for_weights, (query, key, value, dense), strict=True):
        own.weight.data, own.bias.data = part.weight.data, torch.zeros_like(part.bias)
    return by_torch(*for_weights, heads, x)


@ask.mistake("x goes through query, key and value twice: before torch's module and inside of it")
def _projected_twice(query, key, value, dense, heads, x):
    torchs = nn.MultiheadAttention(x.shape[-1], heads, batch_first=True)
    with torch.no_grad():
        torchs.in_proj_weight.copy_(torch.cat([query.weight, key.weight, value.weight]))
        torchs.in_proj_bias.copy_(torch.cat([query.bias, key.bias, value.bias]))
    torchs.out_proj.load_state_dict(dense.state_dict())
    return torchs(query(x), key(x), value(x))[0]


ask.mistake(
    "the matrices of queries, keys and values are transposed; both modules keep them in the same way",
    lambda query, key, value, *more: by_torch(_turned(query), _turned(key), _turned(value), *more),
)


@ask.mistake("the axes of x are poured into another shape, not turned")
def _axes_poured(query, key, value, dense, heads, x):
    poured = x.reshape(x.shape[1], x.shape[0], -1).transpose(0, 1)
    return by_torch(query, key, value, dense, heads, poured).transpose(0, 1).reshape(x.shape)


@ask.mistake("the axes are turned on the way out, and not on the way in")
def _turned_back_only(query, key, value, dense, heads, x):
    return _made(query, key, value, dense, heads, x, turned=False)[0].transpose(0, 1)


@ask.mistake("all texts are laid end to end as one long text")
def _one_long_text(query, key, value, dense, heads, x):
    return by_torch(query, key, value, dense, heads, x.reshape(1, -1, x.shape[-1])).reshape(x.shape)


ask.mistake(
    "the width of a head is given in place of the number of heads",
    lambda *given: by_torch(*given[:4], given[5].shape[-1] // given[4], given[5]),
)


@ask.mistake("the bias of dense is taken away from the caller's module")
def _dense_emptied(query, key, value, dense, heads, x):
    found = by_torch(query, key, value, dense, heads, x)
    dense.bias.data.zero_()
    return found


ask.mistake("the output is made where gradients are switched off", lambda *given: by_torch(*given).detach())
ask.mistake("axes of size 1 are squeezed away", lambda *given: by_torch(*given).squeeze())


@ask.right
def with_the_axes_turned(query, key, value, dense, heads, x):
    torchs = nn.MultiheadAttention(x.shape[-1], heads)
    rows = torch.cat([query.weight, key.weight, value.weight])
    biases = torch.cat([query.bias, key.bias, value.bias])
    torchs.in_proj_weight.data, torchs.in_proj_bias.data = rows, biases
    torchs.out_proj = dense
    turned = x.transpose(0, 1)  # (T, B, H)
    return torchs(turned, turned, turned, need_weights=False)[0].transpose(0, 1)


@ask.right
def by_hand(query, key, value, dense, heads, x):
    q, k, v = (part(x).unflatten(-1, (heads, -1)).transpose(1, 2) for part in (query, key, value))
    found = (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1) @ v
    return dense(found.transpose(1, 2).flatten(-2))


@ask.right
def head_by_head(query, key, value, dense, heads, x):
    sides = (part(x).chunk(heads, dim=-1) for part in (query, key, value))
    fused = nn.functional.scaled_dot_product_attention
    return dense(torch.cat([fused(q, k, v) for q, k, v in zip(*sides, strict=True)], dim=-1))
