"""Questions about parameters, whose answers stand in numpydoc's sections: ``axis : int, default=0``."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from albert_lab.downstream.data import Splits, split
from albert_lab.downstream.documentation import group_of
from albert_lab.downstream.labelled import Question, Span
from albert_lab.text.corpus import Corpus, Document, build_corpus
from albert_lab.text.markup import plain, sentences

PACKAGES = ("numpy", "scipy", "sklearn", "pandas")  # those that write numpydoc
_SECTION = re.compile(r"^(?:Other )?Parameters\n-{5,}\n(.*?)(?=^\S[^\n]*\n-{3,}\n|\Z)", re.M | re.S)
_ENTRY = re.compile(r"^(\w+) : ([^\n]+)\n((?:[ ]+[^\n]*\n|\n)+)", re.M)
_DEFAULT = re.compile(
    r"[,.;]?\s*\(?\bdefault(?:s to|:|=| is| value is)?\s*['\"]?(?P<value>-?[\w.\-]*\w)['\"]?\)?"
)
_ASKED = {
    "type": ("What type is {}?", "Which type does {} have?", "What kind of value does {} take?"),
    "default": (
        "What is the default of {}?",
        "Which value does {} have by default?",
        "What does {} default to?",
    ),
    "meaning": ("What is {} for?", "What does {} mean?", "What does the parameter {} do?"),
}
_LONGEST, _TOGETHER = 40, 3  # words of a description; parameters in a context


class Parameter(NamedTuple):
    """What a docstring says of a parameter: "" where it does not say it."""

    name: str
    type: str
    default: str
    meaning: str

    @property
    def text(self) -> str:
        """As one line of a context."""
        told = f", default {self.default}" if self.default else ""
        return f"{self.name}: {self.type}{told}. {self.meaning}"


def parameters(corpus: Corpus | None = None, *, most: int = 3000) -> Splits[Question]:
    """Questions about numpydoc parameters, at most so many; a third has no answer.

    Args:
        corpus: documents; None reads numpy, scipy, scikit-learn and pandas, those that are installed.
    """
    corpus = _installed() if corpus is None else corpus
    versions = ", ".join(f"{name} {part[0].version}" for name, part in corpus.by_package().items())
    found = list(dict.fromkeys(questions_of(corpus)))
    random.Random(0).shuffle(found)
    origin = f"Parameter sections of {versions}, in the order name, type, default, first sentence."
    return split(found[:most], lambda example: example.group, origin)


def _installed() -> Corpus:
    whole = build_corpus(progress=False)
    return Corpus(document for document in whole if document.package in PACKAGES)


def questions_of(documents: Iterable[Document]) -> Iterator[Question]:
    """A question about each parameter that stands with one or two others of its docstring."""
    seen: set[tuple[Parameter, ...]] = set()
    for document in documents:
        known = list(parameters_of(document.raw))
        for first in range(0, len(known), _TOGETHER):
            group = tuple(known[first : first + _TOGETHER])
            if len(group) > 1 and group not in seen:
                seen.add(group)
                yield from _about(group, known, group_of(document))


def parameters_of(raw: str) -> Iterator[Parameter]:
    """The parameters of a docstring of which type and meaning are told."""
    for section in _SECTION.finditer(raw):
        for name, kind, body in _ENTRY.findall(section[1] + "\n"):
            told = _DEFAULT.search(kind)
            kind = _DEFAULT.sub("", kind) if told else kind
            kind = plain(re.sub(r",?\s*\(?optional\)?", "", kind)).strip(" ,")
            text = sentences(plain(body.split("\n\n")[0]))
            meaning = text[0].rstrip(".") if text else ""
            if 3 <= len(meaning.split()) <= _LONGEST and kind and len(kind.split()) <= 8:
                yield Parameter(name, kind, told["value"] if told else "", meaning)


def _about(group: Sequence[Parameter], known: Sequence[Parameter], place: str) -> Iterator[Question]:
    rng = random.Random(f"{place} {group[0].name} {group[0].meaning}")
    starts, context = [], ""
    for each in group:
        context += ". " if context else ""
        starts.append(len(context))
        context += each.text
    for start, each in zip(starts, group, strict=True):
        what = rng.choice(tuple(_ASKED))
        value = getattr(each, what)
        at = context.find(value, start + len(each.name) + 1 if what != "meaning" else start) if value else -1
        if what == "default" and value:
            at = context.find(f"default {value}", start) + len("default ")
        if what == "meaning":
            at = start + each.text.rindex(each.meaning)
        answer = (Span(at, at + len(value), ""),) if value else ()
        yield Question(rng.choice(_ASKED[what]).format(each.name), context, answer, place)
    absent = [each.name for each in known if each.name not in {one.name for one in group}]
    if absent:  # a parameter that this context does not tell of
        yield Question(
            rng.choice(_ASKED[rng.choice(tuple(_ASKED))]).format(rng.choice(absent)), context, (), place
        )
