"""Drawings made of parts, each in a few lines.

    from albert_lab.viz import diagrams as draw

    text = draw.tokens(["▁the", "▁cat"])
    rows = draw.matrix(30_000, 128, "word table", "weights", below="V × E")
    draw.drawing(
        draw.row(text, draw.arrow("look up"), rows),
        description="The tokens are looked up in a table of 30,000 rows and 128 columns.",
    )

Parts stand in a `row`, a `column` or a `grid` and find their places alone. An `arrow` between two parts of
a row or column takes its own room; a `link` joins parts, cells (``text[1]``) or points (``text.right``).
Colours have the names of what they mean, such as ``"query"`` (`ROLES`). The result is an SVG on a ground of
its own, so that it can be read in light and in dark themes, with text as text.
"""

from albert_lab.viz.diagrams.around import brace, frame, loop, residual
from albert_lab.viz.diagrams.arrows import plane
from albert_lab.viz.diagrams.course import course_map
from albert_lab.viz.diagrams.layout import arrow, column, grid, link, row
from albert_lab.viz.diagrams.parts import box, head, mask, matrix, space, table, text, tokens, vector
from albert_lab.viz.diagrams.sheet import Drawing, drawing
from albert_lab.viz.diagrams.style import ROLES

__all__ = [
    "ROLES",
    "Drawing",
    "arrow",
    "box",
    "brace",
    "column",
    "course_map",
    "drawing",
    "frame",
    "grid",
    "head",
    "link",
    "loop",
    "mask",
    "matrix",
    "plane",
    "residual",
    "row",
    "space",
    "table",
    "text",
    "tokens",
    "vector",
]
