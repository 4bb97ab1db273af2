"""Tables of numbers as colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import DPI, array_of, counted, every, labels_for, largest_below, title_lines

WIDEST = 9.0  # inches: what a notebook shows without shrinking it
TALLEST = 60.0  # inches of all panels: of more tokens or panels each panel is smaller
LONGEST_SIDE = 34  # tokens: the squares of more are smaller, and not each of them has its name written
MOST_PANELS = 256
MOST_NAMES, MOST_NUMBERS = 100, 2500  # written into a table
WRITTEN_UP_TO = 10  # tokens: with more, the numbers would not fit into their squares
NAME_ROOM = 0.13  # inches that a name of 8 points takes across its line


def attention_heatmap(
    attention: object,
    tokens: Sequence[str],
    *,
    titles: Sequence[str] | None = None,
    highest: float = 1.0,
    title: str = "",
) -> tuple[Figure, np.ndarray]:
    """One square per head: which token (row) looks at which (column).

    The colours always run from 0 to ``highest``, so that two pictures can be compared. However many tokens
    there are, the picture stays below some 1,400 by 6,500 pixels: names that have no room are left out in
    equal steps, those that are left stand with their token's number, and where there are more tokens than
    pixels each pixel shows the largest weight beneath it.

    Args:
        attention: weights (T, T), or (N, T, T) for N panels; each row sums to 1.
        tokens: the T tokens.
        titles: one for each panel; "head 0", "head 1", ... if there are several.
        highest: the weight with the brightest colour. With less than 1, larger weights look alike.
        title: above all panels.

    Returns the figure and its axes, an array (N,).

    Raises:
        InputError: shapes that do not fit, more than 256 panels, weights outside 0..1, or ``highest`` not in
            0..1.
    """
    maps, names, headings = _checked_maps(attention, tokens, titles, highest)
    figure, grid, side = _panels(len(maps), len(names))
    panels = grid.ravel()
    room = side - 0.9
    for panel, weights, heading in zip(panels, maps, headings, strict=False):
        _draw_map(panel, weights, highest, room)
        panel.set_title(title_lines(heading, side, 9), fontsize=9, parse_math=False)
        _name_axes(panel, names, names, (room, room))
        if len(names) <= WRITTEN_UP_TO and len(maps) == 1:
            _write_values(panel, weights, weights > 0.55 * highest, "{:.2f}")
    if title:
        figure.suptitle(title_lines(title, figure.get_figwidth(), 11), fontsize=11, parse_math=False)
    for unused in panels[len(maps) :]:
        unused.set_axis_off()
    for panel in grid[:, 0]:
        panel.set_ylabel("query: the token that looks")
    for panel in panels[max(0, len(maps) - grid.shape[1]) : len(maps)]:
        panel.set_xlabel("key: the token looked at")
    bar = {"shrink": 0.8} if figure.get_figheight() <= 35 else {"shrink": 0.4, "aspect": 40, "anchor": (0, 1)}
    figure.colorbar(panels[0].images[0], ax=panels.tolist(), label="attention weight", **bar)
    figure.description = _said_of_maps(maps, names, headings)
    return figure, panels[: len(maps)]


def _draw_map(panel: Axes, weights: np.ndarray, highest: float, room: float) -> None:
    """One map as an image whose coordinates are the tokens' numbers, whatever its pixels are."""
    rows, columns = weights.shape
    shown = largest_below(weights, int(room * DPI))
    place = {} if shown is weights else {"extent": (-0.5, columns - 0.5, rows - 0.5, -0.5)}
    panel.imshow(shown, vmin=0, vmax=highest, cmap="viridis", **place)


def _said_of_maps(maps: np.ndarray, names: list[str], headings: list[object]) -> str:
    panel, query, key = np.unravel_index(maps.argmax(), maps.shape)
    headings = [title_lines(heading, 99) for heading in headings]
    where = f', in the panel "{headings[panel]}"' if len(maps) > 1 else ""
    subject = f"Attention among {len(names)} tokens" + (f" in {len(maps)} panels" if len(maps) > 1 else "")
    title = f' "{headings[0]}"' if len(maps) == 1 and headings[0] else ""
    return (
        f"{subject}{title}: the largest weight, {maps.max():.2f}, goes from "
        f'"{names[query]}" (token {query}) to "{names[key]}" (token {key}){where}; {_most_seen(maps, names)}.'
    )


