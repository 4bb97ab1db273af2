"""ex14_6: which weights to keep, read off two curves."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex14_6",
    title="Where learning turns into remembering",
    kind="read a picture",
    objectives=("LO-14.5", "LO-14.4"),
    points=1,
    minutes=5,
    difficulty=1,
    importance=4,
    why=(
        "The loss on the training texts falls for as long as one trains, and says nothing of new texts. The "
        "weights to keep are those of the epoch with the best value on the development side."
    ),
)

TRAINING = (1.90, 1.55, 1.24, 0.98, 0.75, 0.56, 0.41, 0.29, 0.20, 0.13, 0.08, 0.05)
DEVELOPMENT = (1.86, 1.60, 1.41, 1.28, 1.21, 1.24, 1.22, 1.31, 1.43, 1.58, 1.71, 1.85)


@ask.reference
def epoch_to_keep() -> int:
    return int(np.argmin(DEVELOPMENT)) + 1


ask.mistake("you keep the weights of the end, where the loss on training texts is smallest", 12)
ask.mistake("you count epochs from 0; the picture counts from 1", 4)
ask.mistake("you took the last epoch before the loss rises for good; an earlier one was lower", 7)
ask.mistake("you took the first epoch at which the loss rose; keep the one before", 6)
ask.mistake("you took where the curves cross", 1)
ask.mistake("you took where the curves cross or part; what counts is the lowest point of one of them", 2)
ask.mistake("you took where the curves begin to part; the development side still gains after it", 3)
ask.mistake("you took where the loss rises fast; it stopped falling before", 8)
ask.mistake("you took an epoch in which the development side has been losing for long", 9)
ask.mistake("you gave the smallest loss; its epoch is asked for", 1.21)
ask.mistake("you gave the smallest loss of the training; an epoch is asked for", 0.05)

ask.right(5.0, torch.tensor(5), np.int64(5), "5", [5])
