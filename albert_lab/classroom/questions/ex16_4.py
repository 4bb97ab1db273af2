"""ex16_4: one step of a beam."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex16_4",
    title="A step of the beam",
    kind="implement",
    objectives=("LO-16.4",),
    points=3,
    minutes=20,
    difficulty=3,
    importance=4,
    why=(
        "All continuations of all beginnings compete with their whole log probability. Keeping the best one "
        "of each beginning would keep a bad beginning alive for its own sake."
    ),
)

Beams = list[tuple[list[int], float]]


@ask.reference
def beam_step(beams: Beams, log_shares: torch.Tensor, width: int) -> Beams:
    longer = [
        ([*ids, piece], score + step)
        for (ids, score), row in zip(beams, log_shares.tolist(), strict=True)
        for piece, step in enumerate(row)
    ]
    return sorted(longer, key=lambda beam: -beam[1])[:width]


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """The chapter's tree, the first step, one beam, as many as there are, more than there are."""

    def case(says: str, W: int, K: int, width: int, length: int = 2, *, apart: float = 1.0) -> Case:
        beams = [
            (draw.integers(0, K, length).tolist(), -apart * i - float(draw.normal(1).abs())) for i in range(W)
        ]
        return Case(says, (beams, draw.normal(W, K).log_softmax(dim=1), width))

    tree = torch.tensor([[1e-9, 1e-9, 0.5, 0.5, 1e-9], [1e-9, 1e-9, 1e-9, 0.1, 0.9]]).log()
    beams = [([0], float(torch.tensor(0.6).log())), ([1], float(torch.tensor(0.4).log()))]
    return [
        Case("the chapter's table", (beams, tree, 2)),
        case("the first step: one empty beginning", 1, 5, 3, length=0),
        case("three beams of four pieces", 3, 4, 3),
        case("one beam: greedy", 1, 6, 1),
        case("one beginning leads by far", 3, 6, 3, apart=8.0),
        case("beginnings alike", 4, 5, 4, apart=0.0),
        case("fewer are kept than there were", 4, 3, 2, length=4),
        case("all are kept", 2, 3, 6),
        case("more are asked for than there are", 2, 2, 9, length=3),
    ]


@ask.mistake("each beginning keeps its own best piece, and no beginning is dropped")
def _one_each(beams, log_shares, width):
    best = [beam_step([beam], row[None], 1)[0] for beam, row in zip(beams, log_shares, strict=True)]
    return sorted(best, key=lambda beam: -beam[1])[:width]


@ask.mistake("only the last step is compared: the beginning's score is not added")
def _without_score(beams, log_shares, width):
    return beam_step([(ids, 0.0) for ids, _ in beams], log_shares, width)


@ask.mistake("log probabilities are multiplied; they have to be added")
def _product(beams, log_shares, width):
    longer = [
        ([*ids, piece], score * step)
        for (ids, score), row in zip(beams, log_shares.tolist(), strict=True)
        for piece, step in enumerate(row)
    ]
    return sorted(longer, key=lambda beam: -beam[1])[:width]


@ask.mistake("the least probable are kept")
def _worst(beams, log_shares, width):
    return beam_step(beams, log_shares, 10**6)[::-1][:width]


@ask.mistake("the right beams are kept, the best one last")
def _rising(beams, log_shares, width):
    return beam_step(beams, log_shares, width)[::-1]


@ask.mistake("all continuations are kept: the width is forgotten")
def _all(beams, log_shares, width):
    return beam_step(beams, log_shares, 10**6)


@ask.mistake("only the best beginning is continued")
def _best_only(beams, log_shares, width):
    first = max(range(len(beams)), key=lambda i: beams[i][1])
    return beam_step([beams[first]], log_shares[first : first + 1], width)


@ask.mistake("the score holds the last step only, though the whole was compared")
def _last_score(beams, log_shares, width):
    found = beam_step(beams, log_shares, width)
    steps = {tuple(ids): row for (ids, _), row in zip(beams, log_shares.tolist(), strict=True)}
    return [(ids, steps[tuple(ids[:-1])][ids[-1]]) for ids, _ in found]


@ask.mistake("the new piece stands in front of the beginning, not behind it")
def _in_front(beams, log_shares, width):
    return [([ids[-1], *ids[:-1]], score) for ids, score in beam_step(beams, log_shares, width)]


@ask.mistake("the beginnings are lost: only the new pieces are returned")
def _new_only(beams, log_shares, width):
    return [(ids[-1:], score) for ids, score in beam_step(beams, log_shares, width)]


@ask.mistake("each beginning gets a beam of its own width: too many are kept")
def _each_wide(beams, log_shares, width):
    found = [beam_step([beam], row[None], width) for beam, row in zip(beams, log_shares, strict=True)]
    return sorted((one for each in found for one in each), key=lambda beam: -beam[1])


@ask.right
def _topk(beams, log_shares, width):
    K = log_shares.shape[1]
    scores = torch.tensor([score for _, score in beams], dtype=torch.float64)
    total = (log_shares.double() + scores[:, None]).flatten()
    values, places = total.topk(min(width, len(total)))
    return [([*beams[p // K][0], p % K], v) for v, p in zip(values.tolist(), places.tolist(), strict=True)]


@ask.right
def _one_by_one(beams, log_shares, width):
    left = beam_step(beams, log_shares, 10**6)
    kept = []
    while left and len(kept) < width:
        best = max(left, key=lambda beam: beam[1])
        left.remove(best)
        kept.append(best)
    return kept


@ask.right
def _narrow_first(beams, log_shares, width):
    found = [beam_step([beam], row[None], width) for beam, row in zip(beams, log_shares, strict=True)]
    return sorted((one for each in found for one in each), key=lambda beam: beam[1], reverse=True)[:width]
