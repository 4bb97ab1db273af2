"""How good predictions are, with the interval that resampling the examples gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from albert_lab.downstream.labelled import Span
from albert_lab.vectors.evaluate import Interval, bootstrap

Scores = Mapping[str, Interval]


def resampled(
    counts: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """A measure of sums, such as F1, and its percentile interval over examples drawn with replacement.

    Args:
        counts: (n, m), what each example adds to the m sums.
        statistic: sums (r, m) -> values (r,).
    """
    counts = np.asarray(counts, dtype=np.float64)
    n = len(counts)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)  # (r, n)
    values = statistic(drawn @ counts)
    outside = (1 - level) / 2
    low, high = np.quantile(values, [outside, 1 - outside])
    return Interval(float(statistic(counts.sum(0, keepdims=True))[0]), float(low), float(high))


def f1_of_sums(sums: np.ndarray) -> np.ndarray:
    """2·right / (predicted + true); 0 where there is neither. (..., 3) of right, predicted, true -> (...)."""
    right, predicted, true = np.moveaxis(sums, -1, 0)
    return 2 * right / np.maximum(predicted + true, 1e-12)


def classification_scores(gold: Sequence[str], predicted: Sequence[str]) -> Scores:
    """Accuracy, and F1 averaged over the labels that occur on either side (scikit-learn's macro F1)."""
    occurring = sorted({*gold, *predicted})
    true = np.array([[label == each for each in occurring] for label in gold])  # (n, K)
    said = np.array([[label == each for each in occurring] for label in predicted])
    counts = np.stack([true & said, said, true], axis=-1).astype(float)  # (n, K, 3)
    shape = counts.shape[1:]
    return {
        "accuracy": bootstrap((true & said).sum(1)),
        "macro_f1": resampled(
            counts.reshape(len(counts), -1), lambda sums: f1_of_sums(sums.reshape(-1, *shape)).mean(-1)
        ),
    }


def span_scores(gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]) -> Scores:
    """F1, precision and recall of whole spans: right are those with the same place and the same label."""
    pairs = zip(gold, predicted, strict=True)
    counts = np.array([(len({*true} & {*said}), len(said), len(true)) for true, said in pairs])

    def share(of: int) -> Callable[[np.ndarray], np.ndarray]:
        return lambda sums: sums[:, 0] / np.maximum(sums[:, of], 1e-12)

    return {
        "f1": resampled(counts, f1_of_sums),
        "precision": resampled(counts, share(1)),
        "recall": resampled(counts, share(2)),
    }
