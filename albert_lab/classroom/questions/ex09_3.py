"""ex09_3: an order task that gives its answer away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex09_3",
    title="The task that answers itself",
    kind="find the bug",
    objectives=("LO-09.3",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "A token type says at which place a passage stands, not which passage it is; if it moves along with "
        "the passage, it is the label under another name. A network takes the cheapest way to the answer "
        "that the data leave open."
    ),
)

Example = tuple[list[int], list[int], int]


@ask.reference
def order_example(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    first, second = (b, a) if swapped else (a, b)
    input_ids = [cls, *first, sep, *second, sep]
    token_type_ids = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    return input_ids, token_type_ids, int(swapped)


@ask.use
def use(answer: Callable, *arguments: Any) -> Any:
    """True and 1 are one label."""
    found = call_for_whole_numbers(answer, *arguments)
    if isinstance(found, tuple | list) and len(found) == 3 and isinstance(found[2], bool):
        return *found[:2], int(found[2])
    return found


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, both orders, passages of other lengths, single tokens, long ones, other special tokens."""

    def passage(length: int) -> list[int]:
        return draw.integers(200, 8000, length).tolist()  # none is a special token

    long, short = passage(draw.integer(8, 15)), passage(draw.integer(2, 5))
    return [
        Case("as written, by hand", ([11, 12], [21], False, 2, 3)),
        Case("swapped, by hand", ([11, 12], [21], True, 2, 3)),
        Case("a long passage, then a short one", (long, short, False, 2, 3)),
        Case("a long and a short one, swapped", (long, short, True, 2, 3)),
        Case("a short and a long one, swapped", (short, long, True, 2, 3)),
        Case("two of the same length, swapped", (passage(4), passage(4), True, 2, 3)),
        Case("one token each", (passage(1), passage(1), False, 2, 3)),
        Case("one token each, swapped", (passage(1), passage(1), True, 2, 3)),
        Case("other numbers of the special tokens", (passage(3), passage(6), True, 101, 102)),
    ]


