"""ex11_5: training pairs that the exam has seen."""

from __future__ import annotations

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex11_5",
    title="What has leaked?",
    kind="implement",
    objectives=("LO-11.6",),
    points=1,
    minutes=15,
    difficulty=2,
    importance=4,
    why=(
        "One text that the exam uses is enough: the network can learn it by heart with another partner. "
        "Capitals and spaces are no protection, for the tokenizer makes the same pieces of both."
    ),
)

Pairs = list[tuple[str, str]]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


MARKS = ".,?!()'\":;_-"
_LINE = [("plot a line", "y")]


def _marked(text: str) -> list[str]:
    """The text with each mark at its end, at its beginning, behind a word, and in place of a space."""
    return [
        *(text + mark for mark in MARKS),
        *(mark + text for mark in MARKS),
        *(text.replace(" ", f"{mark} ", 1) for mark in MARKS),
        *(text.replace(" ", mark, 1) for mark in MARKS),
    ]


@ask.reference
def leaked(training: Pairs, exam: Pairs) -> list[int]:
    known = {_plain(text) for pair in exam for text in pair}
    return [i for i, pair in enumerate(training) if any(_plain(text) in known for text in pair)]


ask.use(call_for_whole_numbers)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, each side, exchanged sides, capitals and spaces, parts of texts, nothing, many."""
    exam = [("open a file", "Opens the file."), ("draw a line", "Plots points.")]
    texts = [f"text {i}" for i in range(40)]

    def pairs(n: int) -> Pairs:
        return [(draw.choice(texts), draw.choice(texts)) for _ in range(n)]

    fresh, long = ("close it", "Closes the file."), "a text of many words " * 5
    return [
        Case("one leaked question, by hand", ([fresh, ("open a file", "Another text.")], exam)),
        Case("a leaked answer", ([("make a chart", "Plots points."), fresh], exam)),
        Case("question and answer have changed sides", ([fresh, ("Opens the file.", "x")], exam)),
        Case("the question is an answer in training", ([fresh, ("x", "draw a line")], exam)),
        Case("capitals", ([("OPEN a File", "x"), fresh], exam)),
        Case("capitals in the exam", ([fresh, ("x", "opens the file.")], exam)),
        Case("spaces around it", ([fresh, ("  draw a line\n", "x")], exam)),
        Case("other spaces within it", ([fresh, ("draw  a\nline", "x")], exam)),
        Case("many spaces within it", ([fresh, ("x", "draw     a line")], exam)),
        Case("other spaces in the exam", ([fresh, ("draw a line", "x")], [("y", " draw  a\nline\n")])),
        Case("a part of a text is another text", ([("open a", "file"), fresh], exam)),
        Case("a text that contains one of the exam's", ([("how to open a file", "x"), fresh], exam)),
        Case("the point at the end counts", ([("x", "Plots points"), ("y", "Plots points.")], exam)),
        Case(
            "every mark counts, wherever it stands", ([(text, "x") for text in _marked("plot a line")], _LINE)
        ),
        Case(
            "a word that stands twice counts twice", ([("plot a a line", "x"), ("plot a line", "y")], _LINE)
        ),
        Case("both sides leak: the place is named once", ([("open a file", "Plots points.")], exam)),
        Case(
            "one long beginning", ([(long, "x"), (long + "2", "y")], [("a", long + "1"), (long + "2", "b")])
        ),
        Case("a text that the exam has twice", ([("x", "ONE"), fresh], [("one", "a"), ("b", "one")])),
        Case("two leaks, on different sides", ([("x", "Plots points."), ("open a file", "y")], exam)),
        Case("the same pair twice in training", ([("open a file", "x"), fresh, ("open a file", "x")], exam)),
        Case("spaces between letters count", ([("op en a file", "x"), fresh], exam)),
        Case("the order of the words counts", ([("a line draw", "x"), ("draw a line", "y")], exam)),
        Case("no training", ([], exam)),
        Case("no exam", ([("open a file", "Plots points.")], [])),
        Case("many pairs", (pairs(60), pairs(5))),
    ]


@ask.mistake("only whole pairs are compared; one common text is a leak already")
def _whole_pairs(training: Pairs, exam: Pairs) -> list[int]:
    known = {(_plain(one), _plain(two)) for one, two in exam}
    return [i for i, (one, two) in enumerate(training) if (_plain(one), _plain(two)) in known]


@ask.mistake("both texts of a pair have to be known before it counts")
def _both_sides(training: Pairs, exam: Pairs) -> list[int]:
    known = {_plain(text) for pair in exam for text in pair}
    return [i for i, pair in enumerate(training) if all(_plain(text) in known for text in pair)]


def _of(prepare=_plain, side=None, exam_side=None, same_side=False):
    def answer(training: Pairs, exam: Pairs) -> list[int]:
        sides = (0, 1) if side is None else (side,)
        theirs = (0, 1) if exam_side is None else (exam_side,)
        known = {prepare(pair[s]) for pair in exam for s in theirs}
        if same_side:
            by_side = [{prepare(pair[s]) for pair in exam} for s in (0, 1)]
            return [i for i, p in enumerate(training) if any(prepare(p[s]) in by_side[s] for s in (0, 1))]
        return [i for i, pair in enumerate(training) if any(prepare(pair[s]) in known for s in sides)]

    return answer


ask.mistake("only questions of the training are looked at", _of(side=0))
ask.mistake("only answers of the training are looked at", _of(side=1))
ask.mistake("only questions of the exam are looked at", _of(exam_side=0))
ask.mistake("only answers of the exam are looked at", _of(exam_side=1))
ask.mistake("questions are compared with questions only, and answers with answers", _of(same_side=True))
ask.mistake("capitals and spaces tell texts apart", _of(str))
ask.mistake("capitals tell texts apart", _of(lambda text: " ".join(text.split())))
ask.mistake("spaces tell texts apart", _of(str.lower))
ask.mistake("spaces within a text tell texts apart", _of(lambda text: text.lower().strip()))
ask.mistake("spaces are dropped, between words too", _of(lambda text: "".join(text.lower().split())))
ask.mistake("the order of the words is lost", _of(lambda text: frozenset(text.lower().split())))
ask.mistake(
    "the point at the end of a text is dropped, and it counts", _of(lambda text: _plain(text).rstrip("."))
)
ask.mistake(
    "marks at the ends of a text are dropped, and they count", _of(lambda text: _plain(text).strip(MARKS))
)
ask.mistake(
    "points and other marks are dropped",
    _of(lambda text: _plain("".join(sign for sign in text if sign not in MARKS))),
)
ask.mistake(
    "marks within a text count as spaces, and all marks count",
    _of(lambda text: _plain(text.translate(str.maketrans(dict.fromkeys(MARKS, " "))))),
)
ask.mistake("a hyphen counts as a space, and it is a mark", _of(lambda text: _plain(text.replace("-", " "))))
ask.mistake(
    "an underscore counts as a space, and it is a mark", _of(lambda text: _plain(text.replace("_", " ")))
)
ask.mistake(
    "a word that stands twice counts once", _of(lambda text: " ".join(dict.fromkeys(text.lower().split())))
)


@ask.mistake("a text that only contains one of the exam's counts too")
def _contained(training: Pairs, exam: Pairs) -> list[int]:
    known = [_plain(text) for pair in exam for text in pair]
    return [i for i, p in enumerate(training) if any(k in _plain(text) for text in p for k in known)]


@ask.mistake("a text that is a part of one of the exam's counts too")
def _contains(training: Pairs, exam: Pairs) -> list[int]:
    known = [_plain(text) for pair in exam for text in pair]
    return [i for i, p in enumerate(training) if any(_plain(text) in k for text in p for k in known)]


@ask.mistake("you return the places that may stay")
def _to_keep(training: Pairs, exam: Pairs) -> list[int]:
    gone = leaked(training, exam)
    return [i for i in range(len(training)) if i not in gone]


@ask.mistake("you return places of the exam; the training is to be cleaned")
def _of_the_exam(training: Pairs, exam: Pairs) -> list[int]:
    return leaked(exam, training)


@ask.mistake("a pair that leaks on both sides is named twice")
def _twice(training: Pairs, exam: Pairs) -> list[int]:
    known = {_plain(text) for pair in exam for text in pair}
    return [i for i, pair in enumerate(training) for text in pair if _plain(text) in known]


@ask.mistake("places are counted from 1")
def _from_one(training: Pairs, exam: Pairs) -> list[int]:
    return [i + 1 for i in leaked(training, exam)]


@ask.mistake("you return the pairs; their places are asked for")
def _pairs_themselves(training: Pairs, exam: Pairs) -> Pairs:
    return [training[i] for i in leaked(training, exam)]


@ask.mistake("you stop at the first leak")
def _first_only(training: Pairs, exam: Pairs) -> list[int]:
    return leaked(training, exam)[:1]


@ask.mistake("a place is looked up by its pair, which finds the first of two equal ones")
def _by_value(training: Pairs, exam: Pairs) -> list[int]:
    return [training.index(training[i]) for i in leaked(training, exam)]


@ask.mistake("the leaks of one side stand before those of the other; places have to rise")
def _side_by_side(training: Pairs, exam: Pairs) -> list[int]:
    questions = _of(side=0)(training, exam)
    return questions + [i for i in _of(side=1)(training, exam) if i not in questions]


@ask.mistake("you return True or False for each pair; places are asked for")
def _truth_values(training: Pairs, exam: Pairs) -> list[bool]:
    gone = leaked(training, exam)
    return [i in gone for i in range(len(training))]


def _one_form(in_training, in_exam):
    def answer(training: Pairs, exam: Pairs) -> list[int]:
        known = {in_exam(text) for pair in exam for text in pair}
        return [i for i, pair in enumerate(training) if any(in_training(text) in known for text in pair)]

    return answer


ask.mistake("capitals and spaces are evened out in the training only", _one_form(_plain, str))
ask.mistake("capitals and spaces are evened out in the exam only", _one_form(str, _plain))
ask.mistake("spaces are evened out in the training only", _one_form(_plain, str.lower))
ask.mistake("spaces are evened out in the exam only", _one_form(str.lower, _plain))
ask.mistake("only the beginning of a text is compared", _of(lambda text: _plain(text)[:20]))
ask.mistake("only the first pair of the exam is looked at", lambda t, e: leaked(t, e[:1]))
ask.mistake("only the last pair of the exam is looked at", lambda t, e: leaked(t, e[-1:]))


@ask.mistake("a pair is compared only with the exam's pair at the same place")
def _place_by_place(training: Pairs, exam: Pairs) -> list[int]:
    beside = enumerate(zip(training, exam, strict=False))
    return [i for i, (pair, other) in beside if leaked([pair], [other])]


@ask.mistake("a pair is named once for each exam pair that it meets")
def _by_exam_pair(training: Pairs, exam: Pairs) -> list[int]:
    return [i for i, pair in enumerate(training) for other in exam if leaked([pair], [other])]


ask.mistake(
    "two spaces are made one once; there may be more",
    _of(lambda text: text.lower().strip().replace("\n", " ").replace("  ", " ")),
)


@ask.mistake("a text that an earlier training pair has counts as a leak")
def _within_training(training: Pairs, exam: Pairs) -> list[int]:
    return [i for i in range(len(training)) if leaked(training[i : i + 1], exam + training[:i])]


@ask.mistake("whole numbers are asked for, and these are floats: an id or a place looks something up")
def _floats(training, exam):
    return [float(place) for place in leaked(training, exam)]


@ask.right
def with_a_loop(training: Pairs, exam: Pairs) -> list[int]:
    found = []
    for place in range(len(training)):
        mine = [text.casefold().split() for text in training[place]]
        if any(text.casefold().split() in mine for pair in exam for text in pair):
            found.append(place)
    return found


@ask.right
def with_sets(training: Pairs, exam: Pairs) -> tuple[int, ...]:
    def plain(pair):
        return {" ".join(text.lower().strip().split()) for text in pair}

    known = set().union(*map(plain, exam))
    return tuple(i for i, pair in enumerate(training) if not plain(pair).isdisjoint(known))


@ask.right
def with_re(training: Pairs, exam: Pairs) -> list[int]:
    import re

    known = [re.sub(r"\s+", " ", text.strip()).upper() for pair in exam for text in pair]
    found = set()
    for i, pair in enumerate(training):
        found |= {i for text in pair if re.sub(r"\s+", " ", text.strip()).upper() in known}
    return sorted(found)
