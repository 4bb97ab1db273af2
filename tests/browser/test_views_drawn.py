"""The three views as saved files: what is drawn, against the tensor, and what a reader can do with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from albert_lab import viz
from tests.browser.conftest import Watched
from tests.browser.drawn import (
    ONE_STEP,
    head_weights,
    lines,
    model_weights,
    neuron_weights,
    styles,
    texts,
    values,
)
from tests.viz.test_views import DRAW, random_record

pytestmark = pytest.mark.browser
T, SECOND, LAYERS, HEADS = 7, 4, 3, 4
GIVEN = random_record(tokens=T, layers=LAYERS, heads=HEADS, width=8, second_segment_start=SECOND)
A, B = slice(0, SECOND), slice(SECOND, T)
PAIRS = {"all": (slice(0, T), slice(0, T)), "aa": (A, A), "bb": (B, B), "ab": (A, B), "ba": (B, A)}


def saved(kind: str, folder: Path, **choices: object) -> Path:
    return DRAW[kind](GIVEN, **choices).save(folder / f"{kind}.html")


def test_the_head_view_draws_the_weights_of_every_layer_and_pair(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path, layer=1))
    assert page.locator("#layer").input_value() == "1"
    assert head_weights(page, HEADS, T, T) * HEADS == pytest.approx(GIVEN.attention[1], abs=ONE_STEP)
    for layer in (0, 2):
        page.select_option("#layer", str(layer))
        assert head_weights(page, HEADS, T, T) * HEADS == pytest.approx(GIVEN.attention[layer], abs=ONE_STEP)
    for name, (rows, columns) in PAIRS.items():
        page.select_option("#filter", name)
        assert texts(page, "#left text") == list(GIVEN.tokens[rows])
        assert texts(page, "#right text") == list(GIVEN.tokens[columns])
        expected = GIVEN.attention[2][:, rows, columns]
        drawn = head_weights(page, *expected.shape)
        assert drawn * HEADS == pytest.approx(expected, abs=ONE_STEP)
    assert watched.requests == [(tmp_path / "head.html").as_uri()]


def test_lines_that_nobody_can_see_are_not_drawn(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    visible = (np.rint(GIVEN.attention[0] * 255) > 0).sum()
    assert len(lines(page, "#attention line")) == visible
    assert 0 < visible < HEADS * T * T, "the record must have some of both"


def test_hovering_over_a_token_shows_its_lines_alone(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    weights = np.rint(GIVEN.attention[0] * 255) / 255
    page.locator("#left text").nth(2).hover()
    only = np.zeros_like(weights)
    only[:, 2] = weights[:, 2]
    assert head_weights(page, HEADS, T, T, visible=True) * HEADS == pytest.approx(only, abs=1e-6)
    boxes = styles(page, "#right .attentionBoxes rect", "opacity").reshape(HEADS, T)
    assert boxes == pytest.approx(weights[:, 2], abs=1e-6)
    page.locator("#right text").nth(5).hover()
    only = np.zeros_like(weights)
    only[:, :, 5] = weights[:, :, 5]
    assert head_weights(page, HEADS, T, T, visible=True) * HEADS == pytest.approx(only, abs=1e-6)
    page.mouse.move(900, 900)
    assert head_weights(page, HEADS, T, T, visible=True) * HEADS == pytest.approx(weights, abs=1e-6)
    assert styles(page, "#right .attentionBoxes rect", "opacity").max() == 0


def test_clicking_a_square_switches_its_head(watched: Watched, tmp_path):
    page = watched.open(saved("head", tmp_path))
    squares = page.locator("#vis svg > g:last-child rect")
    assert squares.count() == HEADS
    squares.nth(1).click()
    shares = np.array([1, 0, 1, 1])[:, None, None] / 3
    assert head_weights(page, HEADS, T, T) == pytest.approx(GIVEN.attention[0] * shares, abs=ONE_STEP)
    squares.nth(2).dblclick()
    alone = np.array([0, 0, 1, 0])[:, None, None]
    assert head_weights(page, HEADS, T, T) == pytest.approx(GIVEN.attention[0] * alone, abs=ONE_STEP)
    assert page.evaluate("getSelection().toString()") == "", "a double click must not mark words of the guide"


def test_the_model_view_draws_every_layer_and_head(watched: Watched, tmp_path):
    page = watched.open(saved("model", tmp_path))
    for name, (rows, columns) in PAIRS.items():
        page.select_option("#filter", name)
        expected = GIVEN.attention[:, :, rows, columns]
        assert model_weights(page, *expected.shape) == pytest.approx(expected, abs=ONE_STEP)


def test_clicking_a_square_of_the_model_view_enlarges_it(watched: Watched, tmp_path):
    page = watched.open(saved("model", tmp_path, layers=[2, 0, 1]))
    square = page.locator("#vis svg > g").nth(1 * HEADS + 3).locator("rect").last
    square.click()
    assert texts(page, "text.detail") == ["Layer 0, Head 3"]
    assert texts(page, "g.detail text") == [*GIVEN.tokens, *GIVEN.tokens]
    drawn = lines(page, "g.detail line")
    top = drawn[:, [1, 3]].min() if len(drawn) else 0
    found = np.zeros((T, T))
    pairs = np.rint((drawn[:, [1, 3]] - top) / 18).astype(int)
    found[tuple(pairs.T)] = drawn[:, 4]
    assert found == pytest.approx(GIVEN.attention[0, 3], abs=ONE_STEP)
    square.click()
    assert page.locator(".detail").count() == 0


def test_the_neuron_view_draws_the_head_that_is_chosen(watched: Watched, tmp_path):
    page = watched.open(saved("neuron", tmp_path, layer=1, head=2))
    assert neuron_weights(page, T, T) == pytest.approx(GIVEN.attention[1, 2], abs=ONE_STEP)
    page.select_option("#layer", "2")
    page.select_option("#att_head", "3")
    for name, (rows, columns) in PAIRS.items():
        page.select_option("#filter", name)
        expected = GIVEN.attention[2, 3, rows, columns]
        assert neuron_weights(page, *expected.shape) == pytest.approx(expected, abs=ONE_STEP)


def test_the_plus_of_the_neuron_view_opens_queries_and_keys(watched: Watched, tmp_path):
    page = watched.open(saved("neuron", tmp_path, layer=2, head=1))
    token = 3
    queries, keys = GIVEN.queries[2, 1], GIVEN.keys[2, 1]
    row = page.locator("#collapsed #leftText > g").nth(token)
    assert styles(page, "#collapsed .plus-sign", "opacity")[token] == 0
    row.hover()
    assert styles(page, "#collapsed .plus-sign", "opacity")[token] == 1
    assert styles(page, "#collapsed #rightText .highlight", "opacity") == pytest.approx(
        GIVEN.attention[2, 1, token], abs=ONE_STEP
    )
    row.locator("rect").last.click()
    assert page.locator("#expanded").get_attribute("visibility") == "visible"
    assert page.locator("#collapsed").get_attribute("visibility") == "hidden"
    for name, expected in (("queries", queries), ("keys", keys), ("product", queries[token] * keys)):
        cells = values(page, f"#expanded #{name} .element").reshape(T, 8)
        assert cells == pytest.approx(expected, rel=2e-3, abs=2e-3)
    products = keys @ queries[token] / np.sqrt(8)
    assert values(page, "#expanded .dotproduct") == pytest.approx(products, rel=2e-3, abs=5e-3)
    highlighted = styles(page, "#expanded #rightText .highlight", "opacity")
    softmax = np.exp(products) / np.exp(products).sum()
    assert highlighted == pytest.approx(softmax, abs=ONE_STEP)
    page.locator("#expanded #leftText > g").nth(token).locator("rect").last.click()
    assert page.locator("#expanded").get_attribute("visibility") == "hidden"


def test_chosen_layers_are_called_by_their_numbers(watched: Watched, tmp_path):
    page = watched.open(saved("neuron", tmp_path, layers=[2, 0]))
    assert texts(page, "#layer option") == ["2", "0"]
    assert neuron_weights(page, T, T) == pytest.approx(GIVEN.attention[2, 0], abs=ONE_STEP)
    page.select_option("#layer", label="0")
    assert neuron_weights(page, T, T) == pytest.approx(GIVEN.attention[0, 0], abs=ONE_STEP)
    page = watched.open(saved("head", tmp_path, layers=[2, 0], layer=0))
    assert texts(page, "#layer option") == ["2", "0"]
    assert head_weights(page, HEADS, T, T) * HEADS == pytest.approx(GIVEN.attention[0], abs=ONE_STEP)


@pytest.mark.parametrize("kind", DRAW)
def test_nothing_is_cut_off_in_a_notebooks_frame(kind, watched: Watched):
    """The height of the frame is computed in Python: no vertical scroll bar; a horizontal one may come."""
    frame = DRAW[kind](GIVEN, title="A title")._repr_mimebundle_()[0]["text/html"]
    for width in (1000, 640):
        watched.page.set_content(f"<div style='width:{width}px'>{frame}</div>")
        inside = watched.page.locator("iframe").element_handle().content_frame()
        inside.wait_for_selector("#vis svg line", state="attached")
        needed = inside.evaluate("document.documentElement.scrollHeight")
        assert needed <= watched.page.locator("iframe").bounding_box()["height"]
        reachable = inside.evaluate("document.querySelector('#vis').scrollWidth")
        assert reachable >= {"head": 340, "model": 970, "neuron": 1040}[kind]


def test_a_large_value_and_the_smallest_ones_of_float16_arrive(watched: Watched, tmp_path):
    extremes = np.zeros_like(GIVEN.queries)
    numbers = [65504, -65504, 2**-14, 2**-24, -(2**-24), 1023 * 2**-24, 1 / 3, -0.0]
    extremes[0, 0, 0] = np.array(numbers, np.float32)
    changed = random_record(tokens=T, layers=LAYERS, heads=HEADS, width=8, queries=extremes)
    page = watched.open(viz.neuron_view(changed).save(tmp_path / "extremes.html"))
    read = values(page, "#expanded #queries .element")[:8]
    assert read.tolist() == np.array(numbers, np.float16).astype(float).tolist()
