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

import codecs
import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from albert_lab.errors import InputError

_BLOCK = 1 << 20
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
STANDARD_INPUT = "-"


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
            else the text itself. A string that ends like a file ("notes.txt") but names none is refused.
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
    try:
        encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    except LookupError as error:
        raise InputError(f"encoding {encoding!r} is not known.", expected="utf-8, latin-1, ...") from error
    options = _Options(column, encoding, skip_missing)
    return _read_all([_opener(item, number, options) for number, item in enumerate(inputs, 1)])


def _read_all(openers: Iterable[Callable[[], Iterator[TextRecord]]]) -> Iterator[TextRecord]:
    for opener in openers:
        yield from opener()


def _opener(item: str | Path, number: int, options: _Options) -> Callable[[], Iterator[TextRecord]]:
    """A function that starts reading one input; what is wrong with its name is said now."""
    if item == STANDARD_INPUT:
        return lambda: _text_lines(
            _decoded(sys.stdin.buffer, "standard input", options.encoding), "-", options
        )
    path = Path(item)
    reader = _READERS.get(path.suffix.lower())
    is_text = isinstance(item, str) and (not item or not _is_there(path))
    if is_text and (reader is None or any(character.isspace() for character in item)):
        return lambda: iter([TextRecord(item, "argument", number)])
    if reader is None or not path.is_file():
        missing = not _is_there(path)
        raise InputError(
            f"{path} does not exist." if missing else f"{path} is not a file that can be read.",
            expected="a text, or a file that ends in " + ", ".join(_READERS),
            mend="check the name" if missing else "send it to standard input: albert-lab embed - < FILE",
        )
    return lambda: _parquet(path, options) if reader is _parquet else _from_file(path, reader, options)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a text may be too long for a file name, or hold a zero byte
        return False


def _from_file(path: Path, reader: _Reader, options: _Options) -> Iterator[TextRecord]:
    try:
        with path.open("rb") as file:
            yield from reader(_decoded(file, str(path), options.encoding), str(path), options)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


def _decoded(file: BinaryIO, name: str, encoding: str) -> Iterator[str]:
    """Lines with their "\\n", decoded strictly; "\\r\\n" and "\\r" end a line too."""
    decoder = codecs.getincrementaldecoder(encoding)()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    rest, taken, final = "", 0, False
    while not final:
        block = file.read(_BLOCK)
        final, taken = not block, taken + len(block)
        try:
            text = newlines.decode(decoder.decode(block, final), final)
        except UnicodeDecodeError as error:
            raise _undecodable(error, name, encoding, taken) from error
        *lines, rest = (rest + text).split("\n")
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest


def _undecodable(error: UnicodeDecodeError, name: str, encoding: str, taken: int) -> InputError:
    offset = taken - len(error.object) + error.start  # error.object ends where the bytes taken so far end
    likely = next((other for mark, other in _MARKS.items() if error.object.startswith(mark)), "latin-1")
    byte = error.object[error.start]
    return InputError(
        f"Byte {offset} of {name} (0x{byte:02x}) is not {encoding.removesuffix('-sig')}.",
        expected="text in the encoding that was named, utf-8 unless said otherwise",
        mend=f"name its encoding: --encoding {likely} on the command line, encoding={likely!r} in Python",
    )


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


def _csv(lines: Iterator[str], source: str, options: _Options) -> Iterator[TextRecord]:
    limit = csv.field_size_limit(2**31 - 1)  # the module's own limit is 131,072 characters
    try:
        rows = csv.DictReader(lines, delimiter="\t" if source.lower().endswith(".tsv") else ",", strict=True)
        column = _chosen(options.column, rows.fieldnames or [], source)
        for number, row in enumerate(rows, 1):
            yield from _checked(row[column] or None, source, number, options)
    except csv.Error as error:
        raise InputError(f"{source} is no table: {error}, in line {rows.line_num}.") from error
    finally:
        csv.field_size_limit(limit)


def _jsonl(lines: Iterator[str], source: str, options: _Options) -> Iterator[TextRecord]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"Line {number} of {source} is not JSON: {error}.") from error
        if isinstance(value, dict):
            value = value.get(_chosen(options.column, list(value), source, optional=True))
        yield from _checked(value, source, number, options)


def _parquet(path: Path, options: _Options) -> Iterator[TextRecord]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            column = _chosen(options.column, file.schema_arrow.names, str(path))
            number = 0
            for batch in file.iter_batches(batch_size=1024, columns=[column]):
                for value in batch.column(0).to_pylist():
                    number += 1
                    yield from _checked(value, str(path), number, options)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error


def _chosen(column: str | None, names: list[str], source: str, *, optional: bool = False) -> str:
    if column is None or (column not in names and not optional):
        what = f"has no column {column!r}" if column else "has columns, and none was chosen"
        raise InputError(
            f"{source} {what}.",
            expected="one of " + ", ".join(names),
            mend="name the column of the texts: --column on the command line, column= in Python",
        )
    return column


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
        f"Row {number} of {source} {what}.",
        expected="a text in every row",
        mend=skip if missing else "choose the column that holds the texts",
    )


_READERS: dict[str, _Reader] = {
    ".txt": _text_lines,
    ".md": _paragraphs,
    ".rst": _paragraphs,
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
