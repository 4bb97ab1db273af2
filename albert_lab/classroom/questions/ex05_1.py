"""ex05_1: the share of words that a list does not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex05_1",
    title="What a list of words does not hold",
    kind="implement",
    objectives=("LO-05.1",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "A running word counts as often as it stands in the text, and frequent words are in every list, so "
        "this share is small. A different word counts once, and most different words are rare ones, so that "
        "share is many times larger."
    ),
)


@ask.reference
def not_in_list(seen: Sequence[str], later: Sequence[str], size: int) -> tuple[float, float]:
    known = {word for word, _ in Counter(seen).most_common(size)}
    different = set(later)
    running = sum(word not in known for word in later) / max(len(later), 1)
    return running, sum(word not in known for word in different) / max(len(different), 1)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, drawn words, both ends of the size, words that come often, none at all."""
    hand = (
        ["the", "file", "the", "disk", "open", "the", "file"],
        ["the", "the", "turtle", "file", "the", "disk", "turtle"],
    )

    def words(count: int, kinds: int) -> list[str]:
        letters = "abcdefghij"
        numbers = (draw.integers(0, kinds, count) * draw.integers(0, kinds, count) // kinds).tolist()
        return [letters[number % 10] + str(number) for number in numbers]

    often = [letter for times, letter in enumerate("abcdefghijkl", start=1) for _ in range(times)]
    seen, later = words(60, 12), [*words(35, 18), "turtle"]
    return [
        Case("a list of two words, by hand", (*hand, 2)),
        Case("a list of one word", (*hand, 1)),
        Case("more places than words", (*hand, 50)),
        Case("an empty list", (*hand, 0)),
        Case("drawn words, the five most frequent", (seen, later, 5)),
        Case("drawn words, the nine most frequent", (seen, later, 9)),
        Case(
            "rare words stand first", (["rare", "odd", *seen, *["often"] * 20], [*later, "often", "rare"], 1)
        ),
        Case(
            "equally frequent: first come, first served",
            (["b", "c", "a", "b", "c", "a"], ["a", "a", "a", "b", "b", "c"], 2),
        ),
        Case("twelve words, equally frequent, and room for six", (list("lfkbhdjcaieg") * 2, often, 6)),
        Case(
            "a word that is a part of another one",
            (["turtles", "turtles", "notebook"], ["turtle", "book", "turtles", "note"], 2),
        ),
        Case(
            "capitals make another word",
            (["The", "the", "the", "Disk", "disk", "Disk"], ["The", "the", "THE", "Disk", "Disk", "disk"], 2),
        ),
        Case(
            "long words that begin alike",
            (["international", "internationals", "internationals"], ["international", "internationals"], 1),
        ),
        Case("the same text again", (seen, seen, len(set(seen)))),
        Case("nothing was seen", ([], later, 3)),
        Case("no later word", (seen, [], 3)),
    ]


@ask.mistake("the two shares are exchanged")
def _exchanged(seen, later, size):
    return not_in_list(seen, later, size)[::-1]


@ask.mistake("you gave the shares of the words that are in the list")
def _in_list(seen, later, size):
    running, different = not_in_list(seen, later, size)
    return (1 - running, 1 - different) if later else (0, 0)


def _shares(known, later):
    different = set(later)
    running = sum(word not in known for word in later) / max(len(later), 1)
    return running, sum(word not in known for word in different) / max(len(different), 1)


@ask.mistake("you took the words that come first in the text, not the most frequent ones")
def _first_words(seen, later, size):
    return _shares(set(list(dict.fromkeys(seen))[:size]), later)


@ask.mistake("you took the first places of the text as they are, the same word several times")
def _raw_slice(seen, later, size):
    return _shares(set(seen[:size]), later)


@ask.mistake("the list holds every word that was seen, whatever its size should be")
def _all_words(seen, later, size):
    return _shares(set(seen), later)


def _known(seen, size):
    return {word for word, _ in Counter(seen).most_common(size)}


@ask.mistake("you made the list from the later text, which nobody has yet")
def _from_later(seen, later, size):
    return _shares(_known(later, size), later)


@ask.mistake("you took the rarest words")
def _rarest(seen, later, size):
    order = [word for word, _ in Counter(seen).most_common()]
    return _shares(set(order[len(order) - min(size, len(order)) :]), later)


@ask.mistake("both shares are of running words")
def _both_running(seen, later, size):
    return (not_in_list(seen, later, size)[0],) * 2


@ask.mistake("both shares are of different words")
def _both_different(seen, later, size):
    return (not_in_list(seen, later, size)[1],) * 2


@ask.mistake("you gave percent")
def _percent(seen, later, size):
    return tuple(100 * share for share in not_in_list(seen, later, size))


@ask.mistake("you gave counts, not shares")
def _counts(seen, later, size):
    known = _known(seen, size)
    return sum(word not in known for word in later), sum(word not in known for word in set(later))


@ask.mistake("you divided the different words by the number of running words")
def _of_running(seen, later, size):
    known = _known(seen, size)
    unknown = len(set(later) - known)
    return _shares(known, later)[0], unknown / max(len(later), 1)


@ask.mistake("you divided by the size of the text that was seen")
def _of_seen(seen, later, size):
    known = _known(seen, size)
    return sum(word not in known for word in later) / max(len(seen), 1), len(set(later) - known) / max(
        len(set(seen)), 1
    )


@ask.mistake("you took the size for a frequency: the words that come at least so often")
def _at_least(seen, later, size):
    """Words that occur `size` times or more."""
    return _shares({word for word, count in Counter(seen).items() if count >= size}, later)


@ask.mistake("the list has one word too many")
def _one_more(seen, later, size):
    return _shares(_known(seen, size + 1), later)


@ask.mistake("the list has one word too few")
def _one_less(seen, later, size):
    return _shares(_known(seen, max(size - 1, 0)), later)


@ask.mistake("you took the words that come first in the alphabet")
def _alphabetical_list(seen, later, size):
    return _shares(set(sorted(set(seen))[:size]), later)


@ask.mistake("you divided the different words by the running ones that are missing")
def _of_the_missing(seen, later, size):
    known = _known(seen, size)
    missing = [word for word in later if word not in known]
    return len(missing) / max(len(later), 1), len(set(missing)) / max(len(missing), 1)


@ask.mistake("of equally frequent words you took the first in the alphabet")
def _alphabet(seen, later, size):
    order = sorted(set(seen), key=lambda word: (-seen.count(word), word))
    return _shares(set(order[:size]), later)


@ask.mistake("of equally frequent words you took the one that came last")
def _last_come(seen, later, size):
    order = list(dict.fromkeys(seen))[::-1]
    order.sort(key=lambda word: -seen.count(word))
    return _shares(set(order[:size]), later)


@ask.mistake("of equally frequent words you took those that a set holds first")
def _order_of_a_set(seen, later, size):
    return _shares(sorted(set(seen), key=seen.count, reverse=True)[:size], later)


@ask.mistake("you took the last places of a rising order: where size is 0, these are all")
def _last_places(seen, later, size):
    counts = Counter(seen)
    return _shares(sorted(counts, key=counts.get)[-size:], later)


@ask.mistake("you compared words with pairs of a word and its count")
def _pairs(seen, later, size):
    return _shares(Counter(seen).most_common(size), later)


@ask.mistake("a later text without words makes you divide by 0")
def _no_guard(seen, later, size):
    if not later:
        raise ZeroDivisionError
    return not_in_list(seen, later, size)


def _rounded(digits):
    def answer(seen, later, size):
        return tuple(round(share, digits) for share in not_in_list(seen, later, size))

    return answer


ask.mistake("you rounded to two digits", _rounded(2))
ask.mistake("you rounded to three digits", _rounded(3))


@ask.mistake("capitals were made small, and a word with one is another word")
def _small_letters(seen, later, size):
    return not_in_list([word.lower() for word in seen], [word.lower() for word in later], size)


@ask.mistake("the list was made of small letters, and the words that are looked up keep their capitals")
def _small_letters_in_the_list(seen, later, size):
    return not_in_list([word.lower() for word in seen], later, size)


@ask.mistake("a size of 0 was taken for no limit at all")
def _no_size_is_no_limit(seen, later, size):
    return not_in_list(seen, later, size or len(seen))


@ask.mistake("you made the list from both texts")
def _both_texts(seen, later, size):
    return _shares(_known([*seen, *later], size), later)


@ask.mistake("you took different words for words that come once only")
def _only_once(seen, later, size):
    known = _known(seen, size)
    once = [word for word, count in Counter(later).items() if count == 1]
    return _shares(known, later)[0], sum(word not in known for word in once) / max(len(once), 1)


@ask.mistake("you looked for words within a string, where parts of other words are found too")
def _parts(seen, later, size):
    return _shares(" ".join(_known(seen, size)), later)


@ask.right
def with_numpy(seen: Sequence[str], later: Sequence[str], size: int) -> tuple[float, float]:
    if not later:
        return 0.0, 0.0
    known = dict(Counter(seen).most_common(size))
    running = np.mean([word not in known for word in later])
    return running, np.mean([word not in known for word in set(later)])


@ask.right
def with_loops(seen: Sequence[str], later: Sequence[str], size: int) -> list[float]:
    counts: dict[str, int] = {}
    for word in seen:
        counts[word] = counts.get(word, 0) + 1
    known = sorted(counts, key=counts.get, reverse=True)[:size]  # a stable sort: first come, first served
    missing, kinds = 0, {}
    for word in later:
        missing += word not in known
        kinds[word] = word not in known
    return [missing / len(later), sum(kinds.values()) / len(kinds)] if later else [0, 0]


@ask.right
def with_counters(seen: Sequence[str], later: Sequence[str], size: int) -> tuple[float, float]:
    unknown = Counter(later)
    for word, _ in Counter(seen).most_common()[:size]:
        unknown.pop(word, None)
    kinds = len(Counter(later))
    return (unknown.total() / len(later), len(unknown) / kinds) if kinds else (0.0, 0.0)
