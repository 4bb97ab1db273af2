"""Vectors as pictures: as rows of colours, and as points on a flat map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import COLOURS, MARKERS, array_of, labels_for, plain

# Where a point's label may stand, in points from its centre: right, left, above, below, and the corners.
_PLACES = [(7, -3), (-7, -3), (0, 7), (0, -12), (6, 5), (-6, 5), (6, -10), (-6, -10)]


def token_vectors(
    vectors: object,
    tokens: Sequence[str],
    *,
    mask: Sequence[object] | None = None,
    pooled: object = None,
    pooled_name: str = "mean",
    title: str = "",
) -> tuple[Figure, Axes]:
    """Each token's vector as a row of colours, padding crossed out, and what pooling makes of them below.

    Args:
        vectors: (T, H); a few dozen features are enough to see.
        tokens: the T tokens.
        mask: T values, false for padding.
        pooled, pooled_name: (H,), drawn as a last row, and its name.

    Raises:
        InputError: shapes that do not fit.
    """
    table = array_of(vectors, (2,), "vectors")
    names = labels_for(tokens, len(table), "tokens")
    real = np.ones(len(table), bool) if mask is None else np.asarray(mask).astype(bool)
    if real.shape != (len(table),):
        raise InputError(f"the mask has shape {real.shape}.", expected=f"({len(table)},), one per token")
    end = float(np.abs(table[real]).max(initial=1e-9))
    if pooled is not None:
        table, names = _with_last_row(table, pooled), [*names, "", plain(pooled_name)]
    figure, axes = new_figure(7.2, 0.27 * len(table) + 1.1)
    image = axes.imshow(table, cmap="RdBu_r", vmin=-end, vmax=end, aspect="auto")
    for row in np.flatnonzero(~real):
        axes.axhspan(row - 0.5, row + 0.5, facecolor="white", edgecolor="grey", hatch="////", alpha=0.75)
    axes.set_yticks(range(len(names)), names, fontsize=9, parse_math=False)
    axes.tick_params(length=0)
    axes.set_xlabel("feature")
    axes.set_title(title, fontsize=10, parse_math=False)
    figure.colorbar(image, ax=axes, label="value")
    below = f', and below them their pooled vector "{plain(pooled_name)}"' if pooled is not None else ""
    figure.description = _said_of_tokens(real, table.shape[1], end) + f"{below}."
    return figure, axes


def _said_of_tokens(real: np.ndarray, features: int, end: float) -> str:
    padding = f", of which {int((~real).sum())} are padding and crossed out" if not real.all() else ""
    return (
        f"The vectors of {len(real)} tokens{padding}, {features} features each, as rows of colours "
        f"from {-end:.3g} to {end:.3g}"
    )


def _with_last_row(table: np.ndarray, pooled: object) -> np.ndarray:
    """The table, an empty row, and ``pooled``: (T, H), (H,) -> (T + 2, H)."""
    last = array_of(pooled, (1,), "pooled")
    if last.shape != table.shape[1:]:
        raise InputError(
            f"pooled has {len(last)} features.", expected=f"{table.shape[1]}, as the tokens have"
        )
    return np.vstack([table, np.full_like(last, np.nan), last])


def flatten_to_map(vectors: object) -> tuple[np.ndarray, np.ndarray]:
    """The two directions in which the vectors differ most (principal components): (n, H) -> (n, 2).

    Returns:
        Points (n, 2), centred on 0, and the share of the variance that each of the two axes holds, (2,). The
        sign of an axis means nothing; it is chosen so that the point farthest out is on the positive side.

    Raises:
        InputError: fewer than two vectors, or vectors with a single feature.
    """
    table = array_of(vectors, (2,), "vectors")
    if min(table.shape) < 2:
        raise InputError(
            f"vectors of shape {table.shape}.", expected="at least two vectors with two features"
        )
    centred = table - table.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    points = left[:, :2] * strengths[:2]
    points *= np.where(points[np.abs(points).argmax(axis=0), [0, 1]] < 0, -1, 1)
    return points, strengths[:2] ** 2 / max(float((strengths**2).sum()), 1e-300)


def vectors(
    points: object,
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    title: str = "",
) -> tuple[Figure, Axes]:
    """Vectors as labelled points on the flat map of `flatten_to_map`.

    The axes say how much of the differences the map keeps: if little, near here need not be near in truth.

    Args:
        points: the n vectors, (n, H).
        labels: n texts, each written beside its point; "" for a point without a name.
        groups: n names; points of one group share colour and marker. At most eight groups.
        title: above the map.

    Raises:
        InputError: shapes that do not fit or more than eight groups.
    """
    points, shares = flatten_to_map(points)
    texts = labels_for(labels, len(points), "labels")
    kinds = [""] * len(points) if groups is None else labels_for(groups, len(points), "groups")
    order = list(dict.fromkeys(kinds))
    if len(order) > len(COLOURS):
        raise InputError(f"{len(order)} groups.", expected=f"at most {len(COLOURS)}")
    figure, axes = new_figure(7.2, 5.0)
    for kind, colour, marker in zip(order, COLOURS, MARKERS, strict=False):
        rows = [row for row, own in enumerate(kinds) if own == kind]
        axes.scatter(*points[rows].T, color=colour, marker=marker, s=42, label=kind, zorder=2)
    axes.set_xlabel(f"first direction, {shares[0]:.0%} of the differences")
    axes.set_ylabel(f"second direction, {shares[1]:.0%}")
    axes.set_title(title, fontsize=10, parse_math=False)
    axes.set(xmargin=0.25, ymargin=0.12, xticks=[], yticks=[])
    _label_points(figure, axes, points, texts, [COLOURS[order.index(kind)] for kind in kinds])
    if groups is not None:
        for text in axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False).get_texts():
            text.set_parse_math(False)
    figure.description = _said_of_map(points, texts, kinds, shares)
    return figure, axes


def _said_of_map(points: np.ndarray, texts: list[str], kinds: list[str], shares: np.ndarray) -> str:
    """How much the map keeps, and which points lie nearest to each other."""
    counts = ", ".join(f'{kinds.count(kind)} "{kind}"' for kind in dict.fromkeys(kinds) if kind)
    named = [row for row, text in enumerate(texts) if text]
    near = f": {_nearest(points[named], [texts[row] for row in named])}" if len(named) > 1 else ""
    return (
        f"Map of {len(points)} vectors{f' ({counts})' if counts else ''}, whose two directions hold "
        f"{shares[0]:.0%} and {shares[1]:.0%} of the differences{near}."
    )


def _nearest(points: np.ndarray, texts: list[str]) -> str:
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + np.diag(np.full(len(points), np.inf))
    a, b = np.unravel_index(apart.argmin(), apart.shape)
    return f'"{texts[a]}" and "{texts[b]}" lie nearest to each other'


def _label_points(
    figure: Figure, axes: Axes, points: np.ndarray, texts: list[str], colours: list[str]
) -> None:
    """Write each label where it covers least of the points and of the labels already written."""
    figure.canvas.draw()
    pixels = axes.transData.transform(points)
    scale = figure.dpi / 72
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in pixels]
    for (x, y), point, text, colour in zip(pixels, points, texts, colours, strict=True):
        if not text:
            continue
        width, height = 4.6 * len(text) * scale, 9 * scale
        boxes = []
        for right, up in _PLACES:
            left = x + right * scale - (width if right < 0 else 0 if right > 0 else width / 2)
            boxes.append((left, y + up * scale, left + width, y + up * scale + height))
        best = min(range(len(boxes)), key=lambda place: _cost(boxes[place], taken, axes.bbox.extents))
        taken.append(boxes[best])
        right, up = _PLACES[best]
        side = "left" if right > 0 else "right" if right < 0 else "center"
        style = {"textcoords": "offset points", "ha": side, "fontsize": 8, "color": colour}
        axes.annotate(text, point, xytext=(right, up), parse_math=False, **style)


def _cost(box: tuple[float, ...], taken: list[tuple[float, ...]], frame: tuple[float, ...]) -> float:
    """What the box covers of others, and what of it stands outside the frame."""
    outside = (box[2] - box[0]) * (box[3] - box[1]) - _overlap(box, frame)
    return outside + sum(_overlap(box, other) for other in taken)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)
