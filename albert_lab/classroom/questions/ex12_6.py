"""ex12_6: read from intervals which changes are improvements."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex12_6",
    title="Which changes are improvements?",
    kind="read a picture",
    objectives=("LO-12.4",),
    points=1,
    minutes=5,
    difficulty=1,
    importance=4,
    why=(
        "An interval of a difference that has zero in it says that other questions might have turned the "
        "order round. The size of a difference and how sure it is are two things: a small one may be sure."
    ),
)

CHANGES = {
    "endings cut off": (0.04, 0.01, 0.07),
    "longer vectors": (0.14, -0.02, 0.30),
    "whole module as text": (-0.06, -0.10, -0.02),
    "two rankings": (0.12, 0.05, 0.19),
    "k1 = 1.2": (0.01, -0.02, 0.04),
    "no centring": (-0.03, -0.08, 0.02),
    "names split": (0.02, 0.01, 0.03),
    "tuned network": (0.17, 0.09, 0.25),
    "b = 0.7": (-0.01, -0.04, 0.02),
    "no stop words": (0.03, 0.01, 0.05),
}
LISTED = "a list of changes"


@ask.reference
def surely_better() -> int:
    return sum(low > 0 for _, low, _ in CHANGES.values())


@ask.use
def use(answer: Any) -> Any:
    """Several things, or their names in one text, are a list of changes."""
    given = answer()
    several = isinstance(given, list | tuple | set) and len(given) > 1
    named = isinstance(given, str) and any(name in given for name in CHANGES)
    return LISTED if several or named else given


ask.mistake("you took every point right of zero, whatever its interval", 7)
ask.mistake("you also took the change whose interval lies wholly left of zero: that one is worse", 6)
ask.mistake("you counted the intervals that contain zero: these are the undecided ones", 4)
ask.mistake("you took the points beyond 0.1; how far away a point is does not make it sure", 3)
ask.mistake("you left out what is small; a small improvement may be sure", 2)
ask.mistake("you took one change alone; each is compared with zero, and not with the others", 1)
ask.mistake("you think that intervals which overlap with each other say nothing at all", 0)
ask.mistake("you left out only what is surely worse; undecided is not better", 9)
ask.mistake("you counted all rows", 10)
ask.mistake("you gave the best difference; a number of changes is asked for", 0.17)
ask.mistake("you gave a share; how many changes is asked for", 0.5)
ask.mistake("you gave a percentage; a number of changes is asked for", 50)
ask.mistake("you list changes; how many they are is asked for", ", ".join(CHANGES))

ask.right(5.0, torch.tensor(5), np.int64(5), "5", [5], {5})
