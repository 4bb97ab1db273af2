"""What a pretraining run is made of, and the schedules that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from albert_lab.training.settings import TrainingSettings

STARTS = ("informed", "random")


@dataclass(frozen=True)
class Settings(TrainingSettings):
    """Everything that decides the resulting weights, apart from the corpus.

    Attributes:
        size: a named configuration of :class:`albert_lab.model.AlbertConfig`.
        tokens: how many real tokens (padding left out) to see.
        seed: decides initial weights, order, masks and swaps.
        start: "random" weights, or "informed": word table, positions and two heads begin with what can be
            known before training, see :mod:`albert_lab.pretrain.start`.
        optimizer, learning_rate, weight_decay, clip_norm: the update; the learning rate is the peak's.
        schedule, warmup: rise over the first `warmup` share of the tokens, then fall to zero.
        max_length: longest text in tokens; tokens_per_batch: B·T of a batch, padding included.
        depth: stages of depth, "2:0.5 4:0.75" = 2 layers for the first half of the tokens, 4 until three
            quarters, then all. Layers that share their weights can be applied any number of times, so a
            shallow start leaves out work, not parameters; "" = full depth throughout.
        batches_per_step: stages as for `depth`, "1:0.5 4:1" = one batch for each update during the first half
            of the tokens, four after that: small steps while the loss falls fast, less noise later.
        held_out_percent: share of the documents that are candidates for the held-out side.
        shards: parts of a batch that are computed at the same time, each on one core; their gradients are
            added in a fixed order, so the count belongs to what decides the last bits of the weights.
    """

    size: str = "docs-mini"
    tokens: int = 62_000_000
    seed: int = 0
    start: str = "informed"
    optimizer: str = "muon"
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    schedule: str = "linear"
    warmup: float = 0.02
    max_length: int = 256
    tokens_per_batch: int = 4096
    depth: str = "2:0.62 4:0.84"
    batches_per_step: str = "1:0.1 2:0.4 4:1"
    held_out_percent: float = 3.0
    shards: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("start", self.start in STARTS, " or ".join(STARTS))
        self._check("tokens", self.tokens > 0, "a positive number")
        self._check("max_length", self.max_length >= 8, "at least 8 tokens")
        self._check("held_out_percent", 0 < self.held_out_percent < 50, "a percentage above 0 and below 50")
        self._stages("depth")
        self._stages("batches_per_step")

    def _stages(self, name: str) -> list[tuple[int, float]]:
        """A setting of stages, read: (number, share of the tokens at which the stage ends), in order."""
        text = getattr(self, name)
        try:
            pairs = [stage.split(":") for stage in text.split()]
            stages = [(int(number), float(end)) for number, end in pairs]
        except ValueError:
            stages = [(0, 0.0)]
        ends = [end for _, end in stages]
        sound = not stages or (
            min(number for number, _ in stages) >= 1 and ends == sorted(set(ends)) and 0 < ends[-1] <= 1
        )
        self._check(name, sound, 'stages "number:end" with rising ends from 0 to 1, such as "2:0.5 4:0.75"')
        return stages

    def num_layers(self, progress: float, full: int) -> int:
        """Layers to apply when `progress` (0 to 1) of the tokens have been seen."""
        return min(full, next((layers for layers, end in self._stages("depth") if progress < end), full))

    def num_batches(self, progress: float) -> int:
        """Batches for one update when `progress` (0 to 1) of the tokens have been seen."""
        stages = self._stages("batches_per_step")
        last = stages[-1][0] if stages else 1
        return next((count for count, end in stages if progress < end), last)
