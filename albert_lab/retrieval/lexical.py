"""Words against words: BM25 over names, summaries and prose of documented objects, and over what else is
known about them.

A document's score for a question sums, over the question's words, how rare the word is times how often the
document has it, the latter saturating and counted less in long documents (Robertson and Zaragoza 2009,
equation 3.15). The library bm25s computes it; here stands what a "word" is. Names are split, so that
"copy a tree" finds ``copy_tree``, ``CopyTree`` and ``copytree``.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from albert_lab.progress_bar import progress_bar

if TYPE_CHECKING:
    from albert_lab.text.document import Document

# How often a word counts, by where it stands. The weights, and BM25's k1 and b, were chosen on questions
# that are not among those of the tests.
NAME_WEIGHT, OWNER_WEIGHT, SUMMARY_WEIGHT = 4, 2, 2
K1, B = 0.9, 0.4
DOCUMENTS, NEEDS, COMMENTS = "documents", "needs", "comments"  # the fields of an index
FIELD_B = {COMMENTS: 0.75}  # the most used objects have by far the most comments

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SAY_NOTHING = """
    a an and are as at be by can do does for from how i if in into is it its my not of on one or should so
    that the their them then there these this to was what when where which who will with you your
"""
_STOP = frozenset(_SAY_NOTHING.split())
_ENDINGS = ("ing", "ion", "ed", "er", "ly", "e")
_SHORT_PARTS = frozenset({"is", "to", "in", "of", "up", "id", "on", "by", "at"})
_COMMON = 30  # a part of a name must stand this often in the prose: "tree" does, "ytr" does not
_LONGEST_PART = 12


def words(text: str) -> list[str]:
    """Lower-case words; camelCase and snake_case are split."""
    return _WORD.findall(_HUMP.sub(" ", text).lower())


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The word without plural and common endings: copies, copying, copied -> copy. Wrong now and then."""
    if len(word) > 3 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")):
        word = word[:-1]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]  # stopp(ed) -> stop
    return word[:-1] + "y" if len(word) > 3 and word.endswith("i") else word  # copi(ed) -> copy


def terms(text: str) -> list[str]:
    """What a text is searched by: stems of its words, without those that say nothing (the, of, ...)."""
    return [stem(word) for word in words(text) if not says_nothing(word)]


def says_nothing(word: str) -> bool:
    """Whether a lower-case word stands in any text: the, of, how, ..."""
    return word in _STOP


class NameSplitter:
    """Splits names that were written in one go: copytree -> copy tree.

    Among all ways to cut a name into common words, it takes the most probable one, words drawn independently:
    argmax sum log(count(w) / total), found by dynamic programming over the cut positions.
    """

    def __init__(self, prose: Iterable[str]) -> None:
        counts = Counter(word for text in prose for word in words(text))
        total = sum(counts.values())
        self._cost = {
            word: math.log(total / count) for word, count in counts.items() if _is_part(word, count)
        }
        self._known: dict[str, list[str]] = {}

    def split(self, word: str) -> list[str]:
        """The parts of a lower-case word, at least two; none if it cannot be split."""
        if word not in self._known:
            self._known[word] = self._cut(word)
        return self._known[word]

    def _cut(self, word: str) -> list[str]:
        best = [(0.0, 0)]  # for each prefix of the word: its cost, and where its last part begins
        for stop in range(1, len(word) + 1):
            begins = range(max(0, stop - _LONGEST_PART), stop)
            costs = [(best[begin][0] + self._price(word, begin, stop), begin) for begin in begins]
            best.append(min(costs))
        if math.isinf(best[-1][0]):
            return []
        parts, stop = [], len(word)
        while stop:
            begin = best[stop][1]
            parts.insert(0, word[begin:stop])
            stop = begin
        return parts

    def _price(self, word: str, begin: int, stop: int) -> float:
        if stop - begin == len(word):
            return math.inf  # the whole is no split
        return self._cost.get(word[begin:stop], math.inf)


def _is_part(word: str, count: int) -> bool:
    return count >= _COMMON and (len(word) >= 3 or word in _SHORT_PARTS)


