"""A finished drawing, as a notebook shows it and as a file holds it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path

from albert_lab.errors import InputError
from albert_lab.paths import atomic_write
from albert_lab.viz.diagrams.canvas import MARGIN, Canvas
from albert_lab.viz.diagrams.layout import Link, column
from albert_lab.viz.diagrams.part import Part
from albert_lab.viz.diagrams.style import WIDEST


@dataclass(frozen=True)
class Drawing:
    """What `drawing` returns: a notebook shows it, those who cannot see it get its sentence.

    Attributes:
        svg: the drawing.
        description: the sentence.
    """

    svg: str
    description: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        # JupyterLab shows an SVG without telling its sentence to those who cannot see it, and in a notebook
        # that is not trusted not at all; it shows a picture in HTML with both.
        coded = base64.b64encode(self.svg.encode()).decode()
        picture = f'src="data:image/svg+xml;base64,{coded}" alt="{escape(self.description)}"'
        html = f'<img {picture} style="max-width:100%">'
        return {"text/html": html, "image/svg+xml": self.svg, "text/plain": self.description}

    def __repr__(self) -> str:
        return self.description

    def save(self, path: str | Path) -> Path:
        """Write the drawing to a file, ``.svg``."""
        with atomic_write(Path(path)) as part:
            part.write_text(self.svg, encoding="utf-8")
        return Path(path)


def drawing(*parts: Part | Link | str, description: str, gap: float = 16) -> Drawing:
    """Draw parts, one below the other, and the links between them.

    Args:
        description: what one sees, in a sentence or two, for those who cannot see it.

    Raises:
        InputError: no part, no description, a part that stands there twice, a link to a part that does not
            stand there, or a drawing that is wider than a notebook.
    """
    if not isinstance(description, str) or len(description.split()) < 3:
        raise InputError(
            f"description={description!r}.",
            expected="a sentence that tells what one sees, for those who cannot",
        )
    said = " ".join("".join(c if c.isprintable() else " " for c in description).split())
    shown = [part for part in parts if not isinstance(part, Link)]
    canvas = Canvas()
    column(*shown, gap=gap).put(canvas, 0, 0)
    for part in parts:
        if isinstance(part, Link):
            part.paint(canvas)
    width = canvas.reach[2] - canvas.reach[0] + 2 * MARGIN
    if width > WIDEST:
        raise InputError(
            f"the drawing is {width:.0f} pixels wide.",
            expected=f"at most {WIDEST}, what a notebook shows",
            mend="put some parts of a row() below each other with column(), or break long words with \\n",
        )
    return Drawing(canvas.svg(said), said)
