"""Drawings where learners meet them: in JupyterLab, trusted and not, light and dark; in an exported page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from albert_lab.viz import diagrams as draw
from tests.browser.conftest import Watched
from tests.browser.jupyterlab import Lab, run_all, written
from tests.notebooks.normal import normalize

pytestmark = pytest.mark.browser
SAID = 'Two tokens, "a" & <b>, go into a layer.'
DRAWING = 'draw.row(draw.tokens(["a", "<b>"]), draw.arrow("into"), draw.box("layer"))'
CODE = f"from albert_lab.viz import diagrams as draw\ndraw.drawing({DRAWING}, description={SAID!r})"
SHOWN = "(image) => image.complete && [image.naturalWidth, image.naturalHeight]"
THEMES = {"JupyterLab Dark": "rgb(17, 17, 17)", "JupyterLab Light": "rgb(255, 255, 255)"}
CHANGE_THEME = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
KEEP = os.environ.get("ALBERT_LAB_SCREENSHOTS")


def notebook_with_output():
    """A notebook with the outputs of a run, as it is on the run's machine."""
    drawing = eval(CODE.partition("\n")[2], {"draw": draw})
    output = new_output("execute_result", data=drawing._repr_mimebundle_(), execution_count=1)
    return new_notebook(cells=[new_code_cell(CODE, outputs=[output], execution_count=1)])


def size_of(picture) -> list[int]:
    """Width and height of a picture that has been loaded and drawn."""
    picture.scroll_into_view_if_needed()
    picture.evaluate("(image) => image.decode()")
    return picture.evaluate(SHOWN)


@pytest.mark.parametrize("options", [{}, {"sanitize_html": True}], ids=["as usual", "sanitized"])
def test_an_exported_page_shows_the_drawing(watched: Watched, tmp_path: Path, options):
    """Of the form in which chapters are committed."""
    exporter = HTMLExporter(require_js_url="", mathjax_url="", **options)
    path = tmp_path / "page.html"
    path.write_text(exporter.from_notebook_node(normalize(notebook_with_output()))[0], encoding="utf-8")
    page = watched.open(path)
    pictures = page.locator(".jp-OutputArea-output img")
    assert pictures.count() == 1
    assert min(size_of(pictures.first)) > 50
    assert page.locator(".jp-OutputArea-output").inner_text().strip() == "", "and no wall of text"


def test_jupyterlab_shows_the_drawing_and_tells_its_sentence(lab: Lab, watched: Watched):
    name = written(lab, "drawing.ipynb", new_notebook(cells=[new_code_cell(CODE)]))
    lab.open(watched, name)
    run_all(lab, watched)
    page = watched.page
    for theme, background in (
        ("JupyterLab Dark", "rgb(17, 17, 17)"),
        ("JupyterLab Light", "rgb(255, 255, 255)"),
    ):
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        page.wait_for_function(
            "(colour) => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor === colour",
            arg=background,
        )
        picture = page.locator(".jp-OutputArea-output img")
        assert picture.get_attribute("alt") == SAID
        assert min(size_of(picture)) > 50
        if KEEP:
            page.screenshot(path=Path(KEEP, f"drawing in {theme}.png"))


def test_an_untrusted_notebook_shows_the_drawing_or_its_sentence(lab: Lab, watched: Watched):
    """Saved by somebody, the drawing; as chapters are committed, the sentence until the cell is run."""
    lab.open(watched, written(lab, "saved.ipynb", notebook_with_output()))
    picture = watched.page.locator(".jp-OutputArea-output img")
    assert min(size_of(picture)) > 50
    assert picture.get_attribute("alt") == SAID
    lab.open(watched, written(lab, "committed.ipynb", normalize(notebook_with_output())))
    watched.page.locator(".jp-OutputArea-output").get_by_text(SAID).wait_for()
