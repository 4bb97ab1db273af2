"""ex15_2: the spans that BIO tags make up."""

from __future__ import annotations

import re

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex15_2",
    title="Spans from tags",
    kind="implement",
    objectives=("LO-15.1", "LO-15.4"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "A network labels each word by itself, and nothing keeps it from an I without a B: so reading the "
        "tags has to say what that means. Whole spans are counted, and not tags, since whole spans are used."
    ),
)

Spans = list[tuple[int, int, str]]


@ask.reference
def tag_spans(tags: list[str]) -> Spans:
    spans: Spans = []
    inside = ""
    for place, tag in enumerate(tags):
        side, _, label = tag.partition("-")
        if side == "I" and label == inside:
            first, _, _ = spans.pop()
            spans.append((first, place + 1, label))
        elif side in ("B", "I"):
            spans.append((place, place + 1, label))
        inside = label
    return spans


ask.use(call_for_whole_numbers)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; side by side; at both ends; I without B; another label; names with hyphens; random."""
    every = ["O", "B-class", "I-class", "B-function", "I-function"]
    return [
        Case("two spans, by hand", (["O", "B-class", "I-class", "O", "B-function"],)),
        Case("one word long", (["O", "B-class", "O"],)),
        Case("from the first word to the last", (["B-class", "I-class", "I-class"],)),
        Case("side by side, the same label", (["B-class", "B-class", "I-class"],)),
        Case("side by side, two labels", (["B-class", "I-class", "B-function", "I-function"],)),
        Case("an I at the beginning", (["I-class", "I-class", "O"],)),
        Case("an I after O", (["O", "I-function", "O", "I-function"],)),
        Case("an I of another label", (["B-class", "I-function", "I-function", "O"],)),
        Case("an I after an I of another label", (["B-class", "I-class", "I-function"],)),
        Case("labels with a hyphen", (["B-built-in", "I-built-in", "O", "B-built"],)),
        Case("labels that begin alike", (["B-built", "I-built-in", "B-built-in", "I-built"],)),
        Case("a label that is called O", (["B-O", "I-O", "O", "I-O"],)),
        Case("thirty words", ([draw.choice(every) for _ in range(30)],)),
        Case("all outside", (["O", "O", "O"],)),
        Case("no word", ([],)),
    ]


@ask.mistake("a B ends no span: two spans side by side become one")
def _b_goes_on(tags: list[str]) -> Spans:
    spans: Spans = []
    inside = ""
    for place, tag in enumerate(tags):
        side, _, label = tag.partition("-")
        if label and label == inside:
            spans[-1] = (spans[-1][0], place + 1, label)
        elif side in ("B", "I"):
            spans.append((place, place + 1, label))
        inside = label
    return spans


@ask.mistake("an I without a beginning is dropped; it begins a span itself")
def _i_dropped(tags: list[str]) -> Spans:
    spans: Spans = []
    inside = ""
    for place, tag in enumerate(tags):
        side, _, label = tag.partition("-")
        if side == "B":
            spans.append((place, place + 1, label))
            inside = label
        elif side == "I" and label == inside:
            spans[-1] = (spans[-1][0], place + 1, label)
        else:
            inside = ""
    return spans


@ask.mistake("an I goes on with any span before it, whatever the label")
def _any_label(tags: list[str]) -> Spans:
    spans: Spans = []
    for place, tag in enumerate(tags):
        side, _, label = tag.partition("-")
        if side == "I" and spans and spans[-1][1] == place:
            spans[-1] = (spans[-1][0], place + 1, spans[-1][2])
        elif side in ("B", "I"):
            spans.append((place, place + 1, label))
    return spans


@ask.mistake("each word is a span of its own")
def _single_words(tags: list[str]) -> Spans:
    return [(place, place + 1, tag[2:]) for place, tag in enumerate(tags) if tag != "O"]


@ask.mistake("the last word is given; the place behind it is asked for")
def _last_inside(tags: list[str]) -> Spans:
    return [(first, stop - 1, label) for first, stop, label in tag_spans(tags)]


@ask.mistake("a span that reaches the end of the text is lost")
def _end_lost(tags: list[str]) -> Spans:
    return [span for span in tag_spans(tags) if span[1] < len(tags)]


@ask.mistake("places are counted from 1")
def _from_one(tags: list[str]) -> Spans:
    return [(first + 1, stop + 1, label) for first, stop, label in tag_spans(tags)]


@ask.mistake("a label is cut at its last hyphen; only the first one belongs to B or I")
def _last_hyphen(tags: list[str]) -> Spans:
    return tag_spans([f"{tag[:2]}{tag.rpartition('-')[2]}" if tag != "O" else tag for tag in tags])


@ask.mistake("B- and I- are still in the label")
def _with_side(tags: list[str]) -> Spans:
    return [(first, stop, f"B-{label}") for first, stop, label in tag_spans(tags)]


@ask.mistake("the words outside are given too, as spans of O")
def _outside_too(tags: list[str]) -> Spans:
    outside = [(place, place + 1, "O") for place, tag in enumerate(tags) if tag == "O"]
    return sorted(tag_spans(tags) + outside)


@ask.mistake("a span is joined to a later one of the same label, over the words between them")
def _over_gaps(tags: list[str]) -> Spans:
    spans: Spans = []
    for place, tag in enumerate(tags):
        side, _, label = tag.partition("-")
        if side == "I" and spans and spans[-1][2] == label:
            spans[-1] = (spans[-1][0], place + 1, label)
        elif side in ("B", "I"):
            spans.append((place, place + 1, label))
    return spans


@ask.mistake("the label stands first; first, stop, label is asked for")
def _label_first(tags: list[str]) -> list:
    return [(label, first, stop) for first, stop, label in tag_spans(tags)]


@ask.mistake("spans are given without their labels")
def _no_label(tags: list[str]) -> list:
    return [(first, stop) for first, stop, _ in tag_spans(tags)]


@ask.mistake("the length of a span stands where its end is asked for")
def _length(tags: list[str]) -> Spans:
    return [(first, stop - first, label) for first, stop, label in tag_spans(tags)]


@ask.mistake("the longest spans stand first, and not those that come first")
def _longest_first(tags: list[str]) -> Spans:
    return sorted(tag_spans(tags), key=lambda span: span[0] - span[1])


@ask.right
def with_a_start(tags: list[str]) -> Spans:
    spans, start, label = [], None, ""
    for place, tag in enumerate([*tags, "O"]):
        goes_on = start is not None and tag == f"I-{label}"
        if start is not None and not goes_on:
            spans.append((start, place, label))
            start = None
        if start is None and tag != "O":
            start, label = place, tag[2:]
    return spans


@ask.right
def by_beginnings(tags: list[str]) -> list[list]:
    before = ["O", *tags]
    begins = [i for i, tag in enumerate(tags) if tag != "O" and (tag[0] == "B" or before[i][1:] != tag[1:])]
    spans = []
    for first in begins:
        stop = first + 1
        while stop < len(tags) and tags[stop] == "I" + tags[first][1:]:
            stop += 1
        spans.append([first, stop, tags[first][2:]])
    return spans


@ask.right
def with_a_pattern(tags: list[str]) -> Spans:
    labels = sorted({tag[2:] for tag in tags if tag != "O"})
    sign = {"O": " "} | {f"{side}-{one}": chr(base + i) for side, base in (("B", 200), ("I", 5000))
                         for i, one in enumerate(labels)}  # fmt: skip
    line = "".join(sign[tag] for tag in tags)
    found = []
    for i, one in enumerate(labels):
        first, further = re.escape(chr(200 + i)), re.escape(chr(5000 + i))
        pattern = f"{first}{further}*|{further}+"
        found += [(match.start(), match.end(), one) for match in re.finditer(pattern, line)]
    return sorted(found)
