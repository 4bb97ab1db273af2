"""ex06_7: read distances and angles."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex06_7",
    title="Longer, or turned?",
    kind="read a picture",
    objectives=("LO-06.6",),
    points=1,
    minutes=5,
    difficulty=1,
    importance=3,
    why=(
        "A vector that becomes longer moves, but it keeps its direction: the distance is large and the angle "
        "is near zero. An angle near zero together with a small distance says that hardly anything happened."
    ),
)

# A token's walk in the plane: its length before layer 1 and after each layer, and the turn of each layer.
LENGTHS = (10.0, 5.0, 14.0, 13.0, 12.5, 14.0, 23.0, 22.0, 22.3)
TURNS = (80.0, 60.0, 30.0, 12.0, 25.0, 1.0, 15.0, 5.0)  # degrees


@ask.reference
def layer_that_stretches() -> int:
    old, new, turns = np.array(LENGTHS[:-1]), np.array(LENGTHS[1:]), np.radians(TURNS)
    distance = np.sqrt(old**2 + new**2 - 2 * old * new * np.cos(turns))
    return int(np.argmax(np.where(np.array(TURNS) < 10, distance, 0))) + 1  # large step, hardly a turn


ask.mistake("you looked for the largest angle, in the right panel, or gave an angle", 1)
ask.mistake("you looked for the largest distance and did not look at the angle: the token turns, too", 2)
ask.mistake("you found a layer where distance and angle are both large", 3)
ask.mistake("you took a layer that turns the token a little and moves it a little", 4)
ask.mistake("you counted layers from 0, and the axis does so from 1", 5)
ask.mistake("you counted the input as a layer, and the axis does not", 7)
ask.mistake("you looked for the smallest distance: there the token hardly changes at all", 8)
ask.mistake("you gave the largest distance: a layer is asked for, and there the token turns", 12.3)
ask.mistake("you gave the largest angle, and a layer is asked for", 80)
ask.mistake("you gave the distance, and the layer's number is asked for", 9.0)

ask.right(6.0, np.int64(6), torch.tensor(6))
