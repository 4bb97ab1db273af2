"""Texts to token ids, and ids to batches: everything the extractor does before the network runs."""

from __future__ import annotations

import json
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from albert_lab.errors import InputError

TEXTS_PER_CHUNK = 8192
CHARACTERS_PER_CHUNK = 4_000_000
_UNLIMITED = 10**9  # transformers writes 10**30 where a tokenizer knows no maximal length
_SAMPLED_TEXTS, _SAMPLED_CHARACTERS = 512, 2000  # that tell whether a tokenizer knows the texts' language
_LEAST_KNOWN = 0.1
_SURROGATE = re.compile("[\ud800-\udfff]")


def refuse_table(texts: Any) -> None:
    """Raise InputError for what holds texts by name: going through it would give the names, or no order."""
    columns = next(
        (getattr(texts, name) for name in ("column_names", "columns") if hasattr(texts, name)), None
    )
    columns = list(texts) if isinstance(texts, Mapping) else columns
    if columns is None and not isinstance(texts, set | frozenset):
        return
    names = [] if columns is None or callable(columns) else [str(name) for name in columns]
    raise InputError(
        f"texts is a {type(texts).__name__}" + (f" with {', '.join(names)}"[:100] if names else "") + ".",
        expected="a list of strings, in the order in which their vectors are wanted",
        mend=f"choose the column of the texts: table[{names[0]!r:.60}]"
        if names
        else "list(texts) has an order",
    )


def check_texts(texts: Iterable[str] | str) -> list[str]:
    """The texts as a list; a bare string is one text.

    Raises:
        InputError: a table, or an element that is not a string (None, NaN, bytes, ...): it names the first
            such place.
    """
    if isinstance(texts, str):
        return [texts]
    refuse_table(texts)
    if isinstance(texts, bytes) or not isinstance(texts, Iterable):
        raise InputError(
            f"texts is {type(texts).__name__}.",
            expected="a list of strings, or one string",
            mend="decode bytes first: data.decode('utf-8')" if isinstance(texts, bytes) else "",
        )
    texts = list(texts)
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(
                f"texts[{position}] is {text!r:.60} ({type(text).__name__}).",
                expected="only strings",
                mend='drop missing values, or put "" in their place',
            )
    return texts


