"""Pretraining as a task of the training loop: its batches, its two losses, its measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from albert_lab.model.config import AlbertConfig
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain.data import Batch, BatchStream, EncodedTexts, special_ids
from albert_lab.pretrain.network import pretraining_losses, to_tensors
from albert_lab.pretrain.objectives import IGNORED
from albert_lab.pretrain.settings import Settings
from albert_lab.pretrain.start import start_informed
from albert_lab.training.loop import Trainer
from albert_lab.training.ranks import ALONE, Ranks

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

HELD_OUT_SEED = 20_260_101  # the masks of the held-out documents are always the same


class Pretraining(Trainer):
    """One pretraining run in one folder.

    Args:
        settings: what decides the weights.
        training, held_out: encoded documents that share no text.
        tokenizer: the tokenizer that encoded them.
        folder: where the state and the log stand; a state found there is gone on from.
        device: "cpu", "cuda", or None for a GPU where there is one.
        ranks: the processes that train together.

    Raises:
        CheckpointError: the folder holds the state of a run with other settings or other text.
    """

    settings: Settings

    def __init__(
        self,
        settings: Settings,
        training: EncodedTexts,
        held_out: EncodedTexts,
        tokenizer: PreTrainedTokenizerFast,
        folder: Path | str,
        device: str | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.held_out, self.special = held_out, special_ids(tokenizer)
        self.stream = self._stream(settings, training, settings.seed)
        torch.manual_seed(settings.seed)
        model = AlbertForPreTraining(model_config(settings, self.special.vocab_size))
        if settings.start == "informed":
            start_informed(model, training)
        identity = {"text": training.fingerprint()}
        super().__init__(settings, model, folder, identity, device=device, ranks=ranks)

    def _stream(self, settings: Settings, texts: EncodedTexts, seed: int) -> BatchStream:
        sizes = {"max_length": settings.max_length, "tokens_per_batch": settings.tokens_per_batch}
        return BatchStream(texts, self.special, seed=seed, **sizes)

    @property
    def progress(self) -> float:
        """The share of the tokens seen so far, 0 to 1."""
        return min(1.0, self.position.tokens / self.settings.tokens)

    def steps(self) -> Iterator[list[Batch]]:
        """The batches of each step; early steps may use fewer, see `Settings.batches_per_step`."""
        pending = []
        for batch in self._batches():
            pending.append(batch)
            if len(pending) >= self.settings.num_batches(self.progress):
                self.position.step += 1
                self.position.tokens += sum(batch.num_tokens for batch in pending)
                yield pending
                pending = []

    def _batches(self) -> Iterator[Batch]:
        """The rest of the run; a thread makes the next batch while one is trained on.

        The position is moved past a batch before it is given out.
        """
        addresses = self._addresses(self.position.epoch, self.position.batch)
        address = next(addresses)
        with ThreadPoolExecutor(1) as loader:
            upcoming = loader.submit(self.stream.batch, *address)
            while not self.finished:
                batch, address = upcoming.result(), next(addresses)
                upcoming = loader.submit(self.stream.batch, *address)
                self.position.epoch, self.position.batch = address[:2]
                yield batch

    def _addresses(self, epoch: int, number: int) -> Iterator[tuple[int, int, np.ndarray]]:
        """Epoch, number and chunks of this batch and all that follow, without end."""
        while True:
            plan = self.stream.plan(epoch)
            for later in range(number, len(plan)):
                yield epoch, later, plan[later]
            epoch, number = epoch + 1, 0

    def gradients(self, work: list[Batch], pool: ThreadPoolExecutor) -> dict[str, float]:
        """Gradients of the mean losses over all batches of a step, in parts that run at the same time."""
        masked = sum(int((batch.masked_labels != IGNORED).sum()) for batch in work)
        pairs = sum(int((batch.order_labels != IGNORED).sum()) for batch in work)
        layers = self.layers

        def part(tensors: dict[str, Tensor]) -> tuple[dict[str, float], tuple[Tensor, ...]]:
            with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
                losses = pretraining_losses(self.model, tensors, layers)
            gradients = torch.autograd.grad(
                losses.objective(masked, pairs), self.parameters, allow_unused=True, materialize_grads=True
            )
            return losses.sums(), gradients

        shards = max(self.shards, self.ranks.count)
        parts = [tensors for batch in work for tensors in to_tensors(batch, self.device, shards)]
        results = list(pool.map(part, self.ranks.mine(parts)))
        self.set_gradients(gradients for _, gradients in results)
        total = Counter()
        for sums, _ in results:
            total.update(sums)
        return self.ranks.sum_counts(total)

    @property
    def layers(self) -> int:
        """How many layers are applied at this point of the run."""
        return self.settings.num_layers(self.progress, self.model.config.num_hidden_layers)

    def summary(self, sums: Mapping[str, float], steps: int) -> dict[str, float]:
        """Mean losses and accuracies: over tokens and pairs, not over steps."""
        return means(sums)

    def state_of_schedules(self) -> dict[str, float]:
        """The depth."""
        return {"layers": self.layers}

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Losses (nats) and accuracies at full depth on the held-out documents, with fixed masks."""
        stream = self._stream(self.settings, self.held_out, HELD_OUT_SEED)
        self.model.eval()
        sums = Counter()
        for number, chunks in enumerate(stream.plan(0)):
            (tensors,) = to_tensors(stream.batch(0, number, chunks), self.device)
            sums.update(pretraining_losses(self.model, tensors).sums())
        self.model.train()
        return means(sums)


def model_config(settings: Settings, vocab_size: int) -> AlbertConfig:
    """The named configuration, with this vocabulary and length."""
    named = AlbertConfig.named(settings.size).to_dict()
    return AlbertConfig.from_dict(
        named | {"vocab_size": vocab_size, "max_position_embeddings": settings.max_length}
    )


def means(sums: Mapping[str, float]) -> dict[str, float]:
    """Mean losses and accuracies from the sums of Losses."""
    masked, order = max(1, sums["masked_count"]), max(1, sums["order_count"])
    return {
        "masked_loss": sums["masked_loss"] / masked,
        "masked_accuracy": sums["masked_right"] / masked,
        "order_loss": sums["order_loss"] / order,
        "order_accuracy": sums["order_right"] / order,
    }
