"""ex09_6: when does the network begin to read?"""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex09_6",
    title="When does it begin to read?",
    kind="read a picture",
    objectives=("LO-09.5", "LO-09.6"),
    points=1,
    minutes=5,
    difficulty=2,
    importance=4,
    why=(
        "Who only knows which words are around loses nothing when they are shuffled, so both curves are one. "
        "They part where the network begins to use the order, and only that is reading."
    ),
)


@ask.reference
def reads_from() -> int:
    steps = range(0, 501, 50)
    as_it_is = [9.0, 8.1, 6.9, 6.4, 6.4, 5.9, 5.6, 5.4, 4.8, 4.3, 3.9]
    shuffled = [9.0, 8.1, 6.9, 6.4, 6.4, 5.9, 5.6, 5.4, 5.3, 5.5, 5.7]
    apart = [step for step, one, other in zip(steps, as_it_is, shuffled, strict=True) if other > one]
    return min(apart)


ask.mistake("you took the start, where the network knows nothing", 0)
ask.mistake("you took the first fall of the loss; frequencies are learnt there, and no sentence", 50)
ask.mistake("you took the steepest part of the curve, where frequencies are learnt", 100)
ask.mistake("you took the place where the curve reaches the line of the unigram baseline", 150)
ask.mistake("you took the end of the flat part: the loss still lies on the line of counting", 200)
ask.mistake(
    "you took the first point below the line: which words are around is used there, not their order", 250
)
ask.mistake("you took a point where the loss is low, and shuffling still costs nothing", 300)
ask.mistake("you took the last point at which shuffling still costs nothing", 350)
ask.mistake("you took the place where the loss on shuffled text begins to rise", 450)
ask.mistake("you took the end, where the difference is largest; it begins earlier", 500)
ask.mistake("you gave the number of the point, counted from 0; its step is asked for", 8)
ask.mistake("you gave the number of the point, counted from 1; its step is asked for", 9)
ask.mistake("you took a place between two drawn points, where the lines part; a point is asked for", 375)
ask.mistake("you gave a loss and not a step", 4.8)

ask.right(400.0, torch.tensor(400), np.int64(400), "400", [400])
