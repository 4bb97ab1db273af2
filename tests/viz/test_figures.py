"""Grids, geometry, bars, curves, alignment; and what every figure says."""

from __future__ import annotations

import base64
import io
import re

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib import colormaps
from matplotlib import pyplot as plt
from matplotlib.text import Text
from nbconvert import HTMLExporter
from PIL import Image

from albert_lab import viz
from albert_lab.errors import InputError
from albert_lab.viz.bars import short
from albert_lab.viz.labels import COLOURS, DASHES, HATCHES, MARKERS
from tests.notebooks.normal import normalize
from tests.notebooks.run import execute

HOSTILE = ["$x_1$", "<script>", "\n", "汉", "🙂", "\ud800", '"><img src=x>', "x" * 100]


@pytest.fixture(autouse=True)
def _no_style_is_changed():
    mpl.use("agg")
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before
    plt.close("all")


def weights(*shape, sharpness=2.0):
    scores = np.exp(sharpness * np.random.default_rng(0).normal(size=shape))
    return scores / scores.sum(-1, keepdims=True)


def shown(axes):
    return [text.get_text() for text in axes.texts]


def every_figure():
    """One figure of each function, with its name."""
    names = list("abcd")
    yield "heatmap", viz.attention_heatmap(weights(4, 4), names)[0]
    yield "heads", viz.attention_heatmap(weights(2, 4, 4), names)[0]
    yield "table", viz.matrix_heatmap(weights(2, 4), ["x", "y"], names, title="cosines")[0]
    yield "alignment", viz.alignment(weights(2, 4), ["x", "y"], names)[0]
    yield "grid", viz.layer_grid(weights(3, 2, 4, 4))[0]
    yield "vectors", viz.vectors(weights(4, 5), names, groups=["k", "k", "p", "p"])[0]
    yield "tokens", viz.token_vectors(weights(4, 5), names, mask=[1, 1, 1, 0])[0]
    yield "layers", viz.layer_curves({"key": [1, 0, 2]}, label="cosine")[0]
    yield "geometry", viz.layer_geometry({"shared": ([3, 2], [20, 10])})[0]
    yield "intervals", viz.intervals({"BM25": (0.5, 0.4, 0.6), "both": (0.7, 0.6, 0.75)}, label="MRR@10")[0]
    yield "bars", viz.parameter_bars({"BERT": {"table": 2e6}, "ALBERT": {"table": 1e6}})[0]
    yield "curves", viz.curves({"loss": ([0, 10], [5, 2])}, xlabel="step", ylabel="loss in nats")[0]


# What is drawn


def test_grid_shows_every_head_at_its_place():
    given = weights(3, 2, 5, 5)
    figure, axes = viz.layer_grid(given, title="grid")
    image = axes.images[0].get_array()
    assert axes.images[0].get_clim() == (0, 1)
    rows, columns = axes.get_yticks(), axes.get_xticks()
    assert (len(rows), len(columns)) == (3, 2)
    for layer, head in np.ndindex(3, 2):
        middle = int(rows[layer]), int(columns[head])
        square = image[middle[0] - 2 : middle[0] + 3, middle[1] - 2 : middle[1] + 3]
        np.testing.assert_array_equal(square, given[layer, head])
    assert np.isnan(np.ma.filled(image, np.nan)).sum() == 17 * 11 - 3 * 2 * 25  # the gaps and nothing else
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("head, counted from 0", "layer, counted from 0")
    figure.canvas.draw()


def test_grid_takes_a_record():
    class Record:
        tokens = ("[CLS]", "▁key", "[SEP]")
        attention = np.zeros((2, 1, 3, 3))

    Record.attention[:, :, :, 1] = 1
    figure, axes = viz.layer_grid(Record, highest=0.5)
    assert axes.images[0].get_clim() == (0, 0.5)
    assert 'from "[CLS]" to "▁key"' in figure.description


def test_geometry_has_a_panel_for_each_number():
    figure, (left, right) = viz.layer_geometry(
        {"shared": ([3, 2, 1], [30, 20, 10]), "not shared": ([4, 4, 4], [25, 26, 27])}, title="random"
    )
    assert [line.get_ydata().tolist() for line in left.lines] == [[3, 2, 1], [4, 4, 4]]
    assert [line.get_ydata().tolist() for line in right.lines] == [[30, 20, 10], [25, 26, 27]]
    assert left.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert left.get_ylim()[0] == right.get_ylim()[0] == 0
    assert [axes.get_ylabel() for axes in (left, right)] == ["L2 distance", "angle in degrees"]
    figure.canvas.draw()


