"""What is drawn around a part: a brace, a frame, the arrow of a loop, the way around a residual block."""

from __future__ import annotations

from albert_lab.errors import InputError
from albert_lab.viz.diagrams.canvas import Canvas, Point
from albert_lab.viz.diagrams.part import Anchored, Frame, Part, line_height
from albert_lab.viz.diagrams.parts import box
from albert_lab.viz.diagrams.style import INK, QUIET, SIZES, formula_width, lines_of, role_of

_DEEP = 8  # of a brace
_AWAY = 26  # of a loop's arrow, and of the way around
_PLUS = 9  # radius


class Around(Part):
    """A part with room around it; it lines up with its neighbours as the part within would."""

    def _surround(self, inner: Part, left: float, top: float, right: float, bottom: float) -> None:
        self._inner, self._shift = inner, (left, top)
        self.width, self.height = inner.width + left + right, inner.height + top + bottom
        a, b, c, d = inner.body
        self.body = (a + left, b + top, c + left, d + top)
        self.axis = (inner.axis[0] + left, inner.axis[1] + top)

    def _frame(self) -> tuple[Part, Frame, Point]:
        return self, (self.body[0], 0, self.body[2], self.height), self.axis

    def __getitem__(self, index: int | tuple[int, int]) -> Anchored:
        return self._inner[index]

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        self._inner.put(canvas, x + self._shift[0], y + self._shift[1])
        self.paint_around(canvas, x, y)

    def paint_around(self, canvas: Canvas, x: float, y: float) -> None:
        raise NotImplementedError


class Brace(Around):
    def __init__(self, part: Part, label: str, side: str, cells: tuple[int, int] | None) -> None:
        if side not in ("left", "right", "top", "bottom"):
            raise InputError(f"side={side!r}.", expected="left, right, top or bottom")
        self._lines, self._side = lines_of(label), side
        first, last = (part, part) if cells is None else (part[cells[0]], part[cells[1]])
        self._from, self._to = _frame(first), _frame(last)
        wide = max(formula_width(line, SIZES["small"]) for line in self._lines)
        deep = (
            _DEEP + 6 + (wide if side in ("left", "right") else len(self._lines) * line_height("small")) + 4
        )
        spare = max(0.0, (wide - (self._to[2] - self._from[0])) / 2) if side in ("top", "bottom") else 0.0
        before = max(0.0, spare - self._from[0]) if spare else 0.0
        after = max(0.0, spare - (part.width - self._to[2])) if spare else 0.0
        room = {"left": before, "top": 0.0, "right": after, "bottom": 0.0}
        room[side] += deep
        self._surround(part, **room)

    def paint_around(self, canvas: Canvas, x: float, y: float) -> None:
        dx, dy = x + self._shift[0], y + self._shift[1]
        upright, forth = self._side in ("left", "right"), self._side in ("right", "bottom")
        a, b = (self._from[1] + dy, self._to[3] + dy) if upright else (self._from[0] + dx, self._to[2] + dx)
        inner = self._inner
        edge = {"left": dx, "right": dx + inner.width, "top": dy, "bottom": dy + inner.height}[self._side]
        sign = 1 if forth else -1
        near, far, mid = edge + sign * 3, edge + sign * (3 + _DEEP / 2), (a + b) / 2
        along = (
            [(a + 1, near), (a + 1, far), (mid, far), (mid, far + sign * _DEEP / 2)],
            [(mid, far), (b - 1, far), (b - 1, near)],
        )
        for points in along:
            canvas.line([(p[1], p[0]) if upright else p for p in points], QUIET)
        start = far + sign * (_DEEP / 2 + 3)
        for index, line in enumerate(self._lines):
            step = line_height("small")
            if upright:
                middle = mid + (index - (len(self._lines) - 1) / 2) * step
                canvas.text(start, middle, line, size="small", ink=INK, anchor="start" if forth else "end")
            else:
                down = index if forth else index - (len(self._lines) - 1)
                canvas.text(mid, start + sign * step / 2 + down * step, line, size="small", ink=INK)


def _frame(place: Anchored) -> Frame:
    return place._frame()[1]


def brace(part: Part, label: str, side: str = "bottom", *, cells: tuple[int, int] | None = None) -> Part:
    """A part with a brace and its label along one side, or along some ``cells`` (the first, the last)."""
    return Brace(part, label, side, cells)


