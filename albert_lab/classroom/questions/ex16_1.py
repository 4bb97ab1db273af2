"""ex16_1: each gap gets its best piece."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex16_1",
    title="Fill the gaps",
    kind="implement",
    objectives=("LO-16.1",),
    points=1,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "Every place has its own row of scores, and the rows do not know what was chosen in the others. That "
        "is why all gaps can be filled at once, and why what comes out need not be a text."
    ),
)

Tensor = torch.Tensor


@ask.reference
def fill_gaps(ids: Tensor, scores: Tensor, gap: int) -> Tensor:
    allowed = scores.clone()
    allowed[:, gap] = -torch.inf  # a gap is not filled with a gap
    return torch.where(ids == gap, allowed.argmax(dim=1), ids)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Gaps first, in between, last, side by side, none; the gap itself with the best score."""

    def case(says: str, ids: list[int], gap: int, V: int, *, tempting: bool = False) -> Case:
        scores = draw.normal(len(ids), V)
        if tempting:
            scores[:, gap] = 9.0
        return Case(says, (torch.tensor(ids), scores, gap))

    return [
        case("one gap in the middle", [3, 1, 4], 1, 6),
        case("a gap at each end", [2, 5, 0, 2], 2, 7),
        case("two gaps side by side", [6, 4, 4, 3, 0], 4, 8),
        case("three gaps", [5, 1, 5, 2, 5, 0], 5, 6),
        case("the gap has the best score itself", [3, 1, 4, 1], 1, 6, tempting=True),
        case("gaps only, the gap is piece 0", [0, 0, 0], 0, 9, tempting=True),
        case("no gap", [3, 2, 4], 1, 6),
        case("more places than pieces", [0, 1, 2, 3, 2, 1, 0, 3, 2], 3, 4),
    ]


@ask.mistake("every place is filled anew, not only the gaps")
def _all_places(ids, scores, gap):
    return fill_gaps(torch.full_like(ids, gap), scores, gap)


@ask.mistake("a gap may be filled with the gap itself")
def _with_itself(ids, scores, gap):
    return torch.where(ids == gap, scores.argmax(dim=1), ids)


@ask.mistake("the worst piece is taken, not the best")
def _worst(ids, scores, gap):
    return fill_gaps(ids, -scores, gap)


@ask.mistake("only the first gap is filled")
def _first(ids, scores, gap):
    filled, places = ids.clone(), (ids == gap).nonzero()[:1, 0]
    filled[places] = fill_gaps(ids, scores, gap)[places]
    return filled


@ask.mistake("only the last gap is filled")
def _last(ids, scores, gap):
    filled, places = ids.clone(), (ids == gap).nonzero()[-1:, 0]
    filled[places] = fill_gaps(ids, scores, gap)[places]
    return filled


@ask.mistake("all gaps get one piece, the best of the summed scores")
def _same(ids, scores, gap):
    together = scores.sum(dim=0, keepdim=True).expand_as(scores)
    return fill_gaps(ids, together, gap)


@ask.mistake("the scores of the next place are read")
def _next(ids, scores, gap):
    return fill_gaps(ids, scores.roll(-1, dims=0), gap)


@ask.mistake("the scores of the place before are read")
def _before(ids, scores, gap):
    return fill_gaps(ids, scores.roll(1, dims=0), gap)


@ask.mistake("the second best piece is taken")
def _second(ids, scores, gap):
    allowed = scores.clone()
    allowed[:, gap] = -torch.inf
    return torch.where(ids == gap, allowed.topk(2, dim=1).indices[:, 1], ids)


@ask.mistake("the places that are no gaps are filled, and the gaps are left")
def _others(ids, scores, gap):
    return torch.where(ids != gap, _all_places(ids, scores, gap), ids)


@ask.right
def _loop(ids, scores, gap):
    filled = ids.clone()
    for place, piece in enumerate(ids.tolist()):
        if piece == gap:
            order = scores[place].argsort(descending=True).tolist()
            filled[place] = next(best for best in order if best != gap)
    return filled


@ask.right
def _softmax(ids, scores, gap):
    shares = scores.double().softmax(dim=-1)
    shares[:, gap] = 0
    return torch.where(ids == gap, shares.argmax(dim=-1), ids)


@ask.right
def _by_index(ids, scores, gap):
    filled, gaps = ids.clone(), ids == gap
    found = scores[gaps]
    found[:, gap] = torch.finfo(found.dtype).min
    filled[gaps] = found.max(dim=1).indices
    return filled
