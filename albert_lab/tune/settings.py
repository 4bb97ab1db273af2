"""What contrastive training is made of."""

from __future__ import annotations

from dataclasses import dataclass

from albert_lab.training.settings import TrainingSettings
from albert_lab.tune.contrastive import MINERS


@dataclass(frozen=True)
class TuneSettings(TrainingSettings):
    """Everything that decides the tuned weights, apart from the first ones, the pairs and the teacher.

    Attributes:
        steps: updates of the weights.
        batch_size: B, pairs in one update; every pair has B - 1 negatives at least.
        temperature: τ of the loss.
        negatives: where hard negatives come from: "none", "bm25", or "model" (the first weights).
        negatives_per_pair: how many of them each pair brings into the batch, drawn from its four hardest.
        symmetric: documents find their questions too.
        distillation: weight of the teacher's part of the loss, 0 to 1; needs a teacher.
        dropout: of hidden states and attention; ALBERT's second version has none. SimCSE needs some.
        optimizer, learning_rate, weight_decay, clip_norm: the update; the learning rate is the peak's.
        warmup: share of the steps in which the rate rises; then it falls to zero linearly.
        max_length: longest text in tokens; what is longer is cut, in training and in use.
        tokens_per_batch: B·T of what is run at once; changes only memory and speed.
        held_out_percent: share of the documents that are held out.
        shards: how many parts are computed at the same time, each on one core (CPU, no dropout).
        seed: decides order, drawn negatives and dropout.
    """

    steps: int = 1100
    batch_size: int = 256
    temperature: float = 0.05
    negatives: str = "none"
    negatives_per_pair: int = 1
    symmetric: bool = True
    distillation: float = 0.0
    dropout: float = 0.0
    optimizer: str = "adamw"
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    warmup: float = 0.05
    max_length: int = 64
    tokens_per_batch: int = 2048
    held_out_percent: float = 1.0
    shards: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("steps", self.steps >= 1, "at least 1")
        self._check("batch_size", self.batch_size >= 2, "at least 2: the others are the negatives")
        self._check("temperature", self.temperature > 0, "a positive number, such as 0.05")
        self._check("negatives", self.negatives in MINERS, " or ".join(MINERS))
        self._check("negatives_per_pair", 1 <= self.negatives_per_pair <= 4, "1 to 4")
        self._check("distillation", 0 <= self.distillation <= 1, "a weight from 0 to 1")
        self._check("dropout", 0 <= self.dropout < 1, "a share from 0 to less than 1")
        self._check("max_length", self.max_length >= 8, "at least 8 tokens")
        self._check("held_out_percent", 0 < self.held_out_percent < 50, "a percentage above 0 and below 50")
