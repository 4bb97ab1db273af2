"""Documents in Parquet files: one file per package, whole or not there at all."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from ..paths import atomic_write
from .document import Document


def write_documents(path: Path, documents: Sequence[Document], key: str) -> None:
    """Writes documents under `path`, with the key that says what they were made from.

    Raises:
        OutputError: the folder cannot be written to.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema().with_metadata({"albert_lab_corpus": key})
    columns = list(zip(*map(astuple, documents), strict=True)) or [[] for _ in schema]
    arrays = [pa.array(column, type=item.type) for column, item in zip(columns, schema, strict=True)]
    with atomic_write(path) as temporary:
        pq.write_table(pa.Table.from_arrays(arrays, schema=schema), temporary, compression="zstd")


def read_documents(path: Path, key: str) -> list[Document] | None:
    """The documents of a cache file, or None if there is none for this key.

    A damaged file counts as none, with a warning.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return None
    try:
        table = pq.read_table(path)
        if (table.schema.metadata or {}).get(b"albert_lab_corpus") != key.encode():
            return None
        columns = [table.column(item.name).to_pylist() for item in fields(Document)]
    except (pa.ArrowException, OSError, KeyError) as error:
        warnings.warn(f"the cached corpus {path} is damaged ({error}); it is built again", stacklevel=2)
        return None
    return [Document(*row[:6], tuple(row[6]), row[7]) for row in zip(*columns, strict=True)]


def _schema() -> Any:
    import pyarrow as pa

    text = pa.string()
    names = ("name", "kind", "package", "version", "signature", "summary")
    return pa.schema([*((name, text) for name in names), ("paragraphs", pa.list_(text)), ("raw", text)])
