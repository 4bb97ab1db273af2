"""The head view's lines and the neuron view's unfolded token as static pictures."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from albert_lab.viz.labels import COLOURS, DASHES, DPI, plain, title_lines

MOST_HEADS = 16  # more lines above each other cannot be told apart
FAINTEST = 0.03  # of the strongest line; what is weaker is not seen
WIDTH, LINE = 7.2, 0.21  # inches of the picture, and of one token


def lines_picture(
    attention: np.ndarray,
    tokens: tuple[Sequence[str], Sequence[str]],
    layer: int,
    heads: Sequence[int],
    title: str = "",
) -> bytes:
    """Lines from the tokens that look, left, to those looked at, right, as a PNG.

    A line's colour and dashes are the head, its strength the weight, measured against the strongest shown.

    Args:
        attention: (N, Tq, Tk).
        tokens: the Tq tokens that look, and the Tk looked at.
        layer, heads: the numbers of the layer and of the N heads.
        title: above the picture.
    """
    left, right = ([plain(token) for token in side] for side in tokens)
    figure, axes = _picture(max(len(left), len(right)), _heading(title, f"Layer {layer}"))
    try:
        strongest = max(float(attention.max()), 1e-6)
        for place, head in enumerate(heads):
            axes.add_collection(_lines(attention[place] / strongest, head))
            axes.add_patch(Rectangle((0.36 + 0.03 * place, -1.6), 0.022, 0.8, color=COLOURS[head % 8]))
            number = {"ha": "center", "va": "center", "fontsize": 7, "color": "white"}
            axes.text(0.371 + 0.03 * place, -1.18, str(head), **number)
        axes.text(0.345, -1.18, "head", ha="right", va="center", fontsize=8)
        scale = f"full strength: {strongest:.2f}"
        axes.text(0.39 + 0.03 * len(heads), -1.18, scale, ha="left", va="center", fontsize=8)
        for x, names, side in ((0.34, left, "right"), (0.66, right, "left")):
            for row, name in enumerate(names):
                axes.text(x, row, name, ha=side, va="center", fontsize=9, parse_math=False)
        axes.text(0.16, -1.18, "looks", ha="center", va="center", fontsize=8, style="italic")
        axes.text(0.84, -1.18, "looked at", ha="center", va="center", fontsize=8, style="italic")
        return _png(figure)
    finally:
        plt.close(figure)


def _lines(strengths: np.ndarray, head: int) -> LineCollection:
    """All lines of one head that can be seen: strengths (Tq, Tk) from 0 to 1."""
    pairs = np.argwhere(strengths >= FAINTEST)
    return LineCollection(
        [((0.355, row), (0.645, column)) for row, column in pairs],
        colors=COLOURS[head % 8],
        alpha=[float(strengths[row, column]) for row, column in pairs],
        linestyles=[DASHES[head % 8]],
        linewidths=1.6,
    )


def unfolded_picture(
    query: np.ndarray,
    keys: np.ndarray,
    weights: np.ndarray,
    names: tuple[str, Sequence[str]],
    where: str,
    title: str = "",
) -> bytes:
    """One token of the neuron view, opened: its query, all keys, their products, sums and weights, as a PNG.

    Args:
        query: (d,), of the token that looks.
        keys: (Tk, d).
        weights: (Tk,), its row of the attention.
        names: the token that looks, and the Tk looked at.
        where: the layer and the head, in words.
        title: above the picture.
    """
    looks, looked_at = plain(names[0]), [plain(token) for token in names[1]]
    products, count = query * keys, len(looked_at)
    heading = _heading(title, f"{where}: {looks} looks")
    height = 1.5 + 0.18 * len(heading.splitlines()) + LINE * count
    figure, grid = plt.subplots(
        2,
        4,
        figsize=(WIDTH, height),
        dpi=DPI,
        sharex="col",
        width_ratios=(3, 3, 1, 1),
        height_ratios=(1, max(count, 2)),
        layout="constrained",
    )
    try:
        figure.suptitle(heading, fontsize=10, parse_math=False)
        for unused in grid[0, 1:]:
            unused.set_axis_off()
        _strip(grid[0, 0], query[None], [looks], "query q")
        _strip(grid[1, 0], keys, looked_at, "keys k")
        _strip(grid[1, 1], products, [], "products q × k")
        scores = products.sum(-1) / np.sqrt(len(query))
        for axes, values, label in ((grid[1, 2], scores, "q · k / √d"), (grid[1, 3], weights, "weight")):
            axes.barh(range(count), values, color=[COLOURS[0] if v >= 0 else COLOURS[4] for v in values])
            axes.set(ylim=(count - 0.5, -0.5), yticks=[])
            axes.set_title(label, fontsize=9)
            axes.tick_params(labelsize=7)
            axes.spines[["top", "right"]].set_visible(False)
        return _png(figure)
    finally:
        plt.close(figure)


def _strip(axes: Axes, values: np.ndarray, names: Sequence[str], label: str) -> None:
    """Rows of numbers as cells: blue is positive, orange negative."""
    most = max(float(np.abs(values).max()), 1e-6)
    colours = LinearSegmentedColormap.from_list("signs", (COLOURS[4], "white", COLOURS[0]))
    axes.imshow(values, cmap=colours, vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    axes.set_xticks([])
    axes.set_title(f"{label}, {values.shape[-1]} features", fontsize=9)
    axes.tick_params(length=0)


def _heading(title: str, where: str) -> str:
    return f"{title_lines(title, WIDTH)}\n{where}".strip()


def _picture(rows: int, heading: str) -> tuple[Figure, Axes]:
    """One Axes without a frame: a row for each token, 0 to 1 across."""
    top = 0.1 + 0.18 * len(heading.splitlines())
    height = top + LINE * (rows + 2.4)
    figure = plt.figure(figsize=(WIDTH, height), dpi=DPI)
    axes = figure.add_axes((0.01, 0, 0.98, 1 - top / height))
    axes.set(xlim=(0, 1), ylim=(rows, -2))
    axes.set_axis_off()
    figure.suptitle(heading, fontsize=10, y=1 - 0.05 / height, va="top", parse_math=False)
    return figure, axes


def _png(figure: Figure) -> bytes:
    """The figure as a PNG of at most 256 colours, without the version of matplotlib."""
    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", facecolor="white")
    Image.open(drawn).convert("RGB").quantize(256).save(small, "png", optimize=True)
    return small.getvalue()
