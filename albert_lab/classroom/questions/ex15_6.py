"""ex15_6: exact match and F1 as SQuAD defines them, the best of several right answers."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex15_6",
    title="Is that the answer?",
    kind="implement",
    objectives=("LO-15.7",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=4,
    why=(
        "Two people mark the same answer with and without the article or the full stop: what both agree on "
        "is compared. Several right answers are given so that one of them may be met: the best counts."
    ),
)

Pair = tuple[float, float]
ARTICLES = ("a", "an", "the")


@ask.reference
def squad(said: str, rights: list[str]) -> Pair:
    def words(text: str) -> list[str]:
        kept = "".join(sign for sign in text.lower() if sign not in string.punctuation)
        return [word for word in kept.split() if word not in ("a", "an", "the")]

    def f1(one: list[str], other: list[str]) -> float:
        if not one or not other:
            return float(one == other)
        return 2 * (Counter(one) & Counter(other)).total() / (len(one) + len(other))

    mine, theirs = words(said), [words(right) for right in rights or [""]]
    return max(float(mine == each) for each in theirs), max(f1(mine, each) for each in theirs)


WORDS = ("node", "leaf", "the", "of", "list", "an", "index", "a", "root", "none")


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; articles, marks, capitals, spaces; words twice; several right answers; none; random."""

    def text(words: int) -> str:
        return " ".join(draw.choice(WORDS) for _ in range(words))

    right = text(6)
    return [
        Case("three words of four, by hand", ("number of tokens", ["the number of all tokens"])),
        Case("the same words in another order", ("tokens number", ["number tokens"])),
        Case("articles and a full stop", ("The last axis.", ["last axis"])),
        Case("an article within a word stays", ("theta", ["ta"])),
        Case("an article at a word's beginning stays", ("another", ["the other"])),
        Case("articles are whole words", ("an answer a day", ["answer day"])),
        Case("capitals", ("NumPy Array", ["numpy array"])),
        Case("marks are dropped, not replaced", ("float64, or None", ["float64 or none"])),
        Case("a mark within a word", ("pre-computed", ["precomputed"])),
        Case("a mark within a word is no space", ("pre-computed", ["pre computed"])),
        Case("an underscore is one of the signs", ("n_jobs", ["njobs"])),
        Case("a dash is none of the 32 signs", ("pre\u2013computed", ["precomputed"])),
        Case("an article behind a mark", ("(a) list", ["list"])),
        Case("more spaces, a line's end", ("last   axis\n", ["last axis"])),
        Case("a word twice, once in the right answer", ("list of list", ["list of index"])),
        Case("a word twice in both", ("list of list", ["list list node"])),
        Case("several right answers: the last fits", ("two", ["axis", "number", "two"])),
        Case("several right answers: the first fits best", ("first axis", ["first axis of x", "axis", "x"])),
        Case("no word in common", ("axis", ["number of rows"])),
        Case("no answer, and none is right", ("", [])),
        Case("an answer, and none is right", ("axis", [])),
        Case("no answer, and there is one", ("", ["axis"])),
        Case("nothing but an article, and none is right", ("the", [])),
        Case("one of the right answers is empty", ("axis", ["", "axis 0"])),
        Case("six words", (text(5), [right, text(4)])),
        Case("six words, and some of them", (" ".join(right.split()[1:5]), [text(3), right])),
    ]


def _measure(
    words: Callable[[str], list[str]], f1: Callable[[list[str], list[str]], float] | None = None
) -> Callable[[str, list[str]], Pair]:
    def answer(said: str, rights: list[str]) -> Pair:
        mine, theirs = words(said), [words(right) for right in rights or [""]]
        return max(float(mine == one) for one in theirs), max((f1 or _f1)(mine, one) for one in theirs)

    return answer


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign not in string.punctuation)


def _words(text: str) -> list[str]:
    return [word for word in _bare(text.lower()).split() if word not in ARTICLES]


def _ends(text: str) -> list[str]:
    words = (word.strip(string.punctuation) for word in text.lower().split())
    return [word for word in words if word and word not in ARTICLES]


def _f1(one: list[str], other: list[str]) -> float:
    if not one or not other:
        return float(one == other)
    return 2 * (Counter(one) & Counter(other)).total() / (len(one) + len(other))


def _of_sets(one: list[str], other: list[str]) -> float:
    return _f1(sorted({*one}), sorted({*other}))


def _precision(one: list[str], other: list[str]) -> float:
    return (Counter(one) & Counter(other)).total() / len(one) if one and other else float(one == other)


def _recall(one: list[str], other: list[str]) -> float:
    return (Counter(one) & Counter(other)).total() / len(other) if one and other else float(one == other)


def _apart(text: str) -> list[str]:
    return [word for word in re.sub(r"[^\w\s]", " ", text.lower()).split() if word not in ARTICLES]


def _in_order(one: list[str], other: list[str]) -> float:
    if not one or not other:
        return float(one == other)
    return 2 * sum(a == b for a, b in zip(one, other, strict=False)) / (len(one) + len(other))


