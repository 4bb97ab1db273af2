"""Extractive summaries: the few sentences of a text that stand for all of it, chosen by their vectors.

Three ways, none of which is trained: "position" takes the first sentences, which documentation and news write
to be read alone; "centroid" those nearest to the mean of all sentence vectors; "mmr" (maximal marginal
relevance, Carbonell and Goldstein 1998) one after the other, near to the mean and unlike those chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from albert_lab.downstream.labelled import Span
from albert_lab.downstream.measures import Scores
from albert_lab.errors import InputError
from albert_lab.text.document import Document
from albert_lab.text.splits import held_out_bucket, sentences_of
from albert_lab.vectors.evaluate import bootstrap

WAYS = ("position", "centroid", "mmr")
ROUGE = ("rouge1", "rouge2", "rougeL")
_SHORTEST, _LEAST = 4, 3  # words of a sentence; sentences of a text that is worth a summary

Embed = Callable[[list[str]], np.ndarray]  # texts -> vectors (n, H)


@dataclass(frozen=True)
class Summarized:
    """A text and the summary that its author wrote, which is no part of it."""

    text: str
    summary: str
    name: str = ""


def summarize(
    text: str, embed: Embed | None = None, *, how: str = "mmr", count: int = 1, balance: float = 0.7
) -> list[Span]:
    """The chosen sentences as spans of the text, in its order.

    Args:
        text: paragraphs, one a line.
        embed: texts -> vectors (n, H), such as `Extractor.embed`; "position" needs none.
        how: "position", "centroid" or "mmr".
        count: how many sentences; all of them if the text has no more.
        balance: λ of "mmr": 1 looks at the nearness to the whole only.

    Raises:
        InputError: an unknown way, no vectors where they are needed, a count below 1, a λ outside 0 to 1.
    """
    if how not in WAYS:
        raise InputError(f"how={how!r} is not known.", expected=" or ".join(WAYS))
    if count < 1 or not 0 <= balance <= 1:
        raise InputError(f"count={count}, balance={balance}.", expected="at least 1, and a share from 0 to 1")
    spans = sentence_spans(text)
    if how == "position" or len(spans) <= count:
        return spans[:count]
    if embed is None:
        raise InputError(f"how={how!r} needs vectors.", expected="embed, a function from texts to vectors")
    vectors = np.asarray(embed([text[span.start : span.stop] for span in spans]), dtype=np.float64)
    chosen = most_relevant(vectors, count, balance if how == "mmr" else 1.0)
    return [spans[i] for i in sorted(chosen)]


def most_relevant(vectors: np.ndarray, count: int, balance: float) -> list[int]:
    """MMR over vectors (n, H): the next is argmax λ·cos(v, mean) - (1 - λ)·max cos(v, chosen).

    Equation of Carbonell and Goldstein 1998, section 2, with the mean of all vectors as the query.
    """
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    mean = units.mean(axis=0)
    relevance = units @ mean / max(float(np.linalg.norm(mean)), 1e-12)  # (n,)
    alike = units @ units.T  # (n, n)
    chosen: list[int] = []
    for _ in range(min(count, len(vectors))):
        worst = alike[:, chosen].max(axis=1) if chosen else np.zeros(len(vectors))
        worth = balance * relevance - (1 - balance) * worst
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
    return chosen


def sentence_spans(text: str) -> list[Span]:
    """Where the sentences of four words or more stand; all sentences if none is so long."""
    spans, position = [], 0
    for line in text.split("\n"):
        for sentence in sentences_of(line):
            start = text.index(sentence, position)
            position = start + len(sentence)
            spans.append(Span(start, position, "sentence"))
    long = [span for span in spans if len(text[span.start : span.stop].split()) >= _SHORTEST]
    return long or spans


def documented_summaries(documents: Iterable[Document], most: int = 500) -> list[Summarized]:
    """Bodies of docstrings of three sentences or more, and their summary lines; drawn by a hash."""
    found: dict[str, Summarized] = {}
    for document in sorted(documents, key=lambda each: held_out_bucket(each.name)):
        body = document.prose.removeprefix(document.summary).strip()
        if document.summary in body or len(document.summary.split()) < _SHORTEST:
            continue
        if len(sentence_spans(body)) >= _LEAST:
            found.setdefault(body, Summarized(body, document.summary, document.name))
        if len(found) == most:
            break
    return list(found.values())


def rouge(summaries: Sequence[str], references: Sequence[str]) -> Scores:
    """ROUGE-1, -2 and -L (F1, stems) by the rouge-score library, with intervals over the texts.

    Raises:
        InputError: not as many summaries as references.
    """
    from rouge_score.rouge_scorer import RougeScorer

    if len(summaries) != len(references):
        raise InputError(
            f"{len(summaries)} summaries and {len(references)} references.", expected="one for each"
        )
    scorer = RougeScorer(ROUGE, use_stemmer=True)
    found = [scorer.score(right, said) for said, right in zip(summaries, references, strict=True)]
    return {name: bootstrap(np.array([each[name].fmeasure for each in found])) for name in ROUGE}


def compare_summaries(
    examples: Sequence[Summarized], embed: Embed, *, count: int = 1, seed: int = 0
) -> dict[str, Scores]:
    """ROUGE of sentences drawn at random (the trivial answer) and of the three ways."""
    rng, said = np.random.default_rng(seed), {"random": []}
    for example in examples:
        spans = sentence_spans(example.text)
        drawn = [spans[i] for i in sorted(rng.permutation(len(spans))[:count])]
        said["random"].append(_joined(example.text, drawn))
        for how in WAYS:
            chosen = summarize(example.text, embed, how=how, count=count)
            said.setdefault(how, []).append(_joined(example.text, chosen))
    references = [example.summary for example in examples]
    return {how: rouge(summaries, references) for how, summaries in said.items()}


def _joined(text: str, spans: Sequence[Span]) -> str:
    return " ".join(text[span.start : span.stop] for span in spans)
