"""ex12_5: the interval of a difference, question by question."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex12_5",
    title="How sure is a difference?",
    kind="implement",
    objectives=("LO-12.4",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=5,
    why=(
        "A question that is hard for one search is mostly hard for the other; in the difference this shared "
        "part is gone. Drawing questions, and not results, keeps each pair together."
    ),
)

Tensor = torch.Tensor


@ask.reference
def interval(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    ends = torch.tensor([outside, 1 - outside], dtype=one.dtype)
    return torch.quantile((one - other)[draws].mean(dim=1), ends)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, many draws, as many draws as questions, one question, equal searches, float64."""
    by_hand = torch.tensor([1.0, 0.5, 0.2]), torch.tensor([0.1, 0.5, 0.4])
    rows = torch.tensor([[0, 0, 1], [2, 2, 2], [0, 1, 2], [1, 1, 2], [0, 0, 0]])

    def drawn(n: int, times: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, ...]:
        hard = draw.normal(n, dtype=dtype)
        return hard + draw.normal(n, dtype=dtype) / 2, hard - 0.3, draw.integers(0, n, times, n)

    return [
        Case("three questions, five draws, by hand", (*by_hand, rows, 0.25)),
        Case("many draws", (*drawn(12, 200), 0.025)),
        Case("as many draws as questions", (*drawn(6, 6), 0.1)),
        Case("few draws: between two of them", (*drawn(8, 7), 0.05)),
        Case("outside = 0: all draws lie within", (*drawn(5, 9), 0.0)),
        Case("outside = 0.4", (*drawn(9, 50), 0.4)),
        Case("one question", (torch.tensor([1.0]), torch.tensor([0.25]), torch.zeros(4, 1).long(), 0.1)),
        Case("one draw", (*drawn(4, 1), 0.1)),
        Case(
            "each draw has one question, over and over",
            (*drawn(6, 5)[:2], torch.zeros(5, 6).long() + torch.arange(5)[:, None], 0.2),
        ),
        Case("large numbers", (by_hand[0] + 100, by_hand[1], rows, 0.1)),
        Case("float64 stays float64", (*drawn(7, 30, torch.float64), 0.025)),
    ]


def _ends(means: Tensor, outside: float) -> Tensor:
    return torch.quantile(means, torch.tensor([outside, 1 - outside], dtype=means.dtype))


def _of(how):
    return lambda one, other, draws, outside: _ends(how(one, other, draws), outside)


@ask.mistake("each search is given draws of its own, so that they no longer meet the same questions")
@_of
def _unpaired(one: Tensor, other: Tensor, draws: Tensor) -> Tensor:
    return one[draws].mean(dim=1) - other[draws.flip(0)].mean(dim=1)


