"""ex12_2: documents that have every word of the question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import reduce

import numpy as np

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex12_2",
    title="Documents with every word",
    kind="implement",
    objectives=("LO-12.1", "LO-12.2"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "The lists of the words were made before the question came, so that only documents with one of its "
        "words are ever touched. A word in no document has an empty list, and nothing is in all lists then."
    ),
)


@ask.reference
def with_all(question: list[str], postings: dict[str, dict[int, int]]) -> list[int]:
    if not question:
        return []
    found = [set(postings.get(word, {})) for word in question]
    return sorted(set.intersection(*found))


def _postings(draw: Draw, words: str, documents: int) -> dict[str, dict[int, int]]:
    """Each word in about two documents of three, listed in a random order, one to four times."""
    found = {}
    for word in words:
        order = [(int(draw.integers(0, 10**6, 1)), number) for number in range(documents)]
        chosen = [number for place, number in sorted(order) if place % 3]
        found[word] = {number: draw.integer(1, 4) for number in chosen}
    return found


ask.use(call_for_whole_numbers)


def _long_words() -> dict[str, dict[int, int]]:
    return {"documentation": {0: 1, 3: 2}, "document": {1: 1, 3: 1}, "documentations": {0: 1, 1: 1}}


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, order, many words, a word in no document, twice the same, no word, a defaultdict."""
    by_hand = {"copy": {0: 1, 1: 1, 4: 1}, "tree": {1: 1, 2: 1, 3: 5, 4: 2}, "file": {0: 2, 1: 2, 3: 1}}
    shuffled = {"x": {9: 1, 2: 3, 5: 2, 0: 1}, "y": {5: 1, 9: 4, 7: 1, 0: 1, 2: 1}}
    many = _postings(draw, "abcdef", 40)
    apart = {"p": {1: 1, 3: 2}, "q": {2: 1}, "r": {1: 2, 2: 1, 3: 1}}
    return [
        Case("two words, by hand", (["copy", "tree"], by_hand)),
        Case("three words", (["copy", "tree", "file"], by_hand)),
        Case("lists in another order; document 0", (["x", "y"], shuffled)),
        Case("one word", (["tree"], by_hand)),
        Case("three words in forty documents", (["b", "e", "f"], many)),
        Case("two words in forty documents", (["d", "a"], many)),
        Case("a word that no document has", (["copy", "spoon"], by_hand)),
        Case("only words that no document has", (["spoon"], by_hand)),
        Case("an unknown word first", (["spoon", "copy"], by_hand)),
        Case("the same word twice", (["file", "file"], by_hand)),
        Case("a word twice, and another", (["copy", "file", "file"], by_hand)),
        Case("a question without words", ([], by_hand)),
        Case(
            "capitals make another word", (["Copy", "tree"], by_hand | {"Copy": {2: 1, 4: 1}, "TREE": {4: 1}})
        ),
        Case("a word that is the beginning of another", (["tre", "copy"], by_hand | {"trees": {0: 1, 1: 1}})),
        Case("a long word and a part of it", (["documentation", "document"], _long_words())),
        Case("a word that stands within another", (["mentation", "document"], _long_words())),
        Case("a defaultdict is not changed", (["x", "spoon"], defaultdict(dict, shuffled))),
        Case("words without a common document", (["p", "q"], apart)),
        Case("two words without a common document, and a third", (["p", "q", "r"], apart)),
    ]


@ask.mistake("a document with any one of the words is enough")
def _union(question: list[str], postings: dict) -> list[int]:
    return sorted({number for word in question for number in postings.get(word, {})})


@ask.mistake("only the first word of the question is looked up")
def _first_word(question: list[str], postings: dict) -> list[int]:
    return with_all(question[:1], postings)


@ask.mistake("only the last word of the question is looked up")
def _last_word(question: list[str], postings: dict) -> list[int]:
    return with_all(question[-1:], postings)


@ask.mistake("a word that no document has is passed over as if it had not been asked")
def _unknown_skipped(question: list[str], postings: dict) -> list[int]:
    return with_all([word for word in question if word in postings], postings)


@ask.mistake("a question without words gets all documents; it should get none")
def _all_for_none(question: list[str], postings: dict) -> list[int]:
    return with_all(question, postings) if question else _union(list(postings), postings)


@ask.mistake("a question without words makes your code fail")
def _none_fails(question: list[str], postings: dict) -> list[int]:
    return sorted(set.intersection(*[set(postings.get(word, {})) for word in question]))


@ask.mistake("a word that no document has makes your code fail")
def _unknown_fails(question: list[str], postings: dict) -> list[int]:
    if not question:
        return []
    lists = [dict(postings)[word] for word in question]
    return sorted(set(lists[0]).intersection(*lists))


@ask.mistake("the documents stand in the order of a posting list and not in that of numbers")
def _as_listed(question: list[str], postings: dict) -> list[int]:
    every = set(with_all(question, postings))
    return [number for number in postings.get(question[0], {}) if number in every] if question else []


@ask.mistake("you return a set; a list in rising order is asked for")
def _a_set(question: list[str], postings: dict) -> set[int]:
    return set(with_all(question, postings))


@ask.mistake("you add up how often any of the words occurs, so that one word twice stands for two words")
def _enough_in_all(question: list[str], postings: dict) -> list[int]:
    total: dict[int, int] = {}
    for word in question:
        for number, count in postings.get(word, {}).items():
            total[number] = total.get(number, 0) + count
    return sorted(number for number, count in total.items() if count >= len(question))


@ask.mistake("a word asked twice has to stand there twice")
def _as_often_as_asked(question: list[str], postings: dict) -> list[int]:
    every = with_all(question, postings)
    return [n for n in every if all(postings[word][n] >= question.count(word) for word in question)]


