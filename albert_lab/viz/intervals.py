"""Numbers with what one can be sure of: a point and the interval around it, a row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import COLOURS, MARKERS, array_of, plain


def intervals(
    rows: Mapping[str, Sequence[float]],
    *,
    label: str,
    title: str = "",
    limits: tuple[float, float] | None = None,
) -> tuple[Figure, Axes]:
    """For each name a point with a bar from its lower to its upper bound, and the numbers beside it.

    Args:
        rows: for each name (value, lower bound, upper bound), drawn from top to bottom.
        label: what the horizontal axis shows, with the unit.
        title: above the picture.
        limits: the ends of the horizontal axis.

    Raises:
        InputError: no row, or bounds that are not on both sides of the value.
    """
    values = _checked(rows)
    figure, axes = new_figure(7.2, 0.9 + 0.42 * len(values))
    places = np.arange(len(values))
    for place, (value, low, high) in zip(places, values, strict=True):
        style = {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKERS[place % len(MARKERS)],
            "capsize": 4,
        }
        axes.errorbar(value, place, xerr=[[value - low], [high - value]], ms=7, lw=2, **style)
        said = f"{value:.3f}  [{low:.3f}, {high:.3f}]"
        axes.annotate(said, (high, place), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(places, [plain(name) for name in rows])
    axes.invert_yaxis()
    axes.set(xlabel=label)
    axes.set_title(title, fontsize=10, parse_math=False)
    axes.margins(x=0.3 if limits is None else 0, y=0.15)
    if limits is not None:
        axes.set_xlim(*limits)
    axes.grid(axis="x", alpha=0.3)
    figure.description = _said(rows, values, label)
    return figure, axes


def _said(names: Iterable[str], values: np.ndarray, label: str) -> str:
    numbers = [f"{value:.3f}, between {low:.3f} and {high:.3f}" for value, low, high in values]
    told = "; ".join(f'"{plain(name)}" {text}' for name, text in zip(names, numbers, strict=True))
    return f"{label} with intervals: {told}."


def _checked(rows: Mapping[str, Sequence[float]]) -> np.ndarray:
    if not rows:
        raise InputError("there is nothing to draw.", expected="at least one row")
    values = array_of([list(row) for row in rows.values()], (2,), "rows")
    if values.shape[1] != 3 or (values[:, 1] > values[:, 0]).any() or (values[:, 0] > values[:, 2]).any():
        raise InputError(f"rows of shape {values.shape}.", expected="value, lower bound, upper bound in each")
    return values
