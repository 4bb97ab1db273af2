"""Explorer, views and a page of the site in Firefox: they draw, compute the same, and ask nobody.

``make test-firefox`` names this file; its own name keeps it out of ``make test``, which asks for one browser.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from albert_lab import load, viz
from albert_lab.retrieval.search import DocumentSearch
from albert_lab.text.batches import TextEncoder
from albert_lab.text.corpus import Corpus
from albert_lab.text.document import Document
from albert_lab.vectors.extractor import Extractor
from tests.browser.test_explorer_computes import HALF, HALF_MAP, read, through
from tests.browser.texts import texts
from tests.firefox.driver import Firefox
from tests.viz.test_views import DRAW, random_record
from tools import site

HERE = ("file:", "data:", "about:", "blob:", "resource:", "chrome:")
WIDTHS = (1100, 390)
NO_WIDER = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    opened = Firefox(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture
def firefox(started: Firefox, request: pytest.FixtureRequest) -> Iterator[Firefox]:
    """At the end nothing was asked of other machines, and there was no error."""
    started.requests.clear()
    started.errors.clear()
    yield started
    if folder := os.environ.get("ALBERT_LAB_SCREENSHOTS"):
        started.screenshot(Path(folder, f"{request.node.name}.png"))
    assert [address for address in started.requests if not address.startswith(HERE)] == []
    assert started.errors == []


@pytest.fixture(scope="module")
def loaded():
    return load("docs-mini-sentence")


@pytest.fixture(scope="module")
def explorer(loaded, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("explorer")
    documents = [
        Document(f"lib.f{i}", "function", "stdlib", "0", "", text, (text,), text)
        for i, text in enumerate(["Copy a file.", "Sort a list.", "Open a socket.", "Close the file."])
    ]
    extractor = Extractor.from_source("docs-mini-sentence")
    search = DocumentSearch(corpus=Corpus(documents), extractor=extractor, words=False, cache=folder)
    page = viz.explorer(loaded, "Copy a file.", library=search, chapters="chapters/{name}.html")
    return page.save(folder / "explorer.html")


def until(firefox: Firefox, expression: str, frame: str | None = None) -> None:
    """Wait till ``expression`` is true in the page or a frame; a slow machine only takes longer."""
    for _ in range(6000):
        if firefox.run(expression, frame):
            return
        time.sleep(0.1)
    pytest.fail(f"never came: {expression}")


def test_the_explorer_computes_as_the_package_does(firefox, explorer, loaded):
    firefox.open(explorer.as_uri())
    encoder = TextEncoder(loaded.tokenizer)
    for text in texts()[:20]:
        ids, pieces = read(text, encoder)
        hidden, weights = through(loaded.model, ids)
        firefox.run(f"(globalThis.tried = run({json.dumps(text)}, PLAIN), 0)")
        found = firefox.run("[tried.tokens.map(({ piece }) => piece), [...tried.hidden.at(-1)]]")
        assert found[0] == pieces
        np.testing.assert_allclose(np.reshape(found[1], hidden[-1].shape), hidden[-1], atol=HALF)
        last = np.reshape(firefox.run("[...tried.calls.at(-1).weights]"), weights[-1].shape)
        np.testing.assert_allclose(last, weights[-1], atol=HALF_MAP)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_explorer_answers_to_the_keyboard(firefox, explorer, width):
    firefox.size(width, 900)
    firefox.open(explorer.as_uri())
    until(firefox, "document.querySelectorAll('.near li').length === 4")
    assert firefox.run("document.querySelector('.near li').innerText").startswith("lib.f0")
    firefox.run("document.querySelector('#text').select()")
    firefox.press("#text", "Sort a list.")
    until(firefox, "document.querySelector('.near li').innerText.startsWith('lib.f1')")
    assert firefox.run("document.querySelector('.call').innerText") == "call 1 of 6"
    firefox.press("#next", "\ue007")
    until(firefox, "document.querySelector('.call').innerText === 'call 2 of 6'")
    assert firefox.run(NO_WIDER)


def test_the_explorer_in_chinese(firefox, explorer):
    firefox.open(explorer.as_uri() + "?lang=zh")
    assert firefox.run("document.documentElement.lang") == "zh"
    assert any("\u4e00" <= sign <= "\u9fff" for sign in firefox.run("document.body.innerText"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", DRAW)
def test_a_view_draws(firefox, tmp_path, kind, width):
    record = random_record(tokens=8, layers=2, heads=4, second_segment_start=4)
    path = DRAW[kind](record).save(tmp_path / "view.html")
    firefox.size(width, 900)
    firefox.open(path.as_uri())
    until(firefox, "document.querySelectorAll('#vis svg').length > 0")
    assert firefox.run(NO_WIDER)
    opacity = "(line) => line.getAttribute('stroke-opacity')"
    drawn = f"[...document.querySelectorAll('#vis svg line')].map({opacity})"
    first = firefox.run(drawn)
    assert first
    if kind != "model":  # whose layers are all there
        firefox.run("document.querySelector('select').value = '1'")
        firefox.run("document.querySelector('select').dispatchEvent(new Event('change'))")
        until(firefox, f"{drawn}.join() !== {json.dumps(','.join(first))}")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_chapter_of_the_site_with_its_views(firefox, built, width):
    firefox.size(width, 900)
    firefox.open((built / "chapters/13_seeing_attention.html").as_uri())
    firefox.run("window.MathJax?.startup?.promise.then(() => 0)")
    assert firefox.run("document.querySelectorAll('mjx-container svg, mjx-container mjx-math').length") > 0
    assert firefox.run(NO_WIDER)
    assert firefox.run("document.querySelectorAll('iframe').length") == len(DRAW)
    for place in range(len(DRAW)):
        firefox.run(f"document.querySelectorAll('iframe')[{place}].scrollIntoView()")
        until(firefox, "document.querySelectorAll('svg').length > 0", firefox.frames()[place])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    site.build(folder / "site", sources=folder / "sources")
    return folder / "site"
