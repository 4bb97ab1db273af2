"""ex04_6: read from a table of gradients which network is pre-LN, and go on."""

from __future__ import annotations

import math

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex04_6",
    title="Which network is it?",
    kind="read a picture",
    objectives=("LO-04.5",),
    points=1,
    minutes=10,
    difficulty=3,
    importance=2,
    why=(
        "In pre-LN the layers' contributions add up on a road without a norm, so the state has grown like "
        "the root of the depth when the last norm divides by its size, and the gradient is divided with "
        "it. In post-LN every sum is brought back to the same size, so the depth is no longer seen."
    ),
    rtol=0.0501,
)

DEPTHS = (4, 16, 64)
GRADIENTS = {"A": (1.25, 1.31, 1.22), "B": (1.60, 0.80, 0.40), "C": (0.21, 0.01, 0.00)}


@ask.reference
def expected_at_256() -> float:
    pre_norm = next(row for row in GRADIENTS.values() if math.isclose(row[0] / row[1], math.sqrt(16 / 4)))
    return pre_norm[-1] / math.sqrt(256 / DEPTHS[-1])


ask.mistake("the root was forgotten: four times as deep is not four times smaller", 0.1)
ask.mistake("you read the row of the network whose gradient does not depend on the depth", 1.25)
ask.mistake("you took the row that does not depend on the depth, and then the right factor", 0.61)
ask.mistake("you took the row that does not depend on the depth, and forgot the root", 0.305)
ask.mistake(
    "you read the row of the network without residuals, or went on by the last step downwards, and "
    "the law is about factors",
    0,
)
ask.mistake("you gave the last number of the row, as if the gradient stayed there", 0.4)
ask.mistake("the gradient goes down with the depth, and yours goes up", 0.8)
ask.mistake("you divided by the root of 2, and the network is four times as deep", 0.4 / 2**0.5)
ask.mistake("you divided by the root of the depth, and not of how many times deeper it is", 0.025)
ask.mistake("you divided by the root of the depth that was measured last", 0.05)
ask.mistake("you gave 1/√256: the law says how the gradient falls, not how large it is", 1 / 16)
ask.mistake("you went on in a straight line, and the law is about factors", -1.2)
ask.mistake("you gave a power of the depth alone, and the row's own numbers are not in it", 1 / 256)

ask.right(0.2, 1.6 / 8, 0.4 / 2, 0.19, 0.21, "0.2", "0,2")
