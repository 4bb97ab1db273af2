"""A label for a text: what the head of `AlbertForSequenceClassification` is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from albert_lab.downstream.data import label_names
from albert_lab.downstream.labelled import LabelledText
from albert_lab.downstream.measures import Scores, classification_scores
from albert_lab.downstream.task import IGNORED, Batch, Encoded, Task
from albert_lab.errors import InputError
from albert_lab.model.heads import AlbertForSequenceClassification
from albert_lab.text.batches import TextEncoder


@dataclass(frozen=True)
class Label:
    """What is predicted for a text: the label, its probability, and the probability of every label."""

    label: str
    probability: float
    probabilities: dict[str, float] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def told(self, text: str) -> str:
        """One line for people."""
        return f"{self.label}  {self.probability:.3f}  {text}"


class Classify(Task):
    """Texts with a label each."""

    name, head, measure = "classify", AlbertForSequenceClassification, "accuracy"
    columns, optional = ("text", "label"), ("group",)

    def parse(self, cells: dict[str, Any], where: str) -> LabelledText:
        """A row with text and label; "group" says which texts belong together."""
        text, label = cells.get("text"), cells.get("label")
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{where} has no text.", expected='a text in the column "text"')
        if label is None or str(label).strip() == "":
            raise InputError(f"{where} has no label.", expected='a name or a number in the column "label"')
        group = cells.get("group")
        return LabelledText(text, str(label), "" if group is None else str(group))

    def group(self, example: LabelledText) -> str:
        """The group, or the text itself."""
        return example.group or " ".join(example.text.lower().split())

    def labels(self, examples: Sequence[LabelledText]) -> tuple[str, ...]:
        """The labels that occur."""
        return label_names(example.label for example in examples)

    def encode(
        self, encoder: TextEncoder, examples: Sequence[LabelledText], labels: Sequence[str], max_length: int
    ) -> list[Encoded]:
        """[CLS] text [SEP], cut at the end; the target is the label's number."""
        number_of = {label: number for number, label in enumerate(labels)}
        longest = max_length - encoder.special_tokens
        made = []
        for number, encoding in enumerate(encoder.encode([example.text for example in examples])):
            ids = [*encoder.prefix, *encoding.ids[:longest], *encoder.suffix]
            target = number_of.get(examples[number].label, IGNORED)
            made.append(Encoded(number, ids, [0] * len(ids), [target], []))
        return made

    def unlabelled(self, texts: Sequence[str]) -> list[LabelledText]:
        """Texts without a label."""
        return [LabelledText(text, "") for text in texts]

    def loss(self, output: Any, batch: Batch, weights: Tensor | None) -> Tensor:
        """Cross-entropy."""
        return F.cross_entropy(
            output.logits.float(), batch.targets[:, 0], weights, ignore_index=IGNORED, reduction="sum"
        )

    def read(
        self, outputs: Sequence[Sequence[Any]], examples: Sequence[LabelledText], labels: Sequence[str]
    ) -> list[Label]:
        """The most probable label of each text."""
        found = []
        for ((_, logits),) in outputs:
            exponents = np.exp(logits - logits.max())
            shares = (exponents / exponents.sum()).tolist()
            best = int(np.argmax(logits))
            found.append(Label(labels[best], shares[best], dict(zip(labels, shares, strict=True))))
        return found

    def scores(self, examples: Sequence[LabelledText], predictions: Sequence[Label]) -> Scores:
        """Accuracy and macro F1."""
        return classification_scores(
            [example.label for example in examples], [prediction.label for prediction in predictions]
        )
