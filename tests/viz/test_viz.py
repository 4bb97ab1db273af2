from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from albert_lab import viz
from albert_lab.errors import InputError
from albert_lab.viz.labels import plain

HOSTILE = ["$x_1$", "$", "<script>", "\n", "汉", "🙂", "\ud800", "▁the", "x" * 100, ""]


@pytest.fixture(autouse=True)
def _no_style_is_changed():
    mpl.use("agg")
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before
    plt.close("all")


def weights(*shape):
    raw = np.random.default_rng(0).random(shape)
    return raw / raw.sum(-1, keepdims=True)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_one_attention_map_shows_the_weights_it_was_given():
    given = weights(3, 3)
    figure, (axes,) = viz.attention_heatmap(given, ["[CLS]", "▁key", "[SEP]"])
    image = axes.images[0]
    np.testing.assert_array_equal(image.get_array(), given)
    assert image.get_clim() == (0, 1)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["[CLS]", "▁key", "[SEP]"]
    assert axes.get_xlabel().startswith("key")
    assert axes.get_ylabel().startswith("query")
    assert texts(axes)[1] == f"{given[0, 1]:.2f}"
    figure.canvas.draw()


@pytest.mark.parametrize("heads", [1, 2, 4, 5, 12])
def test_one_panel_per_head(heads):
    figure, panels = viz.attention_heatmap(weights(heads, 6, 6), list("abcdef"))
    assert len(panels) == heads
    assert panels[-1].get_title() == (f"head {heads - 1}" if heads > 1 else "")
    visible = [axes for axes in figure.axes if axes.axison]
    assert len(visible) == heads + 1  # and the colour bar


def test_matrix():
    figure, axes = viz.matrix_heatmap([[1, -0.5], [0.25, 0]], ["a", "b"], ["x", "y"], label="cosine")
    assert texts(axes) == ["1.00", "-0.50", "0.25", "0.00"]
    low, high = axes.images[0].get_clim()
    assert low == pytest.approx(-high)
    figure.canvas.draw()
    _, axes = viz.matrix_heatmap([[3, 5]], ["a"], ["x", "y"], limits=(0, 10))
    assert axes.images[0].get_clim() == (0, 10)
    _, axes = viz.matrix_heatmap([[3, 12]], ["a"], ["x", "y"], decimals=0)
    assert texts(axes) == ["3", "12"]


def test_curves():
    figure, axes = viz.layer_curves(
        {"key": [1, 0.5, 0.2], "port": [1, 0.9, 0.8]}, label="cosine", limits=(0, 1)
    )
    assert [line.get_ydata().tolist() for line in axes.lines] == [[1, 0.5, 0.2], [1, 0.9, 0.8]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["input", "1", "2"]
    assert len({(line.get_color(), line.get_marker()) for line in axes.lines}) == 2
    figure.canvas.draw()


def test_token_vectors_cross_padding_out_and_keep_it_out_of_the_colours():
    vectors = np.array([[2.0, 4], [6, 8], [100, 100]])
    figure, axes = viz.token_vectors(vectors, ["a", "b", "<pad>"], mask=[1, 1, 0], pooled=[4, 6])
    assert axes.images[0].get_clim() == (-8, 8)
    assert len(axes.patches) == 1
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "<pad>", "", "mean"]
    np.testing.assert_array_equal(axes.images[0].get_array()[-1], [4, 6])
    figure.canvas.draw()


def test_map_keeps_distances_of_flat_vectors():
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(9, 2)) * [3, 1]
    high = flat @ np.linalg.qr(rng.normal(size=(5, 2)))[0].T + 7
    points, shares = viz.flatten_to_map(high)
    distance = np.linalg.norm(flat[:, None] - flat, axis=-1)
    np.testing.assert_allclose(np.linalg.norm(points[:, None] - points, axis=-1), distance, atol=1e-9)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] > shares[1]
    np.testing.assert_allclose(viz.flatten_to_map(-high)[0], points, atol=1e-9)


