"""A sentence model that is ready at once: a question runs in numpy, and torch is loaded only for more.

``import torch`` takes longer than everything else that ``albert-lab search`` has to do with a warm cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from albert_lab.errors import AlbertLabError, CheckpointError
from albert_lab.model.sources import locate, network_folder, read_config
from albert_lab.retrieval.numpy_albert import NumpyAlbert, read_body
from albert_lab.text.batches import KnownPieces, PlainTokenizer, TextEncoder, folder_tokenizer
from albert_lab.vectors.fingerprint import fingerprint
from albert_lab.vectors.sentence import SentenceNotes, read_notes

if TYPE_CHECKING:
    from albert_lab.vectors.extractor import Extractor


class QuickExtractor:
    """What `DocumentSearch` asks of an Extractor. One text runs here; all else goes to the full Extractor.

    Vectors and fingerprint are those of ``Extractor.from_source(source)``, up to float rounding.

    Raises:
        CheckpointError: the folder holds something else than a sentence model with mean pooling that
            `NumpyAlbert` can run.
    """

    def __init__(self, source: str | Path | None = None) -> None:
        root = locate(source)
        folder, notes = network_folder(root), read_notes(root)
        self.name, self._source = str(source or root.name), source
        tokenizer = folder_tokenizer(folder)
        if not isinstance(tokenizer, PlainTokenizer) or notes is None or notes != _plain(notes):
            raise CheckpointError(f"{folder} is read by the full Extractor only.")
        self.config, self.normalize = read_config(folder), notes.normalize
        self._encoder, self._tensors = TextEncoder(tokenizer), read_body(folder)
        if self._encoder.vocab_size > self.config.vocab_size:
            raise CheckpointError(f"The tokenizer in {folder} knows pieces that the model does not.")
        self._network = NumpyAlbert(self.config, self._tensors)
        self.max_length = self._encoder.longest_input(self.config, notes.max_length)
        self._window = self.max_length - self._encoder.special_tokens

    @cached_property
    def full(self) -> Extractor:
        """The extractor in torch, loaded by the first access."""
        from albert_lab.vectors.extractor import Extractor

        return Extractor.from_source(self._source)

    @property
    def dimension(self) -> int:
        """H, the length of every vector."""
        return self.config.hidden_size

    def fingerprint(self) -> str:
        """The Extractor's, for the same folder."""
        settings = {"pooling": "mean", "layer": -1, "precision": "float32", "long_texts": "cut"}
        settings |= {"max_length": self.max_length, "window_overlap": self._window // 4}
        settings |= {"normalize": self.normalize, "dimension": self.dimension}
        return fingerprint(self._tensors, self.config.to_dict(), self._encoder.backend.to_str(), settings)

    def known_pieces(self, texts: Sequence[str]) -> KnownPieces:
        """How much of the texts the tokenizer knows."""
        return self._encoder.known_pieces(texts)

    def sentences(self, texts: Sequence[str], advance: Callable[[int], None]) -> tuple[np.ndarray, int]:
        """Vectors (n, H) of strings, and how many of them were cut."""
        if len(texts) != 1:
            return self.full.sentences(texts, advance)
        ids = self._encoder.encode(texts)[0].ids
        row = [*self._encoder.prefix, *ids[: self._window], *self._encoder.suffix]
        vector = self._network(np.array(row)).mean(axis=0)  # (T, H) -> (H,)
        if self.normalize:
            vector /= max(float(np.linalg.norm(vector)), 1e-12)
        advance(1)
        return vector[None], int(len(ids) > self._window)

    def embed(self, texts: Sequence[str] | str, level: str = "sentence", **options: Any) -> Any:
        """As `Extractor.embed`."""
        return self.full.embed(texts, level, **options)


def _plain(notes: SentenceNotes) -> SentenceNotes:
    """Notes of which only normalization and length are followed here."""
    return SentenceNotes(normalize=notes.normalize, max_length=notes.max_length)


def quick_extractor(source: str | Path | None = None) -> QuickExtractor | Extractor:
    """The QuickExtractor of a sentence model where there is one, else the Extractor.

    Raises:
        CheckpointError: there is no such model, or it cannot be read.
    """
    try:
        return QuickExtractor(source)
    except AlbertLabError:  # also for a damaged folder: the Extractor says what is wrong with it
        from albert_lab.vectors.extractor import Extractor

        return Extractor.from_source(source)
