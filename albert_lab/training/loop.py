"""The one training loop: many steps, a log, and a state that a killed run goes on from.

A task (pretraining, tuning, fine-tuning) is a subclass of `Trainer` that brings its batches, its gradients
and its evaluation. Everything else stands here: the learning rate, clipping, the log, saving and going on
after a kill at any moment, parts of a batch on several cores or in several processes, and stopping early with
the best weights.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from albert_lab.errors import AlbertLabError, InputError
from albert_lab.training.optimizers import make_optimizer
from albert_lab.training.ranks import ALONE, Ranks
from albert_lab.training.run_folder import RunFolder
from albert_lab.training.settings import TrainingSettings

Report = Callable[[dict], None]


@dataclass(frozen=True)
class EarlyStop:
    """When to stop because the held-out side gets no better; the best weights are what remains.

    Attributes:
        measure: a name among those that `Trainer.evaluate` gives.
        every: steps between two evaluations.
        patience: how many evaluations without a better value are allowed in a row.
        larger_is_better: False for a loss.
    """

    measure: str
    every: int
    patience: int = 3
    larger_is_better: bool = True

    def __post_init__(self) -> None:
        if self.every < 1 or self.patience < 1:
            raise InputError(f"every={self.every}, patience={self.patience}.", expected="both at least 1")

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether a value is better than the best one so far; every number is better than none."""
        if not math.isfinite(value):
            return False
        return best is None or (value > best if self.larger_is_better else value < best)


