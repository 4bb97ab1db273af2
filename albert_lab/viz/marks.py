"""Text written out token by token, some of the tokens marked."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from albert_lab.errors import InputError
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import COLOURS, plain

_HATCHES = ("", "///", "...", "xx")
_LINE = 96  # character widths: where a text is broken
_GAP = 1.0  # between two tokens, in characters
_INCHES = 0.078  # width of a character at this font size


def marked_tokens(
    texts: Sequence[Sequence[str]],
    marks: Sequence[Sequence[int]],
    *,
    legend: Sequence[str],
    title: str = "",
) -> tuple[Figure, Axes]:
    """Texts as rows of boxes, one for each token; marked tokens are coloured and hatched.

    Args:
        texts: the tokens of each text.
        marks: for each text as many numbers: 0 = plain, k = the k-th entry of the legend.
        legend: what each mark means; at most four.

    Raises:
        InputError: no text, marks that do not fit the tokens, or marks that the legend does not have.
    """
    _check(texts, marks, legend)
    boxes, lines = _flow(texts)
    figure, axes = new_figure(_LINE * _INCHES + 0.3, 0.27 * lines + 0.75)
    for (left, line, text), mark in zip(boxes, (m for row in marks for m in row), strict=True):
        axes.add_patch(Rectangle((left, line - 0.36), len(text) + 0.6, 0.72, **_look(mark)))
        middle = left + len(text) / 2 + 0.3
        style = {"ha": "center", "va": "center", "fontsize": 8, "family": "DejaVu Sans Mono"}
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85} if mark else None
        axes.text(middle, line, text, parse_math=False, bbox=box, **style)
    axes.set(xlim=(-0.5, _LINE + 1), ylim=(lines - 0.4, -0.6))
    axes.set_axis_off()
    axes.set_title(title, fontsize=10, parse_math=False)
    handles = [Patch(label=plain(name), **_look(k)) for k, name in enumerate(legend, 1)]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(legend), frameon=False, fontsize=8)
    figure.description = _said(texts, marks, legend)
    return figure, axes


def _check(texts: Sequence[Sequence[str]], marks: Sequence[Sequence[int]], legend: Sequence[str]) -> None:
    sizes = [len(text) for text in texts], [len(row) for row in marks]
    if not texts or not all(sizes[0]) or sizes[0] != sizes[1] or isinstance(legend, str):
        raise InputError(
            f"{sizes[0]} tokens and {sizes[1]} marks.",
            expected="as many, at least one for each text",
        )
    used = {int(mark) for row in marks for mark in row}
    if len(legend) > len(_HATCHES) or not used <= set(range(len(legend) + 1)):
        raise InputError(
            f"marks {sorted(used)} with a legend of {len(legend)}.",
            expected=f"numbers from 0 to the legend's length, which is {len(_HATCHES)} at most",
        )


def _said(texts: Sequence[Sequence[str]], marks: Sequence[Sequence[int]], legend: Sequence[str]) -> str:
    found = {plain(name): [] for name in legend}
    for tokens, row in zip(texts, marks, strict=True):
        for token, mark in zip(tokens, row, strict=True):
            if mark:
                found[plain(legend[mark - 1])].append(plain(token))
    kinds = "; ".join(f'"{name}" on {", ".join(tokens) or "none"}' for name, tokens in found.items())
    return f"{sum(map(len, texts))} tokens in {len(texts)} texts. Marked: {kinds or 'none'}."


def _flow(texts: Sequence[Sequence[str]]) -> tuple[list[tuple[float, float, str]], float]:
    """Left end, line and drawable text of every token, and how many lines it takes in all."""
    boxes, line = [], 0.0
    for tokens in texts:
        left = 0.0
        for token in map(plain, tokens):
            if left and left + len(token) > _LINE:
                left, line = 0.0, line + 1
            boxes.append((left, line, token))
            left += len(token) + _GAP
        line += 1.4
    return boxes, line - 0.4


def _look(mark: int) -> dict[str, object]:
    if mark == 0:
        return {"facecolor": "#f2f2f2", "edgecolor": "#d0d0d0", "linewidth": 0.6}
    return {
        "facecolor": COLOURS[mark - 1] + "66",
        "edgecolor": COLOURS[mark - 1],
        "hatch": _HATCHES[mark - 1],
        "linewidth": 1.0,
    }
