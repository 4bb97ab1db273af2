"""ex04_6: read from a table of gradients which network is pre-LN, and go on."""

from __future__ import annotations

import math

from albert_lab.classroom.question import Mistake, Question, value_case

DEPTHS = (4, 16, 64)
GRADIENTS = {"A": (1.25, 1.31, 1.22), "B": (1.60, 0.80, 0.40), "C": (0.21, 0.01, 0.00)}


def expected_at_256() -> float:
    pre_norm = next(row for row in GRADIENTS.values() if math.isclose(row[0] / row[1], math.sqrt(16 / 4)))
    return pre_norm[-1] / math.sqrt(256 / DEPTHS[-1])


QUESTION = Question(
    id="ex04_6",
    title="Which network is it?",
    kind="read a picture",
    objectives=("LO-04.5",),
    points=1,
    minutes=10,
    difficulty=3,
    importance=2,
    reference=expected_at_256,
    cases=value_case,
    mistakes=(
        Mistake("the root was forgotten: four times as deep is not four times smaller", 0.1),
        Mistake("you read the row of the network whose gradient does not depend on the depth", 1.25),
        Mistake("you took the row that does not depend on the depth, and then the right factor", 0.61),
        Mistake("you took the row that does not depend on the depth, and forgot the root", 0.305),
        Mistake(
            "you read the row of the network without residuals, or went on by the last step downwards, and "
            "the law is about factors",
            0,
        ),
        Mistake("you gave the last number of the row, as if the gradient stayed there", 0.4),
        Mistake("the gradient goes down with the depth, and yours goes up", 0.8),
        Mistake("you divided by the root of 2, and the network is four times as deep", 0.4 / 2**0.5),
        Mistake("you divided by the root of the depth, and not of how many times deeper it is", 0.025),
        Mistake("you divided by the root of the depth that was measured last", 0.05),
        Mistake("you gave 1/√256: the law says how the gradient falls, not how large it is", 1 / 16),
        Mistake("you went on in a straight line, and the law is about factors", -1.2),
        Mistake("you gave a power of the depth alone, and the row's own numbers are not in it", 1 / 256),
    ),
    right=(0.2, 1.6 / 8, 0.4 / 2, 0.19, 0.21, "0.2", "0,2"),
    why=(
        "In pre-LN the layers' contributions add up on a road without a norm, so the state has grown like "
        "the root of the depth when the last norm divides by its size, and the gradient is divided with "
        "it. In post-LN every sum is brought back to the same size, so the depth is no longer seen."
    ),
    rtol=0.0501,  # 0.19 is right to 5 percent as well, with what rounding adds
)
