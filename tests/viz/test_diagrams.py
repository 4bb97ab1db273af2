"""Drawings: text stays text, nothing overlaps or leaves the card, all can be read, the same each time."""

from __future__ import annotations

import base64
import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from albert_lab.errors import InputError
from albert_lab.viz import diagrams as draw
from albert_lab.viz.diagrams.course import PARTS
from albert_lab.viz.diagrams.style import CARD, INK, QUIET, ROLES
from tests.notebooks.normal import chapters, read
from tests.viz.faults import SVG, boxes, contrast, faults, text_areas

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


def show(*parts, **more):
    return draw.drawing(*parts, description=SAID, **more)


def root(drawing):
    return ElementTree.fromstring(drawing.svg)


def said(drawing):
    """All text of a drawing, in its order."""
    return ["".join(element.itertext()) for element in root(drawing).iter(f"{SVG}text")]


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
    assert faults(drawing.svg) == []
    assert "NaN" not in drawing.svg.replace(SAID, "")


def test_all_parts_together_keep_apart():
    parts = one_of_each()
    rows = [draw.row(*parts[i : i + 4], gap=30) for i in range(0, len(parts), 4)]
    assert faults(show(*rows).svg) == []


def test_lines_keep_away_from_the_labels_of_what_they_go_around():
    def labelled():
        return draw.box("attention", "(B, T, H)\nbelow", name="above")

    for around in (
        draw.residual(labelled()),
        draw.loop(labelled(), "twice"),
        draw.frame(labelled(), "title"),
    ):
        assert faults(show(draw.column(draw.arrow(), around, draw.arrow())).svg) == []
    for side in ("top", "bottom", "left", "right"):
        inner = draw.table([[1, 2], [3, 4]], rows=["a", "b"], columns=["c", "d"], name="above", below="below")
        assert faults(show(draw.brace(inner, "a label that is wider\nof two lines", side)).svg) == []
    narrow = [draw.brace(draw.tokens(["a"]), "a label that is wider", side) for side in ("top", "top")]
    assert faults(show(draw.row(*narrow)).svg) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_role_can_be_read_wherever_it_is_taken(role):
    one, other = draw.box("a", role=role, name="name", below="below"), draw.head(1, "(T, d)", role)
    rows = [draw.row(one, draw.arrow("label", "note", role), other), draw.text("words", role)]
    rows += [draw.table([["a"]], role=role, rows=["row"], columns=["column"], name="table")]
    rows += [draw.frame(draw.text("inside"), "title", role), draw.loop(draw.box("x"), "twice", role)]
    rows += [draw.plane({"v": (1, 1)}, roles={"v": role})]
    assert faults(show(*rows, draw.link(rows[1], rows[2], "link", role)).svg) == []


def test_the_finder_of_faults_finds_them():
    one, other = draw.text("one text"), draw.text("another")
    assert faults(show(draw.row(one, other, gap=-20)).svg)
    assert "is cut by the edge" in str(faults(show(draw.row(draw.box("box"), "text", gap=-20)).svg))
    moved = re.sub(r'<text x="', '<text x="9', show("a text").svg)
    assert "leaves the card" in str(faults(moved))
    below = draw.box("to", name="a name")
    crossed = show(above := draw.box("from"), below, draw.link(above, below.middle))
    assert "a line over 'a name'" in str(faults(crossed.svg))
    three = [draw.box(word) for word in ("one", "two", "three")]
    for bend in (0, 0.01):
        crossed = show(draw.row(*three), draw.link(three[0], three[2], bend=bend))
        assert "a line through the box" in str(faults(crossed.svg))
    pale = show("a text").svg.replace(INK, "#999999")
    assert "cannot be read" in str(faults(pale))


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
    assert faults(drawing.svg) == []


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


# What eyes without one kind of cones see, in linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
EYES = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


