"""Pictures of long texts, many heads, long titles: bounded, and what they show can still be read."""

from __future__ import annotations

import base64
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from unittest import mock

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from albert_lab import viz
from albert_lab.errors import InputError
from albert_lab.viz.labels import every, largest_below
from tests.viz.test_views import DRAW, random_record

LARGEST = 12e6  # pixels of any picture


@pytest.fixture(autouse=True)
def _close():
    mpl.use("agg")
    yield
    plt.close("all")


def diagonal(*shape: int) -> np.ndarray:
    return np.broadcast_to(np.eye(shape[-1], dtype=np.float32), shape)


def pixels(figure) -> float:
    return np.prod(figure.get_size_inches() * figure.dpi)


@pytest.mark.parametrize(
    ("heads", "tokens"), [(4, 256), (12, 256), (12, 512), (64, 33), (64, 512), (1, 512), (256, 20)]
)
def test_a_heatmap_is_bounded_and_names_tokens_in_equal_steps(heads, tokens):
    names = [f"token{number}" for number in range(tokens)]
    figure, panels = viz.attention_heatmap(diagonal(heads, tokens, tokens), names)
    assert len(panels) == heads
    assert pixels(figure) < LARGEST
    places = panels[0].get_xticks().astype(int).tolist()
    step = places[1] - places[0] if len(places) > 1 else tokens
    assert places == list(range(0, tokens, step))
    shown = [label.get_text() for label in panels[0].get_yticklabels()]
    assert shown == [f"token{at} {at}" if step > 1 else f"token{at}" for at in places]
    assert len(panels) == 1 or panels[-1].get_title() == f"head {heads - 1}"


def test_names_that_are_written_do_not_lie_on_each_other():
    figure, panels = viz.attention_heatmap(diagonal(12, 96, 96), ["▁word"] * 96)
    figure.canvas.draw()
    for labels, side in ((panels[0].get_xticklabels(), 0), (panels[0].get_yticklabels(), 1)):
        boxes = [label.get_window_extent().get_points()[:, side] for label in labels]
        boxes.sort(key=lambda box: box[0])
        assert all(first[1] <= second[0] + 1 for first, second in pairwise(boxes))


def test_a_single_bright_square_of_a_long_text_stays_bright():
    weights = np.zeros((64, 512, 512), np.float32)
    weights[63, 300, 17] = 1
    figure, panels = viz.attention_heatmap(weights, ["x"] * 512)
    image = panels[63].images[0]
    shown = np.asarray(image.get_array())
    assert shown.max() == 1
    row, column = np.argwhere(shown == 1)[0]
    left, right, bottom, top = image.get_extent()
    assert left + (column + 0.5) / shown.shape[1] * (right - left) == pytest.approx(17, abs=2.5)
    assert top + (row + 0.5) / shown.shape[0] * (bottom - top) == pytest.approx(300, abs=2.5)
    assert "token 300" in figure.description
    assert "token 17" in figure.description


