"""ex05_6: a pair that is too long."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question

Pair = tuple[list[int], list[int]]


def pair_input(first: Sequence[int], second: Sequence[int], longest: int) -> Pair:
    second = second[: longest - len(first) - 3]  # places for [CLS] and two [SEP]
    ids = [2, *first, 3, *second, 3]
    types = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    return ids, types


def cases(draw: Draw) -> list[Case]:
    """Room enough, just enough, one too little, none for the second text; texts without tokens."""

    def ids(count: int) -> list[int]:
        return draw.integers(5, 8000, count).tolist()

    a, b = draw.integer(2, 6), draw.integer(7, 12)
    return [
        Case("room enough, by hand", ([5, 6], [7, 8, 9], 20)),
        Case("cut to seven, by hand", ([5, 6], [7, 8, 9], 7)),
        Case("just enough room", (ids(a), ids(b), a + b + 3)),
        Case("room for one less", (ids(a), ids(b), a + b + 2)),
        Case("room for two less", (ids(a), ids(b), a + b + 1)),
        Case("room for one token of the second text", (ids(a), ids(b), a + 4)),
        Case("no room for the second text", (ids(a), ids(b), a + 3)),
        Case("the first text is the longer one", (ids(b), ids(a), b + 3 + a // 2)),
        Case("no second text", (ids(a), [], 30)),
        Case("no first text", ([], ids(b), b)),
    ]


def _broken(first, second, longest):
    ids = [2, *first, 3, *second, 3]
    types = [0] * (len(first) + 1) + [1] * (len(second) + 2)
    return ids[:longest], types[:longest]


def _cut_at_the_end(first, second, longest):
    ids = [2, *first, 3, *second, 3]
    types = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    return ids[:longest], types[:longest]


def _types_from_the_sep(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [0] * (len(first) + 1) + [1] * (len(types) - len(first) - 1)


def _room(places, *, first_pays=False, front=False):
    """Another idea of what to cut."""

    def answer(first, second, longest):
        if first_pays:
            first = first[: max(0, longest - len(second) - 3)]
            return pair_input(first, second[: longest - 3], 10**9)
        room = max(0, longest - len(first) - places)
        second = second[max(0, len(second) - room) :] if front else second[:room]
        return pair_input(first, second, 10**9)

    return answer


def _never_cut(first, second, longest):
    return pair_input(first, second, 10**9)


def _both_shortened(first, second, longest):
    first, second = list(first), list(second)
    while len(first) + len(second) + 3 > longest:
        (first if len(first) > len(second) else second).pop()
    return pair_input(first, second, longest)


def _last_sep_type_0(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [*types[:-1], 0]


def _cls_twice(first, second, longest):
    second = second[: max(0, longest - len(first) - 4)]
    return [2, *first, 3, 2, *second, 3], [0] * (len(first) + 2) + [1] * (len(second) + 2)


def _no_last_sep(first, second, longest):
    second = second[: max(0, longest - len(first) - 2)]
    return [2, *first, 3, *second], [0] * (len(first) + 2) + [1] * len(second)


def _one_and_two(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [number + 1 for number in types]


def _all_zero(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [0] * len(types)


def _types_not_cut(first, second, longest):
    ids, _ = pair_input(first, second, longest)
    return ids, pair_input(first, second, 10**9)[1]


def _no_end_for_nothing(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return (ids, types) if len(ids) > len(first) + 3 else (ids[:-1], types[:-1])


def _one_cut_too_many(first, second, longest):
    over = len(first) + len(second) + 3 - longest
    return pair_input(first, second[: max(0, len(second) - over - 1)] if over > 0 else second, 10**9)


def _cut_from_the_end(first, second, longest):
    over = len(first) + len(second) + 3 - longest
    return pair_input(first, second[:-over], 10**9)


def _padded(first, second, longest):
    ids, types = pair_input(first, second, longest)
    rest = longest - len(ids)
    return ids + [0] * rest, types + [0] * rest


def _in_place(first, second, longest):
    del second[longest - len(first) - 3 :]
    return pair_input(first, second, longest)


def _no_room_no_cut(first, second, longest):
    room = longest - len(first) - 3
    return pair_input(first, second[:room] if room else second, 10**9)


def _sep_whatever_was_cut(first, second, longest):
    ids = [*[2, *first, 3, *second, 3][: longest - 1], 3]
    return ids, [int(place > len(first) + 1) for place in range(len(ids))]


def _types_to_the_longest(first, second, longest):
    return pair_input(first, second, longest)[0], [0] * (len(first) + 2) + [1] * (longest - len(first) - 2)


def _first_takes_no_place(first, second, longest):
    return pair_input(first, second[: longest - 3], 10**9)


def _no_first_sep(first, second, longest):
    second = second[: longest - len(first) - 2]
    return [2, *first, *second, 3], [0] * (len(first) + 1) + [1] * (len(second) + 1)


def _back_to_front(first, second, longest):
    return pair_input(first, second, longest)[::-1]


def _other_numbers(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return [3, *first, 2, *ids[len(first) + 2 : -1], 2], types


def _typed_the_other_way(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [1 - number for number in types]


def with_overwriting(first: Sequence[int], second: Sequence[int], longest: int) -> Pair:
    ids = [2, *first, 3, *second, 3][:longest]
    ids[-1] = 3  # whatever was cut, the last place ends the text
    return ids, [int(place > len(first) + 1) for place in range(len(ids))]


def with_a_loop(first: Sequence[int], second: Sequence[int], longest: int) -> tuple[list[int], ...]:
    ids, types = [2], [0]
    for number in [*first, 3]:
        ids.append(number)
        types.append(0)
    for number in second:
        if len(ids) < longest - 1:
            ids.append(number)
            types.append(1)
    return [*ids, 3], [*types, 1]


def with_pops(first: Sequence[int], second: Sequence[int], longest: int) -> list[list[int]]:
    kept = list(second)
    while 3 + len(first) + len(kept) > longest:
        kept.pop()
    ids = [2]
    ids.extend([*first, 3])
    ids.extend([*kept, 3])
    types = torch.cat([torch.zeros(len(first) + 2), torch.ones(len(kept) + 1)]).long()
    return [ids, types.tolist()]


QUESTION = Question(
    id="ex05_6",
    title="A pair that is too long",
    kind="find the bug",
    objectives=("LO-05.5",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    reference=pair_input,
    cases=cases,
    mistakes=(
        Mistake("both bugs are still there", _broken),
        Mistake("the types are mended, and the cut still takes the last [SEP] away", _cut_at_the_end),
        Mistake(
            "the cut is mended, and the first [SEP] still counts for the second text", _types_from_the_sep
        ),
        Mistake("you kept no place for the special tokens", _room(0)),
        Mistake("you kept places for two special tokens, not for three", _room(2)),
        Mistake("you kept a place for a fourth special token", _room(4)),
        Mistake("you shortened the first text", _room(3, first_pays=True)),
        Mistake("you cut off the beginning of the second text, not its end", _room(3, front=True)),
        Mistake("nothing is cut any more", _never_cut),
        Mistake("you shortened the longer of the two texts, token by token", _both_shortened),
        Mistake("the last [SEP] has type 0", _last_sep_type_0),
        Mistake("there is a [CLS] before the second text, too", _cls_twice),
        Mistake("the second text has no [SEP] at its end", _no_last_sep),
        Mistake("the types are 1 and 2", _one_and_two),
        Mistake("all types are 0", _all_zero),
        Mistake("the ids are cut and the types are not", _types_not_cut),
        Mistake("a second text without tokens has lost its [SEP]", _no_end_for_nothing),
        Mistake("where something is cut, one token too many is cut", _one_cut_too_many),
        Mistake(
            "you count from the end how much to cut, and where nothing is too long that cuts all the same",
            _cut_from_the_end,
        ),
        Mistake("you filled up with <pad>, which is not asked for", _padded),
        Mistake("you shortened the caller's list", _in_place),
        Mistake("the types are exchanged", _typed_the_other_way),
        Mistake("where no place is left for the second text, nothing is cut", _no_room_no_cut),
        Mistake("a [SEP] follows even where the whole pair fits, which ends with one", _sep_whatever_was_cut),
        Mistake("the types are as many as `longest`, and the ids may be fewer", _types_to_the_longest),
        Mistake("you kept no place for the first text", _first_takes_no_place),
        Mistake("there is no [SEP] between the texts", _no_first_sep),
        Mistake("ids and types come back in the other order", _back_to_front),
        Mistake("the numbers of [CLS] and [SEP] are exchanged", _other_numbers),
    ),
    right=(with_overwriting, with_a_loop, with_pops),
    why=(
        "The network learnt that a [SEP] ends each text and that it belongs to the text that it ends, so a "
        "cut must come before the special tokens are set. Nothing complains about either bug, since all "
        "shapes are right."
    ),
)