class Framed(Around):
    def __init__(self, part: Part, title: str, role: str, pad: float) -> None:
        self._title, self._role = lines_of(title) if title else [], role_of(role)
        top = pad + len(self._title) * line_height("normal")
        wide = max((formula_width(line, SIZES["normal"], bold=True) for line in self._title), default=0)
        spare = max(0.0, wide - part.width) / 2
        self._surround(part, pad + spare, top, pad + spare, pad)
        self.body = (0, 0, self.width, self.height)

    def put(self, canvas: Canvas, x: float, y: float) -> None:
        canvas.rect(x, y, self.width, self.height, self._role, corner=8)
        super().put(canvas, x, y)

    def paint_around(self, canvas: Canvas, x: float, y: float) -> None:
        for index, line in enumerate(self._title):
            middle = y + 6 + (index + 0.5) * line_height("normal")
            ground = self._role.fill if self._role.hatch else ""
            canvas.text(x + self.width / 2, middle, line, bold=True, ink=self._role.ink, ground=ground)


def frame(part: Part, title: str = "", role: str = "muted", *, pad: float = 14) -> Part:
    """A part, or a row or column of them, in a frame with a title."""
    return Framed(part, title, role, pad)


class Loop(Around):
    def __init__(self, part: Part, label: str, role: str) -> None:
        self._times, self._ink = box(label, role=role, least=0), role_of(role).edge
        side = max(_AWAY, self._times.width / 2 + 16)
        tall = max(0.0, self._times.height - part.body[3] + part.body[1]) / 2
        self._surround(part, 0, 14 + tall, side + self._times.width / 2, 14 + tall)
        self._side = self._shift[0] + part.width + side

    def paint_around(self, canvas: Canvas, x: float, y: float) -> None:
        _, top, right, bottom = self.body
        side, (low, high) = x + self._side, (y + self.height - 5, y + 5)
        start = min(x + self.axis[0] + 26, x + right - 6)
        canvas.line(
            [(start, y + bottom), (start, low), (side, low), (side, high), (start, high)], self._ink, thick=2
        )
        canvas.line([(start, high), (start, y + top - 1)], self._ink, thick=2, head=True)
        middle = y + (top + bottom) / 2 - self._times.height / 2
        self._times.put(canvas, side - self._times.width / 2, middle)


def loop(part: Part, label: str, role: str = "shared") -> Part:
    """A part whose output is its next input: an arrow leads back above it, with how often."""
    return Loop(part, label, role)


class Residual(Around):
    def __init__(self, part: Part, label: str, note: str) -> None:
        self._lines, self._note = lines_of(label), note
        wide = max(formula_width(line, SIZES["small"]) for line in self._lines)
        self._surround(part, 0, 22, _AWAY + 8 + wide, 22 + 2 * _PLUS)
        self.body = (self.body[0], 0, self.body[2], self.height)

    def paint_around(self, canvas: Canvas, x: float, y: float) -> None:
        axis, (a, b) = (
            x + self.axis[0],
            (y + self._shift[1] + self._inner.body[1], y + self._shift[1] + self._inner.body[3]),
        )
        side, plus = x + self._shift[0] + self._inner.width + _AWAY - 8, y + self.height - _PLUS
        canvas.line([(axis, y), (axis, a - 2)], INK, head=True)
        canvas.line([(axis, b + 1), (axis, plus - _PLUS - 1)], INK, head=True)
        canvas.line(
            [(axis, y + 8), (side, y + 8), (side, plus), (axis + _PLUS + 2, plus)], INK, thick=2.4, head=True
        )
        canvas.rect(axis - _PLUS, plus - _PLUS, 2 * _PLUS, 2 * _PLUS, role_of("plain"), corner=_PLUS)
        canvas.line([(axis - 4, plus), (axis + 4, plus)], INK, thick=1.8)
        canvas.line([(axis, plus - 4), (axis, plus + 4)], INK, thick=1.8)
        for index, line in enumerate(self._lines):
            middle = (y + 8 + plus) / 2 + (index - (len(self._lines) - 1) / 2) * line_height("small")
            canvas.text(side + 6, middle, line, size="small", anchor="start")


def residual(part: Part, label: str = "residual:\nx itself") -> Part:
    """A part with a way around it: what enters is added to what comes out."""
    return Residual(part, label, "")
