"""ex05_5: normalize, and remember where each sign came from."""

from __future__ import annotations

import itertools
import unicodedata

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex05_5",
    title="The way back to the original",
    kind="implement",
    objectives=("LO-05.4",),
    points=3,
    minutes=20,
    difficulty=3,
    importance=4,
    why=(
        "Normalization cannot be undone, because several originals become one text, so the way back has to "
        "be written down while it happens. That is what a tokenizer's offsets are."
    ),
)

POOL = "aZ é Å ñ ﬁ ² ½ Ⅷ ① … ß ☃ ≠ œ Ж й が ™ Ç"


@ask.reference
def with_places(text: str) -> tuple[str, list[int]]:
    signs, places = [], []
    for place, sign in enumerate(text):
        for part in unicodedata.normalize("NFKD", sign):
            if unicodedata.category(part) != "Mn":
                signs.append(part.lower())
                places.append(place)
    return "".join(signs), places


ask.use(call_for_whole_numbers)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Each step alone, their order, accents that float already, marks that stay, drawn text, no text."""
    drawn = ["".join(draw.choice(POOL) for _ in range(draw.integer(12, 20))) for _ in range(2)]
    return [
        Case("an accent and a ligature, by hand", ("Éﬁ!",)),
        Case("plain text stays as it is", ("copy 2 files, then stop.",)),
        Case("capitals", ("The Disk",)),
        Case("one sign that becomes several", ("x² ½ Ⅷ …",)),
        Case("signs whose parts are capitals", ("™xℌ",)),
        Case("a capital that is two signs as a small letter", ("İx",)),
        Case("each sign by itself, also a Σ at the end of a word", ("ΟΔΟΣ",)),
        Case("accents that already float", ("cafe\u0301s",)),
        Case("signs that are no letters, and letters that are not ASCII", ("Straße ☃ Жар ≠ øre",)),
        Case("a mark of another category is no accent", ("\u0915\u093e \u20dda",)),
        Case("an invisible mark of the category Mn", ("a\ufe0fb",)),
        Case("a mark that stands before another part of its sign", ("\u3300 \u0e33x",)),
        Case("signs that come apart more than once", ("Ǖxế ǻǆ",)),
        Case("spaces, quotes and invisible signs stay", ("  ``a\u00adB''\t\u00a0d\u200b\u02bc\n ",)),
        Case("drawn signs", (drawn[0],)),
        Case("more drawn signs", (f"Å{drawn[1]}é",)),
        Case("no text", ("",)),
    ]


def _with(*, form="NFKD", drop=lambda part: unicodedata.category(part) == "Mn", fold=str.lower):
    """The way through the text, with another rule in one place."""

    def answer(text):
        found = [
            (fold(part), place)
            for place, sign in enumerate(text)
            for part in unicodedata.normalize(form, sign)
            if not drop(part)
        ]
        return "".join(part for part, _ in found), [place for part, place in found for _ in part]

    return answer


ask.mistake("you took NFD: ligatures, small digits and the like stay whole", _with(form="NFD"))
ask.mistake("you took NFKC, which puts letters and accents together again", _with(form="NFKC"))
ask.mistake("the text was not taken apart at all", _with(form="NFC"))
ask.mistake("the accents are still there", _with(drop=lambda part: False))
ask.mistake("the capitals are still there", _with(fold=str))


@ask.mistake(
    "you put the whole text in lower case first: some signs show their capitals only when they are "
    "taken apart, and others become longer, so that places shift"
)
def _small_text_first(text):
    return _with(fold=str)(text.lower())


@ask.mistake("you put each sign in lower case before it is taken apart, and some show capitals only then")
def _small_signs_first(text):
    pairs = [(_with(fold=str)(sign.lower())[0], place) for place, sign in enumerate(text)]
    return "".join(part for part, _ in pairs), [place for part, place in pairs for _ in part]


@ask.mistake("you put the finished string in lower case, where a sign's neighbours count: Σ has two forms")
def _small_at_the_end(text):
    signs, places = _with(fold=str)(text)
    return signs.lower(), places


ask.mistake("you took casefold, which does more than lower case", _with(fold=str.casefold))
ask.mistake("everything is in capitals", _with(fold=str.upper))
ask.mistake(
    "you dropped marks of all kinds, and the category that is asked for is one of three",
    _with(drop=lambda part: unicodedata.category(part).startswith("M")),
)
ask.mistake(
    "you asked for combining(), which is 0 for some marks of the category Mn",
    _with(drop=unicodedata.combining),
)


@ask.mistake("everything that is not ASCII is gone")
def _ascii(text):
    return _with(drop=lambda part: not part.isascii())(text)


ask.mistake("only letters and digits are left", _with(drop=lambda part: not (part.isalnum() or part == " ")))


@ask.mistake("the spaces are gone")
def _spaces_dropped(text):
    return _with(drop=lambda part: unicodedata.category(part) == "Mn" or part == " ")(text)


@ask.mistake("the places count the new text, not the original")
def _own_places(text):
    signs, _ = with_places(text)
    return signs, list(range(len(signs)))


@ask.mistake("the places count the text that was taken apart, not the original")
def _places_in_parts(text):
    """Places in the text that was taken apart, accents included."""
    apart = unicodedata.normalize("NFKD", text)
    found = [(sign.lower(), i) for i, sign in enumerate(apart) if unicodedata.category(sign) != "Mn"]
    return "".join(sign for sign, _ in found), [i for _, i in found]


@ask.mistake("you gave one place for every original sign, not for every new one")
def _one_per_original(text):
    signs, _ = with_places(text)
    return signs, list(range(len(text)))


@ask.mistake("the places count on within a sign that becomes several")
def _counted_on(text):
    signs, places = with_places(text)
    return signs, [place + places[:i].count(place) for i, place in enumerate(places)]


@ask.mistake("you gave a list of signs, and a string is asked for")
def _list_of_signs(text):
    signs, places = with_places(text)
    return list(signs), places


@ask.mistake("the places count from one")
def _from_one(text):
    signs, places = with_places(text)
    return signs, [place + 1 for place in places]


@ask.mistake("you look each sign up again, and find the first one like it")
def _found_again(text):
    signs, places = with_places(text)
    return signs, [text.index(text[place]) for place in places]


@ask.mistake("accents that float in the original are not counted as places of it")
def _accents_not_counted(text):
    return with_places("".join(sign for sign in text if unicodedata.category(sign) != "Mn"))


@ask.mistake("a text without signs gives nothing to unpack")
def _nothing_to_unpack(text):
    if not text:
        raise ValueError
    return with_places(text)


@ask.mistake("what is dropped got a place, too")
def _places_of_what_is_dropped(text):
    parts = [place for place, sign in enumerate(text) for _ in unicodedata.normalize("NFKD", sign)]
    return with_places(text)[0], parts


@ask.mistake("each sign is taken apart once, and its parts are not taken apart further")
def _apart_once(text):
    signs, places = [], []
    for place, sign in enumerate(text):
        codes = [code for code in unicodedata.decomposition(sign).split() if code[0] != "<"]
        for part in [chr(int(code, 16)) for code in codes] or [sign]:
            if unicodedata.category(part) != "Mn":
                signs.append(part.lower())
                places.append(place)
    return "".join(signs), places


@ask.mistake("a mark ends the sign that it belongs to, and parts of it may follow the mark")
def _stops_at_a_mark(text):
    signs, places = [], []
    for place, sign in enumerate(text):
        for part in unicodedata.normalize("NFKD", sign):
            if unicodedata.category(part) == "Mn":
                break
            signs.append(part.lower())
            places.append(place)
    return "".join(signs), places


@ask.mistake("the spaces at both ends are gone, and places begin behind them")
def _stripped(text):
    return with_places(text.strip())


@ask.mistake("the spaces were tidied up")
def _tidied(text):
    return with_places(" ".join(text.split()))


@ask.mistake("the quotes were replaced, as the chapter does, and that is not asked for here")
def _other_quotes(text):
    return with_places(text.replace("``", '"').replace("''", '"'))


@ask.mistake("signs that nobody sees are gone, whatever their category")
def _invisible_dropped(text):
    return _with(
        drop=lambda part: unicodedata.category(part)[0] == "C" or unicodedata.category(part) == "Mn"
    )(text)


@ask.mistake("of a sign that becomes several you kept the first part only")
def _first_parts(text):
    """Only the first part of each sign is kept."""
    signs, places = with_places(text)
    new = [i for i in range(len(places)) if i == 0 or places[i] != places[i - 1]]
    return "".join(signs[i] for i in new), [places[i] for i in new]


@ask.mistake("you gave beginnings and ends, and one number per sign is asked for")
def _spans(text):
    signs, places = with_places(text)
    return signs, [(place, place + 1) for place in places]


@ask.mistake("the places are missing")
def _only_the_text(text):
    return with_places(text)[0]


@ask.mistake("the text is missing")
def _only_the_places(text):
    return with_places(text)[1]


@ask.mistake("text and places are exchanged")
def _back_to_front(text):
    return with_places(text)[::-1]


def _normalized(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(sign.lower() for sign in apart if unicodedata.category(sign) != "Mn")


@ask.mistake("whole numbers are asked for, and these are floats: an id or a place looks something up")
def _float_places(text):
    signs, places = with_places(text)
    return signs, [float(place) for place in places]


@ask.right
def sign_by_sign(text: str) -> list:
    new = [_normalized(sign) for sign in text]
    return ["".join(new), list(itertools.chain.from_iterable([i] * len(part) for i, part in enumerate(new)))]


@ask.right
def with_pairs(text: str) -> tuple[str, tuple[int, ...]]:
    pairs = [(part, i) for i in range(len(text)) for part in unicodedata.normalize("NFKD", text[i])]
    kept = [(part.lower(), i) for part, i in pairs if unicodedata.category(part) != "Mn"]
    signs, places = zip(*kept, strict=True) if kept else ((), ())
    return "".join(signs), places


@ask.right
def with_two_loops(text: str) -> tuple[str, list[int]]:
    places = []
    for place, sign in enumerate(text):
        parts = [p for p in unicodedata.normalize("NFKD", sign.lower()) if unicodedata.category(p) != "Mn"]
        places.extend([place] * len(parts))
    return _normalized(text), places
