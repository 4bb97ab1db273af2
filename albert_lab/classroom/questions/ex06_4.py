"""ex06_4: a stack of layers that shares more than it says."""

from __future__ import annotations

import copy
import functools
import math
from typing import Any

import torch
from torch import nn

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex06_4",
    title="A stack that shares too much",
    kind="find the bug",
    objectives=("LO-06.1", "LO-06.3"),
    points=2,
    minutes=10,
    difficulty=3,
    importance=4,
    why=(
        "Multiplying a list repeats references, so one object stood in all places and the order in which the "
        "places are used could not matter. Only with sets that are really apart does a wrong order show, "
        "which is why one bug can hide another."
    ),
)


@ask.reference
class Stack(nn.Module):
    def __init__(self, width: int, calls: int, groups: int) -> None:
        super().__init__()
        self.calls = calls
        self.sets = nn.ModuleList([nn.Linear(width, width) for _ in range(groups)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for call in range(self.calls):
            layer = self.sets[call * len(self.sets) // self.calls]
            x = x + torch.tanh(layer(x))
        return x


class InPlaceError(RuntimeError):
    """What autograd raises where a tensor that it needs was changed in place."""


def _gradients(output: Any, parameters: list[torch.Tensor]) -> list:
    """One for each parameter; None where the output does not hang on it, or on any."""
    if not (isinstance(output, torch.Tensor) and output.requires_grad):
        return [None] * len(parameters)
    try:
        return list(torch.autograd.grad(output.square().sum(), parameters, allow_unused=True))
    except RuntimeError as error:
        raise (InPlaceError(str(error)) if "inplace" in str(error) else error) from None


@ask.use
def use(
    answer: Any, width: int, calls: int, groups: int, *, x: torch.Tensor, loaded_into_the_sets: torch.Tensor
) -> Any:
    """Build the stack, look at its sets, load weights into them in order, run it, and ask for gradients."""
    if getattr(answer, "forward", None) is nn.Module.forward:
        return None  # the stub
    stack = answer(width, calls, groups)
    if stack is None:
        return None
    parameters = list(stack.parameters())
    matrices = [weight.tolist() for weight in parameters if weight.dim() == 2]
    drawn = all(len({number for row in matrix for number in row}) > 1 for matrix in matrices)
    place = 0
    with torch.no_grad():
        for weight in parameters:
            weight.copy_(loaded_into_the_sets[place : place + weight.numel()].view_as(weight))
            place += weight.numel()
    given = x.clone()
    output = stack(x)
    repeats = not isinstance(output, torch.Tensor) or torch.equal(output, stack(given))
    gradients = _gradients(output, parameters) if parameters else []
    return {
        "stored numbers": sum(weight.numel() for weight in parameters),
        "random numbers in each set before training": drawn,
        "different sets before training": len(set(map(str, matrices))),
        "a second run gives the same": repeats,
        "output": getattr(output, "data", output) if parameters else None,  # else any numbers
        "gradients": gradients,
    }


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """The dial at both ends and between; uneven runs; a batch of sentences; drawn numbers."""

    def case(says: str, width: int, calls: int, groups: int, *shape: int) -> Case:
        weights = 0.7 * draw.normal(calls * (width * width + width))
        return Case(
            says, (width, calls, groups), {"x": draw.normal(*shape, width), "loaded_into_the_sets": weights}
        )

    calls = draw.integer(6, 9)
    return [
        case("twelve calls, three sets of 4 · 4 + 4 numbers", 4, 12, 3, 2, 5),
        case("one set for all calls, as in ALBERT", 3, 6, 1, 1, 2),
        case("a set for every call, as in BERT", 3, 4, 4, 2, 3),
        case("twelve calls that five sets cannot share evenly", 2, 12, 5, 3, 2),
        case("twenty-two calls, twenty-two sets", 2, 22, 22, 1, 2),
        case("eighteen calls, fourteen sets", 2, 18, 14, 2, 1),
        case("one call", 5, 1, 1, 2, 1),
        case("other numbers", draw.integer(2, 5), calls, draw.integer(2, calls - 2), 2, 3),
    ]


def _made_of(sets):
    """The stack with other sets."""

    class Other(Stack):
        def __init__(self, width, calls, groups):
            super().__init__(width, calls, groups)
            del self.sets
            self.sets = sets(lambda **more: nn.Linear(width, width, **more), calls, groups)

    return Other


ask.mistake(
    "all sets are still one object, whatever their number",
    _made_of(lambda new, calls, n: nn.ModuleList([new()] * n)),
)


def _with(
    which=lambda call, calls, n: call * n // calls,
    step=lambda x, layer: x + torch.tanh(layer(x)),
    order=None,
    start=lambda x: x,
    end=lambda x: x,
):
    """The stack with another choice of the set, another order of all sets, or another step."""

    class Other(Stack):
        def forward(self, x):
            n, x = len(self.sets), start(x)
            for i in order(self.calls, n) if order else [which(c, self.calls, n) for c in range(self.calls)]:
                x = step(x, self.sets[i])
            return end(x)

    return Other


ask.mistake(
    "the first bug is mended; the second one deals the sets out in turns, and not in runs",
    _with(lambda call, calls, n: call % n),
)
ask.mistake(
    "the sets stand in a plain Python list, in which torch does not look for parameters",
    _made_of(lambda new, calls, n: [new() for _ in range(n)]),
)
ask.mistake(
    "the sets are copies of one: separate objects, but all of them start with equal numbers",
    _made_of(lambda new, calls, n: nn.ModuleList(map(copy.deepcopy, [new()] * n))),
)


def _with_zeros(linear):
    nn.init.zeros_(linear.weight)
    return linear


ask.mistake(
    "all numbers of a set are equal at the start, such as 0, and random ones are asked for",
    _made_of(lambda new, calls, n: nn.ModuleList([_with_zeros(new()) for _ in range(n)])),
)


@ask.mistake("forward makes new layers each time it runs, and nothing of them is kept")
class _BuiltInForward(nn.Module):
    def __init__(self, width, calls, groups):
        super().__init__()
        self.width, self.calls = width, calls

    def forward(self, x):
        for _ in range(self.calls):
            x = x + torch.tanh(nn.Linear(self.width, self.width)(x))
        return x


ask.mistake(
    "there is a set for every call, and the number of groups is not used",
    _made_of(lambda new, calls, n: nn.ModuleList([new() for _ in range(calls)])),
)
ask.mistake(
    "every set is called once, however many calls there are to be", _with(order=lambda calls, n: range(n))
)
ask.mistake(
    "all runs are equally short, and the last set gets the rest",
    _with(lambda call, calls, n: min(call // (calls // n), n - 1)),
)
ask.mistake(
    "all runs are equally short, and the calls that are left over ask for a set that is not there",
    _with(lambda call, calls, n: call // (calls // n)),
)
ask.mistake(
    "x is changed in place (`+=`) after a layer has used it, and autograd still needs it as it was",
    _with(step=lambda x, layer: x.add_(torch.tanh(layer(x))), start=torch.clone),
)
ask.mistake("every call runs all the sets", _with(order=lambda calls, n: [*range(n)] * calls))
ask.mistake(
    "the runs are equally long, and the calls that are left over do not happen",
    _with(order=lambda calls, n: [g for g in range(n) for _ in range(calls // n)]),
)
ask.mistake("tanh is taken of the sum", _with(step=lambda x, layer: torch.tanh(x + layer(x))))
ask.mistake(
    "the number of the set is computed with fractions, which are not exact",
    _with(lambda call, calls, n: int(call / calls * n)),
)
ask.mistake(
    "you divided by a fraction, calls per set, which is not exact",
    _with(lambda call, calls, n: int(call / (calls / n))),
)
ask.mistake(
    "the longer runs all come first", _with(order=lambda calls, n: sorted(call % n for call in range(calls)))
)
ask.mistake("the length of a run was rounded up", _with(lambda call, calls, n: call // math.ceil(calls / n)))
ask.mistake(
    "what enters a call is no longer added to what tanh gives",
    _with(step=lambda x, layer: torch.tanh(layer(x))),
)
ask.mistake("tanh got lost", _with(step=lambda x, layer: x + layer(x)))
ask.mistake(
    "forward now writes its results into the x of its caller",
    _with(step=lambda x, layer: x.add_(torch.tanh(layer(x.clone())))),
)
ask.mistake(
    "every call gets the first input, not the output of the call before",
    _with(order=lambda calls, n: [n - 1]),
)


@ask.mistake("every call adds the first input, not what enters the call")
class _AlwaysAddsX(Stack):
    def forward(self, x):
        out = x
        for call in range(self.calls):
            out = x + torch.tanh(self.sets[call * len(self.sets) // self.calls](out))
        return out


ask.mistake(
    "the layers have lost their biases",
    _made_of(lambda new, calls, n: nn.ModuleList([new(bias=False) for _ in range(n)])),
)
ask.mistake(
    "the calls run from the last to the first", _with(lambda call, calls, n: (calls - 1 - call) * n // calls)
)


@ask.mistake("forward uses up what __init__ has counted, and a second run finds nothing left")
class _CountsOn(Stack):
    def __init__(self, width, calls, groups):
        super().__init__(width, calls, groups)
        self.left = calls

    def forward(self, x):
        while self.left:
            x = x + torch.tanh(self.sets[(self.calls - self.left) * len(self.sets) // self.calls](x))
            self.left -= 1
        return x


ask.mistake("no gradient reaches the sets, or it reaches copies of them", _with(end=torch.detach))
ask.mistake(
    "what enters each call is detached, and no gradient reaches the calls before",
    _with(step=lambda x, layer: x.detach() + torch.tanh(layer(x.detach()))),
)
ask.mistake("forward does not give anything back", _with(end=lambda x: None))


@ask.right
class WithAttributes(nn.Module):
    def __init__(self, width: int, calls: int, groups: int) -> None:
        super().__init__()
        for g in range(groups):
            self.add_module(f"set{g}", nn.Linear(width, width))
        self.order = [f"set{call * groups // calls}" for call in range(calls)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for name in self.order:
            x = torch.add(x, getattr(self, name)(x).tanh())
        return x


@ask.right
class WithSharedEntries(nn.Module):
    def __init__(self, width: int, calls: int, groups: int) -> None:
        super().__init__()
        sets = [nn.Linear(width, width) for _ in range(groups)]
        self.entries = nn.ModuleList([sets[call * groups // calls] for call in range(calls)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functools.reduce(lambda h, layer: h + torch.tanh(layer(h)), self.entries, x)


@ask.right
class WithSequential(nn.Module):
    def __init__(self, width: int, calls: int, groups: int) -> None:
        super().__init__()
        self.sets = nn.ModuleList()
        while len(self.sets) < groups:
            self.sets.append(nn.Sequential(nn.Linear(width, width), nn.Tanh()))
        self.calls = calls

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        call = 0
        while call < self.calls:
            x = self.sets[(call * len(self.sets)) // self.calls](x) + x
            call += 1
        return x