def test_bars_add_up():
    bars = {"BERT": {"table": 60, "layers": 40}, "ALBERT": {"layers": 4, "step": 6}}
    figure, axes = viz.parameter_bars(bars, unit="parameters", title="sizes")
    pieces = {}
    for container in axes.containers:
        for row, piece in enumerate(container):
            pieces[container.get_label(), row] = (piece.get_x(), piece.get_width())
    assert pieces["table", 0] == (0, 60)
    assert pieces["layers", 0] == (60, 40)
    assert pieces["layers", 1] == (0, 4)
    assert pieces["step", 1] == (4, 6)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["BERT", "ALBERT"]
    assert {"60", "40", "100", "10"} <= set(shown(axes))  # the numbers of long pieces, and the totals
    assert axes.get_xlabel() == "parameters"
    figure.canvas.draw()


def test_bars_on_a_logarithmic_axis_stand_alone():
    figure, axes = viz.parameter_bars({"a": {"x": 10, "y": 1e6}, "b": {"x": 3, "y": 0}}, log=True)
    assert axes.get_xscale() == "log"
    pieces = [piece for container in axes.containers for piece in container]
    assert {piece.get_x() for piece in pieces} == {0}
    assert sorted(shown(axes)) == ["1 M", "10", "3"]
    low = [round(piece.get_y(), 6) for piece in pieces]
    assert len(set(low)) == 4
    figure.canvas.draw()


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (11_683_584, "11.7 M"),
        (999, "999"),
        (1000, "1 k"),
        (999_999, "1 M"),
        (4_858.3e6, "4.86 G"),
        (0, "0"),
        (2.5e15, "2,500 T"),
    ],
)
def test_short_counts(count, written):
    assert short(count) == written


def test_curves_are_drawn_as_given_and_named_at_their_end():
    x = np.arange(300)
    lines = {
        f"line {k}": (x, 4 * np.exp(-x / 100) + 0.2 * k) for k in range(8)
    }  # ends closer than names are high
    figure, axes = viz.curves(lines, xlabel="step", ylabel="loss in nats", limits=(0, 6))
    for line, (_, y) in zip(axes.lines, lines.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), y)
    assert sorted(shown(axes)) == sorted(lines)
    figure.canvas.draw()
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without the line to the curve's end
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_ylim()) == ("step", "loss in nats", (0, 6))
    assert viz.curves({"a": ([1, 2], [1, 10])}, xlabel="", ylabel="", log=True)[1].get_yscale() == "log"


def test_lines_that_end_in_one_place_are_named_in_a_legend_that_needs_no_colour():
    x = np.arange(3)
    lines = {"$a$": (x, [3, 1, 9]), "b": (x, [1, 3, 9]), "c": (x, [1, 1, 2])}
    for axes in (
        viz.curves(lines, xlabel="x", ylabel="y")[1],
        viz.layer_curves({name: y for name, (_, y) in lines.items()}, label="y")[1],
    ):
        legend = axes.get_legend()
        assert [text.get_text() for text in legend.get_texts()] == list(lines)
        assert not any(text.get_parse_math() for text in legend.get_texts())
        for shown_line, line in zip(legend.get_lines(), axes.lines, strict=True):
            assert shown_line.get_marker() == line.get_marker()
            assert shown_line._dash_pattern == line._dash_pattern
        assert not axes.texts
    apart = {"a": (x, [3, 1, 9]), "c": (x, [1, 1, 2])}
    assert viz.curves(apart, xlabel="x", ylabel="y")[1].get_legend() is None


def test_alignment_needs_no_square():
    given = weights(2, 4)
    figure, axes = viz.alignment(given, ["two", "words"], list("abcd"))
    np.testing.assert_array_equal(axes.images[0].get_array(), given)
    assert axes.images[0].get_clim() == (0, 1)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["two", "words"]
    assert axes.get_ylabel().startswith("query")
    figure.canvas.draw()


# Seen without colours


def test_lines_and_pieces_differ_without_colour():
    assert len(set(MARKERS)) == len(set(DASHES)) == len(COLOURS)
    lines = {f"line {k}": ([0, 1], [k, k]) for k in range(8)}
    _, axes = viz.curves(lines, xlabel="x", ylabel="y")
    assert len({(line.get_marker(), str(line._dash_pattern)) for line in axes.lines}) == 8
    _, axes = viz.parameter_bars({"a": {f"part {k}": 1 for k in range(10)}})
    assert [container[0].get_hatch() or "" for container in axes.containers] == list(HATCHES)


