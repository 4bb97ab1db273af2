"""What the names in documentation are: classes, functions, modules, …, with labels from their markup.

A role says what its name is (``:class:`Path```). A name in backticks alone is looked up: a parameter of the
call that is documented, or an object of the corpus. The markup itself is no part of the text that is tagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from albert_lab.downstream.data import Splits, split
from albert_lab.downstream.documentation import group_of
from albert_lab.downstream.labelled import Span, TaggedText
from albert_lab.text.corpus import Corpus, Document, build_corpus
from albert_lab.text.markup import is_prose, plain, sentences

ENTITIES = ("class", "constant", "exception", "function", "module", "parameter")
_MARKED = re.compile(
    r":(?:py:)?(?P<role>[a-z]+):`(?P<text>[^`]+)`|``(?P<double>[^`]+)``|(?<![`\w:])`(?P<single>[^`]+)`_{0,2}"
)
_ROLES = {
    **{"class": "class", "func": "function", "meth": "function", "function": "function"},
    **{"mod": "module", "exc": "exception", "const": "constant", "data": "constant"},
}
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+|True|False|None|NotImplemented|Ellipsis")
_EXCEPTION = re.compile(r"[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit)|StopIteration")
_RARE = ("exception", "module")
_PARAMETER = re.compile(r"[(,]\s*\*{0,2}([A-Za-z_]\w*)")
_LEFT_OVER = re.compile(r"-{3,}|={3,}|\.\. |\s:\s|^\S+: |^\W|[{}]")  # of layout that is no sentence
_HELD = "⟦{}⟧"  # stands for a marked name while the rest of the text is cleaned
_HELD_ONE = re.compile(r"⟦(\d+)⟧")
_LONGEST = 40  # words


def entities(
    corpus: Corpus | None = None, *, most: int = 4000, packages: Sequence[str] | None = None
) -> Splits[TaggedText]:
    """Sentences of documentation with their names labelled, at most so many.

    Args:
        corpus: documents; None reads those of `packages` on this machine (None = the default set).
    """
    corpus = build_corpus(packages, progress=False) if corpus is None else corpus
    versions = ", ".join(f"{name} {part[0].version}" for name, part in corpus.by_package().items())
    examples = list({each.text: each for each in entities_of(corpus)}.values())
    origin = f"Sentences of the documentation of {versions}; labels from its markup."
    return split(_chosen(examples, most), lambda example: example.group, origin)


def _chosen(examples: list[TaggedText], most: int) -> list[TaggedText]:
    """All with a name of a rare kind, then others, spread evenly, until there are `most`."""
    rare = [each for each in examples if any(span.label in _RARE for span in each.spans)][:most]
    others = [each for each in examples if not any(span.label in _RARE for span in each.spans)]
    step = max(1, len(others) // max(1, most - len(rare)))
    return [*rare, *others[::step][: most - len(rare)]]


def entities_of(documents: Iterable[Document]) -> Iterator[TaggedText]:
    """Every sentence with a marked name, if it is known what each marked name in it is."""
    documents = list(documents)
    kinds = _kinds(documents)
    for document in documents:
        parameters = set(_PARAMETER.findall(document.signature))
        for paragraph in re.split(r"\n\s*\n", document.raw):
            if ">>>" in paragraph or "`" not in paragraph:
                continue
            names: list[tuple[str, str]] = []

            def hold(
                match: re.Match[str], names: list[tuple[str, str]] = names, known: set[str] = parameters
            ) -> str:
                names.append(_named(match, known, kinds))
                return _HELD.format(len(names) - 1)

            cleaned = plain(_MARKED.sub(hold, paragraph))
            for sentence in sentences(cleaned):
                example = _tagged(sentence, names, group_of(document))
                if example is not None:
                    yield example


def _tagged(sentence: str, names: Sequence[tuple[str, str]], group: str) -> TaggedText | None:
    """The sentence with its names put back; None where one is not known, or stands there unmarked too."""
    text, spans, last = "", [], 0
    for match in _HELD_ONE.finditer(sentence):
        name, kind = names[int(match[1])]
        if not kind:
            return None
        text += sentence[last : match.start()]
        spans.append(Span(len(text), len(text) + len(name), kind))
        text, last = text + name, match.end()
    text += sentence[last:]
    marked = {text[span.start : span.stop] for span in spans}
    words = re.findall(r"[\w.]*\w", _HELD_ONE.sub(" ", sentence))
    if not spans or marked & set(words) or len(text.split()) > _LONGEST:
        return None
    if _LEFT_OVER.search(text) or not is_prose(text):
        return None
    return TaggedText(text, tuple(spans), group)


def _named(match: re.Match[str], parameters: set[str], kinds: Mapping[str, str]) -> tuple[str, str]:
    """A marked name as it stands in the text, and what it is ("" where that is not known)."""
    text = match["text"] or match["double"] or match["single"]
    if target := re.fullmatch(r"(.+?)\s*<[^<>]*>", text, re.DOTALL):
        text = target[1]
    shown = text.strip().lstrip("!.")
    if shown.startswith("~"):
        shown = shown.rsplit(".", 1)[-1].lstrip("~")
    called = shown.endswith("()")
    shown = shown.removesuffix("()")
    if not _IDENTIFIER.fullmatch(shown):
        return shown, ""
    last = shown.rpartition(".")[2]
    if match["role"]:
        kind = _ROLES.get(match["role"], "")
        return shown, "exception" if kind == "class" and _EXCEPTION.fullmatch(last) else kind
    if shown in parameters:
        return shown, "parameter"
    if _CONSTANT.fullmatch(last):
        return shown, "constant"
    if _EXCEPTION.fullmatch(last):
        return shown, "exception"
    return shown, "function" if called else kinds.get(shown, "")


def _kinds(documents: Iterable[Document]) -> dict[str, str]:
    """What each object's name, and the last part of it, stands for; left out where that is ambiguous."""
    found: dict[str, set[str]] = {}
    for document in documents:
        kind = {"method": "function"}.get(document.kind, document.kind)
        last = document.name.rpartition(".")[2]
        for name in (document.name, last) if kind != "module" else (document.name,):
            found.setdefault(name, set()).add(kind if kind in ENTITIES else "")
    return {name: next(iter(each)) for name, each in found.items() if len(each) == 1}
