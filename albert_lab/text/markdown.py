"""Markdown as text: its sections and their paragraphs, with the words as they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from albert_lab.text.splits import one_line

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
# What would take away words: an escape its backslash (C:\_data), HTML its tags (user@<host>), a definition
# its address ([vpn]: https://...).
_KEEPS_ALL = ("escape", "entity", "reference")


class Section(NamedTuple):
    """A heading ("" before the first one) and the paragraphs below it, one line each."""

    heading: str
    paragraphs: tuple[str, ...]


def sections(text: str) -> list[Section]:
    """The sections of a Markdown text, in its order.

    Emphasis, code marks and the signs of headings and bullets are left out; everything that a person wrote as
    a word is kept: addresses of links stand after their text, a backslash, an underscore, a dollar sign or
    braces stay, and code blocks and what looks like HTML are text. What stands between two lines of ``---``
    at the very beginning is text too, and not a heading.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text)
    before = tuple(_lines(front[1])) if front else ()
    found = [Section("", before)]
    for is_heading, words in _blocks(_parser().parse(text[front.end() :] if front else text)):
        if is_heading:
            found.append(Section(words, ()))
        elif words:
            heading, paragraphs = found[-1]
            found[-1] = Section(heading, (*paragraphs, words))
    return found


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a plain text, one line each: what stands between empty lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return tuple(filter(None, map(one_line, _EMPTY_LINE.split(text))))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable([*_KEEPS_ALL, "html_block"])
    parser.normalizeLink = parser.normalizeLinkText = lambda address: address
    parser.validateLink = lambda address: True
    return parser


def _lines(text: str) -> Iterator[str]:
    yield from filter(None, map(one_line, text.splitlines()))


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[bool, str]]:
    """Each heading (True) and each paragraph (False) as one line; the cells of a table's row are one."""
    number, row, in_heading = "", None, False
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            in_heading = token.type == "heading_open"
        elif token.type == "list_item_open":
            number = f"{token.info}{token.markup} " if token.info else ""
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield False, " | ".join(filter(None, row or []))
            row = None
        elif token.type in ("fence", "code_block"):
            yield from ((False, chunk) for chunk in paragraphs(token.content))
        elif token.type == "inline":
            words = one_line(number + _inline(token.children or []))
            number = ""
            if row is not None:
                row.append(words)
            else:
                # Two lines over a row of signs are a paragraph that a separator follows, and no heading.
                yield in_heading and "\n" not in token.content, words


def _inline(tokens: Sequence[Token]) -> str:
    """The words of a line; where emphasis stands inside a word (2*3*4) its signs are part of the word."""
    pieces: list[str] = []
    opened: list[int] = []  # places in pieces where a mark of emphasis may have to stand
    links: list[tuple[int, str]] = []
    for token in tokens:
        if token.type in ("em_open", "strong_open"):
            opened.append(len(pieces))
            pieces.append("")
        elif token.type in ("em_close", "strong_close"):
            start = opened.pop()
            if token.markup.startswith("_") or _in_word("".join(pieces[max(0, start - 1) : start])):
                pieces[start] = token.markup
                pieces.append(token.markup)
        elif token.type == "link_open":
            links.append((len(pieces), str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            start, address = links.pop()
            pieces.append(_address("".join(pieces[start:]), address))
        elif token.type == "image":
            words = _inline(token.children or [])
            pieces += [words, _address(words, str(token.attrs.get("src", "")))]
        elif token.type in ("softbreak", "hardbreak"):
            pieces.append("\n")
        else:
            pieces.append(token.content)
    return "".join(pieces)


def _in_word(before: str) -> bool:
    return before[-1:].isalnum()


def _address(words: str, address: str) -> str:
    """What to say of a link's address after its words: nothing where they are the address, or it is data."""
    if not address or address in (words, f"mailto:{words}") or address.startswith("data:"):
        return ""
    return f" ({address})" if words else address
