"""ex01_6: a padding mask that lies along the wrong axis."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex01_6",
    title="A mask that hides the wrong thing",
    kind="find the bug",
    objectives=("LO-01.6",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=5,
    rtol=2e-5,
    atol=1e-6,
    why=(
        "Padding is a property of a key: it must not be looked at, whoever looks. So the mask needs its size "
        "of 1 where the queries are, and every row of a text gets the same columns hidden."
    ),
)

Tensor = torch.Tensor


@ask.reference
def padded_weights(scores: Tensor, real: Tensor) -> Tensor:
    allowed = real[:, None, :]  # (B, 1, Tk): the same for every query
    lowest = torch.finfo(scores.dtype).min
    hidden = scores.masked_fill(~allowed, lowest)
    weights = hidden.softmax(dim=-1)
    return weights.masked_fill(~allowed, 0)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, no padding, sizes that hide the mistake and that do not, padding that is loud, nobody real."""
    by_hand = torch.tensor([1.0, 2.0, 4.0]).log().expand(1, 3, 3).clone()
    short = torch.tensor([[True, True, False]])
    lengths = torch.tensor([2, 4, 1])
    square = torch.arange(4) < lengths[:, None]  # (3, 4)
    loud = draw.normal(2, 3, 5) + torch.tensor([0.0, 0, 0, 300, 300])
    low, high = torch.tensor([[-1.0], [1.0]]) * (1000 - draw.integers(0, 40, 2, 30) / 10)
    ends = torch.stack([low, high], dim=-1).reshape(2, 5, 6)  # in turns
    apart = draw.normal(2, 3, 4) + torch.tensor([[900.0], [0.0], [-900.0]])
    front = torch.tensor([[False, False, True, True, True], [True] * 5, [False] * 4 + [True]])
    empty, some = [False] * 4, [True, True, False, True]
    return [
        Case("the third key is padding, by hand", (by_hand, short)),
        Case("no padding", (draw.normal(2, 4, 4), torch.ones(2, 4, dtype=torch.bool))),
        Case("texts of 2, 4 and 1 tokens in a box of 4", (2 * draw.normal(3, 4, 4), square)),
        Case("more keys than queries", (2 * draw.normal(2, 3, 5), draw.mask(2, 5, share=0.5))),
        Case("as many texts as queries and keys", (2 * draw.normal(4, 4, 4), draw.mask(4, 4, share=0.5))),
        Case("padding in front", (2 * draw.normal(3, 2, 5), front)),
        Case("padding with by far the highest scores", (loud, torch.tensor([[True] * 3 + [False] * 2] * 2))),
        Case(
            "real tokens with low scores",
            (draw.normal(2, 4, 3) - 400, torch.tensor([[True, False, True]] * 2)),
        ),
        Case("real tokens near −1000, padding near 1000", (ends, torch.tensor([[True, False] * 3] * 2))),
        Case(
            "real tokens and padding near −1000", (-ends.abs(), torch.tensor([[False, True, True] * 2] * 2))
        ),
        Case(
            "queries with scores around 900, 0 and −900",
            (apart, torch.tensor([[True, True, False, True]] * 2)),
        ),
        Case(
            "a text without a real token",
            (draw.normal(2, 3, 4), torch.tensor([[True, True, False, False], empty])),
        ),
        Case(
            "texts without a real token first and in between",
            (2 * draw.normal(5, 3, 4), torch.tensor([empty, some, empty, empty, some])),
        ),
        Case("float64 stays float64", (draw.normal(2, 3, 4, dtype=torch.float64), draw.mask(2, 4))),
        Case("scores that are not contiguous", (draw.strided(2, 5, 3), draw.mask(2, 3, share=0.4))),
        Case("gradients flow", (draw.normal(2, 3, 4), draw.mask(2, 4, share=0.5)), gradient=True),
        Case(
            "gradients flow beside a text without a real token",
            (draw.normal(3, 2, 4), torch.tensor([some, empty, some])),
            gradient=True,
        ),
    ]


@ask.mistake("the mask still lies along the queries: rows are emptied, and padding is looked at")
def _unchanged(scores: Tensor, real: Tensor) -> Tensor:
    allowed = real[:, :, None]
    lowest = torch.finfo(scores.dtype).min
    hidden = scores.masked_fill(~allowed, lowest)
    weights = hidden.softmax(dim=-1)
    return weights.masked_fill(~allowed, 0)


ask.mistake(
    "the mask is turned round: real tokens are hidden and padding is seen",
    lambda scores, real: padded_weights(scores, ~real),
)


