"""Rows of tables, read strictly: what a sloppy reader would cut, swap or overwrite is an error."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from albert_lab.errors import InputError
from albert_lab.text.lines import decoded_lines

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class Row(NamedTuple):
    """A row: its number, from 1 below a header or as the line of a .jsonl, and its cells by name.

    The cells are those of the chosen columns that the row has; a line of a .jsonl that is no object is given
    as the value that it is.
    """

    number: int
    cells: Any


def read_rows(
    path: Path | str,
    columns: Sequence[str],
    *,
    optional: Sequence[str] = (),
    encoding: str = "utf-8-sig",
    mend: str = "",
) -> Iterator[Row]:
    """The rows of a .csv, .tsv, .jsonl or .parquet, in order and in constant memory.

    Args:
        columns: names that the table must have; in a .jsonl, that some row must have as a key.
        optional: names that it may have.
        encoding: of everything that is not Parquet.
        mend: what to do where a column is missing; "" = to choose another one.

    Raises:
        InputError: the file cannot be read, lacks a column or has two of its name, or a row has more or fewer
            cells than the header; file, row and what to do are named.
    """
    path, names = Path(path), [*columns, *optional]
    try:
        if path.suffix.lower() == ".parquet":
            yield from _parquet(path, columns, names, mend)
            return
        with path.open("rb") as file:
            lines = decoded_lines(file, str(path), encoding)
            if path.suffix.lower() == ".jsonl":
                yield from _json_lines(lines, str(path), columns, names, mend)
            else:
                separator = "\t" if path.suffix.lower() == ".tsv" else ","
                yield from _separated(lines, str(path), separator, columns, names, mend)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


def place(source: str, number: int) -> str:
    """A row in words: as it stands below the names, and as a spreadsheet counts it, where that differs."""
    tabular = source.lower().endswith((".csv", ".tsv"))
    return f"Row {number} of {source}" + (f" ({number + 1} in a spreadsheet)" if tabular else "")


def chosen(columns: Sequence[str], names: Sequence[str], source: str, mend: str = "") -> None:
    """Refuse a table that lacks one of the columns.

    Raises:
        InputError: with the names that it has.
    """
    for column in columns:
        if column not in names:
            raise InputError(
                f"{source} has no column {column!r}.",
                expected="one of " + ", ".join(dict.fromkeys(map(_shown, names))),
                mend=mend or "name the column of the texts: --column on the command line, column= in Python",
            )


def _shown(name: object) -> str:
    """A column's name; in quotes where white space or an invisible sign at its ends would not be seen."""
    text = str(name)
    return text if text == text.strip() and text.isprintable() else repr(text)


def _once(columns: Sequence[str], names: Sequence[str], source: str) -> None:
    counted = Counter(names)
    for column in columns:
        if counted[column] > 1:
            raise InputError(
                f"{source} has {counted[column]} columns called {column!r}.",
                expected="one column of that name",
                mend="give the others another name",
            )


def _separated(
    lines: Iterator[str],
    source: str,
    separator: str,
    columns: Sequence[str],
    names: Sequence[str],
    mend: str,
) -> Iterator[Row]:
    limit = csv.field_size_limit(2**31 - 1)  # the module's own limit is 131,072 characters
    try:
        rows = csv.reader(lines, delimiter=separator, strict=True)
        header = next(_numbered(rows, source), (1, []))[1]
        likely = next(
            (word for sign, word in _SEPARATORS.items() if len(header) == 1 and sign in header[0]), ""
        )
        advice = f"its cells look separated by {likely}: save it with commas, or as .tsv with tabs"
        chosen(columns, header, source, advice if likely else mend)
        _once(names, header, source)
        for number, (_, row) in enumerate(_numbered(rows, source), 1):
            if not row:  # an empty line
                continue
            if len(row) != len(header):
                raise _ragged(place(source, number), len(row), len(header))
            cells = dict(zip(header, row, strict=True))
            yield Row(number, {name: cells[name] for name in names if name in cells})
    finally:
        csv.field_size_limit(limit)


def _numbered(rows: Any, source: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line in which it begins."""
    while True:
        line = rows.line_num + 1
        try:
            yield line, next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{source} is no table: {error}, in the row that begins in line {line}.",
                expected='a cell with a comma, a line end or a quote stands in quotes, and its quotes are ""',
            ) from error


def _ragged(where: str, cells: int, names: int) -> InputError:
    cause = "a comma in a text without quotes" if cells > names else "a line end in a text without quotes"
    return InputError(
        f"{where} has {cells} cell{'s' * (cells != 1)}, and the header has {names}.",
        expected="as many cells in every row as there are names in the first",
        mend=f"look for {cause}: put that text in quotes",
    )


class _Object(dict):
    """A JSON object that knows which of its keys came more than once."""

    twice: frozenset[str] = frozenset()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        made.twice = frozenset(
            name for name, count in Counter(name for name, _ in pairs).items() if count > 1
        )
    return made


def _json_lines(
    lines: Iterator[str], source: str, columns: Sequence[str], names: Sequence[str], mend: str
) -> Iterator[Row]:
    """Rows are held back until every column was seen once: a name that no row has is an error of the name."""
    missing, held, keys = set(columns), [], {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, object_pairs_hook=_object)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"Line {number} of {source} is not JSON: {error}.", expected="one JSON value in each line"
            ) from error
        if isinstance(value, _Object):
            if twice := value.twice & set(names):
                raise InputError(f"{place(source, number)} has two values called {min(twice)!r}.")
            missing -= value.keys()
            keys |= dict.fromkeys(value)
            value = {name: value[name] for name in names if name in value}
        held.append(Row(number, value))
        if not missing or not keys:
            yield from held
            held.clear()
    if missing and keys:
        chosen(sorted(missing), [*keys], source, mend)
    yield from held


def _parquet(path: Path, columns: Sequence[str], names: Sequence[str], mend: str) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as raw, pq.ParquetFile(raw) as file:
            there = file.schema_arrow.names
            chosen(columns, there, str(path), mend)
            _once(names, there, str(path))
            wanted = [name for name in names if name in there]
            number = 0
            for batch in file.iter_batches(batch_size=1024, columns=wanted):
                for cells in batch.to_pylist():
                    number += 1
                    yield Row(number, cells)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error
