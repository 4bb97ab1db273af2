"""ex05_6: a pair that is too long."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex05_6",
    title="A pair that is too long",
    kind="find the bug",
    objectives=("LO-05.5",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "The network learnt that a [SEP] ends each text and that it belongs to the text that it ends, so a "
        "cut must come before the special tokens are set. Nothing complains about either bug, since all "
        "shapes are right."
    ),
)

Pair = tuple[list[int], list[int]]


@ask.reference
def pair_input(first: Sequence[int], second: Sequence[int], longest: int) -> Pair:
    second = second[: longest - len(first) - 3]  # places for [CLS] and two [SEP]
    ids = [2, *first, 3, *second, 3]
    types = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    return ids, types


ask.use(call_for_whole_numbers)


@ask.cases
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
        Case("two texts without a token", ([], [], 3)),
    ]


@ask.mistake("both bugs are still there")
def _broken(first, second, longest):
    ids = [2, *first, 3, *second, 3]
    types = [0] * (len(first) + 1) + [1] * (len(second) + 2)
    return ids[:longest], types[:longest]


@ask.mistake("the types are mended, and the cut still takes the last [SEP] away")
def _cut_at_the_end(first, second, longest):
    ids = [2, *first, 3, *second, 3]
    types = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    return ids[:longest], types[:longest]


@ask.mistake("the cut is mended, and the first [SEP] still counts for the second text")
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


ask.mistake("you kept no place for the special tokens", _room(0))
ask.mistake("you kept places for two special tokens, not for three", _room(2))
ask.mistake("you kept a place for a fourth special token", _room(4))
ask.mistake("you shortened the first text", _room(3, first_pays=True))
ask.mistake("you cut off the beginning of the second text, not its end", _room(3, front=True))


@ask.mistake("nothing is cut any more")
def _never_cut(first, second, longest):
    return pair_input(first, second, 10**9)


@ask.mistake("you shortened the longer of the two texts, token by token")
def _both_shortened(first, second, longest):
    first, second = list(first), list(second)
    while len(first) + len(second) + 3 > longest:
        (first if len(first) > len(second) else second).pop()
    return pair_input(first, second, longest)


@ask.mistake("the last [SEP] has type 0")
def _last_sep_type_0(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [*types[:-1], 0]


@ask.mistake("there is a [CLS] before the second text, too")
def _cls_twice(first, second, longest):
    second = second[: max(0, longest - len(first) - 4)]
    return [2, *first, 3, 2, *second, 3], [0] * (len(first) + 2) + [1] * (len(second) + 2)


@ask.mistake("the second text has no [SEP] at its end")
def _no_last_sep(first, second, longest):
    second = second[: max(0, longest - len(first) - 2)]
    return [2, *first, 3, *second], [0] * (len(first) + 2) + [1] * len(second)


@ask.mistake("the types are 1 and 2")
def _one_and_two(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [number + 1 for number in types]


@ask.mistake("all types are 0")
def _all_zero(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [0] * len(types)


@ask.mistake("the ids are cut and the types are not")
def _types_not_cut(first, second, longest):
    ids, _ = pair_input(first, second, longest)
    return ids, pair_input(first, second, 10**9)[1]


@ask.mistake("a second text without tokens has lost its [SEP]")
def _no_end_for_nothing(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return (ids, types) if len(ids) > len(first) + 3 else (ids[:-1], types[:-1])


@ask.mistake("where something is cut, one token too many is cut")
def _one_cut_too_many(first, second, longest):
    over = len(first) + len(second) + 3 - longest
    return pair_input(first, second[: max(0, len(second) - over - 1)] if over > 0 else second, 10**9)


@ask.mistake("you count from the end how much to cut, and where nothing is too long that cuts all the same")
def _cut_from_the_end(first, second, longest):
    over = len(first) + len(second) + 3 - longest
    return pair_input(first, second[:-over], 10**9)


@ask.mistake("you filled up with <pad>, which is not asked for")
def _padded(first, second, longest):
    ids, types = pair_input(first, second, longest)
    rest = longest - len(ids)
    return ids + [0] * rest, types + [0] * rest


@ask.mistake("you shortened the caller's list")
def _in_place(first, second, longest):
    del second[longest - len(first) - 3 :]
    return pair_input(first, second, longest)


@ask.mistake("the types are exchanged")
def _typed_the_other_way(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return ids, [1 - number for number in types]


@ask.mistake("where no place is left for the second text, nothing is cut")
def _no_room_no_cut(first, second, longest):
    room = longest - len(first) - 3
    return pair_input(first, second[:room] if room else second, 10**9)


@ask.mistake("a [SEP] follows even where the whole pair fits, which ends with one")
def _sep_whatever_was_cut(first, second, longest):
    ids = [*[2, *first, 3, *second, 3][: longest - 1], 3]
    return ids, [int(place > len(first) + 1) for place in range(len(ids))]


@ask.mistake("the types are as many as `longest`, and the ids may be fewer")
def _types_to_the_longest(first, second, longest):
    return pair_input(first, second, longest)[0], [0] * (len(first) + 2) + [1] * (longest - len(first) - 2)


@ask.mistake("you kept no place for the first text")
def _first_takes_no_place(first, second, longest):
    return pair_input(first, second[: longest - 3], 10**9)


@ask.mistake("there is no [SEP] between the texts")
def _no_first_sep(first, second, longest):
    second = second[: longest - len(first) - 2]
    return [2, *first, *second, 3], [0] * (len(first) + 1) + [1] * (len(second) + 1)


@ask.mistake("ids and types come back in the other order")
def _back_to_front(first, second, longest):
    return pair_input(first, second, longest)[::-1]


@ask.mistake("the numbers of [CLS] and [SEP] are exchanged")
def _other_numbers(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return [3, *first, 2, *ids[len(first) + 2 : -1], 2], types


@ask.mistake("whole numbers are asked for, and these are floats: an id or a place looks something up")
def _floats(first, second, longest):
    ids, types = pair_input(first, second, longest)
    return [float(one) for one in ids], types


@ask.right
def with_overwriting(first: Sequence[int], second: Sequence[int], longest: int) -> Pair:
    ids = [2, *first, 3, *second, 3][:longest]
    ids[-1] = 3  # whatever was cut, the last place ends the text
    return ids, [int(place > len(first) + 1) for place in range(len(ids))]


@ask.right
def with_the_place_of_sep(first: Sequence[int], second: Sequence[int], longest: int) -> Pair:
    ids = [2, *first, 3, *second[: longest - len(first) - 3], 3]
    border = ids.index(3) + 1  # no text has a [SEP] of its own
    return ids, [0] * border + [1] * (len(ids) - border)


@ask.right
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


@ask.right
def with_pops(first: Sequence[int], second: Sequence[int], longest: int) -> list[list[int]]:
    kept = list(second)
    while 3 + len(first) + len(kept) > longest:
        kept.pop()
    ids = [2]
    ids.extend([*first, 3])
    ids.extend([*kept, 3])
    types = torch.cat([torch.zeros(len(first) + 2), torch.ones(len(kept) + 1)]).long()
    return [ids, types.tolist()]
