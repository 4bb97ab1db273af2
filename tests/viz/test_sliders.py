from __future__ import annotations

import base64
import io

import ipywidgets
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from albert_lab import viz
from albert_lab.errors import InputError


@pytest.fixture(autouse=True)
def _close():
    mpl.use("agg")
    yield
    plt.close("all")


def bar(height, width):
    figure, axes = plt.subplots(figsize=(2, 2))
    axes.bar([0], [height], width)
    axes.set(xlim=(-1, 1), ylim=(0, 10))
    return figure, axes


def view():
    return viz.sliders(bar, height=([1, 4, 9], 4), width=([0.5, 1.0], 1.0))


def dark(png):
    return int((np.asarray(Image.open(io.BytesIO(png)).convert("L")) < 140).sum())


def test_a_move_draws_the_picture_anew():
    *moved, picture = view().widget().children
    assert [slider.description for slider in moved] == ["height", "width"]
    assert [slider.value for slider in moved] == [4, 1.0]
    before = dark(picture.value)
    moved[0].value = 9
    taller = dark(picture.value)
    moved[1].value = 0.5
    assert taller > before
    assert dark(picture.value) < taller
    assert plt.get_fignums() == []


def test_the_output_holds_a_still_picture_beside_the_widget():
    data, metadata = view()._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert data["text/plain"] == "sliders at height = 4, width = 1.0"
    *_, picture = view().widget().children
    assert base64.b64decode(data["image/png"]) == picture.value
    assert "alt" in metadata["image/png"]


def test_a_notebook_shows_both():
    from IPython.core.formatters import DisplayFormatter

    data, _ = DisplayFormatter().format(view())
    assert "image/png" in data
    assert isinstance(view().widget(), ipywidgets.VBox)


@pytest.mark.parametrize("choices", [{}, {"height": ([1, 2], 3), "width": ([1], 1)}])
def test_what_cannot_be_chosen(choices):
    with pytest.raises(InputError):
        viz.sliders(bar, **choices)
