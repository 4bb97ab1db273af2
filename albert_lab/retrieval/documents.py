"""What stands for a documented object in an index: its name as words, its summary, its body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from albert_lab.retrieval.lexical import words
from albert_lab.text.splits import one_line

BODY_CHARACTERS = 300


class Documented(Protocol):
    """What making pairs needs of a document."""

    name: str
    summary: str
    paragraphs: Sequence[str]


def name_words(name: str) -> str:
    """A qualified name as words: "shutil.copyTree_x" -> "shutil copy tree x"."""
    return " ".join(words(name))


def body_of(document: Documented, characters: int = BODY_CHARACTERS) -> str:
    """The prose after the summary, cut after the word at which it gets longer than so many characters."""
    text = " ".join(document.paragraphs).strip()
    text = text[len(document.summary) :].strip() if text.startswith(document.summary) else text
    if len(text) <= characters:
        return text
    return text[:characters].rpartition(" ")[0] or text[:characters]


def document_text(document: Documented) -> str:
    """What stands for a document in an index of vectors: its name as words, its summary, its body."""
    return one_line(f"{name_words(document.name)}. {document.summary} {body_of(document)}")
