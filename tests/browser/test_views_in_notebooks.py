"""The views where learners meet them: an exported page, JupyterLab, a notebook that is not trusted."""

from __future__ import annotations

from io import BytesIO

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from tests.browser.conftest import Watched
from tests.browser.drawn import STEP, drawn, frame_with, neuron_drawn, relative, texts
from tests.browser.jupyterlab import Lab, run_all, written
from tests.notebooks.normal import CHAPTERS
from tests.viz.test_views import DRAW, random_record

pytestmark = pytest.mark.browser
# The chapter about these views: JupyterLab runs all of it, and every view must draw.
CHAPTER = CHAPTERS / "13_seeing_attention.ipynb"
ATTACK = "</script><img src=x onerror=document.title='PWNED';top.document.title='PWNED'>"
GIVEN = random_record(tokens=6, layers=2, heads=3, second_segment_start=3)
CELLS = [
    "from albert_lab import analysis, load, viz\n"
    "model, tokenizer, _ = load('docs-mini')\n"
    "record = analysis.record(model, tokenizer, 'Copy a file.', 'It is copied.')",
    "viz.head_view(record, layer=1)",
    "viz.model_view(record)",
    "viz.neuron_view(record)",
    "from dataclasses import replace\n"
    f"hostile = ({ATTACK!r}, *record.tokens[1:])\n"
    "viz.neuron_view(replace(record, tokens=hostile), layer=2, title=hostile[0])",
]
NUMBER = {"Head": 1, "Model": 1, "Neuron": 2}  # of views in it


def notebook_with_outputs() -> nbformat.NotebookNode:
    """As another person's notebook comes: with the outputs of a run, and no signature of this machine."""
    cells = [new_markdown_cell("# Views")]
    for draw in (*DRAW.values(), DRAW["neuron"]):
        data, metadata = draw(GIVEN)._repr_mimebundle_()
        output = new_output("execute_result", data=data, metadata=metadata, execution_count=1)
        cells.append(new_code_cell("view", outputs=[output], execution_count=1))
    return new_notebook(cells=cells)


def check_drawn(page: object) -> None:
    """The three views of ``GIVEN``, each in its frame, and the second neuron view."""
    shape = GIVEN.attention.shape
    head, model = (frame_with(page, f"{kind} view") for kind in ("Head", "Model"))
    near = {"abs": STEP + 0.003}
    assert drawn(head, *shape[1:]) == pytest.approx(relative(GIVEN.attention[0]), **near)
    assert drawn(model, 1, *shape[2:])[0] == pytest.approx(relative(GIVEN.attention[0, 0]), **near)
    assert model.locator("button.cell").count() == shape[0] * shape[1]
    for element in page.locator("iframe[title^='Neuron view']").all():
        element.scroll_into_view_if_needed()
        inside = element.element_handle().content_frame()
        inside.wait_for_selector("#vis svg line", state="attached")
        assert neuron_drawn(inside, 0, *shape[2:]) == pytest.approx(relative(GIVEN.attention[0, 0]), **near)
    head.select_option("#layer", "1")
    assert drawn(head, *shape[1:]) == pytest.approx(relative(GIVEN.attention[1]), **near)


def test_an_exported_page_draws_all_views_without_a_request(watched: Watched, tmp_path):
    """nbconvert's own page asks a CDN for require.js and MathJax; two options switch that off."""
    exporter = HTMLExporter(require_js_url="", mathjax_url="")
    path = tmp_path / "notebook.html"
    path.write_text(exporter.from_notebook_node(notebook_with_outputs())[0], encoding="utf-8")
    page = watched.open(path)
    assert page.locator("iframe").count() == 4
    check_drawn(page)


