"""What changes from layer to layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.labels import COLOURS, DPI, MARKERS, array_of, plain


def layer_curves(
    curves: Mapping[str, Sequence[float]],
    *,
    label: str,
    title: str = "",
    limits: tuple[float, float] | None = None,
) -> tuple[Figure, Axes]:
    """One line per name over the layers 0 (the input embedding) to L, each named at its right end.

    Args:
        curves: for each name L + 1 values, one for every hidden state; at most eight names.
        label: what the values are.
        title: above the picture.
        limits: the ends of the vertical axis.

    Raises:
        InputError: no curve, too many, or curves of different length.
    """
    lines = {name: array_of(values, (1,), f"curve {name!r}") for name, values in curves.items()}
    if not 0 < len(lines) <= len(COLOURS) or len({len(values) for values in lines.values()}) != 1:
        raise InputError(
            f"{len(lines)} curves with {sorted({len(values) for values in lines.values()})} values.",
            expected=f"1 to {len(COLOURS)} curves with the same number of values",
        )
    figure, axes = plt.subplots(figsize=(6.4, 3.6), dpi=DPI, layout="constrained")
    for (name, values), colour, marker in zip(lines.items(), COLOURS, MARKERS, strict=False):
        axes.plot(values, color=colour, marker=marker, markersize=5, linewidth=1.5, label=plain(name))
    layers = range(len(values))
    axes.set_xticks(layers, ["input", *map(str, layers[1:])])
    axes.set_xlabel("hidden state after layer")
    axes.set_ylabel(label)
    axes.set_title(title, fontsize=10, parse_math=False)
    if limits is not None:
        axes.set_ylim(limits)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    legend = axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=9)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure, axes
