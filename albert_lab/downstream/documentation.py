"""Which package a paragraph of documentation comes from: labels that cost nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from albert_lab.downstream.data import Splits, split
from albert_lab.downstream.labelled import LabelledText
from albert_lab.text.corpus import Corpus, Document, build_corpus

_SHORTEST = 8  # words
# Names that would give the answer away, beside those of the packages themselves.
_ALSO_CALLED = ("scikit", "pyplot", "mpl", "np", "pd", "plt", "pytorch", "hugging", "huggingface", "python")
_WORDS = re.compile(r"[a-z0-9]+")


def topics(
    corpus: Corpus | None = None, *, per_package: int = 800, packages: Sequence[str] | None = None
) -> Splits[LabelledText]:
    """Paragraphs and their package, equally many of each as far as there are; see `topics_of`.

    Args:
        corpus: documents; None reads those of `packages` on this machine (None = the default set).
        per_package: paragraphs of a package, at most.
    """
    corpus = build_corpus(packages, progress=False) if corpus is None else corpus
    versions = ", ".join(f"{name} {part[0].version}" for name, part in corpus.by_package().items())
    examples = topics_of(corpus, per_package)
    return split(examples, lambda example: example.group, f"Paragraphs of the documentation of {versions}.")


def topics_of(documents: Iterable[Document], per_package: int) -> list[LabelledText]:
    """Paragraphs of eight words or more, each once, that name no package of the set.

    The members of one class, or of one module below the top, share words, so they are one group. A
    paragraph that stands in two packages is left out.
    """
    documents = list(documents)
    names = {name for document in documents for name in _WORDS.findall(document.package.lower())}
    telling = names | set(_ALSO_CALLED)
    found: dict[str, LabelledText | None] = {}
    for document in documents:
        for paragraph in document.paragraphs:
            words = _WORDS.findall(paragraph.lower())
            if len(words) < _SHORTEST or telling & set(words):
                continue
            key, example = " ".join(words), LabelledText(paragraph, document.package, group_of(document))
            known = found.setdefault(key, example)
            if known is not None and known.label != example.label:
                found[key] = None
    by_package: dict[str, list[LabelledText]] = {}
    for example in sorted(filter(None, found.values()), key=lambda each: _drawn(each.text)):
        by_package.setdefault(example.label, []).append(example)
    return [example for name in sorted(by_package) for example in by_package[name][:per_package]]


def group_of(document: Document) -> str:
    """The class or the module below the top that a document belongs to; its own name where there is none."""
    parent = document.name.rpartition(".")[0]
    return parent if "." in parent or (document.package == "stdlib" and parent) else document.name


def _drawn(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
