"""The three views as saved files: what is drawn, against the tensor, and what a reader can do with it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from albert_lab import viz
from albert_lab.analysis import CrossAttentionRecord
from tests.browser.conftest import Watched
from tests.browser.drawn import FAINTEST, STEP, drawn, lines, neuron_drawn, relative, styles, texts, values
from tests.viz.test_views import DRAW, random_record

pytestmark = pytest.mark.browser
T, SECOND, LAYERS, HEADS = 7, 4, 3, 4
GIVEN = random_record(tokens=T, layers=LAYERS, heads=HEADS, width=8, second_segment_start=SECOND)
A, B = slice(0, SECOND), slice(SECOND, T)
PAIRS = {"all": (slice(0, T), slice(0, T)), "aa": (A, A), "bb": (B, B), "ab": (A, B), "ba": (B, A)}
PIECES = ("[CLS]", "▁the", "▁t", "ir", "ed", ".", "[SEP]")


def saved(kind: str, folder: Path, given: object = GIVEN, **choices: object) -> Path:
    return DRAW[kind](given, **choices).save(folder / f"{kind}.html")


def near(weights: np.ndarray) -> object:
    """What must be drawn of weights: those just at the faintest may be there or not."""
    return pytest.approx(relative(weights), abs=FAINTEST * 1.3)


def test_the_head_view_draws_the_weights_of_every_layer_and_pair(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path, layer=1))
    assert page.locator("#layer").input_value() == "1"
    assert drawn(page, HEADS, T, T) == near(GIVEN.attention[1])
    for layer in (0, 2):
        page.select_option("#layer", str(layer))
        assert drawn(page, HEADS, T, T) == near(GIVEN.attention[layer])
    for name, (rows, columns) in PAIRS.items():
        page.select_option("#filter", name)
        assert texts(page, "#left text") == list(GIVEN.tokens[rows])
        assert texts(page, "#right text") == list(GIVEN.tokens[columns])
        expected = GIVEN.attention[2][:, rows, columns]
        assert drawn(page, *expected.shape) == near(expected)
    assert watched.requests == [(tmp_path / "head.html").as_uri()]


def test_lines_that_nobody_can_see_are_not_drawn(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    count = len(lines(page))
    shares = GIVEN.attention[0] / GIVEN.attention[0].max()
    assert (shares > 1.3 * FAINTEST).sum() <= count <= (shares > 0.7 * FAINTEST).sum() < HEADS * T * T


def test_a_weight_is_as_strong_as_it_is_beside_the_strongest_shown(watched: Watched, tmp_path):
    """With weights below 0.1 the strongest line is as dark as can be, and the legend says what that is."""
    faint = replace(GIVEN, attention=GIVEN.attention * 0.1)
    page = watched.open(saved("head", tmp_path, faint))
    assert lines(page)[:, 3].max() == 1
    most = float(faint.attention[0].max())
    assert float(page.locator("#most").inner_text()) == pytest.approx(most, abs=6e-3)
    page.select_option("#scale", "one")
    assert lines(page)[:, 3].max() == pytest.approx(most, abs=1e-3)
    assert page.locator("#most").inner_text() == "1.00"


def test_hovering_over_a_token_shows_its_lines_and_numbers(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    weights = GIVEN.attention[0]
    page.locator("#left g.token").nth(2).hover()
    only = np.zeros_like(weights)
    only[:, 2] = weights[:, 2]
    assert drawn(page, HEADS, T, T)[:, 2] == pytest.approx(only[:, 2] / weights.max(), abs=STEP + FAINTEST)
    assert drawn(page, HEADS, T, T)[:, [0, 1, 3, 4, 5, 6]].max() == 0
    mean = weights[:, 2].mean(0)
    numbers = [float(text) for text in texts(page, ".numbers text")]
    assert numbers == pytest.approx([value for value in mean if value >= 0.02 * mean.max()], abs=6e-3)
    lit = styles(page, "#right g.token", "--lit")
    assert lit == pytest.approx(mean / mean.max(), abs=5e-3)
    assert styles(page, ".text span.token", "--lit") == pytest.approx(lit, abs=5e-3), (
        "in the running text too"
    )
    said = page.locator("#readout").inner_text()
    best = GIVEN.tokens[int(mean.argmax())]
    assert said.startswith(f"“{GIVEN.tokens[2]}” looks at “{best}” ")
    page.locator("#right g.token").nth(5).hover()
    assert drawn(page, HEADS, T, T)[:, :, 5] == pytest.approx(
        weights[:, :, 5] / weights.max(), abs=STEP + FAINTEST
    )
    assert "is looked at by" in page.locator("#readout").inner_text()
    page.mouse.move(1090, 1390)
    assert drawn(page, HEADS, T, T) == near(weights)
    assert texts(page, ".numbers text") == []


def test_a_token_of_the_running_text_is_looked_from_too(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    page.locator(".text span.token").nth(3).hover()
    assert set(lines(page)[:, 1]) == {3}


def test_a_pinned_token_stays_and_each_heads_weight_is_told(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    page.locator("#left g.token").nth(2).click()
    page.locator("#right g.token").nth(5).hover()
    assert set(lines(page)[:, 1]) == {2}
    told = page.locator("#tip").inner_text().splitlines()
    assert told[0] == f"“{GIVEN.tokens[2]}” → “{GIVEN.tokens[5]}”"
    order = np.argsort(-GIVEN.attention[0, :, 2, 5])
    assert [line.split(":")[0] for line in told[1:]] == [f"head {head}" for head in order]
    numbers = [float(line.split(":")[1]) for line in told[1:]]
    assert numbers == pytest.approx(GIVEN.attention[0, order, 2, 5], abs=6e-3)
    page.keyboard.press("Escape")
    page.mouse.move(1090, 1390)
    assert drawn(page, HEADS, T, T) == near(GIVEN.attention[0])


def test_clicking_a_square_switches_its_head(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    squares = page.locator("button.head")
    assert [square.inner_text() for square in squares.all()] == ["0", "1", "2", "3"]
    squares.nth(1).click()
    page.mouse.move(1090, 1390)
    some = GIVEN.attention[0] * np.array([1, 0, 1, 1])[:, None, None]
    assert drawn(page, HEADS, T, T) == near(some)
    assert squares.nth(1).get_attribute("aria-pressed") == "false"
    squares.nth(2).dblclick()
    page.mouse.move(1090, 1390)
    alone = GIVEN.attention[0] * np.array([0, 0, 1, 0])[:, None, None]
    assert drawn(page, HEADS, T, T) == near(alone)
    assert page.evaluate("getSelection().toString()") == "", "a double click must not mark words of the guide"
    page.locator("#every").click()
    assert drawn(page, HEADS, T, T) == near(GIVEN.attention[0])
    squares.nth(3).click(modifiers=["Shift"])
    page.mouse.move(1090, 1390)
    assert set(lines(page)[:, 0]) == {3}


def test_resting_on_a_square_shows_its_head_and_tells_its_strongest_weight(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    page.locator("button.head").nth(2).hover()
    row, column = np.unravel_index(GIVEN.attention[0, 2].argmax(), (T, T))
    told = page.locator("#tip").inner_text()
    assert told.startswith(f"head 2\nstrongest: “{GIVEN.tokens[row]}” → “{GIVEN.tokens[column]}” ")
    page.wait_for_function("() => new Set([...document.querySelectorAll('#attention g')]).size === 1")
    assert set(lines(page)[:, 0]) == {2}
    page.mouse.move(1090, 1390)
    page.wait_for_function("() => document.querySelectorAll('#attention g').length === 4")


def test_a_head_can_be_shown_first(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path, head=2))
    assert set(lines(page)[:, 0]) == {2}


THUMBNAIL = """(canvas) => {
    const context = canvas.getContext('2d');
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const alpha = data.filter((_, at) => at % 4 === 3);
    return [canvas.width, ...alpha];
}"""


def test_a_thumbnail_shows_its_head_on_one_scale_for_all(watched: Watched, tmp_path):
    given = random_record(tokens=8, layers=2, heads=3)
    page = watched.open(saved("head", tmp_path, given))
    for head in range(3):
        side, *alpha = page.locator("button.head canvas").nth(head).evaluate(THUMBNAIL)
        found = np.array(alpha).reshape(side, side)[2 : side : side // 8, 2 : side : side // 8] / 255
        assert found == pytest.approx(given.attention[0, head] / given.attention[0].max(), abs=0.03)


def test_words_instead_of_pieces(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path, replace(GIVEN, tokens=PIECES, second_segment_start=None)))
    page.check("#words")
    assert texts(page, "#left text") == ["[CLS]", "▁the", "▁tired", ".", "[SEP]"]
    starts = [0, 1, 2, 5, 6]
    expected = np.add.reduceat(GIVEN.attention[0], starts, axis=2)
    expected = np.add.reduceat(expected, starts, axis=1) / np.array([1, 1, 3, 1, 1])[:, None]
    assert drawn(page, HEADS, 5, 5) == near(expected)
    page.uncheck("#words")
    assert texts(page, "#left text") == list(PIECES)
    assert drawn(page, HEADS, T, T) == near(GIVEN.attention[0])


def test_words_are_not_offered_where_every_piece_is_one(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    assert not page.locator("#words").is_visible()


@pytest.mark.parametrize(
    ("heads", "least"),
    [(4, 50), (8, 28), (12, 25), (16, 20), (32, 10), (64, 5)],
    ids=lambda value: str(value),
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_head_has_a_number_and_a_colour_of_its_own(heads, least, theme, watched: Watched, tmp_path):
    watched.page.emulate_media(color_scheme=theme)
    page = watched.open(saved("head", tmp_path, random_record(tokens=4, layers=1, heads=heads)))
    assert texts(page, "button.head span") == [str(head) for head in range(heads)]
    colours = page.evaluate(
        """() => [...document.querySelectorAll('button.head')].map((square) => {
            const canvas = document.createElement('canvas');
            canvas.width = canvas.height = 1;
            const context = canvas.getContext('2d');
            context.fillStyle = getComputedStyle(square).color;
            context.fillRect(0, 0, 1, 1);
            return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
        })"""
    )
    lab = np.array([cielab(colour) for colour in colours])
    apart = np.linalg.norm(lab[:, None] - lab, axis=-1) + 1e9 * np.eye(heads)
    assert apart.min() > least, "differences of CIELAB, of which 2.3 can just be seen"
    paper = 100 if theme == "light" else 6
    assert np.abs(lab[:, 0] - paper).min() > 25, "to be seen on the paper"


def cielab(colour: list[int]) -> np.ndarray:
    """sRGB of 0 to 255 as CIE L*a*b* (D65); IEC 61966-2-1 and CIE 15."""
    share = np.array(colour) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = matrix @ linear / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("width", [360, 640, 1000, 1600])
@pytest.mark.parametrize("heads", [4, 64])
def test_the_squares_of_all_heads_are_inside_the_page(width, heads, watched: Watched, tmp_path):
    watched.page.set_viewport_size({"width": width, "height": 900})
    page = watched.open(saved("head", tmp_path, random_record(tokens=4, layers=1, heads=heads)))
    boxes = [square.bounding_box() for square in page.locator("button.head").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert min(box["width"] for box in boxes) >= 24, "to be touched with a finger"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_of_many_heads_each_pair_shows_the_strongest(watched: Watched, tmp_path):
    """Each token has four lines; all of them, each of its strongest head, while it is pointed at."""
    given = random_record(tokens=9, layers=1, heads=20)
    page = watched.open(saved("head", tmp_path, given))
    best = given.attention[0].max(0)
    fourth = np.sort(best, axis=1)[:, -4, None]
    ahead = best - np.sort(given.attention[0], axis=0)[-2] > 0.02  # 8 bits do not change who is first
    for row in (None, 5):
        if row is not None:
            page.locator("#left g.token").nth(row).hover()
        found = drawn(page, 20, 9, 9)
        wanted = np.where(best >= fourth, best, 0) if row is None else best * (np.arange(9) == row)[:, None]
        assert found.max(0) == pytest.approx(wanted / best.max(), abs=STEP + FAINTEST)
        assert ((found > 0).sum(0) <= 1).all()
        assert (found.argmax(0) == given.attention[0].argmax(0))[(wanted > 0.05) & ahead].all()


@pytest.mark.parametrize("kind", ["head", "neuron"])
def test_the_drawing_is_as_wide_as_its_page(kind, watched: Watched, tmp_path):
    for width in (1000, 1600):
        watched.page.set_viewport_size({"width": width, "height": 900})
        page = watched.open(saved(kind, tmp_path))
        box = page.locator("#vis > svg").bounding_box()
        assert box["width"] == pytest.approx(width - 16, abs=2)
    watched.page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_function("() => document.querySelector('#vis > svg').getBoundingClientRect().width < 700")


LONG = ("[CLS]", "▁telecommunications", "▁implementation", "x" * 60, ".", "▁", "[SEP]")


@pytest.mark.parametrize("width", [360, 1000])
@pytest.mark.parametrize(
    ("kind", "query"),
    [("head", "#left text"), ("head", "#right text"), ("model", "#left text"), ("neuron", "#leftText text")],
)
def test_no_token_is_cut(kind, query, width, watched: Watched, tmp_path):
    watched.page.set_viewport_size({"width": width, "height": 900})
    page = watched.open(saved(kind, tmp_path, replace(GIVEN, tokens=LONG)))
    assert texts(page, query) == list(LONG)
    inside = page.evaluate(
        """(query) => {
            const box = document.querySelector('#vis svg').getBoundingClientRect();
            const tokens = [...document.querySelectorAll(query)].map((text) => text.getBoundingClientRect());
            return tokens.every((token) => token.left >= box.left && token.right <= box.right);
        }""",
        query,
    )
    assert inside
    assert (
        page.evaluate("document.querySelector('#vis').scrollWidth")
        >= page.evaluate("document.querySelector('#vis svg').getBoundingClientRect().width") - 1
    ), "the rest can be scrolled to"


def test_the_sign_of_a_word_is_light_and_a_full_stop_has_a_box(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path, replace(GIVEN, tokens=LONG)))
    assert texts(page, "#left .sign") == ["▁", "▁", "▁"]
    faint = "(sign) => +getComputedStyle(sign).fillOpacity"
    assert page.locator("#left .sign").first.evaluate(faint) < 0.5
    page.locator("#left g.token").nth(1).click()
    page.locator("#right g.token").nth(2).hover()
    for place, verb in (("#readout", "looks at"), ("#tip", "→")):
        assert f"“▁telecommunications” {verb} “" in page.locator(place).inner_text()
        assert page.locator(f"{place} .sign").first.inner_text() == "▁"
    for place in (4, 5):
        chip = page.locator("#left g.token").nth(place).locator(".chip").bounding_box()
        assert chip["width"] >= 12
        assert chip["height"] >= 16


def test_the_head_view_works_with_the_keyboard_alone(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    page.locator("button.head").first.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert page.locator("button.head").nth(2).get_attribute("aria-pressed") == "false"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "every"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for key in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    assert set(lines(page)[:, 1]) == {2}
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.closest('#right') !== null")
    assert page.locator("#tip").is_visible()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    assert drawn(page, HEADS, T, T) == near(GIVEN.attention[0])


def test_the_views_work_with_a_finger(browser: Browser, tmp_path):
    context = browser.new_context(viewport={"width": 400, "height": 900}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(saved("head", tmp_path).as_uri())
    page.locator("#left g.token").nth(2).tap()
    assert set(lines(page)[:, 1]) == {2}
    page.locator("#right g.token").nth(3).tap()
    assert page.locator("#tip").is_visible()
    page.locator("#left g.token").nth(2).tap()
    page.locator("button.head").nth(1).tap()
    assert set(lines(page)[:, 0]) == {0, 2, 3}
    page.goto(saved("model", tmp_path).as_uri())
    page.locator("button.cell").nth(5).tap()
    assert page.locator("#chosen").inner_text() == "Layer 1, head 1"
    page.goto(saved("neuron", tmp_path).as_uri())
    page.locator(".plus-sign").nth(1).tap()
    assert page.locator("#expanded").get_attribute("visibility") == "visible"
    context.close()


BRIGHTNESS = """(name) => {
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.fillStyle = getComputedStyle(document.body)[name];
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
}"""


@pytest.mark.parametrize("kind", DRAW)
def test_dark_and_light(kind, watched: Watched, tmp_path):
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open(saved(kind, tmp_path))
    assert page.evaluate(BRIGHTNESS, "color") > 200
    assert brightness(page) < 60
    page.click("#theme")
    assert page.evaluate(BRIGHTNESS, "color") < 60
    assert brightness(page) > 240
    page.emulate_media(color_scheme="light")
    page.reload()
    assert page.evaluate(BRIGHTNESS, "color") < 60
    assert brightness(page) > 240


def brightness(page: Page) -> float:
    """Of the page's paper: the most frequent value of its corner."""
    corner = page.screenshot(clip={"x": 1090, "y": 1390, "width": 8, "height": 8})
    return float(np.asarray(Image.open(BytesIO(corner)).convert("L")).mean())


