"""The explorer's JavaScript against the package: pieces, hidden states, maps, vectors and neighbours."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page

from albert_lab import analysis, load, viz
from albert_lab.retrieval.search import DocumentSearch
from albert_lab.text.batches import TextEncoder
from albert_lab.text.corpus import Corpus
from albert_lab.text.document import Document
from albert_lab.vectors.extractor import Extractor
from tests.browser.conftest import Watched
from tests.browser.texts import texts

pytestmark = pytest.mark.browser
TEXTS = texts()
FLOAT = 2e-4  # between two ways to add the same float32 products, six calls deep
HALF = 0.05  # by how much a hidden state moves when the weights are rounded to float16
HALF_MAP = 0.02  # and an attention weight
RUN = """([text, given]) => {
    const code = (numbers) => {
        const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
        let text = "";
        for (const byte of bytes) text += String.fromCharCode(byte);
        return btoa(text);
    };
    const way = run(text, { ...PLAIN, ...given, off: new Set(given.off ?? []) });
    return {
        ids: way.ids,
        pieces: way.tokens.map(({ piece }) => piece),
        hidden: way.hidden.map(code),
        weights: way.calls.map(({ weights }) => code(weights)),
        vector: code(way.vector),
    };
}"""


def numbers(code: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(code), dtype="<f4").reshape(*shape, -1)


@pytest.fixture(scope="module")
def loaded() -> Any:
    return load("docs-mini-sentence")


@pytest.fixture(scope="module")
def rounded(loaded) -> Any:
    """The same network with the weights that the page has: those of float16, computed in float32."""
    return copy.deepcopy(loaded.model).half().float()


@pytest.fixture(scope="module")
def encoder(loaded) -> TextEncoder:
    return TextEncoder(loaded.tokenizer)


@pytest.fixture(scope="module")
def search(loaded, tmp_path_factory) -> DocumentSearch:
    """A small library: sentences of our own under names of their own."""
    described = [t for t in dict.fromkeys(TEXTS[60:]) if t.strip()]
    corpus = Corpus(
        Document(f"lib.f{i}", "function", "stdlib", "0", "", text, (text,), text)
        for i, text in enumerate(described)
    )
    extractor = Extractor.from_source("docs-mini-sentence")
    return DocumentSearch(
        corpus=corpus, extractor=extractor, words=False, cache=tmp_path_factory.mktemp("index")
    )


@pytest.fixture(scope="module")
def path(loaded, search, tmp_path_factory) -> Path:
    return viz.explorer(loaded, library=search).save(tmp_path_factory.mktemp("explorer") / "explorer.html")


@pytest.fixture(scope="module")
def page(browser: Browser, path: Path) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(path.as_uri())
    yield opened
    context.close()


def read(text: str, encoder: TextEncoder, longest: int = 256) -> tuple[list[int], list[str]]:
    (encoding,) = encoder.encode([text], with_offsets=True)
    ids = [*encoder.prefix, *encoding.ids[: longest - 2], *encoder.suffix]
    return ids, ["[CLS]", *encoding.tokens[: longest - 2], "[SEP]"]


def through(model: Any, ids: list[int], mask: list[bool] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Hidden states (L + 1, T, H) and weights (L, N, T, T) of the package."""
    given = None if mask is None else torch.tensor([mask])
    with torch.no_grad():
        out = model(torch.tensor([ids]), given, output_hidden_states=True, output_attentions=True)
    hidden, weights = (torch.cat(part).numpy() for part in (out.hidden_states, out.attentions))
    return hidden, weights


def test_there_are_two_hundred_texts_and_all_differ_from_each_other_or_nearly():
    assert len(TEXTS) == 200
    assert len(set(TEXTS)) > 150


def test_pieces_are_the_tokenizers(page, encoder):
    expected = [read(text, encoder) for text in TEXTS]
    found = page.evaluate("(texts) => texts.map((text) => tokensOf(text).tokens)", TEXTS)
    for text, (ids, pieces), tokens in zip(TEXTS, expected, found, strict=True):
        assert [token["id"] for token in tokens] == ids, repr(text)
        assert [token["piece"] for token in tokens] == pieces, repr(text)


