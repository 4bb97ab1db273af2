"""The numbers behind a figure."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from albert_lab.viz.drawn import drawn
from albert_lab.viz.figure import new_figure


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_lines_bars_images_and_points_are_told_by_their_numbers():
    figure, axes = new_figure(4, 3, 2, 2)
    axes[0, 0].plot(np.arange(9), np.arange(9) ** 2, label="squares")
    axes[0, 0].set(title="T", xlabel="x", ylabel="y")
    axes[0, 1].bar(["a", "b"], [1.5, -2])
    axes[1, 0].imshow(np.arange(12).reshape(3, 4))
    axes[1, 1].scatter([0, 1, np.nan], [3, 4, 5], c=[7, 8, 9])
    line, bars, image, points = drawn(figure)
    assert line["labels"] == ["T", "x", "y"]
    assert line["shows"] == [{"line": "squares", "size": [9], "x": [0, 2, 4, 6, 8], "y": [0, 4, 16, 36, 64]}]
    assert bars["shows"] == [{"bars": "", "size": [2], "y": [-2, -1.125, -0.25, 0.625, 1.5]}]
    assert image["shows"] == [{"image": "", "size": [3, 4], "y": [0, 2.75, 5.5, 8.25, 11]}]
    assert [one["size"] for one in points["shows"]] == [[3], [3], [3]]
    assert points["shows"][0]["y"] == [0, 0.25, 0.5, 0.75, 1]


def test_fonts_and_sizes_change_nothing_and_data_do():
    def figure(width, y, **options):
        made, axes = new_figure(width, 3)
        axes.plot([0, 1, 2], y, **options)
        return drawn(made)

    assert figure(4, [1, 2, 3]) == figure(9, [1, 2, 3], linewidth=9)
    assert figure(4, [1, 2, 3]) != figure(4, [1, 2.1, 3])
    assert figure(4, [1, np.nan, 3])[0]["shows"][0]["y"] == [1, None, 3]


def test_a_described_figure_carries_its_numbers():
    figure, axes = new_figure(4, 3)
    axes.plot([1, 2])
    assert figure._repr_mimebundle_() == ({}, {})
    figure.description = "A line."
    assert figure._repr_mimebundle_()[1]["image/png"] == {"alt": "A line.", "drawn": drawn(figure)}
