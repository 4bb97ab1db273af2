"""Where a paragraph is cut into sentences, and on which side of a split a document stands."""

from __future__ import annotations

import hashlib
import re

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])")


def sentences_of(paragraph: str) -> list[str]:
    """Cut a paragraph after . ! ? where a capital, a digit or a quote follows."""
    return [sentence for sentence in _SENTENCE_END.split(paragraph.strip()) if sentence]


def held_out_bucket(name: str) -> float:
    """A number from 0 to 100 that depends on the name alone; held out if below the percentage."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:4]) / 2**32 * 100


def one_line(text: str) -> str:
    """The words with single spaces between them."""
    return " ".join(text.split())
