"""ex11_4: what changes alignment, and what uniformity."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder
from albert_lab.classroom.values import part

ask = QuestionBuilder(
    id="ex11_4",
    title="Alignment, uniformity, both or neither?",
    kind="predict",
    objectives=("LO-11.4", "LO-11.1"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "Alignment knows pairs and uniformity does not: it sees only how the points lie on the sphere. A "
        "common piece makes all directions alike, and so it brings partners and strangers nearer at once."
    ),
)

Tensor = torch.Tensor

EVENTS = (
    "event 1: all are turned",
    "event 2: all are multiplied by 3",
    "event 3: a long vector is added to all",
    "event 4: answers are handed on",
    "event 5: queries are replaced by their answers",
)


def _measures(queries: Tensor, answers: Tensor) -> tuple[float, float]:
    one, two = F.normalize(queries, dim=1), F.normalize(answers, dim=1)
    squares = F.pdist(two) ** 2
    return float(((one - two) ** 2).sum(1).mean()), float((-2 * squares).exp().mean().log())


@ask.reference
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


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One for each event."""
    return [Case(says, (place,)) for place, says in enumerate(EVENTS)]


ask.use(part)  # the number for one event


def _with(**wrong: int) -> tuple[int, ...]:
    """The right numbers but for some events, such as e2=3."""
    return tuple(wrong.get(f"e{i + 1}", right) for i, right in enumerate(what_changes()))


ask.mistake("you think that a rotation of everything changes distances", _with(e1=3))
ask.mistake("you think that a rotation brings strangers, not partners, to other distances", _with(e1=2))
ask.mistake("you think that a rotation brings partners, not strangers, to other distances", _with(e1=1))
ask.mistake("you forgot that vectors are brought to length 1 first", _with(e2=3))
ask.mistake("you let longer vectors spread: on the sphere their length is gone", _with(e2=2))
ask.mistake("you let the distance of partners grow with their length, which is made 1", _with(e2=1))
ask.mistake("you think that a common piece cancels in all distances, also of unit vectors", _with(e3=0))
ask.mistake("you think that a common piece leaves partners as they are", _with(e3=2))
ask.mistake("you think that a common piece changes partners only", _with(e3=1))
ask.mistake("you think that uniformity asks who is whose partner", _with(e4=3))
ask.mistake("you think that alignment does not ask who is whose partner", _with(e4=0))
ask.mistake("you think that handing on changes the cloud, and leaves partners together", _with(e4=2))
ask.mistake("you think that partners which coincide make the answers less uniform", _with(e5=3))
ask.mistake("you think that an alignment of 0 is none, so that nothing has changed", _with(e5=0))
ask.mistake("you think that a query on its answer changes the cloud of answers", _with(e5=2))
ask.mistake("you exchanged the numbers of alignment and uniformity", _with(e4=2, e5=2))
ask.mistake("you think that everything changes everything", (3, 3, 3, 3, 3))
ask.mistake("you think that a common change of all vectors is never seen", _with(e3=0, e4=0))

ask.right(
    [0, 0, 3, 1, 1],
    (0.0, 0.0, 3.0, 1.0, 1.0),
    torch.tensor([0, 0, 3, 1, 1]),
    "0, 0, 3, 1, 1",
    ["0", "0", "3", "1", "1"],
    "(0, 0, 3, 1, 1)",
)
