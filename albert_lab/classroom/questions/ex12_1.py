"""ex12_1: which texts are embedded again, event by event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from albert_lab.classroom.question import Mistake, Question, value_case

SIZES = {"a": 800, "b": 200, "c": 1000}


def embedded_again() -> tuple[int, ...]:
    """Keep vectors under a key of model and texts; count the objects whose key is not there."""
    kept = {_key("old", package, 1) for package in SIZES}
    events = [
        [_key("old", package, 2 if package == "b" else 1) for package in SIZES],  # a docstring of b
        [_key("new", package, 1) for package in SIZES],  # another model
        [_key("old", package, 1) for package in SIZES],  # b of BM25: in no key
    ]
    found = [sum(SIZES[key[1]] for key in wanted if key not in kept) for wanted in events]
    damaged = {key for key in kept if key[1] == "a"}
    intact = kept - damaged
    found.append(sum(SIZES[key[1]] for key in kept if key not in intact))
    return tuple(found)


def _key(model: str, package: str, version: int) -> tuple[str, str, int]:
    return model, package, version


def use(answer: Callable) -> Any:
    """Four numbers may also be a tensor or an array."""
    found = answer()
    return found.tolist() if hasattr(found, "tolist") else found


QUESTION = Question(
    id="ex12_1",
    title="What has to be embedded again?",
    kind="predict",
    objectives=("LO-12.1", "LO-12.6"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=4,
    reference=embedded_again,
    cases=value_case,
    use=use,
    mistakes=(
        Mistake(
            "you count only the one object that changed; vectors are kept package by package",
            (1, 2000, 0, 800),
        ),
        Mistake("you embed everything again when one text changed", (2000, 2000, 0, 800)),
        Mistake("you keep the vectors of the old model, whose numbers mean something else", (200, 0, 0, 800)),
        Mistake("you embed again for a setting that only the words' scores know", (200, 2000, 2000, 800)),
        Mistake("you make the whole index again for one damaged part", (200, 2000, 0, 2000)),
        Mistake("you take the damaged vectors as they are", (200, 2000, 0, 0)),
        Mistake("you repair only one vector of the damaged part", (200, 2000, 0, 1)),
        Mistake("you keep what was embedded before the text changed", (0, 2000, 0, 800)),
        Mistake("you embed everything again after every event", (2000, 2000, 2000, 2000)),
        Mistake("you think that an index never changes once it is built", (0, 0, 0, 0)),
        Mistake("you exchanged the packages a and b", (800, 2000, 0, 200)),
        Mistake("you count packages; texts are asked for", (1, 3, 0, 1)),
    ),
    right=(
        [200, 2000, 0, 800],
        (200.0, 2000.0, 0.0, 800.0),
        torch.tensor([200, 2000, 0, 800]),
    ),
    why=(
        "A vector depends on its text and on the network, and on nothing else; so these two are in the "
        "checksum under which it is kept. Parts that do not depend on what changed are right as they are."
    ),
)
