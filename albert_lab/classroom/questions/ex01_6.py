"""ex01_6: a padding mask that lies along the wrong axis."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question

Tensor = torch.Tensor


def padded_weights(scores: Tensor, real: Tensor) -> Tensor:
    allowed = real[:, None, :]  # (B, 1, Tk): the same for every query
    lowest = torch.finfo(scores.dtype).min
    hidden = scores.masked_fill(~allowed, lowest)
    weights = hidden.softmax(dim=-1)
    return weights.masked_fill(~allowed, 0)


def cases(draw: Draw) -> list[Case]:
    """By hand, no padding, sizes that hide the mistake and that do not, padding that is loud, nobody real."""
    by_hand = torch.tensor([1.0, 2.0, 4.0]).log().expand(1, 3, 3).clone()
    short = torch.tensor([[True, True, False]])
    lengths = torch.tensor([2, 4, 1])
    square = torch.arange(4) < lengths[:, None]  # (3, 4)
    loud = draw.normal(2, 3, 5) + torch.tensor([0.0, 0, 0, 300, 300])
    front = torch.tensor([[False, False, True, True, True], [True] * 5, [False] * 4 + [True]])
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
        Case(
            "a text without a real token",
            (draw.normal(2, 3, 4), torch.tensor([[True, True, False, False], [False] * 4])),
        ),
        Case("float64 stays float64", (draw.normal(2, 3, 4, dtype=torch.float64), draw.mask(2, 4))),
        Case("scores that are not contiguous", (draw.strided(2, 5, 3), draw.mask(2, 3, share=0.4))),
        Case("gradients flow", (draw.normal(2, 3, 4), draw.mask(2, 4, share=0.5)), gradient=True),
    ]


def _unchanged(scores: Tensor, real: Tensor) -> Tensor:
    allowed = real[:, :, None]
    lowest = torch.finfo(scores.dtype).min
    hidden = scores.masked_fill(~allowed, lowest)
    weights = hidden.softmax(dim=-1)
    return weights.masked_fill(~allowed, 0)


def _turned_round(scores, real):
    return padded_weights(scores, ~real)


def _queries_too(scores, real):
    allowed = real[:, None, :] & real[:, :, None]
    weights = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(dim=-1)
    return weights.masked_fill(~allowed, 0)


def _infinite(scores, real):
    return scores.masked_fill(~real[:, None, :], -torch.inf).softmax(dim=-1)


def _lowest(scores, real):
    return scores.masked_fill(~real[:, None, :], torch.finfo(scores.dtype).min).softmax(dim=-1)


def _added(scores, real):
    return (scores - 10_000 * (~real[:, None, :])).softmax(dim=-1)


def _first_wrong_only(scores, real):
    weights = scores.masked_fill(~real[:, :, None], torch.finfo(scores.dtype).min).softmax(dim=-1)
    return weights.masked_fill(~real[:, None, :], 0)


def _afterwards(scores, real):
    return scores.softmax(dim=-1) * real[:, None, :]


def _shared_out_again(scores, real):
    weights = scores.softmax(dim=-1) * real[:, None, :]
    return weights / weights.sum(dim=-1, keepdim=True)


def _shared_out_carefully(scores, real):
    weights = scores.softmax(dim=-1) * real[:, None, :]
    return weights / weights.sum(dim=-1, keepdim=True).clamp(min=1e-9)


def _score_zero(scores, real):
    allowed = real[:, None, :]
    return (scores * allowed).softmax(dim=-1).masked_fill(~allowed, 0)


def _score_zero_and_left(scores, real):
    return (scores * real[:, None, :]).softmax(dim=-1)


def _not_low_enough(scores, real):
    allowed = real[:, None, :]
    return scores.masked_fill(~allowed, -100.0).softmax(dim=-1).masked_fill(~allowed, 0)


def _no_text_axis(scores, real):
    weights = scores.masked_fill(~real, torch.finfo(scores.dtype).min).softmax(dim=-1)
    return weights.masked_fill(~real, 0)


def _first_text(scores, real):
    return padded_weights(scores, real[:1].expand_as(real))


def _over_queries(scores, real):
    allowed = real[:, None, :]
    weights = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(dim=-2)
    return weights.masked_fill(~allowed, 0)


def _cut_off(scores, real):
    longest = int(real.sum(dim=-1).max())
    return padded_weights(scores[..., :longest], real[:, :longest])


def _in_place(scores, real):
    scores.masked_fill_(~real[:, None, :], torch.finfo(scores.dtype).min)
    return scores.softmax(dim=-1).masked_fill(~real[:, None, :], 0)


def _forgotten(scores, real):
    return scores.softmax(dim=-1)


def _scores_turned_round(scores, real):
    hidden = scores.masked_fill(real[:, None, :], torch.finfo(scores.dtype).min)
    return hidden.softmax(dim=-1).masked_fill(~real[:, None, :], 0)


def _weights_turned_round(scores, real):
    hidden = scores.masked_fill(~real[:, None, :], torch.finfo(scores.dtype).min)
    return hidden.softmax(dim=-1).masked_fill(real[:, None, :], 0)


def _powers_overflow(scores, real):
    powers = scores.exp() * real[:, None, :]
    return powers / powers.sum(dim=-1, keepdim=True).clamp(min=1e-30)


def text_by_text(scores: Tensor, real: Tensor) -> Tensor:
    result = torch.zeros_like(scores)
    for one, keys in enumerate(real):
        if keys.any():
            result[one][:, keys] = scores[one][:, keys].softmax(dim=-1)
    return result


def with_nan_removed(scores, real):
    return scores.masked_fill(~real.unsqueeze(1), float("-inf")).softmax(-1).nan_to_num(0.0)


def with_where(scores, real):
    allowed = real[:, None].expand(scores.shape)
    weights = torch.where(allowed, scores, torch.tensor(-1e9, dtype=scores.dtype)).softmax(dim=2)
    return torch.where(allowed, weights, torch.zeros_like(weights))


def with_a_factor(scores, real):
    allowed = real[:, None, :].to(scores.dtype)
    return (scores + (1 - allowed) * -10_000).softmax(dim=-1) * allowed


def with_powers(scores, real):
    allowed = real[:, None, :]
    hidden = scores.masked_fill(~allowed, -1e6)
    powers = (hidden - hidden.amax(dim=-1, keepdim=True)).exp() * allowed
    return powers / powers.sum(dim=-1, keepdim=True).clamp(min=1)


QUESTION = Question(
    id="ex01_6",
    title="A mask that hides the wrong thing",
    kind="find the bug",
    objectives=("LO-01.6",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=5,
    reference=padded_weights,
    cases=cases,
    mistakes=(
        Mistake(
            "the mask still lies along the queries: rows are emptied, and padding is looked at", _unchanged
        ),
        Mistake("the mask is turned round: real tokens are hidden and padding is seen", _turned_round),
        Mistake(
            "the rows of padding are emptied too; padding may look, it is only never looked at", _queries_too
        ),
        Mistake("a text in which nothing is real gives nan; it should give zeros", _infinite),
        Mistake(
            "a text in which nothing is real shares its weight among padding; it should give zeros", _lowest
        ),
        Mistake(
            "a text in which nothing is real gives the weights without a mask; it should give zeros", _added
        ),
        Mistake(
            "the scores are masked along the queries, and only the weights along the keys", _first_wrong_only
        ),
        Mistake(
            "the weights are masked after the softmax, so that the rest no longer sums to 1", _afterwards
        ),
        Mistake(
            "the weights are masked after the softmax and shared out anew; where padding had all of them "
            "nothing is left to share",
            _shared_out_again,
        ),
        Mistake(
            "the weights are masked after the softmax and divided by a sum that is kept from being 0; where "
            "padding had all of them the row is empty",
            _shared_out_carefully,
        ),
        Mistake("hidden scores are set to 0, and e⁰ = 1 still counts in the sum", _score_zero),
        Mistake("hidden scores are set to 0, so that padding gets an ordinary share", _score_zero_and_left),
        Mistake(
            "the number in place of hidden scores is not low enough for scores that are low", _not_low_enough
        ),
        Mistake(
            "the mask has no axis of its own for the queries: texts stand where queries belong", _no_text_axis
        ),
        Mistake("the mask of the first text is used for all texts", _first_text),
        Mistake("the softmax runs over the queries", _over_queries),
        Mistake("the box is cut off behind the longest text: the shape is another one", _cut_off),
        Mistake("the caller's scores are changed in place", _in_place),
        Mistake("the mask is not used at all", _forgotten),
        Mistake("of the two masks only the one of the scores is turned round", _scores_turned_round),
        Mistake("of the two masks only the one of the weights is turned round", _weights_turned_round),
        Mistake("powers of raw scores are summed, which are infinite or 0 for large ones", _powers_overflow),
    ),
    right=(text_by_text, with_nan_removed, with_where, with_a_factor, with_powers),
    why=(
        "Padding is a property of a key: it must not be looked at, whoever looks. So the mask needs its size "
        "of 1 where the queries are, and every row of a text gets the same columns hidden."
    ),
)
