"""Where the parameters (or operations, or bytes) sit: one bar per network, one piece per part."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import COLOURS, HATCHES, array_of, plain

WRITTEN_FROM = 0.07  # of the longest bar: a shorter piece has no room for its number
_STEPS = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k"))


def parameter_bars(
    bars: Mapping[str, Mapping[str, float]],
    *,
    unit: str = "parameters",
    title: str = "",
    log: bool = False,
) -> tuple[Figure, Axes]:
    """One horizontal bar per name, its parts side by side, its total at the end.

    Colours and hatches tell the parts apart. On a logarithmic axis lengths do not add up: there each part
    is a thin bar of its own.

    Args:
        bars: for each bar the count of each part, for instance from `albert_lab.analysis.parameters`; parts
            of one name share a colour. At most ten parts; a part may be missing from a bar, or be 0.
        unit: what is counted: below the axis.
        title: above the picture.
        log: axis in powers of ten.

    Raises:
        InputError: no bar, more than ten parts, or a negative count.
    """
    parts = list(dict.fromkeys(part for bar in bars.values() for part in bar))
    table, names = _table(bars, parts), [plain(name) for name in bars]
    row = max(0.46, 0.2 * len(parts)) if log else 0.46  # inches
    figure, axes = new_figure(8.4, len(names) * row + 1.1 + 0.22 * -(-len(parts) // 4))
    _draw_pieces(axes, table, parts, log)
    _finish(axes, table, names, log)
    axes.set_xlabel(unit)
    axes.set_title(title, fontsize=10, parse_math=False)
    legend = figure.legend(loc="outside lower center", ncols=min(4, len(parts)), frameon=False, fontsize=9)
    for text in legend.get_texts():
        text.set_parse_math(False)
    figure.description = _description(table, names, parts, unit)
    return figure, axes


def _finish(axes: Axes, table: np.ndarray, names: list[str], log: bool) -> None:
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.invert_yaxis()
    if log:
        axes.set_xscale("log")
        axes.set_xlim(max(0.5, table[table > 0].min(initial=1) / 3), table.max() * 3)
    else:
        _write_totals(axes, table)
    axes.xaxis.set_major_formatter(lambda value, _: short(value))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def short(count: float) -> str:
    """A count with three digits: 11683584 -> "11.7 M"."""
    for size, sign in _STEPS:
        if abs(count) >= 0.9995 * size:
            return f"{count / size:.3g}{sign}" if count < 999.5 * size else f"{count / size:,.0f}{sign}"
    return f"{count:.3g}"


def _table(bars: Mapping[str, Mapping[str, float]], parts: list[str]) -> np.ndarray:
    """(bars, parts), 0 where a bar has not that part."""
    if not bars or not 0 < len(parts) <= len(HATCHES):
        raise InputError(
            f"{len(bars)} bars with {len(parts)} parts.",
            expected=f"at least one bar, and 1 to {len(HATCHES)} parts",
            mend="add small parts up",
        )
    rows = [[bar.get(part, 0) for part in parts] for bar in bars.values()]
    table = array_of(rows, (2,), "bars")
    if table.min() < 0:
        raise InputError(f"a count is {table.min():g}.", expected="counts of 0 or more")
    return table


def _draw_pieces(axes: Axes, table: np.ndarray, parts: list[str], log: bool) -> None:
    each = 0.8 / len(parts) if log else 0.62
    rows, longest = np.arange(len(table)), max(table.sum(axis=1).max(), 1e-12)
    starts = np.zeros(len(table))
    for place, part in enumerate(parts):
        counts = table[:, place]
        shift = (place - (len(parts) - 1) / 2) * each if log else 0
        # Ten parts and eight colours: the last two differ from the first two by their hatch.
        style = {"facecolor": COLOURS[place % len(COLOURS)], "hatch": HATCHES[place], "edgecolor": "white"}
        axes.barh(rows + shift, counts, each, starts, label=plain(part), linewidth=0.6, **style)
        for row in np.flatnonzero(counts > 0 if log else counts > WRITTEN_FROM * longest):
            middle = (counts[row] * 1.1 if log else starts[row] + counts[row] / 2, row + shift)
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.85}
            side = {"ha": "left" if log else "center", "va": "center", "fontsize": 8 - log}
            axes.text(*middle, short(counts[row]), bbox=None if log else box, **side)
        if not log:
            starts = starts + counts


def _write_totals(axes: Axes, table: np.ndarray) -> None:
    for row, total in enumerate(table.sum(axis=1)):
        style = {"textcoords": "offset points", "va": "center", "fontsize": 9, "weight": "bold"}
        axes.annotate(short(total), (total, row), xytext=(5, 0), annotation_clip=False, **style)
    axes.set_xlim(0, max(table.sum(axis=1).max(), 1e-12) * 1.1)


def _description(table: np.ndarray, names: list[str], parts: list[str], unit: str) -> str:
    totals = ", ".join(
        f'"{name}" {short(total)}' for name, total in zip(names, table.sum(axis=1), strict=True)
    )
    row, part = np.unravel_index(table.argmax(), table.shape)
    largest = f'"{plain(parts[part])}" of "{names[row]}" with {short(table[row, part])}'
    return f"Bars of {unit}, by part: {totals}; the largest part is {largest}."