@pytest.mark.parametrize("theme", ["true", "false"])
def test_a_frame_takes_the_brightness_of_a_notebooks_theme(theme, watched: Watched):
    """Also where the system's theme is another: what counts is the page around the frame."""
    frame = viz.head_view(GIVEN)._repr_mimebundle_()[0]["text/html"]
    paper = "white" if theme == "true" else "#111111"
    for system in ("light", "dark"):
        watched.page.emulate_media(color_scheme=system)
        watched.page.set_content(
            f"<body data-jp-theme-light='{theme}' style='margin:0;background:{paper}'>{frame}</body>"
        )
        inside = watched.page.locator("iframe").element_handle().content_frame()
        inside.wait_for_selector("#vis svg line", state="attached")
        watched.page.wait_for_timeout(200)
        shown = np.asarray(Image.open(BytesIO(watched.page.screenshot())).convert("L"))[:400]
        paper_shown, darkest, lightest = np.median(shown), shown.min(), shown.max()
        if theme == "true":
            assert paper_shown > 240
            assert darkest < 80
        else:
            assert paper_shown < 60
            assert lightest > 180


def test_the_model_view_has_a_square_for_every_head_on_one_scale(watched: Watched, tmp_path):
    page = watched.open(saved("model", tmp_path))
    assert texts(page, "#grid .top") == [str(head) for head in range(HEADS)]
    assert texts(page, "#grid .side") == [str(layer) for layer in range(LAYERS)]
    for name in ("all", "ab"):
        page.select_option("#filter", name)
        rows, columns = PAIRS[name]
        expected = GIVEN.attention[:, :, rows, columns]
        for layer, head in ((0, 0), (1, 3), (2, 2)):
            side, *alpha = page.locator("button.cell canvas").nth(layer * HEADS + head).evaluate(THUMBNAIL)
            picture = np.array(alpha).reshape(side, side) / 255
            high, wide = expected.shape[2:]
            middles = [((np.arange(count) + 0.5) * side / count).astype(int) for count in (high, wide)]
            shares = expected[layer, head] / expected.max()
            shares[shares < 0.02] = 0
            assert picture[np.ix_(*middles)] == pytest.approx(shares, abs=0.03)