def _most_seen(maps: np.ndarray, names: list[str]) -> str:
    """The key that gets most: its share of all weights, over all panels."""
    shares = maps.mean(axis=(0, 1))  # (T,)
    key = int(shares.argmax())
    return f'"{names[key]}" (token {key}) gets most of all, {shares[key]:.0%} of the weight'


def _checked_maps(
    attention: object, tokens: Sequence[str], titles: Sequence[str] | None, highest: float
) -> tuple[np.ndarray, list[str], list[object]]:
    maps = array_of(attention, (2, 3), "attention")
    maps = maps.reshape(-1, *maps.shape[-2:])  # (T, T) -> (1, T, T)
    names = labels_for(tokens, maps.shape[2], "tokens")
    if maps.shape[1] != maps.shape[2] or maps.min() < 0 or maps.max() > 1 + 1e-4 or not 0 < highest <= 1:
        raise InputError(
            f"attention of shape {maps.shape} from {maps.min():.3g} to {maps.max():.3g}, highest={highest}.",
            expected="squares (T, T) of weights between 0 and 1, and 0 < highest <= 1",
            mend="pass the weights, after the softmax, of one text: for instance record.attention[layer]",
        )
    if len(maps) > MOST_PANELS:
        raise InputError(
            f"{len(maps)} panels.",
            expected=f"at most {MOST_PANELS}",
            mend="choose layers or heads, or draw all of them with layer_grid(attention)",
        )
    if titles is None:
        titles = [f"head {head}" for head in range(len(maps))] if len(maps) > 1 else [""]
    return maps, names, counted(titles, len(maps), "titles")


