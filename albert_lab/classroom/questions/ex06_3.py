"""ex06_3: which layer runs when, with groups and inner layers."""

from __future__ import annotations

import itertools
import math

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question


def running_order(calls: int, groups: int, inner: int) -> list[int]:
    return [call * groups // calls * inner + i for call in range(calls) for i in range(inner)]


def cases(draw: Draw) -> list[Case]:
    """Both ends of the dial, uneven runs, where rounding bites, inner layers, drawn numbers."""
    calls = draw.integer(7, 20)
    groups, inner = draw.integer(2, calls - 2), draw.integer(2, 4)
    return [
        Case("six calls, two groups of three layers, by hand", (6, 2, 3)),
        Case("one group of one layer, as in ALBERT", (12, 1, 1)),
        Case("nothing is shared", (4, 4, 1)),
        Case("one group of several layers", (3, 1, 2)),
        Case("twelve calls that five groups cannot share evenly", (12, 5, 1)),
        Case("numbers at which divided fractions round the wrong way", (22, 22, 1)),
        Case("numbers at which another order of division does", (18, 14, 1)),
        Case("numbers at which a fraction of groups per call does", (44, 30, 1)),
        Case("numbers at which a fraction in float32 does", (66, 39, 1)),
        Case("one call", (1, 1, 4)),
        Case("uneven runs of two layers each", (5, 3, 2)),
        Case("other numbers", (calls, groups, inner)),
    ]


def _with(group_of):
    def order(calls, groups, inner):
        return [group_of(call, calls, groups) * inner + i for call in range(calls) for i in range(inner)]

    return order


def _by_turns(calls, groups, inner):
    return _with(lambda call, calls, groups: call % groups)(calls, groups, inner)


def _divided_first(calls, groups, inner):
    return _with(lambda call, calls, groups: int(call / calls * groups))(calls, groups, inner)


def _divided_by_a_fraction(calls, groups, inner):
    return _with(lambda call, calls, groups: int(call / (calls / groups)))(calls, groups, inner)


def _rest_to_the_last(calls, groups, inner):
    return _with(lambda call, calls, groups: min(call // (calls // groups), groups - 1))(calls, groups, inner)


def _rest_to_the_first(calls, groups, inner):
    parts = torch.arange(calls).tensor_split(groups)
    return [g * inner + i for g, part in enumerate(parts) for _ in part for i in range(inner)]


def _runs_rounded_up(calls, groups, inner):
    return _with(lambda call, calls, groups: min(call // math.ceil(calls / groups), groups - 1))(
        calls, groups, inner
    )


def _more_groups_than_there_are(calls, groups, inner):
    return _with(lambda call, calls, groups: call // (calls // groups))(calls, groups, inner)


def _sets_one_apart(calls, groups, inner):
    return [call * groups // calls + i for call in range(calls) for i in range(inner)]


def _rounded_too_late(calls, groups, inner):
    return [call * groups * inner // calls + i for call in range(calls) for i in range(inner)]


def _nested(calls, groups, inner):
    return [[call * groups // calls * inner + i for i in range(inner)] for call in range(calls)]


def _rounded(calls, groups, inner):
    return _with(lambda call, calls, groups: min(round(call * groups / calls), groups - 1))(
        calls, groups, inner
    )


def _no_inner(calls, groups, inner):
    return [call * groups // calls for call in range(calls)]


def _group_numbers(calls, groups, inner):
    return [call * groups // calls for call in range(calls) for _ in range(inner)]


def _one_inner_after_the_other(calls, groups, inner):
    return [call * groups // calls * inner + i for i in range(inner) for call in range(calls)]


def _numbered_across(calls, groups, inner):
    return [i * groups + call * groups // calls for call in range(calls) for i in range(inner)]


def _calls_are_layers(calls, groups, inner):
    return running_order(calls, groups, inner)[:calls]


def _cut_over_running_layers(calls, groups, inner):
    return [i * groups * inner // (calls * inner) for i in range(calls * inner)]


def _from_one(calls, groups, inner):
    return [number + 1 for number in running_order(calls, groups, inner)]


def _all_groups_at_every_call(calls, groups, inner):
    return list(range(groups * inner)) * calls


def _pairs(calls, groups, inner):
    return [(call * groups // calls, i) for call in range(calls) for i in range(inner)]


def _each_once(calls, groups, inner):
    return list(range(groups * inner))


def _runs_too_short(calls, groups, inner):
    return [g * inner + i for g in range(groups) for _ in range(calls // groups) for i in range(inner)]


def _runs_too_long(calls, groups, inner):
    longest = math.ceil(calls / groups)
    return [g * inner + i for g in range(groups) for _ in range(longest) for i in range(inner)]


def _layer_by_layer(calls, groups, inner):
    return sorted(running_order(calls, groups, inner))


def _by_the_groups(calls, groups, inner):
    return _with(lambda call, calls, groups: call // groups)(calls, groups, inner)


def _groups_per_call(calls, groups, inner):
    return _with(lambda call, calls, groups: int(call * (groups / calls)))(calls, groups, inner)


def _in_float32(calls, groups, inner):
    number = (torch.arange(calls) * (groups / calls)).long().tolist()
    return [group * inner + i for group in number for i in range(inner)]


def _brackets(calls, groups, inner):
    return _with(lambda call, calls, groups: call * (groups // calls))(calls, groups, inner)


def _rounded_up(calls, groups, inner):
    return _with(lambda call, calls, groups: math.ceil(call * groups / calls))(calls, groups, inner)


def _call_from_one(calls, groups, inner):
    return _with(lambda call, calls, groups: (call + 1) * groups // calls)(calls, groups, inner)


def _first_of_its_set(calls, groups, inner):
    return [call * groups // calls * inner for call in range(calls) for _ in range(inner)]


def _groups_for_inner(calls, groups, inner):
    return [call * groups // calls * groups + i for call in range(calls) for i in range(inner)]


def with_loops(calls: int, groups: int, inner: int) -> list[int]:
    order = []
    for call in range(calls):
        group = (call * groups) // calls
        for i in range(inner):
            order.append(group * inner + i)
    return order


def with_layers(calls: int, groups: int, inner: int) -> tuple[int, ...]:
    numbers = iter(range(groups * inner))
    sets = [[next(numbers) for _ in range(inner)] for _ in range(groups)]
    return tuple(itertools.chain.from_iterable(sets[groups * call // calls] for call in range(calls)))


def with_torch(calls: int, groups: int, inner: int) -> list[int]:
    group = torch.div(torch.arange(calls) * groups, calls, rounding_mode="floor")
    return (group[:, None] * inner + torch.arange(inner)).flatten().tolist()


def by_counting(calls: int, groups: int, inner: int) -> list[int]:
    ends = [-(-calls * (g + 1) // groups) for g in range(groups)]  # rounded up: calls before the next group
    return [
        next(g for g, end in enumerate(ends) if call < end) * inner + i
        for call in range(calls)
        for i in range(inner)
    ]


QUESTION = Question(
    id="ex06_3",
    title="Which layer runs when",
    kind="fill in",
    objectives=("LO-06.3",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    reference=running_order,
    cases=cases,
    mistakes=(
        Mistake("the groups are dealt like cards, one after the other, and not in runs", _by_turns),
        Mistake(
            "you divided before you multiplied, and a fraction just below a whole number was cut off",
            _divided_first,
        ),
        Mistake("you divided by a fraction, calls per group, which is not exact", _divided_by_a_fraction),
        Mistake("all runs are equally short, and the last group gets the rest", _rest_to_the_last),
        Mistake("the longer runs all come first", _rest_to_the_first),
        Mistake("you rounded to the nearest group, not down", _rounded),
        Mistake("the length of a run was rounded up, so that the first runs are too long", _runs_rounded_up),
        Mistake(
            "the length of a run was rounded down, and the last calls use groups that do not exist",
            _more_groups_than_there_are,
        ),
        Mistake("the first layer of each set has the number of its set", _sets_one_apart),
        Mistake("the first layer's number was rounded, not the number of its set", _rounded_too_late),
        Mistake("you made a list of lists, one for each call", _nested),
        Mistake("the inner layers are forgotten: you list one number per call", _no_inner),
        Mistake("you list the group's number where the layer's number is asked for", _group_numbers),
        Mistake(
            "the first inner layer runs at all calls before the second one runs at all",
            _one_inner_after_the_other,
        ),
        Mistake(
            "the layers are numbered across the groups: first the first one of each group", _numbered_across
        ),
        Mistake("you stopped after as many layers as there are calls", _calls_are_layers),
        Mistake(
            "you dealt out single layers over the whole way, not groups over the calls",
            _cut_over_running_layers,
        ),
        Mistake("you counted layers from one", _from_one),
        Mistake("every call runs all groups", _all_groups_at_every_call),
        Mistake("you list pairs of group and place, not one number per layer", _pairs),
        Mistake("every layer runs once, however many calls there are", _each_once),
        Mistake(
            "all runs are equally short, and the calls that are left over do not happen", _runs_too_short
        ),
        Mistake("all runs are equally long, and more calls happen than there are", _runs_too_long),
        Mistake("each layer runs at all calls of its set before the next layer runs", _layer_by_layer),
        Mistake("you divided the number of the call by the number of groups", _by_the_groups),
        Mistake("you multiplied by a fraction, groups per call, which is not exact", _groups_per_call),
        Mistake("you divided in torch's float32, which is not exact", _in_float32),
        Mistake("you divided groups by calls first, and that is 0 in whole numbers", _brackets),
        Mistake("you rounded up, not down", _rounded_up),
        Mistake("you counted the calls from one", _call_from_one),
        Mistake("the first layer of a set runs again where the next ones should", _first_of_its_set),
        Mistake(
            "you multiplied the set's number by the groups, not by the layers of a set", _groups_for_inner
        ),
    ),
    right=(with_loops, with_layers, with_torch, by_counting),
    why=(
        "Whole numbers are exact: multiplied first and divided with rounding down last, no set is left out "
        "and no run is longer than another by more than one call. A group is called as a whole, so its inner "
        "layers run next to each other at every one of its calls."
    ),
)
