"""What the cache keeps of a person's documents goes when they go: no deleted text stays here."""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

SOURCE = "source.json"  # in a folder of words: the folder that its documents were read from, or ""
_UNFINISHED = 3600  # seconds in which another process may still write what it began
_GIVEN = re.compile(r"bm25-(given-[0-9a-f]{12}-)")
_LOOKED_AT = 4096  # bytes of the keys: the first one is in them
_A_NOTE = re.compile(rb'\["(?:[^"\\]|\\.)*?\.(?:md|markdown|txt)[": ]', re.IGNORECASE)


def family_of(known_by: list[str]) -> str:
    """How the names begin of all that is kept of given documents, such as the notes in one folder."""
    return f"given-{sha256(json.dumps(known_by).encode()).hexdigest()[:12]}-"


def forget_notes(cache: Path, source: str) -> None:
    """Remove all that is kept of the documents of a folder."""
    forget_family(cache, family_of([source]))


def forget_family(cache: Path, family: str, kept: tuple[str, ...] = ()) -> None:
    """Remove what is kept of given documents, but not what has one of `kept` in its name."""
    for kind in ("bm25", "vectors"):
        for path in cache.glob(f"*{kind}-{family}*"):
            if not any(part in path.name for part in kept) and not _may_be_written(path):
                _remove(path)


def forget_abandoned(cache: Path) -> None:
    """Remove what is kept of notes whose folder is gone, and what earlier versions kept of any notes."""
    for words in cache.glob("bm25-*"):
        if given := _GIVEN.match(words.name):
            source = _source(words)
            if source is None or (source and _is_gone(source)):
                forget_family(cache, given[1])
        elif _holds_notes(words):
            _remove(words)
    for vectors in cache.glob("*vectors-*"):
        if "vectors-given-" not in vectors.name and not _may_be_written(vectors) and _are_of_notes(vectors):
            _remove(vectors)
    for unsealed in cache.glob(".bm25-*.part"):
        if not _may_be_written(unsealed):
            _remove(unsealed)


def _may_be_written(path: Path) -> bool:
    """Whether it is a part that a process may still be at."""
    try:
        return path.name.startswith(".") and time.time() - path.stat().st_mtime < _UNFINISHED
    except OSError:
        return False


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _source(words: Path) -> str | None:
    try:
        source = json.loads((words / SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return source if isinstance(source, str) else None


def _is_gone(folder: str) -> bool:
    return "\ufffd" not in folder and not Path(folder).is_dir()  # that stands for bytes that are no UTF-8


def _holds_notes(words: Path) -> bool:
    """Whether the first object of a folder of words is a note; earlier versions named these as packages."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        batches = pq.ParquetFile(words / "objects.parquet").iter_batches(batch_size=1, columns=["kind"])
        return next(batches).column("kind")[0].as_py() == "note"
    except (OSError, StopIteration, pa.ArrowException, KeyError):
        return False


def _are_of_notes(vectors: Path) -> bool:
    """Whether the first key of vectors, whole or in parts, is called as a note: "file.md: Heading"."""
    from safetensors import SafetensorError, safe_open

    first = min(vectors.glob("*.safetensors"), default=vectors)
    try:
        with safe_open(first, framework="numpy") as file:
            keys = file.get_slice("keys")
            (length,) = keys.get_shape()
            return bool(_A_NOTE.match(keys[: min(length, _LOOKED_AT)].tobytes()))
    except (OSError, ValueError, SafetensorError):
        return False
