"""The static picture of an interactive view, for where no script runs: paper, untrusted notebooks, git."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from matplotlib import colormaps
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from albert_lab.viz.labels import DPI, every, largest_below, plain, title_lines

NAMED_UP_TO = 32  # tokens; the names of more would not fit
SMALLEST = 0.2  # inches of a square
SHADES, GREYS = 200, 56  # colours of the PNG: those of the weights, and those of the text


def still_picture(
    attention: np.ndarray,
    tokens: tuple[Sequence[str], Sequence[str]],
    layers: Sequence[int],
    heads: Sequence[int],
    title: str = "",
) -> bytes:
    """Squares of weights as a PNG: layers as rows, heads as columns; of one layer with the tokens' names.

    In each square rows are the tokens that look and columns the tokens looked at, in the order of the text.
    The same arguments give the same bytes.

    Args:
        attention: (L, N, Tq, Tk).
        tokens: the Tq tokens that look, and the Tk looked at.
        layers, heads: the numbers of the L layers and the N heads.
        title: above the picture.
    """
    named = len(layers) == 1 and max(map(len, tokens)) <= NAMED_UP_TO
    names, below = [[plain(token) for token in side] if named else [] for side in tokens]
    side = _side(len(layers), len(heads))
    shown = largest_below(attention, int(side * DPI))
    gap = max(1, shown.shape[-1] // 12)
    step = shown.shape[-2] + gap, shown.shape[-1] + gap
    padded = np.pad(shown, ((0, 0), (0, 0), (0, gap), (0, gap)), constant_values=np.nan)
    image = padded.transpose(0, 2, 1, 3).reshape(len(layers) * step[0], -1)[:-gap, :-gap]
    figure, axes, heading = _empty_picture((len(layers), len(heads)), side, (names, below), title)
    try:
        drawn = axes.imshow(image, vmin=0, vmax=1, cmap="viridis", interpolation="nearest", aspect="auto")
        _name_axes(axes, layers, heads, (names, below), step)
        axes.set_title(heading, fontsize=10, parse_math=False)
        inch = 1 / (figure.get_figwidth() * axes.get_position().width)
        bar = axes.inset_axes((1 + 0.1 * inch, 0, 0.12 * inch, 1))
        figure.colorbar(drawn, cax=bar, label="attention weight")
        return _small_png(figure)
    finally:
        plt.close(figure)


def _side(rows: int, columns: int) -> float:
    """Inches of one square: those of many heads make the picture wider than a notebook's page."""
    return max(SMALLEST, min(1.0 if rows > 1 else 2.4, 7.5 / columns))


def _empty_picture(
    grid: tuple[int, int], side: float, names: tuple[Sequence[str], Sequence[str]], title: str
) -> tuple[Figure, Axes, str]:
    """Room for the squares and fixed margins in inches: measuring the labels would take most of the time."""
    rows, columns = grid
    label, below = (0.075 * max(map(len, side), default=0) for side in names)
    tall = max(side, 0.14 * max(map(len, names)))
    left, right = 0.6 + label, 0.8
    width, height = (tall if columns == 1 else side) * columns, tall * rows
    heading = title_lines(title, left + width + right - 0.3)
    top = 0.18 + 0.17 * len(heading.splitlines()) if heading else 0.1
    bottom = 0.5 + (below if columns == 1 else 0)
    size = (left + width + right, bottom + height + top)
    figure = plt.figure(figsize=size, dpi=DPI)
    place = (left / size[0], bottom / size[1], width / size[0], height / size[1])
    return figure, figure.add_axes(place), heading


def _name_axes(
    axes: Axes,
    layers: Sequence[int],
    heads: Sequence[int],
    names: tuple[Sequence[str], Sequence[str]],
    step: tuple[int, int],
) -> None:
    beside, below = names
    if beside:
        axes.set_yticks(range(len(beside)), beside, fontsize=8, parse_math=False)
        axes.set_ylabel(f"layer {layers[0]}: the token that looks")
    else:
        axes.set_yticks([(step[0] - 1) / 2 + step[0] * row for row in range(len(layers))], layers)
        axes.set_ylabel("layer")
    if below and len(heads) == 1:
        axes.set_xticks(range(len(below)), below, rotation=90, fontsize=8, parse_math=False)
        axes.set_xlabel(f"head {heads[0]}: the token looked at")
    else:
        width = axes.get_position().width * axes.figure.get_figwidth()
        shown = range(0, len(heads), every(len(heads), width, 0.26))
        middles = [(step[1] - 1) / 2 + step[1] * column for column in shown]
        axes.set_xticks(middles, [heads[column] for column in shown])
        axes.set_xlabel("head, in each one the tokens looked at in the same order" if below else "head")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _small_png(figure: Figure) -> bytes:
    """The figure as a PNG of 256 colours, without the version of matplotlib."""
    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", facecolor="white")
    pixels = np.asarray(Image.open(drawn).convert("RGB")).astype(int) @ [1 << 16, 1 << 8, 1]
    present, places = np.unique(pixels, return_inverse=True)
    shades = colormaps["viridis"](np.linspace(0, 1, SHADES))[:, :3]
    greys = np.linspace(0, 1, GREYS)[:, None].repeat(3, axis=1)
    palette = np.rint(np.concatenate([shades, greys]) * 255).astype(int)
    wanted = np.stack([present >> 16, present >> 8 & 255, present & 255], axis=1)
    nearest = ((wanted[:, None] - palette) ** 2).sum(-1).argmin(1).astype(np.uint8)
    picture = Image.fromarray(nearest[places].reshape(pixels.shape)).convert("P")
    picture.putpalette(palette.astype(np.uint8).tobytes())
    picture.save(small, "png", optimize=True)
    return small.getvalue()
