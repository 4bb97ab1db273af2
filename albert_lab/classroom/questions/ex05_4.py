"""ex05_4: costs from counts."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex05_4",
    title="From counts to costs",
    kind="implement",
    objectives=("LO-05.3",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "A probability is a share of all pieces that were used, so each use in each occurrence of each word "
        "counts. The logarithm turns the share into bits: half of all uses cost one bit, a quarter two."
    ),
    rtol=2e-7,  # rounding to six digits shows, and float32 is not taken for it
    atol=3e-7,
)

Cuts = Sequence[tuple[Sequence[str], int]]


@ask.reference
def costs_of(cuts: Cuts) -> dict[str, float]:
    used = Counter()
    for pieces, times in cuts:
        for piece in pieces:
            used[piece] += times
    total = sum(used.values())
    return {piece: -math.log2(count / total) for piece, count in used.items()}


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, one piece alone, a piece twice in a word, the same word twice, drawn words and counts."""
    pool = ["▁open", "▁load", "▁un", "ing", "ed", "s", "▁", "zip", "o", "x"]

    def drawn(words: int) -> list[tuple[list[str], int]]:
        return [
            ([draw.choice(pool) for _ in range(draw.integer(1, 4))], draw.integer(2, 9)) for _ in range(words)
        ]

    return [
        Case("two words, by hand", ([(["▁open", "s"], 3), (["▁open"], 5)],)),
        Case("one piece alone is certain", ([(["▁open"], 7)],)),
        Case("one word of two pieces", ([(["▁un", "zip"], draw.integer(2, 9))],)),
        Case("a piece that stands twice in a word", ([(["▁z", "o", "o"], 4), (["▁z"], 1)],)),
        Case(
            "the same word in two places of the list",
            ([(["▁z", "oo"], 2), (["▁z", "ip"], 3), (["▁z", "oo"], 5)],),
        ),
        Case("drawn words", (drawn(5),)),
        Case("more drawn words", (drawn(12),)),
        Case("a piece that is used once in a million", ([(["▁open", "s"], 500_000), (["▁zip"], 1)],)),
        Case("capitals make other pieces", ([(["▁The", "s"], 3), (["▁the", "S"], 4), (["▁the", "s"], 1)],)),
        Case("long pieces that begin alike", ([(["▁documentation"], 3), (["▁documentations", "s"], 5)],)),
        Case("no word", ([],)),
    ]


@ask.mistake("every word counts once, however often it stands in the text")
def _words_once(cuts):
    return costs_of([(pieces, 1) for pieces, _ in cuts])


def _used(cuts):
    used = Counter()
    for pieces, times in cuts:
        for piece in pieces:
            used[piece] += times
    return used


@ask.mistake("you divided by the number of words, not of pieces")
def _per_word(cuts):
    total = sum(times for _, times in cuts)
    return {piece: -math.log2(count / total) for piece, count in _used(cuts).items()}


@ask.mistake("a piece that stands twice in a word is counted once")
def _once_in_a_word(cuts):
    return costs_of([(list(dict.fromkeys(pieces)), times) for pieces, times in cuts])


@ask.mistake("you took natural logarithms")
def _natural(cuts):
    return {piece: bits * math.log(2) for piece, bits in costs_of(cuts).items()}


@ask.mistake("you took logarithms to the base ten")
def _tens(cuts):
    return {piece: bits * math.log10(2) for piece, bits in costs_of(cuts).items()}


@ask.mistake("the sign is wrong: costs are not below zero")
def _negative(cuts):
    return {piece: -bits for piece, bits in costs_of(cuts).items()}


@ask.mistake("you gave probabilities, not costs")
def _probabilities(cuts):
    return {piece: 2.0**-bits for piece, bits in costs_of(cuts).items()}


@ask.mistake("you gave counts, not costs")
def _counts(cuts):
    return dict(_used(cuts))


@ask.mistake("you divided by the number of different pieces")
def _by_kinds(cuts):
    used = _used(cuts)
    return {piece: -math.log2(count / len(used)) for piece, count in used.items()}


@ask.mistake("you compared with the most frequent piece, not with all pieces")
def _to_the_most_frequent(cuts):
    used = _used(cuts)
    return {piece: -math.log2(count / max(used.values())) for piece, count in used.items()}


@ask.mistake("you added one to every count, as the chapter does for pieces without a use")
def _one_more(cuts):
    used = _used(cuts)
    total = sum(used.values()) + len(used)
    return {piece: -math.log2((count + 1) / total) for piece, count in used.items()}


