"""Notes in a folder as a corpus: one document for each section of Markdown, one for each plain text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from albert_lab.errors import CorpusError
from albert_lab.text.corpus import Corpus, Document
from albert_lab.text.markup import plain, sentences

ENDINGS = (".md", ".markdown", ".txt")
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")


def read_notes(folder: Path | str) -> Corpus:
    """The sections of every Markdown file and every plain text below a folder, in the order of their names.

    A section goes from its heading to the next one; what stands before the first belongs to the file. A
    document is called ``file.md: Heading``, its summary is the first sentence below the heading, and code
    blocks are text too. Hidden files and folders, and sections without text, are left out.

    Raises:
        CorpusError: the folder does not exist, holds no notes, or one of them is no UTF-8 text.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise CorpusError(f"{folder} is no folder.", expected="a folder with .md or .txt files")
    found = [
        path for path in sorted(folder.rglob("*")) if _is_note(path.relative_to(folder)) and path.is_file()
    ]
    corpus = Corpus(document for path in found for document in _documents(path, folder))
    if not len(corpus):
        raise CorpusError(
            f"There is no text in {folder}.",
            expected=f"files that end in {', '.join(ENDINGS)}, with text in them",
        )
    return corpus


def _is_note(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not any(part.startswith(".") for part in path.parts)


def _documents(path: Path, folder: Path) -> Iterator[Document]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{path} is no UTF-8 text: {error.reason} at byte {error.start}.",
            mend="save it as UTF-8, or move it out of the folder",
        ) from error
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    place = path.relative_to(folder).as_posix()
    names: dict[str, int] = {}
    for heading, lines in _sections(text) if path.suffix.lower() != ".txt" else [("", text.splitlines())]:
        paragraphs = tuple(filter(None, map(plain, _paragraphs(lines))))
        if not paragraphs:
            continue
        name = f"{place}: {heading}" if heading else place
        names[name] = names.get(name, 0) + 1
        name += f" ({names[name]})" if names[name] > 1 else ""  # the same heading once more
        summary, raw = sentences(paragraphs[0])[0], "\n".join(lines)
        yield Document(name, "note", folder.resolve().name, version, "", summary, paragraphs, raw)


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Heading and lines of each section; a # inside a code block is none."""
    heading, lines, in_code = "", [], False
    for line in text.splitlines():
        in_code ^= bool(_FENCE.match(line))
        match = None if in_code else _HEADING.match(line)
        if match:
            yield heading, lines
            heading, lines = plain(match[1]), []
        elif not _FENCE.match(line):
            lines.append(line)
    yield heading, lines


def _paragraphs(lines: list[str]) -> list[str]:
    return re.split(r"\n\s*\n", "\n".join(lines))
