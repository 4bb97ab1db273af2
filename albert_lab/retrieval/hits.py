"""What a search answers: hits, a table of them for notebooks, and a box to type questions in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

_COLUMNS = ("rank", "object", "kind", "summary")


@dataclass(frozen=True)
class SearchHit:
    """An object that was found; rank 1 is the best, a score means something only within one answer."""

    rank: int
    name: str
    score: float
    summary: str
    signature: str
    kind: str
    package: str


class SearchResults(list[SearchHit]):
    """Hits, best first; a list that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        if not self:
            return "<p>Nothing was found; try other words.</p>"
        head = "".join(f'<th style="text-align:left">{column}</th>' for column in _COLUMNS)
        rows = "".join(f"<tr>{_cells(hit)}</tr>" for hit in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(hit: SearchHit) -> str:
    """The cells of one hit; everything from the documentation is escaped."""
    name = f'<code title="{escape(hit.signature)}">{escape(hit.name)}</code>'
    cells = (str(hit.rank), name, escape(hit.kind), escape(hit.summary))
    return "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells)


def search_box(search: Callable[..., SearchResults], *, top: int = 10, question: str = "") -> Any:
    """A box to type questions in, with the answers below it; an ipywidgets widget for notebooks.

    Args:
        search: a `DocumentSearch`, or anything called as ``search(question, top)``.
        top: how many answers.
        question: one to begin with, answered at once.
    """
    import ipywidgets

    entry = ipywidgets.Text(
        value=question,
        placeholder="what you need, in plain words",
        description="Search:",
        continuous_update=False,
        layout=ipywidgets.Layout(width="40em"),
    )
    answers = ipywidgets.HTML()

    def answer(text: str) -> None:
        answers.value = search(text, top)._repr_html_() if text.strip() else ""

    entry.observe(lambda change: answer(change["new"]), names="value")
    answer(question)
    return ipywidgets.VBox([entry, answers])
