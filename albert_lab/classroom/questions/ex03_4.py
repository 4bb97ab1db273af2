"""ex03_4: sinusoids of any places, sines first."""

from __future__ import annotations

import math

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question


def clock_rows(places: torch.Tensor, width: int) -> torch.Tensor:
    speeds = 10000 ** (-torch.arange(0, width, 2) / width)  # (E/2,)
    angles = places[..., None] * speeds  # (..., 1) * (E/2,) -> (..., E/2)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)  # (..., E)


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


def _rows(places, width, speeds=None, move=0.0):
    if speeds is None:
        speeds = 10000 ** (-torch.arange(0, width, 2) / width)
    return torch.cat(
        [((places[..., None] + move) * speeds).sin(), ((places[..., None] + move) * speeds).cos()], -1
    )


def _side_by_side(places, width):
    sines, cosines = clock_rows(places, width).chunk(2, dim=-1)
    return torch.stack([sines, cosines], dim=-1).flatten(-2)


def _cosines_first(places, width):
    return torch.cat(clock_rows(places, width).chunk(2, dim=-1)[::-1], dim=-1)


def _no_two(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(width // 2) / width))


def _twice_the_two(places, width):
    return _rows(places, width, 10000 ** (-2 * torch.arange(0, width, 2) / width))


def _divided_by_one_less(places, width):
    hands = torch.arange(width // 2)
    return _rows(places, width, 10000 ** (-hands / max(1, width // 2 - 1)))


def _degrees(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) / width) * math.pi / 180)


def _whole_turns(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) / width) * 2 * math.pi)


def _hands_run_up(places, width):
    return _rows(places, width, 10000 ** (torch.arange(0, width, 2) / width))


def _thousand(places, width):
    return _rows(places, width, 1000 ** (-torch.arange(0, width, 2) / width))


def _slowest_first(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) / width).flip(0))


def _own_places(places, width):
    row = torch.arange(places.shape[-1] if places.ndim else 1).reshape(places.shape[-1:])
    return clock_rows(row.expand_as(places), width)


def _from_one(places, width):
    return _rows(places, width, move=1.0)


def _other_speed_for_the_cosine(places, width):
    speeds = 10000 ** (-torch.arange(width) / width)
    angles = places[..., None] * speeds
    return torch.cat([angles[..., 0::2].sin(), angles[..., 1::2].cos()], dim=-1)


def _sines_only(places, width):
    return (places[..., None] * 10000 ** (-torch.arange(width) / width)).sin()


def _in_float64(places, width):
    return clock_rows(places, width).double()


def _floor_division(places, width):
    return _rows(places, width, 10000.0 ** (-(torch.arange(0, width, 2) // width)))


def _whole_speeds(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) // width))


def _twice_as_wide(places, width):
    return _rows(places, width, 10000 ** (-2 * torch.arange(width) / width))


def _halves_on_axis_1(places, width):
    return torch.cat(clock_rows(places, width).chunk(2, dim=-1), dim=1)


def _halves_on_axis_0(places, width):
    return torch.cat(clock_rows(places, width).chunk(2, dim=-1))


def _table_of_512(places, width):
    return clock_rows(torch.arange(512), width)[places]


def _speeds_of_width_4(places, width):
    return _rows(places, width, 10000 ** (-torch.arange(0, width, 2) / 4))


def _one_axis_only(places, width):
    angles = places[:, None] * 10000 ** (-torch.arange(0, width, 2) / width)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _one_axis_left(places, width):
    return clock_rows(places, width).reshape(-1, width)


def _sines_twice(places, width):
    return clock_rows(places, width)[..., : width // 2].repeat(*[1] * places.ndim, 2)


def with_logarithms(places: torch.Tensor, width: int) -> torch.Tensor:
    hands = torch.arange(width // 2, dtype=torch.float64)
    angles = places.double().unsqueeze(-1) * torch.exp(-math.log(10000) * 2 * hands / width)
    return torch.cat((torch.sin(angles), torch.cos(angles)), -1).float()


def with_a_loop(places: torch.Tensor, width: int) -> torch.Tensor:
    rows = []
    for t in places.flatten().tolist():
        angles = [t * 10000 ** (-2 * j / width) for j in range(width // 2)]
        rows.append([math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles])
    return torch.tensor(rows).reshape(*places.shape, width)


def filled_in(places: torch.Tensor, width: int) -> torch.Tensor:
    table, half = torch.empty(*places.shape, width), width // 2
    for j in range(half):
        angle = places / 10000 ** (2 * j / width)
        table[..., j], table[..., half + j] = torch.sin(angle), torch.cos(angle)
    return table


QUESTION = Question(
    id="ex03_4",
    title="A clock for any place",
    kind="implement",
    objectives=("LO-03.3",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=3,
    reference=clock_rows,
    cases=cases,
    mistakes=(
        Mistake("sine and cosine of a hand stand side by side, and not in two halves", _side_by_side),
        Mistake("the cosines stand before the sines", _cosines_first),
        Mistake("the 2 in the exponent was forgotten: the hands are too fast", _no_two),
        Mistake("the 2 is in the exponent twice: the hands are too slow", _twice_the_two),
        Mistake("the exponents were spread so that the last hand has exactly 1/10000", _divided_by_one_less),
        Mistake("the angles were taken for degrees", _degrees),
        Mistake("the speeds were taken for whole turns", _whole_turns),
        Mistake(
            "the sign of the exponent is missing: each hand is faster than the one before", _hands_run_up
        ),
        Mistake("the base is 1000, one zero too few", _thousand),
        Mistake("the slowest hand stands first", _slowest_first),
        Mistake("the tokens were numbered anew: the places that were given are not used", _own_places),
        Mistake("the places are counted from 1", _from_one),
        Mistake("sine and cosine of a pair got different speeds", _other_speed_for_the_cosine),
        Mistake("every column is a sine, each with a speed of its own", _sines_only),
        Mistake("the division in the exponent rounds down to a whole number", _floor_division),
        Mistake("the speeds are whole numbers, so that all but the first are 0", _whole_speeds),
        Mistake("there are as many hands as columns, each with a sine and a cosine", _twice_as_wide),
        Mistake(
            "the halves are joined along the second axis: with several axes it holds places",
            _halves_on_axis_1,
        ),
        Mistake("the halves are joined along the first axis, under each other", _halves_on_axis_0),
        Mistake("the rows come from a table with 512 rows", _table_of_512),
        Mistake("the width of the example was written into the exponent", _speeds_of_width_4),
        Mistake("the code is for places with one axis, and there may be several or none", _one_axis_only),
        Mistake("the axes of the places were flattened into one", _one_axis_left),
        Mistake("the second half holds the sines once more", _sines_twice),
        Mistake("the result is float64", _in_float64),
    ),
    right=(with_logarithms, with_a_loop, filled_in),
    why=(
        "A hand needs both its sine and its cosine, because either of them alone shows the same number at "
        "two different angles. In which columns they stand is a convention, but one that the next layer has "
        "learnt: rows of the other layout would be read as other places."
    ),
    rtol=1e-3,
    atol=1e-3,
)
