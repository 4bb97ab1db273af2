"""Notes in a folder as a corpus: one document for each section of Markdown, one for each plain text."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from albert_lab.errors import CorpusError
from albert_lab.paths import expanded
from albert_lab.text.corpus import Corpus, Document
from albert_lab.text.markdown import Section, paragraphs, sections
from albert_lab.text.markup import sentences, valid_unicode

_OTHER_ENDS = re.compile("[\x0b\x1c-\x1e\x85]")  # of lines; as control characters they would join two words
ENDINGS = (".md", ".markdown", ".txt")


def read_notes(folder: Path | str) -> Corpus:
    """The sections of every Markdown file and every plain text below a folder, in the order of their names.

    A section goes from its heading to the next one; what stands before the first belongs to the file. A
    document is called ``file.md: Heading``, its summary is the first sentence below the heading, or the
    heading itself where nothing stands below it, and code blocks are text too. Hidden files and folders are
    left out.

    Raises:
        CorpusError: the folder does not exist, holds no notes, or one of them cannot be read or is no UTF-8
            text.
    """
    folder = expanded(folder)
    try:
        if not folder.is_dir():
            raise CorpusError(f"{folder} is no folder.", expected="a folder with .md or .txt files")
        below = sorted(folder.rglob("*"))
        found = [path for path in below if _is_note(path.relative_to(folder)) and path.is_file()]
    except OSError as error:  # a name that is too long, a folder that may not be read or that vanishes
        raise CorpusError(
            f"{_shown(str(folder))[:200]} cannot be read: {error.strerror or error}."
        ) from error
    names: Counter[str] = Counter()
    documents = (document for path in found for document in _documents(path, folder, names))
    corpus = Corpus(documents, source_of(folder))
    if not len(corpus):
        raise CorpusError(
            f"There is no text in {folder}.",
            expected=f"files that end in {', '.join(ENDINGS)}, with text in them",
        )
    return corpus


def source_of(folder: Path | str) -> str:
    """What the notes of a folder say of where they are from: its whole path."""
    try:
        return _shown(os.path.realpath(expanded(folder)))
    except (OSError, ValueError):  # no name that a folder could have
        return _shown(str(folder))


def _is_note(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not any(part.startswith(".") for part in path.parts)


def _documents(path: Path, folder: Path, names: Counter[str]) -> Iterator[Document]:
    text = _read(path)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    place, package = _shown(path.relative_to(folder).as_posix()), _shown(folder.resolve().name)
    plain = path.suffix.lower() == ".txt"
    for section in [Section("", paragraphs(text))] if plain else sections(text):
        parts = section.paragraphs or tuple(filter(None, [section.heading]))
        if not parts:
            continue
        name = _unused(f"{place}: {section.heading}" if section.heading else place, names)
        yield Document(name, "note", package, version, "", sentences(parts[0])[0], parts, "\n\n".join(parts))


def _unused(heading: str, names: Counter[str]) -> str:
    """The name, with a number behind it where the same heading stands once more."""
    name = heading
    while names[name]:
        names[heading] += 1
        name = f"{heading} ({names[heading]})"
    names[name] = 1
    return name


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{_shown(str(path))} is no UTF-8 text: {error.reason} at byte {error.start}.",
            mend="save it as UTF-8, or move it out of the folder",
        ) from error
    except OSError as error:
        raise CorpusError(
            f"{_shown(str(path))} cannot be read: {error.strerror}.",
            mend="make it readable, or move it out of the folder",
        ) from error
    if "\0" in text:
        raise CorpusError(
            f"{_shown(str(path))} holds zero bytes: it looks like UTF-16, or like no text at all.",
            mend="save it as UTF-8, or move it out of the folder",
        )
    return valid_unicode(_OTHER_ENDS.sub("\n", text))


def _shown(name: str) -> str:
    """A file's name as text; bytes of it that are no UTF-8 become question marks in a box."""
    return os.fsencode(name).decode("utf-8", "replace")
