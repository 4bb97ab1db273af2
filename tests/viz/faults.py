"""What is wrong with how a drawing looks, found in its SVG: overlaps, lines over words, pale letters."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
from matplotlib.font_manager import get_font

from albert_lab.viz.diagrams.style import CARD

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Area:
    """A rectangle of a drawing, and what it is."""

    left: float
    top: float
    right: float
    bottom: float
    what: str = ""

    def meets(self, other: Area, spare: float = 0.5) -> bool:
        return (
            self.left < other.right - spare
            and other.left < self.right - spare
            and self.top < other.bottom - spare
            and other.top < self.bottom - spare
        )

    def within(self, other: Area, spare: float = 0.6) -> bool:
        return (
            self.left >= other.left - spare
            and self.right <= other.right + spare
            and self.top >= other.top - spare
            and self.bottom <= other.bottom + spare
        )


def root(svg):
    return ElementTree.fromstring(svg)


def card(svg):
    left, top, width, height = map(float, root(svg).get("viewBox").split())
    return Area(left, top, left + width, top + height, "card")


def area(element):
    x, y, width, height = (float(element.get(name)) for name in ("x", "y", "width", "height"))
    return Area(x, y, x + width, y + height, "box")


def boxes(svg):
    """All boxes but the card, and but the grounds that keep lines away from letters: these have no edge."""
    found = [element for element in root(svg).iter(f"{SVG}rect") if element.get("stroke")]
    return [area(element) for element in found[1:]]


def grounds(svg):
    """Each text, its colour, and the colour that it stands on: of the last box painted before it."""
    painted = []
    for element in root(svg):
        if element.tag == f"{SVG}rect" and element.get("fill") != "none":
            painted.append((area(element), element.get("fill")))
        elif element.tag == f"{SVG}text":
            x, y = float(element.get("x")), float(element.get("y")) - 3
            under = [fill for box, fill in painted if Area(x, y, x, y).within(box)]
            yield "".join(element.itertext()), element.get("fill"), (under or [CARD])[-1]


def text_areas(svg):
    """Where the letters are, measured with the letters of DejaVu Sans themselves."""
    found = []
    for element in root(svg).iter(f"{SVG}text"):
        size, bold = float(element.get("font-size")), element.get("font-weight") == "bold"
        width = letters_width(element.text or "", size, bold)
        for child in element:
            width += letters_width(child.text or "", float(child.get("font-size", size)), bold)
            width += letters_width(child.tail or "", size, bold)
        x, y = float(element.get("x")), float(element.get("y"))
        left = x - width * {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor"), 0.0)
        found.append(Area(left, y - 0.75 * size, left + width, y + 0.2 * size, "".join(element.itertext())))
    return found


def letters_width(text, size, bold):
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = get_font(Path(matplotlib.get_data_path(), "fonts", "ttf", name))
    font.set_size(size, 72)
    known = [font.load_char(ord(letter)) for letter in text if font.get_char_index(ord(letter))]
    return sum(glyph.linearHoriAdvance / 65536 for glyph in known) + size * (len(text) - len(known))


def points(svg):
    """All points of lines and arrow heads."""
    for element in root(svg).iter():
        told = element.get("d") or element.get("points") or ""
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", told)]
        yield from zip(numbers[::2], numbers[1::2], strict=True)


def faults(svg):
    """What overlaps, what is cut by an edge, and what lies outside of the card."""
    ground, texts, found = card(svg), text_areas(svg), []
    for one, other in itertools.combinations(texts, 2):
        if one.meets(other):
            found.append(f"{one.what!r} lies on {other.what!r}")
    for text, box in itertools.product(texts, boxes(svg)):
        if text.meets(box) and not text.within(box):
            found.append(f"{text.what!r} is cut by the edge of a box")
    for area in [*texts, *boxes(svg)]:
        if not area.within(ground):
            found.append(f"{area.what!r} leaves the card")
    letters, solid = [*uncovered(svg)], boxes(svg)
    for stroke in strokes(svg):
        found += [f"a line over {text.what!r}" for text in letters if any(inside(stroke, text))]
        for box in solid:
            within = inside(stroke, box)
            if any(within) and not within[0] and not within[-1]:
                found.append(f"a line through the box at {box}")
    for text, ink, fill in grounds(svg):
        if contrast(ink, fill) < 4.5:
            found.append(f"{text!r} cannot be read, {ink} on {fill}")
    for x, y in points(svg):
        if not (ground.left <= x <= ground.right and ground.top <= y <= ground.bottom):
            found.append(f"a line leaves the card at {x}, {y}")
    return found


def strokes(svg):
    """Lines, as points that are close to each other."""
    for element in root(svg).iter(f"{SVG}path"):
        if element.get("stroke-opacity"):  # the hatch of a box
            continue
        told = element.get("d")
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", told)]
        corners = [*zip(numbers[::2], numbers[1::2], strict=True)]
        pairs = itertools.pairwise(curved(corners) if "C" in told else corners)
        yield [
            (ax + (bx - ax) * part / 60, ay + (by - ay) * part / 60)
            for (ax, ay), (bx, by) in pairs
            for part in range(61)
        ]


def curved(corners):
    """Points of a Bézier curve."""
    for part in range(13):
        t = part / 12
        shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        yield tuple(sum(w * p[i] for w, p in zip(shares, corners, strict=True)) for i in (0, 1))


def inside(stroke, box):
    """For each point of a line, whether it is in the box."""
    return [box.left + 1 < x < box.right - 1 and box.top + 1 < y < box.bottom - 1 for x, y in stroke]


def uncovered(svg):
    """Where letters are that no ground keeps lines away from."""
    places = iter(text_areas(svg))
    for before, element in itertools.pairwise(root(svg)):
        if element.tag == f"{SVG}text":
            place = next(places)
            if before.tag != f"{SVG}rect" or before.get("stroke"):
                yield place


def contrast(one, other):
    """The ratio of WCAG 2.2."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
