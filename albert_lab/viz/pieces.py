"""All the ways to cut a word into pieces of a vocabulary, and the one that was taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.figure import new_figure
from albert_lab.viz.labels import COLOURS, array_of, plain

LONGEST_TEXT = 24  # characters: more would not be told apart
FLATNESS = 0.32  # height of an arc over one character, in widths of a character


def piece_lattice(
    text: str, costs: Mapping[str, float], chosen: Sequence[str], *, unit: str = "bits", title: str = ""
) -> tuple[Figure, Axes]:
    """The characters of ``text`` in a row, an arc with its cost over every stretch that is a piece.

    The arcs of the chosen pieces stand above the row, all others hang below it.

    Args:
        text: at most 24 characters, with the word-start sign if there is one.
        costs: the cost of each piece; pieces that are not in the text are left out.
        chosen: the pieces of one way to cut the text, in order.
        unit: of the costs.
        title: above the picture.

    Raises:
        InputError: no text or too much of it, or chosen pieces that are not in ``costs`` or not the text.
    """
    taken = _spans(text, costs, chosen)
    length = len(text)
    stretches = [(start, stop) for start in range(length) for stop in range(start + 1, length + 1)]
    arcs = {(start, stop): costs[text[start:stop]] for start, stop in stretches if text[start:stop] in costs}
    array_of([*arcs.values()], (1,), "costs")
    others = [stop - start for start, stop in arcs if (start, stop) not in taken]
    up, down = (0.65 + FLATNESS * max(widths, default=1) for widths in ([b - a for a, b in taken], others))
    figure, axes = new_figure(max(4.0, 0.8 * length + 0.6), 0.62 * (up + down) + 0.5)
    for place, character in enumerate(text):
        style = {"ha": "center", "va": "center", "fontsize": 13, "family": "DejaVu Sans Mono"}
        axes.text(place + 0.5, 0, plain(character), parse_math=False, **style)
    for (start, stop), cost in arcs.items():
        _arc(axes, start, stop, cost, chosen=(start, stop) in taken)
    axes.set(xlim=(-0.1, length + 0.1), ylim=(-down, up))
    axes.set_axis_off()
    axes.set_title(title, fontsize=10, parse_math=False)
    total = sum(arcs[span] for span in taken)
    cut = " + ".join(plain(piece) for piece in chosen)
    figure.description = (
        f"{len(arcs)} pieces that lie in {plain(text)}, each an arc with its cost; "
        f"chosen, above: {cut}, together {total:g} {unit}."
    )
    return figure, axes


def _spans(text: str, costs: Mapping[str, float], chosen: Sequence[str]) -> set[tuple[int, int]]:
    """Where each chosen piece begins and ends."""
    unknown = [piece for piece in chosen if piece not in costs]
    if not 0 < len(text) <= LONGEST_TEXT or unknown or "".join(chosen) != text:
        raise InputError(
            f"the text {text!r} and the pieces {list(chosen)!r}, of which {unknown!r} have no cost.",
            expected=f"1 to {LONGEST_TEXT} characters, and pieces with a cost that make up the text",
        )
    stops = np.cumsum([len(piece) for piece in chosen]).tolist()
    return set(zip([0, *stops[:-1]], stops, strict=True))


def _arc(axes: Axes, start: int, stop: int, cost: float, *, chosen: bool) -> None:
    """Half an ellipse from one character's edge to another's, with the cost at its top."""
    turn, side = np.linspace(0, np.pi, 60), 1 if chosen else -1
    middle, half = (start + stop) / 2, (stop - start) / 2 - 0.06
    height = FLATNESS * (stop - start)
    colour = COLOURS[1] if chosen else "#777777"
    line = {"color": colour, "linewidth": 2.4 if chosen else 1.0, "linestyle": "-" if chosen else "--"}
    axes.plot(middle + half * np.cos(turn), side * (0.3 + height * np.sin(turn)), **line)
    style = {"ha": "center", "va": "center", "fontsize": 10 if chosen else 8, "color": colour}
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    axes.text(middle, side * (0.3 + height), f"{cost:.3g}", bbox=box, **style)
