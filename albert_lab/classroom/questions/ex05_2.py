"""ex05_2: read the cheapest cut from a picture."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex05_2",
    title="The cheapest way along the arcs",
    kind="read a picture",
    objectives=("LO-05.2",),
    points=1,
    minutes=5,
    difficulty=1,
    importance=4,
    why=(
        "The whole word is cut at once, and the sum decides, so neither the longest nor the cheapest piece "
        "has a right to be taken. A good start is worth nothing if what is left over is expensive."
    ),
)

WORD = "▁rewind"
LONGER = {"▁re": 5, "▁rewi": 8, "wind": 7, "nd": 5, "win": 4, "ew": 3, "▁r": 4, "ind": 9}
COST = dict.fromkeys(WORD, 6) | LONGER


@ask.reference
def cheapest_bits() -> int:
    best = [0]
    for stop in range(1, len(WORD) + 1):
        fitting = [(start, WORD[start:stop]) for start in range(stop) if WORD[start:stop] in COST]
        best.append(min(best[start] + COST[piece] for start, piece in fitting))
    return best[-1]


ask.mistake("you took the longest piece first: it is the cut that is drawn above", 13)
ask.mistake("you took the cheapest piece first, and lived with the rest", 16)
ask.mistake("you took a cheap piece in the middle, and what it leaves over costs more", 15)
ask.mistake("you took single signs only", 42)
ask.mistake("you gave the number of pieces, and the bits are asked for", 2)
ask.mistake("you gave the cost of one arc: it does not reach from edge to edge", 3)
ask.mistake("you multiplied the bits: it is probabilities that are multiplied, and bits add up", 35)
ask.mistake("your pieces are a cut, or nearly, and a shorter way leads past the single sign", 17)
ask.mistake("you took four pieces, and another cut with fewer is cheaper", 18)
ask.mistake("your pieces do not reach the right edge, or the cost is of one arc", 9)
ask.mistake("you gave the cost of the longest piece, and what is left over costs bits too", 8)
ask.mistake("you gave the cost of the second piece alone, or stopped in the middle of the word", 7)
ask.mistake("you gave the cost of the first piece alone", 5)
ask.mistake("you added up all arcs, and a cut takes some of them", 87)
ask.mistake("between your two pieces one sign is left out", 11)
ask.mistake("between your two pieces several signs are left out", 10)
ask.mistake("your pieces overlap, or leave a sign out in the middle", 14)
ask.mistake("you took the longest piece first and spelt the rest, or left a single sign between pieces", 20)

ask.right(12.0, np.int64(12), torch.tensor(12))