def document_terms(document: Document, splitter: NameSplitter) -> list[str]:
    """What a document is found by; what counts n times stands there n times."""
    *owners, last = document.name.split(".")
    found = []
    for part, weight in [*((owner, OWNER_WEIGHT) for owner in owners), (last, NAME_WEIGHT)]:
        whole = words(part)
        split = [piece for word in whole for piece in splitter.split(word)]
        found += terms(" ".join(whole + split)) * weight
    return found + terms(document.summary) * SUMMARY_WEIGHT + terms(document.prose)


class LexicalIndex:
    """BM25 scores of documents for questions, over one or several fields of each document.

    The first field is the documentation. Of the others (needs, comments) a document may have none.
    """

    def __init__(self, retrievers: dict[str, Any]) -> None:
        self._retrievers = retrievers

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        more: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
        *,
        progress: bool | None = False,
    ) -> LexicalIndex:
        """The index of at least one document.

        Args:
            more: further fields, each with texts by the documents' names.
            progress: as in `progress_bar`.
        """
        splitter = NameSplitter(f"{document.summary} {document.prose}" for document in documents)
        found = []
        with progress_bar("indexing words", len(documents), progress) as advance:
            for document in documents:
                found.append(document_terms(document, splitter))
                advance(1)
        retrievers = {DOCUMENTS: _retriever(found, B)}
        for field, texts in (more or {}).items():
            bags = [terms(" ".join(texts.get(document.name, ()))) for document in documents]
            if any(bags):
                retrievers[field] = _retriever(bags, FIELD_B.get(field, B))
        return cls(retrievers)

    def scores(self, question: str, field: str = DOCUMENTS) -> np.ndarray:
        """One score for each document, (n,) float32: 0 where no word is shared, or there is no such field."""
        retriever = self._retrievers.get(field)
        known = self._known(question, field)
        if not known:
            return np.zeros(self._documents.scores["num_docs"], dtype=np.float32)
        return retriever.get_scores(known)

    def coverage(self, question: str, scores: np.ndarray) -> np.ndarray:
        """Scores of the documentation as parts, 0 to 1, of what the question's known words could give."""
        return scores / max(sum(map(self.rarity, self._known(question))), 1e-9)

    def rarity(self, term: str) -> float:
        """What BM25 multiplies a stem with, in nats: the more, the fewer documents have it."""
        number = self._documents.vocab_dict.get(term)
        pointers, n = self._documents.scores["indptr"], self._documents.scores["num_docs"]
        holding = 0 if number is None else int(pointers[number + 1] - pointers[number])
        return math.log(1 + (n - holding + 0.5) / (holding + 0.5))

    @property
    def _documents(self) -> Any:
        return self._retrievers[DOCUMENTS]

    def _known(self, question: str, field: str = DOCUMENTS) -> list[str]:
        vocabulary = self._retrievers[field].vocab_dict if field in self._retrievers else {}
        return [term for term in terms(question) if term in vocabulary]

    def save(self, folder: Path) -> None:
        """Write the index's files into an existing folder, one folder for each field."""
        for field, retriever in self._retrievers.items():
            retriever.save(folder / field, show_progress=False)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Read what `save` wrote; raises whatever a damaged file leads to."""
        import bm25s

        fields = sorted(path for path in folder.iterdir() if path.is_dir())
        return cls({path.name: bm25s.BM25.load(path, show_progress=False) for path in fields})


def _retriever(bags: Sequence[list[str]], b: float) -> Any:
    import bm25s

    retriever = bm25s.BM25(k1=K1, b=b)
    retriever.index(bags, show_progress=False)
    return retriever


def seal(temporary: Path, folder: Path) -> None:
    """Add checksums of all files in a new folder and give it its name, unless another was faster."""
    files = sorted(path for path in temporary.rglob("*") if path.is_file())
    sums = {path.relative_to(temporary).as_posix(): _sha256(path) for path in files}
    (temporary / "checksums.json").write_text(json.dumps(sums))
    with suppress(OSError):
        temporary.rename(folder)
    shutil.rmtree(temporary, ignore_errors=True)


def is_whole(folder: Path) -> bool:
    """Whether every file of a sealed folder is there, bit for bit."""
    try:
        sums = json.loads((folder / "checksums.json").read_text())
        return all(_sha256(folder / name) == checksum for name, checksum in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def beside(folder: Path) -> Path:
    """A new folder next to `folder`, to be filled and then sealed."""
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    temporary.mkdir(parents=True)
    return temporary


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
