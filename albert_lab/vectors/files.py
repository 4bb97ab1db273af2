"""Vectors of any number of texts into one Parquet file, in constant memory, resumed after a kill.

Finished parts lie in a folder beside the output, ``.NAME.partial``. A part is named by a hash of its texts
and of the extractor's fingerprint, so that a second run takes over exactly the parts that it would make
itself, whatever happened in between. The output appears under its name when it is complete, never before.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from albert_lab.errors import InputError, OutputError
from albert_lab.paths import atomic_write, check_output, hidden_beside
from albert_lab.progress_bar import progress_bar
from albert_lab.text.batches import KnownPieces, refuse_table, warn_of_cuts, without_surrogates
from albert_lab.vectors.readers import TextRecord

if TYPE_CHECKING:
    import pyarrow as pa

    from albert_lab.vectors.extractor import Extractor

TEXTS_PER_PART = 2048
CHARACTERS_PER_PART = 4_000_000
_METADATA = b"albert_lab"


@dataclass(frozen=True)
class EmbeddedFile:
    """What `embed_to_parquet` wrote: the path, its texts, how many were taken over and how many were cut."""

    path: Path
    texts: int
    resumed: int
    cut: int


@dataclass(frozen=True)
class VectorTable:
    """What `read_vectors` read; entry i of everything belongs together."""

    texts: list[str]
    sources: list[str]
    positions: np.ndarray  # (n,) int64, line or row from 1
    vectors: np.ndarray  # (n, H) float32
    settings: dict[str, Any]  # model, pooling, layer, ...


def embed_to_parquet(
    extractor: Extractor,
    texts: Iterable[str | TextRecord],
    out: Path | str,
    *,
    overwrite: bool = False,
    progress: bool | None = None,
) -> EmbeddedFile:
    """Write one row per text: text, source, position, vector (fixed_size_list<float32>[H]).

    The file's metadata says which model, pooling and layer made it. Killed and called again with the same
    arguments, it goes on where it was. No text at all gives a file without rows. A lone surrogate, which
    Parquet cannot hold, is written as U+FFFD; its vector is that of the same text.

    Args:
        extractor: makes the vectors (of sentences).
        texts: strings, or what `read_texts` yields.
        out: a name that ends in .parquet.
        overwrite: replace `out` if it exists (at the end, when the new one is complete).
        progress: True, False, or None = a bar on stderr if it takes long and a person is watching.

    Raises:
        OutputError: `out` exists, or cannot be written (no permission, disk full). Nothing stands under
            its name then, or still the old file.
        InputError: as `read_texts`, a text that is not a string, a table instead of texts, or texts of which
            the tokenizer knows almost no piece.
    """
    out, total = Path(out), len(texts) if isinstance(texts, Sized) else None
    check_output(out, [".parquet"], overwrite=overwrite)
    with progress_bar("embedding", total, progress) as advance, _partial_folder(out) as folder:
        job = _Job(extractor, folder, advance)
        for records in _in_parts(_as_records(texts)):
            job.run(records)
        _join(job.parts, out, job.schema)
        shutil.rmtree(folder)
    warn_of_cuts(job.cut, job.texts, extractor.max_length)
    return EmbeddedFile(out, job.texts, job.resumed, job.cut)


def read_vectors(path: Path | str) -> VectorTable:
    """Read a file of `embed_to_parquet` into memory.

    Raises:
        InputError: the file is missing, damaged, or has other columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with Path(path).open("rb") as file:
            table = pq.ParquetFile(file).read()
        vectors = table.column("vector").combine_chunks()
        return VectorTable(
            table.column("text").to_pylist(),
            table.column("source").to_pylist(),
            table.column("position").to_numpy(),
            vectors.flatten().to_numpy(zero_copy_only=False).reshape(len(vectors), vectors.type.list_size),
            json.loads((table.schema.metadata or {}).get(_METADATA, b"{}")),
        )
    except (pa.ArrowException, OSError, KeyError, AttributeError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} cannot be read as a file of vectors: {error}",
            expected="a Parquet file that albert-lab embed wrote",
        ) from error


