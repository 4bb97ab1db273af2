"""A SentencePiece vocabulary (30k-clean.model, spiece.model) as a tokenizer, without sentencepiece.

The text is prepared as the authors' code prepares it (github.com/google-research/albert, tokenization.py):
white space joined, NFKD, combining characters taken out, lower case; then come the character map that the
file holds and the unigram pieces. Source of the file's form: sentencepiece_model.proto.
"""

from __future__ import annotations

import math
import re
import struct
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from albert_lab.errors import CheckpointError
from albert_lab.protobuf import raw, read_fields, whole

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
_WORD_START = "▁"
_UNIGRAM = 1
_NEVER_CHOSEN = 100.0  # below the least score: such a piece loses against any other way to spell the text
_CASED_SHARE = 0.01  # of the pieces; a lower-cased vocabulary holds a handful of odd capitals at most


@dataclass(frozen=True)
class Piece:
    """One entry of the vocabulary. `kind` is NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED or BYTE."""

    text: str
    score: float  # log probability
    kind: int


@dataclass(frozen=True)
class Vocabulary:
    """What a SentencePiece file says: pieces in the order of their ids, and how text is prepared."""

    pieces: list[Piece]
    character_map: bytes  # compiled replacements, such as those of NFKC; empty for none
    word_start: bool  # the first word begins with ▁ too

    @property
    def cased(self) -> bool:
        """Does it tell capitals apart? No file says so; but without capitals it was trained on lower case."""
        normal = [piece.text for piece in self.pieces if piece.kind == NORMAL]
        return sum(text != text.lower() for text in normal) > _CASED_SHARE * len(normal)


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a SentencePiece file.

    Raises:
        CheckpointError: it cannot be read, is damaged, or its pieces are not unigram pieces.
    """
    try:
        return _parse(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, struct.error) as error:
        raise CheckpointError(
            f"{path} is no vocabulary that can be read here: {error}",
            expected="the file of a SentencePiece unigram model, such as 30k-clean.model or spiece.model",
            mend="copy or download it again",
        ) from error


def _parse(data: bytes) -> Vocabulary:
    model = read_fields(data)
    pieces = [_piece(entry) for entry in model.get(1, [])]
    if not any(piece.kind == NORMAL for piece in pieces):
        raise ValueError("it has no pieces")
    if sum(piece.kind == UNKNOWN for piece in pieces) != 1:
        raise ValueError("it does not have one piece for the unknown")
    if len({piece.text for piece in pieces}) != len(pieces):
        raise ValueError("a piece stands in it twice")
    trainer, normalizer = read_fields(raw(model, 2)), read_fields(raw(model, 3))
    if whole(trainer, 3, _UNIGRAM) != _UNIGRAM:
        raise ValueError("its pieces are not those of a unigram model")
    if whole(trainer, 24) or any(_WORD_START in piece.text[1:].lstrip(_WORD_START) for piece in pieces):
        raise ValueError("its pieces reach over the ends of words")
    return Vocabulary(pieces, raw(normalizer, 2), bool(whole(normalizer, 3, 1)))


def _piece(entry: int | bytes) -> Piece:
    if not isinstance(entry, bytes):
        raise ValueError("a piece is a number")
    fields = read_fields(entry)
    score = struct.unpack("<f", raw(fields, 2) or bytes(4))[0]
    kind = whole(fields, 3, NORMAL)
    if not math.isfinite(score) or kind not in range(NORMAL, BYTE + 1):
        raise ValueError(f"the piece {fields.get(1)} has the score {score} and the kind {kind}")
    text = raw(fields, 1).decode()
    if not text:
        raise ValueError("a piece is empty")
    return Piece(text, score, kind)


def unigram_tokenizer(vocabulary: Vocabulary, *, lower: bool, keep_accents: bool = False) -> Tokenizer:
    """The `tokenizers` tokenizer that cuts text into the pieces of a vocabulary, without special tokens.

    One rule of the authors is followed up to rare ties: a piece that ends in a digit and a comma is cut
    again without the comma. Here such pieces are never chosen.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    pieces = vocabulary.pieces
    unknown = next(i for i, piece in enumerate(pieces) if piece.kind == UNKNOWN)
    byte_fallback = any(piece.kind == BYTE for piece in pieces)
    tokenizer = Tokenizer(models.Unigram(_scores(pieces), unknown, byte_fallback))

    steps = [normalizers.Replace(Regex(r"[\x1c-\x1f\x{85}]"), " ")]  # white space to Python alone
    steps.append(normalizers.NFKD())
    if not keep_accents:
        steps.append(normalizers.Replace(Regex(_combining_characters()), ""))
    if lower:  # a capital sigma at the end of a word has a form of its own
        steps += [normalizers.Replace(Regex(r"(?<=\p{L})Σ(?!\p{L})"), "ς"), normalizers.Lowercase()]
    if vocabulary.character_map:
        steps.append(normalizers.Precompiled(vocabulary.character_map))
    tokenizer.normalizer = normalizers.Sequence(steps)

    scheme = "always" if vocabulary.word_start else "never"
    cuts = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(_WORD_START, scheme)]
    alone = sorted((p.text for p in pieces if p.kind == USER_DEFINED), key=len, reverse=True)
    if alone:
        cuts.append(pre_tokenizers.Split(Regex("|".join(map(re.escape, alone))), "isolated"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cuts)
    tokenizer.decoder = decoders.Metaspace(_WORD_START, scheme)
    return tokenizer


def _scores(pieces: list[Piece]) -> list[tuple[str, float]]:
    least = min(piece.score for piece in pieces) - _NEVER_CHOSEN
    return [
        (p.text, least if p.kind == UNUSED or re.fullmatch(r".*\d,", p.text, re.DOTALL) else p.score)
        for p in pieces
    ]


def _combining_characters() -> str:
    """A character class of all that Python calls combining: what the authors take out after NFKD."""
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if not unicodedata.combining(chr(code)):
            continue
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in ranges) + "]"
