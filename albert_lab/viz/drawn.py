"""The numbers behind a figure: what it draws, in place of how its pixels come out."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure

PLACES = np.linspace(0, 1, 5)  # where a long row of numbers is looked at: ends, quarters, middle
DIGITS = 4  # significant


def drawn(figure: Figure) -> list[dict[str, Any]]:
    """For each Axes with data: its labels, its limits, and a few numbers of everything that it shows.

    Two drawings of the same data give the same answer with any fonts, colours and sizes. A line is told by
    its values at five places along it, an image and a cloud of points by quartiles of their numbers, bars by
    their heights (widths, if they lie).
    """
    return [told for axes in figure.axes if (told := _of_axes(axes))["shows"]]


def _of_axes(axes: Axes) -> dict[str, Any]:
    lines = [_line(*line.get_data(), line.get_label()) for line in axes.lines]
    images = [_cloud("image", image.get_array(), list(image.get_array().shape)) for image in axes.images]
    groups = [found for group in axes.collections for found in _collection(group)]
    sizes = [(bar.get_width(), bar.get_height()) for bar in axes.patches if hasattr(bar, "get_height")]
    lying = "h" if len({round(height, 9) for _, height in sizes}) == 1 else "v"
    lengths = np.array([size[0] if lying == "h" else size[1] for size in sizes])
    bars = [_cloud("bars", lengths, [len(lengths)])] if len(lengths) else []
    return {
        "labels": [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()],
        "limits": [_short([*axes.get_xlim()]), _short([*axes.get_ylim()])],
        "shows": [*lines, *images, *groups, *bars],
    }


def _line(x: Any, y: Any, label: object) -> dict[str, Any]:
    x, y = (np.ma.filled(np.ma.asarray(values, dtype=float), np.nan).ravel() for values in (x, y))
    at = np.rint(PLACES * (len(y) - 1)).astype(int) if len(y) > len(PLACES) else np.arange(len(y))
    named = "" if str(label).startswith("_") else str(label)
    return {"line": named, "size": [len(y)], "x": _short(x[at]), "y": _short(y[at])}


def _cloud(kind: str, values: Any, size: list[int]) -> dict[str, Any]:
    known = np.ma.compressed(np.ma.masked_invalid(np.ma.asarray(values, dtype=float)))
    return {kind: "", "size": size, "y": _short(np.quantile(known, PLACES)) if len(known) else []}


def _collection(group: Collection) -> list[dict[str, Any]]:
    places = np.ma.filled(np.ma.asarray(group.get_offsets(), dtype=float), np.nan)
    values = group.get_array()
    found = []
    if len(places) > 1:
        found += [_cloud(f"points {axis}", places[:, i], [len(places)]) for i, axis in enumerate("xy")]
    if values is not None:
        found.append(_cloud("colours", values, [np.size(values)]))
    return found


def _short(values: Any) -> list[float | None]:
    """Numbers to `DIGITS` significant digits; None for what is no number, as JSON has it."""
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values]
