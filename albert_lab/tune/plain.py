"""Needs in plain words to train on: written down for common objects, or a summary said differently.

A docstring says "Recursively delete a directory tree", a person asks "how to get rid of a folder". No
docstring teaches that the two belong together, so two files do: `written_needs` are needs that we wrote for
objects of the standard library, ``everyday.txt`` holds everyday words for words of the documentation.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from importlib.resources import files

from albert_lab.retrieval.lexical import says_nothing
from albert_lab.retrieval.needs import written_needs as written_needs

_EVERYDAY, _DROPPED, _LITTLE, _ASKED = 0.35, 0.12, 0.3, 0.15  # how often: other word, no word, ..., "how to"
_BEGINNINGS = ("how to ", "how do i ", "i want to ", "i need to ")
_QUESTIONS = frozenset(
    ["is", "are", "does", "do", "may", "can", "did", "how", "which", "what", "where", "who"]
)
_ANSWERS = re.compile(r"^(?:Returns?|Gets?)(?: the| an?)?(?: new| list of| string)? (?=\w)")


@lru_cache(maxsize=1)
def everyday_words() -> dict[str, tuple[str, ...]]:
    """What people say for a word of the documentation: {"directory": ("folder",), ...}; plurals too."""
    known = {word: tuple(others) for word, *others in _rows("everyday.txt")}
    return {f"{word}s": others for word, others in known.items()} | known


def said_differently(text: str, rng: random.Random) -> str:
    """A text with everyday words, without some of its words, at times begun as a question; never empty."""
    everyday, words, said = everyday_words(), text.split(), []
    for word in words:
        plain = word.lower().strip(".,;:()'\"")
        if plain in everyday and rng.random() < _EVERYDAY:
            said.append(rng.choice(everyday[plain]))
        elif not rng.random() < (_LITTLE if says_nothing(plain) else _DROPPED if len(words) > 3 else 0):
            said.append(word)
    answer = " ".join(said) or text
    if rng.random() < _ASKED and words and words[0].lower() not in _QUESTIONS:
        return rng.choice(_BEGINNINGS) + answer
    return answer


def summary_as_need(summary: str, name: str, rng: random.Random) -> str:
    """A summary said as a need: often without "Return the", and without the words of the object's name."""
    need = summary.strip().rstrip(".")
    if rng.random() < 0.5:
        need = _ANSWERS.sub("", need)
    if rng.random() < 0.4:
        need = " ".join(word for word in need.split() if word.lower() not in name.split()) or need
    return said_differently(need, rng)


def _rows(file: str) -> list[list[str]]:
    text = (files("albert_lab.tune") / file).read_text(encoding="utf-8")
    return [[part.strip() for part in line.split("|")] for line in text.splitlines() if line.strip()]