@ask.mistake("the rows of padding are emptied too; padding may look, it is only never looked at")
def _queries_too(scores, real):
    allowed = real[:, None, :] & real[:, :, None]
    weights = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(dim=-1)
    return weights.masked_fill(~allowed, 0)


ask.mistake(
    "a text in which nothing is real gives nan; it should give zeros",
    lambda scores, real: scores.masked_fill(~real[:, None, :], -torch.inf).softmax(dim=-1),
)


@ask.mistake("a text in which nothing is real shares its weight among padding; it should give zeros")
def _lowest(scores, real):
    return scores.masked_fill(~real[:, None, :], torch.finfo(scores.dtype).min).softmax(dim=-1)


ask.mistake(
    "a text in which nothing is real gives the weights without a mask; it should give zeros",
    lambda scores, real: (scores - 10_000 * (~real[:, None, :])).softmax(dim=-1),
)


@ask.mistake("the scores are masked along the queries, and only the weights along the keys")
def _first_wrong_only(scores, real):
    weights = scores.masked_fill(~real[:, :, None], torch.finfo(scores.dtype).min).softmax(dim=-1)
    return weights.masked_fill(~real[:, None, :], 0)


ask.mistake(
    "the weights are masked after the softmax, so that the rest no longer sums to 1",
    lambda scores, real: scores.softmax(dim=-1) * real[:, None, :],
)


def _shared_out(least):
    def wrong(scores, real):
        weights = scores.softmax(dim=-1) * real[:, None, :]
        return weights / weights.sum(dim=-1, keepdim=True).clamp(min=least)

    return wrong


ask.mistake(
    "the weights are masked after the softmax and shared out anew; where padding had all of them "
    "nothing is left to share",
    _shared_out(0),
)
ask.mistake(
    "padding counts before it is masked, in the softmax or in a maximum; where its scores are by far "
    "the highest, nothing is left to share, and the row is empty",
    _shared_out(1e-9),
)


@ask.mistake("hidden scores are set to 0, and e⁰ = 1 still counts in the sum")
def _score_zero(scores, real):
    allowed = real[:, None, :]
    return (scores * allowed).softmax(dim=-1).masked_fill(~allowed, 0)


ask.mistake(
    "hidden scores are set to 0, so that padding gets an ordinary share",
    lambda scores, real: (scores * real[:, None, :]).softmax(dim=-1),
)


def _filled_with(number):
    def wrong(scores, real):
        allowed = real[:, None, :]
        return scores.masked_fill(~allowed, number).softmax(dim=-1).masked_fill(~allowed, 0)

    return wrong


ask.mistake(
    "the number in place of hidden scores is not low enough for scores that are low", _filled_with(-100.0)
)


@ask.mistake("the mask has no axis of its own for the queries: texts stand where queries belong")
def _no_text_axis(scores, real):
    weights = scores.masked_fill(~real, torch.finfo(scores.dtype).min).softmax(dim=-1)
    return weights.masked_fill(~real, 0)


ask.mistake(
    "the mask of the first text is used for all texts",
    lambda scores, real: padded_weights(scores, real[:1].expand_as(real)),
)


@ask.mistake("the softmax runs over the queries")
def _over_queries(scores, real):
    hidden = scores.masked_fill(~real[:, None, :], torch.finfo(scores.dtype).min)
    return hidden.softmax(dim=-2).masked_fill(~real[:, None, :], 0)


ask.mistake(
    "the box is cut off behind the longest text: the shape is another one",
    lambda x, real: padded_weights(x[..., : real.sum(-1).max()], real[:, : real.sum(-1).max()]),
)


@ask.mistake("the caller's scores are changed in place")
def _in_place(scores, real):
    scores.masked_fill_(~real[:, None, :], torch.finfo(scores.dtype).min)
    return scores.softmax(dim=-1).masked_fill(~real[:, None, :], 0)


ask.mistake("the mask is not used at all", lambda scores, real: scores.softmax(dim=-1))


@ask.mistake("of the two masks only the one of the scores is turned round")
def _scores_turned_round(scores, real):
    hidden = scores.masked_fill(real[:, None, :], torch.finfo(scores.dtype).min)
    return hidden.softmax(dim=-1).masked_fill(~real[:, None, :], 0)


@ask.mistake("of the two masks only the one of the weights is turned round")
def _weights_turned_round(scores, real):
    hidden = scores.masked_fill(~real[:, None, :], torch.finfo(scores.dtype).min)
    return hidden.softmax(dim=-1).masked_fill(real[:, None, :], 0)


