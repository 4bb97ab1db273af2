"""Which object of the installed packages serves a need told in plain words.

    from albert_lab.vectors import DocumentSearch
    search = DocumentSearch("stdlib")                   # builds an index once, then finds it in the cache
    search("copy a directory tree")[0].name             # 'shutil.copytree'

The ranking is led by BM25. Vectors pooled from a masked-language model, without further training, search
badly: alone they hardly ever find the right object. So they only add a little:

    score = bm25 / (best bm25) + 0.2 · cosine

Both vectors of the cosine have the mean of all documents' vectors subtracted, since raw ones all point in
much the same direction. An object that shares no word with the question is not found.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from albert_lab.errors import AlbertLabError, CorpusError, InputError, OutputError
from albert_lab.paths import cache_dir
from albert_lab.text.corpus import DEFAULT_PACKAGES, Corpus, build_corpus
from albert_lab.text.packages import Package, find_package
from albert_lab.vectors.index import VectorIndex, best
from albert_lab.vectors.lexical import LexicalIndex, beside, is_whole, seal, words

if TYPE_CHECKING:
    from albert_lab.vectors.extractor import Extractor

VECTOR_WEIGHT = 0.2
_FORMAT = 1
_SHOWN = ("name", "summary", "signature", "kind", "package")
_OBJECTS = "objects.parquet"


@dataclass(frozen=True)
class SearchHit:
    """An object that was found; rank 1 is the best, a score means something only within one answer."""

    rank: int
    name: str
    score: float
    summary: str
    signature: str
    kind: str
    package: str


class DocumentSearch:
    """Search over the public objects of installed packages.

    The first use reads the packages' documentation and builds the index; later ones find it in the cache,
    which is keyed by packages, versions and model. A damaged cache is built again, with a warning.

    Args:
        packages: import names, "stdlib" for the standard library; None = `corpus.DEFAULT_PACKAGES`, those
            that are installed.
        extractor: makes the vectors; None = the built-in model.
        vectors: False ranks by BM25 alone, and loads neither torch nor a model.
        cache: folder for the index; None = "index" in `albert_lab.paths.cache_dir()`.
        rebuild: build the index even if there is one.
        progress: True, False, or None = bars if it takes long and a person is watching.

    Raises:
        CorpusError: a package is not installed, or nothing in the packages is documented.
        CheckpointError: the model cannot be read.
        OutputError: the cache cannot be written.
    """

    def __init__(
        self,
        packages: Iterable[str] | str | None = None,
        *,
        extractor: Extractor | None = None,
        vectors: bool = True,
        cache: Path | str | None = None,
        rebuild: bool = False,
        progress: bool | None = None,
    ) -> None:
        self._found = _packages(packages)
        self._folder = Path(cache) if cache is not None else cache_dir() / "index"
        self._rebuild, self._progress = rebuild, progress
        self._corpus: Corpus | None = None
        self._objects, self._lexical = self._lexical_part()
        self._extractor = _built_in() if vectors and extractor is None else extractor if vectors else None
        self._vectors = self._vector_part() if self._extractor else None
        self._corpus = None

    def __len__(self) -> int:
        return len(self._objects["name"])

    @property
    def packages(self) -> dict[str, str]:
        """Name and version of every package that is searched."""
        return {package.name: package.version for package in self._found}

    def __call__(self, question: str, top: int = 10) -> list[SearchHit]:
        """The `top` objects that fit best, best first; fewer if fewer have anything in common with it.

        Raises:
            InputError: an empty question, something else than a string, or `top` below 1.
        """
        if not isinstance(question, str) or not question.strip():
            raise InputError(
                f"The question is {question!r:.60}.",
                expected="a few words",
                mend='try "copy a directory tree"',
            )
        if top < 1:
            raise InputError(f"top={top}.", expected="at least 1")
        scores = self.scores(question)
        return [
            SearchHit(rank, score=float(scores[i]), **{name: self._objects[name][i] for name in _SHOWN})
            for rank, i in enumerate(best(scores, top), 1)
            if scores[i] > 0
        ]

    search = __call__

    def scores(self, question: str) -> np.ndarray:
        """The score of every object, (n,) float32, in the order of the corpus."""
        lexical = self._lexical.scores(question)
        scores = lexical / max(float(lexical.max()), 1e-9)
        if self._vectors is None:
            return scores
        mean, index = self._vectors
        query, _ = self._extractor.sentences([question], lambda done: None)
        positions, cosines = index.nearest(_unit(query) - mean, len(index))
        scores[positions[0]] += VECTOR_WEIGHT * cosines[0]
        return np.where(lexical > 0, scores, 0)

    def _documents(self) -> Corpus:
        if self._corpus is None:
            names = [package.name for package in self._found]
            self._corpus = build_corpus(names, progress=self._progress is not False)
            if not len(self._corpus):
                raise CorpusError(f"Nothing is documented in {', '.join(names)}.")
        return self._corpus

    def _key(self, *further: str) -> str:
        found = [(package.name, package.version, package.fingerprint) for package in self._found]
        return hashlib.sha256(json.dumps([_FORMAT, found, further]).encode()).hexdigest()[:16]

    def _lexical_part(self) -> tuple[dict[str, list[str]], LexicalIndex]:
        folder = self._folder / f"bm25-{self._key()}"
        if not self._rebuild and folder.exists():
            if is_whole(folder):
                return _read_objects(folder), LexicalIndex.load(folder)
            _warn_of_damage(folder)
        objects = {name: [getattr(document, name) for document in self._documents()] for name in _SHOWN}
        lexical = LexicalIndex.build(self._documents(), progress=self._progress)
        _save_lexical(folder, objects, lexical)
        return objects, lexical

    def _vector_part(self) -> tuple[np.ndarray, VectorIndex]:
        """The mean (H,) of all unit vectors, and the index of what is left without it."""
        path = self._folder / f"vectors-{self._key(self._extractor.fingerprint())}.safetensors"
        index = None if self._rebuild else _read_vectors(path)
        if index is None:
            index = self._embed_documents()
            index.save(path)
        mean = index.vectors.mean(axis=0)
        centred = VectorIndex(index.dimension)
        centred.add(index.keys, index.vectors - mean)
        return mean, centred

    def _embed_documents(self) -> VectorIndex:
        from albert_lab.vectors.progress import progress_bar

        pairs = zip(self._objects["name"], self._objects["summary"], strict=True)
        texts = [f"{' '.join(words(name))}. {summary}" for name, summary in pairs]
        with progress_bar("embedding objects", len(texts), self._progress) as advance:
            vectors, _ = self._extractor.sentences(texts, advance)
        index = VectorIndex(self._extractor.dimension)
        index.add(self._objects["name"], vectors)
        return index


def search(
    question: str, packages: Iterable[str] | str | None = None, top: int = 10, *, vectors: bool = True
) -> list[SearchHit]:
    """Answer one question; for many, keep a `DocumentSearch`, whose start takes longer than an answer."""
    return DocumentSearch(packages, vectors=vectors)(question, top)


def _packages(names: Iterable[str] | str | None) -> list[Package]:
    wanted = [names] if isinstance(names, str) else list(DEFAULT_PACKAGES if names is None else names)
    found = {name: find_package(name) for name in dict.fromkeys(wanted)}
    missing = [name for name, package in found.items() if package is None]
    if names is not None and (missing or not wanted):
        raise CorpusError(
            f"The package {missing[0]!r} is not installed in this Python."
            if missing
            else "No package was named.",
            expected="import names of installed packages, or 'stdlib'",
            mend=f"pip install {missing[0]}, or leave it out" if missing else "name one, or pass None",
        )
    unique = {package.name: package for package in found.values() if package is not None}
    return sorted(unique.values(), key=lambda package: package.name)


def _built_in() -> Extractor:
    from albert_lab.vectors.extractor import Extractor

    return Extractor.from_source()


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _save_lexical(folder: Path, objects: dict[str, list[str]], lexical: LexicalIndex) -> None:
    import shutil

    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        temporary = beside(folder)
        try:
            pq.write_table(pa.table(objects), temporary / _OBJECTS)
            lexical.save(temporary)
            shutil.rmtree(folder, ignore_errors=True)
            seal(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"The search index could not be written to {folder.parent}: {error.strerror or error}.",
            mend="make room, or choose another cache folder with the environment variable ALBERT_LAB_CACHE",
        ) from error


def _read_objects(folder: Path) -> dict[str, list[str]]:
    import pyarrow.parquet as pq

    return pq.ParquetFile(folder / _OBJECTS).read().to_pydict()


def _read_vectors(path: Path) -> VectorIndex | None:
    if not path.exists():
        return None
    try:
        return VectorIndex.load(path)
    except AlbertLabError:
        _warn_of_damage(path)
        return None


def _warn_of_damage(path: Path) -> None:
    warnings.warn(f"The search index {path} is damaged; it is built again.", stacklevel=2)
