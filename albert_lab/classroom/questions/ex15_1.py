"""ex15_1: the labels of words as targets of pieces."""

from __future__ import annotations

from itertools import groupby

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex15_1",
    title="Targets for pieces",
    kind="implement",
    objectives=("LO-15.1",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=5,
    why=(
        "The network answers for pieces and the label belongs to a word, so one piece has to speak for it; "
        "-100 keeps the others out of the loss. Where every piece is asked, only the first may begin a span: "
        "else one long word would count as several."
    ),
)

WordIds = list[int | None]
IGNORED = -100


@ask.reference
def piece_targets(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    targets, before = [], None
    for word in word_ids:
        if word is None or (word == before and not every):
            targets.append(IGNORED)
        elif word == before and tags[word].startswith("B-"):
            targets.append(number_of["I-" + tags[word][2:]])
        else:
            targets.append(number_of[tags[word]])
        before = word
    return targets


ask.use(call_for_whole_numbers)


def _numbers(draw: Draw, *kinds: str) -> dict[str, int]:
    """A number for O and for B and I of each kind, in a random order."""
    names = ["O", *(f"{side}-{kind}" for kind in kinds for side in "BI")]
    order = sorted((int(draw.integers(0, 10**6, 1)), number) for number in range(len(names)))
    return {name: place for name, (_, place) in zip(names, order, strict=True)}


def _text(draw: Draw, names: list[str], words: int) -> tuple[WordIds, list[str]]:
    """A text of so many words, of one to four pieces each, between two special tokens."""
    ids = [word for word in range(words) for _ in range(draw.integer(1, 4))]
    return [None, *ids, None], [draw.choice(names) for _ in range(words)]


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand both ways, equal neighbours, one word, cut off, padding, a pair, odd names, random."""
    roles = _numbers(draw, "action", "object")
    ids, tags = [None, 0, 1, 1, 2, 3, 3, 3, None], ["B-action", "B-object", "I-object", "O"]
    odd = _numbers(draw, "built-in", "B-tree")
    long_ids, long_tags = _text(draw, list(roles), 12)
    pair = [None, 0, 0, 1, None, None, 2, 3, 3, None]
    return [
        Case("first pieces only, by hand", (ids, tags, roles, False)),
        Case("every piece, by hand", (ids, tags, roles, True)),
        Case("two words with the same label", ([None, 0, 1, 1, None], ["O", "O"], roles, False)),
        Case("two spans side by side, every piece", ([0, 0, 1, 1], ["B-object", "B-object"], roles, True)),
        Case("one word in four pieces", ([None, 0, 0, 0, 0, None], ["B-action"], roles, False)),
        Case("padding at the end", ([None, 0, 0, 1, None, None, None], tags[:2], roles, True)),
        Case("a word without a piece", ([None, 0, 2, 2, None], tags, roles, False)),
        Case("the text is cut off: fewer pieces than words", ([None, 0, 1], tags, roles, True)),
        Case("special tokens within", (pair, tags, roles, False)),
        Case("special tokens within, every piece", (pair, tags, roles, True)),
        Case("labels with a hyphen, every piece", ([0, 0, 1, 1, 1], ["B-built-in", "I-B-tree"], odd, True)),
        Case("a label that begins with B-, every piece", ([0, 0, 1], ["B-B-tree", "O"], odd, True)),
        Case("twelve words", (long_ids, long_tags, roles, False)),
        Case("twelve words, every piece", (long_ids, long_tags, roles, True)),
        Case("nothing but special tokens", ([None, None], [], roles, False)),
    ]


@ask.mistake("all pieces of a word get its label, a beginning in each of them")
def _all_the_same(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    return [IGNORED if word is None else number_of[tags[word]] for word in word_ids]


@ask.mistake("where every piece is asked, each piece of a word begins a span of its own")
def _begins_again(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    return (_all_the_same if every else piece_targets)(word_ids, tags, number_of, every)


@ask.mistake("the first pieces alone are labelled, though every piece is asked")
def _first_only(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    return piece_targets(word_ids, tags, number_of, False)


@ask.mistake("every piece is labelled, though only first pieces are asked")
def _every_piece(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    return piece_targets(word_ids, tags, number_of, True)


@ask.mistake("`every` is taken the other way round")
def _turned(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    return piece_targets(word_ids, tags, number_of, not every)


@ask.mistake("the other pieces are labelled O, so that they count in the loss")
def _others_outside(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    made = piece_targets(word_ids, tags, number_of, every)
    pairs = zip(word_ids, made, strict=True)
    return [number_of["O"] if word is not None and one == IGNORED else one for word, one in pairs]


@ask.mistake("special tokens are labelled O, so that they count in the loss")
def _special_outside(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    made = piece_targets(word_ids, tags, number_of, every)
    return [number_of["O"] if word is None else one for word, one in zip(word_ids, made, strict=True)]


@ask.mistake("word 0 is taken for a special token: the number 0 counts as false")
def _zero_lost(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    return piece_targets([word or None for word in word_ids], tags, number_of, every)


@ask.mistake("a word's last piece speaks for it, and not its first")
def _last_piece(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    return piece_targets(word_ids[::-1], tags, number_of, every)[::-1]


@ask.mistake(
    "a piece is taken for a further one where its label, and not its word, is that of the one before"
)
def _by_label(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    targets, before = [], None
    for word in word_ids:
        tag = None if word is None else tags[word]
        if tag is None or (tag == before and not every):
            targets.append(IGNORED)
        else:
            targets.append(number_of["I-" + tag[2:] if tag == before and tag[0] == "B" else tag])
        before = tag
    return targets


@ask.mistake("the tags are gone through piece by piece; they belong to words")
def _tag_by_place(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    given = iter(tags)
    return [IGNORED if word is None else number_of.get(next(given, "O"), IGNORED) for word in word_ids]


@ask.mistake("a word without a piece is not passed over: all labels after it are moved")
def _counted_on(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    known = {word: place for place, word in enumerate(dict.fromkeys(w for w in word_ids if w is not None))}
    return piece_targets([None if w is None else known[w] for w in word_ids], tags, number_of, every)


@ask.mistake("the special tokens are left out of the result; each piece needs a target")
def _shortened(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    made = piece_targets(word_ids, tags, number_of, every)
    return [one for word, one in zip(word_ids, made, strict=True) if word is not None]


@ask.mistake("you return the labels' names; their numbers are asked for")
def _names(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list:
    name_of = {number: name for name, number in number_of.items()} | {IGNORED: IGNORED}
    return [name_of[one] for one in piece_targets(word_ids, tags, number_of, every)]


@ask.mistake("what does not count is marked -1; torch passes over -100")
def _minus_one(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    return [-1 if one == IGNORED else one for one in piece_targets(word_ids, tags, number_of, every)]


@ask.mistake("B- is replaced wherever it stands in a label")
def _replaced(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    targets, before = [], None
    for word in word_ids:
        if word is None or (word == before and not every):
            targets.append(IGNORED)
        else:
            tag = tags[word].replace("B-", "I-") if word == before else tags[word]
            targets.append(number_of.get(tag, IGNORED))
        before = word
    return targets


@ask.mistake("a label ends for you at its second hyphen")
def _cut_label(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    short = ["-".join(tag.split("-")[:2]) for tag in tags]
    known = {tag: number_of.get(tag, IGNORED) for tag in [*short, *number_of]}
    known |= {f"I-{tag[2:]}": known.get(f"I-{tag[2:]}", IGNORED) for tag in short if tag[0] == "B"}
    return piece_targets(word_ids, short, known, every)


@ask.mistake("whole numbers are asked for, and these are floats: a target is the number of a column")
def _floats(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[float]:
    return [float(one) for one in piece_targets(word_ids, tags, number_of, every)]


@ask.right
def by_groups(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    targets = []
    for word, pieces in groupby(word_ids):
        count = len(list(pieces))
        if word is None:
            targets += [-100] * count
            continue
        further = number_of[tags[word] if tags[word] == "O" else f"I{tags[word][1:]}"] if every else -100
        targets += [number_of[tags[word]], *[further] * (count - 1)]
    return targets


@ask.right
def with_a_set(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> list[int]:
    seen: set[int] = set()
    targets = []
    for word in word_ids:
        if word is None:
            targets.append(-100)
            continue
        side, _, label = tags[word].partition("-")
        inside = f"I-{label}" if side == "B" else tags[word]
        targets.append(number_of[tags[word]] if word not in seen else number_of[inside] if every else -100)
        seen.add(word)
    return targets


@ask.right
def with_pairs(word_ids: WordIds, tags: list[str], number_of: dict[str, int], every: bool) -> tuple[int, ...]:
    def target(before: int | None, word: int | None) -> int:
        if word is None:
            return -100
        if before != word:
            return number_of[tags[word]]
        return (
            number_of[tags[word].replace("B-", "I-", 1) if tags[word][0] == "B" else tags[word]]
            if every
            else -100
        )

    return tuple(map(target, [None, *word_ids], word_ids))