ask.mistake("nothing is made alike: capitals, marks and articles count", _measure(str.split))
ask.mistake("articles count", _measure(lambda text: _bare(text.lower()).split()))
ask.mistake(
    "capitals count", _measure(lambda text: [w for w in _bare(text).split() if w.lower() not in ARTICLES])
)
ask.mistake("marks count", _measure(lambda text: [w for w in text.lower().split() if w not in ARTICLES]))
ask.mistake(
    "articles are cut out of words too",
    _measure(lambda text: re.sub("the|an|a", "", _bare(text.lower())).split()),
)
ask.mistake("a mark is made a space, and not dropped", _measure(_apart))
ask.mistake("marks are dropped at the ends of words only", _measure(_ends))
ask.mistake(
    "an underscore stays, though it is one of the signs",
    _measure(lambda text: _words(text.replace("_", "\u0375"))),
)
ask.mistake(
    "every sign that is no letter and no digit is dropped; 32 signs are asked for",
    _measure(lambda text: _words("".join(c for c in text if c.isalnum() or c.isspace()))),
)
ask.mistake(
    "articles are looked for before the marks are dropped",
    _measure(lambda text: _bare(" ".join(w for w in text.lower().split() if w not in ARTICLES)).split()),
)
ask.mistake(
    "the article an is forgotten",
    _measure(lambda text: [word for word in _bare(text.lower()).split() if word not in ("a", "the")]),
)
ask.mistake("a word that stands twice counts once", _measure(_words, _of_sets))
ask.mistake("F1 is the share of your words that are right: precision", _measure(_words, _precision))
ask.mistake("F1 is the share of the right words that are found: recall", _measure(_words, _recall))
ask.mistake("words count only where they stand at the same place", _measure(_words, _in_order))
ask.mistake(
    "where both are no answer, F1 is 0",
    _measure(_words, lambda one, other: _f1(one, other) if one and other else 0.0),
)


@ask.mistake("only the first right answer is looked at")
def _first(said: str, rights: list[str]) -> Pair:
    return squad(said, rights[:1])


@ask.mistake("the mean over the right answers is taken and not the best")
def _mean(said: str, rights: list[str]) -> Pair:
    each = [squad(said, [right]) for right in rights or [""]]
    return tuple(sum(column) / len(each) for column in zip(*each, strict=True))


@ask.mistake("the last right answer wins over the others")
def _last(said: str, rights: list[str]) -> Pair:
    return squad(said, rights[-1:])


@ask.mistake("all right answers are taken for one long one")
def _joined(said: str, rights: list[str]) -> Pair:
    return squad(said, [" ".join(rights)])


@ask.mistake("without a right answer your code fails: then no answer is right")
def _none_fails(said: str, rights: list[str]) -> Pair:
    each = [squad(said, [right]) for right in rights]
    return tuple(max(column) for column in zip(*each, strict=True)) if each else (0.0, max([]))


@ask.mistake("no answer is always wrong")
def _none_wrong(said: str, rights: list[str]) -> Pair:
    return squad(said, rights) if _words(said) else (0.0, 0.0)


@ask.mistake("exact match asks for the same words in any order")
def _any_order(said: str, rights: list[str]) -> Pair:
    exact = max(float(sorted(_words(said)) == sorted(_words(right))) for right in rights or [""])
    return exact, squad(said, rights)[1]


@ask.mistake("exact match asks whether the right answer is a part of yours")
def _part(said: str, rights: list[str]) -> Pair:
    mine = " ".join(_words(said))
    return max(float(" ".join(_words(right)) in mine) for right in rights or [""]), squad(said, rights)[1]


@ask.mistake("F1 stands first; exact match and F1 are asked for in this order")
def _turned(said: str, rights: list[str]) -> Pair:
    return squad(said, rights)[::-1]


@ask.mistake("you return percentages; both are shares from 0 to 1")
def _percent(said: str, rights: list[str]) -> Pair:
    exact, f1 = squad(said, rights)
    return 100 * exact, 100 * f1


@ask.right
def with_patterns(said: str, rights: list[str]) -> Pair:
    def plain(text: str) -> list[str]:
        text = text.lower().translate(str.maketrans("", "", string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", text).split()

    def overlap(one: list[str], other: list[str]) -> float:
        shared = sum(min(one.count(word), other.count(word)) for word in {*one})
        if not one or not other:
            return float(one == other)
        if not shared:
            return 0.0
        precision, recall = shared / len(one), shared / len(other)
        return 2 * precision * recall / (precision + recall)

    mine = plain(said)
    theirs = [plain(right) for right in rights] or [[]]
    return float(mine in theirs), max(overlap(mine, one) for one in theirs)


@ask.right
def one_after_the_other(said: str, rights: list[str]) -> list[float]:
    best = [0.0, 0.0]
    for right in rights if rights else [""]:
        sides = []
        for text in (said, right):
            for sign in string.punctuation:
                text = text.replace(sign, "")
            sides.append([word for word in text.lower().split() if word not in {"the", "a", "an"}])
        left, shared = list(sides[1]), 0
        for word in sides[0]:
            if word in left:
                left.remove(word)
                shared += 1
        total = len(sides[0]) + len(sides[1])
        both_empty = total == 0
        best[0] = max(best[0], float(sides[0] == sides[1]))
        best[1] = max(best[1], 1.0 if both_empty else 2 * shared / total)
    return best


@ask.right
def with_joined_text(said: str, rights: list[str]) -> Pair:
    def plain(text: str) -> str:
        letters = "".join("" if sign in string.punctuation else sign for sign in text).lower()
        return " ".join(word for word in re.split(r"\s+", letters) if word and word not in ("the", "an", "a"))

    pairs = [(plain(said), plain(right)) for right in (rights or [""])]
    exact = any(one == other for one, other in pairs)

    def f1(one: str, other: str) -> float:
        if not (one and other):
            return 1.0 if one == other else 0.0
        both = Counter(one.split()) & Counter(other.split())
        return 2 * sum(both.values()) / len((one + " " + other).split())

    return (1 if exact else 0), max(f1(*pair) for pair in pairs)