def test_choosing_a_square_of_the_model_view_draws_its_head_large(watched: Watched, tmp_path):
    page = watched.open(saved("model", tmp_path, layers=[2, 0, 1]))
    assert page.locator("#chosen").inner_text() == "Layer 2, head 0"
    page.locator("button.cell").nth(1 * HEADS + 3).click()
    assert page.locator("#chosen").inner_text() == "Layer 0, head 3"
    assert drawn(page, HEADS, T, T)[3] == near(GIVEN.attention[0, 3])
    page.keyboard.press("ArrowDown")
    assert page.locator("#chosen").inner_text() == "Layer 1, head 3"
    page.keyboard.press("ArrowLeft")
    assert drawn(page, HEADS, T, T)[2] == near(GIVEN.attention[1, 2])
    page.locator("button.cell").nth(2).hover()
    row, column = np.unravel_index(GIVEN.attention[2, 2].argmax(), (T, T))
    told = page.locator("#tip").inner_text()
    assert told.startswith(f"layer 2, head 2\nstrongest: “{GIVEN.tokens[row]}” → “{GIVEN.tokens[column]}” ")


def test_a_head_of_the_model_view_can_be_shown_first(watched: Watched, tmp_path):
    page = watched.open(saved("model", tmp_path, layer=1, head=2))
    assert page.locator("#chosen").inner_text() == "Layer 1, head 2"
    assert drawn(page, HEADS, T, T)[2] == near(GIVEN.attention[1, 2])


