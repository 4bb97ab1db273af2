"""ex17_1: an image out of its patches."""

from __future__ import annotations

from math import isqrt

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex17_1",
    title="Back to the image",
    kind="implement",
    objectives=("LO-17.1",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=3,
    why=(
        "A pixel has four places: the row and the column of its patch, and its row and column in there. "
        "Pixels of one row of the image lie in several patches, so the axes have to change places before "
        "any two are joined."
    ),
)

Tensor = torch.Tensor


def _squares(patches: Tensor, rows: int) -> Tensor:
    """(B, n, P²) -> (B, rows, columns, P, P)."""
    size = isqrt(patches.shape[2])
    return patches.unflatten(2, (size, size)).unflatten(1, (rows, -1))


@ask.reference
def images_of(patches: Tensor, rows: int) -> Tensor:
    return _squares(patches, rows).transpose(2, 3).flatten(3).flatten(1, 2)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; wide, tall and square images; small and large patches; layouts and dtypes."""
    by_hand = torch.tensor(
        [[[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]], dtype=torch.float32
    )
    return [
        Case("the chapter's image of 4 by 4", (by_hand, 2)),
        Case("a wide image", (draw.normal(2, 6, 4), 2)),
        Case("a tall image", (draw.normal(3, 8, 4), 4)),
        Case("the digits of the chapter: 16 patches", (draw.normal(5, 16, 4), 4)),
        Case("patches of 3 by 3", (draw.normal(2, 6, 9), 3)),
        Case("patches of one pixel", (draw.normal(2, 12, 1), 3)),
        Case("one patch is the image", (draw.normal(2, 1, 16), 1)),
        Case("a single row of patches", (draw.normal(2, 5, 4), 1)),
        Case("whole numbers stay whole", (draw.integers(0, 17, 2, 6, 4), 3)),
        Case("float64 stays float64", (draw.normal(2, 6, 4, dtype=torch.float64), 2)),
        Case("not contiguous", (draw.strided(2, 6, 4), 2)),
    ]


@ask.mistake("you take the numbers as they lie in memory; a row of the image lies in several patches")
def _as_they_lie(patches, rows):
    size = isqrt(patches.shape[2])
    return patches.reshape(len(patches), rows * size, -1)


@ask.mistake("the pixels inside of each patch are turned: its rows became columns")
def _turned_inside(patches, rows):
    return _squares(patches, rows).mT.transpose(2, 3).flatten(3).flatten(1, 2)


@ask.mistake("the patches are read column after column; they come row after row")
def _column_after_column(patches, rows):
    size = isqrt(patches.shape[2])
    squares = patches.unflatten(2, (size, size)).unflatten(1, (-1, rows)).transpose(1, 2)
    return squares.transpose(2, 3).flatten(3).flatten(1, 2)


@ask.mistake("you take `rows` for the number of columns")
def _rows_for_columns(patches, rows):
    return images_of(patches, patches.shape[1] // rows)


@ask.mistake("you take the image for a square: as many rows of patches as columns")
def _always_square(patches, rows):
    return images_of(patches, isqrt(patches.shape[1]))


@ask.mistake("you take `rows` for rows of pixels; it counts rows of patches")
def _rows_of_pixels(patches, rows):
    return images_of(patches, max(1, rows // isqrt(patches.shape[2])))


@ask.mistake("all patches stand below each other, in one column")
def _one_column(patches, rows):
    return images_of(patches, patches.shape[1])


@ask.mistake("all patches stand beside each other, in one row")
def _one_row(patches, rows):
    return images_of(patches, 1)


@ask.mistake("the image stands on its head: the last row of patches came first")
def _upside_down(patches, rows):
    return _squares(patches, rows).flip(1).transpose(2, 3).flatten(3).flatten(1, 2)


@ask.mistake("right and left are exchanged: the last patch of a row came first")
def _mirrored(patches, rows):
    return _squares(patches, rows).flip(2).transpose(2, 3).flatten(3).flatten(1, 2)


@ask.mistake("you give the image turned: its rows are columns")
def _transposed(patches, rows):
    return images_of(patches, rows).mT


@ask.mistake("you give the first image of the batch and leave out the others")
def _first_only(patches, rows):
    return images_of(patches, rows)[0]


@ask.mistake("patches and pixels are still apart: you did not join the axes")
def _not_joined(patches, rows):
    return _squares(patches, rows).transpose(2, 3)


@ask.mistake("the dtype is changed on the way")
def _other_dtype(patches, rows):
    return images_of(patches, rows).to(torch.float16)


@ask.mistake("patches have 2 by 2 pixels in your function, whatever is given")
def _size_two(patches, rows):
    return patches.unflatten(2, (2, -1)).unflatten(1, (rows, -1)).transpose(2, 3).flatten(3).flatten(1, 2)


@ask.right
def with_permute(patches, rows):
    B, n, area = patches.shape
    size, columns = isqrt(area), n // rows
    cut = patches.reshape(B, rows, columns, size, size)
    return cut.permute(0, 1, 3, 2, 4).reshape(B, rows * size, columns * size)


@ask.right
def patch_by_patch(patches, rows):
    B, n, area = patches.shape
    size, columns = int(area**0.5 + 0.5), n // rows
    found = torch.empty(B, rows * size, columns * size, dtype=patches.dtype)
    for place in range(n):
        top, left = (place // columns) * size, (place % columns) * size
        found[:, top : top + size, left : left + size] = patches[:, place].reshape(B, size, size)
    return found


@ask.right
def joined_twice(patches, rows):
    size = isqrt(patches.shape[2])
    lines = [
        torch.cat([patch.reshape(-1, size, size) for patch in line.unbind(1)], dim=2)
        for line in patches.chunk(rows, dim=1)
    ]
    return torch.cat(lines, dim=1)


@ask.right
def folded(patches, rows):
    size, columns = isqrt(patches.shape[2]), patches.shape[1] // rows
    whole = F.fold(patches.double().mT, (rows * size, columns * size), size, stride=size)
    return whole[:, 0].to(patches.dtype)