def _as_records(texts: Iterable[str | TextRecord]) -> Iterator[TextRecord]:
    refuse_table(texts)
    for number, text in enumerate([texts] if isinstance(texts, str) else texts, 1):
        if isinstance(text, TextRecord):
            yield text
        elif isinstance(text, str):
            yield TextRecord(text, "argument", number)
        else:
            raise InputError(f"Text {number} is {text!r:.60} ({type(text).__name__}).", expected="a string")


def _in_parts(records: Iterable[TextRecord]) -> Iterator[list[TextRecord]]:
    part, characters = [], 0
    for record in records:
        part.append(record)
        characters += len(record.text)
        if len(part) == TEXTS_PER_PART or characters >= CHARACTERS_PER_PART:
            yield part
            part, characters = [], 0
    if part:
        yield part


def _hash(key: str, records: list[TextRecord]) -> str:
    digest = hashlib.sha256(key.encode())
    for record in records:
        row = json.dumps([record.text, record.source, record.position])
        digest.update(row.encode() + b"\n")
    return digest.hexdigest()[:32]


class _Job:
    """The parts of one output, made or taken over."""

    def __init__(self, extractor: Extractor, folder: Path, advance: Callable[[int], None]) -> None:
        self.extractor, self.folder, self.advance = extractor, folder, advance
        self.fingerprint = extractor.fingerprint()
        self.parts: list[Path] = []
        self.texts = self.resumed = self.cut = 0
        self.known = KnownPieces()
        self.schema = _schema(extractor.dimension, self._about())

    def run(self, records: list[TextRecord]) -> None:
        part = self.folder / f"{len(self.parts):06d}-{_hash(self.fingerprint, records)}.parquet"
        count = getattr(self.extractor, "known_pieces", None)  # what has no tokenizer knows every text
        self.known += count([record.text for record in records]) if count else KnownPieces()
        self.known.check()
        if _is_whole(part, len(records)):
            self.resumed += len(records)
            self.advance(len(records))
        else:
            texts = [record.text for record in records]
            vectors, cut = self.extractor.sentences(texts, self.advance)
            self.cut += cut
            _write_part(part, _table(records, vectors, self.schema))
        self.parts.append(part)
        self.texts += len(records)

    def _about(self) -> dict[str, Any]:
        return {"model": self.extractor.name, **self.extractor.settings, "fingerprint": self.fingerprint}


def _is_whole(part: Path, rows: int) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with part.open("rb") as file:
            return pq.read_metadata(file).num_rows == rows
    except (pa.ArrowException, OSError):
        return False


def _schema(dimension: int, about: dict[str, Any]) -> pa.Schema:
    import pyarrow as pa

    vector = pa.list_(pa.float32(), dimension)
    columns = {"text": pa.string(), "source": pa.string(), "position": pa.int64(), "vector": vector}
    return pa.schema(columns, metadata={_METADATA: json.dumps(about).encode()})


def _table(records: list[TextRecord], vectors: np.ndarray, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    columns = [
        pa.array([without_surrogates(record.text) for record in records], pa.string()),
        pa.array([without_surrogates(record.source) for record in records], pa.string()),
        pa.array([record.position for record in records], pa.int64()),
        pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1]),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _write_part(part: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    with atomic_write(part) as temporary:
        with temporary.open("wb") as file:
            pq.write_table(table, file)
        _flush(temporary)


def _join(parts: list[Path], out: Path, schema: pa.Schema) -> None:
    import pyarrow.parquet as pq

    with atomic_write(out) as temporary:
        with temporary.open("wb") as joined, pq.ParquetWriter(joined, schema) as writer:
            for part in parts:
                with part.open("rb") as file:
                    writer.write_table(pq.ParquetFile(file).read())
        _flush(temporary)


def _flush(path: Path) -> None:
    """Ask the disk to have it all before the file gets its name."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _partial_folder(out: Path) -> Iterator[Path]:
    """The folder for finished parts; what the file system says against it becomes an OutputError."""
    import pyarrow as pa

    folder = hidden_beside(out, "partial")
    try:
        folder.mkdir(exist_ok=True)
        yield folder
    except (OSError, pa.ArrowException, OutputError) as error:
        raise OutputError(
            f"{out} could not be written: {getattr(error, 'strerror', None) or error}",
            expected="a folder that can be written to, with enough free space",
            mend="make room and run the same again: it goes on where it stopped",
        ) from error
    finally:
        with suppress(OSError):
            folder.rmdir()  # only if it is empty
