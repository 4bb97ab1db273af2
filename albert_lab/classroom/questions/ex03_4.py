"""ex03_4: sinusoids of any places, sines first."""

from __future__ import annotations

import math

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex03_4",
    title="A clock for any place",
    kind="implement",
    objectives=("LO-03.3",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=3,
    why=(
        "A hand needs both its sine and its cosine, because either of them alone shows the same number at "
        "two different angles. In which columns they stand is a convention, but one that the next layer has "
        "learnt: rows of the other layout would be read as other places."
    ),
    rtol=1e-3,
    atol=1e-3,
)


@ask.reference
def clock_rows(places: torch.Tensor, width: int) -> torch.Tensor:
    speeds = 10000 ** (-torch.arange(0, width, 2) / width)  # (E/2,)
    angles = places[..., None] * speeds  # (..., 1) * (E/2,) -> (..., E/2)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)  # (..., E)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, then places in any order and shape, far places, and the smallest table."""
    return [
        Case("place 1, two hands, by hand", (torch.tensor([1]), 4)),
        Case("the first five places", (torch.arange(5), 6)),
        Case("places in any order, some twice", (torch.tensor([7, 0, 3, 7, 21, 2]), 10)),
        Case("a batch of places", (draw.integers(0, 60, 3, 5), 8)),
        Case("three axes of places", (draw.integers(0, 60, 2, 1, 4), 12)),
        Case("one hand", (draw.integers(0, 40, 4), 2)),
        Case("a place beyond ALBERT's 512", (torch.tensor([513, 2000]), 16)),
        Case("a width that is no power of two", (draw.integers(0, 99, 5), 18)),
        Case("a single place, no axis", (torch.tensor(draw.integer(5, 90)), 6)),
    ]


@ask.mistake("sine and cosine of a hand stand side by side, and not in two halves")
def _side_by_side(places, width):
    sines, cosines = clock_rows(places, width).chunk(2, dim=-1)
    return torch.stack([sines, cosines], dim=-1).flatten(-2)


@ask.mistake("the cosines stand before the sines")
def _cosines_first(places, width):
    return torch.cat(clock_rows(places, width).chunk(2, dim=-1)[::-1], dim=-1)


def _rows(places, width, speeds=None, move=0.0):
    if speeds is None:
        speeds = 10000 ** (-torch.arange(0, width, 2) / width)
    return torch.cat(
        [((places[..., None] + move) * speeds).sin(), ((places[..., None] + move) * speeds).cos()], -1
    )


@ask.mistake("the 2 in the exponent was forgotten: the hands are too fast")
def _no_two(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(width // 2) / width))


@ask.mistake("the 2 is in the exponent twice: the hands are too slow")
def _twice_the_two(places, width):
    return _rows(places, width, 10000 ** (-2 * torch.arange(0, width, 2) / width))


@ask.mistake("the exponents were spread so that the last hand has exactly 1/10000")
def _divided_by_one_less(places, width):
    hands = torch.arange(width // 2)
    return _rows(places, width, 10000 ** (-hands / max(1, width // 2 - 1)))


@ask.mistake("the angles were taken for degrees")
def _degrees(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) / width) * math.pi / 180)


@ask.mistake("the speeds were taken for whole turns")
def _whole_turns(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) / width) * 2 * math.pi)


@ask.mistake("the sign of the exponent is missing: each hand is faster than the one before")
def _hands_run_up(places, width):
    return _rows(places, width, 10000 ** (torch.arange(0, width, 2) / width))


@ask.mistake("the base is 1000, one zero too few")
def _thousand(places, width):
    return _rows(places, width, 1000 ** (-torch.arange(0, width, 2) / width))


@ask.mistake("the slowest hand stands first")
def _slowest_first(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) / width).flip(0))


@ask.mistake("the tokens were numbered anew: the places that were given are not used")
def _own_places(places, width):
    row = torch.arange(places.shape[-1] if places.ndim else 1).reshape(places.shape[-1:])
    return clock_rows(row.expand_as(places), width)


@ask.mistake("the places are counted from 1")
def _from_one(places, width):
    return _rows(places, width, move=1.0)


@ask.mistake("sine and cosine of a pair got different speeds")
def _other_speed_for_the_cosine(places, width):
    speeds = 10000 ** (-torch.arange(width) / width)
    angles = places[..., None] * speeds
    return torch.cat([angles[..., 0::2].sin(), angles[..., 1::2].cos()], dim=-1)


@ask.mistake("every column is a sine, each with a speed of its own")
def _sines_only(places, width):
    return (places[..., None] * 10000 ** (-torch.arange(width) / width)).sin()


@ask.mistake("the division in the exponent rounds down to a whole number")
def _floor_division(places, width):
    return _rows(places, width, 10000.0 ** (-(torch.arange(0, width, 2) // width)))


@ask.mistake("the speeds are whole numbers, so that all but the first are 0")
def _whole_speeds(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) // width))


@ask.mistake("there are as many hands as columns, each with a sine and a cosine")
def _twice_as_wide(places, width):
    return _rows(places, width, 10000 ** (-2 * torch.arange(width) / width))


@ask.mistake("the halves are joined along the second axis: with several axes it holds places")
def _halves_on_axis_1(places, width):
    return torch.cat(clock_rows(places, width).chunk(2, dim=-1), dim=1)


@ask.mistake("the halves are joined along the first axis, under each other")
def _halves_on_axis_0(places, width):
    return torch.cat(clock_rows(places, width).chunk(2, dim=-1))


@ask.mistake("the rows come from a table with 512 rows")
def _table_of_512(places, width):
    return clock_rows(torch.arange(512), width)[places]


@ask.mistake("the width of the example was written into the exponent")
def _speeds_of_width_4(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) / 4))


@ask.mistake("the code is for places with one axis, and there may be several or none")
def _one_axis_only(places, width):
    angles = places[:, None] * 10000 ** (-torch.arange(0, width, 2) / width)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


@ask.mistake("the axes of the places were flattened into one")
def _one_axis_left(places, width):
    return clock_rows(places, width).reshape(-1, width)


@ask.mistake("the second half holds the sines once more")
def _sines_twice(places, width):
    return clock_rows(places, width)[..., : width // 2].repeat(*[1] * places.ndim, 2)


@ask.mistake("the result is float64")
def _in_float64(places, width):
    return clock_rows(places, width).double()


@ask.right
def with_logarithms(places: torch.Tensor, width: int) -> torch.Tensor:
    hands = torch.arange(width // 2, dtype=torch.float64)
    angles = places.double().unsqueeze(-1) * torch.exp(-math.log(10000) * 2 * hands / width)
    return torch.cat((torch.sin(angles), torch.cos(angles)), -1).float()


@ask.right
def with_a_loop(places: torch.Tensor, width: int) -> torch.Tensor:
    rows = []
    for t in places.flatten().tolist():
        angles = [t * 10000 ** (-2 * j / width) for j in range(width // 2)]
        rows.append([math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles])
    return torch.tensor(rows).reshape(*places.shape, width)


@ask.right
def filled_in(places: torch.Tensor, width: int) -> torch.Tensor:
    table, half = torch.empty(*places.shape, width), width // 2
    for j in range(half):
        angle = places / 10000 ** (2 * j / width)
        table[..., j], table[..., half + j] = torch.sin(angle), torch.cos(angle)
    return table
