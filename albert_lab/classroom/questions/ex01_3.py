"""ex01_3: logarithms of weights, for scores of any size."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex01_3",
    title="Logarithms of weights",
    kind="implement",
    objectives=("LO-01.3",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=5,
    why=(
        "The logarithm of a quotient is a difference, so no weight has to be computed at all, and none can "
        "be 0. Only the sum needs powers, and with the maximum subtracted that sum lies between 1 and the "
        "number of keys."
    ),
)


@ask.reference
def log_weights(scores: torch.Tensor) -> torch.Tensor:
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=-1, keepdim=True).log()


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, then tables, rows of very different size, far below the largest, other dtypes and layouts."""
    small = torch.tensor([[1.0, 2.0, 4.0], [1.0, 1.0, 6.0]]).log()
    rows = torch.tensor([[120.0], [0.0], [-120.0]])
    large = torch.tensor([1000.0, 1001.0, 1002.0], dtype=torch.float64)
    apart = torch.tensor([[0.0, 1000.0, 3.0], [-800.0, -20.0, 600.0]])
    enormous = torch.tensor([[1e30, -1e30, 3.0], [-2e5, 3.0, 2e5], [-3e30, -2e30, -2.5e30]])
    return [
        Case("two rows by hand", (small,)),
        Case("one row without further axes", (draw.normal(5),)),
        Case("1000, 1001, 1002 and their negatives", (torch.stack([large, -large]),)),
        Case("rows of very different size", (rows + draw.normal(3, 4),)),
        Case("a score that lies far below the largest", (apart + draw.normal(2, 3),)),
        Case("scores of a hundred thousand, and of size 10^30", (enormous,)),
        Case("axes in front, all sizes different", (3 * draw.normal(2, 3, 4, 5),)),
        Case("one key", (draw.normal(4, 1),)),
        Case("float64 stays float64", (2 * draw.normal(3, 5, dtype=torch.float64),)),
        Case("a table that is not contiguous", (2 * draw.strided(4, 6),)),
        Case("gradients flow", (draw.normal(3, 4),), gradient=True),
        Case("gradients flow where scores lie far apart", (apart + draw.normal(2, 3),), gradient=True),
    ]


@ask.mistake("e to the power of the raw scores is summed: large ones overflow, small ones give ln 0")
def _plain(scores):
    return scores - scores.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("the logarithm is taken of a softmax without subtraction, which is nan for large scores")
def _log_of_plain(scores):
    powers = scores.exp()
    return (powers / powers.sum(dim=-1, keepdim=True)).log()


@ask.mistake("the weight is computed first; where it is 0 in the machine, its logarithm is −∞")
def _log_of_softmax(scores):
    return scores.softmax(dim=-1).log()


@ask.mistake("a small number is added to the weights, so that no logarithm falls below ln of it")
def _with_a_floor(scores):
    return (scores.softmax(dim=-1) + 1e-9).log()


@ask.mistake("the weights are cut off at a smallest one before the logarithm")
def _clamped(scores):
    return scores.softmax(dim=-1).clamp(min=1e-12).log()


@ask.mistake("one maximum is taken of the whole table, not one of each row")
def _one_maximum(scores):
    shifted = scores - scores.max()
    return shifted - shifted.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("the mean is subtracted, or the smallest score; only the maximum keeps all powers small")
def _mean(scores):
    shifted = scores - scores.mean(dim=-1, keepdim=True)
    return shifted - shifted.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("the maximum is subtracted inside the sum and never accounted for outside")
def _maximum_lost(scores):
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    return scores - shifted.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("the maximum is subtracted twice")
def _maximum_twice(scores):
    largest = scores.max(dim=-1, keepdim=True).values
    return scores - largest - (largest + (scores - largest).exp().sum(dim=-1, keepdim=True).log())


@ask.mistake("the sum runs over the queries (axis −2), not over the keys")
def _queries(scores):
    return scores.log_softmax(dim=-2 if scores.ndim > 1 else -1)


@ask.mistake("the sum runs over the first axis")
def _first_axis(scores):
    return scores.log_softmax(dim=0)


@ask.mistake("the sum runs over axis 1, counted from the front")
def _second_axis(scores):
    return scores.log_softmax(dim=1)


@ask.mistake("one sum is taken of all numbers, not one of each row")
def _everything(scores):
    return scores - scores.logsumexp(dim=tuple(range(scores.ndim)))


ask.mistake("these are the weights themselves, not their logarithms", lambda scores: scores.softmax(dim=-1))
ask.mistake("this is the log-sum-exp alone, one number per row", lambda scores: scores.logsumexp(dim=-1))


@ask.mistake("the maximum is subtracted, and the sum is forgotten")
def _no_sum(scores):
    return scores - scores.max(dim=-1, keepdim=True).values


ask.mistake(
    "the sign is turned: the logarithm of a share is never above 0",
    lambda scores: -scores.log_softmax(dim=-1),
)