@pytest.mark.parametrize("width", [640, 1000, 1600])
def test_64_heads_of_the_model_view_are_numbered_and_large_enough(width, watched: Watched, tmp_path):
    watched.page.set_viewport_size({"width": width, "height": 900})
    page = watched.open(saved("model", tmp_path, random_record(tokens=6, layers=3, heads=64)))
    cells = [page.locator("button.cell").nth(place).bounding_box() for place in range(64)]
    assert min(cell["width"] for cell in cells) >= 14
    tops = page.evaluate(
        """() => [...document.querySelectorAll('#grid .top')].map((text) => {
            const range = document.createRange();
            range.selectNodeContents(text);
            const box = range.getBoundingClientRect();
            return [box.left, box.right];
        })"""
    )
    assert all(one[1] <= two[0] for one, two in pairwise(tops)), "numbers stand apart"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_neuron_view_draws_the_head_that_is_chosen(watched: Watched, tmp_path):
    page = watched.open(saved("neuron", tmp_path, layer=1, head=2))
    assert neuron_drawn(page, 2, T, T) == near(GIVEN.attention[1, 2])
    page.select_option("#layer", "2")
    page.select_option("#att_head", "3")
    for name, (rows, columns) in PAIRS.items():
        page.select_option("#filter", name)
        expected = GIVEN.attention[2, 3, rows, columns]
        assert neuron_drawn(page, 3, *expected.shape) == near(expected)


