"""An answer as a span of a text, or none: what the head of `AlbertForQuestionAnswering` is for.

The input is [CLS] question [SEP] context [SEP]. The head scores every token as first and as last one of the
answer; [CLS] stands for "there is no answer" (Devlin et al. 2019, arXiv 1810.04805, section 4.3). Long
contexts are read in overlapping windows.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from albert_lab.downstream.labelled import Question, Span
from albert_lab.downstream.measures import Scores
from albert_lab.downstream.task import IGNORED, NOWHERE, Batch, Encoded, Task
from albert_lab.errors import InputError
from albert_lab.model.heads import AlbertForQuestionAnswering
from albert_lab.text.batches import TextEncoder, check_texts, trimmed, windows
from albert_lab.vectors.evaluate import bootstrap

_LONGEST = 30  # tokens of an answer
_ARTICLES = re.compile(r"\b(a|an|the)\b")


@dataclass(frozen=True)
class Answer:
    """A span of the context, or "" at 0 to 0 for no answer; its probability, and that of no answer."""

    text: str
    start: int = 0
    stop: int = 0
    probability: float = 1.0
    no_answer: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        values = asdict(self)
        return {"answer": values.pop("text"), **values}

    def told(self, text: str) -> str:
        """One line for people."""
        return f"{self.text or '(no answer)'}  {self.probability:.3f}  characters {self.start} to {self.stop}"


class AnswerTask(Task):
    """Questions about contexts, with the answers' places."""

    name, head, measure = "answer", AlbertForQuestionAnswering, "f1"
    columns, optional = ("question", "context"), ("answers", "answer", "start", "group")
    takes_context = True

    def parse(self, cells: Mapping[str, Any], where: str) -> Question:
        """A row with "answers" {text: [...], answer_start: [...]} as SQuAD's, or "answer" and "start"."""
        question, context = cells.get("question"), cells.get("context")
        if not all(isinstance(text, str) and text.strip() for text in (question, context)):
            raise InputError(f"{where} lacks a text.", expected="a question and a context")
        answers = cells.get("answers")
        if isinstance(answers, Mapping):
            texts, starts = answers.get("text") or [], answers.get("answer_start") or []
        else:
            text = cells.get("answer")
            texts = [text] if text else []
            starts = [cells["start"]] if cells.get("start") not in (None, "") else []
            starts = starts or [context.find(str(text)) for text in texts]
        spans = []
        for text, start in dict.fromkeys(zip(texts, map(int, starts), strict=False)):
            if start < 0 or context[start : start + len(text)] != text:
                raise InputError(
                    f"{where}: {text!r:.60} does not stand at {start}.",
                    expected="the answer's place in the context",
                )
            spans.append(Span(start, start + len(text), ""))
        return Question(question, context, tuple(spans), str(cells.get("group") or ""))

    def group(self, example: Question) -> str:
        """The group, or the context."""
        return example.group or " ".join(example.context.lower().split())

    def labels(self, examples: Sequence[Question]) -> tuple[str, ...]:
        """None: the head has a first and a last token."""
        return ()

    def encode(
        self, encoder: TextEncoder, examples: Sequence[Question], labels: Sequence[str], max_length: int
    ) -> list[Encoded]:
        """A question is cut at a quarter of the length, a context read in windows that share a quarter."""
        asked = encoder.encode([example.question for example in examples])
        read = encoder.encode([example.context for example in examples], with_offsets=True)
        made = []
        for number, (example, question, context) in enumerate(zip(examples, asked, read, strict=True)):
            before = [*encoder.prefix, *question.ids[: max_length // 4], *encoder.suffix]
            size = max_length - len(before) - len(encoder.suffix)
            offsets = [(int(a), int(b)) for a, b in trimmed(example.context, context.offsets)]
            for window in windows([len(context.ids)], size, size // 4):
                inside = slice(window.start, window.stop)
                places = [NOWHERE] * len(before) + offsets[inside] + [NOWHERE] * len(encoder.suffix)
                after = [*context.ids[inside], *encoder.suffix]
                types = [0] * len(before) + [1] * len(after)
                made.append(Encoded(number, before + after, types, _target(example, places), places))
        return made

    def unlabelled(self, texts: Sequence[str], context: str | Sequence[str] = "") -> list[Question]:
        """Questions about one context, or each about its own."""
        contexts = [context] * len(texts) if isinstance(context, str) else check_texts(context)
        if len(contexts) != len(texts) or not all(each.strip() for each in contexts):
            raise InputError(
                f"{len(texts)} questions and {len(contexts)} contexts, or an empty one.",
                expected="one text to look in, or one for each question",
                mend="albert-lab predict FOLDER QUESTION --context TEXT",
            )
        return [Question(question, each) for question, each in zip(texts, contexts, strict=True)]

    def loss(self, output: Any, batch: Batch, weights: Tensor | None) -> Tensor:
        """Cross-entropy of the first and of the last token, among the tokens that are there."""
        total = torch.zeros((), device=batch.ids.device)
        for logits, target in zip(
            (output.start_logits, output.end_logits), batch.targets.unbind(1), strict=True
        ):
            scores = logits.float()
            if batch.mask is not None:
                scores = scores.masked_fill(~batch.mask, float("-inf"))
            total = total + F.cross_entropy(scores, target, ignore_index=IGNORED, reduction="sum")
        return total

    def logits(self, output: Any) -> Tensor:
        """(B, 2, T)."""
        return torch.stack([output.start_logits, output.end_logits], dim=1)

    def read(
        self, outputs: Sequence[Sequence[Any]], examples: Sequence[Question], labels: Sequence[str]
    ) -> list[Answer]:
        """The best span of all windows, or no answer where [CLS] is better in every window.

        A span's probability is that of its first times that of its last token, among [CLS] and the context.
        """
        return [_best(example.context, parts) for example, parts in zip(examples, outputs, strict=True)]

    def scores(self, examples: Sequence[Question], predictions: Sequence[Answer]) -> Scores:
        """Exact match and F1 over words as SQuAD 2.0 defines them: the best of the right answers."""
        rows = []
        for example, said in zip(examples, predictions, strict=True):
            right = [example.context[span.start : span.stop] for span in example.answers] or [""]
            rows.append(
                (
                    max(exact_match(said.text, each) for each in right),
                    max(word_f1(said.text, each) for each in right),
                )
            )
        exact, f1 = np.array(rows, dtype=float).T
        return {"f1": bootstrap(f1), "exact": bootstrap(exact)}


def _target(example: Question, places: Sequence[tuple[int, int]]) -> list[int]:
    """First and last token of the first answer; [CLS] twice where it is not whole in this window."""
    if not example.answers:
        return [0, 0]
    span = example.answers[0]
    inside = [i for i, (a, b) in enumerate(places) if (a, b) != NOWHERE and a < span.stop and b > span.start]
    if not inside or places[inside[0]][0] > span.start or places[inside[-1]][1] < span.stop:
        return [0, 0]
    return [inside[0], inside[-1]]


def _best(context: str, parts: Sequence[tuple[Encoded, np.ndarray]]) -> Answer:
    best, none = Answer("", probability=0.0), 1.0
    for encoded, logits in parts:
        kept = [0, *(i for i, place in enumerate(encoded.offsets) if place != NOWHERE)]
        rows = logits[:, kept].astype(np.float64)  # (2, n): [CLS], then the context
        first, last = np.exp(rows - rows.max(axis=1, keepdims=True))
        first, last = first / first.sum(), last / last.sum()
        none = min(none, float(first[0] * last[0]))
        n = len(kept) - 1
        if not n:
            continue
        together = np.tril(np.triu(np.outer(first[1:], last[1:])), _LONGEST - 1)  # first ≤ last < first + 30
        i, j = np.unravel_index(int(together.argmax()), together.shape)
        if together[i, j] > best.probability:
            start, stop = encoded.offsets[kept[i + 1]][0], encoded.offsets[kept[j + 1]][1]
            best = Answer(context[start:stop], start, stop, float(together[i, j]))
    if none >= best.probability:
        return Answer("", 0, 0, none, none)
    return Answer(best.text, best.start, best.stop, best.probability, none)


def plain_words(text: str) -> str:
    """Lower case, without punctuation, articles and superfluous spaces, as SQuAD compares answers."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(_ARTICLES.sub(" ", text).split())


def exact_match(said: str, right: str) -> float:
    """1 if both are the same after `plain_words`, else 0."""
    return float(plain_words(said) == plain_words(right))


def word_f1(said: str, right: str) -> float:
    """F1 of the words that both have; where one is no answer, 1 if the other is none too, else 0."""
    a, b = plain_words(said).split(), plain_words(right).split()
    if not a or not b:
        return float(a == b)
    return 2 * (Counter(a) & Counter(b)).total() / (len(a) + len(b))
