"""What a view has drawn, read from the browser's elements: weights from opacities, tokens from places."""

from __future__ import annotations

from typing import Any

import numpy as np
from playwright.sync_api import Frame, Page

Place = Page | Frame

_LINES = """(query) => [...document.querySelectorAll(query)].map((line) => [
    ...['x1', 'y1', 'x2', 'y2', 'stroke-opacity'].map((name) => +line.getAttribute(name)),
    getComputedStyle(line).visibility === 'visible' ? 1 : 0])"""
_TEXTS = "(query) => [...document.querySelectorAll(query)].map((element) => element.textContent)"
_STYLES = "([query, name]) => [...document.querySelectorAll(query)].map((element) => +element.style[name])"
_VALUES = "(query) => [...document.querySelectorAll(query)].map((element) => +element.dataset.value)"

ONE_STEP = 0.5 / 255 + 1e-6  # by how much a weight of 8 bits may be off


def lines(place: Place, query: str) -> np.ndarray:
    """(lines, 6): x1, y1, x2, y2, opacity, and 1 if it is to be seen."""
    return np.array(place.evaluate(_LINES, query), dtype=float).reshape(-1, 6)


def texts(place: Place, query: str) -> list[str]:
    return place.evaluate(_TEXTS, query)


def styles(place: Place, query: str, name: str) -> np.ndarray:
    return np.array(place.evaluate(_STYLES, [query, name]), dtype=float)


def values(place: Place, query: str) -> np.ndarray:
    """The numbers that bertviz writes to ``data-value``."""
    return np.array(place.evaluate(_VALUES, query), dtype=float)


def head_weights(place: Place, heads: int, rows: int, columns: int, *, visible: bool = False) -> np.ndarray:
    """(heads, rows, columns): the opacity of each line, 0 where there is none."""
    found = np.zeros((heads, rows, columns))
    for head in range(heads):
        drawn = lines(place, f"#attention .headAttention[head-index='{head}'] line")
        drawn = drawn[drawn[:, 5] == 1] if visible else drawn
        left, right = ((drawn[:, y] - 30 - 22.5 / 2) / 22.5 for y in (1, 3))
        put(found[head], left, right, drawn[:, 4])
    return found


def model_weights(place: Place, layers: int, heads: int, rows: int, columns: int) -> np.ndarray:
    """(layers, heads, rows, columns): the opacity of each line of the small squares."""
    box = 7 * 12 / max(heads, 12)
    wide, high = (970 - 38) / max(heads, 12), max(rows, columns) * box + 10
    drawn = lines(place, "#vis svg > g:not(.detail) line")
    head, layer = np.floor((drawn[:, 0] - 38) / wide), np.floor((drawn[:, 1] - 38) / high)
    found = np.zeros((layers, heads, rows, columns))
    for index in np.ndindex(layers, heads):
        own = drawn[(layer == index[0]) & (head == index[1])]
        left, right = ((own[:, y] - 43 - index[0] * high) / box - 0.5 for y in (1, 3))
        put(found[index], left, right, own[:, 4])
    assert ((layer < layers) & (head < heads)).all()
    return found


def neuron_weights(place: Place, rows: int, columns: int) -> np.ndarray:
    """(rows, columns): the opacity of each line of the collapsed view."""
    found = np.zeros((rows, columns))
    drawn = lines(place, "#collapsed .attn-line-group line")
    left, right = ((drawn[:, y] - 42 - 13) / 26 for y in (1, 3))
    put(found, left, right, drawn[:, 4])
    return found


def put(found: np.ndarray, left: np.ndarray, right: np.ndarray, opacity: np.ndarray) -> None:
    """Write opacities to their tokens. Every line begins and ends exactly at one; no two are alike."""
    for place in (left, right):
        assert np.abs(place - np.rint(place)).max(initial=0) < 1e-6
    pairs = np.stack([np.rint(left), np.rint(right)]).astype(int)
    assert len({*map(tuple, pairs.T)}) == len(opacity)
    found[tuple(pairs)] = opacity


def frame_with(page: Page, title: str) -> Any:
    """The page inside the first frame whose title begins with ``title``, once it has drawn lines."""
    element = page.locator(f"iframe[title^='{title}']").first
    element.scroll_into_view_if_needed()
    inside = element.element_handle().content_frame()
    inside.wait_for_selector("#vis svg line", state="attached")
    return inside
