"""What every part of a drawing is: a size, a body in it, and places to tie arrows to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from albert_lab.errors import InputError
from albert_lab.viz.diagrams.canvas import Canvas, Point
from albert_lab.viz.diagrams.style import INK, QUIET, SIZES, formula_width, line_height, lines_of

Frame = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, eq=False)
class Spot:
    """A point of a part, found when all parts have their place. ``side`` says where an arrow comes from."""

    part: Part
    x: float
    y: float
    side: str

    def on(self, canvas: Canvas) -> Point:
        """Where the point is.

        Raises:
            InputError: its part is not in the drawing.
        """
        if self.part not in canvas.places:
            raise InputError(
                f"an arrow is tied to a {type(self.part).__name__.lower()} that is not in the drawing.",
                expected="parts of this drawing",
                mend="give the part to drawing(), row() or column() too",
            )
        left, top = canvas.places[self.part]
        return left + self.x, top + self.y


class Anchored:
    """What has a left, right, top, bottom and middle."""

    def _frame(self) -> tuple[Part, Frame, Point]:
        raise NotImplementedError

    @property
    def left(self) -> Spot:
        part, (left, _, _, _), (_, y) = self._frame()
        return Spot(part, left, y, "left")

    @property
    def right(self) -> Spot:
        part, (_, _, right, _), (_, y) = self._frame()
        return Spot(part, right, y, "right")

    @property
    def top(self) -> Spot:
        part, (_, top, _, _), (x, _) = self._frame()
        return Spot(part, x, top, "top")

    @property
    def bottom(self) -> Spot:
        part, (_, _, _, bottom), (x, _) = self._frame()
        return Spot(part, x, bottom, "bottom")

    @property
    def middle(self) -> Spot:
        part, _, (x, y) = self._frame()
        return Spot(part, x, y, "middle")


class Part(Anchored):
    """Something that is drawn.

    Attributes:
        width, height: of all of it, its labels included.
        body: what is left without its labels; neighbours line up with the middle of the bodies.
        axis: the point that lines up with that of the neighbours.
        begins_with_arrow: whether an arrow before it, in a column, runs on in its own.
    """

    begins_with_arrow = False

    width: float
    height: float
    body: Frame
    axis: Point

    def _frame(self) -> tuple[Part, Frame, Point]:
        return self, self.body, self.axis

    def put(self, canvas: Canvas, x: float, y: float) -> None:
        """Draw it with its left upper corner at (x, y).

        Raises:
            InputError: it already stands somewhere else.
        """
        if self in canvas.places:
            raise InputError(
                f"a {type(self).__name__.lower()} stands in the drawing twice.",
                expected="each part once",
                mend="make a second part, by calling its function again",
            )
        canvas.places[self] = (x, y)
        canvas.cover(x, y, x + self.width, y + self.height)
        self.paint(canvas, x, y)

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        raise NotImplementedError

    def _sized(self, body: Frame, width: float, height: float) -> None:
        self.body, self.width, self.height = body, width, height
        self.axis = ((body[0] + body[2]) / 2, (body[1] + body[3]) / 2)


@dataclass(frozen=True, eq=False)
class Region(Anchored):
    """A cell of a part, such as one token of a row of tokens."""

    part: Part
    frame: Frame

    def _frame(self) -> tuple[Part, Frame, Point]:
        left, top, right, bottom = self.frame
        return self.part, self.frame, ((left + right) / 2, (top + bottom) / 2)


class Labelled(Part):
    """A body with a name above it and lines below it, all on one axis."""

    def _label(self, width: float, height: float, name: str = "", below: Sequence[str] = ()) -> None:
        """Set the size: a body of ``width`` by ``height``, and room for its labels."""
        self.name, self.below = (lines_of(name) if name else []), [line for line in below if line]
        above, under = len(self.name) * line_height("normal"), len(self.below) * line_height("small")
        self._above = above + (4 if above else 0)
        needed = [formula_width(line, SIZES["normal"], bold=True) for line in self.name]
        needed += [formula_width(line, SIZES["small"]) for line in self.below]
        whole = max([width, *needed])
        left = (whole - width) / 2
        body = (left, self._above, left + width, self._above + height)
        self._sized(body, whole, self._above + height + under + (4 if under else 0))

    def paint(self, canvas: Canvas, x: float, y: float) -> None:
        left, top, right, bottom = self.body
        middle = x + self.axis[0]
        heights = len(self.name) * line_height("normal"), len(self.below) * line_height("small")
        canvas.lines(middle, y + heights[0] / 2, self.name, bold=True, ink=self.ink)
        canvas.lines(middle, y + bottom + 4 + heights[1] / 2, self.below, size="small", ink=QUIET)
        self.paint_body(canvas, x + left, y + top, right - left, bottom - top)

    ink = INK
    aside = 0.0  # what stands on the left of the body

    def _frame(self) -> tuple[Part, Frame, Point]:
        left, _, right, _ = self.body
        return self, (left - self.aside, 0, right, self.height), self.axis

    def paint_body(self, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
        raise NotImplementedError