class Trainer(ABC):
    """One training run in one folder. The model is changed.

    Args:
        settings: what decides the weights.
        model: with the weights to begin with.
        folder: where the state and the log stand; a state found there is gone on from.
        identity: what else decides the weights, such as a fingerprint of the data, beside the settings.
        device: "cpu", "cuda", or None for a GPU where there is one.
        shards: parts computed at the same time; 1 where a task must not share random numbers among threads.
        ranks: the processes that train together.

    Raises:
        CheckpointError: the folder holds the state of a run with other settings or other data.
    """

    log_every = 50
    measures_first = False  # whether the log begins with the first weights' measures

    def __init__(
        self,
        settings: TrainingSettings,
        model: nn.Module,
        folder: Path | str,
        identity: Mapping[str, Any],
        *,
        device: str | None = None,
        shards: int | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.settings, self.ranks = settings, ranks
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        alone = self.device.type != "cpu" or ranks.count > 1  # then the parts are shared out in another way
        self.shards = 1 if alone else (shards or settings.shards)
        self.model = model.to(self.device)
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimizer = make_optimizer(
            settings.optimizer, model, settings.learning_rate, settings.weight_decay
        )
        self.folder = RunFolder(Path(folder), {**settings.to_dict(), **identity}, writes=ranks.is_first)
        with ranks.first_goes_first():
            self.prepare()
            self.position = self.folder.resume(model, self.optimizer, self.device)
        ranks.share(model)

    # What a task brings

    def prepare(self) -> None:  # noqa: B027  most tasks have nothing to prepare
        """What has to be done with the first weights, before a saved state is loaded."""

    @property
    @abstractmethod
    def progress(self) -> float:
        """The share of the run that is done, 0 to 1."""

    @abstractmethod
    def steps(self) -> Iterator[Any]:
        """The work of each update from the position on; the position is moved past it before it is given."""

    @abstractmethod
    def gradients(self, work: Any, pool: ThreadPoolExecutor) -> Mapping[str, float]:
        """Set every parameter's gradient; return sums that the log wants."""

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Measures on the held-out side; empty if there is none."""

    def summary(self, sums: Mapping[str, float], steps: int) -> dict[str, float]:
        """What the log says of the sums over so many steps: their means."""
        return {name: value / steps for name, value in sums.items()}

    def state_of_schedules(self) -> dict[str, float]:
        """Further values of schedules for each line of the log."""
        return {}

    # What every training does

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.progress >= 1

    def run(
        self,
        *,
        save_every: float = 180.0,
        log_every: int | None = None,
        report: Report = lambda record: None,
        stop_after_steps: int | None = None,
        early_stop: EarlyStop | None = None,
    ) -> dict[str, float]:
        """Train what is left; return the measures on the held-out side.

        Args:
            save_every: seconds between two saved states.
            log_every: steps between two lines of the log.
            report: called with each record of the log.
            stop_after_steps: end this call after so many steps, with the state saved.
            early_stop: end the training when the held-out side gets no better, and take the best weights.

        Raises:
            AlbertLabError: the gradient is no finite number: training has diverged.
        """
        if self.measures_first and self.position.step == 0:
            report(self._log(_held_out(self._measured())))
        sums, since, done = Counter(), 0, 0
        clock = _Clock(self.position.seconds, self.position.tokens)
        with self._pool() as pool:
            for work in () if self._is_over(early_stop) else self.steps():
                sums.update(self._step(work, pool))
                since, done = since + 1, done + 1
                self.position.seconds = clock.seconds()
                if self.position.step % (log_every or self.log_every) == 0:
                    speed = {"tokens_per_second": clock.speed(self.position.tokens)}
                    report(self._log(self.summary(sums, since) | speed))
                    sums.clear()
                    since = 0
                if early_stop and self.position.step % early_stop.every == 0:
                    report(self._log(self._judge(early_stop)))
                    if self._is_over(early_stop):
                        break
                if clock.due(save_every):
                    self.save()
                if done == stop_after_steps:
                    break
        if early_stop and (self.finished or self._is_over(early_stop)):
            self._take_the_best()
        metrics = self._measured()
        report(self._log(_held_out(metrics)))
        self.save()
        return metrics

    def save(self) -> None:
        """Write the whole state: a kill at any moment leaves the last one or this one."""
        self.folder.save(self.position, self.model, self.optimizer)

    def _step(self, work: Any, pool: ThreadPoolExecutor) -> Mapping[str, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate_at(self.progress)
        self.model.train()
        sums = self.gradients(work, pool)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.settings.clip_norm)
        if not math.isfinite(norm):
            raise AlbertLabError(
                f"The gradient at step {self.position.step} is {float(norm)}: training has diverged.",
                expected="finite numbers",
                mend="start again in another folder with a lower learning rate or a longer warm-up",
            )
        self.optimizer.step()
        return sums

    def set_gradients(self, parts: Iterable[Sequence[Tensor | None]]) -> None:
        """Give every parameter the sum of its gradients over the parts of a batch, in their order.

        The parts are those of this process; the sum is over those of all processes.
        """
        for parameter, *gradients in zip(self.parameters, *parts, strict=True):
            if not gradients or gradients[0] is None:  # more processes than parts, or a weight without use
                parameter.grad = None
            else:
                parameter.grad = gradients[0] if len(gradients) == 1 else torch.stack(gradients).sum(0)
        self.ranks.sum_gradients(self.parameters)

    def _measured(self) -> dict[str, float]:
        """Measures on the held-out side, by the first process; all others have its numbers."""
        return self.ranks.same(self.evaluate() if self.ranks.is_first else None)

    def _take_the_best(self) -> None:
        if self.ranks.is_first:
            self.folder.load_best(self.model, self.device)
        self.ranks.share(self.model)

    def _pool(self) -> ThreadPoolExecutor:
        """Threads for the parts of a batch; with several, each of them computes on one core."""
        threads = torch.get_num_threads() if self.shards == 1 else 1
        return ThreadPoolExecutor(self.shards, initializer=torch.set_num_threads, initargs=(threads,))

    def _judge(self, early_stop: EarlyStop) -> dict[str, float]:
        """Evaluate; keep the weights if they are the best so far."""
        metrics = self._measured()
        if early_stop.measure not in metrics:
            raise InputError(
                f"there is no measure {early_stop.measure!r} to stop by.", expected=" or ".join(metrics)
            )
        self.position.judged_step = self.position.step
        value = metrics[early_stop.measure]
        if early_stop.is_better(value, self.position.best):
            self.folder.keep_best(self.model)
            self.position.best, self.position.best_step = float(value), self.position.step
        return _held_out(metrics)

    def _is_over(self, early_stop: EarlyStop | None) -> bool:
        """Whether the run was stopped early, in this call or in one before."""
        if early_stop is None or self.position.judged_step is None:
            return False
        since_best = self.position.judged_step - self.position.best_step
        return since_best >= early_stop.every * early_stop.patience

    def _log(self, values: Mapping[str, float]) -> dict:
        record = {
            "step": self.position.step,
            "epoch": self.position.epoch,
            "tokens": self.position.tokens,
            "seconds": round(self.position.seconds, 1),
            "learning_rate": round(self.settings.learning_rate_at(self.progress), 8),
            **self.state_of_schedules(),
            **{name: round(value, 5) for name, value in values.items()},
        }
        self.folder.log(record)
        return record


def _held_out(metrics: Mapping[str, float]) -> dict[str, float]:
    return {f"held_out_{name}": float(value) for name, value in metrics.items()}


class _Clock:
    """Seconds and speed of a run over all its calls, and when the state has to be saved again."""

    def __init__(self, seconds_before: float, tokens_before: int) -> None:
        self._before, self._tokens, self._start = seconds_before, tokens_before, time.perf_counter()
        self._saved = self._start

    def seconds(self) -> float:
        return self._before + time.perf_counter() - self._start

    def speed(self, tokens: int) -> int:
        """Tokens per second in this call."""
        return round((tokens - self._tokens) / (time.perf_counter() - self._start))

    def due(self, every: float) -> bool:
        """Whether so many seconds have passed since this said so last."""
        now = time.perf_counter()
        if now - self._saved <= every:
            return False
        self._saved = now
        return True
