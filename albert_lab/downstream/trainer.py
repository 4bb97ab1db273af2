"""Fine-tuning as a task of the training loop: its batches, its loss, its measures."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albert_lab.downstream.settings import FinetuneSettings
from albert_lab.downstream.task import IGNORED, Batch, Encoded, Reader, Task, weight_of
from albert_lab.errors import InputError
from albert_lab.training.loop import EarlyStop, Report, Trainer
from albert_lab.vectors.network import model_fingerprint


class FineTuning(Trainer):
    """One fine-tuning run in one folder. The model is changed.

    Args:
        settings: what decides the weights.
        task: what the examples are and what the head should say of them.
        model: ours, with the head of the task.
        tokenizer: the one that belongs to it.
        labels: the names of the head's numbers, () for a head without.
        training, development: examples to train on, and to stop by.
        folder: where the state and the log stand; a state found there is gone on from.
        device: "cpu", "cuda", or None for a GPU where there is one.

    Raises:
        InputError: texts longer than the model takes, or a tokenizer that knows almost no piece of them.
        CheckpointError: the folder holds the state of a run with other settings, data or first weights.
    """

    log_every = 20
    settings: FinetuneSettings

    def __init__(
        self,
        settings: FinetuneSettings,
        task: Task,
        model: nn.Module,
        tokenizer: Any,
        labels: Sequence[str],
        training: Sequence[Any],
        development: Sequence[Any],
        folder: Path | str,
        *,
        device: str | None = None,
    ) -> None:
        self.task, self.development = task, list(development)
        self.reader = Reader(task, model, tokenizer, labels, settings.max_length)
        self.inputs = self.reader.encode(training)
        if not self.inputs:
            raise InputError("There is nothing to train on.", expected="examples with a text")
        torch.manual_seed(settings.seed)
        identity = {
            "task": task.name,
            "labels": list(labels),
            "training": _checksum(task, training),
            "development": _checksum(task, development),
            "first": model_fingerprint(model),
        }
        alone = 1 if settings.dropout or settings.head_dropout else None  # threads share random numbers
        super().__init__(settings, model, folder, identity, device=device, shards=alone)
        self.weights = self._class_weights()

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass; the last one of a pass may have fewer examples."""
        return -(-len(self.inputs) // self.settings.batch_size)

    @property
    def progress(self) -> float:
        """The share of the steps done so far, 0 to 1."""
        return self.position.step / (self.steps_per_epoch * self.settings.epochs)

    def fit(
        self,
        *,
        save_every: float = 180.0,
        report: Report = lambda record: None,
        stop_after_steps: int | None = None,
    ) -> dict[str, float]:
        """Train until the development side gets no better; return its measures with the best weights."""
        every = self.settings.evaluate_every or self.steps_per_epoch
        patience = self.settings.patience
        stop = EarlyStop(self.task.measure, every=every, patience=patience) if patience else None
        return self.run(
            save_every=save_every, report=report, early_stop=stop, stop_after_steps=stop_after_steps
        )

    def steps(self) -> Iterator[list[Encoded]]:
        """The inputs of each update that is left."""
        while not self.finished:
            epoch, batch = divmod(self.position.step, self.steps_per_epoch)
            order = np.random.default_rng([self.settings.seed, epoch]).permutation(len(self.inputs))
            first = batch * self.settings.batch_size
            self.position.step += 1
            self.position.epoch = self.position.step // self.steps_per_epoch
            yield [self.inputs[i] for i in order[first : first + self.settings.batch_size]]

    def gradients(self, work: list[Encoded], pool: ThreadPoolExecutor) -> Mapping[str, float]:
        """Gradients of the mean loss over the update, in parts of similar length that may run at once."""
        batches = list(self.reader.batches(work, self.settings.tokens_per_batch))
        total = sum(float(weight_of(batch.targets, self.weights)) for batch in batches)

        def part(batch: Batch) -> tuple[float, tuple[Tensor, ...]]:
            with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
                output = self.task.run(self.model, batch)
            loss = self.task.loss(output, batch, self.weights) / total
            return float(loss.detach()), torch.autograd.grad(
                loss, self.parameters, allow_unused=True, materialize_grads=True
            )

        results = list(pool.map(part, batches))
        self.set_gradients(gradients for _, gradients in results)
        self.position.tokens += sum(batch.num_tokens for batch in batches)
        return {"loss": sum(loss for loss, _ in results)}

    def evaluate(self) -> dict[str, float]:
        """Mean loss (nats) and the task's measures on the development side."""
        predictions, loss = self.reader.judge(self.development, self.weights)
        scores = self.task.scores(self.development, predictions)
        return {"loss": loss} | {name: score.mean for name, score in scores.items()}

    def _class_weights(self) -> Tensor | None:
        """n / (K·n_k) for label k of n_k targets among n; None where all count the same."""
        if self.settings.class_weights == "none" or not self.reader.labels:
            return None
        counts = Counter(t for each in self.inputs for t in each.targets if t != IGNORED)
        total, K = sum(counts.values()), len(self.reader.labels)
        weights = [total / (K * max(1, counts[number])) for number in range(K)]
        return torch.tensor(weights, device=self.device)


def _checksum(task: Task, examples: Sequence[Any]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(task.checksum_of(example).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()[:16]
