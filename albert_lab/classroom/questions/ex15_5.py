"""ex15_5: the best pair of a first and a last token, or no answer."""

from __future__ import annotations

from collections.abc import Callable

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex15_5",
    title="The best span",
    kind="implement",
    objectives=("LO-15.6",),
    points=2,
    minutes=15,
    difficulty=4,
    importance=5,
    why=(
        "Each score was learnt by itself, and only the pair has to make sense, so the best pair of those "
        "allowed is looked for and not the two best ends. [CLS] competes with all of them: it wins where no "
        "pair is better."
    ),
)

Tensor = torch.Tensor


@ask.reference
def best_span(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    pairs = start.unsqueeze(1) + end  # (T, T)
    allowed = torch.ones_like(pairs, dtype=torch.bool).triu().tril(longest - 1)
    allowed &= context.unsqueeze(1) & context
    pairs = pairs.masked_fill(~allowed, float("-inf"))
    if pairs.max() <= start[0] + end[0]:
        return 0, 0
    first, last = divmod(int(pairs.argmax()), len(start))
    return first, last


ask.use(call_for_whole_numbers)


def _context(T: int, first: int, stop: int) -> Tensor:
    places = torch.arange(T)
    return (places >= first) & (places < stop)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, crossed ends, too long, in the question, at padding, [SEP], no answer, ties, negative."""

    def scores(**at: float) -> Tensor:
        made = torch.full((8,), -3.0)
        for place, value in at.items():
            made[int(place[1:])] = value
        return made

    part = _context(8, 3, 7)  # [CLS] question [SEP] four tokens [SEP]
    T = 24
    wide, ends = draw.normal(T), draw.normal(T)
    low = torch.tensor([-9.0, 0, 0, -5, -6, -7, -8, 0])
    crossed = scores(_6=4.0, _3=2.0), scores(_4=4.0, _6=1.0)
    far = scores(_3=5.0, _5=2.0), scores(_6=5.0, _3=1.0)
    outside = scores(_1=9.0, _4=2.0), scores(_1=9.0, _2=8.0, _5=2.0)
    marks = scores(_2=9.0, _4=2.0), scores(_7=9.0, _5=2.0)
    none = scores(_0=3.0, _4=2.0), scores(_0=3.0, _5=2.0)
    half = scores(_0=4.0, _4=2.0), scores(_0=-2.0, _5=1.0)
    parts = _context(T, 3, 9) | _context(T, 12, 23)
    tie = scores(_0=1.0, _4=2.0), scores(_0=2.0, _5=1.0)
    return [
        Case("two tokens, by hand", (scores(_4=2.0), scores(_5=1.0), part, 4)),
        Case("the best ends stand crossed", (*crossed, part, 4)),
        Case("the best ends lie too far apart", (*far, part, 3)),
        Case("just as long as is allowed", (*far, part, 4)),
        Case("one token", (scores(_5=2.0), scores(_5=2.0), part, 4)),
        Case("tokens of one word only", (*far, part, 1)),
        Case("the best scores stand in the question", (*outside, part, 4)),
        Case("the best scores stand at [SEP]", (*marks, part, 4)),
        Case("the first token of the context", (scores(_3=3.0), scores(_3=3.0), part, 4)),
        Case("the last token of the context", (scores(_6=3.0), scores(_6=3.0), part, 4)),
        Case("no answer", (*none, part, 4)),
        Case("[CLS] is the best first token, and not the best pair", (*half, part, 4)),
        Case("no answer and the best span are equal: no answer", (*tie, part, 4)),
        Case("all scores are below zero", (low, low, part, 4)),
        Case("nothing but a question", (*none, torch.zeros(8, dtype=torch.bool), 4)),
        Case("twenty-four tokens", (wide, ends, _context(T, 5, 23), 6)),
        Case("twenty-four tokens and [CLS]", (wide, ends - 3 * _context(T, 0, 1), _context(T, 5, 20), 30)),
        Case("float64", (wide.double() + 1, ends.double(), _context(T, 8, 20), 3)),
        Case("a context in two parts", (wide + 2 * _context(T, 3, T), ends, parts, 8)),
    ]  # fmt: skip


def _best(
    start: Tensor, end: Tensor, allowed: Tensor, none: float = float("-inf"), empty: tuple[int, int] = (0, 0)
) -> tuple[int, int]:
    pairs = (start.unsqueeze(1) + end).masked_fill(~allowed, float("-inf"))
    if not allowed.any() or pairs.max() <= none:
        return empty
    first, last = divmod(int(pairs.argmax()), len(start))
    return first, last


def _allowed(
    context: Tensor, longest: int, *, ordered: bool = True, short: bool = True, inside: bool = True
) -> Tensor:
    T = len(context)
    first, last = torch.arange(T).unsqueeze(1), torch.arange(T)
    allowed = torch.ones(T, T, dtype=torch.bool)
    allowed &= (first <= last) if ordered else allowed
    allowed &= ((last - first).abs() < longest) if short else allowed
    return allowed & context.unsqueeze(1) & context if inside else allowed


def _cls(start: Tensor, end: Tensor) -> float:
    return float(start[0] + end[0])


def _with(**how: bool) -> Callable:
    def answer(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
        return _best(start, end, _allowed(context, longest, **how), _cls(start, end))

    return answer


@ask.mistake("the best first and the best last token are taken each by itself")
def _apart(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    low = float("-inf")
    first, last = (int(each.masked_fill(~context, low).argmax()) for each in (start, end))
    return (first, last) if context.any() and start[first] + end[last] > _cls(start, end) else (0, 0)


ask.mistake("the last token may stand before the first", _with(ordered=False))
ask.mistake("spans may be longer than allowed", _with(short=False))
ask.mistake("tokens outside of the context are not left out", _with(inside=False))


@ask.mistake("spans may be one token longer than allowed")
def _one_longer(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    return best_span(start, end, context, longest + 1)


@ask.mistake("spans of just the length allowed are left out")
def _one_shorter(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    return _best(start, end, _allowed(context, longest - 1), _cls(start, end))


@ask.mistake("spans of one token are left out")
def _two_at_least(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    T = len(start)
    apart = torch.arange(T).unsqueeze(1) < torch.arange(T)
    return _best(start, end, _allowed(context, longest) & apart, _cls(start, end))


@ask.mistake("an answer is always given; [CLS] is never asked")
def _always_answers(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    return _best(start, end, _allowed(context, longest))


@ask.mistake("an equal score is enough for an answer")
def _tie_answers(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    return _best(start, end, _allowed(context, longest), _cls(start, end) - 1e-6)


@ask.mistake("the first score of [CLS] alone decides whether there is an answer")
def _start_of_cls(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    first, last = _best(start, end, _allowed(context, longest))
    return (first, last) if start[first] > start[0] else (0, 0)


@ask.mistake("there is an answer where the best score is above 0, whatever [CLS] has")
def _above_zero(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    return _best(start, end, _allowed(context, longest), 0.0)


@ask.mistake("the scores are multiplied; two low ones make a high product")
def _product(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    pairs = (start.unsqueeze(1) * end).masked_fill(~_allowed(context, longest), float("-inf"))
    if not context.any() or pairs.max() <= start[0] * end[0]:
        return 0, 0
    first, last = divmod(int(pairs.argmax()), len(start))
    return first, last


@ask.mistake("what is not allowed gets 0 and not minus infinity, and wins where all scores are low")
def _zero_mask(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    pairs = (start.unsqueeze(1) + end) * _allowed(context, longest)
    if pairs.max() <= _cls(start, end):
        return 0, 0
    first, last = divmod(int(pairs.argmax()), len(start))
    return first, last


@ask.mistake("the place behind the last token is given; the last token is asked for")
def _stop(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    first, last = best_span(start, end, context, longest)
    return (first, last + 1) if first else (0, 0)


@ask.mistake("places are counted within the context and not within the whole input")
def _within(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    first, last = best_span(start, end, context, longest)
    before = int(context.int().argmax())
    return (first - before, last - before) if first else (0, 0)


@ask.mistake("start and end scores are exchanged")
def _exchanged(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    return best_span(end, start, context, longest)


@ask.mistake("first and last place stand the other way round")
def _turned(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    return best_span(start, end, context, longest)[::-1]


@ask.mistake("the first token is fixed as the best one, and only then the last is looked for")
def _greedy(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    if not context.any():
        return 0, 0
    first = int(start.masked_fill(~context, float("-inf")).argmax())
    row = _allowed(context, longest)[first]
    last = int(end.masked_fill(~row, float("-inf")).argmax())
    return (first, last) if start[first] + end[last] > _cls(start, end) else (0, 0)


@ask.mistake("whole numbers are asked for, and these are floats: a place looks something up")
def _floats(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[float, float]:
    return tuple(map(float, best_span(start, end, context, longest)))


@ask.right
def with_two_loops(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    best, found = start[0] + end[0], (0, 0)
    for first in range(len(start)):
        for last in range(first, min(first + longest, len(start))):
            if context[first] and context[last] and start[first] + end[last] > best:
                best, found = start[first] + end[last], (first, last)
    return found


@ask.right
def with_the_best_of_pairs(start: Tensor, end: Tensor, context: Tensor, longest: int) -> list[int]:
    inside = context.nonzero().flatten().tolist()
    pairs = [(i, j) for i in inside for j in inside if i <= j < i + longest]
    best = max(pairs, key=lambda pair: float(start[pair[0]] + end[pair[1]]), default=(0, 0))
    return list(best) if start[best[0]] + end[best[1]] > start[0] + end[0] else [0, 0]


@ask.right
def by_sorting(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    T = len(start)
    order = (start.unsqueeze(1) + end).flatten().argsort(descending=True, stable=True).tolist()
    for place in order:
        first, last = divmod(place, T)
        if start[first] + end[last] <= start[0] + end[0]:
            return 0, 0
        if context[first] and context[last] and first <= last < first + longest:
            return first, last
    return 0, 0


@ask.right
def with_probabilities(start: Tensor, end: Tensor, context: Tensor, longest: int) -> tuple[int, int]:
    kept = context.clone()
    kept[0] = True
    low = float("-inf")
    logs = [each.double().masked_fill(~kept, low).log_softmax(0) for each in (start, end)]
    pairs = logs[0].unsqueeze(1) + logs[1]
    places = torch.arange(len(start))
    apart = places - places.unsqueeze(1)
    pairs[(apart < 0) | (apart >= longest) | ~context | ~context.unsqueeze(1)] = low
    if not (pairs.max() > logs[0][0] + logs[1][0] + 1e-7):
        return 0, 0
    return divmod(int(pairs.argmax()), len(start))
