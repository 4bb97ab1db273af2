"""The explorer as somebody uses it: typing, stepping, knobs, two texts, keys, languages, hostile text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from albert_lab import load, viz
from albert_lab.retrieval.search import DocumentSearch
from albert_lab.text.corpus import Corpus
from albert_lab.text.document import Document
from albert_lab.vectors.extractor import Extractor
from albert_lab.viz.explorer.labels import labels
from tests.browser.conftest import Watched
from tests.browser.jupyterlab import MILLISECONDS

pytestmark = pytest.mark.browser
HOSTILE = "</script><img src=x onerror=document.title='PWNED'><!--<script>"
NAMES = [f"lib.copy_{i}" for i in range(30)] + ["lib.<img/src=x/onerror=document.title='PWNED'>"]
STAGES = ("pieces", "table", "places", "widen", "layer", "pool", "near")


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """A page with a small library, one of whose names is an attack."""
    documents = [
        Document(name, "function", "stdlib", "0", "", f"{HOSTILE} {i} copy a file {i * 7}", (), "")
        for i, name in enumerate(NAMES)
    ]
    folder = tmp_path_factory.mktemp("explorer")
    search = DocumentSearch(
        corpus=Corpus(documents), extractor=Extractor.from_source("docs-mini-sentence"), cache=folder
    )
    loaded = load("docs-mini-sentence")
    page = viz.explorer(
        loaded, "Copy a file.", "The file is closed.", library=search, chapters="c/{name}.html"
    )
    return page.save(folder / "explorer.html")


@pytest.fixture
def page(watched: Watched, path: Path) -> Page:
    return watched.open(path)


def told(page: Page, query: str) -> list[str]:
    return [one.strip() for one in page.locator(query).all_inner_texts()]


def settled(page: Page) -> None:
    """Wait until no step is under way."""
    until(page, "position === state.call")


def until(page: Page, condition: str) -> None:
    """Playwright's own waiting evaluates text in the page, which the page's policy forbids."""
    for _ in range(MILLISECONDS // 50):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came: {condition}")


def test_typing_changes_the_whole_way(page):
    assert told(page, "#token_1 .piece") == ["▁copy"]
    before = page.evaluate("[...way.vector]")
    page.locator("#text").fill("Sort the list.")
    assert [one.replace("▁", "") for one in told(page, ".token .piece")] == [
        "[CLS]", "sort", "the", "list", ".", "[SEP]",
    ]  # fmt: skip
    assert page.evaluate("[...way.vector]") != before
    assert len(told(page, ".near li")) == 10


def test_stepping_shows_the_same_layer_with_another_input(page):
    assert "call 1 of 6" in told(page, ".call")
    first = page.evaluate("[...way.hidden[1]]")
    for call in range(2, 7):
        page.locator("#next").click()
        assert told(page, ".call") == [f"call {call} of 6"]
    settled(page)
    assert page.locator("#next").is_disabled()
    assert page.evaluate("[...between(5)]") == page.evaluate("[...way.hidden[5]]") != first
    page.locator(".dot").nth(1).click()
    settled(page)
    assert page.evaluate("position") == 2


def test_playing_goes_to_the_end_and_stops(page):
    page.locator("#play").click()
    until(page, "state.call === 6 && !state.playing")


@pytest.mark.parametrize("stage", STAGES)
def test_each_part_opens_to_its_numbers_and_names_its_chapter(page, stage):
    page.locator(f"#open_{stage}").click()
    if stage == "layer":  # it was open
        assert page.locator("#numbers").is_hidden()
        page.locator(f"#open_{stage}").click()
    assert page.locator(f"#open_{stage}").get_attribute("aria-expanded") == "true"
    assert re.search(r"\d\.\d|\d,\d", page.locator("#numbers").inner_text())
    links = page.locator(f"#stage_{stage} a.chapter").all()
    files = {entry["file"] for entry in labels()["chapters"].values()}
    assert links
    assert all(link.get_attribute("href")[2:-5] in files for link in links)


def test_the_numbers_of_a_query_add_up(page):
    page.locator("#token_2").click()
    page.locator(".map").nth(1).click()
    weights = [
        float(text) for text in told(page, "#numbers .columns table:first-of-type tbody td:nth-child(4)")
    ]
    rows = page.evaluate("way.T")
    assert sum(weights[:rows]) == pytest.approx(1, abs=0.005)
    exact = page.evaluate("[...way.calls[0].weights.subarray((way.T + 2) * way.T, (way.T + 3) * way.T)]")
    assert weights[:rows] == pytest.approx(exact, abs=6e-4)
    for sum_of in told(page, "#numbers .sum"):
        assert re.search(r"= [−\d.]+$", sum_of)


def test_knobs_mark_what_they_change_and_reset_puts_all_back(page):
    plain = page.evaluate("[...way.vector]")
    page.locator("#off input").nth(2).uncheck()
    assert page.locator("#off.touched").count() == 1
    assert page.locator(".moved .mark").count() > 0
    assert "cosine" in page.locator("#changed").inner_text()
    assert page.evaluate("[...way.vector]") != plain
    page.locator("#reset").click()
    assert page.evaluate("[...way.vector]") == plain
    assert page.locator("#changed").is_hidden()
    assert page.locator(".moved .mark").count() == 0


@pytest.mark.parametrize("name", ["heads", "sharp", "padding", "cls"])
def test_what_is_to_be_tried_changes_the_vector_and_the_knobs_show_it(page, name):
    plain = page.evaluate("[...way.vector]")
    page.locator(f"#try_{name}").click()
    assert page.evaluate("[...way.vector]") != pytest.approx(plain, abs=1e-2)
    assert page.locator("#knobs .touched").count() >= 1
    shown = [
        float(page.locator("#sharpness").input_value()), int(page.locator("#pad").input_value()),
        page.locator("#mask").is_checked(), page.locator("#pooling").input_value(),
        page.locator("#off input:not(:checked)").count(),
    ]  # fmt: skip
    expected = "[knobs.sharpness, knobs.pad, knobs.mask, knobs.pooling, knobs.off.size]"
    assert page.evaluate(expected) == shown


def test_masked_padding_changes_no_vector_and_unmasked_padding_does(page):
    plain = page.evaluate("[...way.vector]")
    page.locator("#pad").fill("4")
    assert told(page, ".token .piece")[-4:] == ["<pad>"] * 4
    assert page.evaluate("[...way.vector]") == pytest.approx(plain, abs=1e-5)
    assert page.locator(".moved .mark").count() == 0
    page.locator("#mask").uncheck()
    assert page.evaluate("[...way.vector]") != pytest.approx(plain, abs=1e-2)
    page.locator("#pooling").select_option("cls")
    assert page.evaluate("[...way.vector]") == page.evaluate("[...way.hidden[6].subarray(0, 128)]")


def test_two_texts_have_a_cosine_and_one_word_in_both(page):
    assert told(page, ".words button") == ["▁file"]
    found = float(told(page, "#cosine")[0].replace("−", "-"))
    assert found == pytest.approx(page.evaluate("cosine(way.vector, runSecond().vector)"), abs=0.006)
    values = page.locator(".chart").get_attribute("data-values").split()
    assert len(values) == 1 + 1 + 6
    assert float(values[0]) == pytest.approx(1)
    page.locator("#second").fill("Copy a file.")
    assert told(page, "#cosine") == ["1.00"]
    page.locator("#second").fill("Nothing here!")
    assert page.locator(".chart").count() == 0


def test_keys_choose_tokens_and_calls(page):
    page.locator(".pieces").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    settled(page)
    assert page.evaluate("[state.token, state.call]") == [2, 3]
    assert page.locator("#token_2").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    settled(page)
    assert page.evaluate("[state.call, state.open]") == [2, None]
    page.locator("#text").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("state.call") == 2, "in a text the keys move the cursor"


def test_every_label_is_there_in_both_languages(watched: Watched, path: Path):
    page = watched.page
    page.goto(path.as_uri() + "?lang=zh")
    assert page.evaluate("document.documentElement.lang") == "zh"
    assert "undefined" not in page.locator("body").inner_text()
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for text in told(page, "h1, h2, h3, button.open, .note, .hint"):
        assert chinese.search(text) or text.startswith("E → H"), text
    page.locator("#language").click()
    assert not chinese.search(page.locator("main").inner_text())
    assert "undefined" not in page.locator("body").inner_text()


@pytest.mark.parametrize("text", ["", HOSTILE, "▁", "x" * 3000, "\u202e\u0000 🙂 漢字"])
def test_odd_and_hostile_text_stays_text(page, text):
    page.locator("#text").fill(text)
    page.locator("#second").fill(text)
    for stage in STAGES:
        page.evaluate(f"open('{stage}')")
    assert page.title() == "ALBERT explorer"
    assert page.locator("main img").count() == 0
    assert page.evaluate("way.tokens.length") <= 256


def test_hostile_text_and_names_given_in_python_stay_text(watched: Watched, path: Path):
    loaded = load("docs-mini-sentence")
    other = viz.explorer(loaded, HOSTILE, HOSTILE).save(path.parent / "hostile.html")
    page = watched.open(other)
    assert page.locator("#text").input_value() == HOSTILE
    assert "No library" in page.locator("#stage_near").inner_text()
    page = watched.open(path)
    assert page.title() == "ALBERT explorer"


def test_a_script_put_into_the_page_does_not_run(browser: Browser, path: Path):
    """The policy alone holds; here the error of the console is expected."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'document.title=2'}))"
    )
    assert page.title() == "ALBERT explorer"
    refused = "fetch('https://example.org').then(() => 'answered', () => 'refused')"
    assert page.evaluate(refused) == "refused"
    context.close()


@pytest.fixture
def phone(browser: Browser, path: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
    page = context.new_page()
    page.goto(path.as_uri())
    yield page
    context.close()


def test_a_phone_scrolls_in_one_direction_only(phone):
    for language in ("en", "zh"):
        phone.evaluate(f"speak('{language}')")
        for stage in STAGES:
            phone.evaluate(f"open('{stage}')")
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390, (language, stage)
            numbers = phone.locator("#numbers").bounding_box()
            above = phone.locator(f"#stage_{stage}").bounding_box()
            assert 0 <= numbers["y"] - above["y"] - above["height"] < 40


@pytest.mark.parametrize("width", [700, 1000, 1279, 1280, 1440, 1920])
def test_other_widths_do_not_scroll_sideways_either(browser, path, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    for stage in STAGES:
        page.evaluate(f"open('{stage}')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, stage
    context.close()


def test_dark_follows_the_system_until_somebody_chooses(phone):
    assert phone.evaluate("document.documentElement.dataset.theme") == "dark"
    phone.locator("#theme").click()
    assert phone.evaluate("document.documentElement.dataset.theme") == "light"