def test_the_largest_below_is_the_largest_of_each_block():
    given = np.random.default_rng(0).random((2, 3, 11, 23))
    found = largest_below(given, 7)
    assert found.shape == (2, 3, 7, 7)
    rows, columns = (np.arange(8) * count // 7 for count in (11, 23))
    for row, column in np.ndindex(7, 7):
        block = given[..., rows[row] : rows[row + 1], columns[column] : columns[column + 1]]
        np.testing.assert_array_equal(found[..., row, column], block.max((-2, -1)))
    assert largest_below(given, 23) is given


def test_every_takes_the_smallest_round_step_that_fits():
    assert [every(count, 10, 0.13) for count in (10, 76, 77, 200, 512, 5000)] == [1, 1, 2, 4, 10, 100]
    for count in range(1, 700, 13):
        step = every(count, 2.0, 0.13)
        assert step == 1 or count / step * 0.13 <= 2.0


def test_more_panels_than_anybody_can_read_are_refused():
    with pytest.raises(InputError, match="layer_grid"):
        viz.attention_heatmap(diagonal(257, 3, 3), list("abc"))
    with pytest.raises(InputError, match="table_image"):
        viz.matrix_heatmap(np.zeros((51, 50)), ["r"] * 51, ["c"] * 50)
    with pytest.raises(InputError, match="table_image"):
        viz.matrix_heatmap(np.zeros((1, 101)), ["r"], ["c"] * 101)
    with pytest.raises(InputError, match="256"):
        viz.layer_grid(np.zeros((1, 257, 2, 2)))


@pytest.mark.parametrize(("layers", "heads", "tokens"), [(12, 12, 256), (12, 64, 130), (64, 2, 300)])
def test_grids_and_stills_are_bounded(layers, heads, tokens):
    given = diagonal(layers, heads, tokens, tokens)
    figure, axes = viz.layer_grid(given)
    assert pixels(figure) < LARGEST
    assert np.prod(axes.images[0].get_array().shape) < LARGEST
    record = random_record(tokens=2, layers=1, heads=1)
    record = replace(record, tokens=("x",) * tokens, attention=given, queries=None, keys=None)
    with pytest.warns(UserWarning, match="takes seconds"):
        picture = Image.open(BytesIO(viz.model_view(record).png))
    assert np.prod(picture.size) < LARGEST


def test_an_alignment_of_long_texts_is_bounded():
    figure, axes = viz.alignment(np.full((300, 400), 1 / 400), ["q"] * 300, ["k"] * 400)
    assert pixels(figure) < LARGEST
    assert len(figure.description) < 2000
    assert 20 < len(axes.get_xticks()) < 110


@pytest.mark.parametrize("heads", [12, 40, 64])
def test_the_numbers_of_many_heads_do_not_run_into_each_other(heads):
    with mock.patch.object(Axes, "set_xticks", autospec=True, side_effect=Axes.set_xticks) as drawn:
        given = random_record(tokens=6, layers=3, heads=heads)
        picture = Image.open(BytesIO(viz.model_view(replace(given, second_segment_start=None)).png))
    places, names = drawn.call_args_list[0].args[1:]
    assert list(names) == list(range(0, heads, names[1] - names[0] if len(names) > 1 else 1))
    assert (places[1] - places[0]) / 7 * picture.width / heads > 16, "pixels for two digits"
    _, axes = viz.layer_grid(given)
    assert len(axes.get_xticks()) <= 33


TITLE = "Copy a file, by docs-mini after 20,000 steps, layer 5: what its heads look at, and a few more words"


@pytest.mark.parametrize("kind", DRAW)
def test_the_title_of_a_still_is_whole(kind):
    before = Image.open(BytesIO(DRAW[kind](random_record()).png)).height
    owner, name = (Axes, "set_title") if kind == "model" else (Figure, "suptitle")
    with mock.patch.object(owner, name, autospec=True, side_effect=getattr(owner, name)) as drawn:
        png = DRAW[kind](random_record(), title=TITLE).png
    shown = drawn.call_args_list[-1].args[1]
    assert shown.replace("\n", " ").startswith(TITLE)
    assert Image.open(BytesIO(png)).height >= before + 17 * (len(shown.splitlines()) - (kind != "model"))
    bundle = DRAW[kind](random_record(), title=TITLE)._repr_mimebundle_()[0]
    assert base64.b64decode(bundle["image/png"]) == png


def test_a_title_stays_inside_its_picture():
    figure, axes = viz.layer_grid(diagonal(2, 4, 5, 5), title=TITLE)
    figure.canvas.draw()
    box = axes.title.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
    figure, panels = viz.attention_heatmap(diagonal(4, 5, 5), list("abcde"), title=TITLE, titles=[TITLE] * 4)
    figure.canvas.draw()
    assert figure.get_suptitle().replace("\n", " ") == TITLE
    assert panels[3].get_title().replace("\n", " ") == TITLE
    first, second = (panel.title.get_window_extent() for panel in panels[:2])
    assert not first.overlaps(second)


def test_a_title_of_thousands_of_characters_is_cut_with_a_sign():
    figure, _ = viz.attention_heatmap(diagonal(2, 3, 3), list("abc"), title="x " * 9000)
    assert figure.get_suptitle().endswith("…")
    assert pixels(figure) < LARGEST