@ask.mistake("document 0 is lost: the number 0 counts as false")
def _zero_lost(question: list[str], postings: dict) -> list[int]:
    return [number for number in with_all(question, postings) if number]


@ask.mistake("words of the question are written into the index while they are looked up")
def _index_grows(question: list[str], postings: dict) -> list[int]:
    for word in question:
        postings.setdefault(word, {})
    return with_all(question, postings)


@ask.mistake("the numbers fall and do not rise")
def _downwards(question: list[str], postings: dict) -> list[int]:
    return with_all(question, postings)[::-1]


@ask.mistake("the documents are ordered by how often they have the words")
def _most_first(question: list[str], postings: dict) -> list[int]:
    every = with_all(question, postings)
    return sorted(every, key=lambda n: -sum(postings[word][n] for word in question))


@ask.mistake("only the first two words of the question are looked up")
def _two_at_most(question: list[str], postings: dict) -> list[int]:
    return with_all(question[:2], postings)


ask.mistake(
    "only the last two words of the question are looked up", lambda q, postings: with_all(q[-2:], postings)
)


@ask.mistake("you return how many documents there are and not which")
def _counts(question: list[str], postings: dict) -> int:
    return len(with_all(question, postings))


@ask.mistake("a word asked twice is looked up once and has to be met twice")
def _asked_twice_met_once(question: list[str], postings: dict) -> list[int]:
    met: dict[int, int] = {}
    for word in set(question):
        for number in postings.get(word, {}):
            met[number] = met.get(number, 0) + 1
    return sorted(number for number, times in met.items() if times == len(question))


@ask.mistake("a search that has nothing left begins anew with the next word")
def _begins_anew(question: list[str], postings: dict) -> list[int]:
    found: set[int] = set()
    for word in question:
        here = set(postings.get(word, {}))
        found = found & here if found else here
    return sorted(found)


@ask.mistake("the numbers are put in order as text, 10 before 9")
def _as_text(question: list[str], postings: dict) -> list[int]:
    return sorted(with_all(question, postings), key=str)


@ask.mistake("documents with just one of the words are given")
def _just_one_word(question: list[str], postings: dict) -> list[int]:
    hits = [number for word in set(question) for number in postings.get(word, {})]
    return sorted(number for number in hits if hits.count(number) == 1)


@ask.mistake("a document is given once for each of its words")
def _each_word_again(question: list[str], postings: dict) -> list[int]:
    every = with_all(question, postings)
    return sorted(number for word in question for number in postings.get(word, {}) if number in every)


@ask.mistake("you take the number of words in postings for that of documents")
def _too_few_numbers(question: list[str], postings: dict) -> list[int]:
    return [number for number in with_all(question, postings) if number < len(postings)]


@ask.mistake("the caller's question is used up")
def _question_used_up(question: list[str], postings: dict) -> list[int]:
    every = with_all(question, postings)
    while question:
        question.pop()
    return every


@ask.mistake("you return a dictionary; a list of numbers is asked for")
def _a_dictionary(question: list[str], postings: dict) -> dict[int, int]:
    return {n: sum(postings[word][n] for word in question) for n in with_all(question, postings)}


def _looked_up(found_in: Callable[[str, str], bool]) -> Callable:
    """A word is found in postings where this says so of the word and an entry."""

    def answer(question: list[str], postings: dict) -> list[int]:
        lists = [
            {number for entry in postings if found_in(word, entry) for number in postings[entry]}
            for word in question
        ]
        return sorted(set.intersection(*lists)) if lists else []

    return answer


ask.mistake(
    "capitals are made small, and a word with one is another word",
    _looked_up(lambda word, entry: word.lower() == entry.lower()),
)
ask.mistake(
    "words of the question are made small, and those of the index are not",
    _looked_up(lambda word, entry: word.lower() == entry),
)
ask.mistake("the beginning of a word is enough", _looked_up(lambda word, entry: entry.startswith(word)))
ask.mistake("a part of a word is enough", _looked_up(lambda word, entry: word in entry))


@ask.mistake("whole numbers are asked for, and these are floats: an id or a place looks something up")
def _floats(question, postings):
    return [float(number) for number in with_all(question, postings)]


@ask.right
def by_counting_words(question: list[str], postings: dict) -> list[int]:
    hits: dict[int, int] = {}
    for word in set(question):
        for number in postings.get(word, {}):
            hits[number] = hits.get(number, 0) + 1
    return sorted(number for number, met in hits.items() if met == len(set(question)))


@ask.right
def by_counting_places(question: list[str], postings: dict) -> list[int]:
    hits = Counter(number for word in question for number in postings.get(word, {}))
    return [number for number in sorted(hits) if hits[number] == len(question)]


@ask.right
def with_numpy(question: list[str], postings: dict) -> list[int]:
    lists = [np.fromiter(postings.get(word, {}), dtype=np.int64) for word in question]
    return list(reduce(np.intersect1d, lists, np.unique(lists[0]))) if lists else []


@ask.right
def with_reduce(question: list[str], postings: dict) -> list[int]:
    lists = [postings[word].keys() if word in postings else set() for word in question]
    return sorted(reduce(lambda one, other: set(one) & set(other), lists)) if lists else []


@ask.right
def by_asking_each_document(question: list[str], postings: dict) -> tuple[int, ...]:
    every = sorted({number for found in postings.values() for number in found})
    return tuple(n for n in every if question and all(n in postings.get(word, ()) for word in question))


@ask.right
def shortest_first(question: list[str], postings: dict) -> list[int]:
    lists = sorted((postings.get(word, {}) for word in question), key=len)
    left = list(lists[0]) if lists else []
    for one in lists[1:]:
        left = [number for number in left if number in one]
    left.sort()
    return left
