"""ex05_3: the probability of a word over all its cuts."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex05_3",
    title="All cuts of a word together",
    kind="implement",
    objectives=("LO-05.2", "LO-05.3"),
    points=3,
    minutes=20,
    difficulty=4,
    importance=3,
    why=(
        "Different cuts exclude each other, so their probabilities add up, and within a cut the pieces are "
        "drawn independently, so theirs multiply. A sum over all cuts can be taken prefix by prefix for the "
        "same reason as the cheapest one: whatever comes last, it multiplies all cuts of the prefix alike."
    ),
    rtol=1e-5,
    atol=1e-14,
)


@ask.reference
def word_probability(word: str, p: Mapping[str, float]) -> float:
    total = [1.0] + [0.0] * len(word)  # for each prefix, over all its cuts
    for stop in range(1, len(word) + 1):
        for start in range(stop):
            total[stop] += total[start] * p.get(word[start:stop], 0.0)
    return total[-1]


def _ten(draw: Draw) -> tuple[str, dict[str, float]]:
    word = "▁documents"
    long = {word: 0.03, word[:9]: 0.05, word[1:]: 0.04, word[:8]: 0.02, word[2:]: 0.06, "▁doc": 0.1}
    return word, long | {sign: draw.integer(10, 90) / 100 for sign in word}


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, the chapter's word, a sign that repeats, no cut, no sign, and drawn lists."""

    def drawn(word: str, share: float) -> dict[str, float]:
        stretches = sorted({word[i:j] for i in range(len(word)) for j in range(i + 1, len(word) + 1)})
        kept = [s for s in stretches if len(s) == 1 or draw.integer(1, 100) <= 100 * share]
        return {piece: draw.integer(10, 90) / 100 for piece in kept}

    eighth = {
        "▁no": 1 / 8,
        "▁not": 1 / 16,
        "▁nota": 1 / 2048,
        "able": 1 / 32,
        "table": 1 / 128,
        "ble": 1 / 128,
    }
    again = {piece: draw.integer(55, 95) / 100 for piece in ("a", "b", "ab")}
    first, second = (draw.choice(words) for words in (("▁zipfile", "▁unpack"), ("▁pepper", "▁banana")))
    return [
        Case("two signs, two cuts, by hand", ("ab", {"a": 0.5, "b": 0.25, "ab": 0.125})),
        Case(
            "▁notable with the list of the chapter", ("▁notable", eighth | dict.fromkeys("▁notable", 1 / 64))
        ),
        Case("the same sign three times", ("aaa", {"a": draw.integer(20, 50) / 100, "aa": 0.3})),
        Case("a word that came before, with another list", ("ab", again)),
        Case("no cut fits: one sign is in no piece", ("abx", {"a": 0.5, "b": 0.5, "ab": 0.5})),
        Case("one sign, one piece", ("q", {"q": draw.integer(20, 80) / 100})),
        Case("no sign at all", ("", {"a": 0.5})),
        Case("a list with few long pieces", (first, drawn(first, 0.3))),
        Case("a list with most stretches", (second, drawn(second, 0.8))),
        Case("a word of ten signs, and pieces of eight, nine and ten", _ten(draw)),
        Case("capitals make other pieces", ("Abab", {"A": 0.5, "a": 0.25, "b": 0.5, "ab": 0.3, "Ab": 0.2})),
        Case("pieces longer than the word", ("at", {"a": 0.4, "t": 0.6, "att": 0.3, "ta": 0.9})),
    ]


def _cuts(word):
    if not word:
        yield []
    for stop in range(1, len(word) + 1):
        for rest in _cuts(word[stop:]):
            yield [word[:stop], *rest]


def _products(word, p):
    return [math.prod(p[x] for x in cut) for cut in _cuts(word) if all(x in p for x in cut)]


@ask.mistake("you took the best cut alone")
def _best_cut(word, p):
    return max(_products(word, p), default=0.0)


@ask.mistake("you counted the cuts")
def _number_of_cuts(word, p):
    return len(_products(word, p))


@ask.mistake("you took the mean over the cuts")
def _mean(word, p):
    found = _products(word, p)
    return sum(found) / len(found) if found else 0.0


@ask.mistake("within a cut you added the probabilities")
def _added(word, p):
    return float(sum(sum(p[x] for x in cut) for cut in _cuts(word) if all(x in p for x in cut)))


@ask.mistake("you gave bits, not a probability")
def _bits(word, p):
    total = word_probability(word, p)
    return -math.log2(total) if total else math.inf


@ask.mistake("you tried cuts in exactly two pieces only")
def _two_pieces(word, p):
    return sum(p.get(word[:i], 0.0) * p.get(word[i:], 0.0) for i in range(1, len(word)))


@ask.mistake("you tried cuts in one or two pieces only")
def _one_or_two(word, p):
    return p.get(word, 0.0) + _two_pieces(word, p)


@ask.mistake("you left out the word as one piece")
def _not_the_whole(word, p):
    return word_probability(word, {piece: value for piece, value in p.items() if piece != word})


@ask.mistake("you took the cut into single signs alone")
def _only_signs(word, p):
    return math.prod(p.get(sign, 0.0) for sign in word)


