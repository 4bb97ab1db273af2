"""A table of numbers as text, with words along both axes."""

from __future__ import annotations

from collections.abc import Sequence

from albert_lab.errors import InputError
from albert_lab.viz.labels import array_of, counted

MOST = 40  # rows or columns that are still read and not only scrolled past
GAP = "  "


class NumberTable:
    """Text that a notebook shows as it stands, aligned in columns."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    __repr__ = __str__


def number_table(
    values: object, rows: Sequence[str], columns: Sequence[str], *, decimals: int = 2, corner: str = ""
) -> NumberTable:
    """The numbers themselves: for tables that are to be read, where a picture would be too much.

    >>> number_table([[0.25, 0.75], [0.5, 0.5]], ["red", "hat"], ["red", "hat"], corner="who looks")
    who looks   red   hat
    red        0.25  0.75
    hat        0.50  0.50

    Args:
        values: (rows, columns).
        rows, columns: what stands beside each row and above each column.
        decimals: digits after the point.
        corner: what the rows are, above them.

    Raises:
        InputError: shapes that do not fit, or more than 40 rows or columns.
    """
    table = array_of(values, (2,), "values")
    if max(table.shape) > MOST:
        raise InputError(
            f"a table of {table.shape[0]} rows and {table.shape[1]} columns.",
            expected=f"at most {MOST} of each: the numbers are to be read",
            mend="choose rows or columns, or draw it: table_image(values, ...)",
        )
    beside, above = (
        [" ".join(str(label).split()) for label in counted(labels, count, name)]
        for labels, count, name in zip((rows, columns), table.shape, ("rows", "columns"), strict=True)
    )
    rounded = table.round(decimals) + 0.0  # -0.0 + 0.0 is 0.0
    written = [[f"{number:.{decimals}f}" for number in row] for row in rounded.tolist()]
    widths = [
        max(map(len, [name, *cells])) for name, cells in zip(above, zip(*written, strict=True), strict=True)
    ]
    first = max(map(len, [corner, *beside]))
    lines = [
        GAP.join([name.ljust(first), *(text.rjust(width) for text, width in zip(cells, widths, strict=True))])
        for name, cells in zip([corner, *beside], [above, *written], strict=True)
    ]
    return NumberTable(lines)
