"""A WordPiece vocabulary (vocab_chinese.txt, vocab.txt) as a tokenizer: the authors' Chinese models have one.

The rules are those of the authors' code (github.com/google-research/albert, tokenization.py): control
characters out, white space around Chinese characters, lower case without accents, cut at punctuation; then
the longest piece that fits, from left to right.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from albert_lab.errors import CheckpointError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_LONGEST_WORD = 200  # characters; a longer word is unknown
_CASED_SHARE = 0.01  # of the pieces


def read_pieces(path: Path) -> dict[str, int]:
    """{piece: id}: the first word of each line, counted from 0.

    Raises:
        CheckpointError: the file cannot be read, is no UTF-8, or lacks one of the special tokens.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}", expected="one piece in each line") from error
    pieces: dict[str, int] = {}
    for line in lines[:-1] if lines[-1] == "" else lines:
        pieces.setdefault((line.split() or [" "])[0], len(pieces))
    missing = sorted(set(SPECIAL_TOKENS) - pieces.keys())
    if missing:
        raise CheckpointError(
            f"{path} lacks {', '.join(missing)}", expected="the WordPieces of a BERT or a Chinese ALBERT"
        )
    return pieces


def is_cased(pieces: dict[str, int]) -> bool:
    """Does it tell capitals apart? One of lower-cased text holds a handful of odd capitals at most."""
    words = [piece for piece in pieces if piece not in SPECIAL_TOKENS and not piece.startswith("[unused")]
    return sum(word != word.lower() for word in words) > _CASED_SHARE * len(words)


def wordpiece_tokenizer(pieces: dict[str, int], *, lower: bool) -> Tokenizer:
    """The `tokenizers` tokenizer that cuts text into these pieces, without special tokens."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    model = models.WordPiece(pieces, unk_token="[UNK]", max_input_chars_per_word=_LONGEST_WORD)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=lower, lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer
