"""Who does what in an imperative sentence: action, object, source, destination, condition.

Trained on sentences that a grammar makes, tested on summary lines of the standard library, labelled by hand.
A role's span is the phrase without its preposition ("from **the archive**"); a condition has its conjunction
("**if it exists**"); the destination is where something goes, or what it becomes.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from albert_lab.downstream.data import Splits
from albert_lab.downstream.labelled import Span, TaggedText
from albert_lab.text.corpus import build_corpus
from albert_lab.text.document import Document

ROLES = ("action", "object", "source", "destination", "condition")
_FILE = Path(__file__).with_name("imperatives.txt")
_TRAINING, _DEVELOPMENT = 1600, 200
_ROLE_OF = {role[0].upper(): role for role in ROLES}
_SENTENCE_SIGNS = ".,;:"


def roles() -> Splits[TaggedText]:
    """Made sentences to train on and to stop by, real ones as the test side."""
    made = list(dict.fromkeys(sentence(number) for number in range(_TRAINING + _DEVELOPMENT)))
    cut = len(made) - _DEVELOPMENT
    test = list(labelled_summaries(build_corpus("stdlib", progress=False)))
    origin = "Sentences made by a grammar; as test, summary lines of the standard library labelled by hand."
    return Splits(made[:cut], made[cut:], test, origin)


def labelled_summaries(documents: Iterable[Document]) -> Iterator[TaggedText]:
    """The labelled summary lines of these documents, those whose text is the one that was labelled.

    Of each line the file holds the object's name, a hash of the line, and the role of some words by number.
    """
    of = {document.name: document.summary for document in documents}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, told, *marks = line.split()
        text = of.get(name, "")
        if checksum(text) == told:
            yield TaggedText(text, tuple(_spans(text, marks)), name)


def checksum(text: str) -> str:
    """Eight characters that tell whether a line is still the one that was labelled."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _spans(text: str, marks: Iterable[str]) -> Iterator[Span]:
    words = [match.span() for match in re.finditer(r"\S+", text)]
    for mark in marks:
        first, _, last = mark[1:].partition("-")
        start, stop = words[int(first)][0], words[int(last or first)][1]
        stop = start + len(text[start:stop].rstrip(_SENTENCE_SIGNS))
        yield Span(start, stop, _ROLE_OF[mark[0]])


_DETERMINERS = ("the", "a", "a", "this", "the given", "the specified", "all", "each", "the current", "", "")
_ADJECTIVES = [
    "new",
    "old",
    "first",
    "last",
    "next",
    "empty",
    "binary",
    "raw",
    "open",
    "sorted",
    "optional",
    "default",
    "internal",
    "remote",
    "local",
    "temporary",
    "compressed",
    "packed",
    "nested",
    "unique",
    "random",
    "string",
    "numeric",
    "XML",
    "hexadecimal",
    "extended",
    "32-bit",
    "URL-safe",
    "read-only",
]
_NOUNS = [
    "file",
    "directory",
    "string",
    "list",
    "array",
    "value",
    "name",
    "key",
    "item",
    "element",
    "index",
    "path",
    "line",
    "character",
    "byte",
    "bytes",
    "object",
    "module",
    "function",
    "class",
    "argument",
    "parameter",
    "option",
    "header",
    "message",
    "request",
    "response",
    "socket",
    "connection",
    "thread",
    "process",
    "queue",
    "lock",
    "event",
    "handler",
    "timer",
    "color",
    "window",
    "widget",
    "cell",
    "row",
    "column",
    "table",
    "record",
    "database",
    "cursor",
    "archive",
    "member",
    "buffer",
    "stream",
    "pipe",
    "signal",
    "code",
    "frame",
    "variable",
    "dictionary",
    "mapping",
    "set",
    "tuple",
    "sequence",
    "iterator",
    "pair",
    "number",
    "integer",
    "date",
    "time",
    "zone",
    "locale",
    "encoding",
    "format",
    "pattern",
    "match",
    "group",
    "token",
    "tree",
    "node",
    "attribute",
    "tag",
    "document",
    "test",
    "suite",
    "result",
    "error",
    "warning",
    "log",
    "entry",
    "job",
    "cookie",
    "link",
    "permission",
    "owner",
    "user",
    "password",
    "digest",
    "hash",
    "certificate",
    "address",
    "port",
    "host",
    "protocol",
    "packet",
    "sample",
    "image",
    "font",
    "text",
    "label",
    "menu",
    "title",
    "data",
    "content",
]
_NAMES = [
    "src",
    "dst",
    "fd",
    "key",
    "name",
    "value",
    "path",
    "x",
    "self",
    "obj",
    "fp",
    "filename",
    "NAME",
    "index",
    "n",
    "data",
    "other",
    "sys.path",
    "args",
]
_OF = ("of the {n}", "of {n} objects", "of all {n}s", "in the {n}", "with the given {n}", "used by the {n}")
_MOVES = [
    "Copy",
    "Move",
    "Send",
    "Write",
    "Transfer",
    "Add",
    "Append",
    "Insert",
    "Convert",
    "Extract",
    "Load",
    "Read",
    "Receive",
    "Remove",
    "Decode",
    "Encode",
    "Save",
    "Store",
    "Parse",
    "Print",
    "Put",
    "Import",
    "Translate",
    "Map",
    "Push",
    "Upload",
    "Set",
    "Change",
    "Turn",
    "Split",
    "Join",
]
_FROMS = [
    "Read",
    "Remove",
    "Delete",
    "Get",
    "Load",
    "Receive",
    "Extract",
    "Pop",
    "Fetch",
    "Copy",
    "Create",
    "Build",
    "Make",
    "Parse",
    "Drop",
    "Take",
]
_PLAIN = [
    "Return",
    "Create",
    "Delete",
    "Open",
    "Close",
    "Run",
    "Call",
    "Start",
    "Stop",
    "Check",
    "Compute",
    "Register",
    "Get",
    "Set",
    "Find",
    "Print",
    "Compile",
    "Make",
    "Show",
    "Test",
    "Clear",
    "Update",
    "Replace",
    "Define",
    "List",
    "Count",
    "Sort",
    "Reverse",
    "Register",
    "Build",
    "Select",
    "Initialize",
    "Flush",
]
_TO = ("to", "into", "to", "as", "onto", "in")
_CLAUSES = (
    "if {n} is {a}", "if {n} exists", "if it is {a}", "when {n} has been closed", "until {n} is available",
    "unless {n} is given", "while {n} is {a}", "if available", "until EOF", "if there is no {n}",
    "when the {n} ends", "if {x} is a {n}", "until one of {n}s is ready", "if {x} is {a}; otherwise",
)  # fmt: skip
_ENDS = (".", ".", ".", "", " using the {n}.", " with {n}.", ", as {n}.", " by {n}.", " without {n}.")


