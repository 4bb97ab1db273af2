"""What fine-tuning has to beat, measured by the same code: the trivial answer, words alone, a probe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from albert_lab.downstream.classify import Label
from albert_lab.downstream.data import Splits
from albert_lab.downstream.labelled import LabelledText
from albert_lab.downstream.measures import Scores
from albert_lab.downstream.task import Reader
from albert_lab.errors import InputError
from albert_lab.vectors.extractor import Extractor

# C of the logistic regression, chosen on the development side: for words of length 1, and for vectors.
OF_WORDS, OF_VECTORS = (1.0, 10.0, 100.0), (0.001, 0.01, 0.1)
Texts = Sequence[LabelledText]


class Measured(NamedTuple):
    """One way to answer, and how good it is on the test side."""

    system: str
    scores: Scores


def compare(
    reader: Reader | None, data: Splits[LabelledText], *, source: str | Path | Extractor | None = None
) -> list[Measured]:
    """Trivial, bag of words, probe on frozen vectors and, if one is given, a fine-tuned network.

    Args:
        reader: the fine-tuned network; None leaves it out.
        source: the model whose frozen mean vectors the probe sees, as `Extractor.from_source` takes it.
    """
    from albert_lab.downstream.classify import Classify

    if reader is not None and not isinstance(reader.task, Classify):
        raise InputError(f"compare knows no baselines of {reader.task.name}.", expected="classify")
    extractor = source if isinstance(source, Extractor) else Extractor.from_source(source)
    systems: dict[str, Callable[[], Sequence[str]]] = {
        "trivial": lambda: trivial(data),
        "bag of words": lambda: bag_of_words(data),
        "probe": lambda: probe(data, lambda texts: extractor.embed(texts, progress=False)),
    }
    task, rows = Classify(), []
    for name, answer in systems.items():
        rows.append(Measured(name, task.scores(data.test, [Label(each, 1.0, {}) for each in answer()])))
    if reader is not None:
        rows.append(Measured("fine-tuned", reader.task.scores(data.test, reader.predict(data.test))))
    return rows


def trivial(data: Splits[LabelledText]) -> list[str]:
    """The most frequent label of the training side, for every test text."""
    (label, _), *_ = Counter(example.label for example in data.training).most_common(1)
    return [label] * len(data.test)


def bag_of_words(data: Splits[LabelledText]) -> list[str]:
    """Logistic regression on tf-idf of words and pairs of neighbouring words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    training = vectorizer.fit_transform([example.text for example in data.training])
    others = (
        vectorizer.transform([example.text for example in side]) for side in (data.development, data.test)
    )
    return _regression(data, OF_WORDS, training, *others)


def probe(data: Splits[LabelledText], embed: Callable[[list[str]], np.ndarray]) -> list[str]:
    """Logistic regression on frozen vectors (n, H), each number brought to mean 0 and deviation 1."""
    from sklearn.preprocessing import StandardScaler

    sides = (data.training, data.development, data.test)
    vectors = [embed([example.text for example in side]) for side in sides]
    scaler = StandardScaler().fit(vectors[0])
    return _regression(data, OF_VECTORS, *(scaler.transform(each) for each in vectors))


def _regression(
    data: Splits[LabelledText], strengths: Sequence[float], training: Any, development: Any, test: Any
) -> list[str]:
    """Labels of the test side by the strength that is best on the development side."""
    from sklearn.linear_model import LogisticRegression

    labels, known = ([example.label for example in side] for side in (data.training, data.development))
    fitted = [LogisticRegression(C=C, max_iter=1000, tol=1e-3).fit(training, labels) for C in strengths]
    right = [float(np.mean(each.predict(development) == np.array(known))) for each in fitted]
    return list(fitted[int(np.argmax(right))].predict(test))