def test_a_page_exported_as_usual_draws_all_views_too(watched: Watched, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(HTMLExporter().from_notebook_node(notebook_with_outputs())[0], encoding="utf-8")
    page = watched.open(path)
    check_drawn(page)
    scripts = {address.rsplit("/", 1)[1].partition("?")[0] for address in watched.outside()}
    assert scripts <= {"require.min.js", "MathJax.js", "latest.js"}, "nbconvert's own, none of ours"
    watched.requests.clear()
    watched.errors.clear()


def outputs_in(lab: Lab, name: str) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(lab.folder / name, as_version=4)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def frames(watched: Watched, count: int) -> list:
    """The pages inside all frames, each once it has drawn."""
    watched.page.wait_for_function(f"document.querySelectorAll('iframe[srcdoc]').length === {count}")
    found = []
    for element in watched.page.locator("iframe[srcdoc]").all():
        element.scroll_into_view_if_needed()
        inside = element.element_handle().content_frame()
        inside.wait_for_selector("#vis svg line", state="attached")
        assert inside.evaluate("self.origin") == "null"
        found.append(inside)
    return found


def test_in_jupyterlab_the_views_draw_stay_alive_and_come_back(lab: Lab, watched: Watched):
    name = written(lab, "views.ipynb", new_notebook(cells=[new_code_cell(source) for source in CELLS]))
    lab.open(watched, name)
    run_all(lab, watched)
    assert len(frames(watched, 4)) == 4
    for kind, count in NUMBER.items():
        assert watched.page.locator(f"iframe[title^='{kind} view']").count() == count
    head = frame_with(watched.page, "Head view")
    tokens = texts(head, "#left text")
    before = drawn(head, 4, len(tokens), len(tokens))
    assert before.max() == 1
    head.select_option("#layer", "4")
    after = drawn(head, 4, len(tokens), len(tokens))
    assert abs(after - before).max() > 0.01
    head.select_option("#filter", "ba")
    second = tokens.index("[SEP]") + 1
    assert texts(head, "#left text") == tokens[second:]
    assert texts(head, "#right text") == tokens[:second]
    neuron = frame_with(watched.page, "Neuron view")
    neuron.locator(".plus-sign").nth(2).click()
    assert neuron.locator("#expanded").get_attribute("visibility") == "visible"
    hostile = watched.page.locator("iframe[title^='Neuron view']").nth(1).element_handle().content_frame()
    assert texts(hostile, "#collapsed #leftText text")[0] == ATTACK == texts(hostile, "h1")[0]
    assert "PWNED" not in watched.page.title()
    lab.command(watched, "docmanager:save")
    watched.page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    lab.open(watched, name)  # now from the file, which this JupyterLab has signed
    assert len(frames(watched, 4)) == 4


def test_in_jupyterlab_the_views_are_as_dark_as_its_theme(lab: Lab, watched: Watched):
    """Theirs is the theme's own paper, seen through, and they follow when it is changed."""
    cells = [new_code_cell(source) for source in CELLS[:4]]
    lab.open(watched, written(lab, "dark.ipynb", new_notebook(cells=cells)))
    run_all(lab, watched)
    page = watched.page
    change = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
    for theme, light in (("JupyterLab Dark", False), ("JupyterLab Light", True), ("JupyterLab Dark", False)):
        page.evaluate(change, theme)
        page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(light).lower()}'")
        for inside in frames(watched, 3):
            inside.wait_for_selector(f"html[data-theme={'light' if light else 'dark'}]", state="attached")
            assert inside.locator("#theme").inner_text() == ("dark" if light else "light"), "a click gives it"
        for element in page.locator("iframe[srcdoc]").all():
            element.scroll_into_view_if_needed()
            page.wait_for_timeout(500)
            shown = np.asarray(Image.open(BytesIO(element.screenshot())).convert("L"))
            paper = shown[2:6, 2:6].mean()
            assert paper > 240 if light else 10 < paper < 40
    page.evaluate(change, "JupyterLab Light")


def test_an_untrusted_notebook_shows_the_picture_and_says_what_to_do(lab: Lab, watched: Watched):
    lab.open(watched, written(lab, "from_somebody.ipynb", notebook_with_outputs()))
    page = watched.page
    told = page.get_by_text("Trust Notebook")
    told.nth(3).wait_for()
    assert page.locator("iframe").count() == 0
    pictures = page.locator(".jp-OutputArea-output .albert-lab-view > div[title]")
    assert pictures.count() == told.count() == 4
    assert told.first.inner_text().startswith("Head view of the attention between 6 tokens")
    for picture in pictures.all():
        shown = np.asarray(Image.open(BytesIO(picture.screenshot())).convert("RGB")).reshape(-1, 3)
        assert len(np.unique(shown, axis=0)) > 50, "the picture is painted"


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_a_sanitized_page_shows_a_sentence_for_each_view(template, watched: Watched, tmp_path):
    exporter = HTMLExporter(template_name=template, sanitize_html=True)
    path = tmp_path / "notebook.html"
    path.write_text(exporter.from_notebook_node(notebook_with_outputs())[0], encoding="utf-8")
    shown = watched.open(path).locator("body").inner_text()
    assert shown.count("The interactive view is not shown") == 4
    assert "script" not in shown
    assert "createElement" not in shown
    watched.requests.clear()  # nbconvert's own
    watched.errors.clear()


def test_in_jupyterlab_every_view_of_the_chapter_draws(lab: Lab, watched: Watched):
    name = written(lab, CHAPTER.name, nbformat.read(CHAPTER, as_version=4))
    lab.open(watched, name)
    lab.command(watched, "notebook:clear-all-cell-outputs")
    run_all(lab, watched)
    lab.command(watched, "docmanager:save")
    watched.page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    outputs = outputs_in(lab, name)
    assert not [output for output in outputs if output.output_type == "error"]
    views = [output for output in outputs if "albert-lab-view" in output.get("data", {}).get("text/html", "")]
    drawn = frames(watched, len(views))
    kinds = {element.get_attribute("title").split()[0] for element in watched.page.locator("iframe").all()}
    assert kinds == {"Head", "Model", "Neuron"}
    head = next(frame for frame in drawn if frame.locator("#attention").count())
    last = texts(head, "#layer option")[-1]
    before = head.inner_html("#attention")
    head.select_option("#layer", last)
    assert head.inner_html("#attention") != before
