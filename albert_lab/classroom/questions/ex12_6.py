"""ex12_6: read from intervals which changes are improvements."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import Mistake, Question, value_case

CHANGES = {
    "endings cut off": (0.04, 0.01, 0.07),
    "longer vectors": (0.12, -0.02, 0.26),
    "whole module as text": (-0.06, -0.10, -0.02),
    "two rankings": (0.08, 0.03, 0.13),
    "k1 = 1.2": (0.01, -0.02, 0.04),
    "no centring": (-0.03, -0.08, 0.02),
    "names split": (0.02, 0.01, 0.03),
    "tuned network": (0.17, 0.09, 0.25),
}


def surely_better() -> int:
    return sum(low > 0 for _, low, _ in CHANGES.values())


QUESTION = Question(
    id="ex12_6",
    title="Which changes are improvements?",
    kind="read a picture",
    objectives=("LO-12.4",),
    points=1,
    minutes=5,
    difficulty=1,
    importance=4,
    reference=surely_better,
    cases=value_case,
    mistakes=(
        Mistake("you took every point right of zero, whatever its interval", 6),
        Mistake("you also took the change whose interval lies wholly left of zero: that one is worse", 5),
        Mistake("you counted the intervals that contain zero: these are the undecided ones", 3),
        Mistake("you took the two points beyond 0.1; how far away a point is does not make it sure", 2),
        Mistake("you took only the best, because its neighbours' intervals overlap with others", 1),
        Mistake("you think that intervals which overlap with each other say nothing at all", 0),
        Mistake("you left out only what is surely worse; undecided is not better", 7),
        Mistake("you counted all rows", 8),
        Mistake("you gave the best difference; a number of changes is asked for", 0.17),
    ),
    right=(4.0, torch.tensor(4), np.int64(4)),
    why=(
        "An interval of a difference that has zero in it says that other questions might have turned the "
        "order round. The size of a difference and how sure it is are two things: a small one may be sure."
    ),
)
