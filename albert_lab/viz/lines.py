"""Lines: training curves, and what changes from layer to layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import COLOURS, DASHES, MARKERS, array_of, plain

MARKED = 12  # points of a line: with more, only every so many-th gets its marker
Line = tuple[np.ndarray, np.ndarray]


def curves(
    lines: Mapping[str, tuple[object, object]],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    limits: tuple[float, float] | None = None,
    log: bool = False,
) -> tuple[Figure, Axes]:
    """One line per name, for instance the loss over the steps of a training, each named at its right end.

    Where two lines end in one place, a legend names them all.

    Args:
        lines: for each name (x, y), both (n,); at most eight names, n may differ.
        xlabel, ylabel: what the axes show, with the unit.
        title: above the picture.
        limits: the ends of the vertical axis.
        log: vertical axis in powers of ten.

    Raises:
        InputError: no line, too many, x and y of different length, or values <= 0 on a logarithmic axis.
    """
    drawn = {str(name): _pair(name, *_two(name, pair)) for name, pair in lines.items()}
    _check_count(drawn)
    if log and min(float(y.min()) for _, y in drawn.values()) <= 0:
        raise InputError("a value is 0 or less.", expected="values above 0 where log=True")
    figure, axes = new_figure(7.2, 3.8)
    if log:
        axes.set_yscale("log")
    _draw(axes, drawn, title, limits)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    _name_ends(axes, drawn)
    ends = "; ".join(f'"{plain(name)}" {_course(x, y)}' for name, (x, y) in drawn.items())
    figure.description = f"Lines of {ylabel} over {xlabel}: {ends}."
    return figure, axes


def layer_curves(
    curves: Mapping[str, Sequence[float]],
    *,
    label: str,
    title: str = "",
    limits: tuple[float, float] | None = None,
) -> tuple[Figure, Axes]:
    """One line per name over the layers 0 (the input embedding) to L, named as `curves` does.

    Args:
        curves: for each name L + 1 values, one for every hidden state; at most eight names.
        label: what the values are.
        title: above the picture.
        limits: the ends of the vertical axis.

    Raises:
        InputError: no curve, too many, or curves of different length.
    """
    values = {name: array_of(values, (1,), f"curve {name!r}") for name, values in curves.items()}
    drawn = {str(name): (np.arange(len(y)), y) for name, y in values.items()}
    _check_count(drawn, same_length=True)
    figure, axes = new_figure(7.2, 3.8)
    _draw(axes, drawn, title, limits)
    layers = next(iter(drawn.values()))[0]
    axes.set_xticks(layers, ["input", *map(str, layers[1:])])
    axes.set(xlabel="hidden state after layer", ylabel=label)
    _name_ends(axes, drawn)
    ends = "; ".join(f'"{plain(name)}" {_course(x, y)}' for name, (x, y) in drawn.items())
    figure.description = f"Lines of {label} over the hidden states 0 (input) to {layers[-1]}: {ends}."
    return figure, axes


def layer_geometry(
    layers: Mapping[str, tuple[object, object]], *, title: str = ""
) -> tuple[Figure, np.ndarray]:
    """How far each layer moves its input: L2 distance on the left, angle in degrees on the right.

    Source: Lan et al. 2020 (arXiv 1909.11942), Figure 1.

    Args:
        layers: for each name (distances (L,), angles in degrees (L,)), as `albert_lab.analysis.geometry`
            gives them; at most eight names.
        title: above the picture.

    Returns the figure and its two axes, an array (2,).

    Raises:
        InputError: no name, too many, names with different L, or angles outside 0..180.
    """
    pairs = {str(name): _pair(name, *_two(name, pair)) for name, pair in layers.items()}
    _check_count(pairs, same_length=True)
    if any(angles.min() < 0 or angles.max() > 180 for _, angles in pairs.values()):
        raise InputError("an angle is outside 0..180.", expected="angles in degrees")
    figure, panels = new_figure(9.0, 3.6, columns=2)
    for side, axes in enumerate(panels):
        drawn = {name: (np.arange(1, len(pair[0]) + 1), pair[side]) for name, pair in pairs.items()}
        _draw(axes, drawn, ("distance of input and output", "angle between input and output")[side], None)
        axes.set_ylim(bottom=0)
        axes.set(xlabel="layer", ylabel=("L2 distance", "angle in degrees")[side])
        axes.xaxis.get_major_locator().set_params(integer=True)
    _legend(panels[1])
    if title:
        figure.suptitle(title, fontsize=10, parse_math=False)
    figure.description = f"Distance and angle between input and output of each layer: {_moves(pairs)}."
    return figure, panels


def _moves(pairs: Mapping[str, Line]) -> str:
    return "; ".join(
        f'"{plain(name)}" from {far[0]:.3g} and {wide[0]:.3g} degrees in layer 1 '
        f"to {far[-1]:.3g} and {wide[-1]:.3g} degrees in layer {len(far)}"
        for name, (far, wide) in pairs.items()
    )


def _two(name: str, pair: object) -> tuple[object, object]:
    try:
        first, second = pair
    except (TypeError, ValueError) as error:
        raise InputError(f"{name!r} is not a pair.", expected="two lists of numbers for each name") from error
    return first, second


def _pair(name: str, first: object, second: object) -> Line:
    x, y = array_of(first, (1,), f"{name!r}, first"), array_of(second, (1,), f"{name!r}, second")
    if len(x) != len(y):
        raise InputError(f"{name!r} has {len(x)} and {len(y)} values.", expected="as many of both")
    return x, y


def _check_count(lines: Mapping[str, Line], *, same_length: bool = False) -> None:
    lengths = sorted({len(y) for _, y in lines.values()})
    if not 0 < len(lines) <= len(COLOURS) or (same_length and len(lengths) != 1):
        raise InputError(
            f"{len(lines)} lines with {lengths} values.",
            expected=f"1 to {len(COLOURS)} lines"
            + (" with the same number of values" if same_length else ""),
        )


def _draw(axes: Axes, lines: Mapping[str, Line], title: str, limits: tuple[float, float] | None) -> None:
    looks = zip(lines.items(), COLOURS, MARKERS, DASHES, strict=False)
    for (name, (x, y)), colour, marker, dashes in looks:
        every = max(1, len(x) // MARKED)
        style = {"color": colour, "marker": marker, "linestyle": dashes, "markevery": every}
        axes.plot(x, y, markersize=5, linewidth=1.5, label=plain(name), **style)
    axes.set_title(title, fontsize=10, parse_math=False)
    if limits is not None:
        axes.set_ylim(limits)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)


def _name_ends(axes: Axes, lines: Mapping[str, Line]) -> None:
    """Write each name beside the right end of its line, moved up or down until no two touch.

    Beside lines that end in one place only the colour would tell whose name is whose: they get a legend.
    """
    axes.figure.canvas.draw()
    pixels = [axes.transData.transform((x[-1], y[-1]))[1] for x, y in lines.values()]
    low, high = axes.bbox.y0, axes.bbox.y1
    gap = 12 * axes.figure.dpi / 72  # the height of a name
    if (np.diff(np.sort(pixels)) < gap / 2).any():
        _legend(axes)
        return
    order = np.argsort(pixels, kind="stable")
    places = np.clip(np.array(pixels)[order], low, high)
    for _ in range(200):
        overlap = np.maximum(gap - np.diff(places), 0)
        places[1:] += overlap / 2
        places[:-1] -= overlap / 2
    for place, index in zip(places, order, strict=True):
        name = plain(list(lines)[index])
        style = {"color": COLOURS[index], "fontsize": 9, "va": "center", "annotation_clip": False}
        end, shown = (list(lines.values())[index][0][-1], list(lines.values())[index][1][-1])
        axes.annotate(
            name,
            (end, shown),
            xytext=(1.02, (place - low) / (high - low)),
            textcoords="axes fraction",
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": COLOURS[index], "linewidth": 0.5, "alpha": 0.6},
            **style,
        )


def _legend(axes: Axes) -> None:
    """Right of the picture: each name with a piece of its line, so that no colour is needed."""
    legend = axes.legend(
        loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=9, handlelength=3.5
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _course(x: np.ndarray, y: np.ndarray) -> str:
    """Where a line begins and ends, and its extremes if they lie between."""
    said = f"goes from {y[0]:.3g} at {x[0]:.4g} to {y[-1]:.3g} at {x[-1]:.4g}"
    for word, place in (("highest", int(y.argmax())), ("lowest", int(y.argmin()))):
        if 0 < place < len(y) - 1 and y[place] not in (y[0], y[-1]):
            said += f", {word} {y[place]:.3g} at {x[place]:.4g}"
    return said
