"""Which object of the installed packages serves a need told in plain words.

    from albert_lab.retrieval import DocumentSearch
    search = DocumentSearch("stdlib")                   # builds an index once, then finds it in the cache
    search("copy a directory tree")[0].name             # 'shutil.copytree'

The score of an object adds words, meaning, use and name; see `albert_lab.retrieval.fusion`. Both vectors of a
cosine have the mean of all documents' vectors subtracted. How much the cosine counts depends on the model.
Vectors pooled from a masked-language model, without further training, hardly ever find the right object, so
they only add a little to objects that share a word with the question. Vectors of a sentence model (see
`albert_lab.vectors.sentence`) also find objects that share none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from albert_lab.errors import CorpusError, InputError
from albert_lab.paths import cache_dir
from albert_lab.retrieval.asked import LANGUAGE, Names, telling
from albert_lab.retrieval.forget import family_of
from albert_lab.retrieval.fusion import RAW_WEIGHT, SENTENCE_WEIGHT, Evidence, Weights, fused
from albert_lab.retrieval.hits import SearchHit, SearchResults
from albert_lab.retrieval.lexical import COMMENTS, NEEDS, LexicalIndex, terms
from albert_lab.retrieval.needs import Overlap, alike, written_needs
from albert_lab.retrieval.store import Objects, forget_older, package_vectors, read_words, save_words
from albert_lab.retrieval.usage import UsageOf, read_usage, sources_of, use_of
from albert_lab.text import corpus as corpus_module
from albert_lab.text.corpus import DEFAULT_PACKAGES, Corpus, Document, build_corpus
from albert_lab.text.packages import Package, find_package
from albert_lab.vectors.index import VectorIndex, best

if TYPE_CHECKING:
    from albert_lab.retrieval.explain import Meeting
    from albert_lab.retrieval.quick import QuickExtractor
    from albert_lab.vectors.extractor import Extractor

KINDS = ("module", "class", "function", "method", "attribute", "note")
_FORMAT = 3
_USED = 3  # so many files must use a method or a value without a docstring, or it is not searched
_COMPARED = 50  # objects whose summary is compared with a question, word by word
_SHOWN = ("name", "summary", "signature", "kind", "package")


class DocumentSearch:
    """Search over the public objects of installed packages.

    The first use reads the packages' documentation and builds the index; later ones find it in the cache,
    which is keyed by packages, versions and model. A damaged cache is built again, with a warning.

    Args:
        packages: import names, "stdlib" for the standard library; None = `corpus.DEFAULT_PACKAGES`, those
            that are installed.
        corpus: search these documents instead, such as `albert_lab.text.notes.read_notes` gives.
        extractor: makes the vectors; None = the model for sentences, see `sentence_source`.
        vectors: False ranks by BM25 over the documentation alone, and loads neither torch nor a model.
        words: False ranks by the documentation's vectors alone.
        weight: of the cosine; None = what the model's kind asks for.
        weights: of everything else.
        cache: folder for the index; None = "index" in `albert_lab.paths.cache_dir()`.
        rebuild: build the index even if there is one.
        progress: True, False, or None = bars if it takes long and a person is watching.

    Raises:
        CorpusError: a package is not installed, or nothing in the packages is documented.
        CheckpointError: the model cannot be read.
        InputError: neither words nor vectors, both packages and a corpus, or documents whose words the model
            does not know (vectors=False searches them).
        OutputError: the cache cannot be written.
    """

    def __init__(
        self,
        packages: Iterable[str] | str | None = None,
        *,
        corpus: Corpus | None = None,
        extractor: Extractor | QuickExtractor | None = None,
        vectors: bool = True,
        words: bool = True,
        weight: float | None = None,
        weights: Weights = Weights(),  # noqa: B008
        cache: Path | str | None = None,
        rebuild: bool = False,
        progress: bool | None = None,
    ) -> None:
        if not (words or vectors):
            raise InputError(
                "Neither words nor vectors are left to rank by.", expected="one of them at least"
            )
        if packages is not None and corpus is not None:
            raise InputError("Both packages and a corpus are given.", expected="one of them")
        self._found = _packages(packages) if corpus is None else _parts(corpus)
        self._corpus = corpus
        self._folder = Path(cache) if cache is not None else cache_dir() / "index"
        self._rebuild, self._progress, self._words, self._weights = rebuild, progress, words, weights
        self._objects, self._lexical = self._word_part()
        self._use, self._names = use_of(self._objects["uses"]), Names(self._objects["name"])
        self._extractor = _built_in() if vectors and extractor is None else extractor if vectors else None
        sentences = self._extractor is not None and self._extractor.normalize
        self.weight = weight if weight is not None else SENTENCE_WEIGHT if sentences else RAW_WEIGHT
        self._needs_words = words and not sentences
        self._mean, self._vectors = self._vector_part() if self._extractor else (None, None)
        self._needs = _Needs(self._objects["name"], {} if corpus is not None else written_needs())
        self._need_vectors = self._need_part() if self._extractor else None

    def __len__(self) -> int:
        return len(self._objects["name"])

    @property
    def packages(self) -> dict[str, str]:
        """Name and version of every package that is searched."""
        return {package.name: package.version for package in self._found}

    @property
    def documents(self) -> Objects:
        """What is searched, column by column: name, summary, signature, kind, package, text, uses."""
        return self._objects

    @property
    def vectors(self) -> VectorIndex | None:
        """The objects' centred vectors, in their order; None without vectors."""
        return self._vectors

    @property
    def mean(self) -> np.ndarray | None:
        """The mean (H,) of the objects' vectors, which `vectors` is without; None without vectors."""
        return self._mean

    def __call__(
        self, question: str, top: int = 10, *, kind: Iterable[str] | str | None = None
    ) -> SearchResults:
        """The `top` objects that fit best, best first; fewer if fewer have anything in common with it.

        Args:
            kind: only objects of this kind or these: one of `KINDS`.

        Raises:
            InputError: an empty question, something else than a string, `top` below 1, or an unknown kind.
        """
        if not isinstance(question, str) or not question.strip():
            raise InputError(
                f"The question is {question!r:.60}.",
                expected="a few words",
                mend='try "copy a directory tree"',
            )
        if top < 1:
            raise InputError(f"top={top}.", expected="at least 1")
        scores = np.where(self._of_kind(kind), self.scores(question), 0)
        return SearchResults(
            SearchHit(rank, score=float(scores[i]), **{name: self._objects[name][i] for name in _SHOWN})
            for rank, i in enumerate(best(scores, top), 1)
            if scores[i] > 0
        )

    search = __call__

    def scores(self, question: str) -> np.ndarray:
        """The score of every object, (n,) float32, in the order of the corpus."""
        if self._vectors is None:
            words = self._lexical.scores(telling(question, self._silent))
            return words / max(float(words.max()), 1e-9)
        if not self._words:
            vector = self._vector_of(telling(question, self._silent))
            if vector is None:
                raise InputError(
                    f"The model knows no word of {question!r:.60}.",
                    expected="a question in its language",
                    mend="search by words: leave --no-words out",
                )
            return self._vectors.vectors @ vector
        evidence = self.evidence(question)
        must_share = self._needs_words or evidence.cosines is None
        return fused(evidence, self.weight, self._weights, must_share=must_share)

    def evidence(self, question: str) -> Evidence:
        """All that speaks for each object, part by part; their sum is the score."""
        asked = telling(question, self._silent)
        words = self._lexical.scores(asked)
        vector = self._vector_of(asked) if self._extractor else None
        return Evidence(
            words=words,
            needs=self._lexical.scores(asked, NEEDS),
            overlap=self._needs.nearest(self._overlap(asked), 0),
            comments=self._lexical.scores(asked, COMMENTS),
            coverage=self._lexical.coverage(asked, words),
            summary=self._summaries(asked, words),
            borrowed=self._borrowed,
            cosines=None if vector is None else self._vectors.vectors @ vector,
            need_cosines=None if vector is None else self._needs.nearest(self._need_vectors @ vector, -1),
            use=self._use,
            share=self._names.shares(question, self._lexical.rarity, self._silent),
        )

    def _vector_of(self, asked: str) -> np.ndarray | None:
        """The question's centred vector (H,) at length 1; None if the model knows no word of it."""
        if self._extractor.known_pieces([asked]).nothing:
            return None  # it would say nothing; words may still be found
        query, _ = self._extractor.sentences([asked], lambda done: None)
        return _unit(_unit(query) - self._mean)[0]

    def _summaries(self, asked: str, words: np.ndarray) -> np.ndarray:
        """How much of the question and of an object's name and summary is the same, (n,) float32.

        Of the objects that share the most words; 0 for all others.
        """
        found, asked_for = np.zeros(len(self), dtype=np.float32), terms(asked)
        for i in best(words, _COMPARED):
            if words[i] > 0:
                told = terms(f"{self._objects['name'][i]} {self._objects['summary'][i]}")
                found[i] = alike(asked_for, told, self._lexical.rarity)
        return found

    @cached_property
    def _borrowed(self) -> np.ndarray:
        """1 for objects without a text of their own, which begin with their owner's: (n,) float32."""
        pairs = zip(self._objects["name"], self._objects["summary"], strict=True)
        owned = [told.startswith(f"{name.rpartition('.')[0]}: ") for name, told in pairs]
        return np.array(owned, dtype=np.float32)

    @cached_property
    def _overlap(self) -> Overlap:
        return Overlap(self._needs.texts, self._lexical.rarity)

    @property
    def _silent(self) -> list[str]:
        """Words of a question that carry nothing: the language, and the only package that is searched."""
        if self._corpus is not None:
            return []
        return [LANGUAGE, *(package.name for package in self._found if len(self._found) == 1)]

    def explain(self, question: str, hit: SearchHit) -> list[Meeting]:
        """Which words of the question met which words of an object that was found.

        Raises:
            InputError: a hit of another search.
        """
        from albert_lab.retrieval.explain import meetings

        if hit.name not in self._objects["name"]:
            raise InputError(f"{hit.name} is not searched here.", expected="a hit of this search")
        number = self._objects["name"].index(hit.name)
        has = lambda word: bool(self._lexical.scores(word)[number] > 0)  # noqa: E731
        return meetings(question, hit.name, hit.summary, in_text=has, extractor=self._extractor)

    def _of_kind(self, kind: Iterable[str] | str | None) -> np.ndarray | bool:
        if kind is None:
            return True
        wanted = {kind} if isinstance(kind, str) else set(kind)
        if not wanted or wanted - set(KINDS):
            raise InputError(f"kind={kind!r} is not known.", expected="one of " + ", ".join(KINDS))
        return np.array([each in wanted for each in self._objects["kind"]])

    def _word_part(self) -> tuple[Objects, LexicalIndex]:
        found = [(package.name, package.version, package.fingerprint) for package in self._found]
        formats = [_FORMAT, corpus_module.FORMAT, corpus_module.COMPLETE_FORMAT]
        key = hashlib.sha256(json.dumps([formats, found]).encode()).hexdigest()[:16]
        folder = self._folder / f"bm25-{self._family}{key}"
        known = None if self._rebuild else read_words(folder)
        objects, lexical = known or self._build_words(folder)
        if self._corpus is not None:
            forget_older(self._folder, self._family, folder, objects)
        return objects, lexical

    @property
    def _family(self) -> str:
        """What begins the names of all that is kept of given documents, such as the notes in one folder."""
        if self._corpus is None:
            return ""
        known_by = [self._corpus.source] if self._corpus.source else [package.name for package in self._found]
        return family_of(known_by)

    def _build_words(self, folder: Path) -> tuple[Objects, LexicalIndex]:
        from albert_lab.retrieval.documents import document_text

        corpus, more = self._searched()
        if not len(corpus):
            raise CorpusError(f"Nothing is documented in {', '.join(self.packages)}.")
        objects: Objects = {name: [getattr(document, name) for document in corpus] for name in _SHOWN}
        objects["text"] = [document_text(document) for document in corpus]
        objects["uses"] = more.pop("uses")
        lexical = LexicalIndex.build(corpus, more, progress=self._progress)
        save_words(folder, objects, lexical, "" if self._corpus is None else self._corpus.source)
        return objects, lexical

    def _searched(self) -> tuple[Sequence[Document], dict[str, Any]]:
        """The documents; how many files use each; further texts by field and name."""
        if self._corpus is not None:
            return self._corpus, {"uses": [0.0] * len(self._corpus)}
        corpus = build_corpus([*self.packages], complete=True, progress=self._progress is not False)
        usages = [read_usage(each, self._folder, progress=self._progress) for each in sources_of(self._found)]
        usage = UsageOf(corpus, usages)
        kept = [each for each in corpus if _is_wanted(each, usage.counts.get(each.name, 0.0))]
        uses = [float(usage.counts.get(each.name, 0.0)) for each in kept]
        return kept, {"uses": uses, NEEDS: written_needs(), COMMENTS: usage.comments}

    def _vector_part(self) -> tuple[np.ndarray, VectorIndex]:
        """The mean (H,) of all unit vectors, and the index of what is left without it."""
        from albert_lab.progress_bar import progress_bar

        packages = np.array(self._objects["package"], dtype=object)
        raw = VectorIndex(self._extractor.dimension)
        with progress_bar("embedding objects", len(self), self._progress) as advance:
            for package in dict.fromkeys(packages):  # in their order, each in one piece
                rows = np.flatnonzero(packages == package)
                names, texts = ([self._objects[c][i] for i in rows] for c in ("name", "text"))
                part = package_vectors(
                    self._folder, self._family + package, names, texts, self._extractor,
                    rebuild=self._rebuild, advance=advance,
                )  # fmt: skip
                raw.add(part.keys, part.vectors)
        mean = raw.vectors.mean(axis=0)
        centred = VectorIndex(raw.dimension)
        centred.add(raw.keys, raw.vectors - mean)
        return mean, centred

    def _need_part(self) -> np.ndarray:
        """The centred vectors of the needs that are written for objects here, (needs, H)."""
        texts = self._needs.texts
        if not texts:
            return np.zeros((0, len(self._mean)), dtype=np.float32)
        found = package_vectors(self._folder, "needs", texts, texts, self._extractor, rebuild=self._rebuild)
        return _unit(found.vectors - self._mean)


