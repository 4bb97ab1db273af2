"""A live figure uses one place and leaves no open figure behind."""

from __future__ import annotations

import IPython.display
import matplotlib as mpl
from matplotlib import pyplot as plt

from albert_lab import viz


class Place:
    def __init__(self):
        self.shown = []

    def update(self, figure):
        self.shown.append(figure)


def test_the_second_figure_replaces_the_first(monkeypatch):
    mpl.use("agg")
    place, first_calls = Place(), []

    def display(figure, *, display_id):
        assert display_id is True
        first_calls.append(figure)
        return place

    monkeypatch.setattr(IPython.display, "display", display)
    live, figures = viz.LiveFigure(), [plt.figure() for _ in range(3)]
    for figure in figures:
        live.show(figure)
    assert first_calls == figures[:1]
    assert place.shown == figures[1:]
    assert plt.get_fignums() == []


def test_outside_a_notebook_nothing_breaks(capsys):
    mpl.use("agg")
    live = viz.LiveFigure()
    live.show(plt.figure())
    live.show(plt.figure())
    assert capsys.readouterr().out.count("Figure") == 2