@ask.mistake("you cut the longest piece off first, and took that one cut")
def _longest_first(word, p):
    if not word:
        return 1.0
    stop = next((stop for stop in range(len(word), 0, -1) if word[:stop] in p), 0)
    return p[word[:stop]] * _longest_first(word[stop:], p) if stop else 0.0


@ask.mistake("the word without signs got 0: it has one cut, into no pieces")
def _nothing_from_nothing(word, p):
    return word_probability(word, p) if word else 0.0


@ask.mistake("cuts with the same pieces in another order are counted once")
def _sets(word, p):
    """Cuts with the same pieces in another order counted once."""
    found = {tuple(sorted(cut)) for cut in _cuts(word) if all(x in p for x in cut)}
    return float(sum(math.prod(p[x] for x in cut) for cut in found))


@ask.mistake("a stretch that is no piece counts as certain")
def _unknown_skipped(word, p):
    """A stretch that is no piece costs nothing."""
    total = [1.0] + [0.0] * len(word)
    for stop in range(1, len(word) + 1):
        for start in range(stop):
            total[stop] += total[start] * p.get(word[start:stop], 1.0)
    return total[-1]


@ask.mistake("the last sign is left out")
def _last_sign_forgotten(word, p):
    return word_probability(word[:-1], p)


@ask.mistake("you made the probabilities sum to 1, though the list has other pieces too")
def _divided(word, p):
    total = sum(p.values())
    return word_probability(word, {piece: value / total for piece, value in p.items()})


@ask.mistake("what is a piece itself is not cut any further")
def _pieces_stay_whole(word, p):
    if not word:
        return 1.0
    if word in p:
        return p[word]
    return sum(p.get(word[:i], 0.0) * _pieces_stay_whole(word[i:], p) for i in range(1, len(word) + 1))


@ask.mistake("cuts in three and more pieces are counted several times")
def _halved_again(word, p):
    """Both halves of every split are split further, so that cuts in three pieces come up twice."""
    if not word:
        return 1.0
    halves = (_halved_again(word[:i], p) * _halved_again(word[i:], p) for i in range(1, len(word)))
    return p.get(word, 0.0) + sum(halves)


@ask.mistake("pieces of four and more signs are never tried")
def _short_pieces(word, p):
    return word_probability(word, {piece: value for piece, value in p.items() if len(piece) < 4})


@ask.mistake("each last piece overwrites what the ones before it gave")
def _overwritten(word, p):
    total = [1.0] + [0.0] * len(word)
    for stop in range(1, len(word) + 1):
        for start in reversed(range(stop)):
            if word[start:stop] in p:
                total[stop] = total[start] * p[word[start:stop]]
    return total[-1]


def _table(word, p, first, stops):
    total = [first] + [0.0] * len(word)
    for stop in stops:
        for start in range(stop):
            total[stop] += total[start] * p.get(word[start:stop], 0.0)
    return total[-1]


@ask.mistake(
    "the result is always 0: every product holds a 0, that of the empty prefix too, or nothing is added"
)
def _zeros_only(word, p):
    return _table(word, p, 0.0, range(1, len(word) + 1))


@ask.mistake("the place that you give back is never filled: a loop is one off")
def _last_place_empty(word, p):
    return _table(word, p, 1.0, range(1, len(word)))


@ask.mistake("you look up stretches that are no pieces")
def _all_looked_up(word, p):
    if not all(word[i:j] in p for i in range(len(word)) for j in range(i + 1, len(word) + 1)):
        raise KeyError
    return word_probability(word, p)


@ask.mistake("you gave the bits of the best cut")
def _bits_of_the_best(word, p):
    best = _best_cut(word, p)
    return -math.log2(best) if best else math.inf


@ask.mistake("you use each piece at most once in a cut")
def _each_piece_once(word, p):
    cuts = (cut for cut in _cuts(word) if len(set(cut)) == len(cut) and all(x in p for x in cut))
    return sum(math.prod(p[x] for x in cut) for cut in cuts)


@ask.right
def over_all_cuts(word: str, p: Mapping[str, float]) -> float:
    signs, total = len(word), 0.0
    for gaps in itertools.product((False, True), repeat=max(signs - 1, 0)):
        edges = [0, *(i for i, cut in enumerate(gaps, start=1) if cut), *([signs] if signs else [])]
        pieces = [word[a:b] for a, b in itertools.pairwise(edges)]
        if all(piece in p for piece in pieces):
            total += math.prod(p[piece] for piece in pieces)
    return total


@ask.right
def with_recursion(word: str, p: Mapping[str, float]) -> float:
    @functools.cache
    def rest(start: int) -> float:
        if start == len(word):
            return 1.0
        fitting = [piece for piece in p if word.startswith(piece, start)]
        return sum(p[piece] * rest(start + len(piece)) for piece in fitting)

    return rest(0)


@ask.right
def with_a_matrix(word: str, p: Mapping[str, float]) -> torch.Tensor:
    steps = torch.zeros(len(word) + 1, len(word) + 1, dtype=torch.float64)
    for start, stop in itertools.combinations(range(len(word) + 1), 2):
        steps[start, stop] = p.get(word[start:stop], 0.0)
    ways = torch.linalg.inv(torch.eye(len(word) + 1, dtype=torch.float64) - steps)  # 1 + A + A² + …
    return ways[0, -1]
