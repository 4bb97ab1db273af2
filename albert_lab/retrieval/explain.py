"""Why an object was found: which words of the question met which words of its documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from albert_lab.retrieval.lexical import says_nothing, stem, words

if TYPE_CHECKING:
    from albert_lab.vectors.extractor import Extractor

_SHORTEST_PART = 3


class Meeting(NamedTuple):
    """A word of the question and the word of the document that it met.

    Attributes:
        asked, found: the two words; `found` is "" where the word stands in the body alone.
        where: "name", "summary" or "text" for the same word or a form of it, "meaning" for words whose
            vectors are near.
        cosine: of the two words' vectors for "meaning", 1 for the others.
    """

    asked: str
    found: str
    where: str
    cosine: float


def meetings(
    question: str,
    name: str,
    summary: str,
    *,
    in_text: Callable[[str], bool] = lambda word: False,
    extractor: Extractor | None = None,
) -> list[Meeting]:
    """For each telling word of the question its best partner in a document, in the question's order.

    Args:
        in_text: whether the document's words, its body included, have a word.
        extractor: brings words together whose vectors are near; None: only the same words meet.
    """
    asked = [word for word in dict.fromkeys(words(question)) if not says_nothing(word)]
    found = {word: _same_word(word, name, summary, in_text) for word in asked}
    missing = [word for word in asked if found[word] is None]
    if extractor is not None and missing:
        found |= _near_words(question, missing, f"{' '.join(words(name))}. {summary}", extractor)
    return [found[word] for word in asked if found[word] is not None]


def _same_word(word: str, name: str, summary: str, in_text: Callable[[str], bool]) -> Meeting | None:
    for where, text in (("name", name), ("summary", summary)):
        for other in words(text):
            if stem(other) == stem(word):
                return Meeting(word, other, where, 1.0)
    for part in words(name):  # copytree has "tree" in it
        if len(word) >= _SHORTEST_PART and stem(word) in part:
            return Meeting(word, part, "name", 1.0)
    return Meeting(word, "", "text", 1.0) if in_text(word) else None


def _near_words(
    question: str, missing: list[str], text: str, extractor: Extractor
) -> dict[str, Meeting | None]:
    """The document's word whose vector, in its sentence, is nearest to that of each missing word."""
    theirs, ours = extractor.embed([text, question], "word", progress=False)
    kept = [i for i, word in enumerate(theirs.words) if not says_nothing(word.lower()) and word.isalnum()]
    if not kept:
        return {}
    unit = theirs.vectors[kept] / np.linalg.norm(theirs.vectors[kept], axis=1, keepdims=True)
    near: dict[str, Meeting | None] = {}
    for word, vector in zip(ours.words, ours.vectors, strict=True):
        for part in words(word):
            if part in missing and part not in near:
                cosines = unit @ vector / np.linalg.norm(vector)
                best = int(cosines.argmax())
                near[part] = Meeting(
                    part, theirs.words[kept[best]], "meaning", round(float(cosines[best]), 3)
                )
    return near
