"""The corpus: what the docstrings of installed packages say, as documents of clean English prose.

Python source is read, never imported. What is written in C has its text only at run time and is read by
inspecting the standard library and numpy (and packages that the caller names) in a subprocess.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

from ..errors import CorpusError
from ..paths import cache_dir
from ..progress_bar import progress_bar
from .document import Document
from .packages import STDLIB, Distributions, Package, find_package

__all__ = ["DEFAULT_PACKAGES", "STDLIB", "Corpus", "Document", "build_corpus"]

DEFAULT_PACKAGES = (STDLIB, "numpy", "scipy", "matplotlib", "sklearn", "pandas", "torch", "transformers")
_INSPECTED = frozenset({STDLIB, "numpy"})
FORMAT = 3  # changes when the same packages give other documents; indexes made from them ask for it

COMPLETE_FORMAT = 1  # the same for complete=True

_log = logging.getLogger(__name__)


class Corpus(Sequence[Document]):
    """Documents in a fixed order: package by package, by name within each.

    Args:
        documents: what it holds.
        source: the folder that they were read from, if it is one; what is kept of them belongs to it.
    """

    def __init__(self, documents: Iterable[Document], source: str = "") -> None:
        self._documents, self.source = tuple(documents), source

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> Corpus: ...
    def __getitem__(self, index: int | slice) -> Document | Corpus:
        found = self._documents[index]
        return Corpus(found, self.source) if isinstance(index, slice) else found

    def __len__(self) -> int:
        return len(self._documents)

    def __iter__(self) -> Iterator[Document]:
        return iter(self._documents)

    def __repr__(self) -> str:
        return f"Corpus({len(self):,} documents from {', '.join(self.by_package()) or 'no package'})"

    def by_package(self) -> dict[str, Corpus]:
        """The documents of each package, packages in the corpus's order."""
        groups: dict[str, list[Document]] = {}
        for document in self:
            groups.setdefault(document.package, []).append(document)
        return {package: Corpus(group) for package, group in groups.items()}

    def statistics(self) -> dict[str, dict[str, int | str]]:
        """For each package: version, documents, paragraphs, words and characters of prose."""
        return {
            package: {
                "version": part[0].version,
                "documents": len(part),
                "paragraphs": sum(len(document.paragraphs) for document in part),
                "words": sum(len(text.split()) for document in part for text in document.paragraphs),
                "characters": sum(len(text) for document in part for text in document.paragraphs),
            }
            for package, part in self.by_package().items()
        }


def build_corpus(
    packages: Iterable[str] | str | None = None,
    *,
    include_private: bool = False,
    complete: bool = False,
    cache: Path | str | None = None,
    rebuild: bool = False,
    progress: bool = True,
    inspect: Iterable[str] = (),
) -> Corpus:
    """Reads the documentation of installed packages; a second call takes it from the cache.

    Args:
        packages: import names ("sklearn") or distribution names ("scikit-learn"), "stdlib" for the
            standard library. Default: those of `DEFAULT_PACKAGES` that are installed.
        include_private: also objects with a name that begins with an underscore or is no part of the
            package's public face.
        complete: also public objects without a docstring (their text is a comment, the names of their
            arguments, and what their owner says), values of modules such as ``sys.argv``, modules written in
            C, and inherited members under the class that is imported (``pandas.DataFrame.head``).
        cache: folder for the cache. Default: "corpus" in `albert_lab.paths.cache_dir()`.
        rebuild: read everything again.
        progress: show a progress bar on a terminal.
        inspect: packages that may be imported, in a subprocess, for texts that exist only at run time.
            The standard library and numpy always are.

    Raises:
        CorpusError: a package that was asked for by name is not installed, or inspecting one failed.
        OutputError: the cache folder cannot be written to.
    """
    wanted = [packages] if isinstance(packages, str) else list(packages or DEFAULT_PACKAGES)
    folder = Path(cache) if cache is not None else cache_dir() / "corpus"
    asked = [inspect] if isinstance(inspect, str) else list(inspect)
    found = _find(wanted, must_exist=packages is not None)
    inspected = _INSPECTED | {package.name for package in _find(asked, must_exist=True)}
    parts = [
        _documents(package, folder, include_private, complete, package.name in inspected, rebuild, progress)
        for package in found
    ]
    return Corpus(document for part in parts for document in part)


def _find(names: Iterable[str], must_exist: bool) -> list[Package]:
    found: dict[str, Package] = {}
    distributions = Distributions()
    for name in names:
        package = find_package(name, distributions)
        if package is not None:
            found.setdefault(package.name, package)
        elif must_exist:
            raise CorpusError(
                f"the package {name!r} is not installed in this Python.",
                expected="the import name or the distribution name of an installed package, or 'stdlib'",
                mend=f"install it (`pip install {name}`) or leave it out",
            )
        else:
            _log.info("%s is not installed and is left out of the corpus", name)
    return list(found.values())


def _documents(
    package: Package,
    folder: Path,
    include_private: bool,
    complete: bool,
    inspect: bool,
    rebuild: bool,
    progress: bool,
) -> list[Document]:
    """The documents of one package, from the cache or read anew."""
    from .cache import read_documents, write_documents
    from .collect import collect

    key = _key(package, include_private, inspect, complete)
    path = (
        folder / f"{package.name}-{package.version}-{hashlib.sha256(key.encode()).hexdigest()[:10]}.parquet"
    )
    known = None if rebuild else read_documents(path, key)
    if known is not None:
        return known
    show = None if progress else False
    with progress_bar(f"reading {package.name}", len(package.modules), show) as advance:
        documents = collect(
            package, include_private=include_private, complete=complete, inspect=inspect, advance=advance
        )
    write_documents(path, documents, key)
    return documents


def _key(package: Package, include_private: bool, inspect: bool, complete: bool) -> str:
    return json.dumps(
        ({"complete": COMPLETE_FORMAT} if complete else {})
        | {
            "format": FORMAT,
            "package": package.name,
            "version": package.version,
            "python": platform.python_version(),
            "files": package.fingerprint,
            "include_private": include_private,
            "inspect": inspect,
        },
        sort_keys=True,
    )
