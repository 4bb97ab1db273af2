"""What the pictures share: text that stays text, and colours that everyone can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from textwrap import wrap

import numpy as np
from matplotlib import font_manager

from albert_lab.errors import InputError

# Okabe and Ito's palette: distinct for colour-blind readers too. Markers say the same thing without colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = (
    "-",
    (0, (5, 1.5)),
    (0, (1, 1)),
    "-.",
    (0, (7, 2, 1, 2, 1, 2)),
    (0, (3, 3)),
    (0, (9, 2)),
    (0, (1, 3)),
)
HATCHES = ("", "////", "....", "\\\\\\\\", "xxx", "---", "|||", "+++", "oo", "**")
DPI = 100
LONGEST = 28
LONGEST_TITLE = 300


def plain(text: object) -> str:
    """``text`` as one short line of characters that the font has: others are written as their code.

    Draw it with ``parse_math=False``, so that a dollar sign in a token starts no formula.
    """
    return _shortened(_readable(text), LONGEST)


def title_lines(text: object, width: float, size: float = 10) -> str:
    """A title as whole lines for ``width`` inches in letters of ``size`` points, each character drawable.

    Only what is beyond 300 characters is cut. Draw it with ``parse_math=False``.
    """
    letters = max(12, int(width / (0.0085 * size)))  # of DejaVu Sans, on average
    return "\n".join(wrap(_shortened(_readable(text), LONGEST_TITLE), letters))


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _readable(text: object) -> str:
    return "".join(
        c if _drawable(c) else c.encode("unicode_escape", "surrogatepass").decode() for c in str(text)
    )


def _drawable(character: str) -> bool:
    return character.isprintable() and ord(character) in _characters_of_the_font()


@cache
def _characters_of_the_font() -> frozenset[int]:
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    return frozenset(font.get_charmap())


def array_of(values: object, dimensions: Sequence[int], name: str) -> np.ndarray:
    """``values`` (array, tensor, nested lists) as finite float64 with one of the numbers of ``dimensions``.

    Raises:
        InputError: another number of dimensions, nothing in it, or a value that is not a finite number.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().float().numpy()
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is no array of numbers: {error}.") from error
    if array.ndim not in dimensions or array.size == 0:
        wanted = " or ".join(str(n) for n in dimensions)
        raise InputError(
            f"{name} has shape {array.shape}.", expected=f"{wanted} dimensions, none of them empty"
        )
    if not np.isfinite(array).all():
        raise InputError(f"{name} holds NaN or infinity.", expected="finite numbers")
    return array


def counted(labels: Sequence[object], count: int, name: str) -> list[object]:
    """``labels``, of which there must be ``count``.

    Raises:
        InputError: there are not ``count`` of them.
    """
    if isinstance(labels, str) or len(labels) != count:
        raise InputError(f"{name}: {len(labels)} given.", expected=f"{count}, one for each")
    return list(labels)


def labels_for(labels: Sequence[object], count: int, name: str) -> list[str]:
    """``labels`` as drawable text.

    Raises:
        InputError: there are not ``count`` of them.
    """
    return [plain(label) for label in counted(labels, count, name)]


def every(count: int, room: float, needed: float) -> int:
    """Of ``count`` names in a row of ``room`` inches, of which each takes ``needed``: every how many-th fits.

    1, 2, 4, 5, 10, 20, 25, 50, ... so that the numbers of those that are left are easy to count on.
    """
    least = count * needed / room
    steps = (step * 10**power for power in range(7) for step in (1, 2, 4, 5) if (step, power) != (4, 1))
    return next(step for step in sorted({*steps, 25}) if step >= least)


def largest_below(maps: np.ndarray, side: int) -> np.ndarray:
    """Maps (..., Tq, Tk) in at most ``side`` rows and columns, each number the largest of those beneath it.

    A picture with fewer pixels than tokens would else lose, or pale, the single bright squares.
    """
    for axis in (-2, -1):
        count = maps.shape[axis]
        if count > side:
            starts = np.arange(side) * count // side
            maps = np.maximum.reduceat(maps, starts, axis=axis)
    return maps