def test_more_attention_is_always_brighter_in_grey_too():
    red, green, blue = colormaps["viridis"](np.linspace(0, 1, 64))[:, :3].T
    grey = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert (np.diff(grey) > 0).all()
    for _, figure in every_figure():
        for image in (image for axes in figure.axes for image in axes.images):
            assert image.get_cmap().name.removesuffix("_resampled") in ("viridis", "RdBu_r")


# Said in words


def test_every_figure_says_what_it_shows():
    said = {name: figure.description for name, figure in every_figure()}
    for text in said.values():
        assert re.fullmatch(r"[A-Z][^\n]{30,600}\.", text), text
    assert '"loss" goes from 5 at 0 to 2 at 10' in said["curves"]
    assert '"BERT" 2 M, "ALBERT" 1 M' in said["bars"]
    assert '"shared" from 3 and 20 degrees in layer 1 to 2 and 10 degrees in layer 2' in said["geometry"]
    assert "1 are padding" in said["tokens"]
    assert "lowest 0 at 1" in said["layers"]


def test_the_largest_weight_is_named():
    given = np.full((2, 3, 3), 1 / 3)
    given[1, 2] = [0.05, 0.9, 0.05]
    said = viz.attention_heatmap(given, ["[CLS]", "▁key", "[SEP]"])[0].description
    assert '0.90, goes from "[SEP]" (token 2) to "▁key" (token 1), in the panel "head 1"' in said
    said = viz.layer_grid(given[:, None])[0].description
    assert "0.90, goes from 2 to 1 in layer 1, head 0" in said
    said = viz.alignment(given[1], list("xyz"), list("abc"))[0].description
    assert '"z" to "b" 0.90' in said


def test_the_sharpest_and_the_most_even_head_are_named():
    given = np.full((2, 2, 4, 4), 0.25)
    given[1, 0], given[0] = np.eye(4), weights(2, 4, 4)
    said = viz.layer_grid(given)[0].description
    assert (
        "single key in layer 1, head 0 (largest weight 1.00 on average), least in layer 1, head 1 (0.25)"
        in said
    )


def bundle(figure):
    data, metadata = figure._repr_mimebundle_()
    png = io.BytesIO()
    figure.savefig(png, bbox_inches="tight")
    return {**data, "image/png": base64.b64encode(png.getvalue()).decode()}, metadata


def notebook_of(data, metadata):
    output = nbformat.v4.new_output("display_data", data, metadata=metadata)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("draw()", outputs=[output])])


def test_the_description_is_the_alternative_text_of_the_exported_page():
    figure, _ = viz.alignment(weights(2, 2), ['"><script>alert(1)</script>', "b"], ["<img src=x>", "d"])
    data, metadata = bundle(figure)
    assert metadata["image/png"]["alt"] == figure.description
    page = HTMLExporter(template_name="classic").from_notebook_node(notebook_of(data, metadata))[0]
    (image,) = BeautifulSoup(page, "html.parser").select("div.output_png img")
    assert image["alt"] == figure.description
    assert "<script>alert" not in page


@pytest.mark.slow
@pytest.mark.parametrize("template", ["lab", "classic", "basic"])
def test_a_sanitized_export_shows_pictures_and_no_wall_of_their_bytes(template):
    """nbconvert prefers HTML to a PNG, and its sanitizer writes an <img> in HTML out as text."""
    exporter = HTMLExporter(template_name=template, sanitize_html=True)
    for name, figure in every_figure():
        data, metadata = bundle(figure)
        page = exporter.from_notebook_node(notebook_of(data, metadata))[0]
        seen = BeautifulSoup(page, "html.parser")
        assert [image["src"][:22] for image in seen.find_all("img")] == ["data:image/png;base64,"], name
        assert data["image/png"][:60] not in seen.get_text(), name


def test_the_normal_form_keeps_the_description_and_one_picture():
    data, metadata = bundle(viz.alignment(weights(2, 2), list("ab"), list("cd"))[0])
    noisy = metadata | {"image/png": metadata["image/png"] | {"width": 300}, "needs_background": "light"}
    (output,) = normalize(notebook_of(data, noisy)).cells[0].outputs
    assert list(output.data) == ["image/png"]
    assert output.metadata == metadata


def test_in_a_notebook_a_figure_is_shown_once_with_its_description(tmp_path):
    source = "from albert_lab import viz\nfig, ax = viz.alignment([[0.5, 0.5]], ['q'], ['a', 'b'])"
    fresh = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    (output,) = execute(fresh, tmp_path).cells[0].outputs
    assert output.data["image/png"]
    assert output.metadata["image/png"]["alt"].startswith("Attention of 1 queries to 2 keys")


