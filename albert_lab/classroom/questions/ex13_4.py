"""ex13_4: what is the same and what is another network, after a cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder
from albert_lab.classroom.values import part

ask = QuestionBuilder(
    id="ex13_4",
    title="The same network after a cut?",
    kind="predict",
    objectives=("LO-13.5", "LO-13.6"),
    points=3,
    minutes=10,
    difficulty=3,
    importance=4,
    why=(
        "A shared layer knows nothing of its number, only its input: what counts is which modules run, and "
        "in which order. Skipping leaves ten equal calls, while a head cut at one depth makes one call of "
        "twelve a different one."
    ),
)

ASKED = {
    "draws": "without layers 0, 3, 4 and 10: whose old map layer 8 draws",
    "albert": "ALBERT, two layers skipped",
    "groups": "ALBERT with two groups, two layers skipped",
    "bert": "BERT, two layers skipped",
    "depth": "ALBERT, one head off at one depth",
    "gone": "ALBERT, one head off at all depths",
}


@ask.reference
def after_a_cut() -> dict[str, int]:
    """Two cut networks are the same if the same modules are called in the same order."""

    def skipped(layers: Sequence[int]) -> int:
        pairs = combinations(range(12), 2)
        return len({tuple(one for i, one in enumerate(layers) if i not in pair) for pair in pairs})

    ways = [(head, [layer]) for head in range(12) for layer in range(12)]
    everywhere = [(head, list(range(12))) for head in range(12)]

    def calls(cuts: Sequence) -> int:
        return len({tuple(head if i in at else None for i in range(12)) for head, at in cuts})

    return {
        "draws": 8 - sum(layer < 8 for layer in (0, 3, 4, 10)),
        "albert": skipped([0] * 12),
        "groups": skipped([0] * 6 + [1] * 6),
        "bert": skipped(range(12)),
        "depth": calls(ways),
        "gone": calls(everywhere),
    }


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One for each number that is asked for."""
    return [Case(says, (name,)) for name, says in ASKED.items()]


ask.use(part)  # one number of an answer


def _with(**wrong: int) -> dict[str, int]:
    return after_a_cut() | wrong


ask.mistake(
    "you think that layer 8 has a map of its own; it draws what its input makes it draw", _with(draws=8)
)
ask.mistake("you also count the skipped layer that comes after layer 8", _with(draws=4))
ask.mistake("you shift the maps to the wrong side: cutting makes layers see earlier input", _with(draws=11))
ask.mistake("you let layer 8 draw the first map again, as if all were skipped before it", _with(draws=0))
ask.mistake("you count the pairs of layers in ALBERT, as if its layers differed", _with(albert=66))
ask.mistake("you think that ALBERT's output tells which layer was skipped", _with(albert=12))
ask.mistake("you count ordered pairs of layers", _with(bert=132))
ask.mistake("you take BERT's layers for one layer, as in ALBERT", _with(bert=1))
ask.mistake("you count the layers of BERT, not the pairs of them", _with(bert=12))
ask.mistake("you treat two groups like one: all layers alike", _with(groups=1))
ask.mistake("you forgot, with two groups, that one layer of each may be skipped", _with(groups=2))
ask.mistake("you count, with two groups, which of the two was skipped first", _with(groups=4))
ask.mistake("you treat the layers of a group as different layers", _with(groups=66))
ask.mistake(
    "you think that the depth of a cut head does not matter, since its weights are shared", _with(depth=12)
)
ask.mistake(
    "you think that the number of a cut head does not matter, only its depth", _with(depth=12, gone=1)
)
ask.mistake("you think that with shared weights no cut of a head can be told from another", _with(depth=1))
ask.mistake("you think that a head gone at all depths is still another one at each depth", _with(gone=144))
ask.mistake("you think that the heads of a layer are alike, as ALBERT's layers are", _with(gone=1))
ask.mistake("you count only one of the skipped layers before layer 8", _with(draws=7))
ask.mistake("you count only two of the skipped layers before layer 8", _with(draws=6))
ask.mistake(
    "you shift the maps to the wrong side, and count a skipped layer that comes after layer 8",
    _with(draws=12),
)
ask.mistake("you give the number of layers that are skipped, not of outputs", _with(albert=2))
ask.mistake("you count the pairs inside of one group", _with(groups=15))
ask.mistake("you count the pairs inside of both groups, as if their layers differed", _with(groups=30))
ask.mistake("you count pairs of twelve with a layer twice; a layer is skipped once", _with(bert=78))
ask.mistake("you count pairs of the ten layers that are left", _with(bert=45))
ask.mistake("you count the heads that are left; each of them may be the one that goes", _with(gone=11))
ask.mistake("you count the layers that are left, not the ways to get there", _with(albert=10))
ask.mistake("you count all pairs of two numbers up to 12, equal ones too", _with(bert=144))
ask.mistake("you count pairs with one layer from each group, as if they differed", _with(groups=36))
ask.mistake("you add heads and depths; each head can be cut at each depth", _with(depth=24))
ask.mistake("you treat ALBERT as a BERT throughout", _with(draws=8, albert=66, groups=66, gone=144))
ask.mistake("you think that sharing hides every cut", _with(albert=1, groups=1, bert=1, depth=1, gone=1))

ask.right(
    {"draws": 5.0, "albert": 1.0, "groups": 3.0, "bert": 66.0, "depth": 144.0, "gone": 12.0},
    {"draws": "5", "albert": "1", "groups": " 3 ", "bert": "66.0", "depth": "144", "gone": "12"},
    {name: torch.tensor(number) for name, number in after_a_cut().items()},
    {"gone": 12, "depth": 12 * 12, "bert": 12 * 11 // 2, "groups": 3, "albert": 1, "draws": 8 - 3},
)
