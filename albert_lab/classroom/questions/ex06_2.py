"""ex06_2: what each call adds to the gradient of a shared weight."""

from __future__ import annotations

import itertools

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex06_2",
    title="What each call adds to the gradient",
    kind="implement",
    objectives=("LO-06.2",),
    points=3,
    minutes=20,
    difficulty=4,
    importance=4,
    why=(
        "A change of the weight in one call acts on what entered that call, and then goes through all later "
        "calls, so each share is a product of those two and they differ from call to call. The weight is the "
        "same in all calls, so all its changes happen at once and the shares add up."
    ),
)


@ask.reference
def shares(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor, calls: int) -> torch.Tensor:
    inputs = []
    for _ in range(calls):  # forward: what enters each call
        inputs.append(x)
        x = weight @ x + bias
    found, slope = [], torch.ones_like(x)  # of the sum, with respect to the last output
    for entered in reversed(inputs):  # backward
        found.append(torch.outer(slope, entered))
        slope = weight.T @ slope
    return torch.stack(found[::-1])


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """The toy layer by hand, one call, several widths and depths, float64, a transposed layout."""

    def case(says: str, width: int, calls: int, weight: torch.Tensor | None = None) -> Case:
        dtype = torch.float32 if weight is None else weight.dtype
        weight = 0.6 * draw.normal(width, width) if weight is None else weight
        return Case(says, (weight, draw.normal(width, dtype=dtype), draw.normal(width, dtype=dtype), calls))

    toy = (torch.tensor([[2.0]]), torch.ones(1), torch.ones(1), 3)
    return [
        Case("one number, three calls, by hand", toy),
        case("one call", 3, 1),
        case("two numbers, three calls", 2, 3),
        case("four numbers, five calls", 4, 5),
        case("as many calls as numbers", 3, 3),
        case("float64 stays float64", 3, 4, 0.6 * draw.normal(3, 3, dtype=torch.float64)),
        case("a weight that is not contiguous", 3, 2, 0.6 * draw.strided(3, 3)),
    ]


@ask.mistake("you gave every call an equal part of the whole gradient")
def _equal_parts(weight, bias, x, calls):
    return shares(weight, bias, x, calls).mean(0, keepdim=True).repeat(calls, 1, 1)


@ask.mistake("the shares stand in the order of the way back: the last call's comes first")
def _last_call_first(weight, bias, x, calls):
    return shares(weight, bias, x, calls).flip(0)


def _entered(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor, calls: int) -> list[torch.Tensor]:
    inputs = [x]
    for _ in range(calls):
        inputs.append(weight @ inputs[-1] + bias)
    return inputs


def _slopes(matrix: torch.Tensor, calls: int) -> list[torch.Tensor]:
    slopes = [torch.ones_like(matrix[0])]
    for _ in range(calls):
        slopes.append(matrix @ slopes[-1])
    return slopes[::-1]


def _outer(slopes: list[torch.Tensor], inputs: list[torch.Tensor]) -> torch.Tensor:
    return torch.stack([torch.outer(s, h) for s, h in zip(slopes, inputs, strict=True)])


@ask.mistake("you multiplied by what leaves a call, not by what enters it")
def _outputs(weight, bias, x, calls):
    return _outer(_slopes(weight.T, calls)[1:], _entered(weight, bias, x, calls)[1:])


@ask.mistake("you left out what the later calls make of a change: every slope is one")
def _no_way_back(weight, bias, x, calls):
    return _outer([torch.ones_like(x)] * calls, _entered(weight, bias, x, calls)[:-1])


@ask.mistake("on the way back the weight is used as on the way there: not transposed")
def _not_transposed(weight, bias, x, calls):
    return _outer(_slopes(weight, calls)[1:], _entered(weight, bias, x, calls)[:-1])


@ask.mistake("rows and columns of each share are exchanged")
def _transposed(weight, bias, x, calls):
    return shares(weight, bias, x, calls).transpose(1, 2)


@ask.mistake("the slope went back through a call before that call's own share was taken")
def _one_factor_too_many(weight, bias, x, calls):
    return _outer(_slopes(weight.T, calls)[:-1], _entered(weight, bias, x, calls)[:-1])


@ask.mistake("the way there left out the bias, so that other numbers enter the calls")
def _no_bias(weight, bias, x, calls):
    return shares(weight, torch.zeros_like(bias), x, calls)


@ask.mistake("only the last call got its share, and the others nothing")
def _only_the_last(weight, bias, x, calls):
    found = torch.zeros_like(shares(weight, bias, x, calls))
    found[-1] = shares(weight, bias, x, calls)[-1]
    return found


@ask.mistake("each place holds the sum of the shares of its call and all later calls")
def _sums_so_far(weight, bias, x, calls):
    return shares(weight, bias, x, calls).flip(0).cumsum(0).flip(0)


@ask.mistake("you gave the whole gradient, summed over the calls, not the shares")
def _total(weight, bias, x, calls):
    return shares(weight, bias, x, calls).sum(0)


