"""What of a question carries something, and which objects it calls by their name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

import numpy as np

from albert_lab.retrieval.lexical import says_nothing, stem, terms, words

LANGUAGE = "python"
_LONGEST_NAME = 6  # words
_STOP_WORD = 0.3  # nats; a name may hold one (PurePath.with_name)


def telling(question: str, silent: Collection[str]) -> str:
    """A question without the names of what is searched anyway, "in python 3" for one.

    Four of five questions about Python say so; the word tells nothing of what is wanted. A question that
    has nothing else stays as it is.
    """
    names = "|".join(re.escape(name) for name in sorted(silent, key=len, reverse=True))
    if not names:
        return question
    version = r"(?:\s?\d+(?:\.\d+)*)?"
    named = rf"(?:\b(?:in|using|with|for)\s+)?(?<![\w.])(?:{names}){version}(?!\w|\.\w)[:,-]*"
    rest = " ".join(re.sub(named, " ", question, flags=re.IGNORECASE).split()).strip(" ?-:,")
    return rest if terms(rest) else question


def called(name: str) -> list[str]:
    """What an object may be called, written in one go: os.path.join -> ospathjoin, pathjoin, join.

    A note is called by its heading.
    """
    parts = [name.rpartition(": ")[2]] if ": " in name or " " in name else name.split(".")
    return ["".join(words(" ".join(parts[first:]))) for first in range(len(parts))]


class Names:
    """Which objects a question names, in any way of writing: copy tree, copyTree, copy_tree."""

    def __init__(self, names: Iterable[str]) -> None:
        self._objects: dict[str, list[int]] = defaultdict(list)
        self._count = 0
        for number, name in enumerate(names):
            for written in called(name):
                self._objects[written].append(number)
            self._count += 1

    def shares(
        self, question: str, rarity: Callable[[str], float], silent: Collection[str] = ()
    ) -> np.ndarray:
        """How much of a question is an object's name, (n,) float32: 1 = all of it, by rarity of its words."""
        asked = words(question)
        worth = [_STOP_WORD if says_nothing(word) or word in silent else rarity(stem(word)) for word in asked]
        total = max(sum(worth), 1e-9)
        shares = np.zeros(self._count, dtype=np.float32)
        for first in range(len(asked)):
            for last in range(first + 1, min(len(asked), first + _LONGEST_NAME) + 1):
                if found := self._objects.get("".join(asked[first:last])):
                    shares[found] = np.maximum(shares[found], sum(worth[first:last]) / total)
        return shares
