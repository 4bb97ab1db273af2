"""Compare a fresh run of a notebook with the committed outputs: text exactly, numbers within a tolerance.

Numbers are read from the printed text. Whole numbers must be equal; numbers with a decimal point or exponent
may differ by ``max(rtol * |committed|, atol, one unit in the last printed digit)``. A cell may state another
tolerance in its metadata, ``{"albert_lab": {"tolerance": {"rtol": 0.01, "reason": "..."}}}``; `make matrix`
measures it. A cell tagged ``varies`` (with ``{"albert_lab": {"varies": "the reason"}}``) has outputs that
depend on what is installed: of these only the kinds are compared. A picture that carries the numbers behind
it (`albert_lab.viz.drawn`) is compared by these: each may be off by the share ``picture`` of its axis. Of a
drawing (SVG) words and numbers are compared as printed ones, all else byte by byte. Any other picture must be
of the same size within two in a hundred, and close in its mean pixel.
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass

import numpy as np
from nbformat import NotebookNode
from PIL import Image

NUMBER = re.compile(
    r"(?<![\w.])[-+\u2212]?(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w])"
)
SIZE_BOUND = 0.02  # share of a side
PIXEL_BOUND = 4.0  # mean absolute difference, of 255
SVG_WORDS = re.compile(r'(?<=>)[^<>]+(?=<)|(?<= aria-label=")[^"]*')
TEXT_KINDS = ("text/plain", "text/markdown", "text/html", "text/latex")


@dataclass(frozen=True)
class Tolerance:
    """How far a printed number may be from the committed one; a drawn one, as a share of its axis."""

    rtol: float = 1e-3
    atol: float = 1e-4
    picture: float = 0.01

    def allows(self, committed: str, now: str) -> bool:
        """Whether the printed number ``now`` is as good as ``committed``."""
        a, b = value(committed), value(now)
        if not any(mark in committed + now for mark in ".eE"):
            return a == b
        margin = max(self.rtol * abs(a), self.atol, min(last_digit(committed), last_digit(now)))
        return abs(a - b) <= margin * (1 + 1e-9)


def value(number: str) -> float:
    """A printed number."""
    return float(number.replace(",", "").replace("\u2212", "-"))


def last_digit(number: str) -> float:
    """One unit in the last printed digit: 0.01 for ``3.14``, 1e-7 for ``2.5e-6``, 0 for whole numbers."""
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals) if decimals or exponent else 0.0


def compare(committed: NotebookNode, now: NotebookNode) -> list[str]:
    """All differences between two runs of one notebook, in words; an empty list if there are none."""
    if [cell.source for cell in committed.cells] != [cell.source for cell in now.cells]:
        return ["the two notebooks do not have the same cells"]
    differences = []
    for index, (old, new) in enumerate(zip(committed.cells, now.cells, strict=True)):
        if old.cell_type == "code":
            differences += [f"cell {index}, {text}" for text in compare_outputs(old, new)]
    return differences


def compare_outputs(old: NotebookNode, new: NotebookNode, tolerance: Tolerance | None = None) -> list[str]:
    """The differences between the outputs of two code cells, within the tolerance that the first states."""
    if [kinds(o) for o in old.outputs] != [kinds(o) for o in new.outputs]:
        before, after = ([", ".join(kinds(o)) for o in cell.outputs] for cell in (old, new))
        return [f"outputs: committed {before}, now {after}"]
    if "varies" in old.metadata.get("tags", []):
        return []
    tolerance = tolerance or tolerance_of(old)
    differences = []
    for index, (before, after) in enumerate(zip(old.outputs, new.outputs, strict=True)):
        differences += [f"output {index}: {text}" for text in compare_output(before, after, tolerance)]
    return differences


def tolerance_of(cell: NotebookNode) -> Tolerance:
    """What a cell states in its metadata, else the usual."""
    stated = cell.metadata.get("albert_lab", {}).get("tolerance", {})
    return Tolerance(**{name: stated[name] for name in ("rtol", "atol", "picture") if name in stated})


def kinds(output: NotebookNode) -> tuple[str, ...]:
    """What an output consists of: its type, and the mime types or the stream's name."""
    return (output.output_type, *sorted(output.get("data", {})), *([output.name] if "name" in output else []))


def compare_output(old: NotebookNode, new: NotebookNode, tolerance: Tolerance) -> list[str]:
    """The differences between two outputs of the same kinds."""
    differences = []
    for before, after in texts(old, new):
        differences += compare_text(before, after, tolerance)
    for kind in old.get("data", {}):
        if kind == "image/png" and None not in (behind(old), behind(new)):
            differences += compare_drawn(behind(old), behind(new), tolerance)
        elif kind == "image/png":
            differences += compare_pictures(old.data[kind], new.data[kind])
        elif kind == "image/svg+xml":
            differences += compare_svg(old.data[kind], new.data[kind], tolerance)
        elif kind not in TEXT_KINDS and old.data[kind] != new.data[kind]:
            differences.append(f"{kind} differs")
    return differences


