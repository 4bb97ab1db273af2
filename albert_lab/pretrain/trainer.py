"""The training loop: many steps, a log, and a state that a killed run goes on from."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from albert_lab.errors import AlbertLabError
from albert_lab.model.config import AlbertConfig
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain.data import Batch, BatchStream, EncodedTexts, special_ids
from albert_lab.pretrain.network import pretraining_losses, to_tensors
from albert_lab.pretrain.objectives import IGNORED
from albert_lab.pretrain.optimizers import make_optimizer
from albert_lab.pretrain.run_folder import RunFolder
from albert_lab.pretrain.settings import Settings
from albert_lab.pretrain.start import start_informed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

HELD_OUT_SEED = 20_260_101  # the masks of the held-out documents are always the same


class Pretraining:
    """One pretraining run in one folder.

    Args:
        settings: what decides the weights.
        training, held_out: encoded documents that share no text.
        tokenizer: the tokenizer that encoded them.
        folder: where the state and the log stand; a state found there is gone on from.
        device: "cpu", "cuda", or None for a GPU where there is one.

    Raises:
        CheckpointError: the folder holds the state of a run with other settings or other text.
    """

    def __init__(
        self,
        settings: Settings,
        training: EncodedTexts,
        held_out: EncodedTexts,
        tokenizer: PreTrainedTokenizerFast,
        folder: Path | str,
        device: str | None = None,
    ) -> None:
        self.settings, self.held_out = settings, held_out
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.shards = settings.shards if self.device.type == "cpu" else 1
        self.special = special_ids(tokenizer)
        self.stream = BatchStream(
            training,
            self.special,
            max_length=settings.max_length,
            tokens_per_batch=settings.tokens_per_batch,
            seed=settings.seed,
        )
        torch.manual_seed(settings.seed)
        self.model = AlbertForPreTraining(model_config(settings, len(tokenizer)))
        if settings.start == "informed":
            start_informed(self.model, training)
        self.model.to(self.device)
        self.parameters = list(self.model.parameters())
        self.optimizer = make_optimizer(
            settings.optimizer, self.model, settings.learning_rate, settings.weight_decay
        )
        identity = {**settings.to_dict(), "text": training.fingerprint()}
        self.folder = RunFolder(Path(folder), identity)
        self.position = self.folder.resume(self.model, self.optimizer, self.device)

    def run(
        self,
        *,
        save_every: float = 180.0,
        log_every: int = 50,
        report: Callable[[dict], None] = lambda record: None,
        stop_after_steps: int | None = None,
    ) -> dict[str, float]:
        """Train until `settings.tokens` have been seen; return the held-out metrics.

        Args:
            save_every: seconds between two saved states.
            log_every: steps between two lines of the log.
            report: called with each record of the log.
            stop_after_steps: stop early, with the state saved, after so many steps of this call.
        """
        self.model.train()
        sums, started, saved = Counter(), time.perf_counter(), time.perf_counter()
        before, tokens_before, steps = self.position.seconds, self.position.tokens, 0
        with self._pool() as pool:
            for batches in self._batches_of_steps():
                sums.update(self._step(batches, pool))
                steps += 1
                now = time.perf_counter()
                self.position.seconds = before + now - started
                if self.position.step % log_every == 0:
                    speed = (self.position.tokens - tokens_before) / (now - started)
                    report(self._log(means(sums) | {"tokens_per_second": round(speed)}))
                    sums.clear()
                if now - saved > save_every:
                    self.save()
                    saved = now
                if steps == stop_after_steps:
                    break
        metrics = self.evaluate()
        report(self._log({f"held_out_{name}": value for name, value in metrics.items()}))
        self.save()
        return metrics

    @property
    def finished(self) -> bool:
        """Whether all tokens have been seen."""
        return self.position.tokens >= self.settings.tokens

    @property
    def progress(self) -> float:
        """The share of the tokens seen so far, 0 to 1."""
        return min(1.0, self.position.tokens / self.settings.tokens)

    def _batches_of_steps(self) -> Iterator[list[Batch]]:
        """The batches of each step; early steps may use fewer, see `Settings.batches_per_step`."""
        pending = []
        for batch in self._batches():
            pending.append(batch)
            if len(pending) >= self.settings.num_batches(self.progress):
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

    def _step(self, batches: list[Batch], pool: ThreadPoolExecutor) -> dict[str, float]:
        self.position.step += 1
        self.position.tokens += sum(batch.num_tokens for batch in batches)
        layers = self.settings.num_layers(self.progress, self.model.config.num_hidden_layers)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate_at(self.progress)
        sums = self._gradients(batches, layers, pool)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.settings.clip_norm)
        if not math.isfinite(norm):
            raise AlbertLabError(
                f"The gradient at step {self.position.step} is {float(norm)}: training has diverged.",
                expected="finite numbers",
                mend="start again in another folder with a lower learning rate or a longer warm-up",
            )
        self.optimizer.step()
        return sums

    def _gradients(self, batches: list[Batch], layers: int, pool: ThreadPoolExecutor) -> dict[str, float]:
        """Set every parameter's gradient; parts of the batches are computed at the same time."""
        masked = sum(int((batch.masked_labels != IGNORED).sum()) for batch in batches)
        pairs = sum(int((batch.order_labels != IGNORED).sum()) for batch in batches)

        def part(tensors: dict[str, Tensor]) -> tuple[dict[str, float], tuple[Tensor, ...]]:
            with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
                losses = pretraining_losses(self.model, tensors, layers)
            gradients = torch.autograd.grad(
                losses.objective(masked, pairs), self.parameters, allow_unused=True, materialize_grads=True
            )
            return losses.sums(), gradients

        parts = [tensors for batch in batches for tensors in to_tensors(batch, self.device, self.shards)]
        results = list(pool.map(part, parts))
        for parameter, *gradients in zip(self.parameters, *(result[1] for result in results), strict=True):
            parameter.grad = gradients[0] if len(gradients) == 1 else torch.stack(gradients).sum(0)
        total = Counter()
        for sums, _ in results:
            total.update(sums)
        return total

    def _pool(self) -> ThreadPoolExecutor:
        threads = torch.get_num_threads() if self.shards == 1 else 1
        return ThreadPoolExecutor(self.shards, initializer=torch.set_num_threads, initargs=(threads,))

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Losses (nats) and accuracies at full depth on the held-out documents, with fixed masks."""
        stream = BatchStream(
            self.held_out,
            self.special,
            max_length=self.settings.max_length,
            tokens_per_batch=self.settings.tokens_per_batch,
            seed=HELD_OUT_SEED,
        )
        self.model.eval()
        sums = Counter()
        for number, chunks in enumerate(stream.plan(0)):
            (tensors,) = to_tensors(stream.batch(0, number, chunks), self.device)
            sums.update(pretraining_losses(self.model, tensors).sums())
        self.model.train()
        return means(sums)

    def save(self) -> None:
        """Write the whole state: a kill at any moment leaves the last one or this one."""
        self.folder.save(self.position, self.model, self.optimizer)

    def _log(self, values: dict[str, float]) -> dict:
        record = {
            "step": self.position.step,
            "epoch": self.position.epoch,
            "tokens": self.position.tokens,
            "seconds": round(self.position.seconds, 1),
            "learning_rate": round(self.settings.learning_rate_at(self.progress), 8),
            "layers": self.settings.num_layers(self.progress, self.model.config.num_hidden_layers),
            **{name: round(value, 5) for name, value in values.items()},
        }
        self.folder.log(record)
        return record


def model_config(settings: Settings, vocab_size: int) -> AlbertConfig:
    """The named configuration, with this vocabulary and length."""
    named = AlbertConfig.named(settings.size).to_dict()
    return AlbertConfig.from_dict(
        named | {"vocab_size": vocab_size, "max_position_embeddings": settings.max_length}
    )


def means(sums: dict[str, float]) -> dict[str, float]:
    """Mean losses and accuracies from the sums of Losses."""
    masked, order = max(1, sums["masked_count"]), max(1, sums["order_count"])
    return {
        "masked_loss": sums["masked_loss"] / masked,
        "masked_accuracy": sums["masked_right"] / masked,
        "order_loss": sums["order_loss"] / order,
        "order_accuracy": sums["order_right"] / order,
    }
