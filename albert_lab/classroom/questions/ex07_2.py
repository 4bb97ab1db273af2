"""ex07_2: the widest rows that a budget allows."""

from __future__ import annotations

import math
from fractions import Fraction

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex07_2",
    title="The widest rows for a budget, in one line",
    kind="implement",
    objectives=("LO-07.2",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "Both narrow matrices grow with E, so the cost is E · (V + H), a straight line from 0, and a "
        "budget is met at one point of it. That point is rounded down, because E counts columns and the"
        " next one would already be too much."
    ),
)


@ask.reference
def widest(V: int, H: int, percent: int) -> int:
    return percent * V * H // (100 * (V + H))


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, the published sizes, limits that are met exactly, small and huge, nothing possible."""
    drawn = [
        Case(
            "random sizes",
            (draw.integer(1_000, 300_000), draw.integer(100, 5_000), draw.integer(5, 95)),
        )
        for _ in range(6)
    ]
    half = 10 * draw.integer(3, 40)
    return [
        Case("50,000 pieces, H = 512, at most half", (50_000, 512, 50)),
        Case("ALBERT-base, at most all of it", (30_000, 768, 100)),
        Case("a limit that is met exactly", (3 * half, 3 * half, 20)),
        Case("another one", (600, 300, 50)),
        Case("a few pieces, a narrow network", (7, 7, 60)),
        Case("fewer pieces than H", (40, 500, 75)),
        *drawn,
        Case("V much larger than H", (200_000, 250, 31)),
        Case("one number too few for the next dimension", (35_581, 839, 61)),
        Case("again one number too few", (30_509, 1_503, 37)),
        Case("the smallest sizes", (1, 1, 100)),
        Case("the largest sizes", (1_000_000, 999_999, 99)),
        Case("a budget too small for any row", (20, 30, 5)),
        Case("57 %, met exactly, where floats are a little too small", (600, 300, 57)),
        Case("21 %, met exactly", (1_560, 600, 21)),
        Case("35 %, met exactly", (60, 360, 35)),
        Case("37 %, met exactly", (1_620, 600, 37)),
        Case("4 %, met exactly", (122_100, 103_785, 4)),
        Case("66 %, met exactly", (707_550, 556_500, 66)),
        Case("36 %, met exactly", (774_060, 817_950, 36)),
        Case("82 %, met exactly", (710_424, 403_650, 82)),
    ]


@ask.mistake("the step from E to H is forgotten: only the narrow table is counted")
def _one_matrix(V, H, percent):
    return percent * H // 100


@ask.mistake("you rounded to the nearest whole number, which can lie above the budget")
def _nearest(V, H, percent):
    return math.floor(Fraction(percent * V * H, 100 * (V + H)) + Fraction(1, 2))


@ask.mistake("you rounded up: the result costs more than the budget")
def _up(V, H, percent):
    return -(-percent * V * H // (100 * (V + H)))


@ask.mistake("a budget that is met exactly counts as too much")
def _strictly(V, H, percent):
    return max(0, (percent * V * H - 1) // (100 * (V + H)))


@ask.mistake("`percent` is not used: you computed where the saving ends")
def _all_of_it(V, H, percent):
    return V * H // (V + H)


@ask.mistake("`percent` is what may be spent; you took it for what must be saved")
def _saved(V, H, percent):
    return (100 - percent) * V * H // (100 * (V + H))


@ask.mistake("the second matrix is counted as H × H, not E × H")
def _square(V, H, percent):
    return max(0, (percent * V * H // 100 - H * H) // V)


@ask.mistake("a bias is counted as well, which the contract leaves out")
def _with_bias(V, H, percent):
    return max(0, (percent * V * H - 100 * H) // (100 * (V + H)))


@ask.mistake("the result is no whole number")
def _not_rounded(V, H, percent):
    return percent * V * H / (100 * (V + H))


@ask.mistake("floats were used, and 57 / 100 is no exact float: a budget met exactly comes out too small")
def _float(V, H, percent):
    return int(percent / 100 * V * H / (V + H))


@ask.mistake("floats were used, and V · H / (V + H) is rounded a little before `percent` comes in")
def _limit_as_float(V, H, percent):
    return int(V * H / (V + H) * percent / 100)


@ask.mistake("floats were used, and the hundredths of H are rounded a little before V comes in")
def _hundredths_of_h(V, H, percent):
    return int(H * percent / 100 * V / (V + H))


@ask.mistake("floats were used, and the hundredths of V are rounded a little before H comes in")
def _hundredths_of_v(V, H, percent):
    return int(V * percent / 100 * H / (V + H))


@ask.mistake("floats were used, and H / V is rounded a little before the hundredths of H are divided")
def _quotient_of_both(V, H, percent):
    return int(percent * H / 100 / (1 + H / V))


@ask.mistake("floats were used, and H / V is rounded a little before `percent` comes in")
def _quotient_first(V, H, percent):
    return int(H / (1 + H / V) * percent / 100)


@ask.mistake("a budget that is missed by very little counts as met")
def _generous(V, H, percent):
    return math.floor(Fraction(percent * V * H, 100 * (V + H)) + Fraction(1, 1000))


@ask.mistake("you return the first E that no longer fits")
def _one_more(V, H, percent):
    return widest(V, H, percent) + 1


@ask.mistake("one dimension more would always fit")
def _one_less(V, H, percent):
    return max(0, widest(V, H, percent) - 1)


@ask.mistake("brackets are missing: you multiply by V + H, where you meant to divide")
def _no_brackets(V, H, percent):
    return percent * V * H // 100 * (V + H)


@ask.mistake("brackets are missing: you divide by V, and add H afterwards")
def _divided_first(V, H, percent):
    return percent * V * H // 100 // V + H


@ask.mistake("the result is 0 below 100 percent, as `percent // 100` is")
def _percent_is_0(V, H, percent):
    return percent // 100 * V * H // (V + H)


@ask.mistake("you rounded the hundredths of H before V came in")
def _part_first(V, H, percent):
    return percent * H // 100 * V // (V + H)


@ask.mistake("percent are not divided by 100")
def _not_percent(V, H, percent):
    return percent * V * H // (V + H)


@ask.mistake("you rounded before the budget was used")
def _first_rounded(V, H, percent):
    return percent * (V * H // (V + H)) // 100


@ask.mistake("at least one dimension is returned, also where none fits")
def _at_least_one(V, H, percent):
    return max(1, widest(V, H, percent))


@ask.right
def with_a_search(V, H, percent):
    low, high = 0, H + 1  # low fits, high does not
    while high - low > 1:
        middle = (low + high) // 2
        if 100 * (V * middle + middle * H) <= percent * V * H:
            low = middle
        else:
            high = middle
    return low


@ask.right
def with_a_fraction(V, H, percent):
    return math.floor(Fraction(percent, 100) * V * H / (V + H))


@ask.right
def with_divmod(V, H, percent):
    budget = percent * V * H
    return divmod(budget, 100 * (V + H))[0]