def texts(old: NotebookNode, new: NotebookNode) -> list[tuple[str, str]]:
    """What two outputs of the same kinds say in text, side by side."""
    if old.output_type == "stream":
        return [(old.text, new.text)]
    return [(old.data[kind], new.data[kind]) for kind in TEXT_KINDS if kind in old.get("data", {})]


def behind(output: NotebookNode) -> list[dict] | None:
    """The numbers behind a picture, if it carries them."""
    return output.get("metadata", {}).get("image/png", {}).get("drawn")


def compare_text(old: str, new: str, tolerance: Tolerance) -> list[str]:
    """The first difference in the words, else every number out of tolerance."""
    for before, after in zip(words(old), words(new), strict=False):
        if before != after:
            return [f"text: committed {before!r}, now {after!r}"]
    if len(words(old)) != len(words(new)):
        return [f"text: committed {len(words(old))} lines, now {len(words(new))}"]
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    return [f"number: committed {a}, now {b}" for a, b in pairs if a != b and not tolerance.allows(a, b)]


def words(text: str) -> list[str]:
    """The lines of ``text`` with ``#`` for every number, and without spaces: they follow a number's width."""
    return [re.sub(r"[ \t]+", "", NUMBER.sub("#", line)) for line in text.rstrip().splitlines()]


def compare_svg(old: str, new: str, tolerance: Tolerance) -> list[str]:
    """The differences of two drawings: their shapes byte by byte, their texts as printed texts are."""
    if re.sub(SVG_WORDS, "", old) != re.sub(SVG_WORDS, "", new):
        return ["image/svg+xml: the shapes differ"]
    said = ("\n".join(re.findall(SVG_WORDS, svg)) for svg in (old, new))
    return compare_text(*said, tolerance)


def compare_drawn(old: list[dict], new: list[dict], tolerance: Tolerance) -> list[str]:
    """Differences between the numbers behind two pictures, in words."""
    before, after = ([shape(axes) for axes in side] for side in (old, new))
    if before != after:
        return [f"picture: committed {before}, now {after}"]
    said = "\n".join(label for axes in old for label in axes["labels"])
    differences = compare_text(said, "\n".join(x for axes in new for x in axes["labels"]), tolerance)
    for a, b in drawn_pairs(old, new):
        share = off(a, b)
        if share > tolerance.picture:
            differences.append(f"picture: {b['values']} for {a['values']}, off by {share:.1%} of the axis")
    return differences


def shape(axes: dict) -> list:
    """What an Axes shows, without its numbers."""
    kinds_shown = [next(iter(one)) for one in axes["shows"]]
    sizes = [one["size"] for one in axes["shows"]]
    return [*zip(kinds_shown, sizes, strict=True)]


def drawn_pairs(old: list[dict], new: list[dict]) -> list[tuple[dict, dict]]:
    """Rows of numbers of one picture beside those of the other, each with the length of its axis."""
    pairs = []
    for before, after in zip(old, new, strict=True):
        for a, b in zip(before["shows"], after["shows"], strict=True):
            for name in ("x", "y"):
                span = axis_length(before, a, name)
                rows = ({"values": side.get(name, []), "span": span} for side in (a, b))
                pairs.append(tuple(rows))
    return pairs


def axis_length(axes: dict, shown: dict, name: str) -> float:
    """The length of the axis that the numbers lie on: the Axes' own for lines, else the numbers' range."""
    known = [value for value in shown.get(name, []) if value is not None]
    low, high = (
        axes["limits"]["xy".index(name)]
        if "line" in shown
        else (min(known, default=0), max(known, default=0))
    )
    return abs(high - low) or 1.0


def off(old: dict, new: dict) -> float:
    """The largest difference of two rows of numbers, as a share of the axis; infinite where one has none."""
    pairs = [*zip(old["values"], new["values"], strict=True)]
    if any((a is None) != (b is None) for a, b in pairs):
        return float("inf")
    return max((abs(a - b) for a, b in pairs if a is not None), default=0.0) / old["span"]


def compare_pictures(old: str, new: str) -> list[str]:
    """Differences in size and in mean pixel of two base64 PNGs."""
    before, after = picture(old), picture(new)
    sizes = np.array([before.shape[:2], after.shape[:2]])
    if (np.abs(sizes[0] - sizes[1]) > SIZE_BOUND * sizes[0]).any():
        return [f"picture: committed {sizes[0].tolist()}, now {sizes[1].tolist()} pixels"]
    height, width = sizes.min(axis=0)
    difference = np.abs(before[:height, :width] - after[:height, :width]).mean()
    if difference > PIXEL_BOUND:
        return [f"picture: mean pixel differs by {difference:.1f} of 255, allowed {PIXEL_BOUND}"]
    return []


def picture(data: str) -> np.ndarray:
    """A base64 PNG as an array (height, width, 3) of 0..255."""
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"), dtype=float)
