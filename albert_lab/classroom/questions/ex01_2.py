"""ex01_2: what a factor and a summand do to weights."""

from __future__ import annotations

import math

import torch

from albert_lab.classroom.question import Mistake, Question, value_case


def second_weight() -> float:
    scores = torch.tensor([0.25, 0.75]).log()  # scores whose softmax is 1/4, 3/4
    return float((3 * scores + 10).softmax(dim=0)[1])


QUESTION = Question(
    id="ex01_2",
    title="Three times the scores, plus ten",
    kind="predict",
    objectives=("LO-01.2",),
    points=1,
    minutes=5,
    difficulty=2,
    importance=4,
    reference=second_weight,
    cases=value_case,
    mistakes=(
        Mistake("the factor is divided away too; softmax does that only to what is added", 0.75),
        Mistake("the ratio 1 : 3 is trebled to 1 : 9; a factor on the scores is a power on the ratio", 0.9),
        Mistake("the weight itself is trebled, and a weight cannot be above 1", 2.25),
        Mistake("this is the weight of the first key, not of the second", 1 / 28),
        Mistake("this is the ratio of the two weights; their sum must be 1", 27.0),
        Mistake(
            "the larger one is taken to get all, as if the 10 were a factor or only the second got it", 1.0
        ),
        Mistake(
            "the scores are divided by 3, so that the choice gets softer", 3 ** (1 / 3) / (1 + 3 ** (1 / 3))
        ),
        Mistake("the summand 10 is taken to even out the two", 0.5),
        Mistake("the weights 1/4 and 3/4 are taken as if they were scores", 1 / (1 + math.exp(-1.5))),
        Mistake("the cubed weight 27/64 is not divided by the new sum", 27 / 64),
        Mistake("the share is right, and rounded too far; at least three decimals are asked for", 0.96),
        Mistake("the share is right, and is a text; a number is asked for", "27/28"),
    ),
    right=(27 / 28, 0.964, torch.tensor(0.9643)),
    why=(
        "Tripled scores make e to the power of 3s, which is the cube of e to the power of s: the ratio 1 : 3 "
        "becomes 1 : 27. The 10 gives every power the same factor, and the division by their sum removes it."
    ),
    rtol=1e-3,
)