@ask.mistake("you gave one over the probability, without the logarithm")
def _inverse(cuts):
    return {piece: 2.0**bits for piece, bits in costs_of(cuts).items()}


@ask.mistake("you multiplied each cost by its probability, as a mean would")
def _times_share(cuts):
    return {piece: bits * 2.0**-bits for piece, bits in costs_of(cuts).items()}


@ask.mistake("you divided by the number of entries in the list")
def _by_entries(cuts):
    return {piece: -math.log2(count / len(cuts)) for piece, count in _used(cuts).items()}


@ask.mistake("all pieces got the same cost")
def _equal(cuts):
    used = _used(cuts)
    return {piece: math.log2(len(used)) for piece in used}


@ask.mistake("a later word overwrites what an earlier one counted")
def _last_wins(cuts):
    used = {piece: times for pieces, times in cuts for piece in pieces}
    total = sum(used.values())
    return {piece: -math.log2(count / total) for piece, count in used.items()}


@ask.mistake("a word that stands twice in the list keeps its last number only")
def _word_overwritten(cuts):
    return costs_of(list({tuple(pieces): times for pieces, times in cuts}.items()))


@ask.mistake("you rounded to whole bits")
def _whole_bits(cuts):
    return {piece: float(round(bits)) for piece, bits in costs_of(cuts).items()}


@ask.mistake("you rounded to three digits")
def _three_digits(cuts):
    return {piece: round(bits, 3) for piece, bits in costs_of(cuts).items()}


@ask.mistake("you rounded to six digits, and nothing is to be rounded")
def _six_digits(cuts):
    return {piece: round(cost, 6) for piece, cost in costs_of(cuts).items()}


@ask.mistake("capitals were made small, and a piece with one is another piece")
def _small_letters(cuts):
    return costs_of([([piece.lower() for piece in pieces], times) for pieces, times in cuts])


@ask.mistake("you added a tiny number before the logarithm, which rare pieces feel")
def _tiny_added(cuts):
    return {piece: -math.log2(2.0**-bits + 1e-9) for piece, bits in costs_of(cuts).items()}


@ask.mistake("you counted whole words, not their pieces")
def _whole_words(cuts):
    return costs_of([(["".join(pieces)], times) for pieces, times in cuts])


@ask.mistake("the share is that within the piece's own word")
def _share_of_its_word(cuts):
    return {p: -math.log2(list(pieces).count(p) / len(pieces)) for pieces, _ in cuts for p in pieces}


@ask.mistake("you divided the logarithm of the count, not the count")
def _divided_late(cuts):
    used = _used(cuts)
    total = sum(used.values())
    return {piece: -math.log2(count) / total for piece, count in used.items()}


@ask.mistake("you added one to every count and not to the total")
def _plus_one_in_counts_only(cuts):
    used = _used(cuts)
    total = sum(used.values())
    return {piece: -math.log2((count + 1) / total) for piece, count in used.items()}


@ask.mistake("the total leaves out how often the words stand in the text")
def _total_unweighted(cuts):
    total = sum(len(pieces) for pieces, _ in cuts)
    return {piece: -math.log2(count / total) for piece, count in _used(cuts).items()}


@ask.right
def with_a_list(cuts: Cuts) -> dict[str, float]:
    running = [piece for pieces, times in cuts for piece in list(pieces) * times]
    return {piece: math.log2(len(running) / running.count(piece)) for piece in set(running)}


@ask.right
def with_logarithms(cuts: Cuts) -> dict[str, float]:
    used = defaultdict(float)
    for pieces, times in cuts:
        for piece in pieces:
            used[piece] += times
    total = sum(len(pieces) * times for pieces, times in cuts)
    return {piece: math.log2(total) - math.log2(count) for piece, count in used.items()}


@ask.right
def with_float32(cuts: Cuts) -> dict[str, float]:
    used: Counter[str] = Counter()
    for pieces, times in cuts:
        used.update({piece: pieces.count(piece) * times for piece in set(pieces)})
    shares = torch.tensor(list(used.values()), dtype=torch.float32) / max(sum(used.values()), 1)
    return dict(zip(used, (-shares.log2()).tolist(), strict=True))


@ask.right
def with_torch(cuts: Cuts) -> dict[str, torch.Tensor]:
    names = sorted({piece for pieces, _ in cuts for piece in pieces})
    counts = torch.tensor(
        [sum(list(cut).count(n) * k for cut, k in cuts) for n in names], dtype=torch.float64
    )
    return dict(zip(names, -(counts / counts.sum()).log2(), strict=True))
