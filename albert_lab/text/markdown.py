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
_DEEPEST = 100  # blocks in blocks: of a text that goes deeper the parser drops the rest
_CELL_END = re.compile(r"(?<!\\)\|")


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
    text = text[front.end() :] if front else text
    found = [Section("", before)]
    tokens = _parser().parse(text)
    if max((token.level for token in tokens), default=0) >= _DEEPEST - 1:
        return [Section("", (*before, *paragraphs(text)))]
    for is_heading, words in _blocks(tokens, text.split("\n")):
        if is_heading:
            found.append(Section(words, ()))
        elif words:
            heading, above = found[-1]
            found[-1] = Section(heading, (*above, words))
    return found


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a plain text, one line each: what stands between empty lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return tuple(filter(None, map(one_line, _EMPTY_LINE.split(text))))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST})
    parser.enable("table").disable([*_KEEPS_ALL, "html_block"])
    parser.normalizeLink = parser.normalizeLinkText = lambda address: address
    parser.validateLink = lambda address: True
    return parser


def _lines(text: str) -> Iterator[str]:
    yield from filter(None, map(one_line, text.splitlines()))


def _blocks(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[tuple[bool, str]]:
    """Each heading (True) and each paragraph (False) as one line; the cells of a table's row are one."""
    number, row, row_line, in_heading = "", None, "", False
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            in_heading = token.type == "heading_open"
        elif token.type == "list_item_open":
            number = f"{token.info}{token.markup} " if token.info else ""
        elif token.type == "tr_open":
            row, row_line = [], lines[token.map[0]] if token.map else ""
        elif token.type == "tr_close":
            cells = [*(row or []), *_beyond(row_line, len(row or []))]
            yield False, " | ".join(filter(None, cells))
            row = None
        elif token.type in ("fence", "code_block"):
            about = one_line(token.info)  # one word is the name of a language, more are text
            yield from [(False, about)] * (" " in about)
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
            links.append((len(pieces), _target(token, "href")))
        elif token.type == "link_close":
            start, address = links.pop()
            pieces.append(_address("".join(pieces[start:]), address))
        elif token.type == "image":
            words = _inline(token.children or [])
            pieces += [words, _address(words, _target(token, "src"))]
        elif token.type in ("softbreak", "hardbreak"):
            pieces.append("\n")
        else:
            pieces.append(token.content)
    return "".join(pieces)


def _target(token: Token, name: str) -> str:
    """The address of a link or picture, and its title if it has one."""
    address, title = str(token.attrs.get(name, "")), str(token.attrs.get("title", ""))
    return f'{address} "{title}"' if title and not address.startswith("data:") else address


def _beyond(line: str, columns: int) -> list[str]:
    """The cells of a table's row for which its first row has no name: they are text too."""
    cells = _CELL_END.split(line.strip())
    cells = cells[1:] if cells and not cells[0].strip(" >") else cells
    cells = cells[:-1] if cells and not cells[-1].strip() else cells
    return [one_line(cell) for cell in cells[columns:]]


def _in_word(before: str) -> bool:
    return before[-1:].isalnum()


def _address(words: str, address: str) -> str:
    """What to say of a link's address after its words: nothing where they are the address, or it is data."""
    if not address or address in (words, f"mailto:{words}") or address.startswith("data:"):
        return ""
    return f" ({address})" if words else address
