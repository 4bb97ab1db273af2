"""One score from all that speaks for a document: words, meaning, use, and its name.

    score = w / (best w) + 1.5 coverage² + Λ (c + 0.9 c⁶) + 3 share⁶ + 2 summary³
            + (1 - t²) (use + overlap + 0.2 Λ d) - 0.7 borrowed         with Λ = λ n/(n + 20)

    w         BM25 over the documentation, the needs written for it and the comments near its calls
    coverage  BM25 over the documentation alone, as a part of what the question's words could give at most
    c         the cosine with the documentation or with the nearest of its needs; of c⁶ only positive ones
    d         the cosine with the nearest need alone, where it is positive
    n         documents: the fewer there are, the less a cosine says about which of them is meant
    t         the greatest coverage of any document: how sure the words are
    use       log(1 + files that use the object), 0 to 1
    overlap   how much of the question and of the nearest need is the same, word for word
    share     how much of the question (by rarity of its words) is the object's name, word for word
    summary   how much of the question and of the object's name and summary is the same
    borrowed  1 for objects without a documentation of their own: theirs begins with their owner's

Coverage, cosine, share and summary grow faster than their evidence: a document that has all rare words of a
question wins over one whose vector is a little nearer, and a vector that is very near wins over words that
hardly fit. So a name that is asked for comes first, the only note with a rare word too, and a need in other
words is found by its meaning. What is only true of most questions, that people want what is much used or
what we wrote needs for, counts the less, the more surely one document has the question's words: a rare
object that is asked for is found. The constants were chosen on questions that report nothing; see
benchmarks/search_quality.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RAW_WEIGHT, SENTENCE_WEIGHT = 0.2, 2.5  # λ, for vectors of a language model and of a sentence model
FEW = 20


@dataclass(frozen=True)
class Weights:
    """How much each part counts; 0 leaves it out. Of `needs` and `comments` against the documentation."""

    needs: float = 0.4
    comments: float = 0.8
    coverage: float = 1.5
    sure: float = 0.9
    use: float = 1.0
    name: float = 3.0
    overlap: float = 1.0
    nearest: float = 0.2
    summary: float = 2.0
    borrowed: float = 0.7


@dataclass(frozen=True)
class Evidence:
    """What speaks for each of n documents, all (n,); no cosines where the question has no vector.

    Attributes:
        words, needs, comments: BM25 over the documentation, the needs, the comments.
        overlap: of the question with the nearest need, 0 to 1; 0 where none is written.
        coverage: of `words`, 0 to 1.
        summary, borrowed: as in the formula.
        cosines: with the documentation.
        need_cosines: with the nearest need; -1 where none is written.
        use, share: as in the formula.
    """

    words: np.ndarray
    needs: np.ndarray
    comments: np.ndarray
    overlap: np.ndarray
    coverage: np.ndarray
    summary: np.ndarray
    borrowed: np.ndarray
    cosines: np.ndarray | None
    need_cosines: np.ndarray | None
    use: np.ndarray
    share: np.ndarray


def fused(
    evidence: Evidence, cosine_weight: float, weights: Weights, *, must_share: bool = False
) -> np.ndarray:
    """The score of every document, (n,) float32; with `must_share`, 0 for those that share no word."""
    words = evidence.words + weights.needs * evidence.needs + weights.comments * evidence.comments
    scores = words / max(float(words.max(initial=0)), 1e-9) + weights.coverage * evidence.coverage**2
    scores += weights.name * evidence.share**6 + weights.summary * evidence.summary**3
    scores -= weights.borrowed * evidence.borrowed
    common = weights.use * evidence.use + weights.overlap * evidence.overlap
    if evidence.cosines is not None:
        cosines, n = evidence.cosines, len(evidence.cosines)
        trust = cosine_weight * n / (n + FEW)
        common = common + trust * weights.nearest * np.maximum(evidence.need_cosines, 0)
        if weights.needs:
            cosines = np.maximum(cosines, evidence.need_cosines)
        scores += trust * (cosines + weights.sure * np.maximum(cosines, 0) ** 6)
    doubt = 1 - min(float(evidence.coverage.max(initial=0)), 1) ** 2
    scores += doubt * common
    return np.where(words > 0, scores, 0) if must_share else scores
