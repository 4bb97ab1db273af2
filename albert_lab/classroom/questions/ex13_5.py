"""ex13_5: are several cuts at once worse than one by one?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question

Cuts = list[tuple[int, int]]


def surplus(loss: Callable[[Cuts], float], cuts: Cuts) -> float:
    whole = loss([])
    together = loss(cuts) - whole
    return together - sum(loss([one]) - whole for one in cuts)


class MadeUpLoss:
    """The loss of a made-up network without some heads: each alone, each pair, and three or more together.

    Args:
        whole: the loss of the network with all heads.
        alone: what each head costs, by (layer, head).
        pairs: what two heads cost beyond that, by a frozen set of two.
        crowd: what every cut after the second one costs beyond that.
    """

    def __init__(self, whole: float, alone: dict, pairs: dict, crowd: float) -> None:
        self.whole, self.alone, self.pairs, self.crowd = whole, alone, pairs, crowd

    def __call__(self, cuts: Cuts) -> float:
        off = {(int(layer), int(head)) for layer, head in cuts}
        singles = sum(self.alone[one] for one in off)
        doubles = sum(self.pairs[frozenset(two)] for two in combinations(off, 2))
        return self.whole + singles + doubles + self.crowd * max(len(off) - 2, 0)

    def __repr__(self) -> str:
        return f"a loss with loss([]) = {self.whole:.4g}"


def _made(draw: Draw, count: int) -> tuple[MadeUpLoss, Cuts]:
    def some() -> float:
        return float((draw.normal(1) * 32).round() / 32)  # sums of these are exact, and short in a report

    places = [(layer, head) for layer in range(4) for head in range(3)]
    alone = {one: some() for one in places}
    pairs = {frozenset(two): some() for two in combinations(places, 2)}
    order = torch.randperm(len(places), generator=draw.generator)[:count].tolist()
    return MadeUpLoss(3 + abs(some()), alone, pairs, 0.75), [places[i] for i in order]


def cases(draw: Draw) -> list[Case]:
    """By hand, other numbers of cuts, heads that step in for each other, the edges."""
    one, two = (0, 0), (3, 0)
    by_hand = MadeUpLoss(1.5, {one: 0.5, two: 0.25}, {frozenset((one, two)): 1.0}, 0)
    rival = MadeUpLoss(2.0, {one: 0.75, two: 0.5}, {frozenset((one, two)): -0.5}, 0)
    return [
        Case("two cuts by hand", (by_hand, [one, two])),
        Case("two cuts that share their damage: below 0", (rival, [one, two])),
        Case("two cuts", _made(draw, 2)),
        Case("three cuts", _made(draw, 3)),
        Case("five cuts", _made(draw, 5)),
        Case("all heads of a network", _made(draw, 12)),
        Case("one cut has no surplus", _made(draw, 1)),
        Case("no cut has none either", _made(draw, 0)),
    ]


def _together(loss, cuts):
    return loss(cuts) - loss([])


def _alone(loss, cuts):
    return sum(loss([one]) - loss([]) for one in cuts)


def _no_baseline(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts)


def _baseline_once(loss, cuts):
    return _together(loss, cuts) - sum(loss([one]) for one in cuts)


def _baseline_not_at_first(loss, cuts):
    return loss(cuts) - _alone(loss, cuts)


def _for_two(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts) + loss([])


def _backwards(loss, cuts):
    return -surplus(loss, cuts)


def _size(loss, cuts):
    return abs(surplus(loss, cuts))


def _not_below_zero(loss, cuts):
    return max(surplus(loss, cuts), 0.0)


def _quotient(loss, cuts):
    return _together(loss, cuts) / (_alone(loss, cuts) or 1)


def _mean(loss, cuts):
    return _together(loss, cuts) - _alone(loss, cuts) / max(len(cuts), 1)


def _largest(loss, cuts):
    return _together(loss, cuts) - max((loss([one]) - loss([]) for one in cuts), default=0)


def _one_after_the_other(loss, cuts):
    steps = (loss(cuts[: i + 1]) - loss(cuts[:i]) for i in range(len(cuts)))
    return _together(loss, cuts) - sum(steps)


def _from_the_end(loss, cuts):
    missed = (loss(cuts) - loss([two for two in cuts if two != one]) for one in cuts)
    return _together(loss, cuts) - sum(missed)


def _pairs(loss, cuts):
    return sum(surplus(loss, list(two)) for two in combinations(cuts, 2))


def _first_two(loss, cuts):
    return surplus(loss, cuts[:2])


def _two_and_two(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts) + 2 * loss([])


def _wrong_sign(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts) - (len(cuts) - 1) * loss([])


def _added(loss, cuts):
    return _together(loss, cuts) + _alone(loss, cuts)


def _sizes(loss, cuts):
    return abs(_together(loss, cuts)) - sum(abs(loss([one]) - loss([])) for one in cuts)


def _one_left_out(loss, cuts):
    return _together(loss, cuts) - sum(loss([two for two in cuts if two != one]) - loss([]) for one in cuts)


def _bare_pair(loss, cuts):
    return _together(loss, cuts) - sum(loss(one) - loss([]) for one in cuts)


def _rounded(loss, cuts):
    return round(surplus(loss, cuts), 2)


def _per_cut(loss, cuts):
    return surplus(loss, cuts) / max(len(cuts), 1)


def _emptied(loss, cuts):
    together, total = _together(loss, cuts), 0.0
    while cuts:
        total += loss([cuts.pop()]) - loss([])
    return together - total


def _relative(loss, cuts):
    return surplus(loss, cuts) / loss([])


def _crashes_without_cuts(loss, cuts):
    first, *others = cuts
    return surplus(loss, [first, *others])


def _two_expected(loss, cuts):
    one, two = cuts[0], cuts[-1]
    return loss(cuts) - loss([one]) - loss([two]) + loss([])


def with_a_loop(loss: Callable[[Cuts], float], cuts: Cuts) -> float:
    found = loss(cuts) - loss([])
    for layer, head in cuts:
        found -= loss([(layer, head)]) - loss([])
    return found


def with_one_formula(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts) + (len(cuts) - 1) * loss([])


def with_tensors(loss, cuts):
    losses = torch.tensor([loss([]), loss(tuple(cuts)), *(loss([one]) for one in cuts)], dtype=torch.float64)
    effects = losses[1:] - losses[0]
    return effects[0] - effects[1:].sum()


def with_a_shortcut(loss, cuts):
    return 0 if len(cuts) < 2 else with_one_formula(loss, cuts[::-1])


QUESTION = Question(
    id="ex13_5",
    title="Two cuts at once",
    kind="implement",
    objectives=("LO-13.6",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    reference=surplus,
    cases=cases,
    mistakes=(
        Mistake("this is what all cuts cost together; nothing is subtracted for each alone", _together),
        Mistake("this is the sum of what each cut costs alone", _alone),
        Mistake("losses are compared, not what the cuts cost: the whole network is missing", _no_baseline),
        Mistake(
            "the whole network's loss is subtracted from the cut of all, not from each alone", _baseline_once
        ),
        Mistake(
            "the whole network's loss is subtracted from each alone, not from the cut of all",
            _baseline_not_at_first,
        ),
        Mistake("the whole network's loss is added once, which is right for two cuts only", _for_two),
        Mistake("the sign is turned round", _backwards),
        Mistake("the sign is lost: cuts may also share their damage", _size),
        Mistake("you let nothing fall below 0; cuts may share their damage", _not_below_zero),
        Mistake("you divide where a difference is asked for", _quotient),
        Mistake("you average what each costs alone, and do not sum", _mean),
        Mistake("you subtract the largest of the single costs, not their sum", _largest),
        Mistake(
            "you cut one after the other, each in a network that lacks the others already",
            _one_after_the_other,
        ),
        Mistake("you measure each head by putting it back into the cut network", _from_the_end),
        Mistake("you add up the surplus of every pair; three together are more than their pairs", _pairs),
        Mistake("only the first two cuts are looked at", _first_two),
        Mistake("the surplus is divided by the number of cuts", _per_cut),
        Mistake("the caller's list of cuts is emptied, or put in another order", _emptied),
        Mistake("the whole network's loss is added twice; count how often it comes in", _two_and_two),
        Mistake("the whole network's loss comes in with the wrong sign", _wrong_sign),
        Mistake("you add what each costs alone, where it is to be subtracted", _added),
        Mistake("each cost lost its sign; a network may also guess better without a head", _sizes),
        Mistake("you leave each cut out in turn; alone means that nothing else is cut", _one_left_out),
        Mistake("the loss is asked about a bare pair; it takes a list of pairs", _bare_pair),
        Mistake("the result is rounded to two places", _rounded),
        Mistake("the surplus is divided by the loss of the whole network", _relative),
        Mistake("it needs at least one cut; there may be none", _crashes_without_cuts),
        Mistake("only two single cuts are subtracted, the first and the last", _two_expected),
    ),
    right=(with_a_loop, with_one_formula, with_tensors, with_a_shortcut),
    why=(
        "Every cost is a difference from the whole network, so its loss is subtracted in every term. If the "
        "parts did not stand in for each other, nothing would be left; what is left says that a single cut "
        "judges a head in the company of all others."
    ),
)
