"""ex13_1: find a head in the views, and the feature that makes its weight."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder
from albert_lab.classroom.values import part

ask = QuestionBuilder(
    id="ex13_1",
    title="Which head, and which feature?",
    kind="read a picture",
    objectives=("LO-13.1", "LO-13.2"),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "Where a token looks stands in its row, and nowhere else in the map. The score behind a weight is a "
        "sum of products, so a feature counts only where query and key are both large and of one sign."
    ),
)

ASKED = {
    "layer": "the layer in which it looks at file, counted from 0",
    "head": "the head, counted from 0",
    "feature": "the feature that adds most to this score, counted from 0",
}


@ask.reference
def found_in_the_views() -> dict[str, int]:
    it, file = 4, 3  # places in [CLS] close the file it is open [SEP]
    drawn = np.random.default_rng(90033).normal(size=(2, 3, 3, 8, 6)).round(1)
    queries, keys = 1.3 * drawn  # each (L, N, T, d)
    scores = queries @ np.swapaxes(keys, -1, -2) / 6**0.5
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    layer, head = np.argwhere(weights[:, :, it, file] > 0.5)[0]
    products = queries[layer, head, it] * keys[layer, head, file]  # (d,)
    return {"layer": int(layer), "head": int(head), "feature": int(products.argmax())}


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One for each number that is asked for."""
    return [Case(says, (name,)) for name, says in ASKED.items()]


ask.use(part)  # one number of an answer


def _with(**wrong: int) -> dict[str, int]:
    return found_in_the_views() | wrong


ask.mistake("layer and head are exchanged: a row of the model view is a layer", _with(layer=0, head=1))
ask.mistake("you read the row of file, where it looks at it, or count heads from 1", _with(head=1))
ask.mistake("you found where file looks at it; asked is what it looks at", _with(head=1, feature=5))
ask.mistake(
    "you found where file looks at it, in layer 0; asked is what it looks at",
    _with(layer=0, head=1, feature=4),
)
ask.mistake("you stopped at a weight below a half: another head gives file more", _with(head=2))
ask.mistake("you looked at layer 0 only; the view begins there", _with(layer=0, head=2))
ask.mistake("you looked at the last layer only, or count layers from 1", _with(layer=2))
ask.mistake("you count layers and heads from 1", _with(layer=2, head=1))
ask.mistake("you count features from 1, or took the largest number of the key", _with(feature=4))
ask.mistake("you count all three from 1", _with(layer=2, head=1, feature=4))
ask.mistake(
    "you took the largest number of the query (or the second largest product); the key has its say",
    _with(feature=2),
)
ask.mistake("you took the largest product without its sign: it speaks against this weight", _with(feature=0))
ask.mistake("you took the key of it and the query of file", _with(feature=1))
ask.mistake("you took a positive product that is not the largest", _with(feature=5))
ask.mistake("the head is found, and its layer is not: you read layer 0", _with(layer=0))

ask.right(
    {"layer": 1.0, "head": 0.0, "feature": 3.0},
    {"feature": " 3", "head": "0", "layer": "1.0"},
    {name: torch.tensor(number) for name, number in found_in_the_views().items()},
    {name: np.int64(number) for name, number in found_in_the_views().items()},
)