def cielab(colour, eyes):
    """A colour as it is seen, in CIELAB, where a distance of 2.3 is just noticed."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = to_xyz @ np.clip(np.array(EYES[eyes]) @ linear, 0, 1) / np.array([0.9505, 1, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", EYES)
def test_colour_blind_eyes_tell_the_roles_apart(eyes):
    """By their fills, or else by their edges: dashed (muted), double (shared), thick on a hatch (lit)."""
    seen = {name: cielab(look.fill, eyes) for name, look in ROLES.items()}
    for one, other in itertools.combinations(seen, 2):
        if not {one, other} & {"muted", "shared", "lit"}:
            assert np.linalg.norm(seen[one] - seen[other]) > 10, (one, other)
    assert [ROLES["muted"].dash, ROLES["shared"].double, ROLES["lit"].hatch] == ["4 3", True, True]


def test_the_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_matrices_are_to_scale_and_say_where_they_are_not():
    def sides(*args, **more):
        (box,) = boxes(show(draw.matrix(*args, **more)).svg)
        return box.bottom - box.top, box.right - box.left

    assert sides(400, 200, longest=400, length=200) == pytest.approx((200, 100))
    assert sides(100, 200, longest=400, length=200) == pytest.approx((50, 100))
    assert sides(400, 1, longest=400, length=200) == pytest.approx((200, 3))
    assert said(show(draw.matrix(400, 200, "name", below="V × E"))) == ["name", "V × E", "400 × 200"]
    assert said(show(draw.matrix(400, 1, length=200)))[-1] == "drawn 6 times too wide"
    assert said(show(draw.matrix(1, 400, length=200)))[-1] == "drawn 6 times too tall"
    with pytest.raises(InputError, match="on a scale up to 100"):
        draw.matrix(200, 3, longest=100)


def test_neighbours_line_up_by_their_bodies_whatever_their_labels():
    named, bare = draw.box("a", "below\nit", name="above"), draw.box("b")
    first, second = boxes(show(draw.row(named, bare)).svg)
    assert first.top == pytest.approx(second.top, abs=0.11)
    looped, bare = draw.loop(draw.box("a"), "many times"), draw.box("b")
    first, *_, second = boxes(show(draw.column(looped, bare)).svg)
    assert (first.left, first.right) == pytest.approx((second.left, second.right))


@pytest.mark.parametrize("here", ["00", *(f"{n:02}" for n in range(1, 18)), "06_parameter_sharing"])
def test_the_map_of_the_course_lights_the_chapters_part(here):
    drawing, dark = draw.course_map(here), draw.course_map()
    assert faults(drawing.svg) == []
    assert said(drawing) == said(dark)
    assert ("Lit" in drawing.description) == (here != "00")


@pytest.mark.parametrize("part", PARTS)
def test_of_the_map_one_part_is_lit_alone(part):
    drawing = draw.course_map([part])
    fills = [element.get("fill") for element in root(drawing).iter(f"{SVG}rect") if element.get("stroke")]
    (lit,) = (
        box for box, fill in zip(boxes(drawing.svg), fills[1:], strict=True) if fill == ROLES["lit"].fill
    )
    inside = " ".join(text.what for text in text_areas(drawing.svg) if text.within(lit))
    assert " ".join(PARTS[part][0].split()) in inside


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
    (tip,), (left, right) = tips(drawing), boxes(drawing.svg)
    assert left.right < tip[0] < right.left
    drawing = show(draw.column(draw.box("a"), draw.arrow(), draw.box("b")))
    (tip,), (upper, lower) = tips(drawing), boxes(drawing.svg)
    assert upper.bottom < tip[1] < lower.top
    assert tip[0] == pytest.approx((upper.left + upper.right) / 2)


def test_an_arrow_into_a_residual_runs_on_as_one():
    """One head at the end, none on the way."""
    drawing = show(draw.column(draw.box("a"), draw.arrow("x"), draw.residual(draw.box("b"))))
    assert faults(drawing.svg) == []
    assert len(tips(drawing)) == 3  # into b, from b to the plus, and around b to the plus
    lines = [path.get("d") for path in root(drawing).iter(f"{SVG}path")]
    (_, end), (start, _) = (re.findall(r"[-\d.]+ [-\d.]+", line) for line in lines[:2])
    assert float(end.split()[1]) >= float(start.split()[1])


@pytest.mark.parametrize("bend", [0, 0.3])
def test_a_link_ends_at_the_side_that_it_is_tied_to(bend):
    words, box = draw.tokens(["a", "b", "c"]), draw.box("to")
    drawing = show(draw.column(words, draw.space(40), box), draw.link(words[2], box, bend=bend))
    cells, (x, y) = boxes(drawing.svg), tips(drawing)[0]
    assert y == pytest.approx(cells[3].top - 3, abs=0.2)
    assert x == pytest.approx((cells[3].left + cells[3].right) / 2, abs=0.2)
    drawing = show(
        draw.row(words := draw.tokens(["a"]), draw.space(60), end := draw.box("to")),
        draw.link(end, words.right),
    )
    assert tips(drawing)[0][0] == pytest.approx(boxes(drawing.svg)[0].right + 3, abs=0.2)


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


def test_what_is_no_part_is_told():
    one, other = draw.box("a"), draw.box("b")
    with pytest.raises(InputError, match="give links to drawing"):
        draw.row(one, draw.link(one, other), other)
    with pytest.raises(InputError, match="a Drawing is no part"):
        draw.column(show("x"))
    with pytest.raises(InputError, match="a link to a str"):
        draw.link("a", one)
    with pytest.raises(InputError, match="no cell 3"):
        draw.tokens(["a", "b", "c"])[3]
    with pytest.raises(InputError, match=r"no cell \(0, 3\)"):
        draw.table([[1, 2, 3]])[0, 3]
    for nothing in (0, -1, []):
        with pytest.raises(InputError):
            draw.vector(nothing)
    for nothing in ([], [[]]):
        with pytest.raises(InputError):
            draw.table(nothing)


def test_tensors_and_arrays_are_taken_as_numbers():
    given = torch.tensor([[0.5, -1.0], [2.0, 3.25]])
    told = ["0.50", "−1.00", "2.00", "3.25"]
    assert said(show(draw.table(given))) == said(show(draw.table(given.numpy()))) == told
    assert said(show(draw.vector(given[0]))) == told[:2]
    assert said(show(draw.vector(torch.tensor([1, -2])))) == ["1", "−2"]
    crosses = show(draw.mask(torch.ones(2, 2).tril().bool())).svg.count("<path")
    assert crosses == show(draw.mask([[1, 0], [1, 1]])).svg.count("<path") == 2


def test_names_of_arrows_in_a_plane_keep_apart_even_where_arrows_lie_on_each_other():
    same = {"q": (1, 0), "a": (1, 0), "b": (2, 0), "long name": (2, 0), "zero": (0, 0), "far": (-40, 30)}
    drawing = show(draw.plane(same, roles={"q": "query"}))
    assert faults(drawing.svg) == []
    assert sorted(said(drawing)) == sorted(same)
    assert len(drawing.svg) < 9_000  # few lines in the grid, however large the numbers
    with pytest.raises(InputError, match="two finite numbers"):
        draw.plane({"a": (float("nan"), 1)})


def test_controls_in_a_description_are_left_out():
    drawing = draw.drawing("x", description="One\x00 two\ud800\n\tthree.")
    assert root(drawing).find(f"{SVG}desc").text == drawing.description == "One two three."


def test_a_square_link_has_corners_and_a_label_of_its_own():
    one, other = draw.box("from"), draw.box("to")
    joined = draw.link(one.right, other.top, "label", square=True)
    drawing = show(draw.row(one, draw.space(100), draw.column(draw.space(60), other)), joined)
    assert faults(drawing.svg) == []
    path = next(root(drawing).iter(f"{SVG}path")).get("d")
    corners = [tuple(map(float, point.split())) for point in re.findall(r"[-\d.]+ [-\d.]+", path)]
    assert all(ax == bx or ay == by for (ax, ay), (bx, by) in itertools.pairwise(corners))


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_the_drawings_of_a_chapter_keep_to_all_of_this(path):
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            svg = output.get("data", {}).get("image/svg+xml")
            assert svg is None or faults(svg) == [], cell.source


def test_a_drawing_is_saved_as_it_is_shown(tmp_path):
    drawing = show("x")
    assert drawing.save(tmp_path / "x.svg").read_text(encoding="utf-8") == drawing.svg