def test_the_plus_of_the_neuron_view_opens_queries_and_keys(watched: Watched, tmp_path):
    page = watched.open(saved("neuron", tmp_path, layer=2, head=1))
    token = 3
    queries, keys = GIVEN.queries[2, 1], GIVEN.keys[2, 1]
    sign = page.locator(".plus-sign").nth(token)
    assert sign.is_visible()
    sign.click()
    assert page.locator("#expanded").get_attribute("visibility") == "visible"
    assert len(lines(page, "#vis .lines line", "#leftText", "#rightText")) == 0
    assert sign.text_content() == "−"
    for name, expected in (("queries", queries[token]), ("keys", keys), ("product", queries[token] * keys)):
        cells = values(page, f"#expanded #{name} .element").reshape(expected.shape)
        assert cells == pytest.approx(expected, rel=2e-3, abs=2e-3)
    products = keys @ queries[token] / np.sqrt(8)
    assert values(page, "#expanded .dotproduct") == pytest.approx(products, rel=2e-3, abs=5e-3)
    softmax = np.exp(products) / np.exp(products).sum()
    assert styles(page, "#rightText g.token", "--lit") == pytest.approx(softmax / softmax.max(), abs=5e-3)
    page.locator("#product .element").nth(8 * 5 + 2).hover()
    told = page.locator("#tip").inner_text()
    assert told.startswith(f"feature 2 of “{GIVEN.tokens[5]}”")
    assert f"{queries[token, 2]:.2f}".replace("-", "−") in told
    page.locator("#leftText g.token").nth(1).click()
    assert values(page, "#expanded #queries .element") == pytest.approx(queries[1], rel=2e-3, abs=2e-3)
    page.locator(".plus-sign").nth(1).click()
    assert page.locator("#expanded").get_attribute("visibility") == "hidden"
    page.mouse.move(1090, 1390)
    assert neuron_drawn(page, 1, T, T) == near(GIVEN.attention[2, 1])


