from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from albert_lab import viz
from albert_lab.errors import InputError

COSTS = {"▁no": 3, "▁not": 4.5, "able": 5, "table": 7, "b": 6, "elsewhere": 1}


@pytest.fixture(autouse=True)
def _close():
    mpl.use("agg")
    yield
    plt.close("all")


def heights(axes):
    """Each arc's cost with the height at which it stands: chosen ones above 0."""
    return {text.get_text(): text.get_position()[1] for text in axes.texts if text.get_position()[1]}


def test_every_stretch_that_is_a_piece_has_an_arc_and_the_chosen_ones_stand_above():
    figure, axes = viz.piece_lattice("▁notable", COSTS, ["▁not", "able"])
    found = heights(axes)
    assert set(found) == {"3", "4.5", "5", "7", "6"}  # not the piece that is elsewhere
    assert {cost for cost, height in found.items() if height > 0} == {"4.5", "5"}
    assert len(axes.lines) == 5
    assert "▁not + able, together 9.5 bits" in figure.description
    low, high = axes.get_ylim()
    assert all(low < height < high for height in found.values())
    figure.canvas.draw()


def test_an_arc_spans_its_piece():
    _, axes = viz.piece_lattice("abc", {"bc": 1, "a": 2}, ["a", "bc"])
    widths = sorted((round(min(line.get_xdata()), 1), round(max(line.get_xdata()), 1)) for line in axes.lines)
    assert widths == [(0.1, 0.9), (1.1, 2.9)]


@pytest.mark.parametrize(
    ("text", "costs", "chosen"),
    [
        ("", {"a": 1}, []),
        ("ab", {"a": 1}, ["a"]),
        ("ab", {"a": 1}, ["a", "b"]),
        ("ab", {"a": 1, "b": float("nan")}, ["a", "b"]),
        ("a" * 25, {"a": 1}, ["a"] * 25),
    ],
)
def test_what_cannot_be_drawn(text, costs, chosen):
    with pytest.raises(InputError):
        viz.piece_lattice(text, costs, chosen)


def test_signs_of_every_kind_stay_text():
    figure, axes = viz.piece_lattice("$🙂$", {"$": 1, "🙂": 2}, ["$", "🙂", "$"])
    figure.canvas.draw()
    assert "\\U0001f642" in [text.get_text() for text in axes.texts]
