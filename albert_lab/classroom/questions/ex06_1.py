"""ex06_1: count what is stored and what is passed."""

from __future__ import annotations

import copy

import torch
from torch import nn

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex06_1",
    title="Stored and passed",
    kind="implement",
    objectives=("LO-06.1",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "A tensor lies in memory once, whatever the number of names and layers that point to it, so what is "
        "stored depends on identity alone. A text meets the weights of a layer anew at every call, so what "
        "is passed depends on the calls alone."
    ),
)


@ask.reference
def stored_and_passed(layers: nn.ModuleList) -> tuple[int, int]:
    stored = sum(weight.numel() for weight in layers.parameters())  # every tensor once
    passed = sum(weight.numel() for layer in layers for weight in layer.parameters())  # once per call
    return stored, passed


def _frozen(layer: nn.Module) -> nn.Module:
    return layer.requires_grad_(False)


def _tied(one: nn.Linear, other: nn.Linear) -> list[nn.Linear]:
    other.weight = one.weight
    return [one, other]


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One object often, many objects, both; ties below the level of layers; what is no parameter."""
    m, n, k = (draw.integer(low, low + 4) for low in (2, 7, 12))
    layer, wide, deep = nn.Linear(m, m), nn.Linear(n, n), nn.Sequential(nn.Linear(m, k), nn.LayerNorm(k))
    alike = nn.Linear(n, k)
    lists = {
        "one layer of two weights, three calls": [nn.Linear(1, 1)] * 3,
        "three layers of the same shape, three calls": [nn.Linear(m, n) for _ in range(3)],
        "two layers that take turns": [layer, wide, layer, wide, layer],
        "a layer that is made of layers, twice": [deep, deep, nn.Linear(k, m)],
        "two layers that hold one weight tensor, and a bias each": _tied(nn.Linear(m, k), nn.Linear(m, k)),
        "two layers with equal numbers in different tensors": [alike, copy.deepcopy(alike)],
        "buffers are no parameters": [nn.BatchNorm1d(n), nn.Linear(n, m)],
        "frozen weights are stored and passed like others": [_frozen(nn.Linear(k, n)), nn.Linear(n, k)],
        "no layer at all": [],
    }
    return [Case(says, (nn.ModuleList(entries),)) for says, entries in lists.items()]


def _passed(layers: nn.ModuleList) -> int:
    return stored_and_passed(layers)[1]


@ask.mistake("you counted a stored tensor once for every name that it has")
def _every_name(layers: nn.ModuleList) -> tuple[int, int]:
    named = layers.named_parameters(remove_duplicate=False)
    return sum(weight.numel() for _, weight in named), _passed(layers)


@ask.mistake("you took what the state dict lists as stored: every name, and the buffers too")
def _state_dict(layers: nn.ModuleList) -> tuple[int, int]:
    return sum(value.numel() for value in layers.state_dict().values()), _passed(layers)


@ask.mistake("you counted every different layer as stored, and missed a tensor that two of them hold")
def _by_object(layers: nn.ModuleList) -> tuple[int, int]:
    different = {id(layer): layer for layer in layers}.values()
    return sum(weight.numel() for layer in different for weight in layer.parameters()), _passed(layers)


@ask.mistake("you went through children(), which skips a layer that is called again")
def _children(layers: nn.ModuleList) -> tuple[int, int]:
    passed = sum(weight.numel() for layer in layers.children() for weight in layer.parameters())
    return stored_and_passed(layers)[0], passed


@ask.mistake("both numbers come from the whole list, in which every tensor shows up once")
def _whole_list(layers: nn.ModuleList) -> tuple[int, int]:
    stored, _ = stored_and_passed(layers)
    return stored, stored


@ask.mistake("you counted buffers among what is passed")
def _buffers_on_the_way(layers: nn.ModuleList) -> tuple[int, int]:
    passed = sum(value.numel() for layer in layers for value in layer.state_dict().values())
    return stored_and_passed(layers)[0], passed


@ask.mistake("you took tensors with equal numbers for one tensor")
def _equal_numbers_once(layers: nn.ModuleList) -> tuple[int, int]:
    different = {str(weight.tolist()): weight for weight in layers.parameters()}
    return sum(weight.numel() for weight in different.values()), _passed(layers)


@ask.mistake("you counted one tensor of each shape, as if equal shapes were equal weights")
def _one_of_each_shape(layers: nn.ModuleList) -> tuple[int, int]:
    different = {tuple(weight.shape): weight for weight in layers.parameters()}
    return sum(weight.numel() for weight in different.values()), _passed(layers)


@ask.mistake("you left out the frozen weights")
def _trainable(layers: nn.ModuleList) -> tuple[int, int]:
    stored = sum(weight.numel() for weight in layers.parameters() if weight.requires_grad)
    every = (weight for layer in layers for weight in layer.parameters())
    return stored, sum(weight.numel() for weight in every if weight.requires_grad)


@ask.mistake("you counted the buffers, too")
def _with_buffers(layers: nn.ModuleList) -> tuple[int, int]:
    stored, passed = stored_and_passed(layers)
    more = sum(value.numel() for value in layers.buffers())
    return stored + more, passed + sum(value.numel() for layer in layers for value in layer.buffers())


@ask.mistake("the two numbers are exchanged")
def _exchanged(layers: nn.ModuleList) -> tuple[int, int]:
    return stored_and_passed(layers)[::-1]


@ask.mistake("you counted tensors, not the numbers in them")
def _tensors(layers: nn.ModuleList) -> tuple[int, int]:
    return len(list(layers.parameters())), sum(len(list(layer.parameters())) for layer in layers)


@ask.mistake("you left out biases, and whatever else has one axis only")
def _no_biases(layers: nn.ModuleList) -> tuple[int, int]:
    every = [weight for layer in layers for weight in layer.parameters() if weight.dim() > 1]
    return sum(w.numel() for w in layers.parameters() if w.dim() > 1), sum(w.numel() for w in every)


@ask.mistake("you multiplied everything that is stored by the number of calls")
def _stored_times_calls(layers: nn.ModuleList) -> tuple[int, int]:
    stored, _ = stored_and_passed(layers)
    return stored, stored * len(layers)


@ask.mistake("you took the first layer for all that is stored")
def _first_only(layers: nn.ModuleList) -> tuple[int, int]:
    first = list(layers)[:1]
    return sum(weight.numel() for layer in first for weight in layer.parameters()), _passed(layers)


@ask.mistake("you counted bytes of float32, not numbers")
def _bytes(layers: nn.ModuleList) -> tuple[int, int]:
    stored, passed = stored_and_passed(layers)
    return 4 * stored, 4 * passed


@ask.mistake("you took the length of each tensor, which is its rows")
def _rows(layers: nn.ModuleList) -> tuple[int, int]:
    return sum(map(len, layers.parameters())), sum(len(w) for layer in layers for w in layer.parameters())


@ask.mistake("you took the first layer for what is passed at every call")
def _first_at_every_call(layers: nn.ModuleList) -> tuple[int, int]:
    passed = sum(weight.numel() for weight in layers[0].parameters()) * len(layers) if len(layers) else 0
    return stored_and_passed(layers)[0], passed


@ask.mistake("you sorted by names within a layer, and other layers have the same ones")
def _by_name(layers: nn.ModuleList) -> tuple[int, int]:
    named = dict(pair for layer in layers for pair in layer.named_parameters())
    return sum(weight.numel() for weight in named.values()), _passed(layers)


@ask.mistake("you compared each layer with the one before it only")
def _neighbours(layers: nn.ModuleList) -> tuple[int, int]:
    entries = list(layers)
    new = [layer for before, layer in zip([None, *entries], entries, strict=False) if layer is not before]
    return sum(weight.numel() for layer in new for weight in layer.parameters()), _passed(layers)


@ask.mistake("you left out the parameters of layers within layers")
def _own_only(layers: nn.ModuleList) -> tuple[int, int]:
    own = [(layer, w) for layer in layers for w in layer.parameters(recurse=False)]
    return sum(w.numel() for w in {w for _, w in own}), sum(w.numel() for _, w in own)


@ask.mistake("you counted parameters of layers within layers once more, for every layer around")
def _inner_twice(layers: nn.ModuleList) -> tuple[int, int]:
    inner = [module for layer in layers for module in layer.modules()]
    return stored_and_passed(layers)[0], sum(w.numel() for module in inner for w in module.parameters())


@ask.mistake("you looked for a tensor in a list with `in`, which compares numbers")
def _in_a_list(layers: nn.ModuleList) -> tuple[int, int]:
    seen, stored = [], 0
    for layer in layers:
        for weight in layer.parameters():
            if weight not in seen:
                seen.append(weight)
                stored += weight.numel()
    return stored, _passed(layers)


@ask.right
def by_address(layers: nn.ModuleList) -> list[int]:
    sizes, passed = {}, 0
    for layer in layers:
        for weight in layer.parameters():
            sizes[id(weight)] = weight.numel()
            passed += weight.numel()
    return [sum(sizes.values()), passed]


@ask.right
def with_vectors(layers: nn.ModuleList) -> tuple[torch.Tensor, torch.Tensor]:
    calls = [weight for layer in layers for weight in layer.parameters()]
    count = torch.tensor([weight.numel() for weight in calls], dtype=torch.int64)
    new = torch.tensor(
        [not any(w is old for old in calls[:i]) for i, w in enumerate(calls)], dtype=torch.bool
    )
    return count[new].sum(), count.sum()


@ask.right
def with_a_set(layers: nn.ModuleList) -> tuple[int, int]:
    entries = [dict(layer.named_parameters()) for layer in layers]
    different = {weight for entry in entries for weight in entry.values()}
    return sum(map(torch.numel, different)), sum(w.numel() for entry in entries for w in entry.values())
