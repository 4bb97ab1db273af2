"""How much objects are used in installed sources, and what stands written beside their calls.

Of all that could be found, people mostly want what people mostly use. Everything here is read from the
sources on this machine when an index is built, is kept in its cache, and goes nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from albert_lab.paths import atomic_write
from albert_lab.progress_bar import progress_bar
from albert_lab.text.corpus import DEFAULT_PACKAGES
from albert_lab.text.packages import STDLIB, Package, find_package
from albert_lab.text.readers import read_files

if TYPE_CHECKING:
    from albert_lab.text.corpus import Corpus
    from albert_lab.text.document import Document

SOURCES = (STDLIB, "numpy", "scipy", "matplotlib", "sklearn", "pandas")  # they show how the others are used
_FORMAT = 1
_READ_USE = "albert_lab.retrieval.mining:read_use"
_MOST_COMMENTS = 100  # kept for one object; more than that say no more
_CALLED_AT_ONCE = 6  # a comment above a statement that calls more objects is about none of them
_BY_CLASS = 0.05  # what a use of a class is worth for its methods, against a use of the method itself


@dataclass
class Usage:
    """What the files of one package use.

    Attributes:
        used: how many files use a name, their own module's names not counted.
        methods: how many files call a method of that name on an object of an unknown class.
        comments: what stands beside the calls of a name, or of ".method".
    """

    used: dict[str, int] = field(default_factory=dict)
    methods: dict[str, int] = field(default_factory=dict)
    comments: dict[str, list[str]] = field(default_factory=dict)


def sources_of(packages: Sequence[Package]) -> list[Package]:
    """The packages whose files tell how these are used: themselves, and those that use them most."""
    more = SOURCES if any(package.name in DEFAULT_PACKAGES for package in packages) else ()
    found = {package.name: package for package in packages}
    for name in more:
        if name not in found and (package := find_package(name)) is not None:
            found[name] = package
    return [found[name] for name in sorted(found)]


def read_usage(package: Package, folder: Path, *, progress: bool | None = False) -> Usage:
    """What the files of a package use, from the cache in `folder` or read now.

    Raises:
        CorpusError: reading failed.
        OutputError: the cache cannot be written.
    """
    known_by = json.dumps([_FORMAT, package.version, package.fingerprint])
    path = folder / f"usage-{package.name}-{hashlib.sha256(known_by.encode()).hexdigest()[:12]}.json"
    with suppress(OSError, ValueError, TypeError):  # there is none, or a damaged one
        return Usage(**json.loads(path.read_text(encoding="utf-8")))
    with progress_bar(f"reading how {package.name} uses others", len(package.modules), progress) as advance:
        usage = summed(read_files(package.modules, _READ_USE, advance=advance).values())
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(asdict(usage)), encoding="utf-8")
    for older in set(folder.glob(f"usage-{package.name}-*.json")) - {path}:
        with suppress(OSError):
            older.unlink()
    return usage


def summed(files: Iterable[dict]) -> Usage:
    """The use of many files, each the fields of a `FileUse`."""
    used, methods, comments = Counter(), Counter(), defaultdict(list)
    for file in files:
        own = f"{file['name']}."
        used.update(name for name in file.get("used", ()) if not name.startswith(own))
        methods.update(file.get("methods", ()))
        for text, called in file.get("comments", ()):
            for name in called if len(called) <= _CALLED_AT_ONCE else ():
                comments[name].append(text)
    return Usage(dict(used), dict(methods), {name: _some(texts) for name, texts in comments.items()})


def _some(texts: list[str]) -> list[str]:
    return texts[:: -(-len(texts) // _MOST_COMMENTS)]


def usage_of(corpus: Corpus, folder: Path, *, progress: bool | None = False) -> UsageOf:
    """The use of a corpus's objects in the sources of its packages, and of those that use these most.

    Raises:
        CorpusError, OutputError: as `read_usage`.
    """
    packages = [found for name in corpus.by_package() if (found := find_package(name)) is not None]
    return UsageOf(corpus, [read_usage(each, folder, progress=progress) for each in sources_of(packages)])


def use_of(counts: Sequence[float]) -> np.ndarray:
    """log(1 + files that use an object), 0 to 1 (that of the most used): (n,) float32."""
    logs = np.log1p(np.asarray(counts, dtype=np.float64))
    return (logs / max(float(logs.max(initial=0)), 1e-9)).astype(np.float32)


class UsageOf:
    """The use of documented objects, gathered from that of packages.

    A name that is no documented object stands for the only one of its package with the same last part. Files
    that call a method of an unknown class count for all classes with such a method, in the proportion in
    which the known uses are spread.

    Args:
        documents: the objects.
        usages: what packages use.

    Attributes:
        counts: files that use an object, by its name; 0 is left out.
        comments: what stands beside its calls, at most so many that more would say no more.
    """

    def __init__(self, documents: Sequence[Document], usages: Iterable[Usage]) -> None:
        self._kinds = {document.name: document.kind for document in documents}
        self._by_last: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._methods: dict[str, list[str]] = defaultdict(list)
        for document in documents:
            owner, _, last = document.name.rpartition(".")
            self._by_last[document.name.partition(".")[0], last].append(document.name)
            if owner and document.kind in ("method", "attribute", "function"):
                self._methods[last].append(document.name)
        used, methods, comments = Counter(), Counter(), defaultdict(list)
        for usage in usages:
            for name, count in usage.used.items():
                used[self._object(name)] += count
            methods.update(usage.methods)
            for name, texts in usage.comments.items():
                comments[name] += texts
        self.counts = self._counts(used, methods)
        self.comments: dict[str, list[str]] = defaultdict(list)
        for name, texts in comments.items():
            if found := self._most_used(name[1:]) if name.startswith(".") else self._object(name):
                self.comments[found] += texts
        self.comments = {name: _some(texts) for name, texts in self.comments.items()}

    def _object(self, name: str) -> str:
        """The documented object that a name in a source stands for; "" for none. A module is no use."""
        if name in self._kinds:
            return name if self._kinds[name] != "module" else ""
        alike = self._by_last.get((name.partition(".")[0], name.rpartition(".")[2]), ())
        return alike[0] if len(alike) == 1 and self._kinds[alike[0]] in ("class", "function") else ""

    def _counts(self, used: Counter[str], methods: Counter[str]) -> dict[str, float]:
        counts = {name: float(count) for name, count in used.items() if name}
        for method, count in methods.items():
            shares = {
                name: used[name] + _BY_CLASS * used[name.rpartition(".")[0]]
                for name in self._methods.get(method, ())
            }
            total = sum(shares.values())
            for name, share in shares.items():
                if share:
                    counts[name] = counts.get(name, 0.0) + count * share / total
        return counts

    def _most_used(self, method: str) -> str:
        found = max(self._methods.get(method, ()), key=lambda name: self.counts.get(name, 0.0), default="")
        return found if self.counts.get(found) else ""
