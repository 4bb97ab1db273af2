"""ex10_4: at which place is a need's own line?"""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex10_4",
    title="An exam finer than right or wrong",
    kind="implement",
    objectives=("LO-10.4", "LO-10.6"),
    points=3,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "Only order counts, so nothing has to be sorted: the place is one more than the number of lines that "
        "are nearer. A place says more than right or wrong: from 20th to 2nd is progress that a share of "
        "right answers does not see."
    ),
)


@ask.reference
def own_places(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    unit_needs, unit_lines = (side / side.norm(dim=-1, keepdim=True) for side in (needs, lines))
    cosines = unit_needs @ unit_lines.T  # (n, M)
    own = cosines.diagonal().unsqueeze(-1)  # (n, 1): line i belongs to need i
    nearer = cosines > own
    nearer.fill_diagonal_(False)  # rounding must not put a line before itself
    return 1 + nearer.sum(dim=1)


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    return vectors / vectors.norm(dim=-1, keepdim=True)


RADIUS = 16


def _arrows(draw: Draw, width: int, pull: float) -> torch.Tensor:
    """Different vectors of whole numbers, all exactly RADIUS long, (K, width).

    Their cosines are exact in floating-point numbers, however they are computed: no rounding puts a line
    before itself.
    """
    drawn = (draw.normal(4000, width - 1) + pull) * RADIUS / (width * (1 + pull**2)) ** 0.5
    drawn = drawn.round()
    rest = RADIUS**2 - drawn.square().sum(dim=1, keepdim=True)
    last = rest.clamp(min=0).sqrt().round()
    sign = 1 if pull else 2 * draw.integers(0, 2, 4000, 1) - 1
    arrows = torch.cat([drawn, sign * last], dim=1)[last.square().eq(rest).squeeze(1)].unique(dim=0)
    return arrows[torch.randperm(len(arrows), generator=draw.generator)]


def _sides(draw: Draw, needs: int, lines: int, width: int, dtype=torch.float32, pull: float = 0) -> tuple:
    """Needs that resemble their lines a little; lengths that differ; no line as near as the own one."""
    arrows = _arrows(draw, width, pull)
    belongs = arrows[:lines]
    dots = arrows @ belongs.T  # (K, M)
    wanted = belongs[:needs] + 1.5 * RADIUS / width**0.5 * draw.normal(needs, width)
    fits = wanted @ arrows.T  # (n, K)
    tied = (dots[:, None, :] == dots[:, :needs, None]).sum(dim=-1).T > 1  # (n, K)
    asked = arrows[fits.masked_fill(tied, -torch.inf).argmax(dim=1)]
    sides = (side * 2.0 ** draw.integers(-10, 3, len(side), 1) for side in (asked, belongs))
    return tuple(side.to(dtype) for side in sides)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, more lines than needs, one of each, lengths that differ, a common piece, other dtypes."""
    by_hand = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[3.0, 3.0], [0.0, 1.0], [4.0, 1.0]])
    scaled = _sides(draw, 6, 9, 5)
    scaled = scaled[0], scaled[1] * 2.0 ** torch.arange(-4, 5).unsqueeze(-1)
    strided = tuple(side.T.contiguous().T for side in _sides(draw, 6, 10, 7))
    return [
        Case("two needs, three lines, by hand", by_hand),
        Case("more lines than needs", _sides(draw, 7, 12, 5)),
        Case("as many lines as needs", _sides(draw, 8, 8, 6)),
        Case("many lines, float64", _sides(draw, 20, 60, 5, torch.float64)),
        Case("a common piece in all vectors", _sides(draw, 9, 14, 6, pull=1.5)),
        Case("lines of very different length", scaled),
        Case("one need, one line", _sides(draw, 1, 1, 5)),
        Case("one need, many lines", _sides(draw, 1, 11, 6)),
        Case("vectors that are not contiguous", strided),
    ]


def _places_by(nearness):
    """Places by another nearness (needs, lines) -> (n, M), counted as they should be."""

    def answer(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
        near = nearness(needs, lines)
        return 1 + (near > near.diagonal().unsqueeze(-1)).sum(dim=1)

    return answer


ask.mistake("the lengths of the lines count: you compare dot products", _places_by(lambda n, m: n @ m.T))
ask.mistake("you compare distances and not directions", _places_by(lambda n, m: -torch.cdist(n, m)))


@ask.mistake("the nearest line has place 0 and not 1")
def _from_zero(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return own_places(needs, lines) - 1


@ask.mistake("the places are counted from the farthest line")
def _from_the_end(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return len(lines) + 1 - own_places(needs, lines)


@ask.mistake("you ask each line for the place of its need, not each need for the place of its line")
def _among_the_needs(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return own_places(lines[: len(needs)], needs)


@ask.mistake("the lines that belong to nobody do not take part")
def _only_owned_lines(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return own_places(needs, lines[: len(needs)])


def _cosines(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return _unit(needs) @ _unit(lines).T


@ask.mistake("you read which line stands at place i where you need the place at which line i stands")
def _argsort_read_backwards(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return 1 + _cosines(needs, lines).argsort(dim=1, descending=True).diagonal()


@ask.mistake("you return the number of the nearest line")
def _nearest(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return _cosines(needs, lines).argmax(dim=1)


@ask.mistake("you return 1 for right and 0 for wrong, as the chapter's exam did")
def _right_or_not(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return (own_places(needs, lines) == 1).long()


@ask.mistake("the own line is counted among those that are nearer")
def _own_counted(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return 1 + own_places(needs, lines)


@ask.mistake("you return one share for all needs; each need has its own place")
def _a_share(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return (own_places(needs, lines) == 1).float().mean()


@ask.mistake("the places are floating-point numbers; whole numbers are asked for")
def _as_fractions(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return own_places(needs, lines).float()


@ask.mistake("each feature is divided by its length over the texts, not each vector by its own")
@_places_by
def _unit_by_column(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return (needs / needs.norm(dim=0)) @ (lines / lines.norm(dim=0)).T


@ask.mistake("a mean is subtracted before the cosine")
@_places_by
def _centred(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    mean = torch.cat([needs, lines]).mean(dim=0)
    return _cosines(needs - mean, lines - mean)


@ask.mistake("every need is compared with the average of all own cosines")
def _pooled(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    near = _cosines(needs, lines)
    return 1 + (near > near.diagonal().mean()).sum(dim=1)


@ask.mistake("the own cosines are lined up with the lines, not with the needs")
def _axis_lost(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    cosines = _cosines(needs, lines)
    return 1 + (cosines > cosines.diagonal()).sum(dim=1)


@ask.mistake("vectors are divided by the squares of their lengths")
@_places_by
def _by_squares(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return (needs / needs.square().sum(dim=1, keepdim=True)) @ (lines / lines.square().sum(1, keepdim=True)).T


@ask.mistake("the lines of other needs do not take part, only those of nobody")
def _only_strangers(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    cosines = _cosines(needs, lines)
    return 1 + (cosines > cosines.diagonal().unsqueeze(-1))[:, len(needs) :].sum(dim=1)


@ask.mistake("the own cosines are ranked among each other, not beside other lines")
def _among_own(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return 1 + _cosines(needs, lines).diagonal().argsort(descending=True).argsort()


@ask.mistake("of a single need, the axis of the needs is lost")
def _squeezed(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    return own_places(needs, lines).squeeze()


ask.mistake("the cosines are compared without their sign", _places_by(lambda n, m: _cosines(n, m).abs()))


ask.mistake(
    "lengths below 1 are taken for 1, so that short lines are too far away",
    _places_by(
        lambda needs, lines: (
            needs @ (lines / lines.norm(dim=1, keepdim=True).clamp(min=1)).T / needs.norm(dim=1, keepdim=True)
        )
    ),
)


@ask.right
def with_a_loop(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    places = []
    for i, need in enumerate(needs):
        cosines = [float(torch.cosine_similarity(need, line, dim=0)) for line in lines]
        order = sorted(range(len(lines)), key=lambda j: -cosines[j])
        places.append(order.index(i) + 1)
    return torch.tensor(places)


@ask.right
def with_two_argsorts(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    cosines = torch.cosine_similarity(needs[:, None], lines[None], dim=-1)
    places = cosines.argsort(dim=1, descending=True).argsort(dim=1)
    return places.diagonal() + 1


@ask.right
def with_equality(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    unit = torch.nn.functional.normalize(lines, dim=1)
    order = torch.einsum("nh,mh->nm", needs, unit).argsort(dim=1, descending=True)
    return (order == torch.arange(len(needs))[:, None]).nonzero()[:, 1] + 1


@ask.right
def with_own_cosines_apart(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    n, normalize = len(needs), torch.nn.functional.normalize
    table = normalize(needs, dim=-1) @ normalize(lines, dim=-1).T
    own = torch.cosine_similarity(needs, lines[:n])
    return (table > own[:, None]).sum(1) + 1


@ask.right
def with_own_products_apart(needs: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
    a, b = _unit(needs), _unit(lines)
    own = (a * b[: len(a)]).sum(-1, keepdim=True)
    return 1 + torch.gt(a @ b.mT, own).sum(-1)
