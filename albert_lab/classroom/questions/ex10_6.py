"""ex10_6: read the layer from two curves of cosines."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex10_6",
    title="Which layer would you take?",
    kind="read a picture",
    objectives=("LO-10.6", "LO-10.4"),
    points=1,
    minutes=5,
    difficulty=1,
    importance=3,
    why=(
        "A cosine says something only beside the cosines of strangers, so what counts is the gap and not the "
        "height. Where both curves are high, most of each cosine is the piece that all vectors share."
    ),
)


@ask.reference
def best_layer() -> int:
    own = [0.30, 0.46, 0.70, 0.82, 0.87, 0.95, 0.90]
    strangers = [0.08, 0.11, 0.40, 0.38, 0.76, 0.70, 0.62]
    gaps = [one - other for one, other in zip(own, strangers, strict=True)]
    return gaps.index(max(gaps))


ask.mistake("you took the layer in which strangers have the lowest cosine; own lines are low there too", 0)
ask.mistake("you took the largest quotient of the two cosines; a search compares them, it does not divide", 1)
ask.mistake("you took the layer with the steepest rise of the upper curve", 2)
ask.mistake("you took the layer where the two curves are closest", 4)
ask.mistake("you took the layer where own lines have the highest cosine, and forgot the strangers", 5)
ask.mistake("you took the last layer, wherever the curves run", 6)
ask.mistake("you gave the size of the gap; the number of the layer is asked for", 0.44)
ask.mistake("you counted the input as layer 1, and the curves have no layer 7", 7)

ask.right(3.0, torch.tensor(3), np.int64(3))