@ask.mistake("the logarithm is the one to base 2, not the natural one")
def _binary(scores):
    return scores.log_softmax(dim=-1) / torch.tensor(2.0, dtype=scores.dtype).log()


@ask.mistake("a very small floor was put under the weights; it is a floor under their logarithms too")
def _low_floor(scores):
    return scores.softmax(dim=-1).clamp_min(1e-30).log()


@ask.mistake("the logarithm is the one to base 2, and of a weight that may be 0")
def _base_two(scores):
    return scores.softmax(dim=-1).log2()


@ask.mistake("the logarithms are summed; it is the logarithm of the sum that is needed")
def _sum_of_logs(scores):
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    return shifted - shifted.exp().log().sum(dim=-1, keepdim=True)


@ask.mistake("the sums have lost their axis, so they are spread over the wrong one")
def _axis_lost(scores):
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=-1).log()


@ask.mistake("the subtraction is done in place: the caller's scores change")
def _in_place(scores):
    scores -= scores.max(dim=-1, keepdim=True).values
    return scores - scores.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("the −∞ of a weight of 0 is replaced afterwards by some finite number")
def _infinity_replaced(scores):
    return scores.softmax(dim=-1).log().nan_to_num()


@ask.mistake("scores far below the largest are cut off, so that their logarithms are too high")
def _scores_cut_off(scores):
    shifted = (scores - scores.max(dim=-1, keepdim=True).values).clamp(min=-80)
    return shifted - shifted.exp().sum(dim=-1, keepdim=True).log()


ask.mistake("the result is float64 whatever comes in", lambda scores: scores.double().log_softmax(dim=-1))
ask.mistake("axes of size 1 are squeezed away", lambda scores: scores.log_softmax(dim=-1).squeeze())


@ask.mistake("the result is one table of rows: axes in front are lost, or one is added")
def _two_axes(scores):
    rows = scores.reshape(-1, scores.shape[-1])
    return rows.log_softmax(dim=-1)


@ask.mistake("the logarithm of the sum is added, as if the powers were multiplied by it")
def _sum_added(scores):
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    return shifted + shifted.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("the logarithm of a quotient is taken for a quotient")
def _quotient(scores):
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    return shifted / shifted.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("the powers are averaged, not summed")
def _mean_of_powers(scores):
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    return shifted - shifted.exp().mean(dim=-1, keepdim=True).log()


@ask.mistake("the logarithm is the one to base 10, not the natural one")
def _base_ten(scores):
    return scores.log_softmax(dim=-1) / torch.tensor(10.0, dtype=scores.dtype).log()


ask.mistake(
    "the softmax is taken twice: its weights are used as scores",
    lambda scores: scores.softmax(dim=-1).log_softmax(dim=-1),
)


@ask.mistake("the largest size without its sign is subtracted; where all scores are low, all powers are 0")
def _largest_size(scores):
    shifted = scores - scores.abs().max(dim=-1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("powers of raw scores are summed in float64, which only overflows later, above 709")
def _plain_in_double(scores):
    return _plain(scores.double()).to(scores.dtype)


@ask.mistake("the weight is computed first, in float64, where it becomes 0 only later, below e to the −745")
def _log_in_double(scores):
    return scores.double().softmax(dim=-1).log().to(scores.dtype)


@ask.mistake("the scores themselves are cut off before the powers are taken")
def _largest_clamped(scores):
    kept = scores.clamp(-80, 80)
    return kept - kept.exp().sum(dim=-1, keepdim=True).log()


@ask.mistake("scores above ten thousand are cut off before the powers are taken")
def _clamped_late(scores):
    return scores.clamp(-1e4, 1e4).log_softmax(dim=-1)


ask.mistake(
    "the result is cut off from the scores, so that no gradient flows back",
    lambda scores: scores.log_softmax(dim=-1).detach(),
)
ask.mistake("the result is float32 whatever comes in", lambda scores: scores.float().log_softmax(dim=-1))


@ask.right
def by_torch(scores):
    return torch.log_softmax(scores, dim=-1)


@ask.right
def with_logsumexp(scores):
    return scores - torch.logsumexp(scores, dim=-1, keepdim=True)


@ask.right
def row_by_row(scores):
    rows = []
    for row in scores.reshape(-1, scores.shape[-1]):
        largest = row.max()
        rows.append(row - (largest + torch.log(sum(torch.exp(score - largest) for score in row))))
    return torch.stack(rows).reshape(scores.shape)


@ask.right
def with_differences(scores):
    gaps = scores[..., None, :] - scores[..., :, None]  # (..., Tk, Tk): how much each other score is larger
    return -gaps.logsumexp(dim=-1)


@ask.right
def in_double(scores):
    exact = scores.double()
    return (exact - exact.amax(-1, keepdim=True)).log_softmax(-1).to(scores.dtype)
