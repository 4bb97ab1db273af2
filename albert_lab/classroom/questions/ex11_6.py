"""ex11_6: SimCSE without dropout, found on the map of alignment and uniformity."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex11_6",
    title="Seven points on the map",
    kind="read a picture",
    objectives=("LO-11.4", "LO-11.5"),
    points=1,
    minutes=5,
    difficulty=2,
    importance=3,
    why=(
        "Without dropout both passes give the same vector, so alignment is 0 whatever the weights are, and "
        "the loss can only push different texts apart. The best corner of the map is reached without "
        "learning any meaning: an alignment says something only where partners really differ."
    ),
)

POINTS = {  # number: (uniformity, alignment)
    1: (-1.9, 0.3),
    2: (0.0, 0.0),
    3: (-3.9, 2.0),
    4: (-0.6, 0.22),
    5: (-3.7, 0.0),
    6: (-3.2, 1.3),
    7: (-2.8, 0.45),
}


@ask.reference
def without_dropout() -> int:
    """Both views of a text are one vector, and all texts were pushed apart."""
    coincide = [number for number, (_, alignment) in POINTS.items() if alignment == 0]
    return min(coincide, key=lambda number: POINTS[number][0])


ask.mistake("you took the training on pairs: its partners are near, and do not coincide", 1)
ask.mistake(
    "you took the point where all texts coincide; here only the two passes of one text do, and "
    "different texts are pushed apart",
    2,
)
ask.mistake(
    "you took the random numbers: just as spread out, but there partners are as far apart as strangers", 3
)
ask.mistake("you took the untrained network; without dropout the training still pushes texts apart", 4)
ask.mistake("you took the centred vectors: spread out, and partners with them", 6)
ask.mistake("you took SimCSE with dropout: its two passes of a text differ, so alignment is above 0", 7)
ask.mistake("you gave the alignment of the point; the number beside it is asked for", 0)
ask.mistake("you gave the uniformity of the point; the number beside it is asked for", -3.7)
ask.mistake("you gave the place of the point; the number beside it is asked for", (-3.7, 0.0))

ask.right(5.0, torch.tensor(5), np.int64(5), "5")
