"""ex13_7: in how many directions can a row of weights change unseen?"""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question

Tensor = torch.Tensor


def freedom(values: Tensor) -> Tensor:
    with_ones = torch.nn.functional.pad(values, (0, 1), value=1.0)  # (…, T, d + 1)
    return values.shape[-2] - torch.linalg.matrix_rank(with_ones)


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
    ]


def _rank(values):
    return torch.linalg.matrix_rank(values)


def _counted(values):
    T, d = values.shape[-2:]
    return torch.full(values.shape[:-2], T - d - 1)


def _counted_from_zero(values):
    return _counted(values).clamp_min(0)


def _sum_forgotten(values):
    return values.shape[-2] - _rank(values)


def _sum_always_counts(values):
    return values.shape[-2] - _rank(values) - 1


def _sum_counts_but_not_below_zero(values):
    return _sum_always_counts(values).clamp_min(0)


def _only_the_sum(values):
    return torch.full(values.shape[:-2], values.shape[-2] - 1)


def _equations(values):
    return values.shape[-2] - freedom(values)


def _features_less_rank(values):
    return values.shape[-1] + 1 - _equations(values)


def _ones_below(values):
    below = torch.nn.functional.pad(values, (0, 0, 0, 1), value=1.0)
    return values.shape[-2] - _rank(below)


def _fractions(values):
    return freedom(values).float()


def _whole_map(values):
    return freedom(values) * values.shape[-2]


def _yes_or_no(values):
    return freedom(values) > 0


def _as_one_or_zero(values):
    return (freedom(values) > 0).long()


def _heads_together(values):
    return freedom(values).sum(dim=-1)


def _least(values):
    return freedom(values).amin().expand(values.shape[:-2])


def _one_more(values):
    return freedom(values) + 1


def _features_that_follow(values):
    return values.shape[-1] - _rank(values)


def _repeated_tokens(values):
    flat = values.reshape(-1, *values.shape[-2:])
    found = [len(one) - len(one.unique(dim=0)) for one in flat]
    return torch.tensor(found).reshape(values.shape[:-2])


def _first_head(values):
    return freedom(values).flatten()[0]


def _other_integers(values):
    return freedom(values).int()


def _fixed_tolerance(values):
    with_ones = torch.nn.functional.pad(values, (0, 1), value=1.0)
    return values.shape[-2] - torch.linalg.matrix_rank(with_ones, tol=1e-3)


def _no_tolerance(values):
    with_ones = torch.nn.functional.pad(values, (0, 1), value=1.0)
    return values.shape[-2] - (torch.linalg.svdvals(with_ones) > 0).sum(dim=-1)


def _second_axis(values):
    return values.shape[1] - _equations(values)


def _first_axis(values):
    return values.shape[0] - _equations(values)


def _width_for_tokens(values):
    return values.shape[-1] - _equations(values)


def _last_feature_overwritten(values):
    values[..., -1] = 1
    return _sum_forgotten(values)


def _centred_by_all(values):
    return values.shape[-2] - 1 - _rank(values - values.mean(dim=(-2, -1), keepdim=True))


def _equal_or_not(values):
    equal = (values == values[..., :1, :]).all(dim=-1).all(dim=-1)
    T, d = values.shape[-2:]
    return torch.where(equal, T - 1, max(T - d - 1, 0))


def with_centred_values(values: Tensor) -> Tensor:
    centred = values - values.mean(dim=-2, keepdim=True)  # what moving weight from token to token changes
    return values.shape[-2] - 1 - torch.linalg.matrix_rank(centred)


def with_singular_values(values):
    ones = torch.ones(*values.shape[:-1], 1, dtype=values.dtype)
    sizes = torch.linalg.svdvals(torch.cat([ones, values], dim=-1))
    return values.size(-2) - (sizes > 1e-5 * sizes[..., :1]).sum(dim=-1)


def with_differences(values):
    flat = values.reshape(-1, *values.shape[-2:])
    found = [len(one) - 1 - int(_rank(one[1:] - one[:1])) if len(one) > 1 else 0 for one in flat]
    return torch.tensor(found).reshape(values.shape[:-2])


def with_projections(values):
    with_ones = torch.cat([values, torch.ones_like(values[..., :1])], dim=-1).double()
    seen = with_ones @ torch.linalg.pinv(with_ones, rtol=1e-6)  # (…, T, T): what output and sum can notice
    return values.shape[-2] - seen.diagonal(dim1=-2, dim2=-1).sum(dim=-1).round().long()


QUESTION = Question(
    id="ex13_7",
    title="How free was this map?",
    kind="implement",
    objectives=("LO-13.8",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=3,
    reference=freedom,
    cases=cases,
    mistakes=(
        Mistake(
            "you count T − d − 1, as if every feature were an equation of its own, and tokens always plenty",
            _counted,
        ),
        Mistake(
            "you count all features as equations, also those that follow from others", _counted_from_zero
        ),
        Mistake("the output stays, but the row no longer sums to 1", _sum_forgotten),
        Mistake(
            "you always take the sum for one equation more; the values may fix it already", _sum_always_counts
        ),
        Mistake(
            "you take the sum for one equation more, and hide what falls below 0",
            _sum_counts_but_not_below_zero,
        ),
        Mistake("the row keeps its sum, but nothing keeps the output", _only_the_sum),
        Mistake("you return the number of equations, not of directions that are left", _equations),
        Mistake(
            "you count what is left of the features; the changes are changes of T weights",
            _features_less_rank,
        ),
        Mistake(
            "the ones stand below the values like a token (or each token's own mean is subtracted)",
            _ones_below,
        ),
        Mistake("the numbers are fractional; whole numbers are asked for", _fractions),
        Mistake("you count for all T rows of the map; one row is asked for", _whole_map),
        Mistake("you say whether there is room; asked is how much", _yes_or_no),
        Mistake("you give 1 for room and 0 for none; asked is how much", _as_one_or_zero),
        Mistake("you add up the heads; each has values of its own", _heads_together),
        Mistake("you give all heads the number of the least free one", _least),
        Mistake("you count one direction too many", _one_more),
        Mistake(
            "you count the features that follow from others; asked are changes of weights",
            _features_that_follow,
        ),
        Mistake(
            "you count tokens with the value of another one; that is the simplest case only", _repeated_tokens
        ),
        Mistake("there is one number for all heads; each has values of its own", _first_head),
        Mistake("the whole numbers are int32; int64 is asked for", _other_integers),
        Mistake("a fixed tolerance takes small values for 0", _fixed_tolerance),
        Mistake("singular values that are rounding errors are counted, too", _no_tolerance),
        Mistake("the number of tokens is taken from the second axis; count axes from the end", _second_axis),
        Mistake("the number of tokens is taken from the first axis; count axes from the end", _first_axis),
        Mistake("the number of features is taken for the number of tokens", _width_for_tokens),
        Mistake("the ones overwrite a feature of the caller's values", _last_feature_overwritten),
        Mistake("you subtract one mean of all numbers; each feature has a mean of its own", _centred_by_all),
        Mistake(
            "you treat equal values of all tokens as the one exception from T − d − 1; there are others",
            _equal_or_not,
        ),
    ),
    right=(with_centred_values, with_singular_values, with_differences, with_projections),
    why=(
        "A change is unseen if it solves one equation for each feature and one for the sum; equations that "
        "follow from others take nothing away. That is why equal values leave room in the shortest text, and "
        "why T alone does not decide."
    ),
)
