"""ex02_5: the output without one head."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex02_5",
    title="Take one head away",
    kind="implement",
    objectives=("LO-02.4",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "What dense makes of heads side by side is a sum with a term for each head, and the bias. A head of "
        "zeros has a term of zero, so nothing else changes: not the other terms, and not the bias."
    ),
)

Tensor, Linear = torch.Tensor, torch.nn.Linear


@ask.reference
def without_head(heads: Tensor, dense: Linear, n: int) -> Tensor:
    others = torch.arange(heads.shape[1]) != n  # (N,)
    return dense((heads * others[:, None, None]).transpose(1, 2).flatten(-2))


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, each place of a head, sizes that fit by accident, one head, one token, layouts, gradients."""
    by_hand = torch.nn.Linear(2, 2)
    by_hand.weight.data = torch.tensor([[1.0, 10.0], [2.0, 20.0]])
    by_hand.bias.data = torch.tensor([100.0, 300.0])

    def some(B: int, N: int, T: int, d: int, out: int, n: int, dtype=torch.float32) -> tuple:
        dense = torch.nn.Linear(N * d, out, dtype=dtype)
        dense.weight.data = draw.normal(out, N * d, dtype=dtype)
        dense.bias.data = 3 * draw.normal(out, dtype=dtype)
        return draw.normal(B, N, T, d, dtype=dtype), dense, n

    strided = some(2, 3, 4, 5, 6, 1)
    return [
        Case("3 and 5 by hand, without head 1", (torch.tensor([3.0, 5.0]).reshape(1, 2, 1, 1), by_hand, 1)),
        Case("all sizes different, a head in the middle", some(2, 4, 3, 5, 7, 2)),
        Case("the first head", some(2, 3, 5, 2, 6, 0)),
        Case("the last head", some(3, 4, 2, 3, 12, 3)),
        Case("texts, heads, tokens and d all 3", some(3, 3, 3, 3, 9, 1)),
        Case("one head: what is left is the bias", some(2, 1, 3, 4, 4, 0)),
        Case("heads of one feature", some(2, 5, 3, 1, 5, 2)),
        Case("one token", some(2, 3, 1, 4, 12, 2)),
        Case("float64 stays float64", some(1, 2, 3, 2, 4, 1, torch.float64)),
        Case("heads that are not contiguous", (draw.strided(2, 3, 4, 5), *strided[1:])),
        Case("gradients flow", some(2, 3, 2, 2, 6, 0), gradient=True),
    ]


def _side_by_side(heads):
    return heads.transpose(1, 2).flatten(-2)


@ask.mistake("no head is missing")
def _all_heads(heads, dense, n):
    return dense(_side_by_side(heads))


@ask.mistake("the caller's heads are set to 0 in place: the next head is taken away from what is left")
def _in_place(heads, dense, n):
    heads[:, n] = 0
    return dense(_side_by_side(heads))


@ask.mistake("the weights of dense are changed: the network stays damaged afterwards")
def _weights_in_place(heads, dense, n):
    d = heads.shape[-1]
    dense.weight.data[:, n * d : (n + 1) * d] = 0
    return dense(_side_by_side(heads))


def _silenced(heads, n):
    kept = heads.clone()
    kept[:, n] = 0
    return kept


@ask.mistake("the bias is lost: it was left out, or subtracted together with the head")
def _bias_lost(heads, dense, n):
    return _side_by_side(_silenced(heads, n)) @ dense.weight.T


@ask.mistake("this is what head n writes alone, with the bias")
def _alone(heads, dense, n):
    return dense(_side_by_side(heads - _silenced(heads, n)))


@ask.mistake("this is what head n writes alone, without the bias")
def _alone_without_bias(heads, dense, n):
    return _side_by_side(heads - _silenced(heads, n)) @ dense.weight.T


@ask.mistake("the other heads are made larger to fill the gap, as in dropout")
def _scaled_up(heads, dense, n):
    count = heads.shape[1]
    return dense(_side_by_side(_silenced(heads, n)) * count / max(count - 1, 1))


@ask.mistake("the heads are counted from 1")
def _counted_from_one(heads, dense, n):
    return without_head(heads, dense, n - 1 if n else heads.shape[1] - 1)


@ask.mistake("the heads are poured side by side, without bringing them behind the tokens")
def _poured(heads, dense, n):
    kept = _silenced(heads, n)
    return dense(kept.reshape(len(kept), kept.shape[2], -1))


@ask.mistake("a token is silenced, not a head")
def _token(heads, dense, n):
    kept = heads.clone()
    kept[:, :, n] = 0
    return dense(_side_by_side(kept))


@ask.mistake("a text is silenced, not a head")
def _text(heads, dense, n):
    kept = heads.clone()
    kept[n] = 0
    return dense(_side_by_side(kept))


@ask.mistake("one feature of every head is silenced")
def _feature(heads, dense, n):
    kept = heads.clone()
    kept[..., n] = 0
    return dense(_side_by_side(kept))


