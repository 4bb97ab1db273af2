"""ex13_5: are several cuts at once worse than one by one?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex13_5",
    title="Two cuts at once",
    kind="implement",
    objectives=("LO-13.6",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "Every cost is a difference from the whole network, so its loss is subtracted in every term. If the "
        "parts did not stand in for each other, nothing would be left; what is left says that a single cut "
        "judges a head in the company of all others."
    ),
)

Cuts = list[tuple[int, int]]


@ask.reference
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


@ask.cases
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


@ask.mistake("this is what all cuts cost together; nothing is subtracted for each alone")
def _together(loss, cuts):
    return loss(cuts) - loss([])


@ask.mistake("this is the sum of what each cut costs alone")
def _alone(loss, cuts):
    return sum(loss([one]) - loss([]) for one in cuts)


@ask.mistake("losses are compared, not what the cuts cost: the whole network is missing")
def _no_baseline(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts)


@ask.mistake("the whole network's loss is subtracted from the cut of all, not from each alone")
def _baseline_once(loss, cuts):
    return _together(loss, cuts) - sum(loss([one]) for one in cuts)


@ask.mistake("the whole network's loss is subtracted from each alone, not from the cut of all")
def _baseline_not_at_first(loss, cuts):
    return loss(cuts) - _alone(loss, cuts)


@ask.mistake("the whole network's loss is added once, which is right for two cuts only")
def _for_two(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts) + loss([])


@ask.mistake("the sign is turned round")
def _backwards(loss, cuts):
    return -surplus(loss, cuts)


@ask.mistake("the sign is lost: cuts may also share their damage")
def _size(loss, cuts):
    return abs(surplus(loss, cuts))


@ask.mistake("you let nothing fall below 0; cuts may share their damage")
def _not_below_zero(loss, cuts):
    return max(surplus(loss, cuts), 0.0)


@ask.mistake("you divide where a difference is asked for")
def _quotient(loss, cuts):
    return _together(loss, cuts) / (_alone(loss, cuts) or 1)


@ask.mistake("you average what each costs alone, and do not sum")
def _mean(loss, cuts):
    return _together(loss, cuts) - _alone(loss, cuts) / max(len(cuts), 1)


@ask.mistake("you subtract the largest of the single costs, not their sum")
def _largest(loss, cuts):
    return _together(loss, cuts) - max((loss([one]) - loss([]) for one in cuts), default=0)


@ask.mistake(
    "you cut one after the other, each in a network that lacks the others already: that is always 0, as it "
    "is if 0 is returned"
)
def _one_after_the_other(loss, cuts):
    steps = (loss(cuts[: i + 1]) - loss(cuts[:i]) for i in range(len(cuts)))
    return _together(loss, cuts) - sum(steps)


@ask.mistake("you measure each head by putting it back into the cut network")
def _from_the_end(loss, cuts):
    missed = (loss(cuts) - loss([two for two in cuts if two != one]) for one in cuts)
    return _together(loss, cuts) - sum(missed)


@ask.mistake("you add up the surplus of every pair; three together are more than their pairs")
def _pairs(loss, cuts):
    return sum(surplus(loss, list(two)) for two in combinations(cuts, 2))


@ask.mistake("only the first two cuts are looked at")
def _first_two(loss, cuts):
    return surplus(loss, cuts[:2])


@ask.mistake("the surplus is divided by the number of cuts")
def _per_cut(loss, cuts):
    return surplus(loss, cuts) / max(len(cuts), 1)


@ask.mistake("the caller's list of cuts is emptied, or put in another order")
def _emptied(loss, cuts):
    together, total = _together(loss, cuts), 0.0
    while cuts:
        total += loss([cuts.pop()]) - loss([])
    return together - total


@ask.mistake("the whole network's loss is added twice; count how often it comes in")
def _two_and_two(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts) + 2 * loss([])


@ask.mistake("the whole network's loss comes in with the wrong sign")
def _wrong_sign(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts) - (len(cuts) - 1) * loss([])


@ask.mistake("you add what each costs alone, where it is to be subtracted")
def _added(loss, cuts):
    return _together(loss, cuts) + _alone(loss, cuts)


@ask.mistake("each cost lost its sign; a network may also guess better without a head")
def _sizes(loss, cuts):
    return abs(_together(loss, cuts)) - sum(abs(loss([one]) - loss([])) for one in cuts)


@ask.mistake("you leave each cut out in turn; alone means that nothing else is cut")
def _one_left_out(loss, cuts):
    return _together(loss, cuts) - sum(loss([two for two in cuts if two != one]) - loss([]) for one in cuts)


@ask.mistake("the loss is asked about a bare pair; it takes a list of pairs")
def _bare_pair(loss, cuts):
    return _together(loss, cuts) - sum(loss(one) - loss([]) for one in cuts)


@ask.mistake("the result is rounded to two places")
def _rounded(loss, cuts):
    return round(surplus(loss, cuts), 2)


@ask.mistake("the surplus is divided by the loss of the whole network")
def _relative(loss, cuts):
    return surplus(loss, cuts) / loss([])


@ask.mistake("it needs at least one cut; there may be none")
def _crashes_without_cuts(loss, cuts):
    first, *others = cuts
    return surplus(loss, [first, *others])


@ask.mistake("only two single cuts are subtracted, the first and the last")
def _two_expected(loss, cuts):
    one, two = cuts[0], cuts[-1]
    return loss(cuts) - loss([one]) - loss([two]) + loss([])


@ask.right
def with_a_loop(loss: Callable[[Cuts], float], cuts: Cuts) -> float:
    found = loss(cuts) - loss([])
    for layer, head in cuts:
        found -= loss([(layer, head)]) - loss([])
    return found


@ask.right
def with_one_formula(loss, cuts):
    return loss(cuts) - sum(loss([one]) for one in cuts) + (len(cuts) - 1) * loss([])


@ask.right
def with_tensors(loss, cuts):
    losses = torch.tensor([loss([]), loss(tuple(cuts)), *(loss([one]) for one in cuts)], dtype=torch.float64)
    effects = losses[1:] - losses[0]
    return effects[0] - effects[1:].sum()


@ask.right
def with_a_shortcut(loss, cuts):
    return 0 if len(cuts) < 2 else with_one_formula(loss, cuts[::-1])
