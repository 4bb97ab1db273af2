"""What fine-tuning has to beat, measured by the same code: the trivial answer, words alone, a probe."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from albert_lab.downstream.answer import Answer, AnswerTask
from albert_lab.downstream.classify import Label
from albert_lab.downstream.data import Splits
from albert_lab.downstream.labelled import LabelledText, Question, TaggedText, TextPair
from albert_lab.downstream.measures import Scores
from albert_lab.downstream.tag import OUTSIDE, Tags, spans_of_tags, words_and_tags
from albert_lab.downstream.task import Reader, Task
from albert_lab.downstream.translate import Translation, nearest_translations, word_by_word
from albert_lab.text.batches import word_spans
from albert_lab.vectors.extractor import Extractor

# C of the logistic regression, chosen on the development side: for words of length 1, and for vectors.
OF_WORDS, OF_VECTORS = (1.0, 10.0, 100.0), (0.001, 0.01, 0.1)


class Measured(NamedTuple):
    """One way to answer, and how good it is on the test side."""

    system: str
    scores: Scores


def compare(
    task: Task,
    data: Splits[Any],
    reader: Reader | None = None,
    *,
    source: str | Path | Extractor | None = None,
) -> list[Measured]:
    """Trivial, words alone, probe on frozen vectors and, if one is given, a fine-tuned network.

    Args:
        reader: the fine-tuned network; None leaves it out.
        source: the model whose frozen vectors the probe sees, as `Extractor.from_source` takes it.
    """
    extractor = source if isinstance(source, Extractor) else Extractor.from_source(source)
    rows = [
        Measured(name, task.scores(data.test, answer))
        for name, answer in _ANSWERS[task.name](data, extractor)
    ]
    if reader is not None:
        rows.append(Measured("fine-tuned", task.scores(data.test, reader.predict(data.test))))
    return rows


def _labels(data: Splits[LabelledText], extractor: Extractor) -> Iterator[tuple[str, list[Label]]]:
    answers = {
        "trivial": trivial(data),
        "bag of words": bag_of_words(data),
        "probe": probe(data, lambda texts: extractor.embed(texts, progress=False)),
    }
    for name, labels in answers.items():
        yield name, [Label(each, 1.0, {}) for each in labels]


def _tags(data: Splits[TaggedText], extractor: Extractor) -> Iterator[tuple[str, list[Tags]]]:
    yield "trivial", [Tags(()) for _ in data.test]  # most words are outside
    for name, tags in (("words", word_tags(data)), ("probe", tag_probe(data, extractor))):
        words = (word_spans(example.text) for example in data.test)
        yield name, [Tags(tuple(spans_of_tags(w, t))) for w, t in zip(words, tags, strict=True)]


def _spans(data: Splits[Question], extractor: Extractor) -> Iterator[tuple[str, list[Answer]]]:
    yield "trivial", [Answer("") for _ in data.test]
    yield "words", nearest_sentences(data)
    yield "probe", span_probe(data, extractor)


def _translations(data: Splits[TextPair], extractor: Extractor) -> Iterator[tuple[str, list[Translation]]]:
    yield "trivial", word_by_word(data)
    yield "words", nearest_translations(data)  # a probe has nothing to say: it cannot write


_ANSWERS: Mapping[str, Callable[[Splits[Any], Extractor], Iterator[tuple[str, list[Any]]]]] = {
    "classify": _labels,
    "tag": _tags,
    "answer": _spans,
    "translate": _translations,
}


def nearest_sentences(data: Splits[Question]) -> list[Answer]:
    """The sentence of the context that shares most words with the question; rare ones count more."""
    contexts = [_words(example.context) for example in data.training]
    seen = Counter(word for words in contexts for word in words)
    answers = []
    for example in data.test:
        asked = _words(example.question)
        parts = [match.span() for match in re.finditer(r"\S.*?(?:\.(?=\s)|$)", example.context)]
        shared = [asked & _words(example.context[start:stop]) for start, stop in parts]
        worth = [sum(np.log((1 + len(contexts)) / (1 + seen[word])) for word in words) for words in shared]
        start, stop = parts[int(np.argmax(worth))]
        answers.append(Answer(example.context[start:stop], start, stop))
    return answers


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w+", text)}


def span_probe(data: Splits[Question], extractor: Extractor) -> list[Answer]:
    """Logistic regression on frozen token states: is this the first, is this the last token of the answer?

    Of each training input the answer's token and four others are seen.
    """
    from sklearn.linear_model import LogisticRegression

    task = AnswerTask()
    reader = Reader(task, extractor.model, extractor._encoder.backend, (), extractor.max_length)
    rng, rows, marks = np.random.default_rng(0), ([], []), ([], [])
    for encoded, states in reader.states(data.training):
        for side, target in enumerate(encoded.targets):
            some = np.unique([target, *rng.integers(len(encoded.ids), size=4)])
            rows[side].append(states[some])
            marks[side].append(some == target)
    fitted = [
        LogisticRegression(C=0.1, max_iter=1000, tol=1e-3).fit(np.concatenate(x), np.concatenate(y))
        for x, y in zip(rows, marks, strict=True)
    ]
    outputs: list[list[Any]] = [[] for _ in data.test]
    for encoded, states in reader.states(data.test):
        logits = np.stack([each.decision_function(states) for each in fitted])  # (2, T)
        outputs[encoded.example].append((encoded, logits))
    return task.read(outputs, data.test, ())


def word_tags(data: Splits[TaggedText]) -> list[list[str]]:
    """For each word of the test side the BIO label that it had most often in training; O for a new word."""
    seen: dict[str, Counter[str]] = {}
    for example in data.training:
        for (start, stop), tag in zip(*words_and_tags(example), strict=True):
            seen.setdefault(example.text[start:stop].lower(), Counter())[tag] += 1
    usual = {word: counts.most_common(1)[0][0] for word, counts in seen.items()}
    return [[usual.get(e.text[a:b].lower(), OUTSIDE) for a, b in word_spans(e.text)] for e in data.test]


def tag_probe(data: Splits[TaggedText], extractor: Extractor) -> list[list[str]]:
    """Logistic regression on the frozen vector of each word, the mean over its pieces."""
    from sklearn.preprocessing import StandardScaler

    vectors, tags, places = [], [], []
    for side in (data.training, data.development, data.test):
        found = extractor.embed([example.text for example in side], level="word", progress=False)
        kept = [_numbered(example, each.offsets) for example, each in zip(side, found, strict=True)]
        vectors.append(np.concatenate([each.vectors for each in found]))
        tags.append([words_and_tags(e)[1][i] for e, numbers in zip(side, kept, strict=True) for i in numbers])
        places = kept  # of the test side at the end
    scaler = StandardScaler().fit(vectors[0])
    said = iter(_regression(tags[0], tags[1], OF_VECTORS, *(scaler.transform(each) for each in vectors)))
    answers = []
    for example, numbers in zip(data.test, places, strict=True):
        row = [OUTSIDE] * len(word_spans(example.text))
        for i in numbers:
            row[i] = next(said)
        answers.append(row)
    return answers


def _numbered(example: TaggedText, offsets: np.ndarray) -> list[int]:
    """The numbers of the words that have a vector."""
    number_of = {span: i for i, span in enumerate(word_spans(example.text))}
    return [number_of[tuple(map(int, span))] for span in offsets]


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
    return _regression(*_known(data), OF_WORDS, training, *others)


def probe(data: Splits[LabelledText], embed: Callable[[list[str]], np.ndarray]) -> list[str]:
    """Logistic regression on frozen vectors (n, H), each number brought to mean 0 and deviation 1."""
    from sklearn.preprocessing import StandardScaler

    sides = (data.training, data.development, data.test)
    vectors = [embed([example.text for example in side]) for side in sides]
    scaler = StandardScaler().fit(vectors[0])
    return _regression(*_known(data), OF_VECTORS, *(scaler.transform(each) for each in vectors))


def _known(data: Splits[LabelledText]) -> tuple[list[str], list[str]]:
    return [example.label for example in data.training], [example.label for example in data.development]


def _regression(
    labels: list[str],
    known: list[str],
    strengths: Sequence[float],
    training: Any,
    development: Any,
    test: Any,
) -> list[str]:
    """Labels of the test side by the strength that is best on the development side."""
    from sklearn.linear_model import LogisticRegression

    fitted = [LogisticRegression(C=C, max_iter=1000, tol=1e-3).fit(training, labels) for C in strengths]
    right = [float(np.mean(each.predict(development) == np.array(known))) for each in fitted]
    return list(fitted[int(np.argmax(right))].predict(test))
