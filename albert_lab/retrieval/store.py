"""The search index on disk: objects and words for a set of packages, vectors for each package and model.

Everything is written beside its place and then named, with checksums. What is damaged is built again, with a
warning. Vectors are made in parts that stay after a kill, and only for packages whose text has changed.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from albert_lab.errors import AlbertLabError, OutputError
from albert_lab.retrieval.forget import SOURCE, forget_abandoned, forget_family
from albert_lab.retrieval.lexical import LexicalIndex, beside, is_whole, seal
from albert_lab.vectors.index import VectorIndex

if TYPE_CHECKING:
    from albert_lab.vectors.extractor import Extractor

Objects = dict[str, list[Any]]
PART = 2048  # objects whose vectors are made between two files
_OBJECTS = "objects.parquet"


def read_words(folder: Path) -> tuple[Objects, LexicalIndex] | None:
    """The objects and the word index that `save_words` wrote; None if there are none or they are damaged."""
    import pyarrow.parquet as pq

    if not folder.exists():
        return None
    if not is_whole(folder):
        _warn_of_damage(folder)
        return None
    return pq.ParquetFile(folder / _OBJECTS).read().to_pydict(), LexicalIndex.load(folder)


def save_words(folder: Path, objects: Objects, lexical: LexicalIndex, source: str = "") -> None:
    """Write objects and word index into a folder, whole or not at all; `source` is what they were read from.

    Raises:
        OutputError: it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        temporary = beside(folder)
        try:
            pq.write_table(pa.table(objects), temporary / _OBJECTS)
            lexical.save(temporary)
            (temporary / SOURCE).write_text(json.dumps(source), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            seal(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"The search index could not be written to {folder.parent}: {error.strerror or error}.",
            mend="make room, or choose another cache folder with the environment variable ALBERT_LAB_CACHE",
        ) from error


def forget_older(folder: Path, family: str, words: Path, objects: Objects) -> None:
    """Remove what is kept of earlier states of given documents: a text that was deleted must not stay here.

    Args:
        folder: the cache.
        family: how the names of all that is kept of these documents begin.
        words: the folder of the present words.
        objects: the present documents, to know their vectors by.
    """
    packages, rows = objects["package"], {}
    for number, package in enumerate(packages):
        rows.setdefault(package, []).append(number)
    current = {
        _checksum([objects["name"][i] for i in numbers], [objects["text"][i] for i in numbers])
        for numbers in rows.values()
    }
    forget_family(folder, family, kept=(words.name, *(f"-{checksum}." for checksum in current)))
    forget_abandoned(folder)


def package_vectors(
    folder: Path,
    package: str,
    names: Sequence[str],
    texts: Sequence[str],
    extractor: Extractor,
    *,
    rebuild: bool = False,
    advance: Callable[[int], None] = lambda done: None,
) -> VectorIndex:
    """The vectors of one package's objects, from the cache, or made and kept there.

    The file's name holds a checksum of model and texts, so a package is embedded again only if one of them
    changed; then its older vectors by the same model are removed. An interrupted call goes on with the parts
    that were finished.

    Raises:
        OutputError: the cache cannot be written.
        InputError: the tokenizer knows almost no piece of the texts.
    """
    family = "-".join(["vectors", re.sub(r"[^\w.-]", "_", package), extractor.fingerprint()[:12]])
    path = folder / f"{family}-{_checksum(names, texts)}.safetensors"
    known = None if rebuild else _read(path)
    if known is not None:
        advance(len(names))
        return known
    extractor.known_pieces(texts).check()
    parts = folder / f".{path.stem}.partial"
    if rebuild:
        shutil.rmtree(parts, ignore_errors=True)
    index = VectorIndex(extractor.dimension)
    for first in range(0, len(names), PART):
        part = _part(parts / f"{first:08}.safetensors", names[first : first + PART],
                     texts[first : first + PART], extractor, advance)  # fmt: skip
        index.add(part.keys, part.vectors)
    index.save(path)
    for older in set(folder.glob(f"{family}-*.safetensors")) - {path}:
        with suppress(OSError):
            older.unlink()
    shutil.rmtree(parts, ignore_errors=True)
    return index


def _part(
    path: Path,
    names: Sequence[str],
    texts: Sequence[str],
    extractor: Extractor,
    advance: Callable[[int], None],
) -> VectorIndex:
    known = _read(path)
    if known is not None:
        advance(len(names))
        return known
    index = VectorIndex(extractor.dimension)
    vectors, _ = extractor.sentences(texts, advance)
    index.add(names, vectors)
    index.save(path)
    return index


def _read(path: Path) -> VectorIndex | None:
    if not path.exists():
        return None
    try:
        return VectorIndex.load(path)
    except AlbertLabError:
        _warn_of_damage(path)
        return None


def _checksum(names: Sequence[str], texts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps([list(names), list(texts)]).encode()).hexdigest()[:12]


def _warn_of_damage(path: Path) -> None:
    warnings.warn(f"The search index {path} is damaged; it is built again.", stacklevel=2)