@ask.mistake("the answer can still be read off the first token type")
def order_example_as_found(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    passages = [(a, 0), (b, 1)]  # tokens, token type
    if swapped:
        passages.reverse()
    (first, first_type), (second, second_type) = passages
    input_ids = [cls, *first, sep, *second, sep]
    token_type_ids = [first_type] * (len(first) + 2) + [second_type] * (len(second) + 1)
    return input_ids, token_type_ids, int(swapped)


@ask.mistake("the labels are exchanged: 0 is as written, 1 is swapped")
def _label_turned(*given: Any) -> Example:
    ids, types, label = order_example(*given)
    return ids, types, 1 - label


@ask.mistake("the label says as written, always")
def _label_always_0(*given: Any) -> Example:
    return *order_example(*given)[:2], 0


@ask.mistake("type 1 begins with the [SEP] that ends the first passage")
def _types_one_early(*given: Any) -> Example:
    ids, types, label = order_example(*given)
    return ids, [*types[1:], 1], label


@ask.mistake("type 1 begins one token too late")
def _types_one_late(*given: Any) -> Example:
    ids, types, label = order_example(*given)
    return ids, [0, *types[:-1]], label


@ask.mistake("the types change after len(a) tokens, also where b stands first")
def _lengths_of_a_and_b(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    ids, _, label = order_example(a, b, swapped, cls, sep)
    return ids, [0] * (len(a) + 2) + [1] * (len(b) + 1), label


@ask.mistake("the types were turned round after they were counted for a and b")
def _types_sorted(*given: Any) -> Example:
    ids, types, label = order_example_as_found(*given)
    return ids, sorted(types), label


@ask.mistake("all tokens have type 0: nothing leaks, and nothing tells the passages apart")
def _one_type(*given: Any) -> Example:
    ids, _, label = order_example(*given)
    return ids, [0] * len(ids), label


@ask.mistake("the first passage has type 1 and the second type 0")
def _types_turned(*given: Any) -> Example:
    ids, types, label = order_example(*given)
    return ids, [1 - kind for kind in types], label


@ask.mistake("the special tokens have no type")
def _types_of_tokens_only(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    first, second = (b, a) if swapped else (a, b)
    ids, _, label = order_example(a, b, swapped, cls, sep)
    return ids, [0] * len(first) + [1] * len(second), label


@ask.mistake("the label says swapped, and the passages stand as written")
def _label_alone(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    return *order_example(a, b, False, cls, sep)[:2], int(swapped)


@ask.mistake("b stands first, always")
def _always_swapped(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    return *order_example(a, b, True, cls, sep)[:2], int(swapped)


@ask.mistake("the label is changed; the leak is in what the network reads")
def _label_and_leak(*given: Any) -> Example:
    return *order_example_as_found(*given)[:2], 0


@ask.mistake("the passages are swapped where they should not be, and the other way round")
def _swapped_the_other_way(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    return *order_example(a, b, not swapped, cls, sep)[:2], int(swapped)


@ask.mistake("the last [SEP] is missing")
def _no_last_separator(*given: Any) -> Example:
    ids, types, label = order_example(*given)
    return ids[:-1], types[:-1], label


@ask.mistake("the second passage begins with a [CLS] too")
def _cls_twice(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    first, second = (b, a) if swapped else (a, b)
    ids = [cls, *first, sep, cls, *second, sep]
    return ids, [0] * (len(first) + 2) + [1] * (len(second) + 2), int(swapped)


@ask.mistake("[CLS] and [SEP] are exchanged")
def _specials_exchanged(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    return order_example(a, b, swapped, sep, cls)


@ask.mistake("there is no [SEP] between the passages")
def _no_separator_between(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    first, second = (b, a) if swapped else (a, b)
    return [cls, *first, *second, sep], [0] * (len(first) + 1) + [1] * (len(second) + 1), int(swapped)


@ask.mistake("the tokens inside of a passage are turned round too")
def _tokens_reversed(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    if not swapped:
        return order_example(a, b, swapped, cls, sep)
    return order_example(a[::-1], b[::-1], swapped, cls, sep)


@ask.mistake("one of the lists that you were given has grown")
def _in_place(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    made = order_example(a, b, swapped, cls, sep)
    first, second = (b, a) if swapped else (a, b)
    first += [sep, *second]
    return made


@ask.mistake("whole numbers are asked for, and these are floats: an id or a place looks something up")
def _floats(*given: Any) -> tuple:
    ids, types, label = order_example(*given)
    return [float(one) for one in ids], types, label


@ask.mistake("the numbers of [CLS] and [SEP] are fixed in your code")
def _fixed_numbers(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    return order_example(a, b, swapped, 2, 3)


@ask.right
def with_a_flag(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    ids = [cls, *b, sep, *a, sep] if swapped else [cls, *a, sep, *b, sep]
    second_begins = ids.index(sep) + 1
    return ids, [int(place >= second_begins) for place in range(len(ids))], 1 if swapped else 0


@ask.right
def with_a_loop(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    ids, types = [cls], [0]
    for kind, passage in enumerate([b, a] if swapped else [a, b]):
        for token in [*passage, sep]:
            ids.append(token)
            types.append(kind)
    return ids, types, int(swapped)


@ask.right
def with_its_own_swap(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> list:
    if swapped:
        ids, types, _ = with_its_own_swap(b, a, False, cls, sep)
        return [ids, types, 1]
    one, two = [cls, *a, sep], [*b, sep]
    return [one + two, [0 for _ in one] + [1 for _ in two], 0]


@ask.right
def as_found_and_mended(a: list[int], b: list[int], swapped: bool, cls: int, sep: int) -> Example:
    passages = [a, b]
    if swapped:
        passages.reverse()
    first, second = passages
    types = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    return [cls, *first, sep, *second, sep], types, bool(swapped)
