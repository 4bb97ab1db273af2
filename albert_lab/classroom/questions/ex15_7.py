"""ex15_7: from the probabilities of pieces to spans of characters."""

from __future__ import annotations

from collections.abc import Callable

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex15_7",
    title="Back to characters",
    kind="implement",
    objectives=("LO-15.1", "LO-15.8"),
    points=3,
    minutes=15,
    difficulty=4,
    importance=4,
    why=(
        "The piece that was asked in training has to answer in use: the first one of each word. The places "
        "of its characters were noted when the text was cut: so a span is shown in the text as it was typed."
    ),
)

Tensor = torch.Tensor
WordIds = list[int | None]
Found = list[tuple[int, int, str, float]]


@ask.reference
def found_spans(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    spans: list[list] = []
    before, inside = None, ""
    for piece, word in enumerate(word_ids):
        if word is not None and word == before:
            if inside:
                spans[-1][1] = offsets[piece][1]
            continue
        before = word
        if word is None:
            inside = ""
            continue
        share, number = probabilities[piece].max(dim=0)
        side, _, label = labels[int(number)].partition("-")
        if side == "I" and label == inside:
            spans[-1][1] = offsets[piece][1]
            spans[-1][3].append(float(share))
        elif side != "O":
            spans.append([*offsets[piece], label, [float(share)]])
        inside = label
    return [(start, stop, label, sum(shares) / len(shares)) for start, stop, label, shares in spans]


LABELS = ["O", "B-class", "I-class", "B-function", "I-function"]


def _shares(draw: Draw, numbers: list[int], C: int) -> Tensor:
    """Probabilities (T, C) whose largest stand in these columns, each clearly the largest."""
    scores = draw.normal(len(numbers), C).clamp(-1, 1)
    scores[torch.arange(len(numbers)), torch.tensor(numbers)] = 2.5 + draw.normal(len(numbers)).abs()
    return scores.softmax(dim=-1)


def _offsets(word_ids: WordIds, length: int = 3) -> list[tuple[int, int]]:
    """Places of pieces of so many characters, one space between words; (0, 0) for special tokens."""
    places, at, before = [], 0, None
    for word in word_ids:
        if word is None:
            places.append((0, 0))
            continue
        at += 1 if before is not None and word != before else 0
        places.append((at, at + length))
        at, before = at + length, word
    return places


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; long words; what the further pieces say; side by side; I alone; the ends; random."""

    def case(says: str, word_ids: WordIds, numbers: list[int], labels: list[str] = LABELS) -> Case:
        given = (_shares(draw, numbers, len(labels)), word_ids, _offsets(word_ids), labels)
        return Case(says, given)

    by_hand = torch.tensor(
        [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.1, 0.0, 0.9], [0.8, 0.1, 0.1], [1.0, 0.0, 0.0]]
    )
    ids: WordIds = [None, 0, 1, 2, None]
    words = [word for word in range(9) for _ in range(draw.integer(1, 3))]
    many: WordIds = [None, *words, None]
    shuffled = ["I-class", "B-function", "O", "I-function", "B-class"]
    return [
        Case("two words make a span, by hand", (by_hand, ids, _offsets(ids), ["O", "B-class", "I-class"])),
        case("a word in three pieces", [None, 0, 1, 1, 1, 2, None], [0, 0, 1, 0, 0, 0, 0]),
        case("further pieces say another label", [None, 0, 1, 1, None], [0, 0, 1, 3, 0]),
        case("further pieces would begin again", [None, 0, 0, 1, None], [0, 1, 1, 2, 0]),
        case("a further piece of a word outside has a label", [None, 0, 0, 1, None], [0, 0, 3, 0, 0]),
        case("two spans side by side", [None, 0, 1, 2, None], [0, 1, 1, 2, 0]),
        case("an I without a beginning", [None, 0, 1, 2, None], [0, 0, 4, 4, 0]),
        case("an I of another label", [None, 0, 1, 2, None], [0, 1, 4, 2, 0]),
        case("an I after words outside", [None, 0, 1, 2, None], [0, 1, 0, 2, 0]),
        case("special tokens have a label too", [None, 0, 1, None], [1, 2, 0, 3]),
        case("from the first word to the last", [None, 0, 1, 1, 2, None], [0, 3, 4, 0, 4, 0]),
        case("a special token between two words", [None, 0, None, 1, None], [0, 1, 0, 2, 0]),
        case("labels in another order", [None, 0, 1, 1, 2, None], [2, 4, 0, 1, 1, 2], shuffled),
        case("nine words", many, draw.integers(0, 5, len(many)).tolist()),
        case("nothing is found", [None, 0, 1, None], [0, 0, 0, 0]),
        case("labels with a hyphen", [None, 0, 1, None], [0, 1, 2, 0], ["O", "B-built-in", "I-built-in"]),
    ]  # fmt: skip


@ask.mistake("each piece is read as a word of its own")
def _piecewise(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    own = [None if word is None else place for place, word in enumerate(word_ids)]
    return found_spans(probabilities, own, offsets, labels)


@ask.mistake("a span ends with the first piece of its last word")
def _first_piece_only(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    kept = [i for i, word in enumerate(word_ids) if i == 0 or word is None or word != word_ids[i - 1]]
    ids, places = [word_ids[i] for i in kept], [offsets[i] for i in kept]
    return found_spans(probabilities[kept], ids, places, labels)


@ask.mistake("a word's last piece answers for it; in training it was the first")
def _last_piece(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    own = probabilities.clone()
    for i in range(len(word_ids) - 2, -1, -1):
        if word_ids[i] is not None and word_ids[i] == word_ids[i + 1]:
            own[i] = own[i + 1]
    return found_spans(own, word_ids, offsets, labels)


@ask.mistake("the mean over a word's pieces answers for it; in training it was the first piece")
def _mean_of_pieces(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    own = probabilities.clone()
    for word in {one for one in word_ids if one is not None}:
        pieces = [i for i, one in enumerate(word_ids) if one == word]
        own[pieces] = probabilities[pieces].mean(dim=0)
    return found_spans(own, word_ids, offsets, labels)


@ask.mistake("the most certain piece of a word answers for it")
def _most_certain(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    own = probabilities.clone()
    for word in {one for one in word_ids if one is not None}:
        pieces = [i for i, one in enumerate(word_ids) if one == word]
        own[pieces] = probabilities[max(pieces, key=lambda i: float(probabilities[i].max()))]
    return found_spans(own, word_ids, offsets, labels)


def _read(
    goes_on: Callable[[str, str, str], bool], begins: Callable[[str], bool] = lambda side: side != "O"
) -> Callable:
    """Other rules: what goes on with a span, by side, label and the label before; and what begins one."""

    def answer(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
        spans: list[list] = []
        before, inside = None, ""
        for piece, word in enumerate(word_ids):
            if word is not None and word == before:
                if inside:
                    spans[-1][1] = offsets[piece][1]
                continue
            before = word
            if word is None:
                inside = ""
                continue
            share, number = probabilities[piece].max(dim=0)
            side, _, label = labels[int(number)].partition("-")
            if inside and side != "O" and goes_on(side, label, inside):
                spans[-1][1] = offsets[piece][1]
                spans[-1][3].append(float(share))
                continue
            if begins(side) and side != "O":
                spans.append([*offsets[piece], label, [float(share)]])
                inside = label
            else:
                inside = ""
        return [(a, b, label, sum(shares) / len(shares)) for a, b, label, shares in spans]

    return answer


ask.mistake("a B goes on with the span before it", _read(lambda side, label, before: label == before))
ask.mistake("an I goes on with any span, whatever its label", _read(lambda side, label, before: side == "I"))
ask.mistake(
    "an I without a beginning is dropped; it begins a span itself",
    _read(lambda side, label, before: side == "I" and label == before, lambda side: side == "B"),
)
ask.mistake("each word is a span of its own", _read(lambda side, label, before: False))


@ask.mistake("special tokens are read as words")
def _special(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    own = [-1 - place if word is None else word for place, word in enumerate(word_ids)]
    return found_spans(probabilities, own, offsets, labels)


@ask.mistake("word 0 is taken for a special token: the number 0 counts as false")
def _zero_lost(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    return found_spans(probabilities, [word or None for word in word_ids], offsets, labels)


def _scored(score: Callable[[list[float]], float]) -> Callable:
    """An answer with another score, made of the probabilities of a span's words."""

    def answer(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
        firsts = [i for i, word in enumerate(word_ids) if word is not None and word not in word_ids[:i]]
        found = []
        for start, stop, label, _ in found_spans(probabilities, word_ids, offsets, labels):
            own = [float(probabilities[i].max()) for i in firsts if start <= offsets[i][0] < stop]
            found.append((start, stop, label, score(own)))
        return found

    return answer


ask.mistake("the score is that of the first word alone", _scored(lambda shares: shares[0]))
ask.mistake("the score is the lowest of the words", _scored(min))
ask.mistake("the score is the highest of the words", _scored(max))
ask.mistake("the probabilities of the words are summed, not averaged", _scored(sum))


@ask.mistake("the probabilities of the words are multiplied, not averaged")
def _product(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    return _scored(lambda shares: float(torch.tensor(shares, dtype=torch.float64).prod()))(
        probabilities, word_ids, offsets, labels
    )


@ask.mistake("the score is the mean over all pieces, also those that did not answer")
def _all_pieces(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    found = []
    for start, stop, label, _ in found_spans(probabilities, word_ids, offsets, labels):
        inside = [i for i, word in enumerate(word_ids) if word is not None and start <= offsets[i][0] < stop]
        found.append((start, stop, label, float(probabilities[inside].max(dim=1).values.mean())))
    return found


@ask.mistake("the places of pieces are given; those of characters are asked for")
def _piece_places(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    own = [(place, place + 1) for place in range(len(word_ids))]
    return found_spans(probabilities, word_ids, own, labels)


@ask.mistake("the label still has its B- or I-")
def _with_side(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    return [(a, b, f"B-{n}", s) for a, b, n, s in found_spans(probabilities, word_ids, offsets, labels)]


@ask.mistake("a label is cut at its last hyphen; only the first one belongs to B or I")
def _last_hyphen(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    found = found_spans(probabilities, word_ids, offsets, labels)
    return [(a, b, n.rpartition("-")[2], s) for a, b, n, s in found]


@ask.right
def word_by_word(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    pieces: dict[int, list[int]] = {}
    for place, word in enumerate(word_ids):
        if word is not None:
            pieces.setdefault(word, []).append(place)
    words = []
    for places in pieces.values():
        row = probabilities[places[0]]
        told = labels[int(row.argmax())]
        broken = places[0] == 0 or word_ids[places[0] - 1] is None
        words.append((offsets[places[0]][0], offsets[places[-1]][1], told, float(row.max()), broken))
    spans: list[list] = []
    last = "O"
    for start, stop, told, share, broken in words:
        if told[0] == "I" and last[1:] == told[1:] and not broken:
            spans[-1][1], spans[-1][3] = stop, [*spans[-1][3], share]
        elif told != "O":
            spans.append([start, stop, told[2:], [share]])
        last = told
    return [(start, stop, label, sum(shares) / len(shares)) for start, stop, label, shares in spans]


@ask.right
def in_two_steps(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> list[list]:
    numbers, shares = probabilities.argmax(1).tolist(), probabilities.amax(1).tolist()
    firsts = [i for i, w in enumerate(word_ids) if w is not None and (i == 0 or word_ids[i - 1] != w)]
    groups: list[list[int]] = []
    for i in firsts:
        tag = labels[numbers[i]]
        follows = groups and word_ids[i - 1] is not None and groups[-1][-1] == max(j for j in firsts if j < i)
        if tag[0] == "I" and follows and labels[numbers[groups[-1][-1]]][2:] == tag[2:]:
            groups[-1].append(i)
        elif tag != "O":
            groups.append([i])
    result = []
    for group in groups:
        last = max(i for i, w in enumerate(word_ids) if w == word_ids[group[-1]])
        mean = sum(shares[i] for i in group) / len(group)
        result.append([offsets[group[0]][0], offsets[last][1], labels[numbers[group[0]]][2:], mean])
    return result


@ask.right
def with_a_start(probabilities: Tensor, word_ids: WordIds, offsets: list, labels: list[str]) -> Found:
    spans, open_label, open_at, end, shares = [], "", 0, 0, []

    def close() -> None:
        nonlocal open_label
        if open_label:
            spans.append((open_at, end, open_label, torch.tensor(shares).double().mean().item()))
        open_label = ""

    for place, word in enumerate(word_ids):
        if word is None:
            close()
        elif place and word_ids[place - 1] == word:
            end = offsets[place][1]
        else:
            best = int(probabilities[place].argmax())
            if labels[best] != f"I-{open_label}" or not open_label:
                close()
                if labels[best] != "O":
                    open_label, open_at, shares = labels[best].split("-", 1)[1], offsets[place][0], []
            if open_label:
                shares.append(float(probabilities[place][best]))
                end = offsets[place][1]
    close()
    return spans