def test_map_of_equal_vectors_is_one_point():
    points, shares = viz.flatten_to_map(np.ones((3, 4)))
    np.testing.assert_allclose(points, 0, atol=1e-12)
    assert np.isfinite(shares).all()


def test_vectors_draws_each_group_with_its_own_marker_and_all_labels():
    vectors = np.random.default_rng(0).normal(size=(6, 10))
    figure, axes = viz.vectors(vectors, list("abcdef"), groups=["key", "port"] * 3)
    assert [len(points.get_offsets()) for points in axes.collections] == [3, 3]
    assert texts(axes) == list("abcdef")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["key", "port"]
    figure.canvas.draw()


def test_labels_of_a_map_do_not_lie_on_each_other():
    figure, axes = viz.vectors(
        np.array([[0.0, 0], [0.01, 0], [9, 1], [0, 9]]), ["one", "two", "three", "four"]
    )
    figure.canvas.draw()
    one, two = (text.get_window_extent() for text in axes.texts[:2])
    assert not one.overlaps(two)


@pytest.mark.filterwarnings("error")
def test_hostile_tokens_stay_text():
    count = len(HOSTILE)
    for figure, _ in (
        viz.attention_heatmap(weights(count, count), HOSTILE, titles=["$\\frac$"]),
        viz.matrix_heatmap(weights(count, 2), HOSTILE, ["$a$", "b"], title="$\\frac$"),
        viz.token_vectors(weights(count, 4), HOSTILE),
        viz.vectors(weights(count, 4), HOSTILE, groups=["$a$", "b"] * 5),
        viz.layer_curves({"$a$": [1, 2]}, label="x"),
    ):
        figure.canvas.draw()


def test_plain_text():
    assert plain("▁tree") == "▁tree"
    assert plain("a\nb") == "a\\nb"
    assert plain("🙂汉") == "\\U0001f642\\u6c49" or "🙂" in plain("🙂汉")
    assert len(plain("x" * 100)) == 28


def test_tensors_are_drawn_and_left_alone():
    import torch

    given = torch.rand(4, 6, requires_grad=True)
    before = given.detach().clone()
    viz.token_vectors(given, list("abcd"), mask=torch.tensor([1, 1, 1, 0]), pooled=given.mean(0))
    assert torch.equal(given, before)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: viz.attention_heatmap(weights(3, 4), list("abc")),
        lambda: viz.attention_heatmap(weights(3, 3), list("ab")),
        lambda: viz.attention_heatmap(weights(3, 3), "abc"),
        lambda: viz.attention_heatmap(weights(3, 3) * 9, list("abc")),
        lambda: viz.attention_heatmap(-weights(3, 3), list("abc")),
        lambda: viz.attention_heatmap(weights(3, 3), list("abc"), highest=0),
        lambda: viz.attention_heatmap(weights(2, 3, 3), list("abc"), titles=["one"]),
        lambda: viz.attention_heatmap([[np.nan]], ["a"]),
        lambda: viz.matrix_heatmap([[1, 2]], ["a"], ["x"]),
        lambda: viz.matrix_heatmap([[1]], ["a"], ["x"], limits=(2, 1)),
        lambda: viz.matrix_heatmap([["x"]], ["a"], ["x"]),
        lambda: viz.layer_curves({}, label="x"),
        lambda: viz.layer_curves({"a": [1, 2], "b": [1]}, label="x"),
        lambda: viz.token_vectors([[1, 2]], ["a"], mask=[1, 0]),
        lambda: viz.token_vectors([[1, 2]], ["a"], pooled=[1]),
        lambda: viz.vectors([[1, 2]], ["a"]),
        lambda: viz.vectors([[1], [2]], ["a", "b"]),
        lambda: viz.vectors(np.eye(9), list("abcdefghi"), groups=list("abcdefghi")),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made(draw):
    with pytest.raises(InputError):
        draw()
    assert not plt.get_fignums()
