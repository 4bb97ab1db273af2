"""What stands in ``terms.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_NAMED = re.compile(r"<([^<>{}]+)>")


@dataclass(frozen=True)
class Term:
    """A word or a symbol of the course.

    Attributes:
        term: as the chapters write it.
        zh: in Chinese.
        says: what it is, in one sentence.
        chapter: number of the chapter that uses it first, such as "13b".
        group: name of the group that it stands in.
        symbol: LaTeX without dollar signs, or "".
        shape: of the array, or "".
        taken_for: what it is easily taken for and is not, or "".
        ours: the course's own word for it, or "".
        also: other forms of the term that the chapters use.
    """

    term: str
    zh: str
    says: str
    chapter: str
    group: str
    symbol: str = ""
    shape: str = ""
    taken_for: str = ""
    ours: str = ""
    also: tuple[str, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """The term and its other forms."""
        return (self.term, *self.also)

    @property
    def anchor(self) -> str:
        """What an address of the term ends with."""
        return "term-" + re.sub(r"\W+", "-", self.term.lower()).strip("-")


@cache
def _file() -> dict[str, Any]:
    return yaml.safe_load((Path(__file__).parent / "terms.yaml").read_text(encoding="utf-8"))


def chapters() -> dict[str, dict[str, str]]:
    """{number: {"file": name without ending, "en": title, "zh": title}}."""
    return _file()["chapters"]


def groups() -> dict[str, str]:
    """{name: title} of all groups, in order."""
    return {each["group"]: each["title"] for each in _file()["groups"]}


@cache
def terms() -> tuple[Term, ...]:
    """All terms, group by group."""
    return tuple(
        Term(
            group=each["group"],
            taken_for=told.get("not", ""),
            also=tuple(told.get("also", ())),
            **{name: value for name, value in told.items() if name not in ("not", "also")},
        )
        for each in _file()["groups"]
        for told in each["terms"]
    )


def filled(text: str, language: str) -> str:
    """``text`` with every ``<term>`` in the language's words, with a capital where the name has one.

    >>> filled("<Query> of {token}", "en"), filled("{token} 的<query>", "zh")
    ('Query of {token}', '{token} 的查询')

    Raises:
        KeyError: the glossary has no such term.
    """
    known = {each.term: each for each in terms()}

    def word(match: re.Match[str]) -> str:
        name = match[1]
        found = known.get(name) or known[name[0].lower() + name[1:]]
        if language == "zh":
            return found.zh
        return found.term if found.term == name else found.term[0].upper() + found.term[1:]

    return _NAMED.sub(word, text)
