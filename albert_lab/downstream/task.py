"""What a task brings to fine-tuning: its examples as rows of ids with targets, its loss, its measures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from albert_lab.downstream.data import Splits, read_splits
from albert_lab.downstream.measures import Scores
from albert_lab.downstream.settings import FinetuneSettings
from albert_lab.errors import InputError
from albert_lab.text.batches import TextEncoder, check_texts, length_batches, padded_lengths
from albert_lab.vectors.network import evaluating

IGNORED = -100  # a target that does not count, as in torch's cross_entropy
NOWHERE = (-1, -1)


class Encoded(NamedTuple):
    """One input of the network.

    Attributes:
        example: the number of the example that it is made of.
        ids, types: token ids and segments, special tokens included.
        targets: what the head should say: one number for a text, one for each token, or first and last token.
        offsets: for each token the characters that it answers for, NOWHERE for none; empty where the answer
            is about the whole text.
    """

    example: int
    ids: list[int]
    types: list[int]
    targets: list[int]
    offsets: list[tuple[int, int]]


@dataclass(frozen=True)
class Batch:
    """Inputs of one length: ids, types (B, T), mask (B, T) or None, targets (B, n) padded with IGNORED."""

    numbers: np.ndarray
    ids: Tensor
    types: Tensor
    mask: Tensor | None
    targets: Tensor

    @property
    def num_tokens(self) -> int:
        """Tokens, padding not counted."""
        return int(self.ids.numel() if self.mask is None else self.mask.sum())


class Task(ABC):
    """A kind of labelled example, what the network makes of it, and how good that is.

    Attributes:
        name: as the command line has it.
        head: the class of the network.
        measure: what training is stopped by; the larger the better.
        columns, optional: those of a table of examples.
        takes_context: whether a question is asked about another text.
    """

    name: str
    head: type[nn.Module]
    measure: str
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()
    takes_context: bool = False
    readers = "`albert-lab predict` and `transformers.pipeline` read it."  # of the folder, for its card

    @abstractmethod
    def parse(self, cells: dict[str, Any], where: str) -> Any:
        """An example from a row of a table; raises InputError that names the row."""

    @abstractmethod
    def group(self, example: Any) -> str:
        """What must not be on two sides of a split."""

    @abstractmethod
    def labels(self, examples: Sequence[Any]) -> tuple[str, ...]:
        """The names of what the head tells apart; () where it has none."""

    @abstractmethod
    def encode(
        self, encoder: TextEncoder, examples: Sequence[Any], labels: Sequence[str], max_length: int
    ) -> list[Encoded]:
        """Inputs of the network; an example may give several."""

    @abstractmethod
    def loss(self, output: Any, batch: Batch, weights: Tensor | None) -> Tensor:
        """The weighted losses (nats), summed over all targets of a batch."""

    @abstractmethod
    def read(
        self, outputs: Sequence[Sequence[Any]], examples: Sequence[Any], labels: Sequence[str]
    ) -> list[Any]:
        """What is predicted for each example, from the (input, logits) pairs of its inputs."""

    @abstractmethod
    def scores(self, examples: Sequence[Any], predictions: Sequence[Any]) -> Scores:
        """Measures with their intervals."""

    @abstractmethod
    def unlabelled(self, texts: Sequence[str], *further: Any) -> list[Any]:
        """Examples without an answer; `further` is what a task needs beside the texts."""

    def begin(self, data: Splits[Any], settings: FinetuneSettings) -> tuple[nn.Module, Any] | None:
        """The network and tokenizer to begin with where no model is named; None for the built-in model's."""
        return None

    def run(self, model: nn.Module, batch: Batch) -> Any:
        """What the network gives back for a batch."""
        return model(batch.ids, batch.mask, batch.types)

    def logits(self, output: Any) -> Tensor:
        """What is kept of the output, (B, …)."""
        return output.logits

    def kept(self, model: nn.Module, batch: Batch, output: Any) -> Sequence[Any]:
        """What `read` gets of each input of a batch: its row of the logits, if the task says nothing else."""
        return self.logits(output).float().cpu().numpy()

    def checksum_of(self, example: Any) -> str:
        """What identifies an example."""
        return repr(example)

    def splits(self, path: Path | str) -> Splits[Any]:
        """The examples of a user's file or folder, see `read_splits`."""
        return read_splits(path, self.parse, self.group, self.columns, self.optional)