@ask.mistake("you took the mean of the last output where the sum is asked for")
def _of_the_mean(weight, bias, x, calls):
    return shares(weight, bias, x, calls) / len(x)


@ask.mistake("you let x enter every call, not the output of the call before")
def _always_x(weight, bias, x, calls):
    return _outer(_slopes(weight.T, calls)[1:], [x] * calls)


@ask.mistake("the layer was applied as x @ weight")
def _weight_from_the_right(weight, bias, x, calls):
    return shares(weight.T, bias, x, calls).transpose(1, 2)


@ask.mistake("the loss was the sum of squares")
def _of_the_squares(weight, bias, x, calls):
    last = _entered(weight, bias, x, calls)[-1]
    slopes = [2 * last]
    for _ in range(calls - 1):
        slopes.append(weight.T @ slopes[-1])
    return _outer(slopes[::-1], _entered(weight, bias, x, calls)[:-1])


@ask.mistake("you took what the whole gradient gains when one more call follows")
def _growth(weight, bias, x, calls):
    wholes = [shares(weight, bias, x, count).sum(0) for count in range(1, calls + 1)]
    return torch.stack([wholes[0], *(new - old for old, new in itertools.pairwise(wholes))])


@ask.mistake("you gave every call the whole gradient")
def _only_the_first_input_matters(weight, bias, x, calls):
    total = shares(weight, bias, x, calls).sum(0)
    return total.repeat(calls, 1, 1)


@ask.mistake("axes of length one are gone, such as those of a single number")
def _squeezed(weight, bias, x, calls):
    return shares(weight, bias, x, calls).squeeze()


@ask.mistake("each place holds the sum of the shares up to its call")
def _sums_from_the_first(weight, bias, x, calls):
    return shares(weight, bias, x, calls).cumsum(0)


@ask.mistake("the loss was the sum of what leaves all calls, not the last one")
def _every_output_in_the_loss(weight, bias, x, calls):
    slopes = [torch.ones_like(x)]
    for _ in range(calls - 1):
        slopes.append(weight.T @ slopes[-1] + 1)
    return _outer(slopes[::-1], _entered(weight, bias, x, calls)[:-1])


@ask.mistake("you raised each number of the weight to a power, not the matrix")
def _powers_of_elements(weight, bias, x, calls):
    later = [(weight.T**count).sum(1) if count else torch.ones_like(x) for count in range(calls)]
    return _outer(later[::-1], _entered(weight, bias, x, calls)[:-1])


@ask.mistake("the loss was the last number of what leaves the last call")
def _last_number_only(weight, bias, x, calls):
    slopes = [torch.zeros_like(x)]
    slopes[0][-1] = 1
    for _ in range(calls - 1):
        slopes.append(weight.T @ slopes[-1])
    return _outer(slopes[::-1], _entered(weight, bias, x, calls)[:-1])


@ask.mistake("what enters the calls is one tensor that is changed in place, so that all places hold its end")
def _all_overwritten(weight, bias, x, calls):
    inputs = _entered(weight, bias, x, calls)
    return _outer(_slopes(weight.T, calls)[1:], [inputs[-1]] * calls)


@ask.mistake("you divided by the number of calls, as for a mean")
def _divided_by_calls(weight, bias, x, calls):
    return shares(weight, bias, x, calls) / calls


@ask.mistake("you gave every call the share of the last one")
def _the_last_for_all(weight, bias, x, calls):
    return shares(weight, bias, x, calls)[-1].repeat(calls, 1, 1)


@ask.mistake("the result is float32, whatever comes in")
def _float32(weight, bias, x, calls):
    return shares(weight, bias, x, calls).float()


@ask.right
def with_copies(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor, calls: int) -> torch.Tensor:
    copies = [weight.detach().clone().requires_grad_() for _ in range(calls)]
    for one in copies:
        x = one @ x + bias
    return torch.stack(torch.autograd.grad(x.sum(), copies))


@ask.right
def with_powers(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor, calls: int) -> torch.Tensor:
    inputs = [x]
    for _ in range(calls - 1):
        inputs.append(torch.nn.functional.linear(inputs[-1], weight, bias))
    slopes = [torch.linalg.matrix_power(weight.mT, calls - 1 - i).sum(dim=1) for i in range(calls)]
    return torch.einsum("li,lj->lij", torch.stack(slopes), torch.stack(inputs))


@ask.right
def with_one_parameter(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor, calls: int) -> torch.Tensor:
    stack = weight.detach().expand(calls, *weight.shape).clone().requires_grad_()
    for call in range(calls):
        x = torch.mv(stack[call], x) + bias
    x.sum().backward()
    return stack.grad


@ask.right
def one_call_at_a_time(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor, calls: int) -> torch.Tensor:
    def loss(own: torch.Tensor, which: int) -> torch.Tensor:
        h = x
        for call in range(calls):
            h = (own if call == which else weight) @ h + bias
        return h.sum()

    return torch.stack([torch.func.grad(loss)(weight, which) for which in range(calls)])
