"""Where parts stand: beside each other, above each other, in a grid; and the arrows between them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from albert_lab.errors import InputError
from albert_lab.viz.diagrams.canvas import Canvas, Point
from albert_lab.viz.diagrams.part import Anchored, Part, Spot
from albert_lab.viz.diagrams.parts import text
from albert_lab.viz.diagrams.style import CARD, QUIET, SIZES, formula_width, ink_of, line_height, lines_of

_ALIGN = {"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}
_PAD = 5  # between an arrow and its neighbours, and its label
_OUT = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1), "middle": (0, 0)}


class Arrow(Part):
    """An arrow that takes its own room between two parts; the row or column that holds it turns it."""

    def __init__(self, label: object, note: object, role: str) -> None:
        self._labels = [lines_of(words) if words else [] for words in (label, note)]
        self._ink = ink_of(role)
        self._down, self._beyond = False, 0.0
        self.turn(down=False)

    def turn(self, *, down: bool) -> None:
        """Point to the right, or down."""
        self._down = down
        wide = [
            max((formula_width(line, SIZES["small"]) for line in lines), default=0) for lines in self._labels
        ]
        high = [len(lines) * line_height("small") for lines in self._labels]
        if down:
            before, after = (width + 2 * _PAD if width else 0.0 for width in (wide[1], wide[0]))
            length = max(30.0, max(high) + 12)
            self._sized((before, 0, before, length), before + after, length)
        else:
            length = max(40.0, max(wide) + 16)
            self._sized((0, high[0], length, high[0]), length, sum(high))
        # An arrow without words still needs room for its head.
        self.width, self.height = max(self.width, 1.0), max(self.height, 1.0)

    def run_on(self, gap: float) -> None:
        """Lead over the gap after it into the arrow with which the next part begins."""
        self._beyond = gap

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        left, top, right, bottom = self.body
        ends = [(x + left, y + top), (x + right, y + bottom)]
        if self._beyond:
            canvas.line([ends[0], (ends[1][0], ends[1][1] + self._beyond)], self._ink, thick=2.4)
        else:
            canvas.line(ends, self._ink, head=True)
        for side, lines in zip((-1, 1), self._labels, strict=True):
            self._write(canvas, lines, ends, side)

    def _write(self, canvas: Canvas, lines: Sequence[str], ends: Sequence[Point], side: int) -> None:
        """The label (side -1: above, or on the right) or the note (side 1: below, or on the left)."""
        x, y = (ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2
        look = {"size": "small", "ink": self._ink if side < 0 else QUIET}
        if self._down:
            canvas.lines(x - side * _PAD * 1.6, y, lines, anchor="start" if side < 0 else "end", **look)
        else:
            away = len(lines) * line_height("small") / 2 + (3 if side < 0 else 2)
            canvas.lines(x, y + side * away, lines, **look)


def arrow(label: object = "", note: object = "", role: str = "plain") -> Part:
    """An arrow to the next part of a row (to the right) or of a column (down).

    Args:
        label: what happens on the way; above the arrow, or right of it.
        note: in quiet letters on its other side.
    """
    return Arrow(label, note, role)


def _part_of(given: Part | str) -> Part:
    """A string as a text, a part as it is.

    Raises:
        InputError: it is neither.
    """
    if isinstance(given, str):
        return text(given)
    if not isinstance(given, Part):
        raise InputError(
            f"a {type(given).__name__} is no part.",
            expected="parts, such as box(), row() and arrow(), or strings",
            mend="give links to drawing() itself, after its parts" if isinstance(given, Link) else "",
        )
    return given


class Stack(Part):
    def __init__(self, parts: Sequence[Part | str], gap: float, align: str, *, down: bool) -> None:
        if not parts or align not in ("axis", *_ALIGN):
            raise InputError(
                f"{len(parts)} parts, align={align!r}.",
                expected=f"at least one part; axis, {', '.join(_ALIGN)}",
            )
        self._parts = [_part_of(part) for part in parts]
        for part in self._parts:
            if isinstance(part, Arrow):
                part.turn(down=down)
        for part, following in itertools.pairwise(self._parts):
            if isinstance(part, Arrow) and down and following.begins_with_arrow:
                part.run_on(gap + 0.5)
        before, after = zip(*(self._across(part, align, down) for part in self._parts), strict=True)
        whole, line, along = max(before) + max(after), max(before), 0.0
        self._spots: list[Point] = []
        for part, ahead in zip(self._parts, before, strict=True):
            self._spots.append((line - ahead, along) if down else (along, line - ahead))
            along += (part.height if down else part.width) + gap
        along -= gap
        width, height = (whole, along) if down else (along, whole)
        self._sized((0, 0, width, height), width, height)
        if align == "axis":
            self.axis = (line, height / 2) if down else (width / 2, line)

    @staticmethod
    def _across(part: Part, align: str, down: bool) -> tuple[float, float]:
        """How far a part reaches on both sides of the line on which all are lined up."""
        size = part.width if down else part.height
        ahead = (part.axis[0] if down else part.axis[1]) if align == "axis" else size * _ALIGN[align]
        return ahead, size - ahead

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        for part, (dx, dy) in zip(self._parts, self._spots, strict=True):
            part.put(canvas, x + dx, y + dy)


def row(*parts: Part | str, gap: float = 8, align: str = "axis") -> Part:
    """Parts beside each other, the middles of their bodies on one line; a string is a text.

    Args:
        align: ``"top"`` or ``"bottom"`` lines up their edges instead.
    """
    return Stack(parts, gap, align, down=False)


def column(*parts: Part | str, gap: float = 6, align: str = "axis") -> Part:
    """Parts above each other, the middles of their bodies on one line; a string is a text.

    Args:
        align: ``"left"`` or ``"right"`` lines up their edges instead.
    """
    return Stack(parts, gap, align, down=True)


class Grid(Part):
    def __init__(self, rows: Sequence[Sequence[Part | str | None]], gap: float) -> None:
        if len({len(line) for line in rows}) != 1 or not rows[0]:
            raise InputError(f"rows of {[len(line) for line in rows]} parts.", expected="rows of one length")
        self._rows = [[part if part is None else _part_of(part) for part in line] for line in rows]
        columns = [*zip(*self._rows, strict=True)]
        self._xs, width = self._lines(columns, 0, gap)
        self._ys, height = self._lines(self._rows, 1, gap)
        self._sized((0, 0, width, height), width, height)

    @staticmethod
    def _lines(lines: Sequence[Sequence[Part | None]], axis: int, gap: float) -> tuple[list[float], float]:
        """Where the lines are on which the parts are lined up, and how far all of them reach."""
        places, end = [], 0.0
        for line in lines:
            there = [(part.axis[axis], (part.width, part.height)[axis]) for part in line if part is not None]
            before = max((ahead for ahead, _ in there), default=0.0)
            places.append(end + before)
            end += before + max((size - ahead for ahead, size in there), default=0.0) + gap
        return places, end - gap

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        for line, middle in zip(self._rows, self._ys, strict=True):
            for part, across in zip(line, self._xs, strict=True):
                if part is not None:
                    part.put(canvas, x + across - part.axis[0], y + middle - part.axis[1])


def grid(*rows: Sequence[Part | str | None], gap: float = 14) -> Part:
    """Parts in rows and columns, lined up both ways; None leaves a place empty."""
    return Grid(rows, gap)


class Link:
    """An arrow from one part to another, drawn when both have their place."""

    def __init__(
        self,
        ends: tuple[Anchored, Anchored],
        label: str,
        role: str,
        *,
        bend: float,
        square: bool,
        dashed: bool,
        head: bool,
    ) -> None:
        self._ends, self._label = ends, lines_of(label) if label else []
        self._bend, self._square, self._head = bend, square, head
        self._ink, self._dash = ink_of(role), "5 3" if dashed else ""

    def paint(self, canvas: Canvas) -> None:
        start, end = self._spots(canvas)
        a, b = (_off(spot.on(canvas), spot.side, 3) for spot in (start, end))
        path = _corners(a, b, start.side, end.side) if self._square else _bent(a, b, self._bend)
        curve = bool(self._bend) and not self._square
        canvas.line(path, self._ink, dash=self._dash, curve=curve, head=self._head)
        x, y = _halfway(path, curve=curve)
        canvas.lines(x, y, self._label, size="small", ink=self._ink, ground=CARD)

    def _spots(self, canvas: Canvas) -> tuple[Spot, Spot]:
        """The two points; where a part is given and no point of it, the sides that face each other."""
        points = [end if isinstance(end, Spot) else end.middle for end in self._ends]
        (ax, ay), (bx, by) = (point.on(canvas) for point in points)
        if abs(bx - ax) > abs(by - ay):
            sides = ("right", "left") if bx > ax else ("left", "right")
        else:
            sides = ("bottom", "top") if by > ay else ("top", "bottom")
        first, second = (
            end if isinstance(end, Spot) else getattr(end, side)
            for end, side in zip(self._ends, sides, strict=True)
        )
        return first, second


def _off(point: Point, side: str, distance: float) -> Point:
    return point[0] + _OUT[side][0] * distance, point[1] + _OUT[side][1] * distance


def _bent(a: Point, b: Point, bend: float) -> list[Point]:
    """A straight line, or a curve that is pulled to its left."""
    if not bend:
        return [a, b]
    pull = bend * (b[1] - a[1]), -bend * (b[0] - a[0])
    pulled = [
        (p[0] * 0.75 + q[0] * 0.25 + pull[0], p[1] * 0.75 + q[1] * 0.25 + pull[1])
        for p, q in ((a, b), (b, a))
    ]
    return [a, *pulled, b]


def _corners(a: Point, b: Point, start: str, end: str) -> list[Point]:
    """A line that runs along and across only."""
    leaves, enters = (side in ("top", "bottom") for side in (start, end))
    if leaves != enters:
        return [a, (a[0], b[1]) if leaves else (b[0], a[1]), b]
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    return [a, (a[0], y), (b[0], y), b] if leaves else [a, (x, a[1]), (x, b[1]), b]


def _halfway(path: Sequence[Point], *, curve: bool) -> Point:
    """Where a label stands: the middle of a curve, or of the longest piece of a line."""
    if curve:
        return tuple((path[0][i] + 3 * path[1][i] + 3 * path[2][i] + path[3][i]) / 8 for i in (0, 1))
    pieces = itertools.pairwise(path)
    a, b = max(pieces, key=lambda piece: abs(piece[0][0] - piece[1][0]) + abs(piece[0][1] - piece[1][1]))
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def link(
    start: Anchored,
    end: Anchored,
    label: str = "",
    role: str = "plain",
    *,
    bend: float = 0,
    square: bool = False,
    dashed: bool = False,
    head: bool = True,
) -> Link:
    """An arrow between two parts of a drawing, or cells (``words[2]``), or points (``words.left``).

    Args:
        label: in its middle.
        bend: 0 is straight; 0.3 bends it to the left as one goes, -0.3 to the right.
        square: whether it runs along and across only, with corners.
        head: False draws a line without an arrow's head.

    Raises:
        InputError: one of the two is nothing that stands in a drawing.
    """
    for end_ in (start, end):
        if not isinstance(end_, Anchored | Spot):
            raise InputError(
                f"a link to a {type(end_).__name__}.",
                expected="a part, a cell of one, or a point such as box.left",
            )
    return Link((start, end), label, role, bend=bend, square=square, dashed=dashed, head=head)