def test_hidden_states_and_maps_are_the_networks(page, loaded, rounded, encoder):
    for text in TEXTS:
        ids, _ = read(text, encoder)
        found = page.evaluate(RUN, [text, {}])
        hidden = np.stack([numbers(code, len(ids)) for code in found["hidden"]])
        weights = np.stack([numbers(code, 4, len(ids)) for code in found["weights"]])
        states, maps = through(rounded, ids)
        assert np.abs(hidden - states).max() < FLOAT, repr(text)
        assert np.abs(weights - maps).max() < FLOAT, repr(text)
        states, maps = through(loaded.model, ids)
        assert np.abs(hidden - states).max() < HALF, repr(text)
        assert np.abs(weights - maps).max() < HALF_MAP, repr(text)


def test_a_head_that_is_off_adds_nothing(page, rounded, encoder):
    ids, _ = read(TEXTS[100], encoder)
    with analysis.ablated(rounded, heads=[(layer, 2) for layer in range(6)]):
        states, _ = through(rounded, ids)
    found = page.evaluate(RUN, [TEXTS[100], {"off": [2]}])
    assert np.abs(numbers(found["hidden"][-1], len(ids)) - states[-1]).max() < FLOAT


def test_sharpness_multiplies_the_scores(page, rounded, encoder):
    """Queries three times as long give scores three times as large."""
    ids, _ = read(TEXTS[101], encoder)
    sharper = copy.deepcopy(rounded)
    query = sharper.encoder.albert_layer_groups[0].albert_layers[0].attention.query
    with torch.no_grad():
        query.weight.mul_(3)
        query.bias.mul_(3)
    states, maps = through(sharper, ids)
    found = page.evaluate(RUN, [TEXTS[101], {"sharpness": 3}])
    assert np.abs(numbers(found["hidden"][-1], len(ids)) - states[-1]).max() < 5 * FLOAT
    assert np.abs(numbers(found["weights"][0], 4, len(ids)) - maps[0]).max() < FLOAT


@pytest.mark.parametrize("mask", [True, False])
def test_padding_with_and_without_the_mask(page, rounded, encoder, mask):
    ids, _ = read(TEXTS[102], encoder)
    T = len(ids)
    states, maps = through(rounded, ids + [0] * 5, [True] * T + [not mask] * 5)
    found = page.evaluate(RUN, [TEXTS[102], {"pad": 5, "mask": mask}])
    assert np.abs(numbers(found["hidden"][-1], T + 5)[:T] - states[-1, :T]).max() < FLOAT
    assert np.abs(numbers(found["weights"][3], 4, T + 5)[:, :T] - maps[3, :, :T]).max() < FLOAT
    counted = states[-1, :T] if mask else states[-1]
    assert np.abs(numbers(found["vector"]) - counted.mean(axis=0)).max() < FLOAT
    alone = numbers(page.evaluate(RUN, [TEXTS[102], {}])["vector"])
    assert (np.abs(numbers(found["vector"]) - alone).max() < FLOAT) == mask


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pooling_is_the_extractors(page, rounded, loaded, pooling):
    text = TEXTS[103]
    expected = Extractor(rounded, loaded.tokenizer, pooling=pooling).embed(text)[0]
    found = numbers(page.evaluate(RUN, [text, {"pooling": pooling}])["vector"]).ravel()
    assert np.abs(found - expected).max() < FLOAT


def test_neighbours_are_the_searchs(page, search):
    """Vectors travel as 8-bit numbers: a cosine may be off by 0.01, so neighbours may change places."""
    for text in [*TEXTS[60:90], "how do I copy a folder", "stop waiting", "numbers in order"]:
        expected = {hit.name: hit.score for hit in search(text, top=len(search))}
        found = page.evaluate("(text) => neighboursOf(run(text, PLAIN).vector, 10)", text)
        assert len({hit["name"] for hit in found}) == 10
        worst = sorted(expected.values(), reverse=True)[9]
        for hit in found:
            assert hit["cosine"] == pytest.approx(expected[hit["name"]], abs=0.01)
            assert expected[hit["name"]] > worst - 0.01


def test_opening_it_asks_for_nothing_and_fails_nowhere(watched: Watched, path):
    page = watched.open(path)
    assert page.evaluate("way.T") > 2
