"""ex12_1: which texts are embedded again, event by event."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder
from albert_lab.classroom.values import part

ask = QuestionBuilder(
    id="ex12_1",
    title="What has to be embedded again?",
    kind="predict",
    objectives=("LO-12.1", "LO-12.6"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "A vector depends on its text and on the network, and on nothing else; so these two are in the "
        "checksum under which it is kept. Parts that do not depend on what changed are right as they are."
    ),
)

SIZES = {"red": 800, "green": 200, "blue": 1000}
EVENTS = (
    "after a docstring in green is rewritten",
    "after another network is taken",
    "after b of BM25 is changed",
    "after a bit of the vectors of red is wrong",
)


@ask.reference
def embedded_again() -> tuple[int, ...]:
    """Keep vectors under a key of model and texts; count the objects whose key is not there."""
    kept = {_key("old", package, 1) for package in SIZES}
    events = [
        [_key("old", package, 2 if package == "green" else 1) for package in SIZES],  # a docstring of green
        [_key("new", package, 1) for package in SIZES],  # another model
        [_key("old", package, 1) for package in SIZES],  # b of BM25: in no key
    ]
    found = [sum(SIZES[key[1]] for key in wanted if key not in kept) for wanted in events]
    damaged = {key for key in kept if key[1] == "red"}
    intact = kept - damaged
    found.append(sum(SIZES[key[1]] for key in kept if key not in intact))
    return tuple(found)


def _key(model: str, package: str, version: int) -> tuple[str, str, int]:
    return model, package, version


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One for each event."""
    return [Case(says, (place,)) for place, says in enumerate(EVENTS)]


ask.use(part)  # one of the four numbers

ask.mistake(
    "you count only the one object that changed; vectors are kept package by package", (1, 2000, 0, 800)
)
ask.mistake("you embed everything again when one text changed", (2000, 2000, 0, 800))
ask.mistake("you keep the vectors of the old model, whose numbers mean something else", (200, 0, 0, 800))
ask.mistake("you embed again for a setting that only the words' scores know", (200, 2000, 2000, 800))
ask.mistake("you make the whole index again for one damaged part", (200, 2000, 0, 2000))
ask.mistake("you take the damaged vectors as they are", (200, 2000, 0, 0))
ask.mistake("you repair only one vector of the damaged part", (200, 2000, 0, 1))
ask.mistake("you keep what was embedded before the text changed", (0, 2000, 0, 800))
ask.mistake("you embed everything again after every event", (2000, 2000, 2000, 2000))
ask.mistake("you think that an index never changes once it is built", (0, 0, 0, 0))
ask.mistake("you think that nothing but damage makes anything be embedded again", (0, 0, 0, 800))
ask.mistake("you exchanged the packages red and green", (800, 2000, 0, 200))
ask.mistake("you count packages; texts are asked for", (1, 3, 0, 1))
ask.mistake("you count single texts; both times a whole package is made again", (1, 2000, 0, 1))
ask.mistake("you take the index for one piece; it is kept in parts", (2000, 2000, 0, 2000))
ask.mistake("you take b of BM25 for a part of one package", (200, 2000, 200, 800))
ask.mistake("you count what stays as it is; what is made again is asked for", (1800, 0, 2000, 1200))

ask.right(
    [200, 2000, 0, 800],
    (200.0, 2000.0, 0.0, 800.0),
    torch.tensor([200, 2000, 0, 800]),
    np.array([200, 2000, 0, 800]),
    "(200, 2000, 0, 800)",
)