@ask.mistake("powers of raw scores are summed, which are infinite or 0 for large ones")
def _powers_overflow(scores, real):
    powers = scores.exp() * real[:, None, :]
    return powers / powers.sum(dim=-1, keepdim=True).clamp(min=1e-30)


@ask.mistake("powers of raw scores overflow, and the nan that they leave is replaced")
def _powers_repaired(scores, real):
    powers = scores.exp() * real[:, None, :]
    return (powers / powers.sum(dim=-1, keepdim=True)).nan_to_num()


ask.mistake(
    "queries that are padding are hidden too, and their rows share evenly among all keys",
    lambda x, real: x.masked_fill(~(real[:, None] & real[..., None]), -1e9).softmax(dim=-1),
)


@ask.mistake("copies of the mask are laid out so that texts get masks of other texts")
def _mask_repeated(scores, real):
    allowed = real.repeat(scores.shape[1], 1).reshape(scores.shape)
    return scores.masked_fill(~allowed, -1e9).softmax(dim=-1).masked_fill(~allowed, 0)


@ask.mistake("the real keys are counted and taken to stand in front")
def _only_counted(scores, real):
    lengths = real.sum(dim=-1, keepdim=True)
    return padded_weights(scores, torch.arange(real.shape[-1]) < lengths)


@ask.mistake("one maximum of the whole box is subtracted; low rows lose all their powers")
def _one_maximum(scores, real):
    allowed = real[:, None, :]
    hidden = scores.masked_fill(~allowed, -1e6)
    powers = (hidden - hidden.max()).exp() * allowed
    return powers / (powers.sum(dim=-1, keepdim=True) + 1e-30)


ask.mistake(
    "the number in place of hidden scores is the lowest that a real score may have", _filled_with(-1000.0)
)


@ask.mistake("what is subtracted from hidden scores does not bring high ones below low ones")
def _added_too_little(scores, real):
    allowed = real[:, None, :]
    return (scores - 1000 * (~allowed)).softmax(dim=-1).masked_fill(~allowed, 0)


@ask.mistake("texts behind the first one without a real token are left at 0: the loop ends there")
def _stops_at_an_empty_text(scores, real):
    result = torch.zeros_like(scores)
    for one, keys in enumerate(real):
        if not keys.any():
            break
        result[one] = padded_weights(scores[one : one + 1], keys[None])[0]
    return result


@ask.mistake("−∞ is added, and the nan of a text without a real token is replaced: its gradients stay nan")
def _nan_left_in_gradients(scores, real):
    hidden = torch.zeros_like(real, dtype=scores.dtype).masked_fill(~real, -torch.inf)
    return (scores + hidden[:, None, :]).softmax(dim=-1).nan_to_num(0.0)


@ask.mistake("a small number stands in the denominator too, and the rows sum to less than 1")
def _denominator_too_large(scores, real):
    powers = (scores - scores.masked_fill(~real[:, None], -1e6).amax(-1, keepdim=True)).clamp(max=0).exp()
    powers = powers * real[:, None]
    return powers / (powers.sum(dim=-1, keepdim=True) + 1e-4)


ask.mistake("axes of size 1 are squeezed away", lambda scores, real: padded_weights(scores, real).squeeze())
ask.mistake("the result is float32 whatever comes in", lambda x, real: padded_weights(x.float(), real))
ask.mistake("no gradient flows back: the result is cut off", lambda x, real: padded_weights(x, real).detach())


@ask.right
def text_by_text(scores: Tensor, real: Tensor) -> Tensor:
    result = torch.zeros_like(scores)
    for one, keys in enumerate(real):
        if keys.any():
            result[one][:, keys] = scores[one][:, keys].softmax(dim=-1)
    return result


@ask.right
def with_nan_removed(scores, real):
    return scores.masked_fill(~real.unsqueeze(1), float("-inf")).softmax(-1).nan_to_num(0.0)


@ask.right
def with_where(scores, real):
    allowed = real[:, None].expand(scores.shape)
    weights = torch.where(allowed, scores, torch.tensor(-1e9, dtype=scores.dtype)).softmax(dim=2)
    return torch.where(allowed, weights, torch.zeros_like(weights))


@ask.right
def with_a_factor(scores, real):
    allowed = real[:, None, :].to(scores.dtype)
    return (scores + (1 - allowed) * -10_000).softmax(dim=-1) * allowed


@ask.right
def with_powers(scores, real):
    allowed = real[:, None, :]
    hidden = scores.masked_fill(~allowed, -1e6)
    powers = (hidden - hidden.amax(dim=-1, keepdim=True)).exp() * allowed
    return powers / powers.sum(dim=-1, keepdim=True).clamp(min=1)