@ask.mistake("one of the features is silenced; a head owns d of them")
def _one_column(heads, dense, n):
    kept = _side_by_side(heads).clone()
    kept[..., n] = 0
    return dense(kept)


@ask.mistake("every N-th feature is silenced; a head owns d neighbouring ones")
def _every_nth(heads, dense, n):
    kept = _side_by_side(heads).clone()
    kept[..., n :: heads.shape[1]] = 0
    return dense(kept)


@ask.mistake("features are cut from the output of dense, where all heads are mixed already")
def _outputs_cut(heads, dense, n):
    d = heads.shape[-1]
    found = dense(_side_by_side(heads)).clone()
    found[..., n * d : (n + 1) * d] = 0
    return found


@ask.mistake("the head is replaced by its mean over the tokens; it still writes")
def _mean(heads, dense, n):
    kept = heads.clone()
    kept[:, n] = heads[:, n].mean(dim=1, keepdim=True)
    return dense(_side_by_side(kept))


@ask.mistake("the head is left out, so that the features no longer fit dense")
def _left_out(heads, dense, n):
    kept = torch.cat([heads[:, :n], heads[:, n + 1 :]], dim=1)
    return dense(_side_by_side(kept))


@ask.mistake("the heads behind it have moved up and use their neighbours' part of W_O")
def _moved_up(heads, dense, n):
    kept = torch.cat([heads[:, :n], heads[:, n + 1 :], torch.zeros_like(heads[:, :1])], dim=1)
    return dense(_side_by_side(kept))


@ask.mistake("the heads stand side by side, and dense was not applied")
def _not_mixed(heads, dense, n):
    return _side_by_side(_silenced(heads, n))


@ask.mistake("head n and all behind it are silenced")
def _from_here_on(heads, dense, n):
    kept = heads.clone()
    kept[:, n:] = 0
    return dense(_side_by_side(kept))


@ask.mistake("the features of a head are counted in steps of N, not of d")
def _steps_of_heads(heads, dense, n):
    kept, count = _side_by_side(heads).clone(), heads.shape[1]
    kept[..., n * count : (n + 1) * count] = 0
    return dense(kept)


@ask.mistake("rows of the matrix of dense are silenced, and a row makes an output")
def _rows_of_weight(heads, dense, n):
    d, weight = heads.shape[-1], dense.weight.clone()
    weight[n * d : (n + 1) * d] = 0
    return _side_by_side(heads) @ weight.T + dense.bias


@ask.mistake("the matrix of dense is used without turning it round")
def _weight_turned(heads, dense, n):
    return _side_by_side(_silenced(heads, n)) @ dense.weight + dense.bias


@ask.mistake("dense is applied to each of the other heads, so that its bias is added each time")
def _bias_for_each(heads, dense, n):
    found = without_head(heads, dense, n)
    return found + max(heads.shape[1] - 2, 0) * dense.bias


@ask.mistake("the heads are merged feature by feature, not side by side")
def _features_outside(heads, dense, n):
    return dense(_silenced(heads, n).permute(0, 2, 3, 1).flatten(-2))


@ask.mistake("the head is replaced by the mean of all heads; it still writes")
def _mean_of_heads(heads, dense, n):
    kept = heads.clone()
    kept[:, n] = heads.mean(dim=1)
    return dense(_side_by_side(kept))


@ask.mistake("the head is silenced in the first text only")
def _first_text(heads, dense, n):
    kept = heads.clone()
    kept[0, n] = 0
    return dense(_side_by_side(kept))


@ask.mistake("a mask of the N heads is laid along the tokens")
def _mask_of_tokens(heads, dense, n):
    others = torch.arange(heads.shape[1]) != n
    return dense(_side_by_side(heads * others[:, None]))


ask.mistake("axes of size 1 are squeezed away", lambda *given: without_head(*given).squeeze())
ask.mistake(
    "the result is cut off, so that no gradient flows back", lambda *given: without_head(*given).detach()
)


@ask.right
def with_a_sum(heads: Tensor, dense: Linear, n: int) -> Tensor:
    d = heads.shape[-1]
    found = dense.bias.expand(heads.shape[0], heads.shape[2], -1)
    for other in range(heads.shape[1]):
        if other != n:
            found = found + heads[:, other] @ dense.weight[:, other * d : (other + 1) * d].T
    return found


@ask.right
def by_subtraction(heads, dense, n):
    d = heads.shape[-1]
    own = dense.weight[:, n * d : (n + 1) * d]
    return dense(heads.permute(0, 2, 1, 3).reshape(len(heads), heads.shape[2], -1)) - heads[:, n] @ own.T


@ask.right
def by_einsum(heads, dense, n):
    rows_of = dense.weight.unflatten(1, (heads.shape[1], -1))  # (H, N, d)
    written = torch.einsum("bntd,hnd->bnth", heads, rows_of)
    return written.sum(dim=1) - written[:, n] + dense.bias


@ask.right
def with_a_copy(heads, dense, n):
    return dense(_side_by_side(_silenced(heads, n)))
