"""ex16_2: ROUGE-1 of a summary."""

from __future__ import annotations

from collections import Counter

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex16_2",
    title="How many words do they share?",
    kind="implement",
    objectives=("LO-16.2",),
    points=2,
    minutes=15,
    difficulty=2,
    importance=4,
    why=(
        "A word counts as often as both have it, so that a summary cannot gain by saying one word again and "
        "again. F1 punishes both the summary that says too little and the one that repeats the whole text."
    ),
)

WORDS = ("open", "close", "read", "write", "a", "the", "file", "line", "path", "list", "of", "name")


@ask.reference
def rouge_1(said: str, person: str) -> float:
    one, two = said.lower().split(), person.lower().split()
    shared = (Counter(one) & Counter(two)).total()
    return 2 * shared / (len(one) + len(two)) if one or two else 0.0


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """The chapter's, repeated words on either side, capitals, nothing shared, nothing at all."""

    def words(count: int, among: int = 12) -> str:
        return " ".join(WORDS[i] for i in draw.integers(0, among, count).tolist())

    return [
        Case("the chapter's example", ("open the file", "open a file for reading")),
        Case("many random words", (words(7), words(11))),
        Case("more random words", (words(13), words(6))),
        Case("few different words, so they repeat", (words(9, 3), words(5, 4))),
        Case("the summary repeats a word", ("file file file file", "read the file")),
        Case("the person repeats a word", ("the file", "the name of the file of the list")),
        Case("both repeat it", ("the the the list", "the the name the the")),
        Case("capitals", ("Open THE file", "open the File now")),
        Case("another order", ("file the open", "open the file again")),
        Case("nothing shared", ("read it", "close the door")),
        Case("an empty summary", ("", "open the file")),
        Case("both empty", ("", " ")),
        Case("a long summary of a short text", (f"open the file {words(20)}", "open file")),
    ]


def _lists(said: str, person: str) -> tuple[list[str], list[str], int]:
    one, two = said.lower().split(), person.lower().split()
    return one, two, (Counter(one) & Counter(two)).total()


@ask.mistake("this is the recall: shared words by the person's words")
def _recall(said, person):
    _, two, shared = _lists(said, person)
    return shared / len(two) if two else 0.0


@ask.mistake("this is the precision: shared words by the summary's words")
def _precision(said, person):
    one, _, shared = _lists(said, person)
    return shared / len(one) if one else 0.0


@ask.mistake("each different word counts once, however often it stands there")
def _sets(said, person):
    one, two = {*said.lower().split()}, {*person.lower().split()}
    return 2 * len(one & two) / (len(one) + len(two)) if one or two else 0.0


@ask.mistake("every word of the summary that the person has counts, however often it is repeated")
def _unclipped(said, person):
    one, two, _ = _lists(said, person)
    shared = sum(word in two for word in one)
    return 2 * shared / (len(one) + len(two)) if one or two else 0.0


@ask.mistake("every word of the person that the summary has counts, however often the summary has it")
def _unclipped_person(said, person):
    one, two, _ = _lists(said, person)
    shared = sum(word in one for word in two)
    return 2 * shared / (len(one) + len(two)) if one or two else 0.0


@ask.mistake("capitals make another word")
def _capitals(said, person):
    one, two = said.split(), person.split()
    shared = (Counter(one) & Counter(two)).total()
    return 2 * shared / (len(one) + len(two)) if one or two else 0.0


@ask.mistake("the factor 2 is missing")
def _half(said, person):
    return rouge_1(said, person) / 2


@ask.mistake("this is the plain mean of precision and recall, not F1")
def _mean(said, person):
    return (_recall(said, person) + _precision(said, person)) / 2


@ask.mistake("shared words are divided by the words of both together, each counted once (Jaccard)")
def _union(said, person):
    one, two, shared = _lists(said, person)
    return shared / (len(one) + len(two) - shared) if one or two else 0.0


@ask.mistake("words must stand at the same place in both")
def _places(said, person):
    one, two, _ = _lists(said, person)
    shared = sum(a == b for a, b in zip(one, two, strict=False))
    return 2 * shared / (len(one) + len(two)) if one or two else 0.0


@ask.mistake("letters are counted, not words")
def _letters(said, person):
    one, two = ("".join(text.lower().split()) for text in (said, person))
    shared = (Counter(one) & Counter(two)).total()
    return 2 * shared / (len(one) + len(two)) if one or two else 0.0


@ask.right
def _harmonic(said, person):
    precision, recall = _precision(said, person), _recall(said, person)
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


@ask.right
def _crossing_out(said, person):
    left, shared = person.lower().split(), 0
    total = len(left) + len(said.split())
    for word in said.lower().split():
        if word in left:
            left.remove(word)
            shared += 1
    return 2 * shared / max(total, 1)


@ask.right
def _minimum(said, person):
    one, two = said.lower().split(), person.lower().split()
    shared = sum(min(one.count(word), two.count(word)) for word in {*one})
    return 0.0 if not shared else 2 * shared / (len(one) + len(two))
