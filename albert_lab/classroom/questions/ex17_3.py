"""ex17_3: batches of similar length, limited by tokens."""

from __future__ import annotations

import numpy as np

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex17_3",
    title="Batches that fit",
    kind="implement",
    objectives=("LO-17.3",),
    points=2,
    minutes=20,
    difficulty=3,
    importance=4,
    why=(
        "Memory and time go with B · T, so that is what is limited: short texts share large batches. The "
        "longest comes first, and the first of a batch says how long all its rows are."
    ),
)


@ask.reference
def batches(lengths: list[int], budget: int) -> list[list[int]]:
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])  # sorted() is stable
    found: list[list[int]] = []
    for place in order:
        if found and (len(found[-1]) + 1) * lengths[found[-1][0]] <= budget:
            found[-1].append(place)
        else:
            found.append([place])
    return found


ask.use(call_for_whole_numbers)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, ties, exactly full, too long, alone, nothing, and many at random."""
    many = [draw.integer(3, 40) for _ in range(60)]
    few = [draw.integer(3, 9) for _ in range(25)]
    return [
        Case("the chapter's four texts", ([3, 9, 4, 8], 18)),
        Case("a batch that is exactly full", ([5, 5, 5, 5, 5], 10)),
        Case("equal lengths stay in order", ([4, 6, 4, 6, 4, 6], 13)),
        Case("a text longer than the budget", ([4, 30, 5, 40, 3], 12)),
        Case("everything fits into one", ([2, 3, 1], 100)),
        Case("nothing fits with anything", ([7, 6, 5], 7)),
        Case("one text", ([5], 8)),
        Case("no text", ([], 8)),
        Case("many texts", (many, 120)),
        Case("many texts of few lengths", (few, 20)),
    ]


def _filled(order: list[int], lengths: list[int], fits) -> list[list[int]]:
    """Batches in this order; `fits` says of (batch, next place) whether it still goes in."""
    found: list[list[int]] = []
    for place in order:
        if found and fits(found[-1], place):
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _by_length(lengths: list[int]) -> list[int]:
    return sorted(range(len(lengths)), key=lambda place: -lengths[place])


@ask.mistake("the texts are not sorted")
def _unsorted(lengths, budget):
    longest = lambda batch, place: max(lengths[i] for i in [*batch, place])  # noqa: E731
    return _filled(list(range(len(lengths))), lengths, lambda b, i: (len(b) + 1) * longest(b, i) <= budget)


@ask.mistake("the shortest come first")
def _shortest_first(lengths, budget):
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])
    return _filled(order, lengths, lambda b, i: (len(b) + 1) * lengths[i] <= budget)


@ask.mistake("texts of equal length are turned round")
def _ties_turned(lengths, budget):
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])[::-1]
    return _filled(order, lengths, lambda b, i: (len(b) + 1) * lengths[b[0]] <= budget)


@ask.mistake("you give lengths; places of texts are asked for")
def _lengths(lengths, budget):
    return [[lengths[place] for place in batch] for batch in batches(lengths, budget)]


@ask.mistake("you add real lengths up; padding fills the budget, too")
def _real_tokens(lengths, budget):
    fits = lambda b, i: sum(lengths[j] for j in b) + lengths[i] <= budget  # noqa: E731
    return _filled(_by_length(lengths), lengths, fits)


@ask.mistake("a batch's rows are as long as its shortest text in your count")
def _shortest_row(lengths, budget):
    return _filled(_by_length(lengths), lengths, lambda b, i: (len(b) + 1) * lengths[i] <= budget)


@ask.mistake("a batch that would be exactly full is closed too early")
def _never_full(lengths, budget):
    return _filled(_by_length(lengths), lengths, lambda b, i: (len(b) + 1) * lengths[b[0]] < budget)


@ask.mistake("a batch takes one text more than fits: you look before you add, and not after")
def _one_too_many(lengths, budget):
    return _filled(_by_length(lengths), lengths, lambda b, i: len(b) * lengths[b[0]] <= budget)


@ask.mistake("the budget counts texts in your function; it counts tokens")
def _texts(lengths, budget):
    return _filled(_by_length(lengths), lengths, lambda b, i: len(b) + 1 <= budget)


@ask.mistake("texts that are longer than the budget are lost")
def _lost(lengths, budget):
    return [batch for batch in batches(lengths, budget) if lengths[batch[0]] <= budget]


@ask.mistake("the last batch is lost")
def _last_lost(lengths, budget):
    return batches(lengths, budget)[:-1]


@ask.mistake("an empty batch stands before the others")
def _empty_first(lengths, budget):
    return [[], *batches(lengths, budget)]


@ask.mistake("every text has a batch of its own")
def _alone(lengths, budget):
    return [[place] for place in _by_length(lengths)]


@ask.mistake("all texts are in one batch")
def _one_batch(lengths, budget):
    return [_by_length(lengths)] if lengths else []


@ask.mistake("only texts of one and the same length share a batch")
def _one_length(lengths, budget):
    fits = lambda b, i: lengths[i] == lengths[b[0]] and (len(b) + 1) * lengths[i] <= budget  # noqa: E731
    return _filled(_by_length(lengths), lengths, fits)


@ask.mistake("the places inside of a batch are sorted again")
def _places_sorted(lengths, budget):
    return [sorted(batch) for batch in batches(lengths, budget)]


@ask.right
def by_slices(lengths, budget):
    order = np.argsort(-np.array(lengths, dtype=int), kind="stable").tolist()
    found = []
    while order:
        size = max(1, budget // lengths[order[0]])
        found.append(order[:size])
        order = order[size:]
    return found


@ask.right
def with_pairs(lengths, budget):
    pairs, found, current = sorted((-length, place) for place, length in enumerate(lengths)), [], []
    for _, place in pairs:
        if current and (len(current) + 1) * lengths[current[0]] > budget:
            found.append(current)
            current = []
        current.append(place)
    return [*found, current] if current else found


@ask.right
def one_after_the_other(lengths, budget):
    def rest(order):
        if not order:
            return []
        size = max(budget // lengths[order[0]], 1)
        return [order[:size], *rest(order[size:])]

    return rest(sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True))


@ask.right
def first_fit(lengths, budget):
    found: list[list[int]] = []
    for place in _by_length(lengths):
        room = [b for b in found if (len(b) + 1) * lengths[b[0]] <= budget]
        if room:
            room[0].append(place)
        else:
            found.append([place])
    return found
