"""How good vectors and rankings are, and how sure one can be of the number.

Rankings: `reciprocal_ranks`, `recalls` and `gains` give one number for each question; their mean is the
measure (MRR@k, recall@k, nDCG@k), and `bootstrap` tells how far that mean may be off. Vectors: `alignment`,
`uniformity`, `anisotropy`. Graded pairs: `spearman`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from albert_lab.errors import InputError
from albert_lab.vectors.questions import Question


class Interval(NamedTuple):
    """A mean, and the bounds between which it lies in 95 of 100 resamplings (or another share)."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


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


def bootstrap(values: np.ndarray, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0) -> Interval:
    """The mean of values (n,) and its percentile interval: means of n values drawn with replacement.

    For the difference of two searches pass the differences question by question: the two have met the same
    easy and hard questions, so that their difference is surer than either number.

    Raises:
        InputError: no values, or a level outside (0, 1).
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise InputError(f"values has shape {values.shape}.", expected="one finite number for each question")
    if not 0 < level < 1:
        raise InputError(f"level={level}.", expected="between 0 and 1, such as 0.95")
    drawn = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    outside = (1 - level) / 2
    low, high = np.quantile(values[drawn].mean(axis=1), [outside, 1 - outside])
    return Interval(float(values.mean()), float(low), float(high))


def alignment(first: np.ndarray, second: np.ndarray, power: float = 2.0) -> float:
    """Mean of ‖x - y‖^power over pairs of unit vectors, both (n, H): 0 if partners coincide.

    Wang and Isola 2020 (arXiv 2005.10242), section 4.1.1. Vectors of other length are brought to length 1.

    Raises:
        InputError: shapes that differ.
    """
    first, second = _unit(first), _unit(second)
    if first.shape != second.shape:
        raise InputError(f"{first.shape} and {second.shape} differ.", expected="a partner for every vector")
    return float((np.linalg.norm(first - second, axis=1) ** power).mean())


def uniformity(vectors: np.ndarray, t: float = 2.0) -> float:
    """log of the mean of exp(-t ‖x - y‖²) over all pairs of unit vectors (n, H): the lower, the more spread.

    0 if all coincide; about -t·2 + log-corrections, near -4 for t = 2, on a sphere of many dimensions. Wang
    and Isola 2020, section 4.1.2. All n(n-1)/2 pairs are computed: a few thousand vectors are enough.

    Raises:
        InputError: fewer than two vectors.
    """
    vectors = _unit(vectors)
    if len(vectors) < 2:
        raise InputError("uniformity needs pairs.", expected="at least two vectors")
    upper = np.triu_indices(len(vectors), 1)
    squares = np.maximum(2 - 2 * (vectors @ vectors.T)[upper], 0)  # ‖x - y‖² of unit vectors
    return float(np.log(np.exp(-t * squares).mean()))


def anisotropy(vectors: np.ndarray, pairs: int = 10_000, *, seed: int = 0) -> float:
    """Mean cosine of random pairs of different vectors (n, H): 0 for vectors of all directions.

    Near 1 the vectors share one direction, a cone, and a cosine of 0.9 says nothing (Ethayarajh 2019,
    arXiv 1909.00512, section 4.1). Compare every cosine with this number.

    Raises:
        InputError: fewer than two vectors.
    """
    vectors = _unit(vectors)
    if len(vectors) < 2:
        raise InputError("anisotropy needs pairs.", expected="at least two vectors")
    rng = np.random.default_rng(seed)
    left = rng.integers(len(vectors), size=pairs)
    right = (left + rng.integers(1, len(vectors), size=pairs)) % len(vectors)  # never left itself
    return float((vectors[left] * vectors[right]).sum(axis=1).mean())


def spearman(scores: np.ndarray, grades: np.ndarray) -> float:
    """Rank correlation of scores with grades, both (n,): Pearson's of the ranks, equal values sharing theirs.

    Raises:
        InputError: shapes that differ, fewer than two pairs, or one side that is constant.
    """
    scores, grades = np.asarray(scores, dtype=np.float64), np.asarray(grades, dtype=np.float64)
    if scores.shape != grades.shape or scores.ndim != 1:
        raise InputError(
            f"{scores.shape} and {grades.shape}.", expected="two arrays (n,), a grade for each score"
        )
    if len(np.unique(scores)) < 2 or len(np.unique(grades)) < 2:
        raise InputError("One side has the same value throughout.", expected="at least two different values")
    return float(np.corrcoef(_ranks(scores), _ranks(grades))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties at the mean of their places: (n,) -> (n,)."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[which]


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


def _unit(vectors: Any) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2:
        raise InputError(f"The vectors have shape {vectors.shape}.", expected="(n, H)")
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
