"""What the settings of every training share: checks that name the field, plain values, and the schedule."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from albert_lab.errors import InputError

OPTIMIZERS = ("lamb", "adamw", "muon")
SCHEDULES = ("cosine", "linear")


@dataclass(frozen=True)
class TrainingSettings:
    """What decides the resulting weights; a subclass adds what belongs to its task, with its own defaults.

    Attributes:
        seed: decides everything random.
        optimizer, learning_rate, weight_decay, clip_norm: the update; the learning rate is the peak's.
        schedule, warmup: rise over the first `warmup` share of the run, then fall to zero.
        shards: parts of a batch that are computed at the same time, each on one core; their gradients are
            added in a fixed order, so the count belongs to what decides the last bits of the weights.
    """

    seed: int = 0
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    schedule: str = "linear"
    warmup: float = 0.05
    shards: int = 2

    def __post_init__(self) -> None:
        self._check("optimizer", self.optimizer in OPTIMIZERS, " or ".join(OPTIMIZERS))
        self._check("schedule", self.schedule in SCHEDULES, " or ".join(SCHEDULES))
        self._check("seed", 0 <= self.seed < 2**63, "a whole number from 0 to 2^63 - 1")
        self._check("learning_rate", 0 < self.learning_rate < math.inf, "a positive number")
        self._check("weight_decay", 0 <= self.weight_decay < math.inf, "0 or a positive number")
        self._check("clip_norm", self.clip_norm > 0, "a positive number")
        self._check("warmup", 0 <= self.warmup < 1, "a share from 0 to less than 1")
        self._check("shards", self.shards >= 1, "at least 1")

    def _check(self, name: str, fine: bool, expected: str) -> None:
        if not fine:
            raise InputError(f"{name} is {getattr(self, name)!r}.", expected=expected)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for the log and the card."""
        return asdict(self)

    def options(self) -> list[str]:
        """The settings that differ from the defaults, as the command line has them."""
        words, defaults = [], type(self)()
        for name, value in self.to_dict().items():
            option = name.replace("_", "-")
            if value != getattr(defaults, name):
                words += [f"--no-{option}"] if value is False else [f"--{option}", str(value)]
        return words

    def learning_rate_at(self, progress: float) -> float:
        """The rate when `progress` (0 to 1) of the run is done.

        Up to the peak linearly, then down to zero linearly or along a half cosine.
        """
        if progress < self.warmup:
            return self.learning_rate * progress / self.warmup
        rest = min(1.0, (progress - self.warmup) / (1 - self.warmup))
        if self.schedule == "linear":
            return self.learning_rate * (1 - rest)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * rest))
