"""A slider where learners move it: in JupyterLab, the picture below it changes."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.conftest import Watched
from tests.browser.jupyterlab import Lab, run_all, written

pytestmark = pytest.mark.browser
CODE = """\
from albert_lab import viz

def choice(sharpness):
    return viz.matrix_heatmap([[0, sharpness]], ["a row"], ["x", "y"], limits=(0, 9))

viz.sliders(choice, sharpness=([1, 2, 4, 8], 2))"""
PICTURE = ".jp-OutputArea-output img"
CHANGED = "([selector, before]) => document.querySelector(selector)?.src !== before"


def test_moving_a_slider_changes_the_picture(lab: Lab, watched: Watched):
    lab.open(watched, written(lab, "slider.ipynb", new_notebook(cells=[new_code_cell(CODE)])))
    run_all(lab, watched)
    page = watched.page
    page.wait_for_selector(PICTURE)
    page.wait_for_selector(".widget-readout")
    assert page.locator(".widget-readout").inner_text() == "2"
    first = page.locator(PICTURE).get_attribute("src")
    handle = page.locator(".noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    page.wait_for_function(CHANGED, arg=[PICTURE, first])
    assert page.locator(".widget-readout").inner_text() == "4"
