"""ex06_4: a stack of layers that shares more than it says."""

from __future__ import annotations

import copy
import functools
from typing import Any

import torch
from torch import nn

from albert_lab.classroom.question import Case, Draw, Mistake, Question


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


def _gradients(output: torch.Tensor, parameters: list[torch.Tensor]) -> tuple:
    try:
        return torch.autograd.grad(output.square().sum(), parameters, allow_unused=True)
    except RuntimeError as error:
        raise (InPlaceError(str(error)) if "inplace" in str(error) else error) from None


def use(answer: Any, width: int, calls: int, groups: int, *, x: torch.Tensor, weights: torch.Tensor) -> Any:
    """Build the stack, look at its sets, load weights into them in order, run it, and ask for gradients."""
    if getattr(answer, "forward", None) is nn.Module.forward:
        return None  # the stub
    stack = answer(width, calls, groups)
    if stack is None:
        return None
    parameters = list(stack.parameters())
    starts = {str(weight.tolist()) for weight in parameters if weight.dim() == 2}
    place = 0
    with torch.no_grad():
        for weight in parameters:
            weight.copy_(weights[place : place + weight.numel()].view_as(weight))
            place += weight.numel()
    given = x.clone()
    output = stack(x)
    repeats = torch.equal(output, stack(given))
    gradients = _gradients(output, parameters) if parameters else ()
    return {
        "stored numbers": sum(weight.numel() for weight in parameters),
        "different sets before training": len(starts),
        "a second run gives the same": repeats,
        "output": output.detach() if parameters else None,  # nothing was loaded: any numbers
        "gradients": list(gradients),
    }


def cases(draw: Draw) -> list[Case]:
    """The dial at both ends and between; uneven runs; a batch of sentences; drawn numbers."""

    def case(says: str, width: int, calls: int, groups: int, *shape: int) -> Case:
        weights = 0.7 * draw.normal(calls * (width * width + width))
        return Case(says, (width, calls, groups), {"x": draw.normal(*shape, width), "weights": weights})

    calls = draw.integer(6, 9)
    return [
        case("twelve calls, three sets of 4 · 4 + 4 numbers", 4, 12, 3, 2, 5),
        case("one set for all calls, as in ALBERT", 3, 6, 1, 1, 2),
        case("a set for every call, as in BERT", 3, 4, 4, 2, 3),
        case("seven calls that three sets cannot share evenly", 2, 7, 3, 3, 2),
        case("twenty-two calls, twenty-two sets", 2, 22, 22, 1, 2),
        case("one call", 5, 1, 1, 2, 1),
        case("other numbers", draw.integer(2, 5), calls, draw.integer(2, calls - 2), 2, 3),
    ]


