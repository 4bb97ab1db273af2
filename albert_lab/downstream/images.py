"""Images for an ALBERT: patches in place of words, the same encoder behind them.

An image is cut into squares, each square is a token, and a matrix takes the place of the word table
(Dosovitskiy et al. 2021, arXiv 2010.11929, section 3.1). The images are scikit-learn's 1,797 handwritten
digits of 8 by 8 pixels: 16 patches of 2 by 2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albert_lab.downstream.data import Splits, split
from albert_lab.downstream.measures import Scores, classification_scores
from albert_lab.downstream.settings import FinetuneSettings
from albert_lab.errors import InputError
from albert_lab.model.albert import initialize
from albert_lab.model.config import AlbertConfig
from albert_lab.model.encoder import AlbertEncoder
from albert_lab.model.heads import HeadOutput
from albert_lab.training.loop import EarlyStop, Report, Trainer
from albert_lab.vectors.network import evaluating, model_fingerprint

PATCH = 2  # pixels on each side of a patch
SMALL = AlbertConfig(
    vocab_size=1,  # there are no words
    embedding_size=32,
    hidden_size=64,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=256,
    max_position_embeddings=17,
    num_labels=10,
    initializer_range=0.08,
)
QUICK = FinetuneSettings(epochs=12, batch_size=64, learning_rate=3e-3, patience=0, shards=1)


class LabelledImage(NamedTuple):
    """Pixels (height, width) from 0 to 1, and what is on it; its number among all images."""

    pixels: np.ndarray
    label: int
    number: int


def digits() -> Splits[LabelledImage]:
    """scikit-learn's digits in three sides. One person may have written on two of them: nobody knows who."""
    from sklearn.datasets import load_digits

    found = load_digits()
    images = [
        LabelledImage(pixels.astype(np.float32) / 16, int(label), number)
        for number, (pixels, label) in enumerate(zip(found.images, found.target, strict=True))
    ]
    return split(images, lambda image: str(image.number), "Handwritten digits of scikit-learn.")


def patches(images: Tensor, size: int = PATCH) -> Tensor:
    """Squares row after row, each with its pixels row after row: (B, h, w) -> (B, h·w/size², size²).

    Raises:
        InputError: sides that the patches do not fill.
    """
    if images.dim() != 3 or images.shape[1] % size or images.shape[2] % size:
        raise InputError(
            f"images of shape {tuple(images.shape)} and patches of {size}.",
            expected="(B, height, width) in multiples of the patch",
        )
    squares = images.unflatten(2, (-1, size)).unflatten(1, (-1, size))  # (B, rows, size, columns, size)
    return squares.transpose(2, 3).flatten(3).flatten(1, 2)


class AlbertForImages(nn.Module):
    """A label for an image: patches -> E -> [CLS] before them -> encoder -> Linear on [CLS]."""

    def __init__(self, config: AlbertConfig = SMALL, patch: int = PATCH) -> None:
        super().__init__()
        self.config, self.patch = config, patch
        E = config.embedding_size
        self.projection = nn.Linear(patch * patch, E)  # in place of the word table
        self.first = nn.Parameter(torch.zeros(E))  # [CLS]
        self.positions = nn.Embedding(config.max_position_embeddings, E)
        self.LayerNorm = nn.LayerNorm(E, eps=config.layer_norm_eps)
        self.encoder = AlbertEncoder(config)  # as for text, and it does not know the difference
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        initialize(self, config)

    def forward(self, images: Tensor, *, output_attentions: bool = False) -> HeadOutput:
        """images (B, height, width) -> logits (B, num_labels), attentions (B, N, T, T); token 0 is [CLS]."""
        tokens = self.projection(patches(images, self.patch))  # (B, T - 1, 4) -> (B, T - 1, E)
        tokens = torch.cat([self.first.expand(len(tokens), 1, -1), tokens], dim=1)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        embedded = self.LayerNorm(tokens + self.positions(places))
        encoded = self.encoder(embedded, output_attentions=output_attentions)
        return HeadOutput(self.classifier(encoded.last_hidden_state[:, 0]), None, encoded.attentions)