class _Needs:
    """The needs that are written for the objects of an index, each text once."""

    def __init__(self, names: Sequence[str], needs: Mapping[str, Sequence[str]]) -> None:
        self._objects = len(names)
        known = [(i, need) for i, name in enumerate(names) for need in needs.get(name, ())]
        numbers = {text: number for number, text in enumerate(sorted({need for _, need in known}))}
        self.texts = list(numbers)
        self._of = np.array([i for i, _ in known], dtype=np.int64)
        self._text = np.array([numbers[need] for _, need in known], dtype=np.int64)

    def nearest(self, values: np.ndarray, without: float) -> np.ndarray:
        """The greatest of an object's needs' values, (objects,) float32; `without` where none is written."""
        found = np.full(self._objects, without, dtype=np.float32)
        np.maximum.at(found, self._of, values[self._text].astype(np.float32))
        return found


def _is_wanted(document: Document, uses: float) -> bool:
    """Not the countless methods and values that nobody has documented, and nobody uses."""
    return bool(document.raw) or document.kind not in ("method", "attribute") or uses >= _USED


def search(
    question: str,
    packages: Iterable[str] | str | None = None,
    top: int = 10,
    *,
    kind: Iterable[str] | str | None = None,
    vectors: bool = True,
) -> SearchResults:
    """Answer one question; for many, keep a `DocumentSearch`, whose start takes longer than an answer.

    In a notebook the answer is shown as a table.
    """
    return DocumentSearch(packages, vectors=vectors)(question, top, kind=kind)


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


def _parts(corpus: Corpus) -> list[Package]:
    """What stands for packages where documents are given: their groups, known by their content."""
    parts = {}
    for name, part in corpus.by_package().items():
        content = json.dumps([[document.name, document.signature, document.raw] for document in part])
        parts[name] = Package(name, part[0].version, (), hashlib.sha256(content.encode()).hexdigest())
    return list(parts.values())


def _built_in() -> Extractor | QuickExtractor:
    from albert_lab.retrieval.quick import quick_extractor
    from albert_lab.vectors.sentence import sentence_source

    return quick_extractor(sentence_source())


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