def chunks(texts: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Cut a list into (start, texts) pieces that bound the memory that token ids take."""
    start, characters = 0, 0
    for position, text in enumerate(texts):
        full = position - start >= TEXTS_PER_CHUNK or characters + len(text) > CHARACTERS_PER_CHUNK
        if full and position > start:
            yield start, list(texts[start:position])
            start, characters = position, 0
        characters += len(text)
    if start < len(texts):
        yield start, list(texts[start:])


def without_surrogates(text: str) -> str:
    """The text with U+FFFD, the replacement character, for each lone surrogate; as long as before."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


class PlainTokenizer(NamedTuple):
    """What `TextEncoder` needs of a tokenizer."""

    backend_tokenizer: Any
    model_max_length: int | None
    pad_token_id: int | None


def folder_tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder, without loading transformers where tokenizer.json says all.

    That is so for the class that transformers gives tokenizers without a class of their own, such as ours;
    its import would take longer than everything else that a search has to do.

    Raises:
        CheckpointError: the folder has no tokenizer.
    """
    from tokenizers import Tokenizer

    from albert_lab.text.tokenizer import load_tokenizer

    try:
        notes = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        plain = notes.get("tokenizer_class") in ("TokenizersBackend", "PreTrainedTokenizerFast")
        if not plain or not isinstance(notes.get("model_max_length", 1), int):
            return load_tokenizer(folder)
        backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception:  # missing or damaged: transformers may know another file, or says what is wrong
        return load_tokenizer(folder)
    pad = notes.get("pad_token")
    known = isinstance(pad, str)
    return PlainTokenizer(backend, notes.get("model_max_length"), backend.token_to_id(pad) if known else None)


class TextEncoder:
    """The Rust tokenizer behind a transformers tokenizer, in a copy without padding and truncation.

    Special tokens written in a text, such as "[MASK]", are read as those tokens. A lone surrogate (half of
    a character, left by a wrong decoding) is read as U+FFFD, the replacement character.
    """

    def __init__(self, tokenizer: Any, *, lower_case: bool = False) -> None:
        from tokenizers import Tokenizer

        backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
        if not isinstance(backend, Tokenizer):
            raise InputError(
                f"{type(tokenizer).__name__} has no fast backend.",
                expected="a tokenizer of the tokenizers library, plain or inside transformers'",
                mend="load it with AutoTokenizer.from_pretrained(folder)",
            )
        self.backend = Tokenizer.from_str(backend.to_str())
        self.backend.no_padding()
        self.backend.no_truncation()
        if lower_case:
            _add_lower_case(self.backend)
        self.max_length = getattr(tokenizer, "model_max_length", None)
        self.pad_id = getattr(tokenizer, "pad_token_id", None) or 0
        self.vocab_size = self.backend.get_vocab_size()
        self.prefix, self.suffix = self._special_ids()
        self.special_tokens = len(self.prefix) + len(self.suffix)

    def _special_ids(self) -> tuple[list[int], list[int]]:
        """What is put before and after one text: [CLS] and [SEP] for ALBERT."""
        probe = self.backend.encode("a")
        inside = [position for position, special in enumerate(probe.special_tokens_mask) if not special]
        if not inside:
            raise InputError(
                'The tokenizer makes no piece of "a".',
                expected="one that makes pieces of any text, if only the one for what it does not know",
                mend="look at the normalizer in its tokenizer.json, or copy that file again",
            )
        return probe.ids[: inside[0]], probe.ids[inside[-1] + 1 :]

    @cached_property
    def unknown_id(self) -> int | None:
        """The id of what the tokenizer does not know; None if it has none."""
        model = json.loads(self.backend.to_str())["model"]
        found, token = model.get("unk_id"), model.get("unk_token")
        return self.backend.token_to_id(token) if found is None and token is not None else found

    def known_pieces(self, texts: Sequence[str]) -> KnownPieces:
        """How much of the texts it knows; of many texts, of some that are spread evenly."""
        step = max(1, -(-len(texts) // _SAMPLED_TEXTS))
        sample = [text[:_SAMPLED_CHARACTERS] for text in texts[::step]]
        encodings = self.encode(sample, with_offsets=True)
        each = (
            KnownPieces.of(text, encoding.ids, encoding.tokens, self.unknown_id)
            for text, encoding in zip(sample, encodings, strict=True)
        )
        return sum(each, KnownPieces())

    def longest_input(self, config: Any, wanted: int | None = None) -> int:
        """How many tokens an input may have, special tokens included; None = as many as the model takes.

        Raises:
            InputError: more than the model takes, or not even one token besides the special ones.
        """
        positions = config.max_position_embeddings
        told = self.max_length if wanted is None else wanted
        if not (told is None or (isinstance(told, int | float) and told >= 1)):
            name = "The tokenizer's model_max_length" if wanted is None else "max_length"
            raise InputError(f"{name} is {told!r:.60}.", expected="a whole number of tokens")
        longest = positions if told is None or (wanted is None and told >= positions) else int(told)
        if not self.special_tokens < longest <= positions:
            raise InputError(
                f"max_length={longest}.",
                expected=f"{self.special_tokens + 1} to {positions}, special tokens included",
            )
        return longest

    def encode(self, texts: Sequence[str], *, with_offsets: bool = False) -> list[Any]:
        """Encodings of the texts without special tokens, by all cores; offsets count characters."""
        clean = [without_surrogates(text) for text in texts]
        run = self.backend.encode_batch if with_offsets else self.backend.encode_batch_fast
        return run(clean, add_special_tokens=False)

    def collate(self, rows: Sequence[Sequence[int]], length: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Ids (B, length) with special tokens and padding; mask (B, length), None where nothing is padded."""
        lengths = np.array([len(row) + self.special_tokens for row in rows])
        ids = np.full((len(rows), length), self.pad_id, dtype=np.int64)
        for target, row, taken in zip(ids, rows, lengths, strict=True):
            target[:taken] = [*self.prefix, *row, *self.suffix]
        if lengths.min() == length:
            return ids, None
        return ids, np.arange(length) < lengths[:, None]


@dataclass(frozen=True)
class KnownPieces:
    """How many pieces of some texts a tokenizer knows (those with a letter or digit), and how many not."""

    known: int = 0
    unknown: int = 0

    def __add__(self, other: KnownPieces) -> KnownPieces:
        return KnownPieces(self.known + other.known, self.unknown + other.unknown)

    @classmethod
    def of(cls, text: str, ids: Sequence[int], tokens: Sequence[str], unknown_id: int | None) -> KnownPieces:
        """Those of one text that was cut into tokens, special ones left out."""
        pairs = zip(ids, tokens, strict=True)
        known = sum(i != unknown_id and any(map(str.isalnum, token)) for i, token in pairs)
        lost = ids.count(unknown_id)
        if not known and (lost or not ids):  # one piece may stand for a whole text, or none
            lost = max(lost, sum(any(map(str.isalnum, word)) for word in text.split()))
        return cls(known, lost)

    @property
    def nothing(self) -> bool:
        """Whether there are words, and the tokenizer knows a piece of none."""
        return self.unknown > 0 and not self.known

    def check(self) -> None:
        """Raise InputError if almost no piece is known: all vectors would be nearly the same."""
        if self.unknown > 1 and self.known < _LEAST_KNOWN * (self.known + self.unknown):
            raise InputError(
                f"The tokenizer knows {self.known} of the {self.known + self.unknown} pieces of the texts: "
                "to the model they all look the same.",
                expected="texts in a language of the model, and the tokenizer that belongs to it",
                mend="choose another model, or look at the tokenizer in its folder",
            )


def _add_lower_case(backend: Any) -> None:
    """Lower case before all other rules, unless it is one of them, as sentence-transformers has it."""
    from tokenizers.normalizers import Lowercase, Sequence

    rules = json.loads(backend.to_str())["normalizer"]
    there = rules["normalizers"] if (rules or {}).get("type") == "Sequence" else [rules or {}]
    if not any(rule.get("type") == "Lowercase" for rule in there):
        others = [] if backend.normalizer is None else [backend.normalizer]
        backend.normalizer = Sequence([Lowercase(), *others])


class Window(NamedTuple):
    """Tokens start to stop of one text, what fits into the network at once, and its weight in the average."""

    text: int
    start: int
    stop: int
    share: float


def windows(lengths: Sequence[int], size: int, overlap: int | None) -> list[Window]:
    """Cover every text with windows of at most `size` tokens.

    Args:
        lengths: tokens of each text, special tokens not counted.
        size: the longest window.
        overlap: how many tokens two neighbours share at least; None cuts long texts instead. The last
            window ends with its text, so that it too is full.
    """
    result = []
    for text, length in enumerate(lengths):
        if length <= size or overlap is None:
            result.append(Window(text, 0, min(length, size), 1.0))
            continue
        starts = [*range(0, length - size, size - overlap), length - size]  # all windows are full
        result.extend(Window(text, start, start + size, 1 / len(starts)) for start in starts)
    return result


def padded_lengths(lengths: Sequence[int], limit: int) -> np.ndarray:
    """The length to which each text is padded: a multiple of 8, at least 16, at most `limit`.

    Processors add products in blocks of 4, 8 or 16. With lengths that are whole blocks, a text's numbers are
    added in the same order in whatever company it is: its vector stays the same to the last bit, or nearly.
    """
    blocks = -(-np.asarray(lengths, dtype=np.int64) // 8) * 8
    return np.minimum(np.maximum(blocks, 16), limit)


def length_batches(lengths: Sequence[int], tokens_per_batch: int) -> list[np.ndarray]:
    """Group positions of similar length, longest first, so that B*T <= `tokens_per_batch`.

    A batch that is at least half full also ends where the length changes: it then needs no padding, no
    mask. A text longer than the budget gets a batch of its own.
    """
    lengths = np.asarray(lengths)
    order = np.argsort(-lengths, kind="stable")
    batches, start = [], 0
    for position in range(1, len(order) + 1):
        longest = lengths[order[start]]
        taken = (position - start) * longest
        if position < len(order):
            shorter = lengths[order[position]] != lengths[order[position - 1]]
            fits = taken + longest <= tokens_per_batch
            if fits and not (shorter and 2 * taken >= tokens_per_batch):
                continue
        batches.append(order[start:position])
        start = position
    return batches


def trimmed(text: str, offsets: Iterable[tuple[int, int]]) -> np.ndarray:
    """Offsets (n, 2) without the white space that some tokenizers count to a piece."""
    result = []
    for start, stop in offsets:
        piece = text[start:stop]
        start += len(piece) - len(piece.lstrip())
        result.append((start, max(start, start + len(piece.strip()))))
    return np.array(result, dtype=np.int64).reshape(-1, 2)


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand, as (start, stop).

    A word is a longest run of letters, digits, marks and underscores, or a longest run of other characters
    that are not white space ("->", an emoji with its modifiers). This does not depend on a tokenizer.
    """
    spans, start = [], 0
    for kind, run in groupby(text, key=_character_class):
        stop = start + sum(1 for _ in run)
        if kind != "space":
            spans.append((start, stop))
        start = stop
    return spans


def _character_class(character: str) -> str:
    if character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M":
        return "word"
    return "space" if character.isspace() else "other"


def average_words(
    spans: Iterable[tuple[int, int]], offsets: np.ndarray, vectors: np.ndarray
) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Average the pieces of each word: spans, piece offsets (n, 2), vectors (n, H) -> kept spans, (words, H).

    A piece belongs to every word whose characters it touches. A word without a piece (the tokenizer
    dropped all its characters) is left out.
    """
    kept, rows = [], []
    for start, stop in spans:
        first = np.searchsorted(offsets[:, 1], start, side="right")  # the first piece that ends inside
        end = np.searchsorted(offsets[:, 0], stop, side="left")
        if first < end:
            kept.append((start, stop))
            rows.append(vectors[first:end].mean(axis=0))
    return kept, np.array(rows, dtype=np.float32).reshape(len(rows), vectors.shape[1])


def warn_of_cuts(cut: int, total: int, max_length: int) -> None:
    """Say once how many texts lost their end."""
    if cut:
        warnings.warn(
            f"{cut} of {total} texts are longer than {max_length} tokens and were cut; "
            "long_texts='windows' (--long-texts windows) reads them to their end.",
            stacklevel=3,
        )
