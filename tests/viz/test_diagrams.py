"""Drawings: text stays text, nothing overlaps or leaves the card, all can be read, the same each time."""

from __future__ import annotations

import base64
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.font_manager import get_font

from albert_lab.errors import InputError
from albert_lab.viz import diagrams as draw
from albert_lab.viz.diagrams.style import CARD, INK, QUIET, ROLES

SVG = "{http://www.w3.org/2000/svg}"
SAID = "A drawing that a test looks at."
HOSTILE = [
    "</text><script>alert(1)</script>",
    "<b>",
    "&amp;",
    '"',
    "a_b",
    "]]>",
    "\n",
    "\x00",
    "\u202e",
    "汉",
    "x" * 300,
]


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


def show(*parts, **more):
    return draw.drawing(*parts, description=SAID, **more)


def root(drawing):
    return ElementTree.fromstring(drawing.svg)


def said(drawing):
    """All text of a drawing, in its order."""
    return ["".join(element.itertext()) for element in root(drawing).iter(f"{SVG}text")]


def card(drawing):
    left, top, width, height = map(float, root(drawing).get("viewBox").split())
    return Area(left, top, left + width, top + height, "card")


def area(element):
    x, y, width, height = (float(element.get(name)) for name in ("x", "y", "width", "height"))
    return Area(x, y, x + width, y + height, "box")


def boxes(drawing):
    """All boxes but the card, and but the grounds that keep lines away from letters: these have no edge."""
    found = [element for element in root(drawing).iter(f"{SVG}rect") if element.get("stroke")]
    return [area(element) for element in found[1:]]


def grounds(drawing):
    """Each text, its colour, and the colour that it stands on: of the last box painted before it."""
    painted = []
    for element in root(drawing):
        if element.tag == f"{SVG}rect" and element.get("fill") != "none":
            painted.append((area(element), element.get("fill")))
        elif element.tag == f"{SVG}text":
            x, y = float(element.get("x")), float(element.get("y")) - 3
            under = [fill for box, fill in painted if Area(x, y, x, y).within(box)]
            yield "".join(element.itertext()), element.get("fill"), (under or [CARD])[-1]


def text_areas(drawing):
    """Where the letters are, measured with the letters of DejaVu Sans themselves."""
    found = []
    for element in root(drawing).iter(f"{SVG}text"):
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


def points(drawing):
    """All points of lines and arrow heads."""
    for element in root(drawing).iter():
        told = element.get("d") or element.get("points") or ""
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", told)]
        yield from zip(numbers[::2], numbers[1::2], strict=True)


def faults(drawing):
    """What overlaps, what is cut by an edge, and what lies outside of the card."""
    ground, texts, found = card(drawing), text_areas(drawing), []
    for one, other in itertools.combinations(texts, 2):
        if one.meets(other):
            found.append(f"{one.what!r} lies on {other.what!r}")
    for text, box in itertools.product(texts, boxes(drawing)):
        if text.meets(box) and not text.within(box):
            found.append(f"{text.what!r} is cut by the edge of a box")
    for area in [*texts, *boxes(drawing)]:
        if not area.within(ground):
            found.append(f"{area.what!r} leaves the card")
    for text, ink, fill in grounds(drawing):
        if contrast(ink, fill) < 4.5:
            found.append(f"{text!r} cannot be read, {ink} on {fill}")
    for x, y in points(drawing):
        if not (ground.left <= x <= ground.right and ground.top <= y <= ground.bottom):
            found.append(f"a line leaves the card at {x}, {y}")
    return found


