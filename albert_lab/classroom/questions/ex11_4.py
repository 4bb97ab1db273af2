"""ex11_4: what changes alignment, and what uniformity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Draw, Mistake, Question, value_case

Tensor = torch.Tensor


def _measures(queries: Tensor, answers: Tensor) -> tuple[float, float]:
    one, two = F.normalize(queries, dim=1), F.normalize(answers, dim=1)
    squares = F.pdist(two) ** 2
    return float(((one - two) ** 2).sum(1).mean()), float((-2 * squares).exp().mean().log())


def what_changes() -> tuple[int, ...]:
    """Measured on random partners: 0 nothing, 1 alignment, 2 uniformity, 3 both."""
    draw = Draw(0)
    queries = draw.normal(9, 4)
    answers = queries + draw.normal(9, 4)
    turn = torch.linalg.qr(draw.normal(4, 4)).Q
    events = [
        (queries @ turn, answers @ turn),
        (queries * 3, answers * 3),
        (queries + 5, answers + 5),
        (queries, answers.roll(1, dims=0)),
        (answers, answers),
    ]
    before, found = _measures(queries, answers), []
    for event in events:
        changed = [abs(old - new) > 1e-3 for old, new in zip(before, _measures(*event), strict=True)]
        found.append(changed[0] + 2 * changed[1])
    return tuple(found)


def use(answer: Callable) -> Any:
    """Five numbers may also be a tensor or an array."""
    found = answer()
    return found.tolist() if hasattr(found, "tolist") else found


QUESTION = Question(
    id="ex11_4",
    title="Alignment, uniformity, both or neither?",
    kind="predict",
    objectives=("LO-11.4", "LO-11.1"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=3,
    reference=what_changes,
    cases=value_case,
    use=use,
    mistakes=(
        Mistake("you think that a rotation of everything changes distances", (3, 0, 3, 1, 1)),
        Mistake("you forgot that vectors are brought to length 1 first", (0, 3, 3, 1, 1)),
        Mistake(
            "you think that a common piece cancels in all distances, also of unit vectors", (0, 0, 0, 1, 1)
        ),
        Mistake("you think that a common piece moves partners as they are", (0, 0, 2, 1, 1)),
        Mistake("you think that a common piece changes partners only", (0, 0, 1, 1, 1)),
        Mistake("you think that uniformity asks who is whose partner", (0, 0, 3, 3, 1)),
        Mistake("you think that alignment does not ask who is whose partner", (0, 0, 3, 0, 1)),
        Mistake("you think that partners which coincide make the answers less uniform", (0, 0, 3, 1, 3)),
        Mistake("you exchanged the numbers of alignment and uniformity", (0, 0, 3, 2, 2)),
        Mistake("you think that everything changes everything", (3, 3, 3, 3, 3)),
    ),
    right=([0, 0, 3, 1, 1], (0.0, 0.0, 3.0, 1.0, 1.0), torch.tensor([0, 0, 3, 1, 1])),
    why=(
        "Alignment knows pairs and uniformity does not: it sees only how the points lie on the sphere. A "
        "common piece makes all directions alike, and so it brings partners and strangers nearer at once."
    ),
)
