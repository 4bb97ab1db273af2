"""How good vectors are, and how sure one can be of a mean.

Vectors: `alignment`, `uniformity`, `anisotropy`. Graded pairs: `spearman`. Any mean of numbers: `bootstrap`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from albert_lab.errors import InputError


class Interval(NamedTuple):
    """A mean, and the bounds between which it lies in 95 of 100 resamplings (or another share)."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


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


def _unit(vectors: Any) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2:
        raise InputError(f"The vectors have shape {vectors.shape}.", expected="(n, H)")
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
