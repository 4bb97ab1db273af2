"""Vectors of two numbers as arrows from one origin."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

from albert_lab.errors import InputError
from albert_lab.viz.diagrams.canvas import Canvas, Point
from albert_lab.viz.diagrams.part import Labelled, Part
from albert_lab.viz.diagrams.style import (
    CARD,
    CARD_EDGE,
    QUIET,
    SIZES,
    ink_of,
    lines_of,
    readable,
    width_of,
)


class Plane(Labelled):
    def __init__(
        self,
        vectors: Mapping[str, tuple[float, float]],
        roles: Mapping[str, str],
        name: str,
        below: str,
        length: float,
    ) -> None:
        self._vectors = {readable(label): (float(x), float(y)) for label, (x, y) in vectors.items()}
        if not self._vectors or not all(math.isfinite(c) for v in self._vectors.values() for c in v):
            raise InputError(f"vectors {dict(vectors)}.", expected="at least one, of two finite numbers each")
        self._roles = {label: roles.get(label, "key") for label in self._vectors}
        self._inks = {label: ink_of(role) for label, role in self._roles.items()}
        xs, ys = zip((0.0, 0.0), *self._vectors.values(), strict=True)
        self._low = (math.floor(min(xs)), math.floor(min(ys)))
        self._high = (max(math.ceil(max(xs)), self._low[0] + 1), max(math.ceil(max(ys)), self._low[1] + 1))
        sides = [b - a for a, b in zip(self._low, self._high, strict=True)]
        self._unit = length / max(sides)
        self._step = 10 ** max(0, math.ceil(math.log10(max(sides) / 12)))  # at most twelve lines each way
        self._edge = 16 + max(map(_name_width, self._vectors))
        wide, high = (side * self._unit for side in sides)
        self._label(wide + 2 * self._edge, high + 2 * 26, name, lines_of(below))

    def paint_body(self, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
        def at(a: float, b: float) -> Point:
            across, down = (a - self._low[0]) * self._unit, (b - self._low[1]) * self._unit
            return x + self._edge + across, y + height - 26 - down

        (left, bottom), (right, top) = self._low, self._high
        for a in range(left, right + 1, self._step):
            canvas.line([at(a, bottom), at(a, top)], QUIET if a == 0 else CARD_EDGE, thick=1)
        for b in range(bottom, top + 1, self._step):
            canvas.line([at(left, b), at(right, b)], QUIET if b == 0 else CARD_EDGE, thick=1)
        arrows = {label: (at(0, 0), at(*vector)) for label, vector in self._vectors.items()}
        # A query is drawn first and thick, so that a key of the same direction lies on it and hides it not.
        for label in sorted(arrows, key=lambda label: self._roles[label] != "query"):
            thick = 6 if self._roles[label] == "query" else 2.4
            canvas.line(arrows[label], self._inks[label], thick=thick, head=True)
        places = _beside_tips(arrows)
        for label, place in places.items():
            canvas.text(*place, label, ink=self._inks[label], bold=True, ground=CARD, verbatim=True)


def _name_width(label: str) -> float:
    return width_of(label, SIZES["normal"], bold=True)


def _beside_tips(arrows: Mapping[str, tuple[Point, Point]]) -> dict[str, Point]:
    """Where the names of arrows stand: beyond their tips, turned aside as far as others are in the way."""
    lines = [
        (start[0] + (end[0] - start[0]) * part / 24, start[1] + (end[1] - start[1]) * part / 24)
        for start, end in arrows.values()
        for part in range(25)
    ]
    places: dict[str, Point] = {}
    for label, arrow in arrows.items():
        half = _name_width(label) / 2 + 3
        others = [(place, half + _name_width(other) / 2 + 3) for other, place in places.items()]

        def crowded(place: Point, half: float = half, others: list = others) -> int:
            """How much lies under a name that stands here: points of lines; another name counts most."""
            under = sum(abs(x - place[0]) < half and abs(y - place[1]) < 9 for x, y in lines)
            names = sum(abs(x - place[0]) < wide and abs(y - place[1]) < 18 for (x, y), wide in others)
            return under + 100 * names

        places[label] = min(_around_tip(*arrow, half), key=crowded)
    return places


def _around_tip(start: Point, tip: Point, half: float) -> Iterator[Point]:
    """Places for the middle of a name that is twice ``half`` wide, the best first."""
    ahead = math.atan2(tip[1] - start[1], tip[0] - start[0])
    for more, turn in itertools.product((0, 18, 36), (0, 40, -40, 80, -80, 115, -115, 150, -150)):
        across, down = math.cos(ahead + math.radians(turn)), math.sin(ahead + math.radians(turn))
        away = min(half / max(abs(across), 1e-9), 9 / max(abs(down), 1e-9)) + 5 + more
        yield tip[0] + away * across, tip[1] + away * down


def plane(
    vectors: Mapping[str, tuple[float, float]],
    *,
    roles: Mapping[str, str] | None = None,
    name: str = "",
    below: str = "",
    length: float = 220,
) -> Part:
    """Vectors with two numbers as arrows from one origin: ``plane({"q": (2, 1), "a": (1, 2)})``.

    Args:
        roles: the role of each, ``{"q": "query"}``; ``"key"`` where nothing is said.
    """
    return Plane(vectors, roles or {}, name, below, length)
