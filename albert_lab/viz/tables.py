"""A table with many rows and columns, as a picture without written numbers."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import array_of

WIDTH, HEIGHT = 7.2, 3.6  # inches


def table_image(
    values: object,
    *,
    rows_name: str,
    columns_name: str,
    title: str = "",
    label: str = "",
    limits: tuple[float, float] | None = None,
) -> tuple[Figure, Axes]:
    """One coloured square per number, row 0 at the top; blue and red where the numbers have both signs.

    For small tables with a name for each row see `matrix_heatmap`, which writes the numbers.

    Args:
        values: (rows, columns).
        rows_name, columns_name: what the rows and the columns are.
        title, label: above the picture, and beside its colour bar.
        limits: the values of the two ends of the colours; if not given, those of the table.

    Raises:
        InputError: not a table of finite numbers, or limits that are not increasing.
    """
    table = array_of(values, (2,), "values")
    low, high = _ends(table, limits)
    figure, axes = new_figure(WIDTH, HEIGHT)
    colours = "RdBu_r" if low < 0 < high else "viridis"
    image = axes.imshow(table, vmin=low, vmax=high, cmap=colours, aspect="auto", interpolation="nearest")
    axes.set_title(title, fontsize=10, parse_math=False)
    axes.set(xlabel=columns_name, ylabel=rows_name)
    figure.colorbar(image, ax=axes, label=label)
    rows, columns = table.shape
    figure.description = (
        f"{title or 'A table'}: {rows} rows ({rows_name}) by {columns} columns ({columns_name}), "
        f"values from {table.min():.3g} to {table.max():.3g} as colours."
    )
    return figure, axes


def _ends(table: np.ndarray, limits: tuple[float, float] | None) -> tuple[float, float]:
    """The values of the two ends of the colours; symmetric where both signs occur."""
    low, high = limits or (float(table.min()), float(table.max()))
    if limits is None and low == high:
        high += 1.0
    if not low < high:
        raise InputError(f"limits={limits}.", expected="(lowest, highest) with lowest < highest")
    return (-max(-low, high), max(-low, high)) if low < 0 < high else (low, high)
