"""ex14_1: how many weights change in a probe, with a pooler, and in full fine-tuning."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder
from albert_lab.classroom.values import part

ask = QuestionBuilder(
    id="ex14_1",
    title="What is trained?",
    kind="predict",
    objectives=("LO-14.3", "LO-14.4"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "A probe moves only the head, fine-tuning moves everything; between the two there is a hundredfold "
        "difference in what can be learnt, by heart too. Weights that several layers share are one set, and "
        "change once."
    ),
)

BODY, LAYER, TIMES, H, K = 1_000_000, 198_272, 6, 128, 8
POOLER, HEAD = H * H + H, K * H + K
WAYS = ("the head alone", "pooler and head", "everything")


@ask.reference
def trained() -> tuple[int, ...]:
    return HEAD, POOLER + HEAD, BODY + HEAD


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One for each way."""
    return [Case(says, (place,)) for place, says in enumerate(WAYS)]


ask.use(part)  # one of the three numbers

ask.mistake("the biases of the head are missing", (K * H, POOLER + K * H, BODY + K * H))
ask.mistake("the bias of the pooler is missing", (HEAD, H * H + HEAD, BODY + HEAD))
ask.mistake("no bias is counted at all", (K * H, H * H + K * H, BODY + K * H))
ask.mistake(
    "the shared layer is counted once for each time that it is applied",
    (HEAD, POOLER + HEAD, BODY + (TIMES - 1) * LAYER + HEAD),
)
ask.mistake(
    "the pooler is counted twice; it is a part of the body", (HEAD, POOLER + HEAD, BODY + POOLER + HEAD)
)
ask.mistake("the new head is forgotten where the rest is trained too", (HEAD, POOLER, BODY))
ask.mistake("the body is trained in a probe too; a probe leaves it as it is", (BODY + HEAD,) * 3)
ask.mistake("you give the head one bias for all labels", (K * H + 1, POOLER + K * H + 1, BODY + K * H + 1))
ask.mistake("you counted what stays as it is", (BODY, BODY - POOLER, 0))
ask.mistake("you took the head for one row; it has one for each label", (H + 1, POOLER + H + 1, BODY + H + 1))
ask.mistake("you give the head a bias for each feature", (K * H + H, POOLER + K * H + H, BODY + K * H + H))
ask.mistake(
    "only the shared layer is trained beside pooler and head", (HEAD, POOLER + HEAD, LAYER + POOLER + HEAD)
)

ask.right(
    [HEAD, POOLER + HEAD, BODY + HEAD],
    torch.tensor([HEAD, POOLER + HEAD, BODY + HEAD]),
    np.array([HEAD, POOLER + HEAD, BODY + HEAD]),
    (float(HEAD), float(POOLER + HEAD), float(BODY + HEAD)),
    f"({HEAD}, {POOLER + HEAD}, {BODY + HEAD})",
)
