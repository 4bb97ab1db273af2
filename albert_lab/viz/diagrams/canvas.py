"""SVG, written by hand: plain shapes at absolute places, text as text, no ids, nothing loaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from albert_lab.viz.diagrams.style import (
    CARD,
    CARD_EDGE,
    FONT,
    INK,
    SIZES,
    Role,
    formula_width,
    line_height,
    pieces,
    width_of,
)

if TYPE_CHECKING:
    from albert_lab.viz.diagrams.part import Part

Point = tuple[float, float]
MARGIN = 14


def number(value: float) -> str:
    """A coordinate: one decimal at most, and no minus before a zero."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


class Canvas:
    """Shapes in the order in which they are drawn, where each part stands, and how far all of it reaches."""

    def __init__(self) -> None:
        self.shapes: list[str] = []
        self.places: dict[Part, Point] = {}
        self.reach = [math.inf, math.inf, -math.inf, -math.inf]

    def cover(self, left: float, top: float, right: float, bottom: float) -> None:
        """Make the drawing at least so large."""
        low, high = self.reach[:2], self.reach[2:]
        self.reach = [min(low[0], left), min(low[1], top), max(high[0], right), max(high[1], bottom)]

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        role: Role,
        *,
        corner: float = 3,
        thick: float = 1.2,
    ) -> None:
        """A box in the look of its role."""
        self.cover(x, y, x + width, y + height)
        dash = f' stroke-dasharray="{role.dash}"' if role.dash else ""
        look = f'fill="{role.fill}" stroke="{role.edge}" stroke-width="{thick}"{dash}'
        self._box(x, y, width, height, corner, look)
        if role.hatch and min(width, height) > 8:
            self._hatch(x, y, width, height, role.edge)
        if role.double:
            self._box(x + 3, y + 3, width - 6, height - 6, corner, f'fill="none" stroke="{role.edge}"')

    def _box(self, x: float, y: float, width: float, height: float, corner: float, look: str) -> None:
        sides = " ".join(
            f'{name}="{number(value)}"'
            for name, value in zip(("x", "y", "width", "height"), (x, y, width, height), strict=True)
        )
        self.shapes.append(f'<rect {sides} rx="{number(corner)}" {look}/>')

    def _hatch(self, x: float, y: float, width: float, height: float, colour: str, step: float = 8) -> None:
        """Slanted lines within a box."""
        path, start = [], step
        while start < width + height:
            a = (x + min(start, width), y + max(0.0, start - width))
            b = (x + max(0.0, start - height), y + min(start, height))
            path.append(f"M{number(a[0])} {number(a[1])}L{number(b[0])} {number(b[1])}")
            start += step
        if path:
            self.shapes.append(
                f'<path d="{"".join(path)}" stroke="{colour}" stroke-opacity="0.28" fill="none"/>'
            )

    def line(
        self,
        points: Sequence[Point],
        colour: str,
        *,
        thick: float = 1.4,
        dash: str = "",
        curve: bool = False,
        head: bool = False,
    ) -> None:
        """A line through the points (a curve has four: ends and, between them, where it is pulled to)."""
        for x, y in points:
            self.cover(x, y, x, y)
        if head:
            points = [*points[:-1], self._head(points[-2], points[-1], colour, 4.5 + 2 * thick)]
        told = [f"{number(x)} {number(y)}" for x, y in points]
        path = f"M{told[0]}C{' '.join(told[1:])}" if curve else f"M{told[0]}L{' '.join(told[1:])}"
        more = f' stroke-dasharray="{dash}"' if dash else ""
        self.shapes.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{thick}"{more}/>')

    def _head(self, before: Point, tip: Point, colour: str, size: float) -> Point:
        """Draw an arrow's head, and return where its line ends: within it, not beyond its tip."""
        angle = math.atan2(tip[1] - before[1], tip[0] - before[0])
        corners = [tip]
        for side in (-1, 1):
            turn = angle + side * 0.42
            corners.append((tip[0] - size * math.cos(turn), tip[1] - size * math.sin(turn)))
        told = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
        self.shapes.append(f'<polygon points="{told}" fill="{colour}"/>')
        return tip[0] - size * 0.7 * math.cos(angle), tip[1] - size * 0.7 * math.sin(angle)

    def text(
        self,
        x: float,
        y: float,
        line: str,
        *,
        size: str = "normal",
        ink: str = INK,
        bold: bool = False,
        anchor: str = "middle",
        ground: str = "",
        verbatim: bool = False,
    ) -> None:
        """One line of text whose middle is at height ``y``; with ``ground``, lines behind it are covered."""
        points = SIZES[size]
        width = width_of(line, points, bold=bold) if verbatim else formula_width(line, points, bold=bold)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        self.cover(left, y - points * 0.6, left + width, y + points * 0.6)
        if ground:
            self._box(left - 2, y - points * 0.6, width + 4, points * 1.2, 2, f'fill="{ground}"')
        look = f'x="{number(x)}" y="{number(y + points * 0.35)}" font-size="{number(points)}" fill="{ink}"'
        look += "" if anchor == "start" else f' text-anchor="{anchor}"'
        look += ' font-weight="bold"' if bold else ""
        inner = escape(line) if verbatim else _with_subscripts(line, points)
        self.shapes.append(f"<text {look}>{inner}</text>")

    def lines(self, x: float, y: float, lines: Sequence[str], **look: Any) -> None:
        """Lines of text below each other, the middle of all at height ``y``; ``look`` as of ``text``."""
        step = line_height(look.get("size", "normal"))
        for index, line in enumerate(lines):
            self.text(x, y + (index - (len(lines) - 1) / 2) * step, line, **look)

    def svg(self, description: str) -> str:
        """The whole drawing on its card."""
        left, top, right, bottom = self.reach
        x, y = left - MARGIN, top - MARGIN
        width, height = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
        box = f"{number(x)} {number(y)} {number(width)} {number(height)}"
        said = escape(description)
        sides = f'width="{number(width - 1)}" height="{number(height - 1)}"'
        card = f'<rect x="{number(x + 0.5)}" y="{number(y + 0.5)}" {sides}'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{number(width)}" '
                f'height="{number(height)}" role="img" aria-label={quoteattr(description)} '
                f'font-family="{FONT}" xml:space="preserve" style="max-width:100%;height:auto">',
                f"<title>{said}</title>",
                f"<desc>{said}</desc>",
                f'{card} rx="8" fill="{CARD}" stroke="{CARD_EDGE}"/>',
                *self.shapes,
                "</svg>",
                "",
            ]
        )


def _with_subscripts(line: str, points: float) -> str:
    """A line whose low pieces are smaller and lower; the letters after them stand up again."""
    told, lowered = [], False
    for text, low in pieces(line):
        if low:
            small = f'font-size="{number(points * 0.75)}"'
            told.append(f'<tspan dy="{number(points * 0.25)}" {small}>{escape(text)}</tspan>')
        elif lowered:
            told.append(f'<tspan dy="{number(-points * 0.25)}">{escape(text)}</tspan>')
        else:
            told.append(escape(text))
        lowered = low
    return "".join(told)
