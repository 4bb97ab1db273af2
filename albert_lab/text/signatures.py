"""The call signatures that texts of C functions begin with."""

from __future__ import annotations

import inspect
import re

from .markup import valid_unicode


def normal(docstring: str) -> str:
    """The docstring with its indentation removed and without characters that are not text."""
    return inspect.cleandoc(valid_unicode(docstring))


_CALL = re.compile(r"[A-Za-z_][\w.]*\s?\(")
_ARROW = re.compile(r"\s*(->|→|-->|=>)\s*(?P<type>[^\s.,;:]+(\[[^\]]*\])?|\([^)]*\))?")


def split_signature(docstring: str) -> tuple[str, str]:
    """The call signature that texts of C functions begin with ("" if none), and the rest of the docstring."""
    text = normal(docstring)
    signatures: list[str] = []
    while match := _CALL.match(text):
        end = _closing(text, match.end() - 1)
        if end is None:
            break
        arrow = _ARROW.match(text, end)
        rest = text[arrow.end() :] if arrow else text[end:]
        if (
            not arrow
            and rest.strip()
            and not rest.lstrip(" ").startswith("\n")
            and not rest.startswith(" -- ")
        ):
            break
        if arrow and (other := re.match(r"[^\n.]{0,60}(?=\n|$)|(?: or | of )[^\n.]{0,40}(?=\.)", rest)):
            rest = rest[other.end() :]
        signatures.append(" ".join(text[: len(text) - len(rest)].split()))
        text = rest.lstrip(" .:;-\n\t").removeprefix("--").lstrip()
        text = inspect.cleandoc(text) if text else ""
    return (signatures[0] if signatures else ""), text


def _closing(text: str, opening: int) -> int | None:
    """The place after the bracket that closes the one at `opening`, within 600 characters."""
    depth = 0
    for place in range(opening, min(len(text), opening + 600)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return None
