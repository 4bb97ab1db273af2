"""ex17_5: what is packed, multiplied and compiled, in a network that shares and in one that does not."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder
from albert_lab.classroom.values import part

ask = QuestionBuilder(
    id="ex17_5",
    title="Packed, multiplied, compiled",
    kind="predict",
    objectives=("LO-17.5",),
    points=1,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "What is kept, packed or compiled goes with the weights that are stored, and sharing makes one of "
        "many. What is computed goes with the calls, and sharing saves nothing. A new length asks for a "
        "program once, and the second one is for all lengths."
    ),
)

LAYERS, MATRICES = 24, 6  # Q, K, V, O, and two of the feed-forward
LENGTHS = (32, 48, 32, 64)
ASKED = (
    "matrices packed in ALBERT",
    "matrices packed in BERT",
    "products with them in ALBERT",
    "compilations",
)


@ask.reference
def found() -> tuple[int, ...]:
    """Count them: packing once for a stored matrix, a product for each call, programs for lengths."""
    programs = 0
    known: set[int | str] = set()
    for length in LENGTHS:
        if length not in known and "any" not in known:
            programs += 1
            known.add("any" if known else length)
    return MATRICES, LAYERS * MATRICES, LAYERS * MATRICES, programs


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One for each of the four numbers."""
    return [Case(says, (place,)) for place, says in enumerate(ASKED)]


ask.use(part)  # one of the four numbers

ask.mistake("you count layers; the matrices in them are asked for", (1, 24, 24, 2))
ask.mistake("you pack once for every call; the calls of one layer have the same weights", (144, 144, 144, 2))
ask.mistake("you give BERT one layer, too; each of its layers has weights of its own", (6, 6, 144, 2))
ask.mistake(
    "sharing saves products in your count; each call has another input, and is computed", (6, 144, 6, 2)
)
ask.mistake(
    "you count products of one layer for each call, and not those of its six matrices", (6, 144, 24, 2)
)
ask.mistake(
    "one program serves one length in your count; the second is made for any length", (6, 144, 144, 3)
)
ask.mistake("you compile for every batch; a program is kept as long as it fits", (6, 144, 144, 4))
ask.mistake("you compile for every call; the calls of one layer share a program", (6, 144, 144, 48))
ask.mistake("you compile for every call of every batch", (6, 144, 144, 96))
ask.mistake("the first program serves all lengths in your count; it was made for 32 tokens", (6, 144, 144, 1))
ask.mistake("the feed-forward network is missing: it has two matrices", (4, 96, 96, 2))
ask.mistake("Q, K and V are counted, and O is missing", (5, 120, 120, 2))
ask.mistake("you count attention's two products, in which no matrix of weights takes part", (8, 192, 192, 2))
ask.mistake("products of all four batches are counted; those of one are asked for", (6, 144, 576, 2))
ask.mistake("ALBERT and BERT are exchanged", (144, 6, 144, 2))
ask.mistake("you think that nothing has to be packed or compiled", (0, 0, 144, 0))

ask.right(
    [6, 144, 144, 2],
    (6.0, 144.0, 144.0, 2.0),
    torch.tensor([6, 144, 144, 2]),
    np.array([6, 144, 144, 2]),
    "(6, 144, 144, 2)",
)
