"""What a drawing is made of: text, boxes, tokens, vectors, tables, masks, matrices, arrows in a plane."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from albert_lab.errors import InputError
from albert_lab.viz.diagrams.canvas import Canvas, Point
from albert_lab.viz.diagrams.part import Labelled, Part, Region, line_height
from albert_lab.viz.diagrams.style import (
    CARD,
    CARD_EDGE,
    INK,
    QUIET,
    ROLES,
    SIZES,
    Role,
    formula_width,
    lines_of,
    readable,
    role_of,
    width_of,
)

_BOX = (112, 34)  # the least size of a box
_CELL = 26  # the height of a cell, and its least width
_SMALL = 15  # a cell without anything in it
_THINNEST = 6  # pixels of a matrix
_MANY = 12  # cells that are drawn one by one

Cells = Iterable[int | tuple[int, int]]


class Text(Part):
    def __init__(self, words: object, role: str, size: str, bold: bool) -> None:
        if size not in SIZES:
            raise InputError(f"there is no size {size!r}.", expected=", ".join(SIZES))
        self._lines, self._size, self._bold = lines_of(words), size, bold
        self._ink = QUIET if role == "muted" else INK if role == "plain" else role_of(role).edge
        width = max(formula_width(line, SIZES[size], bold=bold) for line in self._lines)
        height = len(self._lines) * line_height(size)
        self._sized((0, 0, width, height), width, height)

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        for index, line in enumerate(self._lines):
            middle = y + (index + 0.5) * line_height(self._size)
            canvas.text(x + self.axis[0], middle, line, size=self._size, ink=self._ink, bold=self._bold)


def text(words: object, role: str = "plain", *, size: str = "normal", bold: bool = False) -> Part:
    """Free text or a formula: ``"softmax(q Kᵀ / √d)"``. ``W_Q`` and ``x_{ij}`` get subscripts.

    Args:
        size: ``"small"``, ``"normal"`` or ``"large"``.
    """
    return Text(words, role, size, bold)


class Space(Part):
    def __init__(self, width: float, height: float) -> None:
        self._sized((0, 0, width, height), width, height)

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        pass


def space(size: float = 20) -> Part:
    """Room between two parts."""
    return Space(size, size)


class Box(Labelled):
    def __init__(self, words: object, below: str, role: str, name: str, corner: float, least: float) -> None:
        self._lines, self._role, self._corner = lines_of(words), role_of(role), corner
        self.ink = self._role.ink
        width = max(formula_width(line, SIZES["normal"]) for line in self._lines) + 24
        height = len(self._lines) * line_height("normal") + 16
        self._label(max(least, width), max(_BOX[1], height), name, lines_of(below))

    def paint_body(self, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
        thick = 2.2 if self._role.hatch else 1.2
        canvas.rect(x, y, width, height, self._role, corner=self._corner, thick=thick)
        ground = self._role.fill if self._role.hatch else ""
        start = y + height / 2 - (len(self._lines) - 1) / 2 * line_height("normal")
        for index, line in enumerate(self._lines):
            middle = start + index * line_height("normal")
            canvas.text(x + width / 2, middle, line, ink=self._role.ink, ground=ground)


def box(
    words: object, below: str = "", role: str = "plain", *, name: str = "", least: float = _BOX[0]
) -> Part:
    """A step of the computation: a layer, a tokenizer, a loss.

    Args:
        below: what comes out of it, in small letters underneath, such as its shape ``"(B, T, H)"``.
        name: a heading above it.
        least: its least width, so that boxes above each other are alike.
    """
    return Box(words, below, role, name, 4, least)


def head(number: int | str, below: str = "", role: str = "plain") -> Part:
    """One attention head: a rounded box with its number."""
    return Box(f"head {number}", below, role, "", 17, 76)


class Cells2d(Labelled):
    """Cells in rows and columns, with or without something in them, with or without names."""

    def __init__(
        self,
        cells: Sequence[Sequence[str]],
        looks: Sequence[Sequence[Role]],
        *,
        rows: Sequence[str] = (),
        columns: Sequence[str] = (),
        name: str = "",
        below: str = "",
        least: float = _CELL,
        crossed: Sequence[Sequence[bool]] = (),
    ) -> None:
        self._cells, self._looks, self._crossed = cells, looks, crossed
        self._rows, self._columns = list(rows), list(columns)
        small, normal = SIZES["small"], SIZES["normal"]
        empty = not any(any(row) for row in cells)
        self._tall = least if empty else _CELL
        self._widths = [
            max(
                [least]
                + [width_of(row[j], normal) + 12 for row in cells if row[j]]
                + [width_of(self._columns[j], small) + 8 for _ in self._columns[:1]]
            )
            for j in range(len(cells[0]))
        ]
        if len(cells) > 1:  # a table: all columns alike
            self._widths = [max(self._widths)] * len(self._widths)
        self.aside = max((width_of(row, small) + 8 for row in self._rows), default=0.0)
        self._head = line_height("small") + 4 if self._columns else 0.0
        width, height = sum(self._widths), self._tall * len(cells)
        self._label(width, height, name, lines_of(below))
        self._make_room()

    def _make_room(self) -> None:
        """Room for the names of the rows on the left and of the columns above, on top of the labels' own."""
        left, top, right, bottom = self.body
        aside = max(0.0, self.aside - left)
        self._above += self._head
        body = (left + aside, top + self._head, right + aside, bottom + self._head)
        # The name above needs no room of its own over the names of the columns.
        self._sized(body, self.width + aside, self.height + self._head)

    def __getitem__(self, index: int | tuple[int, int]) -> Region:
        """The cell with this number, in reading order; or the one at (row, column)."""
        wide = len(self._widths)
        row, column = index if isinstance(index, tuple) else divmod(index % (wide * len(self._cells)), wide)
        left, top = self.body[0] + sum(self._widths[:column]), self.body[1] + row * self._tall
        return Region(self, (left, top, left + self._widths[column], top + self._tall))

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        super().paint(canvas, x, y)

    def paint_body(self, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
        lit = []
        for i, row in enumerate(self._cells):
            for j in range(len(row)):
                (lit if self._looks[i][j] is ROLES["lit"] else []).append((i, j))
                if self._looks[i][j] is not ROLES["lit"]:
                    self._paint_cell(canvas, x, y, i, j)
        for i, j in lit:  # last, so that their thick edges are whole
            self._paint_cell(canvas, x, y, i, j, thick=2.2)
        for i, row in enumerate(self._rows):
            middle = y + (i + 0.5) * self._tall
            canvas.text(x - 6, middle, row, size="small", ink=QUIET, anchor="end", verbatim=True)
        for j, column in enumerate(self._columns):
            middle = x + sum(self._widths[:j]) + self._widths[j] / 2
            height = y - 4 - line_height("small") / 2
            canvas.text(middle, height, column, size="small", ink=QUIET, verbatim=True)

    def _paint_cell(self, canvas: Canvas, x: float, y: float, i: int, j: int, thick: float = 1.2) -> None:
        look, wide = self._looks[i][j], self._widths[j]
        left, top = x + sum(self._widths[:j]), y + i * self._tall
        canvas.rect(left, top, wide, self._tall, look, corner=0, thick=thick)
        if self._crossed and self._crossed[i][j]:
            middle, r = (left + wide / 2, top + self._tall / 2), 4.5
            for side in (-1, 1):
                ends = [(middle[0] - r, middle[1] - side * r), (middle[0] + r, middle[1] + side * r)]
                canvas.line(ends, look.edge)
        if self._cells[i][j]:
            ground = look.fill if look.hatch else ""
            canvas.text(
                left + wide / 2,
                top + self._tall / 2,
                self._cells[i][j],
                ink=look.ink,
                ground=ground,
                verbatim=True,
            )


def tokens(
    words: Sequence[object],
    role: str = "plain",
    *,
    name: str = "",
    below: str = "",
    lit: Cells = (),
    muted: Cells = (),
) -> Part:
    """A row of tokens, each in a box; what they say is drawn as it is. ``tokens(...)[2]`` is the third.

    Args:
        lit, muted: numbers of the tokens to bring out, and of those to put back (padding, a hidden word).
    """
    return table([words], role=role, name=name, below=below, lit=lit, muted=muted)


def vector(
    numbers: Sequence[object] | int | str,
    name: str = "",
    role: str = "hidden",
    *,
    upright: bool = False,
    below: str = "",
    lit: Cells = (),
    digits: int = 2,
) -> Part:
    """A vector as a row of cells, upright as a column.

    Args:
        numbers: what stands in the cells; or how many empty cells, of which at most twelve are drawn one by
            one; or the letter for their count, as in ``vector("H")``.
        digits: after the decimal point.
    """
    if isinstance(numbers, int | str):
        count = numbers if isinstance(numbers, int) and numbers <= _MANY else 0
        cells = [""] * count if count else ["", "", "", "…", ""]
        below = below or (
            "" if count else f"{numbers:,} numbers" if isinstance(numbers, int) else f"{numbers}"
        )
    else:
        cells = [_shown(value, digits) for value in numbers]
    rows = [[cell] for cell in cells] if upright else [cells]
    looks = _looks(len(rows), len(rows[0]), role, lit, ())
    least = _CELL if any(cells) and "…" not in cells else _SMALL
    return Cells2d(rows, looks, name=name, below=below, least=least)


def table(
    numbers: Sequence[Sequence[object]],
    *,
    rows: Sequence[object] = (),
    columns: Sequence[object] = (),
    name: str = "",
    below: str = "",
    role: str | Sequence[str] = "plain",
    lit: Cells = (),
    muted: Cells = (),
    digits: int = 2,
) -> Part:
    """A matrix with numbers, tokens or nothing (``""``) in its cells. ``table(...)[1, 2]`` is one of them.

    Args:
        rows, columns: names of the rows, on the left, and of the columns, above.
        below: what stands underneath, such as the shape.
        role: of all cells, or one for each row.
        lit, muted: cells to bring out and to put back: ``(row, column)``, or a number for a whole row (for a
            single cell, if there is only one row).

    Raises:
        InputError: rows of different lengths, or names that do not fit them.
    """
    cells = [[_shown(value, digits) for value in row] for row in numbers]
    _check(cells, rows, columns)
    looks = _looks(len(cells), len(cells[0]), role, lit, muted)
    names = [[readable(label) for label in side] for side in (rows, columns)]
    return Cells2d(cells, looks, rows=names[0], columns=names[1], name=name, below=below)


def mask(
    allowed: Sequence[Sequence[bool]],
    *,
    rows: Sequence[object] = (),
    columns: Sequence[object] = (),
    name: str = "",
    below: str = "",
) -> Part:
    """Who may attend to whom: a filled cell where ``allowed`` is True, a crossed one where it is not."""
    crossed = [[not value for value in row] for row in allowed]
    cells = [["" for _ in row] for row in crossed]
    _check(cells, rows, columns)
    looks = [[ROLES["muted" if hidden else "weights"] for hidden in row] for row in crossed]
    names = [[readable(label) for label in side] for side in (rows, columns)]
    return Cells2d(cells, looks, rows=names[0], columns=names[1], name=name, below=below, crossed=crossed)


def _check(cells: Sequence[Sequence[str]], rows: Sequence[object], columns: Sequence[object]) -> None:
    lengths = {len(row) for row in cells}
    if len(lengths) != 1 or not min(lengths):
        raise InputError(
            f"rows of {sorted(lengths)} cells.", expected="rows of one length, at least one cell"
        )
    for side, names, count in (("rows", rows, len(cells)), ("columns", columns, len(cells[0]))):
        if names and (isinstance(names, str) or len(names) != count):
            raise InputError(f"{side}: {len(names)} names for {count}.", expected="a name for each, or none")


def _shown(value: Any, digits: int) -> str:
    """A word as it is; a whole number as it is; any other with its digits."""
    if isinstance(value, str):
        return readable(value)
    value = value.item() if hasattr(value, "item") else value
    told = f"{value:.{digits}f}" if isinstance(value, float) else str(value)
    return readable(told.replace("-", "\u2212"))


def _looks(rows: int, columns: int, role: str | Sequence[str], lit: Cells, muted: Cells) -> list[list[Role]]:
    roles = [role] * rows if isinstance(role, str) else list(role)
    if len(roles) != rows:
        raise InputError(f"{len(roles)} roles for {rows} rows.", expected="one role, or one for each row")
    looks = [[role_of(name)] * columns for name in roles]
    for name, chosen in (("muted", muted), ("lit", lit)):
        for cell in chosen:
            for i, j in _cells_of(cell, rows, columns):
                looks[i][j] = ROLES[name]
    return looks


def _cells_of(cell: int | tuple[int, int], rows: int, columns: int) -> list[tuple[int, int]]:
    try:
        if isinstance(cell, tuple):
            return [(range(rows)[cell[0]], range(columns)[cell[1]])]
        if rows == 1:
            return [(0, range(columns)[cell])]
        return [(range(rows)[cell], j) for j in range(columns)]
    except (IndexError, TypeError) as error:
        raise InputError(
            f"there is no cell {cell!r}.",
            expected=f"a row below {rows}, or (row, column) below ({rows}, {columns})",
        ) from error


class Matrix(Labelled):
    def __init__(
        self, sides: tuple[int, int], name: str, role: str, below: str, longest: int, length: float
    ) -> None:
        if min(sides) < 1 or longest < max(sides):
            raise InputError(
                f"a matrix of {sides[0]} × {sides[1]} on a scale up to {longest}.",
                expected="sides of at least 1, and a scale up to the longest of them",
            )
        exact = [side * length / longest for side in sides]
        self._role = role_of(role)
        self.ink = INK
        notes = [
            f"drawn {_times(_THINNEST / side)} too {what}"
            for side, what in zip(exact, ("tall", "wide"), strict=True)
            if side < _THINNEST / 1.05
        ]
        self._dashed = bool(notes)
        height, width = (max(side, _THINNEST) for side in exact)
        counted = f"{sides[0]:,} × {sides[1]:,}"
        self._label(width, height, name, [*(lines_of(below) if below else []), counted, *notes])

    def paint_body(self, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
        look = self._role
        dashed = Role(look.fill, look.edge, look.ink, "3 2", hatch=look.hatch) if self._dashed else look
        canvas.rect(x, y, width, height, dashed, corner=0)


def _times(factor: float) -> str:
    return f"{factor:.0f} times" if factor >= 1.95 else f"{factor:.1f} times"


def matrix(
    rows: int,
    columns: int,
    name: str = "",
    role: str = "plain",
    *,
    below: str = "",
    longest: int | None = None,
    length: float = 240,
) -> Part:
    """A matrix to scale, with its shape. Give all matrices of a drawing the same ``longest``.

    Args:
        below: its shape in letters, such as ``"V × E"``, above that in numbers.
        longest: the side that is drawn ``length`` pixels long; its own longer side if None. What would be
            thinner than a line is drawn thicker, with a dashed edge, and the drawing says how much.

    Raises:
        InputError: a side below 1 or above ``longest``.
    """
    return Matrix((rows, columns), name, role, below, longest or max(rows, columns), length)


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
        self._roles = {label: role_of(roles.get(label, "key")) for label in self._vectors}
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
        for label in sorted(arrows, key=lambda label: self._roles[label] is not ROLES["query"]):
            look = self._roles[label]
            thick = 6 if look is ROLES["query"] else 2.4
            canvas.line(arrows[label], look.edge, thick=thick, head=True)
        places = _beside_tips(arrows)
        for label, place in places.items():
            canvas.text(*place, label, ink=self._roles[label].edge, bold=True, ground=CARD, verbatim=True)


def _name_width(label: str) -> float:
    return width_of(label, SIZES["normal"], bold=True)


def _beside_tips(arrows: Mapping[str, tuple[Point, Point]]) -> dict[str, Point]:
    """Where the names of arrows stand: beyond their tips, turned aside as far as others are in the way."""
    taken = [
        (start[0] + (end[0] - start[0]) * part / 24, start[1] + (end[1] - start[1]) * part / 24)
        for start, end in arrows.values()
        for part in range(25)
    ]
    places: dict[str, Point] = {}
    for label, (start, tip) in arrows.items():
        half = (_name_width(label) / 2 + 3, 9.0)
        ahead = math.atan2(tip[1] - start[1], tip[0] - start[0])
        tried = []
        for turn in (0, 40, -40, 80, -80, 115, -115):
            angle = ahead + math.radians(turn)
            across, down = math.cos(angle), math.sin(angle)
            away = min(half[0] / abs(across or 1e-9), half[1] / abs(down or 1e-9)) + 5
            place = tip[0] + away * across, tip[1] + away * down
            hidden = sum(abs(px - place[0]) < half[0] and abs(py - place[1]) < half[1] for px, py in taken)
            names = ((places[other], _name_width(other) / 2 + 3) for other in places)
            hidden += 100 * sum(
                abs(p[0] - place[0]) < half[0] + wide and abs(p[1] - place[1]) < 18 for p, wide in names
            )
            tried.append((hidden, abs(turn), place))
        places[label] = min(tried)[2]
    return places


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
