"""ex06_3: which layer runs when, with groups and inner layers."""

from __future__ import annotations

import itertools
import math

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex06_3",
    title="Which layer runs when",
    kind="fill in",
    objectives=("LO-06.3",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "Whole numbers are exact: multiplied first and divided with rounding down last, no set is left out "
        "and no run is longer than another by more than one call. A group is called as a whole, so its inner "
        "layers run next to each other at every one of its calls."
    ),
)


@ask.reference
def running_order(calls: int, groups: int, inner: int) -> list[int]:
    return [call * groups // calls * inner + i for call in range(calls) for i in range(inner)]


ask.use(call_for_whole_numbers)


@ask.cases
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


@ask.mistake("the groups are dealt like cards, one after the other, and not in runs")
def _by_turns(calls, groups, inner):
    return _with(lambda call, calls, groups: call % groups)(calls, groups, inner)


@ask.mistake("you divided before you multiplied, and a fraction just below a whole number was cut off")
def _divided_first(calls, groups, inner):
    return _with(lambda call, calls, groups: int(call / calls * groups))(calls, groups, inner)


@ask.mistake("you divided by a fraction, calls per group, which is not exact")
def _divided_by_a_fraction(calls, groups, inner):
    return _with(lambda call, calls, groups: int(call / (calls / groups)))(calls, groups, inner)


@ask.mistake("all runs are equally short, and the last group gets the rest")
def _rest_to_the_last(calls, groups, inner):
    return _with(lambda call, calls, groups: min(call // (calls // groups), groups - 1))(calls, groups, inner)


@ask.mistake("the longer runs all come first")
def _rest_to_the_first(calls, groups, inner):
    parts = torch.arange(calls).tensor_split(groups)
    return [g * inner + i for g, part in enumerate(parts) for _ in part for i in range(inner)]


@ask.mistake("you rounded to the nearest group, not down")
def _rounded(calls, groups, inner):
    return _with(lambda call, calls, groups: min(round(call * groups / calls), groups - 1))(
        calls, groups, inner
    )


@ask.mistake("the length of a run was rounded up, so that the first runs are too long")
def _runs_rounded_up(calls, groups, inner):
    return _with(lambda call, calls, groups: min(call // math.ceil(calls / groups), groups - 1))(
        calls, groups, inner
    )


@ask.mistake("the length of a run was rounded down, and the last calls use groups that do not exist")
def _more_groups_than_there_are(calls, groups, inner):
    return _with(lambda call, calls, groups: call // (calls // groups))(calls, groups, inner)


@ask.mistake("the first layer of each set has the number of its set")
def _sets_one_apart(calls, groups, inner):
    return [call * groups // calls + i for call in range(calls) for i in range(inner)]


@ask.mistake("the first layer's number was rounded, not the number of its set")
def _rounded_too_late(calls, groups, inner):
    return [call * groups * inner // calls + i for call in range(calls) for i in range(inner)]


@ask.mistake("you made a list of lists, one for each call")
def _nested(calls, groups, inner):
    return [[call * groups // calls * inner + i for i in range(inner)] for call in range(calls)]


@ask.mistake("the inner layers are forgotten: you list one number per call")
def _no_inner(calls, groups, inner):
    return [call * groups // calls for call in range(calls)]


@ask.mistake("you list the group's number where the layer's number is asked for")
def _group_numbers(calls, groups, inner):
    return [call * groups // calls for call in range(calls) for _ in range(inner)]


@ask.mistake("the first inner layer runs at all calls before the second one runs at all")
def _one_inner_after_the_other(calls, groups, inner):
    return [call * groups // calls * inner + i for i in range(inner) for call in range(calls)]


@ask.mistake("the layers are numbered across the groups: first the first one of each group")
def _numbered_across(calls, groups, inner):
    return [i * groups + call * groups // calls for call in range(calls) for i in range(inner)]


@ask.mistake("you stopped after as many layers as there are calls")
def _calls_are_layers(calls, groups, inner):
    return running_order(calls, groups, inner)[:calls]


@ask.mistake("you dealt out single layers over the whole way, not groups over the calls")
def _cut_over_running_layers(calls, groups, inner):
    return [i * groups * inner // (calls * inner) for i in range(calls * inner)]


@ask.mistake("you counted layers from one")
def _from_one(calls, groups, inner):
    return [number + 1 for number in running_order(calls, groups, inner)]


@ask.mistake("every call runs all groups")
def _all_groups_at_every_call(calls, groups, inner):
    return list(range(groups * inner)) * calls


@ask.mistake("you list pairs of group and place, not one number per layer")
def _pairs(calls, groups, inner):
    return [(call * groups // calls, i) for call in range(calls) for i in range(inner)]


@ask.mistake("every layer runs once, however many calls there are")
def _each_once(calls, groups, inner):
    return list(range(groups * inner))


@ask.mistake("all runs are equally short, and the calls that are left over do not happen")
def _runs_too_short(calls, groups, inner):
    return [g * inner + i for g in range(groups) for _ in range(calls // groups) for i in range(inner)]


@ask.mistake("all runs are equally long, and more calls happen than there are")
def _runs_too_long(calls, groups, inner):
    longest = math.ceil(calls / groups)
    return [g * inner + i for g in range(groups) for _ in range(longest) for i in range(inner)]


@ask.mistake("each layer runs at all calls of its set before the next layer runs")
def _layer_by_layer(calls, groups, inner):
    return sorted(running_order(calls, groups, inner))


@ask.mistake("you divided the number of the call by the number of groups")
def _by_the_groups(calls, groups, inner):
    return _with(lambda call, calls, groups: call // groups)(calls, groups, inner)


@ask.mistake("you multiplied by a fraction, groups per call, which is not exact")
def _groups_per_call(calls, groups, inner):
    return _with(lambda call, calls, groups: int(call * (groups / calls)))(calls, groups, inner)


@ask.mistake("you divided in torch's float32, which is not exact")
def _in_float32(calls, groups, inner):
    number = (torch.arange(calls) * (groups / calls)).long().tolist()
    return [group * inner + i for group in number for i in range(inner)]


@ask.mistake("you divided groups by calls first, and that is 0 in whole numbers")
def _brackets(calls, groups, inner):
    return _with(lambda call, calls, groups: call * (groups // calls))(calls, groups, inner)


@ask.mistake("you rounded up, not down")
def _rounded_up(calls, groups, inner):
    return _with(lambda call, calls, groups: math.ceil(call * groups / calls))(calls, groups, inner)


@ask.mistake("you counted the calls from one")
def _call_from_one(calls, groups, inner):
    return _with(lambda call, calls, groups: (call + 1) * groups // calls)(calls, groups, inner)


@ask.mistake("the first layer of a set runs again where the next ones should")
def _first_of_its_set(calls, groups, inner):
    return [call * groups // calls * inner for call in range(calls) for _ in range(inner)]


@ask.mistake("you multiplied the set's number by the groups, not by the layers of a set")
def _groups_for_inner(calls, groups, inner):
    return [call * groups // calls * groups + i for call in range(calls) for i in range(inner)]


@ask.mistake("whole numbers are asked for, and these are floats: an id or a place looks something up")
def _floats(calls, groups, inner):
    return [float(layer) for layer in running_order(calls, groups, inner)]


@ask.right
def with_loops(calls: int, groups: int, inner: int) -> list[int]:
    order = []
    for call in range(calls):
        group = (call * groups) // calls
        for i in range(inner):
            order.append(group * inner + i)
    return order


@ask.right
def with_layers(calls: int, groups: int, inner: int) -> tuple[int, ...]:
    numbers = iter(range(groups * inner))
    sets = [[next(numbers) for _ in range(inner)] for _ in range(groups)]
    return tuple(itertools.chain.from_iterable(sets[groups * call // calls] for call in range(calls)))


@ask.right
def with_torch(calls: int, groups: int, inner: int) -> list[int]:
    group = torch.div(torch.arange(calls) * groups, calls, rounding_mode="floor")
    return (group[:, None] * inner + torch.arange(inner)).flatten().tolist()


@ask.right
def by_counting(calls: int, groups: int, inner: int) -> list[int]:
    ends = [-(-calls * (g + 1) // groups) for g in range(groups)]  # rounded up: calls before the next group
    return [
        next(g for g, end in enumerate(ends) if call < end) * inner + i
        for call in range(calls)
        for i in range(inner)
    ]