@ask.mistake("the intervals of both searches are subtracted from each other, end by end")
def _difference_of_ends(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return _ends(one[draws].mean(dim=1), outside) - _ends(other[draws].mean(dim=1), outside)


ask.mistake("the difference is taken the other way round", _of(lambda a, b, d: (b - a)[d].mean(dim=1)))
ask.mistake("the sign of the differences is lost", _of(lambda a, b, d: (a - b).abs()[d].mean(dim=1)))
ask.mistake("the differences themselves are cut off, and nothing is drawn", _of(lambda a, b, d: a - b))
ask.mistake(
    "each question is averaged over the draws, and not each draw over its questions",
    _of(lambda a, b, d: (a - b)[d].mean(dim=0)),
)
ask.mistake("the draws are not averaged", _of(lambda a, b, d: (a - b)[d].flatten()))
ask.mistake("the draws are summed and not averaged", _of(lambda a, b, d: (a - b)[d].sum(dim=1)))
ask.mistake("the median of each draw is taken", _of(lambda a, b, d: (a - b)[d].median(dim=1).values))
ask.mistake("the second search is not used", _of(lambda a, b, d: a[d].mean(dim=1)))


@ask.mistake("outside is halved again: it is what lies beyond one end")
def _both_halves(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return _ends((one - other)[draws].mean(dim=1), outside / 2)


@ask.mistake("outside is cut off twice at each end")
def _twice(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return _ends((one - other)[draws].mean(dim=1), min(2 * outside, 1.0))


@ask.mistake("the upper end stands first")
def _high_first(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws, outside).flip(0)


@ask.mistake("0.025 is written into the code")
def _two_and_a_half(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws, 0.025)


@ask.mistake("1.96 times the scatter is taken, and the draws' own quantiles are not")
def _bell(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    means = (one - other)[draws].mean(dim=1)
    spread = 1.96 * ((means - means.mean()).square().sum() / (len(means) - 1)).sqrt()
    return torch.stack([means.mean() - spread, means.mean() + spread])


@ask.mistake("1.96 times the scatter, with R and not R − 1 below, is taken in place of quantiles")
def _wide_bell(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    means = (one - other)[draws].mean(dim=1)
    spread = 1.96 * means.std(correction=0)
    return torch.stack([means.mean() - spread, means.mean() + spread])


@ask.mistake("the lowest of one search is compared with the highest of the other")
def _widest(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    first, second = (_ends(each[draws].mean(dim=1), outside) for each in (one, other))
    return first - second.flip(0)


@ask.mistake("questions are drawn anew; the draws are given")
def _drawn_anew(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, torch.randint(0, len(one), draws.shape), outside)


@ask.mistake("a question that is drawn twice counts once")
def _each_once(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    gains = one - other
    return _ends(torch.stack([gains[row.unique()].mean() for row in draws]), outside)


@ask.mistake("outside is divided by a hundred; it is a share and no percentage")
def _percent(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws, outside / 100)


@ask.mistake("the ends are made as float32, whatever the searches' numbers are")
def _ends_in_32(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return torch.quantile((one - other)[draws].mean(dim=1), torch.tensor([outside, 1 - outside]))


@ask.mistake("you return plain numbers; a tensor is asked for")
def _plain_numbers(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> list[float]:
    return interval(one, other, draws, outside).tolist()


@ask.mistake("the caller's first search is changed")
def _in_place(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    one -= other
    return _ends(one[draws].mean(dim=1), outside)


@ask.mistake("only as many draws are used as there are questions")
def _first_draws(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws[: len(one)], outside)


@ask.mistake("an end that lies between two draws is moved to the nearer of them")
def _nearer_draw(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    ends = torch.tensor([outside, 1 - outside], dtype=one.dtype)
    return torch.quantile((one - other)[draws].mean(dim=1), ends, interpolation="nearest")


@ask.mistake("you return the lower end alone")
def _lower_only(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws, outside)[0]


@ask.mistake("an end that lies between two draws is moved to the lower of them")
def _nearest_draw(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    means = (one - other)[draws].mean(dim=1).sort().values
    last = len(means) - 1
    return means[[int(outside * last), int((1 - outside) * last)]]


@ask.mistake("the smallest and the largest draw are taken as ends")
def _extremes(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws, 0.0)


@ask.mistake("the mean is returned too; two numbers are asked for")
def _with_mean(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return torch.cat([(one - other).mean()[None], interval(one, other, draws, outside)])


@ask.mistake("you return how wide the interval is; its two ends are asked for")
def _width(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws, outside).diff()


@ask.mistake("the result is always float32")
def _always_32(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws, outside).float()


@ask.mistake("the ends are given as distances from the mean")
def _relative(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    return interval(one, other, draws, outside) - (one - other).mean()


@ask.mistake("the second search is averaged over all questions, and not over the drawn ones")
def _other_not_drawn(one, other, draws, outside):
    return _ends(one[draws].mean(dim=1) - other.mean(), outside)


@ask.right
def with_two_calls(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    means = one[draws].mean(dim=-1) - other[draws].mean(dim=-1)
    return torch.stack([means.quantile(outside), means.quantile(1 - outside)])


@ask.right
def with_numpy(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    import numpy as np

    gains = one.numpy() - other.numpy()
    ends = np.quantile(gains[draws.numpy()].mean(axis=1), [outside, 1 - outside])
    return torch.as_tensor(ends, dtype=one.dtype)


@ask.right
def with_a_loop(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    means = sorted(sum(float(one[i]) - float(other[i]) for i in row) / len(row) for row in draws.tolist())
    found = []
    for share in (outside, 1 - outside):
        place = share * (len(means) - 1)
        below = min(int(place), len(means) - 1)
        above = min(below + 1, len(means) - 1)
        found.append(means[below] + (place - below) * (means[above] - means[below]))
    return torch.tensor(found, dtype=one.dtype)


@ask.right
def with_counts(one: Tensor, other: Tensor, draws: Tensor, outside: float) -> Tensor:
    times = torch.nn.functional.one_hot(draws, len(one)).sum(dim=1).to(one.dtype)  # (R, n)
    means = (times @ (one - other) / len(one)).sort().values
    places = torch.tensor([outside, 1 - outside], dtype=torch.float64) * (len(means) - 1)
    below = places.floor().long()
    above = (below + 1).clamp(max=len(means) - 1)
    return torch.lerp(means[below], means[above], (places - below).to(one.dtype))
