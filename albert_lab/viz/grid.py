"""All layers and heads at once, as small squares."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.checked import finite
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import DPI, every, largest_below, plain, title_lines

SMALLEST = 0.2  # inches of a square: the picture of more than 33 heads is wider than a notebook
MOST = 256  # layers, and heads
STEPS = 24  # colours: with more, the picture of many heads is too large a file for a notebook


def layer_grid(attention: object, *, title: str = "", highest: float = 1.0) -> tuple[Figure, Axes]:
    """One small square of attention per head: layers as rows, heads as columns, both counted from 0.

    Inside a square rows are queries and columns keys, as in `attention_heatmap`. The colours always run
    from 0 to ``highest``, so that two pictures can be compared. Of more tokens than a square has pixels each
    pixel shows the largest weight beneath it.

    Args:
        attention: weights (L, N, T, T), or a record that holds them as ``record.attention``.
        title: above the picture.
        highest: the weight with the brightest colour. With less than 1, larger weights look alike.

    Raises:
        InputError: another shape, weights outside 0..1, ``highest`` not in 0..1, or more than 256 layers or
            heads.
    """
    weights = finite(getattr(attention, "attention", attention), "attention", "(L, N, T, T)")
    layers, heads, size = weights.shape[:3]
    if max(layers, heads) > MOST:
        raise InputError(f"{layers} layers of {heads} heads.", expected=f"at most {MOST} of each")
    if size != weights.shape[3] or weights.min() < 0 or weights.max() > 1 + 1e-4 or not 0 < highest <= 1:
        raise InputError(
            f"attention of shape {weights.shape} from {weights.min():.3g} to {weights.max():.3g}, "
            f"highest={highest}.",
            expected="(L, N, T, T) of weights between 0 and 1, and 0 < highest <= 1",
        )
    side = max(SMALLEST, min(1.1, 6.6 / heads))
    shown = largest_below(weights, int(side * DPI))
    size = shown.shape[-1]
    gap = max(1, size // 12)
    spaced = np.pad(shown, ((0, 0), (0, 0), (0, gap), (0, gap)), constant_values=np.nan)
    picture = spaced.swapaxes(1, 2).reshape(layers * (size + gap), heads * (size + gap))[:-gap, :-gap]
    figure, axes = new_figure(side * heads + 1.6, side * layers + 0.9)
    colours = colormaps["viridis"].resampled(STEPS)
    image = axes.imshow(picture, vmin=0, vmax=highest, cmap=colours, interpolation="nearest")
    middles = np.arange(max(layers, heads)) * (size + gap) + (size - 1) / 2
    step = every(heads, side * heads, 0.26), every(layers, side * layers, 0.18)
    axes.set_xticks(middles[: heads : step[0]], range(0, heads, step[0]))
    axes.set_yticks(middles[: layers : step[1]], range(0, layers, step[1]))
    axes.set(xlabel="head, counted from 0", ylabel="layer, counted from 0")
    axes.set_title(title_lines(title, side * heads + 1.0), fontsize=10, parse_math=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="attention weight", shrink=0.8)
    figure.description = _description(weights, getattr(attention, "tokens", None))
    return figure, axes


def _description(weights: np.ndarray, tokens: object) -> str:
    """The extremes: the heads whose queries look at one key each, and at all keys alike."""
    sharpness = weights.max(axis=-1).mean(axis=-1)  # (L, N): the largest weight of a query, on average
    one, all_alike = (
        np.unravel_index(place, sharpness.shape) for place in (sharpness.argmax(), sharpness.argmin())
    )
    layer, head, query, key = np.unravel_index(weights.argmax(), weights.shape)
    pair = f'from "{plain(tokens[query])}" to "{plain(tokens[key])}"' if tokens else f"from {query} to {key}"
    return (
        f"Attention of {weights.shape[0]} layers by {weights.shape[1]} heads over {weights.shape[2]} tokens, "
        f"one square each: the largest weight, {weights.max():.2f}, goes {pair} in layer {layer}, "
        f"head {head}; queries look most at a single key in layer {one[0]}, head {one[1]} (largest weight "
        f"{sharpness[one]:.2f} on average), least in layer {all_alike[0]}, head {all_alike[1]} "
        f"({sharpness[all_alike]:.2f})."
    )