def _panels(count: int, tokens: int) -> tuple[Figure, np.ndarray, float]:
    """Figure, axes and the side of a panel in inches: as wide as its names want, as far as there is room."""
    tokens = min(tokens, LONGEST_SIDE)
    side = max(2.2, 0.24 * tokens + 0.9) if count > 1 else max(3.0, 0.36 * tokens + 1.0)
    rows = -(-count // max(1, int(WIDEST / side)))
    while rows * side > TALLEST:
        side = WIDEST / (int(WIDEST / side) + 1)
        rows = -(-count // int(WIDEST / side + 1e-9))
    columns = -(-count // rows)
    figure, axes = new_figure(side * columns + 1.0, side * rows + 0.5, rows, columns, squeeze=False)
    return figure, axes, side


def matrix_heatmap(
    values: object,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str = "",
    label: str = "",
    columns_name: str = "",
    limits: tuple[float, float] | None = None,
    decimals: int = 2,
) -> tuple[Figure, Axes]:
    """A table of numbers, each written into its square; blue and red where ``limits`` holds both signs.

    Args:
        values: (rows, columns).
        rows, columns: what stands beside each row and below each column.
        label, columns_name: what the numbers are (beside the colour bar), and what the columns are.
        limits: the values of the two ends of the colours; if not given, those of the table.
        decimals: how many are written of each number.

    Raises:
        InputError: shapes that do not fit, limits that are not increasing, more than 100 rows or
            columns, or more than 2,500 numbers.
    """
    table = array_of(values, (2,), "values")
    if table.size > MOST_NUMBERS or max(table.shape) > MOST_NAMES:
        raise InputError(
            f"a table of {table.shape[0]} rows and {table.shape[1]} columns.",
            expected=f"at most {MOST_NAMES} of each, and {MOST_NUMBERS:,} numbers: each is written out",
            mend="choose rows or columns, or draw it without numbers and names: table_image(values, ...)",
        )
    beside, below = labels_for(rows, table.shape[0], "rows"), labels_for(columns, table.shape[1], "columns")
    low, high = limits or (float(table.min()), float(table.max()) + 1e-9)
    if not low < high:
        raise InputError(f"limits={limits}.", expected="(lowest, highest) with lowest < highest")
    signed = low < 0 < high
    if signed:
        low, high = -max(-low, high), max(-low, high)
    figure, axes = new_figure(*_table_size(beside, below))
    image = axes.imshow(table, vmin=low, vmax=high, cmap="RdBu_r" if signed else "viridis", aspect="auto")
    _name_axes(axes, beside, below, figure.get_size_inches())
    place = (table - low) / (high - low)
    dark_text = (abs(place - 0.5) < 0.3) if signed else (place > 0.55)
    _write_values(axes, table, dark_text, f"{{:.{decimals}f}}")
    axes.set_title(title, fontsize=10, parse_math=False)
    axes.set_xlabel(columns_name)
    figure.colorbar(image, ax=axes, label=label)
    figure.description = _said_of_table(table, beside, below, title or label)
    return figure, axes


def alignment(
    weights: object, queries: Sequence[str], keys: Sequence[str], *, title: str = ""
) -> tuple[Figure, Axes]:
    """Attention between two texts, or any that is not square: queries as rows, keys as columns.

    The colours run from 0 to 1.

    Args:
        weights: (Tq, Tk), after the softmax; each row sums to 1.
        queries, keys: the Tq and Tk tokens.
        title: above the picture.

    Raises:
        InputError: shapes that do not fit, or weights outside 0..1.
    """
    table = array_of(weights, (2,), "weights")
    if table.min() < 0 or table.max() > 1 + 1e-4:
        raise InputError(
            f"weights from {table.min():.3g} to {table.max():.3g}.",
            expected="weights between 0 and 1, after the softmax",
        )
    beside, below = labels_for(queries, table.shape[0], "queries"), labels_for(keys, table.shape[1], "keys")
    across, down = (0.36 * min(LONGEST_SIDE, len(names)) for names in (below, beside))
    figure, axes = new_figure(max(3.4, across + 2.2), max(2.4, down + 1.4))
    _draw_map(axes, table, 1, max(across, down))
    image = axes.images[0]
    _name_axes(axes, beside, below, (across, down))
    if max(table.shape) <= WRITTEN_UP_TO:
        _write_values(axes, table, table > 0.55, "{:.2f}")
    axes.set(xlabel="key: the token looked at", ylabel="query: the token that looks")
    axes.set_title(title, fontsize=10, parse_math=False)
    figure.colorbar(image, ax=axes, label="attention weight", shrink=0.8)
    rows = list(zip(beside, table.argmax(1), table.max(1), strict=True))
    best = "; ".join(f'"{q}" to "{below[k]}" {w:.2f}' for q, k, w in rows[:LONGEST_SIDE])
    best += "; ..." if len(rows) > LONGEST_SIDE else ""
    figure.description = (
        f"Attention of {len(beside)} queries to {len(below)} keys, the largest of each row: {best}."
    )
    return figure, axes


def _said_of_table(table: np.ndarray, rows: list[str], columns: list[str], subject: str) -> str:
    high, low = (np.unravel_index(place, table.shape) for place in (table.argmax(), table.argmin()))
    places = [f'{table[r, c]:.3g} at "{rows[r]}", "{columns[c]}"' for r, c in (low, high)]
    size = f"{len(rows)} rows by {len(columns)} columns"
    return f'Table "{subject}" of {size} of numbers: from {places[0]} to {places[1]}.'


def _table_size(rows: list[str], columns: list[str]) -> tuple[float, float]:
    width = 0.55 * len(columns) + 0.09 * max(map(len, rows)) + 1.6
    return width, 0.36 * len(rows) + 0.07 * max(map(len, columns)) + 0.8


def _name_axes(axes: Axes, rows: Sequence[str], columns: Sequence[str], room: tuple[float, float]) -> None:
    """Names beside the rows and below the columns, which take ``room`` inches: (across, down)."""
    places, below = _named(columns, room[0])
    turned = 90 if max(map(len, below)) > 5 else 0
    axes.set_xticks(places, below, rotation=turned, fontsize=8, parse_math=False)
    axes.set_yticks(*_named(rows, room[1]), fontsize=8, parse_math=False)
    axes.tick_params(length=0)


def _named(names: Sequence[str], room: float) -> tuple[range, list[str]]:
    """Which places get a name, and the names: with their number where some are left out."""
    step = every(len(names), room, NAME_ROOM)
    places = range(0, len(names), step)
    return places, [names[at] if step == 1 else f"{names[at]} {at}" for at in places]


def _write_values(axes: Axes, table: np.ndarray, dark_text: np.ndarray, form: str) -> None:
    for (row, column), value in np.ndenumerate(table):
        colour = "black" if dark_text[row, column] else "white"
        shown = form.format(value).replace("-0.00", "0.00")
        axes.text(column, row, shown, ha="center", va="center", fontsize=7, color=colour)
