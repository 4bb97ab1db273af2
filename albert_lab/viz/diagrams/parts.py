"""What a drawing is made of: text, boxes, tokens, vectors, tables, masks, matrices to scale."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from albert_lab.errors import InputError
from albert_lab.viz.diagrams.canvas import Canvas
from albert_lab.viz.diagrams.part import Labelled, Part, Region
from albert_lab.viz.diagrams.style import (
    INK,
    QUIET,
    ROLES,
    SIZES,
    Role,
    formula_width,
    ink_of,
    line_height,
    lines_of,
    readable,
    role_of,
    width_of,
)

_BOX = (112, 34)  # the least size of a box
_CELL = 26  # the height of a cell, and its least width
_SMALL = 15  # a cell without anything in it
_THINNEST = 3  # pixels of a matrix
_MANY = 12  # cells that are drawn one by one

Chosen = Iterable[int | tuple[int, int]]


class Text(Part):
    def __init__(self, words: object, role: str, size: str, bold: bool) -> None:
        if size not in SIZES:
            raise InputError(f"there is no size {size!r}.", expected=", ".join(SIZES))
        self._lines, self._size, self._bold = lines_of(words), size, bold
        self._ink = ink_of(role)
        width = max(formula_width(line, SIZES[size], bold=bold) for line in self._lines)
        height = len(self._lines) * line_height(size)
        self._sized((0, 0, width, height), width, height)

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        look = {"size": self._size, "ink": self._ink, "bold": self._bold}
        canvas.lines(x + self.axis[0], y + self.height / 2, self._lines, **look)


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
        canvas.lines(x + width / 2, y + height / 2, self._lines, ink=self._role.ink, ground=ground)


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


class Cells(Labelled):
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
        self._tall = _CELL if any(map(any, cells)) else least
        self._widths = [self._width_of_column(j, least) for j in range(len(cells[0]))]
        if len(cells) > 1:  # a table: all columns alike
            self._widths = [max(self._widths)] * len(self._widths)
        self._label(sum(self._widths), self._tall * len(cells), name, lines_of(below))
        self._make_room()

    def _width_of_column(self, j: int, least: float) -> float:
        inside = [width_of(row[j], SIZES["normal"]) + 12 for row in self._cells if row[j]]
        above = [width_of(name, SIZES["small"]) + 8 for name in self._columns[j : j + 1]]
        return max([least, *inside, *above])

    def _make_room(self) -> None:
        """Room for the names of the rows on the left and of the columns above, beside that of the labels."""
        left, top, right, bottom = self.body
        self.aside = max((width_of(row, SIZES["small"]) + 8 for row in self._rows), default=0.0)
        more, head = max(0.0, self.aside - left), line_height("small") + 4 if self._columns else 0.0
        body = (left + more, top + head, right + more, bottom + head)
        self._sized(body, self.width + more, self.height + head)

    def __getitem__(self, index: int | tuple[int, int]) -> Region:
        """The cell with this number, in reading order; or the one at (row, column).

        Raises:
            InputError: there is none.
        """
        wide = len(self._widths)
        try:
            place = index if isinstance(index, tuple) else divmod(range(wide * len(self._cells))[index], wide)
            i, j = range(len(self._cells))[place[0]], range(wide)[place[1]]
        except (IndexError, TypeError) as error:
            raise InputError(
                f"there is no cell {index!r}.", expected=f"one of {len(self._cells)} × {wide} cells"
            ) from error
        left, top = self.body[0] + sum(self._widths[:j]), self.body[1] + i * self._tall
        return Region(self, (left, top, left + self._widths[j], top + self._tall))

    def paint_body(self, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
        places = itertools.product(range(len(self._cells)), range(len(self._widths)))
        for i, j in sorted(places, key=lambda place: self._looks[place[0]][place[1]].hatch):
            self._paint_cell(canvas, x, y, i, j)  # the lit ones last, so that their thick edges are whole
        for i, row in enumerate(self._rows):
            middle = y + (i + 0.5) * self._tall
            canvas.text(x - 6, middle, row, size="small", ink=QUIET, anchor="end", verbatim=True)
        for j, column in enumerate(self._columns):
            middle = x + sum(self._widths[:j]) + self._widths[j] / 2
            height = y - 4 - line_height("small") / 2
            canvas.text(middle, height, column, size="small", ink=QUIET, verbatim=True)

    def _paint_cell(self, canvas: Canvas, x: float, y: float, i: int, j: int) -> None:
        look, wide = self._looks[i][j], self._widths[j]
        left, top = x + sum(self._widths[:j]), y + i * self._tall
        canvas.rect(left, top, wide, self._tall, look, corner=0, thick=2.2 if look.hatch else 1.2)
        if self._crossed and self._crossed[i][j]:
            middle, r = (left + wide / 2, top + self._tall / 2), 4.5
            for side in (-1, 1):
                ends = [(middle[0] - r, middle[1] - side * r), (middle[0] + r, middle[1] + side * r)]
                canvas.line(ends, look.edge)
        if self._cells[i][j]:
            style = {"ink": look.ink, "ground": look.fill if look.hatch else "", "verbatim": True}
            canvas.text(left + wide / 2, top + self._tall / 2, self._cells[i][j], **style)


def tokens(
    words: Sequence[object],
    role: str = "plain",
    *,
    name: str = "",
    below: str = "",
    lit: Chosen = (),
    muted: Chosen = (),
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
    lit: Chosen = (),
    digits: int = 2,
) -> Part:
    """A vector as a row of cells, upright as a column.

    Args:
        numbers: what stands in the cells; or how many empty cells, of which at most twelve are drawn one by
            one; or the letter for their count, as in ``vector("H")``.
        digits: after the decimal point.
    """
    if isinstance(numbers, int) and numbers < 1:
        raise InputError(f"a vector of {numbers} numbers.", expected="at least one")
    if isinstance(numbers, int | str):
        count = numbers if isinstance(numbers, int) and numbers <= _MANY else 0
        cells = [""] * count if count else ["", "", "", "…", ""]
        below = below or (
            "" if count else f"{numbers:,} numbers" if isinstance(numbers, int) else f"{numbers}"
        )
    else:
        cells = [_shown(value, digits) for value in numbers]
    rows = [[cell] for cell in cells] if upright else [cells]
    _check(rows, (), ())
    looks = _looks(len(rows), len(rows[0]), role, lit, ())
    least = _CELL if any(cells) and "…" not in cells else _SMALL
    return Cells(rows, looks, name=name, below=below, least=least)


def table(
    numbers: Sequence[Sequence[object]],
    *,
    rows: Sequence[object] = (),
    columns: Sequence[object] = (),
    name: str = "",
    below: str = "",
    role: str | Sequence[str] = "plain",
    lit: Chosen = (),
    muted: Chosen = (),
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
    least = _CELL if rows or columns or any(map(any, cells)) else _SMALL
    return Cells(cells, looks, rows=names[0], columns=names[1], name=name, below=below, least=least)


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
    return Cells(cells, looks, rows=names[0], columns=names[1], name=name, below=below, crossed=crossed)


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


def _looks(
    rows: int, columns: int, role: str | Sequence[str], lit: Chosen, muted: Chosen
) -> list[list[Role]]:
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
        height, width = (max(side, _THINNEST) for side in exact)
        counted = f"{sides[0]:,} × {sides[1]:,}"
        self._label(width, height, name, [*(lines_of(below) if below else []), counted, *notes])

    def paint_body(self, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
        canvas.rect(x, y, width, height, self._role, corner=0)


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
            too thin to be seen is drawn thicker, and the drawing says how much.

    Raises:
        InputError: a side below 1 or above ``longest``.
    """
    return Matrix((rows, columns), name, role, below, longest or max(rows, columns), length)
