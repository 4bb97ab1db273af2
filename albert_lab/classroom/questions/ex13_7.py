"""ex13_7: in how many directions can a row of weights change unseen?"""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex13_7",
    title="How free was this map?",
    kind="implement",
    objectives=("LO-13.8",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=3,
    why=(
        "A change is unseen if it solves one equation for each feature and one for the sum; equations that "
        "follow from others take nothing away. That is why equal values leave room in the shortest text, and "
        "why T alone does not decide."
    ),
)

Tensor = torch.Tensor


@ask.reference
def freedom(values: Tensor) -> Tensor:
    with_ones = torch.nn.functional.pad(values, (0, 1), value=1.0)  # (…, T, d + 1)
    return values.shape[-2] - torch.linalg.matrix_rank(with_ones)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, more and fewer tokens than equations, equal values, constant features, edges, layouts."""

    def whole(*shape: int) -> Tensor:
        return draw.integers(-3, 4, *shape).float()

    by_hand = torch.tensor([[[7.0], [14.0], [21.0]], [[7.0], [7.0], [7.0]], [[0.0], [0.0], [5.0]]])
    equal = draw.normal(2, 3, 2, 4)[:, :, torch.tensor([0, 1, 1, 0, 0, 1, 1])]
    constant = draw.normal(3, 7, 4)
    constant[..., 2] = 2.0
    thin = torch.cat([whole(4, 9, 2), torch.zeros(4, 9, 1)], dim=-1)
    doubled = torch.cat([thin, thin[..., :1] + thin[..., 1:2]], dim=-1)
    T, d = draw.integer(8, 20), draw.integer(2, 6)
    few = [whole(1, T, rank) @ whole(1, rank, 6) for rank in (draw.integer(1, 5) for _ in range(4))]
    mixed = draw.normal(2, 3, 8, 3)
    mixed[0, 1], mixed[1, 2, :, 1] = 0.0, 1.0
    return [
        Case("three tokens by hand: the chapter's, equal ones, two equal of three", (by_hand,)),
        Case("more tokens than features", (draw.normal(2, 3, 9, 4),)),
        Case("fewer tokens than features", (draw.normal(2, 4, 3, 6),)),
        Case("as many tokens as features", (draw.normal(4, 5, 5),)),
        Case("one token more than features", (draw.normal(3, 6, 5),)),
        Case("tokens with equal values", (equal,)),
        Case("a feature that is the same for all tokens", (constant,)),
        Case("features that say the same", (doubled,)),
        Case("sizes that differ from time to time", (draw.normal(2, 2, T, d),)),
        Case("heads of which each has its own number of equations", (torch.stack(few),)),
        Case("values of 0", (torch.zeros(2, 5, 3),)),
        Case("heads with other values each", (mixed,)),
        Case("one token", (draw.normal(2, 1, 4),)),
        Case("one feature", (draw.normal(2, 2, 6, 1),)),
        Case("float64", (draw.normal(2, 7, 3, dtype=torch.float64),)),
        Case("values that are not contiguous", (draw.strided(3, 6, 4),)),
        Case("texts, layers and heads in front", (draw.normal(3, 2, 4, 5, 2),)),
        Case("small values", (1e-4 * draw.normal(2, 3, 9, 3, dtype=torch.float64),)),
        Case("smaller values", (2e-5 * draw.normal(2, 3, 9, 3, dtype=torch.float64),)),
        Case("few tokens with equal values", (torch.full((1, 3, 4), 2.5),)),
        Case("as many tokens as equations, and values that are equal", (torch.full((2, 4, 3), -1.5),)),
        Case("few tokens, features that follow from others", (draw.normal(2, 3, 4, 1) * whole(1, 1, 1, 5),)),
        Case("equal values that no float holds exactly", (torch.full((2, 7, 2), 0.1),)),
    ]


@ask.mistake("you count T − d − 1, as if every feature were an equation of its own, and tokens always plenty")
def _counted(values):
    T, d = values.shape[-2:]
    return torch.full(values.shape[:-2], T - d - 1)


@ask.mistake("you count all features as equations, also those that follow from others")
def _counted_from_zero(values):
    return _counted(values).clamp_min(0)


def _rank(values):
    return torch.linalg.matrix_rank(values)


@ask.mistake("the output stays, but the row no longer sums to 1")
def _sum_forgotten(values):
    return values.shape[-2] - _rank(values)


@ask.mistake("you always take the sum for one equation more; the values may fix it already")
def _sum_always_counts(values):
    return values.shape[-2] - _rank(values) - 1


@ask.mistake("you take the sum for one equation more, and hide what falls below 0")
def _sum_counts_but_not_below_zero(values):
    return _sum_always_counts(values).clamp_min(0)


@ask.mistake("the row keeps its sum, but nothing keeps the output")
def _only_the_sum(values):
    return torch.full(values.shape[:-2], values.shape[-2] - 1)


@ask.mistake("you return the number of equations, not of directions that are left")
def _equations(values):
    return values.shape[-2] - freedom(values)


@ask.mistake("you count what is left of the features; the changes are changes of T weights")
def _features_less_rank(values):
    return values.shape[-1] + 1 - _equations(values)


@ask.mistake("the ones stand below the values like a token (or each token's own mean is subtracted)")
def _ones_below(values):
    below = torch.nn.functional.pad(values, (0, 0, 0, 1), value=1.0)
    return values.shape[-2] - _rank(below)


@ask.mistake("the numbers are fractional; whole numbers are asked for")
def _fractions(values):
    return freedom(values).float()


@ask.mistake("you count for all T rows of the map; one row is asked for")
def _whole_map(values):
    return freedom(values) * values.shape[-2]


@ask.mistake("you say whether there is room; asked is how much")
def _yes_or_no(values):
    return freedom(values) > 0


@ask.mistake("you give 1 for room and 0 for none; asked is how much")
def _as_one_or_zero(values):
    return (freedom(values) > 0).long()


@ask.mistake("you add up the heads; each has values of its own")
def _heads_together(values):
    return freedom(values).sum(dim=-1)


@ask.mistake("with no more tokens than equations you give 0, whatever the values are")
def _none_for_few_tokens(values):
    T, d = values.shape[-2:]
    return freedom(values) if d + 1 < T else torch.zeros(values.shape[:-2], dtype=torch.int64)


@ask.mistake("with no more tokens than features you give 0, whatever the values are")
def _none_for_fewer_tokens(values):
    return freedom(values) if values.shape[-2] > values.shape[-1] else 0 * freedom(values)


@ask.mistake("you subtract the mean token, and what rounding leaves of equal values counts as a direction")
def _rounding_counts(values):
    return values.shape[-2] - 1 - _rank(values - values.mean(dim=-2, keepdim=True))


@ask.mistake("a fixed tolerance of 1e-4 or so takes very small values for 0")
def _small_fixed_tolerance(values):
    with_ones = torch.nn.functional.pad(values, (0, 1), value=1.0)
    return values.shape[-2] - torch.linalg.matrix_rank(with_ones, atol=1e-4)


@ask.mistake("you give all heads the number of the least free one")
def _least(values):
    return freedom(values).amin().expand(values.shape[:-2])


@ask.mistake("you count one direction too many")
def _one_more(values):
    return freedom(values) + 1


@ask.mistake("you count the features that follow from others; asked are changes of weights")
def _features_that_follow(values):
    return values.shape[-1] - _rank(values)


@ask.mistake("you count tokens with the value of another one; that is the simplest case only")
def _repeated_tokens(values):
    flat = values.reshape(-1, *values.shape[-2:])
    found = [len(one) - len(one.unique(dim=0)) for one in flat]
    return torch.tensor(found).reshape(values.shape[:-2])


@ask.mistake("there is one number for all heads; each has values of its own")
def _first_head(values):
    return freedom(values).flatten()[0]


@ask.mistake("the whole numbers are int32; int64 is asked for")
def _other_integers(values):
    return freedom(values).int()


@ask.mistake("a fixed tolerance takes small values for 0")
def _fixed_tolerance(values):
    with_ones = torch.nn.functional.pad(values, (0, 1), value=1.0)
    return values.shape[-2] - torch.linalg.matrix_rank(with_ones, tol=1e-3)


@ask.mistake("singular values that are rounding errors are counted, too")
def _no_tolerance(values):
    with_ones = torch.nn.functional.pad(values, (0, 1), value=1.0)
    return values.shape[-2] - (torch.linalg.svdvals(with_ones) > 0).sum(dim=-1)


@ask.mistake("the number of tokens is taken from the second axis; count axes from the end")
def _second_axis(values):
    return values.shape[1] - _equations(values)


@ask.mistake("the number of tokens is taken from the first axis; count axes from the end")
def _first_axis(values):
    return values.shape[0] - _equations(values)


@ask.mistake("the number of features is taken for the number of tokens")
def _width_for_tokens(values):
    return values.shape[-1] - _equations(values)


@ask.mistake("the ones overwrite a feature of the caller's values")
def _last_feature_overwritten(values):
    values[..., -1] = 1
    return _sum_forgotten(values)


@ask.mistake("you subtract one mean of all numbers; each feature has a mean of its own")
def _centred_by_all(values):
    return values.shape[-2] - 1 - _rank(values - values.mean(dim=(-2, -1), keepdim=True))


@ask.mistake("you treat equal values of all tokens as the one exception from T − d − 1; there are others")
def _equal_or_not(values):
    equal = (values == values[..., :1, :]).all(dim=-1).all(dim=-1)
    T, d = values.shape[-2:]
    return torch.where(equal, T - 1, max(T - d - 1, 0))


@ask.right
def with_singular_values(values: Tensor) -> Tensor:
    ones = torch.ones(*values.shape[:-1], 1, dtype=values.dtype)
    sizes = torch.linalg.svdvals(torch.cat([ones, values], dim=-1))  # largest first
    return values.size(-2) - (sizes > 2e-6 * sizes[..., :1]).sum(dim=-1)


@ask.right
def with_differences(values):
    flat = values.reshape(-1, *values.shape[-2:])
    found = [len(one) - 1 - int(_rank(one[1:] - one[:1])) if len(one) > 1 else 0 for one in flat]
    return torch.tensor(found).reshape(values.shape[:-2])


@ask.right
def with_projections(values):
    with_ones = torch.cat([values, torch.ones_like(values[..., :1])], dim=-1).double()
    seen = with_ones @ torch.linalg.pinv(with_ones, rtol=1e-6)  # (…, T, T): what output and sum can notice
    return values.shape[-2] - seen.diagonal(dim1=-2, dim2=-1).sum(dim=-1).round().long()
