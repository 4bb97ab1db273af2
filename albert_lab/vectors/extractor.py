"""From texts to vectors: the main job of the package.

    from albert_lab.vectors import Extractor
    extractor = Extractor.from_source()
    vectors = extractor.embed(["Copy a file.", "Sort a list."])      # (2, H), float32

What makes it fast: texts of similar length share a batch, so that little is padded; a batch that needs no
padding runs without a mask; layers above the wanted one do not run. (A text is padded to a multiple of 8
even when alone: that makes its vector the same in any company.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model.devices import checked_device
from albert_lab.model.sources import locate, network_folder
from albert_lab.progress_bar import progress_bar
from albert_lab.text.batches import (
    KnownPieces,
    TextEncoder,
    Window,
    average_words,
    check_texts,
    chunks,
    folder_tokenizer,
    length_batches,
    padded_lengths,
    trimmed,
    warn_of_cuts,
    windows,
    word_spans,
)
from albert_lab.vectors.network import (
    encoder_of,
    evaluating,
    model_fingerprint,
    number_of_layers,
    pooled,
    token_states,
)
from albert_lab.vectors.pooling import check_pooling
from albert_lab.vectors.precision import in_precision
from albert_lab.vectors.sentence import read_notes

LEVELS = ("sentence", "word", "token")
LONG_TEXTS = ("cut", "windows")


@dataclass(frozen=True)
class TokenVectors:
    """The pieces of one text: strings, where they stand in the text, and a vector for each."""

    text: str
    tokens: list[str]
    offsets: np.ndarray  # (n, 2) int64, characters of `text`: text[start:stop]
    vectors: np.ndarray  # (n, H) float32


@dataclass(frozen=True)
class WordVectors:
    """The words of one text: strings, where they stand in the text, and a vector for each."""

    text: str
    words: list[str]
    offsets: np.ndarray  # (n, 2) int64, characters of `text`: text[start:stop]
    vectors: np.ndarray  # (n, H) float32


class Extractor:
    """A model and its tokenizer, ready to turn texts into vectors. The model is not changed.

    Args:
        model: our AlbertModel, or any encoder of transformers that takes ``input_ids`` and
            ``attention_mask`` and returns ``last_hidden_state``; of a model with a head, its encoder.
        tokenizer: the fast tokenizer that belongs to it.
        pooling: how a text's token vectors become one: "mean", "cls", "max", "pooler", "first_last"
            (see `albert_lab.vectors.pooling`). Words and tokens are not pooled over the text.
        layer: 0 is what enters the first layer, 1 its output, ..., -1 the last.
        precision: "float32", "bfloat16" or "int8"; the vectors are float32 in any case. int8 rounds inputs
            in steps that fit the whole batch: there a vector depends, in its last digits, on its company.
        long_texts: "cut" keeps the beginning and warns; "windows" runs overlapping windows. Then a text's
            vector is the average of its windows' vectors (they count the same: all are full, since the last
            one ends with the text), and a token in several windows has the average of its vectors.
        max_length: tokens of one input, special tokens included; None = as many as the model takes.
        window_overlap: tokens that neighbouring windows share; None = a quarter of a window.
        tokens_per_batch: B*T at most; None = 512 for each thread of a CPU (and at least 1024), so that a
            batch stays in its caches; 65536 elsewhere.
        device: "cpu", "cuda", ...; None = where the model is. The model is copied if it has to move.
        normalize: give sentences vectors of length 1 (words and tokens stay as they are).
        prompt: what is put before every sentence (words and tokens go without).
        lower_case: write texts in lower case before the tokenizer sees them.
        truncate_dim: keep the first so many numbers of a sentence's vector, after normalizing; None = all.
        name: what to call the model in files.

    Raises:
        InputError: a wrong value, or a tokenizer and a model that do not belong together.
    """

    def __init__(
        self,
        model: nn.Module,
        tokenizer: Any,
        *,
        pooling: str = "mean",
        layer: int = -1,
        precision: str = "float32",
        long_texts: str = "cut",
        max_length: int | None = None,
        window_overlap: int | None = None,
        tokens_per_batch: int | None = None,
        device: str | torch.device | None = None,
        normalize: bool = False,
        prompt: str = "",
        lower_case: bool = False,
        truncate_dim: int | None = None,
        name: str | None = None,
    ) -> None:
        self.name, self.config = name or type(model).__name__, model.config
        self.pooling, self.layer, self.precision, self.long_texts = pooling, layer, precision, long_texts
        self.normalize, self.prompt, self.truncate_dim = normalize, prompt, truncate_dim
        self.lower_case, self._encoder = lower_case, TextEncoder(tokenizer, lower_case=lower_case)
        _check_numbers(
            layer=layer, max_length=max_length, window_overlap=window_overlap,
            tokens_per_batch=tokens_per_batch, truncate_dim=truncate_dim,
        )  # fmt: skip
        self._check_choices(encoder_of(model))
        self.max_length = self._encoder.longest_input(self.config, max_length)
        self._window = self.max_length - self._encoder.special_tokens
        self.window_overlap = self._window // 4 if window_overlap is None else window_overlap
        if not 0 <= self.window_overlap < self._window:
            raise InputError(f"window_overlap={window_overlap}.", expected=f"0 to {self._window - 1}")
        device = None if device is None else checked_device(device)
        self.model = in_precision(encoder_of(model), precision, device)
        self.device = device if device is not None else next(model.parameters()).device
        on_cpu = max(1024, 512 * torch.get_num_threads())
        self.tokens_per_batch = tokens_per_batch or (on_cpu if self.device.type == "cpu" else 65536)

    @classmethod
    def from_source(cls, source: str | Path | None = None, **options: Any) -> Extractor:
        """The extractor of a built-in model, a checkpoint folder or a hub name; options as for the class.

        None means the environment variable ALBERT_LAB_MODEL, else docs-mini. Where the folder is one of a
        sentence model, pooling, normalization and length are as it says, unless the options say otherwise.

        Raises:
            CheckpointError: there is no such model, or it cannot be read.
            InputError: there is no such option, or it has a wrong value.
        """
        from albert_lab.model.checkpoint import load_model

        check_options(options)
        root = locate(source)
        folder, notes = network_folder(root), read_notes(root)
        noted = {"name": str(source or root.name)} | (notes.options if notes else {})
        return cls(load_model(folder), folder_tokenizer(folder), **noted | options)

    @property
    def dimension(self) -> int:
        """H, the length of every vector of a sentence."""
        return min(self.config.hidden_size, self.truncate_dim or self.config.hidden_size)

    @property
    def settings(self) -> dict[str, Any]:
        """What decides the vectors of a text, apart from weights and tokenizer."""
        names = ("pooling", "layer", "precision", "long_texts", "max_length", "window_overlap", "normalize")
        rare = ("prompt", "lower_case", "truncate_dim")
        chosen = {name: getattr(self, name) for name in rare if getattr(self, name)}
        return {name: getattr(self, name) for name in names} | chosen | {"dimension": self.dimension}

    def fingerprint(self) -> str:
        """SHA-256 (hex) of weights, tokenizer and settings: equal fingerprints, equal vectors."""
        return model_fingerprint(self.model, self._encoder.backend.to_str(), self.settings)

    def embed(
        self, texts: Iterable[str] | str, level: str = "sentence", *, progress: bool | None = None
    ) -> np.ndarray | list[TokenVectors] | list[WordVectors]:
        """Vectors of the texts, in their order.

        Args:
            texts: strings; a bare string is one text. An empty string has a vector too, that of the special
                tokens alone, and no words or tokens. Control characters and characters that the tokenizer
                does not know are tokens like others; a lone surrogate counts as U+FFFD.
            level: "sentence" -> float32 array (n, H); (0, H) for no texts. "token" -> a `TokenVectors` for
                each text, special tokens left out. "word" -> a `WordVectors` for each text: the average of
                the pieces that make up a word.
            progress: True, False, or None: a bar on stderr if it takes longer than two seconds and a person
                is watching.

        Raises:
            InputError: an element is not a string (its position is named), an unknown level, or texts of
                which the tokenizer knows almost no piece: their vectors would all be nearly the same.

        Warns:
            UserWarning: once per call, with the number of texts that were cut.
        """
        if level not in LEVELS:
            raise InputError(f"level {level!r} is not known.", expected="one of " + ", ".join(LEVELS))
        texts = check_texts(texts)
        self.known_pieces(texts).check()
        run = self.sentences if level == "sentence" else self._pieces
        with progress_bar("embedding", len(texts), progress) as advance, evaluating(self.model):
            result, cut = run(texts, advance)
        warn_of_cuts(cut, len(texts), self.max_length)
        return [_words(pieces) for pieces in result] if level == "word" else result

    def known_pieces(self, texts: Sequence[str]) -> KnownPieces:
        """How much of the texts the tokenizer knows."""
        return self._encoder.known_pieces(texts)

    def sentences(self, texts: Sequence[str], advance: Callable[[int], None]) -> tuple[np.ndarray, int]:
        """Vectors (n, H) of strings, and how many of them were cut: `embed` without checks and warning."""
        result, cut = np.zeros((len(texts), self.config.hidden_size), dtype=np.float32), 0
        with evaluating(self.model):
            for first, chunk in chunks(texts):
                ids = [encoding.ids for encoding in self._encoder.encode(self._prompted(chunk))]
                cut += self._number_cut(ids)
                for batch, vectors in self._batches(ids, self._pooled):
                    # A text in one window gets 0 + 1·v. add.at, since windows of one text can share a batch.
                    rows = first + np.array([window.text for window in batch])
                    shares = np.array([window.share for window in batch], dtype=np.float32)
                    np.add.at(result, rows, shares[:, None] * vectors)
                    advance(sum(window.start == 0 for window in batch))
        result = _unit(result) if self.normalize else result
        return (result if self.truncate_dim is None else result[:, : self.truncate_dim].copy()), cut

    def _prompted(self, texts: Sequence[str]) -> Sequence[str]:
        return [self.prompt + text for text in texts] if self.prompt else texts

    def _pieces(self, texts: Sequence[str], advance: Callable[[int], None]) -> tuple[list[TokenVectors], int]:
        result, cut = [], 0
        for _, chunk in chunks(texts):
            encodings = self._encoder.encode(chunk, with_offsets=True)
            ids = [encoding.ids for encoding in encodings]
            cut += self._number_cut(ids)
            kept = [len(row) if self.long_texts == "windows" else min(len(row), self._window) for row in ids]
            H = self.config.hidden_size
            sums = [np.zeros((length, H), dtype=np.float32) for length in kept]
            counts = [np.zeros((length, 1), dtype=np.float32) for length in kept]
            for batch, states in self._batches(ids, self._token_states):
                for window, vectors in zip(batch, states, strict=True):
                    inside = slice(window.start, window.stop)
                    begin = len(self._encoder.prefix)
                    sums[window.text][inside] += vectors[begin : begin + window.stop - window.start]
                    counts[window.text][inside] += 1
                advance(sum(window.start == 0 for window in batch))
            for text, encoding, total, count in zip(chunk, encodings, sums, counts, strict=True):
                offsets = trimmed(text, encoding.offsets[: len(total)])
                result.append(TokenVectors(text, encoding.tokens[: len(total)], offsets, total / count))
        return result, cut

    def _batches(
        self, ids: Sequence[Sequence[int]], run: Callable[[Tensor, Tensor | None], Tensor]
    ) -> Iterator[tuple[list[Window], np.ndarray]]:
        """Run all windows of tokenized texts, similar lengths together; yields (windows, results)."""
        overlap = self.window_overlap if self.long_texts == "windows" else None
        parts = windows([len(row) for row in ids], self._window, overlap)
        lengths = [part.stop - part.start + self._encoder.special_tokens for part in parts]
        lengths = padded_lengths(lengths, self.config.max_position_embeddings)
        for batch in length_batches(lengths, self.tokens_per_batch):
            members = [parts[position] for position in batch]
            rows = [ids[part.text][part.start : part.stop] for part in members]
            rows, mask = self._encoder.collate(rows, lengths[batch[0]])
            mask = None if mask is None else torch.from_numpy(mask).to(self.device)
            output = run(torch.from_numpy(rows).to(self.device), mask)
            yield members, output.float().cpu().numpy()

    def _pooled(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        return pooled(self.model, ids, mask, self.pooling, self.layer)

    def _token_states(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        return token_states(self.model, ids, mask, self.layer)

    def _number_cut(self, ids: Sequence[Sequence[int]]) -> int:
        return sum(len(row) > self._window for row in ids) if self.long_texts == "cut" else 0

    def _check_choices(self, encoder: nn.Module) -> None:
        check_pooling(self.pooling, self.layer)
        if self.pooling == "pooler" and getattr(encoder, "pooler", True) is None:
            raise InputError(
                f"pooling='pooler', but {self.name} has no pooler.",
                expected="a checkpoint with a pooler; those for masked words, tags and answers have none",
                mend="choose mean, cls or max",
            )
        if not isinstance(self.prompt, str):
            raise InputError(f"prompt={self.prompt!r:.60}.", expected="a string")
        if self.long_texts not in LONG_TEXTS:
            raise InputError(
                f"long_texts={self.long_texts!r} is not known.", expected="one of " + ", ".join(LONG_TEXTS)
            )
        layers = number_of_layers(self.config)
        if not -layers - 1 <= self.layer <= layers:
            raise InputError(
                f"layer={self.layer} does not exist.",
                expected=f"{-layers - 1} to {layers}: this model has {layers} layers",
            )
        if self._encoder.vocab_size > self.config.vocab_size:
            raise InputError(
                f"The tokenizer knows {self._encoder.vocab_size} pieces, the model {self.config.vocab_size}.",
                expected="a tokenizer and a model that belong together",
                mend="load both from the same folder",
            )


def check_options(options: dict[str, Any]) -> None:
    """Raise InputError for an option that the Extractor does not have."""
    known = [name for name, each in signature(Extractor).parameters.items() if each.kind is each.KEYWORD_ONLY]
    unknown = sorted(set(options) - set(known))
    if unknown:
        model = "the model is the second argument, source" if {"model", "tokenizer"} & set(unknown) else ""
        raise InputError(
            f"There is no option {', '.join(unknown)}.", expected="one of " + ", ".join(known), mend=model
        )


def _check_numbers(**values: Any) -> None:
    """Options that count something are whole numbers, or None where that is allowed."""
    for name, value in values.items():
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        positive = name in ("tokens_per_batch", "truncate_dim")
        if (value is None and name != "layer") or (whole and (value >= 1 or not positive)):
            continue
        raise InputError(f"{name}={value!r:.60}.", expected="a whole number" + ", at least 1" * positive)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _words(pieces: TokenVectors) -> WordVectors:
    spans, vectors = average_words(word_spans(pieces.text), pieces.offsets, pieces.vectors)
    words = [pieces.text[start:stop] for start, stop in spans]
    return WordVectors(pieces.text, words, np.array(spans, dtype=np.int64).reshape(-1, 2), vectors)
