"""Labelled spans in a text: what the head of `AlbertForTokenClassification` is for.

The head gives a label to each token; spans are over words. Between the two stand two conventions. BIO: the
first word of a span is B-label, the others I-label, all other words O. First piece: a word's label is asked
of, and given to, its first piece; the others do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from albert_lab.downstream.labelled import Span, TaggedText
from albert_lab.downstream.measures import Scores, span_scores
from albert_lab.downstream.task import IGNORED, NOWHERE, Batch, Encoded, Task
from albert_lab.errors import InputError
from albert_lab.model.heads import AlbertForTokenClassification
from albert_lab.text.batches import TextEncoder, trimmed, word_spans

OUTSIDE = "O"


@dataclass(frozen=True)
class Tags:
    """The spans found in a text, with the probability of each: the mean over its words."""

    spans: tuple[Span, ...]
    probabilities: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        found = zip(self.spans, self.probabilities, strict=True)
        return {"spans": [asdict(span) | {"probability": share} for span, share in found]}

    def told(self, text: str) -> str:
        """The text, and a line for each span."""
        return "\n".join(
            [text, *(f"  {s.start:4}-{s.stop:<4} {s.label:12} {text[s.start : s.stop]}" for s in self.spans)]
        )


class Tag(Task):
    """Texts with labelled spans."""

    name, head, measure = "tag", AlbertForTokenClassification, "f1"
    columns, optional = (), ("text", "spans", "tokens", "tags", "ner_tags", "group")

    def parse(self, cells: Mapping[str, Any], where: str) -> TaggedText:
        """A row with text and spans (start, stop, label), or with tokens and tags (BIO)."""
        group = str(cells.get("group") or "")
        tokens, tags = cells.get("tokens"), cells.get("tags") or cells.get("ner_tags")
        if isinstance(tokens, list) and isinstance(tags, list):
            return tagged_tokens(tokens, tags, where, group)
        text, spans = cells.get("text"), cells.get("spans")
        if not isinstance(text, str) or not text.strip() or not isinstance(spans, list):
            raise InputError(
                f"{where} has no text with spans.",
                expected='"text" and "spans" (a list of start, stop, label), or "tokens" and "tags"',
            )
        try:
            found = sorted(
                (Span(int(s["start"]), int(s["stop"]), str(s["label"])) for s in spans), key=lambda s: s.start
            )
        except (TypeError, KeyError, ValueError) as error:
            raise InputError(
                f"{where}: {error} in its spans.", expected="start, stop and label each"
            ) from error
        _check_spans(text, found, where)
        return TaggedText(text, tuple(found), group)

    def group(self, example: TaggedText) -> str:
        """The group, or the text itself."""
        return example.group or " ".join(example.text.lower().split())

    def labels(self, examples: Sequence[TaggedText]) -> tuple[str, ...]:
        """O, then B and I of each label that occurs."""
        kinds = sorted({span.label for example in examples for span in example.spans})
        if not kinds:
            raise InputError("No text has a span.", expected="labelled spans to learn from")
        return (OUTSIDE, *(f"{side}-{kind}" for kind in kinds for side in "BI"))

    def encode(
        self, encoder: TextEncoder, examples: Sequence[TaggedText], labels: Sequence[str], max_length: int
    ) -> list[Encoded]:
        """[CLS] text [SEP], cut at the end; first pieces have the number of their word's label as target."""
        number_of = {label: number for number, label in enumerate(labels)}
        longest = max_length - encoder.special_tokens
        before, after = len(encoder.prefix), len(encoder.suffix)
        encodings = encoder.encode([example.text for example in examples], with_offsets=True)
        made = []
        for number, (example, encoding) in enumerate(zip(examples, encodings, strict=True)):
            pieces = encoding.ids[:longest]
            words, tags = words_and_tags(example)
            targets, places = [IGNORED] * len(pieces), [NOWHERE] * len(pieces)
            for word, piece in first_pieces(words, trimmed(example.text, encoding.offsets[:longest])).items():
                targets[piece], places[piece] = number_of.get(tags[word], IGNORED), words[word]
            made.append(
                Encoded(
                    number,
                    [*encoder.prefix, *pieces, *encoder.suffix],
                    [0] * (len(pieces) + before + after),
                    [*[IGNORED] * before, *targets, *[IGNORED] * after],
                    [*[NOWHERE] * before, *places, *[NOWHERE] * after],
                )
            )
        return made

    def unlabelled(self, texts: Sequence[str]) -> list[TaggedText]:
        """Texts without spans."""
        return [TaggedText(text, ()) for text in texts]

    def loss(self, output: Any, batch: Batch, weights: Tensor | None) -> Tensor:
        """Cross-entropy over the first pieces."""
        logits = output.logits.float().flatten(0, 1)  # (B, T, K) -> (B·T, K)
        beyond = output.logits.shape[1] - batch.targets.shape[1]
        whole = F.pad(batch.targets, (0, beyond), value=IGNORED)
        return F.cross_entropy(logits, whole.flatten(), weights, ignore_index=IGNORED, reduction="sum")

    def read(
        self, outputs: Sequence[Sequence[Any]], examples: Sequence[TaggedText], labels: Sequence[str]
    ) -> list[Tags]:
        """The spans that the most probable labels of the first pieces make up."""
        found = []
        for ((encoded, logits),) in outputs:
            first = [i for i, place in enumerate(encoded.offsets) if place != NOWHERE]
            rows = logits[first].astype(np.float64)  # (words, K)
            shares = np.exp(rows - rows.max(axis=1, keepdims=True)) if len(rows) else rows
            best = rows.argmax(axis=1) if len(rows) else []
            words, tags = [encoded.offsets[i] for i in first], [labels[k] for k in best]
            spans = spans_of_tags(words, tags)
            sure = [float(row[k] / row.sum()) for row, k in zip(shares, best, strict=True)]
            means = [
                float(
                    np.mean([p for word, p in zip(words, sure, strict=True) if s.start <= word[0] < s.stop])
                )
                for s in spans
            ]
            found.append(Tags(tuple(spans), tuple(means)))
        return found

    def scores(self, examples: Sequence[TaggedText], predictions: Sequence[Tags]) -> Scores:
        """Precision, recall and F1 of whole spans, as conlleval and seqeval count them."""
        gold = [spans_of_tags(*words_and_tags(example)) for example in examples]
        return span_scores(gold, [prediction.spans for prediction in predictions])