class ImageTraining(Trainer):
    """A training of `AlbertForImages` in one folder, on the one loop.

    Args:
        settings: what decides the weights; of `FinetuneSettings`, what has to do with text is not used.
        model: with the weights to begin with.
        data: labelled images.
        folder: where the state and the log stand; a state found there is gone on from.
    """

    settings: FinetuneSettings

    def __init__(
        self,
        settings: FinetuneSettings,
        model: AlbertForImages,
        data: Splits[LabelledImage],
        folder: Path | str,
        *,
        device: str | None = None,
    ) -> None:
        self.data = data
        self.pixels, self.labels = stacked(data.training)
        torch.manual_seed(settings.seed)
        identity = {"training": _checksum(data.training), "first": model_fingerprint(model)}
        super().__init__(settings, model, folder, identity, device=device, shards=1)

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass; the last one of a pass may have fewer images."""
        return -(-len(self.labels) // self.settings.batch_size)

    @property
    def progress(self) -> float:
        """The share of the steps done so far, 0 to 1."""
        return self.position.step / (self.steps_per_epoch * self.settings.epochs)

    def fit(self, *, report: Report = lambda record: None, **options: Any) -> dict[str, float]:
        """Train; return the measures on the development side."""
        every = self.settings.evaluate_every or self.steps_per_epoch
        patience = self.settings.patience
        stop = EarlyStop("accuracy", every=every, patience=patience) if patience else None
        return self.run(report=report, early_stop=stop, **options)

    def steps(self) -> Iterator[Tensor]:
        """The numbers of the images of each update that is left."""
        B = self.settings.batch_size
        while not self.finished:
            epoch, batch = divmod(self.position.step, self.steps_per_epoch)
            order = np.random.default_rng([self.settings.seed, epoch]).permutation(len(self.labels))
            self.position.step += 1
            self.position.epoch = self.position.step // self.steps_per_epoch
            yield torch.from_numpy(order[batch * B : (batch + 1) * B])

    def gradients(self, work: Tensor, pool: ThreadPoolExecutor) -> Mapping[str, float]:
        """Gradients of the mean cross-entropy (nats)."""
        pixels, labels = self.pixels[work].to(self.device), self.labels[work].to(self.device)
        loss = F.cross_entropy(self.model(pixels).logits, labels)
        self.set_gradients([torch.autograd.grad(loss, self.parameters)])
        return {"loss": float(loss.detach())}

    def evaluate(self) -> dict[str, float]:
        """Accuracy on the development side."""
        said, right = recognize(self.model, self.data.development), self.data.development
        return {"accuracy": float(np.mean([a == b.label for a, b in zip(said, right, strict=True)]))}


def recognize(model: AlbertForImages, images: Sequence[LabelledImage]) -> list[int]:
    """The most probable label of each image."""
    pixels, _ = stacked(images)
    with evaluating(model):
        device = model.classifier.weight.device
        return [int(k) for part in pixels.split(256) for k in model(part.to(device)).logits.argmax(dim=-1)]


def image_scores(images: Sequence[LabelledImage], said: Sequence[int]) -> Scores:
    """Accuracy and macro F1 with their intervals."""
    return classification_scores([str(image.label) for image in images], [str(label) for label in said])


def looks_of(model: AlbertForImages, image: LabelledImage) -> np.ndarray:
    """How much [CLS] looks at each patch, mean over heads: (L, rows, columns), each layer's sum below 1."""
    pixels, _ = stacked([image])
    with evaluating(model):
        maps = model(pixels.to(model.classifier.weight.device), output_attentions=True).attentions
    rows = image.pixels.shape[0] // model.patch
    looks = torch.stack([one[0].mean(dim=0)[0, 1:] for one in maps])  # (L, patches)
    return looks.unflatten(1, (rows, -1)).float().cpu().numpy()


def stacked(images: Sequence[LabelledImage]) -> tuple[Tensor, Tensor]:
    """Pixels (n, height, width) and labels (n,) of images.

    Raises:
        InputError: there is none.
    """
    if not images:
        raise InputError("There is no image.", expected="at least one")
    pixels = torch.from_numpy(np.stack([image.pixels for image in images]))
    return pixels, torch.tensor([image.label for image in images])


def _checksum(images: Sequence[LabelledImage]) -> str:
    pixels, labels = stacked(images)
    digest = hashlib.sha256(pixels.numpy().tobytes())
    digest.update(labels.numpy().tobytes())
    return digest.hexdigest()[:16]