def _with(which=lambda call, calls, n: call * n // calls, step=lambda x, layer: x + torch.tanh(layer(x))):
    """The stack with another choice of the set, or another step."""

    class Other(Stack):
        def forward(self, x):
            for call in range(self.calls):
                x = step(x, self.sets[which(call, self.calls, len(self.sets))])
            return x

    return Other


class _OneObject(Stack):
    def __init__(self, width, calls, groups):
        super().__init__(width, calls, groups)
        self.sets = nn.ModuleList([nn.Linear(width, width)] * groups)


class _PlainList(Stack):
    def __init__(self, width, calls, groups):
        super().__init__(width, calls, groups)
        del self.sets
        self.sets = [nn.Linear(width, width) for _ in range(groups)]


class _Copies(Stack):
    def __init__(self, width, calls, groups):
        super().__init__(width, calls, groups)
        first = nn.Linear(width, width)
        self.sets = nn.ModuleList([copy.deepcopy(first) for _ in range(groups)])


class _BuiltInForward(nn.Module):
    def __init__(self, width, calls, groups):
        super().__init__()
        self.width, self.calls = width, calls

    def forward(self, x):
        for _ in range(self.calls):
            x = x + torch.tanh(nn.Linear(self.width, self.width)(x))
        return x


class _OnePerCall(Stack):
    def __init__(self, width, calls, groups):
        super().__init__(width, calls, calls)


class _EachOnce(Stack):
    def forward(self, x):
        for layer in self.sets:
            x = x + torch.tanh(layer(x))
        return x


class _InPlace(Stack):
    def forward(self, x):
        for call in range(self.calls):
            layer = self.sets[call * len(self.sets) // self.calls]
            x += torch.tanh(layer(x.clone()))
        return x


class _InPlaceOnTheWay(Stack):
    def forward(self, x):
        x = x.clone()
        for call in range(self.calls):
            x += torch.tanh(self.sets[call * len(self.sets) // self.calls](x))
        return x


class _AlwaysX(Stack):
    def forward(self, x):
        for call in range(self.calls):
            out = x + torch.tanh(self.sets[call * len(self.sets) // self.calls](x))
        return out


class _NoBias(Stack):
    def __init__(self, width, calls, groups):
        super().__init__(width, calls, groups)
        self.sets = nn.ModuleList([nn.Linear(width, width, bias=False) for _ in range(groups)])


class _Reversed(Stack):
    def forward(self, x):
        for call in reversed(range(self.calls)):
            x = x + torch.tanh(self.sets[call * len(self.sets) // self.calls](x))
        return x


class _AllAtEveryCall(Stack):
    def forward(self, x):
        for _ in range(self.calls):
            for layer in self.sets:
                x = x + torch.tanh(layer(x))
        return x


class _RestForgotten(Stack):
    def forward(self, x):
        for layer in self.sets:
            for _ in range(self.calls // len(self.sets)):
                x = x + torch.tanh(layer(x))
        return x


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


class WithSharedEntries(nn.Module):
    def __init__(self, width: int, calls: int, groups: int) -> None:
        super().__init__()
        sets = [nn.Linear(width, width) for _ in range(groups)]
        self.entries = nn.ModuleList([sets[call * groups // calls] for call in range(calls)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functools.reduce(lambda h, layer: h + torch.tanh(layer(h)), self.entries, x)


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


QUESTION = Question(
    id="ex06_4",
    title="A stack that shares too much",
    kind="find the bug",
    objectives=("LO-06.1", "LO-06.3"),
    points=2,
    minutes=10,
    difficulty=3,
    importance=4,
    reference=Stack,
    cases=cases,
    use=use,
    mistakes=(
        Mistake("all sets are still one object, whatever their number", _OneObject),
        Mistake(
            "the first bug is mended; the second one deals the sets out in turns, and not in runs",
            _with(lambda call, calls, n: call % n),
        ),
        Mistake(
            "the sets stand in a plain Python list, in which torch does not look for parameters", _PlainList
        ),
        Mistake(
            "the sets are copies of one: separate objects, but all of them start with equal numbers", _Copies
        ),
        Mistake("forward makes new layers each time it runs, and nothing of them is kept", _BuiltInForward),
        Mistake("there is a set for every call, and the number of groups is not used", _OnePerCall),
        Mistake("every set is called once, however many calls there are to be", _EachOnce),
        Mistake(
            "all runs are equally short, and the last set gets the rest",
            _with(lambda call, calls, n: min(call // (calls // n), n - 1)),
        ),
        Mistake(
            "all runs are equally short, and the calls that are left over ask for a set that is not there",
            _with(lambda call, calls, n: call // (calls // n)),
        ),
        Mistake(
            "x is changed in place (`+=`) after a layer has used it, and autograd still needs it as it was",
            _InPlaceOnTheWay,
        ),
        Mistake("every call runs all the sets", _AllAtEveryCall),
        Mistake("the runs are equally long, and the calls that are left over do not happen", _RestForgotten),
        Mistake("tanh is taken of the sum", _with(step=lambda x, layer: torch.tanh(x + layer(x)))),
        Mistake(
            "the number of the set is computed with fractions, which are not exact",
            _with(lambda call, calls, n: int(call / calls * n)),
        ),
        Mistake(
            "what enters a call is no longer added to what tanh gives",
            _with(step=lambda x, layer: torch.tanh(layer(x))),
        ),
        Mistake("tanh got lost", _with(step=lambda x, layer: x + layer(x))),
        Mistake("forward now writes its results into the x of its caller", _InPlace),
        Mistake("every call gets the first input, not the output of the call before", _AlwaysX),
        Mistake("the layers have lost their biases", _NoBias),
        Mistake("the calls run from the last to the first", _Reversed),
    ),
    right=(WithAttributes, WithSharedEntries, WithSequential),
    why=(
        "Multiplying a list repeats references, so one object stood in all places and the order in which the "
        "places are used could not matter. Only with sets that are really apart does a wrong order show, "
        "which is why one bug can hide another."
    ),
)
