"""ex15_4: F1 of spans, label by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex15_4",
    title="F1 of each label",
    kind="implement",
    objectives=("LO-15.4",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=5,
    why=(
        "A span is right as a whole or not at all, and it belongs to its text: the same place in another "
        "text is another span. Sums over all texts come first and the division last: so a text with one span "
        "does not weigh as much as one with ten."
    ),
)

Span = tuple[int, int, str]
Texts = list[list[Span]]


@ask.reference
def f1_by_label(gold: Texts, found: Texts) -> dict[str, float]:
    right, total = Counter(), Counter()
    for true, said in zip(gold, found, strict=True):
        right.update(label for _, _, label in set(true) & set(said))
        total.update(label for _, _, label in true + said)
    return {label: 2 * right[label] / count for label, count in total.items()}


def _spans(draw: Draw, labels: str) -> list[Span]:
    """Spans of one to three words that do not overlap."""
    found, place = [], 0
    for _ in range(draw.integer(0, 5)):
        first = place + draw.integer(0, 2)
        place = first + draw.integer(1, 3)
        found.append((first, place, draw.choice(labels)))
    return found


def _blurred(draw: Draw, spans: list[Span], labels: str) -> list[Span]:
    """Some lost, some with another end, some with another label."""
    found = []
    for first, stop, label in spans:
        what = draw.integer(0, 5)
        if what:
            found.append((first, stop + (what == 1), draw.choice(labels) if what == 2 else label))
    return found


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; a label found only, or true only; the same place in two texts; order; nothing; many."""
    labels = ["tree", "leaf", "root"]
    gold = [_spans(draw, labels) for _ in range(40)]
    found = [_blurred(draw, spans, labels) for spans in gold]
    many = [[(0, 1, "leaf"), (1, 2, "leaf"), (2, 3, "leaf"), (3, 4, "leaf")], [(0, 2, "leaf")]]
    few = [[(0, 1, "leaf"), (1, 2, "leaf"), (2, 3, "leaf"), (3, 4, "leaf")], []]
    two = [(0, 2, "tree"), (4, 5, "leaf")]
    return [
        Case(
            "two labels, by hand",
            (
                [[(0, 2, "tree"), (3, 4, "leaf")], [(1, 2, "tree")]],
                [[(0, 2, "tree"), (3, 5, "leaf")], [(1, 2, "tree"), (4, 5, "tree")]],
            ),
        ),
        Case("a label that is only found", ([[(0, 1, "leaf")]], [[(0, 1, "leaf"), (2, 3, "root")]])),
        Case("a label that is never found", ([[(0, 1, "leaf"), (2, 3, "root")]], [[(0, 1, "leaf")]])),
        Case("the right place, another label", ([[(0, 1, "leaf")]], [[(0, 1, "root")]])),
        Case("the same place in another text", ([[(0, 1, "leaf")], []], [[], [(0, 1, "leaf")]])),
        Case("the same span in two texts", ([[(0, 1, "leaf")], [(0, 1, "leaf")]], [[(0, 1, "leaf")], []])),
        Case("a text with many spans and one with one", (many, few)),
        Case("the order does not matter", ([two[::-1]], [two])),
        Case("a span that is a word too long", ([[(0, 3, "tree")]], [[(0, 4, "tree")]])),
        Case("a span that begins a word too late", ([[(0, 3, "tree")]], [[(1, 3, "tree")]])),
        Case("forty texts", (gold, found)),
        Case("nothing true, nothing found", ([[], []], [[], []])),
        Case("no text", ([], [])),
    ]  # fmt: skip


def _by(counts: Callable[[Texts, Texts], tuple[Counter, Counter, Counter]], value: Callable) -> Callable:
    """An answer that counts right, found and true ones so, and makes this of the three."""

    def answer(gold: Texts, found: Texts) -> dict[str, float]:
        right, said, true = counts(gold, found)
        return {label: value(right[label], said[label], true[label]) for label in {*said, *true}}

    return answer


def _counts(gold: Texts, found: Texts) -> tuple[Counter, Counter, Counter]:
    right, said, true = Counter(), Counter(), Counter()
    for one, other in zip(gold, found, strict=True):
        right.update(span[2] for span in {*one} & {*other})
        said.update(span[2] for span in other)
        true.update(span[2] for span in one)
    return right, said, true


def _f1(right: int, said: int, true: int) -> float:
    return 2 * right / (said + true)


ask.mistake("this is precision alone", _by(_counts, lambda right, said, true: right / said if said else 0.0))
ask.mistake("this is recall alone", _by(_counts, lambda right, said, true: right / true if true else 0.0))
ask.mistake(
    "the ordinary mean of precision and recall is taken",
    _by(_counts, lambda r, s, t: ((r / s if s else 0) + (r / t if t else 0)) / 2),
)
ask.mistake(
    "right spans are divided by all different ones, which is no F1",
    _by(_counts, lambda right, said, true: right / (said + true - right)),
)
ask.mistake("the 2 is missing: the best value is a half", _by(_counts, lambda r, s, t: r / (s + t)))


@ask.mistake("a label that is only found makes your code divide by zero")
def _only_found(gold: Texts, found: Texts) -> dict[str, float]:
    right, said, true = _counts(gold, found)
    return {n: 2 * right[n] / (said[n] + true[n]) * true[n] / true[n] for n in {*said, *true}}