def contrast(one, other):
    """The ratio of WCAG 2.2."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def one_of_each():
    """Every part once."""
    return [
        draw.text("softmax(q_1 Kᵀ / √d) V", size="large", bold=True),
        draw.text("two\nlines", "query", size="small"),
        draw.box("attention", "(B, T, H)", "shared", name="layer"),
        draw.box("feed-\nforward", role="lit"),
        draw.head(0, "(T, d)", "query"),
        draw.tokens(["[CLS]", "▁the", "cat"], name="text", below="T tokens", lit=[1], muted=[2]),
        draw.vector([0.5, -1.25, 3], "q", "query"),
        draw.vector(4, "k", "key", upright=True),
        draw.vector(768, "h"),
        draw.vector("H", "x", "hidden"),
        draw.table([[1, 0.5], ["1/7", ""]], rows=["one", "two"], columns=["a", "b"], name="scores"),
        draw.mask([[True, False], [True, True]], rows=["a", "b"], columns=["a", "b"], name="mask"),
        draw.matrix(30_000, 128, "word table", "weights", below="V × E"),
        draw.plane({"q": (2, 1), "a": (1, 2), "b": (-1, 0.5)}, roles={"q": "query"}, name="plane"),
        draw.brace(draw.tokens(["a", "b", "c"]), "the first two", cells=(0, 1)),
        draw.frame(draw.column("inside", draw.arrow(), "a frame"), "title"),
        draw.loop(draw.box("one layer", role="shared"), "12 times"),
        draw.residual(draw.box("attention")),
        draw.space(5),
        draw.row(draw.box("from"), draw.arrow("label", "note"), draw.box("to")),
        draw.column(draw.box("from"), draw.arrow("two\nlines", "note"), draw.box("to")),
        draw.grid(["a", draw.box("b")], [draw.box("c"), None]),
    ]


COUNT = len(one_of_each())


@pytest.mark.parametrize("index", range(COUNT))
def test_each_part_keeps_its_words_apart_and_stays_on_the_card(index):
    drawing = show(one_of_each()[index])
    assert faults(drawing) == []
    assert "NaN" not in drawing.svg.replace(SAID, "")


def test_all_parts_together_keep_apart():
    parts = one_of_each()
    rows = [draw.row(*parts[i : i + 4], gap=30) for i in range(0, len(parts), 4)]
    assert faults(show(*rows)) == []


def test_the_finder_of_faults_finds_them():
    one, other = draw.text("one text"), draw.text("another")
    assert faults(show(draw.row(one, other, gap=-20)))
    assert "is cut by the edge" in str(faults(show(draw.row(draw.box("box"), "text", gap=-20))))
    moved = re.sub(r'<text x="', '<text x="9', show("a text").svg)
    assert "leaves the card" in str(faults(draw.Drawing(moved, SAID)))
    pale = show("a text").svg.replace(INK, "#999999")
    assert "cannot be read" in str(faults(draw.Drawing(pale, SAID)))


def test_the_same_calls_give_the_same_bytes_without_ids_and_without_anything_from_elsewhere():
    first, second = (show(*one_of_each()) for _ in range(2))
    assert first.svg == second.svg
    assert not re.search(r"\bid=|url\(|href|@import|<style|<image|<use", first.svg)
    assert set(re.findall(r"https?://[^\"']+", first.svg)) == {"http://www.w3.org/2000/svg"}


def test_a_drawing_carries_its_sentence():
    drawing = draw.drawing("x", description='A "sentence" <with> signs & marks.')
    tree = root(drawing)
    assert tree.get("role") == "img"
    told = 'A "sentence" <with> signs & marks.'
    assert [tree.get("aria-label"), tree.find(f"{SVG}title").text, tree.find(f"{SVG}desc").text] == [told] * 3
    bundle = drawing._repr_mimebundle_()
    html = bundle.pop("text/html")
    assert bundle == {"image/svg+xml": drawing.svg, "text/plain": told}
    assert ' alt="A &quot;sentence&quot; &lt;with&gt; signs &amp; marks."' in html
    assert base64.b64decode(re.search(r"base64,([^\"]*)", html)[1]).decode() == drawing.svg
    assert repr(drawing) == told


@pytest.mark.parametrize("description", ["", "  ", "Drawing", None])
def test_no_drawing_without_a_sentence(description):
    with pytest.raises(InputError, match="a sentence that tells what one sees"):
        draw.drawing("x", description=description)


@pytest.mark.parametrize("token", HOSTILE)
def test_hostile_tokens_stay_text(token):
    drawing = show(
        draw.tokens([token]), draw.table([[token]], rows=[token], columns=[token]), draw.box(token)
    )
    names = {element.tag.removeprefix(SVG) for element in root(drawing).iter()}
    assert names <= {"svg", "title", "desc", "rect", "text", "tspan"}
    assert faults(drawing) == []


def test_tokens_are_written_as_they_are_and_labels_have_subscripts():
    assert said(show(draw.tokens(["a_b", "<b>", "a\nb"]))) == ["a_b", "<b>", "a\\nb"]
    drawing = show(draw.text("q_1, W_{QK}, hidden_states"))
    low = [element.text for element in root(drawing).iter(f"{SVG}tspan") if element.get("font-size")]
    assert low == ["1", "QK"]
    assert said(drawing) == ["q1, WQK, hidden_states"]


def test_text_can_be_read_on_its_ground():
    grounds = {look.fill for look in ROLES.values()} | {CARD}
    for name, look in ROLES.items():
        assert contrast(look.ink, look.fill) >= 4.5, name
        if name not in ("plain", "muted"):  # of which no text is written in the colour of the edge
            assert contrast(look.edge, CARD) >= 4.5, name
        assert contrast(look.edge, look.fill) >= 3 or name == "muted", name
    assert min(contrast(INK, ground) for ground in grounds) >= 7
    assert min(contrast(QUIET, ground) for ground in (CARD, ROLES["muted"].fill, "#ffffff")) >= 4.5


def test_the_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_matrices_are_to_scale_and_say_where_they_are_not():
    def sides(*args, **more):
        (box,) = boxes(show(draw.matrix(*args, **more)))
        return box.bottom - box.top, box.right - box.left

    assert sides(400, 200, longest=400, length=200) == pytest.approx((200, 100))
    assert sides(100, 200, longest=400, length=200) == pytest.approx((50, 100))
    assert sides(400, 1, longest=400, length=200) == pytest.approx((200, 6))
    assert said(show(draw.matrix(400, 200, "name", below="V × E"))) == ["name", "V × E", "400 × 200"]
    assert said(show(draw.matrix(400, 1, length=200)))[-1] == "drawn 12 times too wide"
    assert said(show(draw.matrix(1, 400, length=200)))[-1] == "drawn 12 times too tall"
    with pytest.raises(InputError, match="on a scale up to 100"):
        draw.matrix(200, 3, longest=100)


def test_neighbours_line_up_by_their_bodies_whatever_their_labels():
    named, bare = draw.box("a", "below\nit", name="above"), draw.box("b")
    first, second = boxes(show(draw.row(named, bare)))
    assert first.top == pytest.approx(second.top, abs=0.11)
    looped, bare = draw.loop(draw.box("a"), "many times"), draw.box("b")
    first, *_, second = boxes(show(draw.column(looped, bare)))
    assert (first.left, first.right) == pytest.approx((second.left, second.right))


@pytest.mark.parametrize("here", ["00", *(f"{n:02}" for n in range(1, 14)), "06_parameter_sharing"])
def test_the_map_of_the_course_lights_the_chapters_part(here):
    drawing, dark = draw.course_map(here), draw.course_map()
    assert faults(drawing) == []
    assert said(drawing) == said(dark)
    assert (drawing.svg != dark.svg) == (here != "00") == ("Lit" in drawing.description)


def test_the_map_names_what_is_lit():
    lit = draw.course_map(["pooling", "better"])
    assert lit.description.endswith("stands: pooling, mean or [CLS], make vectors comparable.")
    assert lit.svg.count(ROLES["lit"].fill) > draw.course_map("10").svg.count(ROLES["lit"].fill)
    with pytest.raises(InputError, match="the map has no pool"):
        draw.course_map("pool")


def tips(drawing):
    """The tips of all arrow heads."""
    found = []
    for element in root(drawing).iter(f"{SVG}polygon"):
        found.append(tuple(float(c) for c in element.get("points").split()[0].split(",")))
    return found


def test_arrows_turn_with_what_holds_them():
    one, other = draw.box("a"), draw.box("b")
    drawing = show(draw.row(one, draw.arrow(), other))
    (tip,), (left, right) = tips(drawing), boxes(drawing)
    assert left.right < tip[0] < right.left
    drawing = show(draw.column(draw.box("a"), draw.arrow(), draw.box("b")))
    (tip,), (upper, lower) = tips(drawing), boxes(drawing)
    assert upper.bottom < tip[1] < lower.top
    assert tip[0] == pytest.approx((upper.left + upper.right) / 2)


@pytest.mark.parametrize("bend", [0, 0.3])
def test_a_link_ends_at_the_side_that_it_is_tied_to(bend):
    words, box = draw.tokens(["a", "b", "c"]), draw.box("to")
    drawing = show(draw.column(words, draw.space(40), box), draw.link(words[2], box, bend=bend))
    cells, (x, y) = boxes(drawing), tips(drawing)[0]
    assert y == pytest.approx(cells[3].top - 3, abs=0.2)
    assert x == pytest.approx((cells[3].left + cells[3].right) / 2, abs=0.2)
    drawing = show(
        draw.row(words := draw.tokens(["a"]), draw.space(60), end := draw.box("to")),
        draw.link(end, words.right),
    )
    assert tips(drawing)[0][0] == pytest.approx(boxes(drawing)[0].right + 3, abs=0.2)


def test_what_cannot_be_drawn_is_told():
    part = draw.box("a")
    with pytest.raises(InputError, match="stands in the drawing twice"):
        show(draw.row(part, part))
    with pytest.raises(InputError, match="is not in the drawing"):
        show(draw.box("b"), draw.link(part, draw.box("c")))
    with pytest.raises(InputError, match="pixels wide"):
        show(draw.row(*(draw.box("a long box") for _ in range(12))))
    with pytest.raises(InputError, match="no role 'qeury'"):
        draw.box("a", role="qeury")
    with pytest.raises(InputError, match="rows of"):
        draw.table([[1, 2], [3]])
    with pytest.raises(InputError, match="columns: 1 names for 2"):
        draw.table([[1, 2]], columns=["a"])
    with pytest.raises(InputError, match="no cell 5"):
        draw.tokens(["a"], lit=[5])
    with pytest.raises(InputError, match="at least one part"):
        draw.row()


def test_a_drawing_is_saved_as_it_is_shown(tmp_path):
    drawing = show("x")
    assert drawing.save(tmp_path / "x.svg").read_text(encoding="utf-8") == drawing.svg
