"""ex08_3: give a matrix the size that makes its outputs as large as wanted."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex08_3",
    title="Weights of the right size, in one line",
    kind="implement",
    objectives=("LO-08.4",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=3,
    why=(
        "Variances of independent terms add up, so an output of n inputs has n times the variance of "
        "one term, and a fresh matrix with small entries gives small scores in which no mistake shows. "
        "One factor for the whole matrix keeps its directions, and with them what is there to go wrong."
    ),
)


@ask.reference
def resized(matrix: torch.Tensor, size: float) -> torch.Tensor:
    return matrix * size / matrix.square().sum(dim=1).mean().sqrt()


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, fresh, wide, tall, already large, one output, one input, a row of zeros, dtype, layout."""
    with_zeros = draw.normal(4, 3)
    with_zeros[1] = 0
    return [
        Case("by hand", (torch.tensor([[1.0, 1.0], [0.0, 4.0]]), 1.0)),
        Case("a fresh matrix, 64 inputs, 16 outputs", (0.02 * draw.normal(16, 64), 1.3)),
        Case("more outputs than inputs", (0.02 * draw.normal(12, 5), 2.0)),
        Case("a matrix that is too large already", (30 * draw.normal(6, 7), 0.5)),
        Case("entries with a mean far from 0", (5 + draw.normal(4, 9), 1.5)),
        Case("one output", (draw.normal(1, 6), 3.0)),
        Case("one input", (draw.normal(5, 1), 0.7)),
        Case("an output whose weights are all 0", (with_zeros, 1.2)),
        Case("float64 stays float64", (draw.normal(3, 8, dtype=torch.float64), 1.0)),
        Case("very small entries", (1e-6 * draw.normal(4, 5), 1.4)),
        Case("tiny entries, float64", (1e-30 * draw.normal(3, 5, dtype=torch.float64), 0.9)),
        Case("a matrix that is not contiguous", (draw.strided(4, 6), 2.5)),
    ]


@ask.mistake("the squares are added over the outputs, not over the inputs of each output")
def _per_input(matrix, size):
    return matrix * size / matrix.square().sum(dim=0).mean().sqrt()


@ask.mistake("you divided by a variance where a standard deviation belongs")
def _without_root(matrix, size):
    return matrix * size / matrix.square().sum(dim=1).mean()


@ask.mistake("every output got a factor of its own, not the whole matrix one factor")
def _each_row(matrix, size):
    return matrix * size / matrix.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-12)


@ask.mistake("the number of inputs is forgotten: one entry has the size wanted, not an output")
def _without_width(matrix, size):
    return matrix * size / matrix.square().mean().sqrt()


@ask.mistake("the squares of all entries are added, over the outputs as well")
def _all_entries(matrix, size):
    return matrix * size / matrix.square().sum().sqrt()


@ask.mistake("the mean of the entries is subtracted, and n - 1 is divided by: torch's std does both")
def _std(matrix, size):
    return matrix * size / (matrix.std() * matrix.shape[1] ** 0.5)


@ask.mistake("the mean of the entries is subtracted before squaring")
def _std_of_all(matrix, size):
    return matrix * size / (matrix.std(correction=0) * matrix.shape[1] ** 0.5)


@ask.mistake("you take the present size for 0.02, whatever the matrix is")
def _fresh_taken_for_granted(matrix, size):
    return matrix * size / (0.02 * matrix.shape[1] ** 0.5)


@ask.mistake("`size` is used as a variance; it is a standard deviation")
def _size_is_variance(matrix, size):
    return matrix * size**0.5 / matrix.square().sum(dim=1).mean().sqrt()


@ask.mistake("you multiply by `size` and do not ask how large the matrix is now")
def _size_times(matrix, size):
    return matrix * size


@ask.mistake("`size` is not used: the outputs have a standard deviation of 1")
def _size_unused(matrix, size):
    return matrix / matrix.square().sum(dim=1).mean().sqrt()


@ask.mistake("you averaged standard deviations over the outputs, not variances")
def _mean_of_deviations(matrix, size):
    return matrix * size / matrix.square().sum(dim=1).sqrt().mean()


@ask.mistake("the factor is always 8, as in the chapter")
def _eight(matrix, size):
    return matrix * 8


@ask.mistake("the mean of each row is subtracted before squaring")
def _row_means_subtracted(matrix, size):
    return matrix * size / (matrix.var(dim=1).mean() * matrix.shape[1]).sqrt()


@ask.mistake("the quotient of the variances is the factor; its root is missing")
def _variance_as_factor(matrix, size):
    return matrix * size**2 / matrix.square().sum(dim=1).mean()


@ask.mistake("`size` is squared, and the present size is not")
def _size_squared(matrix, size):
    return matrix * size**2 / matrix.square().sum(dim=1).mean().sqrt()


@ask.mistake("an output's weights are added up before they are squared")
def _added_up_first(matrix, size):
    return matrix * size / matrix.sum(dim=1).square().mean().sqrt()


@ask.mistake("a small constant is added, which is not small beside small entries")
def _with_eps(matrix, size):
    return matrix * size / (matrix.square().sum(dim=1).mean() + 1e-8).sqrt()


@ask.mistake("you compute in float32: squares of tiny entries vanish")
def _in_float32(matrix, size):
    return resized(matrix.float(), size).to(matrix.dtype)


@ask.mistake("you return the factor, not the matrix")
def _factor_alone(matrix, size):
    return size / matrix.square().sum(dim=1).mean().sqrt()


@ask.mistake("the right numbers are written into the argument itself")
def _in_place(matrix, size):
    matrix *= size / matrix.square().sum(dim=1).mean().sqrt()
    return matrix


@ask.mistake("you multiply by the present size instead of dividing by it")
def _times_instead(matrix, size):
    return matrix * size * matrix.square().sum(dim=1).mean().sqrt()


@ask.mistake("the signs of the entries are gone")
def _without_signs(matrix, size):
    return resized(matrix, size).abs()


@ask.right
def with_a_norm(matrix, size):
    outputs = matrix.shape[0]
    return size * outputs**0.5 * matrix / torch.linalg.matrix_norm(matrix)


@ask.right
def with_a_loop(matrix, size):
    variances = []
    for row in matrix:
        variances.append(sum(float(weight) ** 2 for weight in row))
    present = (sum(variances) / len(variances)) ** 0.5
    return matrix * (size / present)


@ask.right
def with_covariance(matrix, size):
    variances = torch.diagonal(matrix @ matrix.mT)  # of y = Wx, for x with covariance I
    return matrix.mul(size).div(variances.mean().sqrt())