def words_and_tags(example: TaggedText) -> tuple[list[tuple[int, int]], list[str]]:
    """The words of a text, and the BIO label of each."""
    words = word_spans(example.text)
    return words, tags_of_words(words, example.spans)


def tags_of_words(words: Sequence[tuple[int, int]], spans: Iterable[Span]) -> list[str]:
    """The BIO label of each word: of the span that touches it."""
    tags = [OUTSIDE] * len(words)
    for span in spans:
        inside = [i for i, (start, stop) in enumerate(words) if start < span.stop and stop > span.start]
        for i in inside:
            tags[i] = f"{'B' if i == inside[0] else 'I'}-{span.label}"
    return tags


def spans_of_tags(words: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Span]:
    """The spans that BIO labels make up; an I without a beginning of its label begins a span itself."""
    spans: list[Span] = []
    inside = ""
    for (start, stop), tag in zip(words, tags, strict=True):
        side, _, label = tag.partition("-")
        if side == "I" and label == inside:
            spans[-1] = Span(spans[-1].start, stop, label)
        elif side in ("B", "I"):
            spans.append(Span(start, stop, label))
        inside = label
    return spans


def first_pieces(words: Sequence[tuple[int, int]], offsets: np.ndarray) -> dict[int, int]:
    """Word -> its first piece, for the words that have one: the first that touches it and no word before."""
    found, taken = {}, -1
    for number, (start, stop) in enumerate(words):
        touching = np.flatnonzero((offsets[:, 0] < stop) & (offsets[:, 1] > start))
        free = touching[touching > taken]
        if len(free):
            found[number] = taken = int(free[0])
    return found


def tagged_tokens(tokens: list[Any], tags: list[Any], where: str = "", group: str = "") -> TaggedText:
    """A text of tokens with spaces between them, and the spans of their BIO labels."""
    if len(tokens) != len(tags) or not all(isinstance(token, str) and token for token in tokens):
        raise InputError(
            f"{where} has {len(tokens)} tokens and {len(tags)} tags.", expected="a tag for each token"
        )
    wrong = [tag for tag in tags if tag != OUTSIDE and str(tag)[:2] not in ("B-", "I-")]
    if wrong:
        raise InputError(f"{where} has the tag {wrong[0]!r}.", expected="O, B-label or I-label")
    words, position = [], 0
    for token in tokens:
        words.append((position, position + len(token)))
        position += len(token) + 1
    return TaggedText(" ".join(tokens), tuple(spans_of_tags(words, [str(tag) for tag in tags])), group)


def _check_spans(text: str, spans: Sequence[Span], where: str) -> None:
    last = 0
    for span in spans:
        if not last <= span.start < span.stop <= len(text):
            raise InputError(
                f"{where} has a span from {span.start} to {span.stop}.",
                expected=f"characters of its text, 0 to {len(text)}, and no overlap",
            )
        last = span.stop