def test_the_numbers_of_the_neuron_view_open_with_the_keyboard(watched: Watched, tmp_path):
    page = watched.open(saved("neuron", tmp_path))
    page.locator(".plus-sign").first.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert values(page, "#expanded #queries .element") == pytest.approx(
        GIVEN.queries[0, 0, 2], rel=2e-3, abs=2e-3
    )
    page.keyboard.press("Escape")
    assert page.locator("#expanded").get_attribute("visibility") == "hidden"


def test_chosen_layers_are_called_by_their_numbers(watched: Watched, tmp_path):
    page = watched.open(saved("neuron", tmp_path, layers=[2, 0]))
    assert texts(page, "#layer option") == ["2", "0"]
    assert neuron_drawn(page, 0, T, T) == near(GIVEN.attention[2, 0])
    page.select_option("#layer", label="0")
    assert neuron_drawn(page, 0, T, T) == near(GIVEN.attention[0, 0])
    page = watched.open(saved("head", tmp_path, layers=[2, 0], layer=0))
    assert texts(page, "#layer option") == ["2", "0"]
    assert drawn(page, HEADS, T, T) == near(GIVEN.attention[0])


CROSS = CrossAttentionRecord(
    ("le", "chat", "dort"),
    GIVEN.tokens,
    GIVEN.attention[:, :, :3],
    GIVEN.queries[:, :, :3],
    GIVEN.keys,
)


