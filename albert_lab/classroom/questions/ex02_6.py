"""ex02_6: what four times as many heads change."""

from __future__ import annotations

from fractions import Fraction

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder
from albert_lab.classroom.values import part

ask = QuestionBuilder(
    id="ex02_6",
    title="Four times as many heads",
    kind="predict",
    objectives=("LO-02.5",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "The same H features are cut into four times as many pieces of a quarter of the width, so everything "
        "that counts heads times width stays. Only what belongs to a single head (its map, its rank, its √d) "
        "sees the cut."
    ),
)

ASKED = {
    "parameters": "the parameters of Q, K, V and W_O",
    "maps": "the numbers in all maps of a layer",
    "work": "the multiplications for all scores",
    "rank": "the highest rank of one head's comparison",
    "divisor": "what the scores are divided by",
}


@ask.reference
def factors() -> dict[str, float]:
    def counts(N: int, H: int = 1024, T: int = 128) -> list[float]:
        d = H // N
        return [4 * (H * H + H), N * T * T, N * T * T * d, d, d**0.5]

    before, after = counts(16), counts(64)
    return {name: b / a for name, a, b in zip(ASKED, before, after, strict=True)}


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One for each factor."""
    return [Case(says, (name,)) for name, says in ASKED.items()]


ask.use(part)  # one number of an answer


def _with(**wrong: float) -> dict[str, float]:
    return factors() | wrong


ask.mistake("you give every head matrices of its own full width: parameters grow with N", _with(parameters=4))
ask.mistake(
    "you make the heads narrower and forget that there are more of them: fewer parameters",
    _with(parameters=0.25),
)
ask.mistake("you count one map for all heads; each head has its own", _with(maps=1))
ask.mistake("you let the maps grow with N · N; they are T × T each", _with(maps=16))
ask.mistake("you let the maps shrink with the heads' width; a map knows no d", _with(maps=0.25))
ask.mistake("you count more heads in the work, and not that each is narrower", _with(work=4))
ask.mistake("you count in the work that heads are narrower, and not that there are more", _with(work=0.25))
ask.mistake("you take the rank of the comparison to be H for every head", _with(rank=1))
ask.mistake("you let the rank grow with the number of heads", _with(rank=4))
ask.mistake("you leave the divisor as it is, as if it were √H", _with(divisor=1))
ask.mistake("you divide by d, not by its root", _with(divisor=0.25))
ask.mistake("you let the divisor grow: a narrower head has smaller scores, not larger ones", _with(divisor=2))
ask.mistake("all factors are those from 64 heads to 16", _with(maps=0.25, rank=4, divisor=2))
ask.mistake(
    "where nothing changes you give 0, as if it were added; a factor is 1", _with(parameters=0, work=0)
)
ask.mistake("16 is the new rank itself; the factor from the old one is asked for", _with(rank=16))
ask.mistake("4 is the new divisor itself; the factor from the old one is asked for", _with(divisor=4))
ask.mistake("you give both new values themselves, rank and divisor, not factors", _with(rank=16, divisor=4))
ask.mistake("you take the root for the rank too; only the divisor is a root", _with(rank=0.5))
ask.mistake("in parameters and work the heads stay as wide as they were", _with(parameters=4, work=4))
ask.mistake(
    "all heads stay as wide as they were; H stays, so each gets a quarter",
    _with(parameters=4, work=4, rank=1, divisor=1),
)
ask.mistake("the heads stay as wide as they were, except in the parameters", _with(work=4, rank=1, divisor=1))
ask.mistake("you leave rank and divisor as they are, as if a head kept its width", _with(rank=1, divisor=1))
ask.mistake("everything is multiplied by 4", dict.fromkeys(ASKED, 4))
ask.mistake("parameters grow with N · N in your count", _with(parameters=16))
ask.mistake("the work grows with N · N in your count", _with(work=16))

ask.right(
    {"parameters": 1.0, "maps": 4.0, "work": 1.0, "rank": 1 / 4, "divisor": 1 / 2},
    {name: torch.tensor(float(value)) for name, value in factors().items()},
    {
        "divisor": 64**0.5 / 16,
        "rank": 16 / 64,
        "work": 64 * 16 / (16 * 64),
        "maps": 64 / 16,
        "parameters": 1,
    },
    {"parameters": "1", "maps": "64 / 16", "work": [1], "rank": "1 / 4", "divisor": Fraction(1, 2)},
    factors() | {"why": "H stays as it is"},
)
