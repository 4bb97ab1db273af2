"""The site, built once: every page is whole at 390 pixels, asks nobody, and all its links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser

from albert_lab.viz.glossary import terms
from tests.browser.conftest import Watched
from tests.browser.drawn import drawn, frame_with
from tests.notebooks.normal import chapters
from tools import site

pytestmark = pytest.mark.browser
SETTLED = """async () => {
    await window.MathJax?.startup?.promise;
    await document.fonts.ready;
    for (const one of document.images) { one.loading = 'eager'; await one.decode().catch(() => 0); }
    return {
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        broken: [...document.images].filter((one) => !one.naturalWidth).map((one) => one.src),
        unset: [...document.querySelectorAll('mjx-merror')].map((one) => one.textContent),
    };
}"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    site.build(folder / "site", repository="owner/name", sources=folder / "sources")
    return folder / "site"


def pages(built: Path) -> list[Path]:
    return [path for path in sorted(built.rglob("*.html")) if "_static" not in path.parts]


class Links(HTMLParser):
    """Addresses that a page leads to, and the places in it that others may lead to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.ids |= {told[name] for name in ("id", "name") if name in told}
        self.targets += [told[name] for name in ("href", "src") if name in told]


def leading_nowhere(built: Path) -> Iterator[str]:
    read = {path: Links(path) for path in pages(built)}
    for path, links in read.items():
        for target in links.targets:
            if re.match(r"[a-z]+:|//", target) or target == "#":
                continue
            file, _, place = unquote(target).partition("#")
            found = (path.parent / file.partition("?")[0]).resolve() if file else path
            if not found.is_file():
                yield f"{path.relative_to(built)}: {target}"
            elif place and found in read and place not in read[found].ids:
                yield f"{path.relative_to(built)}: {target}, which has no such place"


def test_every_link_leads_somewhere(built):
    assert list(leading_nowhere(built)) == []


def test_every_page_is_whole_on_a_phone(built, watched: Watched):
    watched.page.set_viewport_size({"width": 390, "height": 800})
    wrong = {}
    for path in pages(built):
        page = watched.open(path)
        told = page.evaluate(SETTLED) if path.name != "explorer.html" else {}
        if told.get("wide", 0) > 0 or told.get("broken") or told.get("unset"):
            wrong[str(path.relative_to(built))] = told
    assert wrong == {}


def test_every_chapter_is_there_with_its_notebook(built):
    for path in chapters():
        page = (built / "chapters" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert f'href="../notebooks/chapters/{path.name}"' in page
        assert f"mybinder.org/v2/gh/owner/name/HEAD?labpath=chapters/{path.name}" in page
        assert (built / "notebooks/chapters" / path.name).read_bytes() == path.read_bytes()


def test_a_term_says_what_it_is_and_leads_to_the_glossary(built, watched: Watched):
    page = watched.open(built / "chapters/01_attention_formula.html")
    (softmax,) = [each for each in terms() if each.term == "softmax"]
    link = page.locator(f"a.term[href$='#{softmax.anchor}']")
    assert softmax.says in link.first.get_attribute("title")
    assert link.count() == 1
    link.first.click()
    page.wait_for_url(f"**/B_notation_and_glossary.html#{softmax.anchor}")
    assert page.locator(f"[id='{softmax.anchor}']").inner_text() == "softmax"


def test_the_search_answers_without_a_server(built, watched: Watched):
    page = watched.page
    page.goto((built / "search.html").as_uri() + "?q=anisotropy")
    page.locator("#search-results li a").first.wait_for()
    assert any(
        "10_extracting" in one.get_attribute("href") for one in page.locator("#search-results li a").all()
    )


@pytest.mark.parametrize("width", [1100, 390])
def test_the_views_of_a_chapter_can_be_played_with(built, watched: Watched, width):
    watched.page.set_viewport_size({"width": width, "height": 900})
    page = watched.open(built / "chapters/13_seeing_attention.html")
    for kind, shape in (("Head view", (14, 14)), ("Model view", (10, 10)), ("Neuron view", (10, 10))):
        frame = frame_with(page, kind)
        frame.locator("svg").first.wait_for()
        title = page.locator(f"iframe[title^='{kind}']").get_attribute("title")
        assert f"between {shape[0]} tokens" in title
    head = frame_with(page, "Head view")
    first = drawn(head, 4, 14, 14)
    head.locator("select").first.select_option("3")
    head.wait_for_function("() => document.querySelector('select').value === '3'")
    assert drawn(head, 4, 14, 14) != pytest.approx(first)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_explorer_leads_to_the_chapters(built, watched: Watched):
    page = watched.open(built / "explorer.html")
    page.locator("a.chapter").first.wait_for()
    targets = {link.get_attribute("href") for link in page.locator("a.chapter").all()}
    assert len(targets) > 5
    assert [target for target in targets if not (built / target).is_file()] == []


def test_a_chapter_is_printed(built, browser: Browser, tmp_path):
    site.print_page(browser, built / "chapters/B_notation_and_glossary.html", tmp_path / "b.pdf")
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
