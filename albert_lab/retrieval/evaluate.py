"""How good rankings are: one number for each question, whose mean is the measure (MRR@k, recall@k, nDCG@k).

`albert_lab.vectors.evaluate.bootstrap` tells how far such a mean may be off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np

from albert_lab.errors import InputError
from albert_lab.retrieval.questions import Question
from albert_lab.vectors.evaluate import Interval, bootstrap


class Measured(NamedTuple):
    """What one search reached on a set of questions."""

    mrr: Interval
    recall: Interval
    ndcg: Interval
    questions: int


def reciprocal_ranks(
    rankings: Sequence[Sequence[str]], accepted: Sequence[Collection[str]], k: int = 10
) -> np.ndarray:
    """1 / rank of the first accepted object among the first k, 0 without one: (questions,); mean = MRR@k."""
    return np.array([1 / (row.argmax() + 1) if row.any() else 0.0 for row in _right(rankings, accepted, k)])


def recalls(
    rankings: Sequence[Sequence[str]], accepted: Sequence[Collection[str]], k: int = 10
) -> np.ndarray:
    """1 where an accepted object is among the first k, else 0: (questions,); mean = recall@k.

    Any one of the accepted objects serves the need, so that finding one of them is finding it. (Elsewhere
    this is called success@k or hit rate, where recall is the share of all right documents.)
    """
    return np.array([float(row.any()) for row in _right(rankings, accepted, k)])


def gains(rankings: Sequence[Sequence[str]], accepted: Sequence[Collection[str]], k: int = 10) -> np.ndarray:
    """nDCG@k of each question, (questions,): every accepted object gains 1, discounted by log2(rank + 1).

    Divided by the gain of the best ranking, which has all accepted objects in front (Järvelin and Kekäläinen
    2002, with binary relevance).
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))  # (k,)
    found = []
    for row, right in zip(_right(rankings, accepted, k), accepted, strict=True):
        found.append(float(discounts[: len(row)] @ row) / float(discounts[: len(set(right))].sum()))
    return np.array(found)


def measure(
    rank: Callable[[str], Sequence[str]], questions: Sequence[Question], k: int = 10, *, seed: int = 0
) -> Measured:
    """MRR@k, recall@k and nDCG@k with 95 % intervals of a search, given as question -> names, best first.

    Raises:
        InputError: no questions, or k below 1.
    """
    rankings = [rank(question.question) for question in questions]
    accepted = [question.accepted for question in questions]
    measures = (reciprocal_ranks, recalls, gains)
    intervals = [bootstrap(values(rankings, accepted, k), seed=seed) for values in measures]
    return Measured(*intervals, len(questions))


def _right(
    rankings: Sequence[Sequence[str]], accepted: Sequence[Collection[str]], k: int
) -> list[np.ndarray]:
    """For each question, which of the first k answers are accepted, each object counted once."""
    if k < 1:
        raise InputError(f"k={k}.", expected="at least 1")
    if len(rankings) != len(accepted) or not len(rankings):
        raise InputError(
            f"{len(rankings)} rankings, {len(accepted)} questions.", expected="one each, at least one"
        )
    if not all(accepted):
        raise InputError("A question accepts nothing.", expected="at least one right object for each")
    rows = []
    for ranking, right in zip(rankings, accepted, strict=True):
        first = list(dict.fromkeys(ranking))[:k]
        rows.append(np.array([name in right for name in first], dtype=bool))
    return rows
