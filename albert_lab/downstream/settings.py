"""What fine-tuning is made of."""

from __future__ import annotations

from dataclasses import dataclass

from albert_lab.training.settings import TrainingSettings

CLASS_WEIGHTS = ("none", "balanced")


@dataclass(frozen=True)
class FinetuneSettings(TrainingSettings):
    """Everything that decides the fitted weights, apart from the task, the first weights and the data.

    Attributes:
        epochs: how often the training side is gone through, at most.
        batch_size: B, examples in one update.
        evaluate_every: updates between two looks at the development side; 0 = once an epoch.
        patience: looks without a better measure before training stops; the weights of the best one are
            kept. 0 = train to the end and keep the last weights.
        dropout: of hidden states and attention; ALBERT's second version has none.
        head_dropout: before the head, 0.1 as in transformers.
        layers: how many times the shared layer is applied; 0 = as often as the model says.
        class_weights: "balanced" gives all labels the same weight in the loss, n / (K·n_k) for each text.
        max_length: longest input in tokens; what is longer is cut, in training and in use.
        tokens_per_batch: B·T of what is run at once; changes only memory and speed.
    """

    epochs: int = 10
    batch_size: int = 16
    evaluate_every: int = 0
    patience: int = 3
    dropout: float = 0.0
    head_dropout: float = 0.1
    layers: int = 0
    class_weights: str = "none"
    max_length: int = 128
    tokens_per_batch: int = 2048
    learning_rate: float = 3e-4
    warmup: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "batch_size"):
            self._check(name, getattr(self, name) >= 1, "at least 1")
        for name in ("evaluate_every", "patience", "layers"):
            self._check(name, getattr(self, name) >= 0, "0 or more")
        for name in ("dropout", "head_dropout"):
            self._check(name, 0 <= getattr(self, name) < 1, "a share from 0 to less than 1")
        self._check("class_weights", self.class_weights in CLASS_WEIGHTS, " or ".join(CLASS_WEIGHTS))
        self._check("max_length", self.max_length >= 8, "at least 8 tokens")
        self._check("tokens_per_batch", self.tokens_per_batch >= 8, "at least 8 tokens")
