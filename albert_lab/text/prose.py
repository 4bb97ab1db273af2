"""From a docstring to clean paragraphs of English.

A docstring mixes prose with doctests, code, tables, directives, section titles and markup of several
styles (reStructuredText, numpydoc, Google, Markdown). `paragraphs` keeps the prose: block by block here,
the markup inside a line in `albert_lab.text.markup`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

from .markup import is_prose, plain, sentences
from .signatures import split_signature

_KEPT_DIRECTIVES = frozenset(
    {"note", "warning", "tip", "important", "caution", "attention", "hint", "danger", "admonition"}
    | {"topic", "seealso"}
)
_DROPPED_SECTIONS = frozenset(
    {"see also", "seealso", "references", "reference", "methods", "bibliography", "external links"}
)
_HEADER = re.compile(
    r"(args?|arguments?|keyword[- ]?arg(ument)?s?|keywords|kwargs?|other parameters|param(eter)?s?|options|"
    r"returns?|return value|yields?|raises?|warns?|throws|exceptions|examples?|example usage|usage|notes?|"
    r"warnings?|attributes|properties|members|methods|"
    r"class attributes|instance attributes|shape|inputs?|outputs?|"
    r"references?|see also|todo|supported .{1,30}|constructor args|call args|variables|fields|tips?|"
    r"important)"
    r"\s*:{1,2}",
    re.IGNORECASE,
)
_UNDERLINE = re.compile(r"([-=~^\"'*+#`.:_])\1{2,}")
_SIMPLE_TABLE = re.compile(r"[=-]{2,}(\s+[=-]{2,})+")
_DIRECTIVE = re.compile(r"\.\.(\s+(?P<text>.*))?$")
_NAMED_DIRECTIVE = re.compile(r"(?P<name>[\w:+.-]+?)\s?::\s*(?P<rest>.*)$")
_FIELD = re.compile(r":(?P<name>[A-Za-z]+)(?P<of>\s+[^:`]+)?:(?!`)\s*(?P<rest>.*)$")
_DROPPED_FIELDS = frozenset(["type", "rtype", "vartype", "meta", "group", "nosearch", "orphan"])
_BULLET = re.compile(r"([-*+•–]|\(?\d{1,2}[.)]|\(?[a-zA-Z][)])\s+(?=\S)")
_PARAMETER = re.compile(r"[*`\\]*[A-Za-z_][\w.*`\\\[\]]*(\s*[,/|]\s*[*`\\]*[A-Za-z_][\w.*`\\]*)*\s*")
_TYPE_LINE = re.compile(_PARAMETER.pattern + r":(\s+|$)")
_TYPED_ITEM = re.compile(
    r"[*`\\]*[A-Za-z_][\w.*`\\\[\]]*\s*\((?P<type>.*?)\)\s*(:|--|-|–)(\s+(?P<rest>.*)|$)"
)
_NAMED_ITEM = re.compile(r"[*`\\\"']*[A-Za-z_][\w.*`\\\[\]\"']*\s*(:|--)\s+(?P<rest>\S.*)$")
_RETURN_TYPE = re.compile(
    r"`?[A-Za-z][\w.]*(\[[^:]*?\])?(\s?\|\s?[\w.\[\]]+)*(\s(of|or)\s[^:.]{1,60})?`?\s*:\s+(?P<rest>\S.*)$"
)


_ITEMS = re.compile(
    "arg|param|keyword|kwarg|other param|return|yield|raise|attrib|option|input|output|warns|key"
)


class Cleaned(NamedTuple):
    """What a docstring says: a call signature that it begins with, its first sentence, its paragraphs."""

    signature: str
    summary: str
    paragraphs: tuple[str, ...]


def clean(docstring: str) -> Cleaned:
    """Takes a docstring apart. There can be a summary without a paragraph: "device" is one, and no prose."""
    signature, body = split_signature(docstring)
    found = [plain(block) for block in _Blocks(body.splitlines()).read()]
    prose = tuple(text for text in found if is_prose(text))
    first = next((text for text in found if is_prose(text, minimum_words=1)), "")
    return Cleaned(signature, sentences(first)[0] if first else "", prose)


def paragraphs(docstring: str) -> tuple[str, ...]:
    """The prose of a docstring, one line per paragraph, in the docstring's order."""
    return clean(docstring).paragraphs


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