@pytest.mark.parametrize("kind", DRAW)
def test_cross_attention_goes_from_one_text_to_another(kind, watched: Watched, tmp_path):
    page = watched.open(saved(kind, tmp_path, CROSS, layer=1))
    ids = ("#leftText", "#rightText") if kind == "neuron" else ("#left", "#right")
    assert [texts(page, f"{side} text") for side in ids] == [list(CROSS.tokens), list(CROSS.key_tokens)]
    shown = CROSS.attention[1] if kind == "head" else CROSS.attention[1, :1]
    assert drawn(page, len(shown), 3, T, *ids) == near(shown)
    assert texts(page, ".text .name") == ["looks: ", "looked at: "]
    page.locator(f"{ids[0]} g.token").nth(1).hover()
    mean = shown[:, 1].mean(0)
    assert styles(page, ".text:last-child span.token", "--lit") == pytest.approx(mean / mean.max(), abs=5e-3)
    if kind == "neuron":
        page.locator(".plus-sign").nth(2).click()
        assert values(page, "#expanded #keys .element").reshape(T, 8) == pytest.approx(
            CROSS.keys[1, 0], rel=2e-3, abs=2e-3
        )
        products = CROSS.keys[1, 0] @ CROSS.queries[1, 0, 2] / np.sqrt(8)
        assert values(page, "#expanded .dotproduct") == pytest.approx(products, rel=2e-3, abs=5e-3)


@pytest.mark.parametrize("heads", [4, 12, 64])
@pytest.mark.parametrize("kind", DRAW)
def test_nothing_is_cut_off_in_a_notebooks_frame(kind, heads, watched: Watched):
    """No vertical scroll bar; a horizontal one may come. The page in the frame tells how high it is."""
    given = random_record(tokens=24, layers=4, heads=heads, width=8, second_segment_start=9)
    frame = DRAW[kind](given, title="A title")._repr_mimebundle_()[0]["text/html"]
    for width in (1000, 640):
        watched.page.set_content(f"<div style='width:{width}px'>{frame}</div>")
        inside = watched.page.locator("iframe").element_handle().content_frame()
        inside.wait_for_selector("#vis svg line", state="attached")
        watched.page.wait_for_timeout(200)
        needed = inside.evaluate("document.documentElement.scrollHeight")
        height = watched.page.locator("iframe").bounding_box()["height"]
        assert needed <= height
        used = inside.evaluate("document.querySelector('#vis').getBoundingClientRect().bottom")
        assert height - used < 60, "and no wall of white below it"


def test_a_large_value_and_the_smallest_ones_of_float16_arrive(watched: Watched, tmp_path):
    extremes = np.zeros_like(GIVEN.queries)
    numbers = [65504, -65504, 2**-14, 2**-24, -(2**-24), 1023 * 2**-24, 1 / 3, -0.0]
    extremes[0, 0, 0] = np.array(numbers, np.float32)
    changed = random_record(tokens=T, layers=LAYERS, heads=HEADS, width=8, queries=extremes)
    page = watched.open(viz.neuron_view(changed).save(tmp_path / "extremes.html"))
    page.locator(".plus-sign").first.click()
    read = values(page, "#expanded #queries .element")
    assert read.tolist() == np.array(numbers, np.float16).astype(float).tolist()
