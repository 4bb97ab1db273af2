"""Pages that nbconvert makes of notebooks in the form in which they are committed."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets.config import Config

from albert_lab import viz
from albert_lab.learn import lab_command
from albert_lab.viz import diagrams as draw
from tests.notebooks.normal import normalize

SAID = 'Two tokens, "a" & <b>, go into a layer.'
NAME = f"{viz.__name__}.exported.TellPictures"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Alternatives(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str | None] = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.found.append(dict(attrs).get("alt"))


def alternatives(**options) -> list[str | None]:
    """Of the pictures of a page with a drawing, a plot and a picture of which nothing is said."""
    drawing = draw.drawing(draw.box("a layer"), description=SAID)._repr_mimebundle_()
    told = {"image/png": {"alt": "A falling line."}}
    outputs = [
        new_output("display_data", data=drawing),
        new_output("display_data", data={"image/png": PIXEL}, metadata=told),
        new_output("display_data", data={"image/png": PIXEL}),
    ]
    page = HTMLExporter(config=Config({"HTMLExporter": {"preprocessors": [NAME], **options}}))
    reader = Alternatives()
    notebook = normalize(new_notebook(cells=[new_code_cell("1", outputs=outputs)]))
    reader.feed(page.from_notebook_node(notebook)[0])
    return reader.found


def test_every_picture_says_its_sentence():
    drawing, plot, other = alternatives()
    assert (drawing, plot) == (SAID, "A falling line.")
    assert other.startswith("No description")


def test_a_sanitized_page_shows_the_same_pictures_as_before():
    assert len(alternatives(sanitize_html=True)) == 3


@pytest.mark.parametrize("browser", [True, False])
def test_jupyterlab_tells_them_in_what_it_exports(tmp_path, browser):
    assert f"--HTMLExporter.preprocessors={NAME}" in lab_command(tmp_path, "start", browser=browser)