@ask.mistake("a label that is found and never true is left out")
def _true_labels(gold: Texts, found: Texts) -> dict[str, float]:
    true = {span[2] for spans in gold for span in spans}
    return {label: value for label, value in f1_by_label(gold, found).items() if label in true}


@ask.mistake("a label that is true and never found is left out")
def _found_labels(gold: Texts, found: Texts) -> dict[str, float]:
    said = {span[2] for spans in found for span in spans}
    return {label: value for label, value in f1_by_label(gold, found).items() if label in said}


@ask.mistake("all spans are thrown together, and it is lost in which text each of them stands")
def _together(gold: Texts, found: Texts) -> dict[str, float]:
    return f1_by_label(*([[span for spans in side for span in spans]] for side in (gold, found)))


@ask.mistake("F1 is computed for each text and averaged; a text with one span counts as much as one with ten")
def _mean_over_texts(gold: Texts, found: Texts) -> dict[str, float]:
    each: dict[str, list[float]] = {}
    for one, other in zip(gold, found, strict=True):
        for label, value in f1_by_label([one], [other]).items():
            each.setdefault(label, []).append(value)
    return {label: sum(values) / len(values) for label, values in each.items()}


@ask.mistake("a span counts as right where it begins at the right word, whatever its end")
def _same_start(gold: Texts, found: Texts) -> dict[str, float]:
    return f1_by_label(*([[(a, a, n) for a, _, n in spans] for spans in side] for side in (gold, found)))


@ask.mistake("spans that overlap count as right")
def _overlap(gold: Texts, found: Texts) -> dict[str, float]:
    right, said, true = Counter(), *_counts(gold, found)[1:]
    for one, other in zip(gold, found, strict=True):
        right.update(n for a, b, n in one if any(c < b and d > a and n == m for c, d, m in other))
    return {label: min(1.0, _f1(right[label], said[label], true[label])) for label in {*said, *true}}


@ask.mistake("the place alone is compared, and the label is not")
def _place_alone(gold: Texts, found: Texts) -> dict[str, float]:
    right, (_, said, true) = Counter(), _counts(gold, found)
    for one, other in zip(gold, found, strict=True):
        places = {span[:2] for span in other}
        right.update(span[2] for span in one if span[:2] in places)
    return {label: _f1(right[label], said[label], true[label]) for label in {*said, *true}}


@ask.mistake("spans are compared in their order, the first with the first")
def _in_order(gold: Texts, found: Texts) -> dict[str, float]:
    right, (_, said, true) = Counter(), _counts(gold, found)
    for one, other in zip(gold, found, strict=True):
        right.update(a[2] for a, b in zip(one, other, strict=False) if a == b)
    return {label: _f1(right[label], said[label], true[label]) for label in {*said, *true}}


@ask.mistake("words are counted and not spans: a long one weighs more")
def _words(gold: Texts, found: Texts) -> dict[str, float]:
    sides = (
        [[(i, i + 1, n) for a, b, n in spans for i in range(a, b)] for spans in side]
        for side in (gold, found)
    )
    return f1_by_label(*sides)  # fmt: skip


@ask.mistake("one F1 over all labels stands for each of them")
def _one_for_all(gold: Texts, found: Texts) -> dict[str, float]:
    right, said, true = (count.total() for count in _counts(gold, found))
    return {label: _f1(right, said, true) for label in f1_by_label(gold, found)}


@ask.mistake("the caller's lists are changed")
def _used_up(gold: Texts, found: Texts) -> dict[str, float]:
    made = f1_by_label(gold, found)
    for true, said in zip(gold, found, strict=True):
        for span in true:
            if span in said:
                said.remove(span)
    return made


@ask.right
def with_sets(gold: Texts, found: Texts) -> dict[str, float]:
    def numbered(side: Texts) -> set:
        return {(text, *span) for text, spans in enumerate(side) for span in spans}

    true, said = numbered(gold), numbered(found)
    values = {}
    for label in {span[-1] for span in true | said}:
        one, other = ({span for span in side if span[-1] == label} for side in (true, said))
        values[label] = 2 * len(one & other) / (len(one) + len(other))
    return values


@ask.right
def with_precision_and_recall(gold: Texts, found: Texts) -> dict[str, float]:
    values = {}
    for label in {span[2] for side in (gold, found) for spans in side for span in spans}:
        right = said = true = 0
        for one, other in zip(gold, found, strict=True):
            mine = [span for span in one if span[2] == label]
            theirs = [span for span in other if span[2] == label]
            right += sum(span in theirs for span in mine)
            said, true = said + len(theirs), true + len(mine)
        precision, recall = (right / said if said else 0.0), (right / true if true else 0.0)
        values[label] = 2 * precision * recall / (precision + recall) if right else 0.0
    return values


@ask.right
def by_hits_and_misses(gold: Texts, found: Texts) -> dict[str, float]:
    counts: dict[str, list[int]] = {}
    for one, other in zip(gold, found, strict=True):
        for span in {*one} | {*other}:
            hit = span in one and span in other
            counts.setdefault(span[2], [0, 0])[not hit] += 1
    return {label: 2 * hits / (2 * hits + misses) for label, (hits, misses) in counts.items()}
