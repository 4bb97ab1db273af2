"""ex07_4: how many dimensions a table needs."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex07_4",
    title="How many dimensions does a table need?",
    kind="implement",
    objectives=("LO-07.4",),
    points=3,
    minutes=15,
    difficulty=3,
    importance=3,
    why=(
        "Cutting after the k strongest directions gives the best table of rank k, and what it keeps is "
        "the sum of their squares. A row that all pieces share tells no piece from another, so it is "
        "subtracted first."
    ),
)


@ask.reference
def dimensions_for(table: torch.Tensor, share: float) -> int:
    squares = torch.linalg.svdvals(table - table.mean(dim=0)) ** 2  # largest first
    kept = squares.cumsum(0) / squares.sum()
    return int((kept < share).sum()) + 1


def _table(draw: Draw, rows: int, width: int, fall: float, mean: float = 0.0, dtype=None) -> torch.Tensor:
    """Directions that grow weaker, turned so that no column is one of them."""
    turned = torch.linalg.qr(draw.normal(width, width, dtype=dtype))[0]
    strength = fall ** torch.arange(width, dtype=dtype or torch.float32)
    return draw.normal(rows, width, dtype=dtype) * strength @ turned + mean * draw.normal(width, dtype=dtype)


def _share(draw: Draw, low: int, high: int) -> float:
    return draw.integer(low, high) / 1000 + 0.0003


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, random, steep, with a large mean, few rows, one direction, dtype, layout."""
    cross = torch.tensor([[4.0, 0.0], [-4.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
    line = torch.outer(draw.normal(9), draw.normal(5)) + draw.normal(5)
    two = (draw.normal(150, 12) > 0.3) + 0.1 * draw.normal(150, 12)  # a column's mean is far from its middle
    whole = 3 * draw.normal(40, 1) + draw.normal(40, 6)
    along = 3 * draw.normal(40, 1) * torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]) + draw.normal(40, 6)
    close = torch.tensor([[4.0, 0.0], [-4.0, 0.0], [0.0, 2.05], [0.0, -2.05]])  # one direction keeps 79.198 %
    strided = draw.strided(30, 6) * torch.tensor([1.0, 3.0, 1.0, 5.0, 2.0, 1.0])
    return [
        Case("four rows by hand, 75 %", (cross, 0.75)),
        Case("the same, 85 %", (cross, 0.85)),
        Case("the same, moved by (10, 20), 75 %", (cross + torch.tensor([10.0, 20.0]), 0.75)),
        Case("a share that is only just reached", (close, 0.7915)),
        Case("a share that is only just missed", (close, 0.7924)),
        Case("no direction better than another", (_table(draw, 400, 24, 1.0), _share(draw, 300, 800))),
        Case("directions that grow weaker", (_table(draw, 60, 20, 0.9), _share(draw, 700, 950))),
        Case("a small share", (_table(draw, 80, 18, 0.97), _share(draw, 150, 400))),
        Case("a mean that is large", (_table(draw, 50, 16, 0.9, mean=30.0), _share(draw, 800, 950))),
        Case("every number moved by 40", (_table(draw, 50, 16, 0.9) + 40, _share(draw, 800, 950))),
        Case("a large share, a large mean", (_table(draw, 70, 22, 0.95, mean=5.0), _share(draw, 960, 990))),
        Case("fewer rows than columns", (_table(draw, 7, 15, 1.0), _share(draw, 500, 900))),
        Case("rows that rise and fall as a whole", (whole, _share(draw, 600, 700))),
        Case("rows that differ in one direction", (along, _share(draw, 600, 700))),
        Case("two rows", (draw.normal(2, 8), _share(draw, 900, 990))),
        Case("rows that lie on one line", (line, _share(draw, 900, 990))),
        Case("numbers near 0 or near 1", (two, _share(draw, 600, 800))),
        Case("float64", (_table(draw, 40, 12, 0.9, mean=3.0, dtype=torch.float64), _share(draw, 500, 900))),
        Case("a table that is not contiguous", (strided, _share(draw, 500, 900))),
    ]


def _count(squares: torch.Tensor, share: float) -> int:
    return int((squares.cumsum(0) / squares.sum() < share).sum()) + 1


@ask.mistake("the mean of the rows was not subtracted: the first direction is what all rows share")
def _not_centred(table, share):
    return _count(torch.linalg.svdvals(table) ** 2, share)


@ask.mistake("you added singular values, not their squares")
def _not_squared(table, share):
    return _count(torch.linalg.svdvals(table - table.mean(dim=0)), share)


@ask.mistake("your number is one too small: so many directions keep less than the share")
def _one_too_few(table, share):
    return dimensions_for(table, share) - 1


@ask.mistake("your number is one too small where more than one is needed: so many keep less than the share")
def _one_too_small_or_one(table, share):
    return max(1, dimensions_for(table, share) - 1)


@ask.mistake("your number is one too large: one direction less was enough")
def _one_too_many(table, share):
    return dimensions_for(table, share) + 1


@ask.mistake("you took the columns in their order for the best directions")
def _columns(table, share):
    return _count(((table - table.mean(dim=0)) ** 2).sum(dim=0), share)


@ask.mistake("you sorted the columns; a best direction can lie between columns")
def _best_columns(table, share):
    return _count(((table - table.mean(dim=0)) ** 2).sum(dim=0).sort(descending=True).values, share)


@ask.mistake("you subtracted from each row its own mean, not the mean of all rows")
def _centred_rows(table, share):
    return _count(torch.linalg.svdvals(table - table.mean(dim=1, keepdim=True)) ** 2, share)


@ask.mistake("you subtracted one number, the mean of all entries, not a row")
def _one_number_subtracted(table, share):
    return _count(torch.linalg.svdvals(table - table.mean()) ** 2, share)


@ask.mistake("`share` is what is to be kept; you took it for what may be lost")
def _lost(table, share):
    return dimensions_for(table, 1 - share)


@ask.mistake("you began with the weakest direction")
def _weakest_first(table, share):
    return _count((torch.linalg.svdvals(table - table.mean(dim=0)) ** 2).flip(0), share)


@ask.mistake("you compared each direction with the strongest one and added nothing up")
def _compared_with_the_first(table, share):
    strengths = torch.linalg.svdvals(table - table.mean(dim=0))
    return int((strengths >= share * strengths[0]).sum())


@ask.mistake("you counted the directions that reach the share alone, and added nothing up")
def _alone(table, share):
    squares = torch.linalg.svdvals(table - table.mean(dim=0)) ** 2
    return int((squares / squares.sum() >= share).sum())


@ask.mistake("you dropped the strongest direction, which is not the same as the mean row")
def _first_dropped(table, share):
    return _count(torch.linalg.svdvals(table)[1:] ** 2, share)


@ask.mistake("each column was divided by its standard deviation, which changes the table")
def _standardised(table, share):
    centred = table - table.mean(dim=0)
    return _count(torch.linalg.svdvals(centred / centred.std(dim=0)) ** 2, share)


@ask.mistake("you computed the rank; `share` is not used")
def _rank(table, share):
    return int(torch.linalg.matrix_rank(table - table.mean(dim=0)))


@ask.mistake("you took the share of the dimensions, whatever the table holds")
def _share_of_dimensions(table, share):
    return round(share * min(table.shape))


@ask.mistake("you return the share that is kept, not the number of dimensions")
def _share_kept(table, share):
    squares = torch.linalg.svdvals(table - table.mean(dim=0)) ** 2
    return float((squares.cumsum(0) / squares.sum())[dimensions_for(table, share) - 1])


@ask.mistake("the squares were squared once more")
def _eigenvalues_squared(table, share):
    return _count(torch.linalg.svdvals(table - table.mean(dim=0)) ** 4, share)


def _kept(table):
    squares = torch.linalg.svdvals(table - table.mean(dim=0)) ** 2
    return squares.cumsum(0) / squares.sum()


@ask.mistake("you took the k that comes nearest to the share, which may lie below it")
def _nearest(table, share):
    return int((_kept(table) - share).abs().argmin()) + 1


@ask.mistake("what is kept was rounded before it met the share")
def _rounded(table, share):
    return int((_kept(table).round(decimals=2) < share).sum()) + 1


@ask.mistake("you counted the k that keep enough; the smallest of them is asked for")
def _enough(table, share):
    return int((_kept(table) >= share).sum())


@ask.mistake("you compared how long the lost part is; the share is one of squares")
def _lengths(table, share):
    return int(((1 - _kept(table)).clamp(min=0).sqrt() > 1 - share).sum()) + 1


@ask.mistake("`share` was squared as well")
def _share_squared(table, share):
    return int((_kept(table) < share**2).sum()) + 1


@ask.mistake("you squared the sums of the singular values, not each of them")
def _sums_squared(table, share):
    sums = torch.linalg.svdvals(table - table.mean(dim=0)).cumsum(0)
    return int(((sums / sums[-1]) ** 2 < share).sum()) + 1


@ask.mistake("each row was brought to length 1, which changes the table")
def _unit_rows(table, share):
    return _count(torch.linalg.svdvals(F.normalize(table - table.mean(dim=0), dim=1)) ** 2, share)


@ask.mistake("each row lost its own mean as well")
def _both_means(table, share):
    centred = table - table.mean(dim=0)
    return _count(torch.linalg.svdvals(centred - centred.mean(dim=1, keepdim=True)) ** 2, share)


@ask.mistake("you subtracted the first row, not the mean of all rows")
def _first_row(table, share):
    return _count(torch.linalg.svdvals(table - table[0]) ** 2, share)


@ask.mistake("you subtracted the median of each column, not its mean")
def _middle_row(table, share):
    return _count(torch.linalg.svdvals(table - table.median(dim=0).values) ** 2, share)


@ask.mistake("the whole was taken before the mean was subtracted, the parts after")
def _whole_of_uncentred(table, share):
    squares = torch.linalg.svdvals(table - table.mean(dim=0)) ** 2
    return int((squares.cumsum(0) < share * table.square().sum()).sum()) + 1


@ask.mistake("you took the first six directions for all there are")
def _six_directions(table, share):
    return _count(torch.linalg.svdvals(table - table.mean(dim=0))[:6] ** 2, share)


@ask.right
def with_the_covariance(table, share):
    centred = (table - table.mean(dim=0, keepdim=True)).double()
    strengths = torch.linalg.eigvalsh(centred.T @ centred).flip(0)  # squares of the singular values
    kept, total = 0.0, float(strengths.sum())
    for k, square in enumerate(strengths.tolist(), start=1):
        kept += square
        if kept >= share * total:
            return k
    return len(strengths)


@ask.right
def with_numpy(table, share):
    import numpy as np

    array = table.double().numpy()
    squares = np.linalg.svd(array - array.mean(axis=0), compute_uv=False) ** 2
    return int(np.argmax(np.cumsum(squares) >= share * squares.sum())) + 1


@ask.right
def with_searchsorted(table, share):
    strengths = torch.linalg.svd(table.sub(table.mean(0)), full_matrices=False).S.square()
    return torch.searchsorted(strengths.cumsum(0), share * strengths.sum()) + 1
