"""What is drawn around a part: a brace, a frame, the arrow of a loop, the way around a residual block."""

from __future__ import annotations

from albert_lab.errors import InputError
from albert_lab.viz.diagrams.canvas import Canvas, Point
from albert_lab.viz.diagrams.part import Anchored, Frame, Part
from albert_lab.viz.diagrams.parts import box
from albert_lab.viz.diagrams.style import INK, QUIET, SIZES, formula_width, line_height, lines_of, role_of

_DEEP = 8  # of a brace
_AWAY = 26  # of a loop's arrow, and of the way around
_PLUS = 9  # radius
_STREAM = 2.4  # the thick line of the way around


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
        self._upright, self._sign = side in ("left", "right"), 1 if side in ("right", "bottom") else -1
        first, last = (part, part) if cells is None else (part[cells[0]], part[cells[1]])
        self._from, self._to = _frame(first), _frame(last)
        wide = max(formula_width(line, SIZES["small"]) for line in self._lines)
        high = len(self._lines) * line_height("small")
        room = {"left": 0.0, "top": 0.0, "right": 0.0, "bottom": 0.0}
        if not self._upright and (spare := (wide - (self._to[2] - self._from[0])) / 2) > 0:
            room["left"] = max(0.0, spare - self._from[0])
            room["right"] = max(0.0, spare - (part.width - self._to[2]))
        room[side] += _DEEP + 10 + (wide if self._upright else high)
        self._surround(part, **room)

    def paint_around(self, canvas: Canvas, x: float, y: float) -> None:
        left, top = x + self._shift[0], y + self._shift[1]
        right, bottom = left + self._inner.width, top + self._inner.height
        edge = {"left": left, "top": top, "right": right, "bottom": bottom}[self._side]
        sign, start = self._sign, top if self._upright else left
        axis = 1 if self._upright else 0
        a, b = start + self._from[axis], start + self._to[axis + 2]
        near, far, middle = edge + sign * 3, edge + sign * (3 + _DEEP / 2), (a + b) / 2
        half = [(a + 1, near), (a + 1, far), (middle, far), (middle, far + sign * _DEEP / 2)]
        for points in (half, [(middle, far), (b - 1, far), (b - 1, near)]):
            canvas.line([point[::-1] if self._upright else point for point in points], QUIET)
        beyond = far + sign * (_DEEP / 2 + 3)
        if self._upright:
            canvas.lines(beyond, middle, self._lines, size="small", anchor="start" if sign > 0 else "end")
        else:
            half_high = len(self._lines) * line_height("small") / 2
            canvas.lines(middle, beyond + sign * half_high, self._lines, size="small")


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
        middle = y + 6 + len(self._title) * line_height("normal") / 2
        look = {"bold": True, "ink": self._role.ink, "ground": self._role.fill if self._role.hatch else ""}
        canvas.lines(x + self.width / 2, middle, self._title, **look)


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
        (_, top, right, bottom), times = self.body, self._times
        side, (low, high) = x + self._side, (y + self.height - 5, y + 5)
        start = min(x + self.axis[0] + 26, x + right - 6)
        ends = y + self._shift[1], y + self._shift[1] + self._inner.height
        upper = y + (top + bottom - times.height) / 2
        down = [(start, ends[1]), (start, low), (side, low), (side, upper + times.height)]
        up = [(side, upper), (side, high), (start, high), (start, ends[0] - 1)]
        canvas.line(down, self._ink, thick=2)
        canvas.line(up, self._ink, thick=2, head=True)
        times.put(canvas, side - times.width / 2, upper)


def loop(part: Part, label: str, role: str = "shared") -> Part:
    """A part whose output is its next input: an arrow leads back above it, with how often."""
    return Loop(part, label, role)


class Residual(Around):
    begins_with_arrow = True

    def __init__(self, part: Part, label: str) -> None:
        self._lines = lines_of(label)
        wide = max(formula_width(line, SIZES["small"]) for line in self._lines)
        self._surround(part, 0, 22, _AWAY + 8 + wide, 22 + 2 * _PLUS)
        self.body = (self.body[0], 0, self.body[2], self.height)

    def paint_around(self, canvas: Canvas, x: float, y: float) -> None:
        axis, enters = x + self.axis[0], y + self._shift[1]
        leaves, plus = enters + self._inner.height, y + self.height - _PLUS
        branch, side = y + 8, x + self._shift[0] + self._inner.width + _AWAY - 8
        canvas.line([(axis, y), (axis, branch)], INK, thick=_STREAM)
        canvas.line([(axis, branch), (axis, enters - 2)], INK, head=True)
        canvas.line([(axis, leaves + 1), (axis, plus - _PLUS - 1)], INK, head=True)
        way = [(axis, branch), (side, branch), (side, plus), (axis + _PLUS + 2, plus)]
        canvas.line(way, INK, thick=_STREAM, head=True)
        canvas.rect(axis - _PLUS, plus - _PLUS, 2 * _PLUS, 2 * _PLUS, role_of("plain"), corner=_PLUS)
        canvas.line([(axis - 4, plus), (axis + 4, plus)], INK, thick=1.8)
        canvas.line([(axis, plus - 4), (axis, plus + 4)], INK, thick=1.8)
        canvas.lines(side + 6, (branch + plus) / 2, self._lines, size="small", anchor="start")


def residual(part: Part, label: str = "residual:\nx itself") -> Part:
    """A part with a way around it: what enters is added to what comes out."""
    return Residual(part, label)
