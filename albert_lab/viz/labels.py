"""What the pictures share: text that stays text, and colours that everyone can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

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


def plain(text: object) -> str:
    """``text`` as one short line of characters that the font has: others are written as their code.

    Draw it with ``parse_math=False``, so that a dollar sign in a token starts no formula.
    """
    shown = "".join(
        c if _drawable(c) else c.encode("unicode_escape", "surrogatepass").decode() for c in str(text)
    )
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


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


def labels_for(labels: Sequence[object], count: int, name: str) -> list[str]:
    """``labels`` as drawable text.

    Raises:
        InputError: there are not ``count`` of them.
    """
    if isinstance(labels, str) or len(labels) != count:
        raise InputError(f"{name}: {len(labels)} given.", expected=f"{count}, one for each")
    return [plain(label) for label in labels]
