"""The glossary as tables that a notebook shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from albert_lab.errors import InputError
from albert_lab.viz.glossary.terms import Term, chapters, groups, terms


@dataclass(frozen=True)
class Glossary:
    """Tables of terms: Markdown in a notebook, plain lines elsewhere."""

    chosen: tuple[str, ...]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/markdown": self._markdown(), "text/plain": repr(self)}

    def _markdown(self) -> str:
        head = "| term | 中文 | symbol | shape | first in | what it is |\n|---|---|---|---|---|---|"
        return "\n\n".join(
            "\n".join([f"**{title}**", "", head, *map(_row, found)]) for title, found in self._tables()
        )

    def _tables(self) -> list[tuple[str, list[Term]]]:
        titles = groups()
        return [(titles[name], [each for each in terms() if each.group == name]) for name in self.chosen]

    def __repr__(self) -> str:
        lines = []
        for title, found in self._tables():
            lines += [title, *(f"  {each.term} ({each.zh}): {each.says}" for each in found)]
        return "\n".join(lines)


def glossary(*chosen: str) -> Glossary:
    """Every symbol and term of the course, with what it is and what it is not.

    Args:
        chosen: names of groups, such as "sizes"; without them all.

    Raises:
        InputError: there is no such group.
    """
    if unknown := [name for name in chosen if name not in groups()]:
        raise InputError(f"the glossary has no group {unknown[0]!r}.", expected=", ".join(groups()))
    return Glossary(chosen or tuple(groups()))


def _row(each: Term) -> str:
    said = [each.says]
    if each.taken_for:
        said.append(f"*Not:* {each.taken_for}.")
    if each.ours:
        said.append(f"*We say:* {each.ours}.")
    symbol = f"${each.symbol}$" if each.symbol else ""
    known = chapters().get(each.chapter)  # a chapter that is still being written is named, not linked
    first = f"[{each.chapter}]({known['file']}.ipynb)" if known else each.chapter
    return _line([each.term, each.zh, symbol, _plain(each.shape), first, _plain(" ".join(said))])


def _plain(text: str) -> str:
    """Signs such as <pad> as they stand, not as HTML."""
    return text.replace("<", "&lt;").replace("[", "\\[")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
