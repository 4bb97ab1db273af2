"""ex17_4: a matrix in whole numbers of eight bits, with a scale for each row."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex17_4",
    title="Eight bits for each row",
    kind="implement",
    objectives=("LO-17.4",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=4,
    atol=1e-7,
    why=(
        "The largest number of a row, with its sign put aside, decides the steps of all others in it. "
        "With a scale for each row a large number harms its own row only; and a row of zeros must not "
        "divide by 0."
    ),
)

Tensor = torch.Tensor


def _scales(weights: Tensor) -> Tensor:
    largest = weights.abs().amax(dim=1)
    return torch.where(largest > 0, largest / 127, 1.0)


@ask.reference
def to_int8(weights: Tensor) -> tuple[Tensor, Tensor]:
    scales = _scales(weights)
    return (weights / scales[:, None]).round().to(torch.int8), scales


def _clear(weights: Tensor) -> Tensor:
    """No number halfway between two steps: there the last digit of a scale would decide."""
    steps = weights / _scales(weights)[:, None]
    halfway = (steps - steps.floor() - 0.5).abs() < 0.01
    return torch.where(halfway, steps.round() * _scales(weights)[:, None], weights)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; rows of very different sizes; negative largest numbers; zeros; wide, tall and square."""
    sizes = torch.tensor([1e-3, 1.0, 30.0, 1e-6])[:, None]
    negative = draw.normal(5, 7).abs()
    negative[:, 2] = -4 - negative[:, 3]
    zeros = draw.normal(4, 6)
    zeros[1] = 0
    return [
        Case("the chapter's row", (torch.tensor([[1.27, -0.5, 0.004]]),)),
        Case(
            "two rows, one a hundredth of the other",
            (torch.tensor([[1.27, -0.5, 0.004], [0.0127, 0.003, 0.0]]),),
        ),
        Case("random rows", (_clear(draw.normal(6, 9)),)),
        Case("rows of very different sizes", (_clear(draw.normal(4, 8) * sizes),)),
        Case("the largest numbers are negative", (_clear(negative),)),
        Case("as many rows as columns", (_clear(draw.normal(5, 5)),)),
        Case("a row of zeros", (_clear(zeros),)),
        Case("one column", (draw.normal(4, 1) + 3,)),
        Case("not contiguous", (_clear(draw.strided(5, 8)).T.contiguous().T,)),
    ]


@ask.mistake("there is one scale for the whole matrix; each row has its own")
def _one_scale(weights):
    s = weights.abs().max() / 127
    return (weights / s).round().to(torch.int8), s.expand(len(weights)).clone()


@ask.mistake("there is a scale for each column; each row has its own")
def _columns(weights):
    numbers, scales = to_int8(weights.T)
    return numbers.T, scales


def _with(scales: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    return (weights / scales[:, None]).round().clamp(-128, 127).to(torch.int8), scales


@ask.mistake("the largest number is taken with its sign; it may be negative")
def _with_sign(weights):
    largest = weights.amax(dim=1)
    return _with(torch.where(largest > 0, largest / 127, 1.0), weights)


@ask.mistake("you divide by 128: the largest number does not fit any more")
def _by_128(weights):
    return _with(torch.where(_scales(weights) == 1, 1.0, _scales(weights) * 127 / 128), weights)


@ask.mistake("you divide by 255, as if there were no negative numbers")
def _by_255(weights):
    return _with(torch.where(_scales(weights) == 1, 1.0, _scales(weights) * 127 / 255), weights)


@ask.mistake("digits are cut off; rounding goes to the nearest whole number")
def _cut_off(weights):
    numbers = weights / _scales(weights)[:, None]
    return (numbers + 1e-4 * numbers.sign()).trunc().to(torch.int8), _scales(weights)


@ask.mistake("you round down; rounding goes to the nearest whole number")
def _down(weights):
    return (weights / _scales(weights)[:, None] + 1e-4).floor().to(torch.int8), _scales(weights)


@ask.mistake("you give 1 / scale: numbers times scale must be the weights")
def _inverse(weights):
    numbers, scales = to_int8(weights)
    return numbers, 1 / scales


@ask.mistake("the scale of a row of zeros is 0; it was to be 1")
def _zero_scale(weights):
    numbers, _ = to_int8(weights)
    return numbers, weights.abs().amax(dim=1) / 127


@ask.mistake("a row of zeros divides by 0 and becomes NaN")
def _nan(weights):
    numbers, scales = to_int8(weights)
    return numbers, torch.where(weights.abs().amax(dim=1) > 0, scales, torch.nan)


@ask.mistake("the whole numbers are still floats; they were to be int8, one byte each")
def _floats(weights):
    numbers, scales = to_int8(weights)
    return numbers.float(), scales


@ask.mistake("the scales have shape (out, 1); (out,) is asked for")
def _a_column(weights):
    numbers, scales = to_int8(weights)
    return numbers, scales[:, None]


@ask.mistake("you multiply back at once; whole numbers and scales are asked for")
def _back(weights):
    numbers, scales = to_int8(weights)
    return numbers * scales[:, None]


@ask.mistake("numbers and scales are exchanged")
def _exchanged(weights):
    return to_int8(weights)[::-1]


@ask.mistake("the smallest and the largest number decide the scale together; 0 is not 0 any more")
def _from_low_to_high(weights):
    low, high = weights.amin(dim=1), weights.amax(dim=1)
    scales = torch.where(high > low, (high - low) / 255, 1.0)
    return ((weights - low[:, None]) / scales[:, None] - 128).round().to(torch.int8), scales


@ask.mistake("the average of a row decides its scale; its largest number does not fit then")
def _average(weights):
    mean = weights.abs().mean(dim=1)
    return _with(torch.where(mean > 0, mean / 127, 1.0), weights)


@ask.mistake("the weights themselves are changed")
def _in_place(weights):
    scales = _scales(weights)
    return weights.div_(scales[:, None]).round().to(torch.int8), scales


@ask.right
def row_by_row(weights):
    numbers, scales = torch.zeros(weights.shape, dtype=torch.int8), torch.ones(len(weights))
    for i, row in enumerate(weights):
        if row.any():
            scales[i] = row.abs().max() / 127
            numbers[i] = torch.round(row / scales[i])
    return numbers, scales


@ask.right
def with_keepdim(weights):
    largest = torch.linalg.vector_norm(weights, ord=torch.inf, dim=1, keepdim=True)
    scales = largest.div(127).masked_fill(largest == 0, 1)
    return torch.round(weights / scales).to(dtype=torch.int8), scales.squeeze(1)


@ask.right
def with_high_and_low(weights):
    largest = torch.maximum(weights.amax(1), -weights.amin(1))
    largest = torch.where(largest == 0, 127.0, largest)
    return (weights / (largest / 127).unsqueeze(1)).round().char(), largest / 127