def sentence(number: int) -> TaggedText:
    """A sentence that the grammar makes, the same for the same number."""
    rng, text, spans = random.Random(number), "", []

    def say(words: str, role: str = "") -> None:
        nonlocal text
        text += " " if text else ""
        if role:
            spans.append(Span(len(text), len(text) + len(words), role))
        text += words

    shape = rng.random()
    if shape < 0.35:
        say(rng.choice(_MOVES), "action")
        if rng.random() < 0.9:
            say(_thing(rng), "object")
        ends = [("from", "source"), (rng.choice(_TO), "destination")]
        for preposition, role in ends if rng.random() < 0.5 else ends[1:]:
            say(preposition)
            say(_thing(rng), role)
    elif shape < 0.6:
        say(rng.choice(_FROMS), "action")
        if rng.random() < 0.35:
            say("and")
            say("return", "action")
        say(_thing(rng), "object")
        say("from")
        say(_thing(rng), "source")
    else:
        say(rng.choice(_PLAIN), "action")
        say(_thing(rng), "object")
    if rng.random() < 0.3:
        say(_filled(rng, rng.choice(_CLAUSES)), "condition")
    elif rng.random() < 0.15:
        say("and")
        say(rng.choice(_PLAIN).lower(), "action")
        say(_thing(rng), "object")
    return TaggedText(text + _filled(rng, rng.choice(_ENDS)), tuple(spans))


def _thing(rng: random.Random) -> str:
    """A noun phrase, or a bare name."""
    if rng.random() < 0.2:
        return rng.choice([*_NAMES, "True", "None", repr(rng.choice(_NAMES))])
    words = [rng.choice(_DETERMINERS)]
    words += rng.sample(_ADJECTIVES, rng.choice((0, 0, 1, 1, 2)))
    words += rng.sample(_NOUNS, rng.choice((1, 1, 2)))
    if rng.random() < 0.3:
        words.append(_filled(rng, rng.choice(_OF)))
    return _with_an(" ".join(filter(None, words)))


def _filled(rng: random.Random, pattern: str) -> str:
    noun = " ".join(filter(None, (rng.choice(("the", "a", "")), rng.choice(_NOUNS))))
    noun = rng.choice(_NOUNS) if "the {n}" in pattern or "{n}s" in pattern or "a {n}" in pattern else noun
    return _with_an(pattern.format(n=noun, a=rng.choice(_ADJECTIVES), x=rng.choice(_NAMES)))


def _with_an(words: str) -> str:
    return re.sub(r"\b([Aa]) (?=[aeioAEIO]|u[nps])", r"\1n ", words)