class _Blocks:
    """Walks over the lines of a docstring and yields its paragraphs, still with inline markup."""

    def __init__(self, lines: list[str], section: str = "") -> None:
        self.lines = [line.expandtabs().rstrip() for line in lines]
        self.at = 0
        self.section = section
        self.base: int | None = None  # indentation of a numpydoc section's items; None in other sections
        self.buffer: list[str] = []
        self.indent = 0  # of the first line in the buffer
        self.may_be_term = False  # whether that line stands alone: no bullet, no description after a name

    def read(self) -> Iterator[str]:
        while self.at < len(self.lines):
            yield from self._step(self.lines[self.at])
        yield from self._flush()

    def _flush(self) -> Iterator[str]:
        lines, self.buffer = self.buffer, []
        if lines and self.section not in _DROPPED_SECTIONS:
            yield " ".join(lines)

    def _step(self, line: str) -> Iterator[str]:
        text = line.strip()
        if not text:
            yield from self._flush()
            self.at += 1
        elif self._is_title():
            yield from self._flush()
            self._skip_title()
        elif self._starts_dropped(text):
            yield from self._flush()
            self._skip(text)
        elif directive := _DIRECTIVE.match(text):
            yield from self._flush()
            yield from self._directive(directive["text"] or "")
        elif _HEADER.fullmatch(text):
            yield from self._flush()
            self.section, self.base = text.rstrip(": ").lower(), None
            self.at += 1
            if text.endswith("::") and not self._prose_follows():
                self._skip_deeper(_indent(line))
        else:
            yield from self._text(line, text)

    # -- blocks that are not prose

    def _is_title(self) -> bool:
        lines, at = self.lines, self.at
        title = lines[at].strip()
        if _UNDERLINE.fullmatch(title):
            return True
        if at + 1 >= len(lines):
            return False
        under = lines[at + 1].strip()
        return bool(_UNDERLINE.fullmatch(under)) and len(under) * 2 > len(title) and len(title) < 80

    def _skip_title(self) -> None:
        if _UNDERLINE.fullmatch(self.lines[self.at].strip()):
            self.at += 1
        else:
            self.section = self.lines[self.at].strip().rstrip(":").lower()
            self.base = _indent(self.lines[self.at])
            self.at += 2

    @staticmethod
    def _starts_dropped(text: str) -> bool:
        return bool(
            text.startswith((">>>", "```", "~~~", "In [", "$ ", "|", "+-", "+=", "![", "[[autodoc", "@"))
            or _SIMPLE_TABLE.fullmatch(text)
            or text == "::"
        )

    def _skip(self, text: str) -> None:
        lines, start = self.lines, self.at
        self.at += 1
        if text.startswith(("```", "~~~")):
            while self.at < len(lines) and not lines[self.at].strip().startswith(text[:3]):
                self.at += 1
            self.at += 1
        elif text.startswith((">>>", "In [")):
            while self.at < len(lines) and lines[self.at].strip():
                self.at += 1
        elif _SIMPLE_TABLE.fullmatch(text):
            self._skip_table(start)
        elif text == "::":
            self._skip_deeper(_indent(lines[start]))

    def _skip_table(self, start: int) -> None:
        """A simple table ends with a border that an empty line, or nothing, follows."""
        lines = [*self.lines, ""]
        for end in range(start + 1, len(self.lines)):
            if _SIMPLE_TABLE.fullmatch(lines[end].strip()) and not lines[end + 1].strip():
                self.at = end + 1
                return
        while self.at < len(self.lines) and self.lines[self.at].strip():
            self.at += 1

    def _body(self, indent: int) -> list[str]:
        """Takes the lines, from here on, that are empty or deeper than `indent`."""
        start = self.at
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and _indent(line) <= indent:
                break
            self.at += 1
        return self.lines[start : self.at]

    def _skip_deeper(self, indent: int) -> None:
        self._body(indent)

    def _prose_follows(self) -> bool:
        """Whether what stands under a header such as "Note::" is text and no example."""
        return self.section in {"note", "notes", "warning", "warnings", "args", "arguments", "returns"}

    def _directive(self, text: str) -> Iterator[str]:
        indent = _indent(self.lines[self.at])
        self.at += 1
        body = self._body(indent)
        named = _NAMED_DIRECTIVE.match(text)
        if named and named["name"].lower() in _KEPT_DIRECTIVES:
            first = [named["rest"], ""] if named["name"] in ("admonition", "topic") else [named["rest"]]
            inner = inspect.cleandoc("\n".join(["", *body]))
            yield from _Blocks([*first, *inner.splitlines()], self.section).read()

    # -- prose

    def _text(self, line: str, text: str) -> Iterator[str]:
        indent = _indent(line)
        if field := _FIELD.match(text):
            yield from self._flush()
            self.at += 1
            body = [part.strip() for part in self._body(indent)]
            if field["name"].lower() not in _DROPPED_FIELDS:
                yield from _Blocks([field["rest"], *body]).read()
            return
        if self.buffer and self._term_ends(indent):
            self.buffer = []
        if self.buffer and indent < self.indent:
            yield from self._flush()
        if bullet := _BULLET.match(text):
            yield from self._flush()
            text, indent = text[bullet.end() :], indent + bullet.end()
        plain_line = not bullet
        if not self.buffer or indent <= self.indent:
            rest = self._after_parameter(text)
            if rest is not None:
                yield from self._flush()
                text, plain_line = rest, False
        self.at += 1
        if not self.buffer:
            self.indent, self.may_be_term = indent, plain_line
        if text.endswith("::"):
            text = text[:-1]
            self.buffer.append(text)
            yield from self._flush()
            self._skip_deeper(_indent(line))
        elif text:
            self.buffer.append(text)

    def _term_ends(self, indent: int) -> bool:
        """A short first line over deeper lines is the term of a definition (or "name : type"), no prose."""
        term = self.buffer[0]
        if not self.may_be_term or len(self.buffer) != 1 or indent < self.indent + 2:
            return False
        return bool(_TYPE_LINE.match(term)) or (len(term.split()) <= 4 and not term.endswith((".", ",", ":")))

    def _after_parameter(self, text: str) -> str | None:
        """The description in "name (type): description" or "name : type"; None for plain prose."""
        if item := _TYPED_ITEM.match(text):
            return item["rest"] or ""
        line = self.lines[self.at]
        deeper = self._next_is_deeper(line)
        if self._in_items() and _indent(line) == self.base:
            named = " : " in text or (len(text.split()) < 8 and not text.endswith("."))
            return "" if deeper or named else None
        if deeper and (_TYPE_LINE.match(text) and " : " in text):
            return ""
        if self._in_items() and (item := _NAMED_ITEM.match(text) or _RETURN_TYPE.match(text)):
            return item["rest"]
        return None

    def _in_items(self) -> bool:
        return bool(_ITEMS.match(self.section))

    def _next_is_deeper(self, line: str) -> bool:
        following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        return bool(following.strip()) and _indent(following) > _indent(line)
