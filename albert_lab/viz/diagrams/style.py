"""The one style of all drawings: colours by role, widths of text, and words that stay words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from albert_lab.errors import InputError

WIDEST = 900  # of a drawing, in pixels of a notebook
CARD, CARD_EDGE = "#fbfaf6", "#d8d4c8"  # the ground that a drawing brings along, in light and dark themes
INK, QUIET = "#1f2328", "#555b63"
FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
SIZES = {"small": 11.0, "normal": 13.0, "large": 16.0}
LINE = 1.35  # from one line of text to the next, in heights of a letter
LONGEST, LONGEST_WORD = 90, 28  # characters of a line, and of what stands in a cell

_SUBSCRIPT = re.compile(r"(?<![^\W_])([^\W\d_])_(?:\{([^{}]+)\}|(\w+))")
_WIDE = re.compile(r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]")


@dataclass(frozen=True)
class Role:
    """How a part of one kind looks: not by its colours alone, but by its edge and its pattern too."""

    fill: str
    edge: str
    ink: str = INK
    dash: str = ""
    double: bool = False
    hatch: bool = False


# Fills that differ for colour-blind eyes too (a test measures it), edges dark enough for letters.
ROLES = {
    "plain": Role("#ffffff", "#6b7280"),
    "query": Role("#dfecfb", "#005f99"),
    "key": Role("#fcddbb", "#8f3900"),
    "value": Role("#baecd6", "#005c44"),
    "weights": Role("#f5bcef", "#85205f"),
    "hidden": Role("#c4c9cf", "#3d4859"),
    "shared": Role("#fff1cc", "#7d5a00", double=True),
    "lit": Role("#ffe352", "#6e5800", hatch=True),
    "muted": Role("#f3f1eb", "#8b8f94", ink=QUIET, dash="4 3"),
}


def role_of(name: str) -> Role:
    """The look that belongs to ``name``.

    Raises:
        InputError: there is no such role.
    """
    if name not in ROLES:
        raise InputError(f"there is no role {name!r}.", expected=", ".join(ROLES))
    return ROLES[name]


def ink_of(role: str) -> str:
    """The colour of words and lines of a role, dark enough to be read on the card."""
    return {"plain": INK, "muted": QUIET}.get(role) or role_of(role).edge


def line_height(size: str) -> float:
    """From one line of text to the next."""
    return SIZES[size] * LINE


def readable(text: object, longest: int = LONGEST_WORD) -> str:
    """``text`` as one short line in which every character can be seen: a line break becomes ``\\n``."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def lines_of(words: object) -> list[str]:
    """``words``, cut where it breaks its lines, each line readable."""
    return [readable(line, LONGEST) for line in str(words).split("\n")]


def pieces(line: str) -> list[tuple[str, bool]]:
    """A line in pieces, each with whether it stands lower: ``q_1``, ``W_Q`` and ``x_{ij}`` have subscripts.

    Only a single letter has one: ``hidden_states`` stays as it is.
    """
    found, start = [], 0
    for match in _SUBSCRIPT.finditer(line):
        found += [(line[start : match.start()] + match[1], False), (match[2] or match[3], True)]
        start = match.end()
    return [(text, low) for text, low in [*found, (line[start:], False)] if text]


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """How wide ``text`` is at most: in DejaVu Sans, wider than the other fonts that may be taken."""
    widths = _widths("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    return size * sum(widths.get(ord(c), 1.0 if _WIDE.match(c) else 1.2) for c in text)


def formula_width(line: str, size: float, *, bold: bool = False) -> float:
    """The width of a line with its subscripts."""
    return sum(width_of(text, size * (0.75 if low else 1), bold=bold) for text, low in pieces(line))


@cache
def _widths(name: str) -> dict[int, float]:
    """Character → width at size 1, of a font that matplotlib brings."""
    import matplotlib
    from fontTools.ttLib import TTFont

    with TTFont(Path(matplotlib.get_data_path(), "fonts", "ttf", name)) as font:
        unit, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
        return {code: metrics[glyph][0] / unit for code, glyph in font.getBestCmap().items()}
