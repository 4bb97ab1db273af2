"""Marked tokens: every token is there, in order, and the marks are those that were given."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from albert_lab import viz
from albert_lab.errors import InputError
from albert_lab.viz.labels import COLOURS, plain

LEGEND = ["[MASK]", "another token", "left as it is"]
HOSTILE = ["$x_1$", "<script>", "\n", "汉", "x" * 100, "▁the"]


@pytest.fixture(autouse=True)
def _no_windows():
    mpl.use("agg")
    yield
    plt.close("all")


def test_tokens_stand_in_order_and_the_marked_ones_are_coloured():
    tokens, marks = ["▁a", "▁b", "▁c", "▁d"], [0, 1, 3, 0]
    figure, axes = viz.marked_tokens([tokens], [marks], legend=LEGEND, title="$title$")
    figure.canvas.draw()
    assert [text.get_text() for text in axes.texts] == tokens
    lefts = [box.get_x() for box in axes.patches]
    assert lefts == sorted(lefts)
    edges = [box.get_edgecolor() for box in axes.patches]
    assert edges[1:3] == [to_rgba(COLOURS[0]), to_rgba(COLOURS[2])]
    assert edges[0] == edges[3] not in (edges[1], edges[2])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == LEGEND
    assert figure.description == (
        '4 tokens in 1 texts. Marked: "[MASK]" on ▁b; "another token" on none; "left as it is" on ▁c.'
    )


def test_long_texts_are_broken_into_lines_and_none_leaves_the_picture():
    texts = [["▁word"] * 70, ["▁short"], HOSTILE]
    figure, axes = viz.marked_tokens(texts, [[0] * len(text) for text in texts], legend=[])
    figure.canvas.draw()
    assert [text.get_text() for text in axes.texts] == [plain(token) for text in texts for token in text]
    right, (low, high) = axes.get_xlim()[1], sorted(axes.get_ylim())
    for box in axes.patches:
        assert box.get_x() + box.get_width() <= right
        assert low <= box.get_y() <= box.get_y() + box.get_height() <= high
    lines = {round(box.get_y(), 3) for box in axes.patches[:70]}
    assert len(lines) > 1
    assert round(axes.patches[70].get_y(), 3) > max(lines)


@pytest.mark.parametrize(
    ("texts", "marks", "legend"),
    [
        ([], [], LEGEND),
        ([[]], [[]], LEGEND),
        ([["a", "b"]], [[0]], LEGEND),
        ([["a"]], [[0], [1]], LEGEND),
        ([["a"]], [[4]], LEGEND),
        ([["a"]], [[-1]], LEGEND),
        ([["a"]], [[1]], ["1", "2", "3", "4", "5"]),
        ([["a"]], [[1]], "legend"),
    ],
)
def test_what_cannot_be_drawn(texts, marks, legend):
    with pytest.raises(InputError):
        viz.marked_tokens(texts, marks, legend=legend)
