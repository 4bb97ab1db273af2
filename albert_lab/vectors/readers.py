"""Texts from files, tables, standard input and the command line, one at a time, in constant memory.

    .txt            one text per line that is not blank
    .md, .rst       one text per paragraph: lines up to a blank one, joined by spaces
    .csv, .tsv      one text per row, from the chosen column; the first row holds the columns' names
    .jsonl          one text per line: a JSON string, or the chosen key of a JSON object
    .parquet        one text per row, from the chosen column
    -               standard input, read like .txt

A missing text (an empty cell of a .csv, null, NaN) is an error that names the row, or is skipped if asked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albert_lab.errors import InputError
from albert_lab.text.lines import checked_encoding, decoded_lines
from albert_lab.text.tables import ENDINGS as TABLES
from albert_lab.text.tables import place, read_rows

STANDARD_INPUT = "-"
_PLAIN = (".log", ".text", ".tex", ".org", ".adoc", ".srt")
_FILE = re.compile(
    r"\.(?:txt|md|rst|csv|tsv|jsonl?|parquet|pdf|docx?|odt|rtf|html?|xml|ya?ml|toml|ini|cfg|log|text?|org|adoc|srt|"
    r"xlsx?|ods|pptx?|odp|epub|ipynb|py|js|zip|gz|bz2|xz|zst|tar|7z|png|jpe?g|gif|svg|db|sqlite|arrow|feather|"
    r"pkl|pickle|npy|npz|safetensors|bin|ckpt|model)$",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:\.{0,2}|~)/\S|[A-Za-z]:[\\/]")
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class TextRecord:
    """A text and where it came from: file name and line or row, counted from 1 (a table's header not)."""

    text: str
    source: str
    position: int


@dataclass(frozen=True, slots=True)
class _Options:
    column: str | None
    encoding: str
    skip_missing: bool


_Reader = Callable[..., Iterator[TextRecord]]


def read_texts(
    inputs: Iterable[str | Path],
    *,
    column: str | None = None,
    encoding: str = "utf-8",
    skip_missing: bool = False,
) -> Iterator[TextRecord]:
    """The texts of all inputs, in order. What does not exist is found before the first text is read.

    Args:
        inputs: for each: a Path, or a string that names an existing file, or "-" for standard input, or
            else the text itself. A word that looks like a file ("notes.txt", "data/*.json") but names none is
            refused.
        column: where the text stands in tables and JSON objects.
        encoding: of everything that is not Parquet. With "utf-8" a byte order mark is dropped.
        skip_missing: leave missing texts out instead of stopping there.

    Raises:
        InputError: a file that does not exist or cannot be read, an unknown kind of file or encoding, bytes
            that are not in that encoding (the first one is named), a column that is not there or not asked
            for, a value that is missing or not a text (its row is named).
    """
    if isinstance(inputs, str | Path):
        inputs = [inputs]
    options = _Options(column, checked_encoding(encoding), skip_missing)
    return _read_all([_opener(item, number, options) for number, item in enumerate(inputs, 1)])


def _read_all(openers: Iterable[Callable[[], Iterator[TextRecord]]]) -> Iterator[TextRecord]:
    for opener in openers:
        yield from opener()


def _opener(item: str | Path, number: int, options: _Options) -> Callable[[], Iterator[TextRecord]]:
    """A function that starts reading one input; what is wrong with its name is said now."""
    if item == STANDARD_INPUT:
        return lambda: _text_lines(
            decoded_lines(sys.stdin.buffer, "standard input", options.encoding), "-", options
        )
    path = Path(item)
    if isinstance(item, str) and (not item or not _is_there(path)) and not looks_like_a_file(item):
        return lambda: iter([TextRecord(item, "argument", number)])
    ending = path.suffix.lower()
    if ending not in KINDS or not path.is_file():
        raise _no_file(path)
    return lambda: _table(path, options) if ending in TABLES else _from_file(path, _READERS[ending], options)


def looks_like_a_file(text: str) -> bool:
    """Whether a text that names no file was meant to: one word that ends like a file, or is a path.

    >>> [looks_like_a_file(text) for text in ("missing.pdf", "data/*.json", "shutil.copytree", "and/or")]
    [True, True, False, False]
    """
    if any(character.isspace() for character in text):
        return False
    return bool(_FILE.search(text) or _PATH.match(text) or ("/" in text and _PATTERN.search(text)))


def _no_file(path: Path) -> InputError:
    expected = "a text, or a file that ends in " + ", ".join(KINDS)
    if not _is_there(path):
        mend = "check the name; a text of one word that ends like a file can be sent to standard input"
        return InputError(f"{path} does not exist.", expected=expected, mend=mend)
    if path.is_dir():
        mend = f"name the files in it, such as {path}/*.txt"
        return InputError(f"{path} is a folder, not a file that can be read.", expected=expected, mend=mend)
    readable = not path.suffix or path.suffix.lower() in _PLAIN
    mend = "send it to standard input: albert-lab embed - < FILE" if readable else "turn it into text first"
    return InputError(f"{path} is not a file that can be read.", expected=expected, mend=mend)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a text may be too long for a file name, or hold a zero byte
        return False


def _from_file(path: Path, reader: _Reader, options: _Options) -> Iterator[TextRecord]:
    try:
        with path.open("rb") as file:
            yield from reader(decoded_lines(file, str(path), options.encoding), str(path), options)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


def _text_lines(lines: Iterator[str], source: str, _options: _Options) -> Iterator[TextRecord]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield TextRecord(line.rstrip("\n"), source, number)


def _paragraphs(lines: Iterator[str], source: str, _options: _Options) -> Iterator[TextRecord]:
    paragraph, start = [], 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            start = start if paragraph else number
            paragraph.append(line.strip())
        elif paragraph:
            yield TextRecord(" ".join(paragraph), source, start)
            paragraph = []
    if paragraph:
        yield TextRecord(" ".join(paragraph), source, start)


def _table(path: Path, options: _Options) -> Iterator[TextRecord]:
    """The chosen column; a .jsonl may hold bare strings, and then needs none."""
    columns = [options.column] if options.column else []
    for number, cells in read_rows(path, columns, encoding=options.encoding):
        if isinstance(cells, dict) and not options.column:
            raise _not_chosen(path)
        value = cells.get(options.column) if isinstance(cells, dict) else cells
        empty_cell = value == "" and path.suffix.lower() in (".csv", ".tsv")
        yield from _checked(None if empty_cell else value, str(path), number, options)


def _not_chosen(path: Path) -> InputError:
    return InputError(
        f"{path} has columns, and none was chosen.",
        expected="the name of the column that holds the texts",
        mend="name it: --column on the command line, column= in Python",
    )


def _checked(value: Any, source: str, number: int, options: _Options) -> Iterator[TextRecord]:
    """One record, or none where a missing text may be skipped."""
    if isinstance(value, str):
        yield TextRecord(value, source, number)
        return
    missing = value is None or value != value  # NaN is not equal to itself
    if missing and options.skip_missing:
        return
    what = "has no text" if missing else f"holds {value!r:.60} ({type(value).__name__}), not a text"
    skip = "leave such rows out: --skip-missing on the command line, skip_missing=True in Python"
    raise InputError(
        f"{place(source, number)} {what}.",
        expected="a text in every row",
        mend=skip if missing else "choose the column that holds the texts",
    )


_READERS: dict[str, _Reader] = {".txt": _text_lines, ".md": _paragraphs, ".rst": _paragraphs}
KINDS = (*_READERS, *TABLES)
