"""Compare a fresh run of a notebook with the committed outputs: text exactly, numbers within a tolerance.

Numbers are read from the printed text. Whole numbers must be equal; numbers with a decimal point or exponent
may differ by ``max(rtol * |committed|, atol, one unit in the last printed digit)``. A cell may state another
tolerance in its metadata, ``{"albert_lab": {"tolerance": {"rtol": 0.01, "reason": "..."}}}``. A cell tagged
``varies`` (with ``{"albert_lab": {"varies": "the reason"}}``) has outputs that depend on what is installed:
of these only the kinds are compared. Pictures must be there in both, of the same size within two in a
hundred, and close in their mean pixel.
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
TEXT_KINDS = ("text/plain", "text/markdown", "text/html", "text/latex")


@dataclass(frozen=True)
class Tolerance:
    """How far a printed decimal number may be from the committed one."""

    rtol: float = 1e-3
    atol: float = 1e-4

    def allows(self, committed: str, now: str) -> bool:
        """Whether the printed number ``now`` is as good as ``committed``."""
        a, b = (text.replace(",", "").replace("\u2212", "-") for text in (committed, now))
        if not any(mark in a + b for mark in ".eE"):
            return int(a) == int(b)
        margin = max(self.rtol * abs(float(a)), self.atol, min(last_digit(a), last_digit(b)))
        return abs(float(a) - float(b)) <= margin * (1 + 1e-9)


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


def compare_outputs(old: NotebookNode, new: NotebookNode) -> list[str]:
    """The differences between the outputs of two code cells."""
    if [kinds(o) for o in old.outputs] != [kinds(o) for o in new.outputs]:
        before, after = ([", ".join(kinds(o)) for o in cell.outputs] for cell in (old, new))
        return [f"outputs: committed {before}, now {after}"]
    if "varies" in old.metadata.get("tags", []):
        return []
    stated = old.metadata.get("albert_lab", {}).get("tolerance", {})
    tolerance = Tolerance(**{name: stated[name] for name in ("rtol", "atol") if name in stated})
    differences = []
    for index, (before, after) in enumerate(zip(old.outputs, new.outputs, strict=True)):
        differences += [f"output {index}: {text}" for text in compare_output(before, after, tolerance)]
    return differences


def kinds(output: NotebookNode) -> tuple[str, ...]:
    """What an output consists of: its type, and the mime types or the stream's name."""
    return (output.output_type, *sorted(output.get("data", {})), *([output.name] if "name" in output else []))


def compare_output(old: NotebookNode, new: NotebookNode, tolerance: Tolerance) -> list[str]:
    """The differences between two outputs of the same kinds."""
    if old.output_type == "stream":
        return compare_text(old.text, new.text, tolerance)
    differences = []
    for kind in old.get("data", {}):
        if kind in TEXT_KINDS:
            differences += compare_text(old.data[kind], new.data[kind], tolerance)
        elif kind == "image/png":
            differences += compare_pictures(old.data[kind], new.data[kind])
        elif old.data[kind] != new.data[kind]:
            differences.append(f"{kind} differs")
    return differences


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
