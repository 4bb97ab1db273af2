"""Needs that we wrote for common objects of the standard library: "wipe out a directory" for shutil.rmtree.

A sentence model is tuned on them (`albert_lab.tune.plain`), and at search time they stand beside the
documentation of their objects. No development question stands among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np

from albert_lab.retrieval.lexical import terms


@lru_cache(maxsize=1)
def written_needs() -> dict[str, tuple[str, ...]]:
    """The needs, by the objects that serve them: {"shutil.rmtree": ("wipe out a directory ...", ...)}."""
    found: dict[str, list[str]] = {}
    for line in (files("albert_lab.retrieval") / "needs.txt").read_text(encoding="utf-8").splitlines():
        names, *needs = (part.strip() for part in line.split("|"))
        for name in names.split():
            found.setdefault(name, []).extend(needs)
    return {name: tuple(needs) for name, needs in found.items()}


def alike(one: Collection[str], other: Collection[str], rarity: Callable[[str], float]) -> float:
    """Rarity of the stems that both have, over that of those that either has: a weighted Jaccard index."""
    both, either = set(one) & set(other), set(one) | set(other)
    return sum(map(rarity, both)) / max(sum(map(rarity, either)), 1e-9)


class Overlap:
    """How much of a question and of each of many short texts is the same, 0 to 1; see `alike`.

    Args:
        texts: what questions are compared with.
        rarity: of a stem, in nats.
    """

    def __init__(self, texts: Sequence[str], rarity: Callable[[str], float]) -> None:
        self._rarity, self._holding = rarity, defaultdict(list)
        self._worth = np.zeros(len(texts))
        for number, text in enumerate(texts):
            for term in set(terms(text)):
                self._holding[term].append(number)
        for term, numbers in self._holding.items():
            self._worth[numbers] += rarity(term)

    def __call__(self, question: str) -> np.ndarray:
        """(texts,) float64."""
        shared, asked = np.zeros(len(self._worth)), 0.0
        for term in set(terms(question)):
            worth = self._rarity(term)
            asked += worth
            shared[self._holding.get(term, [])] += worth
        return shared / np.maximum(self._worth + asked - shared, 1e-9)