class Reader:
    """A network with a head, its tokenizer, and what it says of texts. The network is not changed."""

    def __init__(
        self,
        task: Task,
        model: nn.Module,
        tokenizer: Any,
        labels: Sequence[str],
        max_length: int | None = None,
        *,
        tokens_per_batch: int = 4096,
    ) -> None:
        self.task, self.model, self.tokenizer, self.labels = task, model, tokenizer, tuple(labels)
        self.encoder = TextEncoder(tokenizer)
        self.max_length = self.encoder.longest_input(model.config, max_length)
        self.tokens_per_batch = tokens_per_batch

    @cached_property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.model.parameters()).device

    def encode(self, examples: Sequence[Any]) -> list[Encoded]:
        """Inputs of the network."""
        return self.task.encode(self.encoder, examples, self.labels, self.max_length)

    def batches(self, inputs: Sequence[Encoded], tokens_per_batch: int | None = None) -> Iterable[Batch]:
        """Batches of inputs of similar length."""
        lengths = padded_lengths(
            [len(each.ids) for each in inputs], self.model.config.max_position_embeddings
        )
        for numbers in length_batches(lengths, tokens_per_batch or self.tokens_per_batch):
            yield collate(inputs, numbers, int(lengths[numbers[0]]), self.encoder.pad_id, self.device)

    def answer(self, texts: Sequence[str], *further: Any) -> list[Any]:
        """What the network says of texts that have no label: text in, answer out.

        Raises:
            InputError: an element is not a string, texts of which the tokenizer knows almost no piece, or a
                context for a task that has none.
        """
        texts = check_texts(texts)
        if further and not self.task.takes_context:
            raise InputError(
                f"A model that was fitted to {self.task.name} takes no context.",
                expected="texts alone; a context is for questions about it",
                mend="leave --context out",
            )
        self.encoder.known_pieces(texts).check()
        return self.predict(self.task.unlabelled(texts, *further))

    @torch.no_grad()
    def states(self, examples: Sequence[Any]) -> Iterator[tuple[Encoded, np.ndarray]]:
        """Each input with its tokens' last hidden states (T, H), by a network without head."""
        inputs = self.encode(examples)
        with evaluating(self.model):
            for batch in self.batches(inputs):
                rows = self.model(batch.ids, batch.mask, batch.types).last_hidden_state.float().cpu().numpy()
                for number, row in zip(batch.numbers, rows, strict=True):
                    yield inputs[number], row[: len(inputs[number].ids)]

    @torch.no_grad()
    def predict(self, examples: Sequence[Any]) -> list[Any]:
        """What the network says of each example, in their order."""
        return self.judge(examples)[0]

    @torch.no_grad()
    def judge(self, examples: Sequence[Any], weights: Tensor | None = None) -> tuple[list[Any], float]:
        """What the network says of each example, and its mean loss."""
        inputs = self.encode(examples)
        outputs: list[list[Any]] = [[] for _ in examples]
        loss = total = 0.0
        with evaluating(self.model):
            for batch in self.batches(inputs):
                output = self.task.run(self.model, batch)
                loss += float(self.task.loss(output, batch, weights))
                total += float(weight_of(batch.targets, weights))
                rows = self.task.kept(self.model, batch, output)
                for number, row in zip(batch.numbers, rows, strict=True):
                    outputs[inputs[number].example].append((inputs[number], row))
        return self.task.read(outputs, examples, self.labels), loss / max(total, 1e-12)


def collate(
    inputs: Sequence[Encoded], numbers: np.ndarray, length: int, pad_id: int, device: torch.device
) -> Batch:
    """The inputs with these numbers as one batch of so many tokens each."""
    members = [inputs[number] for number in numbers]
    most = max(len(each.targets) for each in members)
    ids, types = np.full((len(members), length), pad_id), np.zeros((len(members), length), dtype=np.int64)
    mask, targets = np.zeros((len(members), length), dtype=bool), np.full((len(members), most), IGNORED)
    for row, each in enumerate(members):
        taken = len(each.ids)
        ids[row, :taken], types[row, :taken], mask[row, :taken] = each.ids, each.types, True
        targets[row, : len(each.targets)] = each.targets
    tensors = [torch.from_numpy(part).to(device) for part in (ids, types, mask, targets)]
    return Batch(numbers, tensors[0], tensors[1], None if mask.all() else tensors[2], tensors[3])


def weight_of(targets: Tensor, weights: Tensor | None) -> Tensor:
    """The sum of the weights of all targets that count: what a summed loss is divided by."""
    counted = targets[targets != IGNORED]
    return torch.tensor(float(len(counted))) if weights is None else weights[counted].sum()