# Limits


def test_pictures_are_small_files():
    many = viz.layer_grid(weights(12, 12, 32, 32))[0]
    for name, figure in [*every_figure(), ("many", many)]:
        png = io.BytesIO()
        figure.savefig(png, bbox_inches="tight")
        assert len(png.getvalue()) < 150_000, name
        width, height = Image.open(png).size
        assert width <= 1000, name
        assert height <= 1200, name


@pytest.mark.filterwarnings("error")
def test_hostile_names_stay_text():
    count = len(HOSTILE)
    numbers = np.arange(1.0, 4)
    for figure, _ in (
        viz.alignment(weights(count, count), HOSTILE, HOSTILE, title="$\\frac$"),
        viz.layer_grid(weights(1, 1, 2, 2), title="$\\frac$"),
        viz.layer_geometry(dict.fromkeys(HOSTILE, (numbers, numbers)), title="$\\frac$"),
        viz.parameter_bars({name: dict.fromkeys(HOSTILE, 2) for name in HOSTILE}, title="$\\frac$"),
        viz.curves(dict.fromkeys(HOSTILE, (numbers, numbers)), xlabel="x", ylabel="y", title="$\\frac$"),
    ):
        figure.canvas.draw()
        assert "\n" not in figure.description


@pytest.mark.parametrize(
    "draw",
    [
        lambda: viz.layer_grid(weights(2, 3, 3)),
        lambda: viz.layer_grid(weights(1, 1, 3, 4)),
        lambda: viz.layer_grid(weights(1, 1, 3, 3) * 9),
        lambda: viz.layer_grid(weights(1, 1, 3, 3), highest=2),
        lambda: viz.layer_grid(np.full((1, 1, 2, 2), np.nan)),
        lambda: viz.layer_geometry({}),
        lambda: viz.layer_geometry({"a": ([1], [2, 3])}),
        lambda: viz.layer_geometry({"a": ([1], [2]), "b": ([1, 2], [1, 2])}),
        lambda: viz.layer_geometry({"a": ([1], [200])}),
        lambda: viz.layer_geometry({"a": 3}),
        lambda: viz.parameter_bars({}),
        lambda: viz.parameter_bars({"a": {}}),
        lambda: viz.parameter_bars({"a": {"x": -1}}),
        lambda: viz.parameter_bars({"a": {str(k): 1 for k in range(11)}}),
        lambda: viz.curves({}, xlabel="x", ylabel="y"),
        lambda: viz.curves({str(k): ([1], [1]) for k in range(9)}, xlabel="x", ylabel="y"),
        lambda: viz.curves({"a": ([1, 2], [1])}, xlabel="x", ylabel="y"),
        lambda: viz.curves({"a": ([1, 2], [1, 0])}, xlabel="x", ylabel="y", log=True),
        lambda: viz.curves({"a": ([1, 2], [1, np.nan])}, xlabel="x", ylabel="y"),
        lambda: viz.alignment(weights(2, 3), ["a"], list("bcd")),
        lambda: viz.alignment(weights(2, 3) * 4, list("ab"), list("cde")),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made(draw):
    with pytest.raises(InputError):
        draw()
    assert not plt.get_fignums()


def test_intervals_are_drawn_where_they_lie_and_written_beside():
    given = {"BM25": (0.5, 0.4, 0.65), "both": (0.7, 0.6, 0.75)}
    figure, axes = viz.intervals(given, label="MRR@10", title="two")
    bars = [segment for kind in axes.containers for part in kind[2] for segment in part.get_segments()]
    for (value, low, high), bar, points in zip(given.values(), bars, axes.containers, strict=True):
        assert bar[:, 0] == pytest.approx([low, high])
        assert points[0].get_xdata() == pytest.approx([value])
    assert shown(axes) == ["0.500  [0.400, 0.650]", "0.700  [0.600, 0.750]"]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(given)
    assert '"both" 0.700, between 0.600 and 0.750' in figure.description
    for wrong in ({}, {"a": (0.5, 0.6, 0.7)}, {"a": (0.5, 0.4)}):
        with pytest.raises(InputError):
            viz.intervals(wrong, label="x")


def test_points_without_a_label_are_drawn_and_not_named():
    figure, axes = viz.vectors(weights(5, 3), ["one", "", "two", "", ""])
    assert shown(axes) == ["one", "two"]
    assert '"one" and "two" lie nearest' in figure.description
