"""What a view has drawn, read from the browser's elements: weights from opacities, tokens from places."""

from __future__ import annotations

from typing import Any

import numpy as np
from playwright.sync_api import Frame, Page

Place = Page | Frame

# A line belongs to the two tokens whose boxes it meets, wherever the script has put them.
_LINES = """([query, left, right]) => {
    const top = document.querySelector('#vis svg').getBoundingClientRect().top;
    const middles = (column) => [...document.querySelectorAll(`${column} g.token .chip`)].map((chip) => {
        const box = chip.getBoundingClientRect();
        return (box.top + box.bottom) / 2 - top;
    });
    const [lefts, rights] = [middles(left), middles(right)];
    const meets = (places, y) => places.findIndex((place) => Math.abs(place - y) < 2);
    return [...document.querySelectorAll(query)]
        .filter((line) => line.getClientRects().length && getComputedStyle(line).visibility === 'visible')
        .map((line) => [
            +line.parentNode.getAttribute('head-index'),
            meets(lefts, +line.getAttribute('y1')),
            meets(rights, +line.getAttribute('y2')),
            +line.getAttribute('stroke-opacity'),
        ]);
}"""
_TEXTS = "(query) => [...document.querySelectorAll(query)].map((element) => element.textContent)"
_STYLES = """([query, name]) => [...document.querySelectorAll(query)]
    .map((element) => +element.style.getPropertyValue(name))"""
_VALUES = "(query) => [...document.querySelectorAll(query)].map((element) => +element.dataset.value)"

STEP = 0.5 / 255 + 6e-4  # by how much a relative weight of 8 bits, written with three digits, may be off
FAINTEST = 0.01  # of the strongest line: less is not drawn


def lines(
    place: Place, query: str = "#vis .lines line", left: str = "#left", right: str = "#right"
) -> np.ndarray:
    """(lines, 4) of those that are to be seen: head, place on the left and on the right, opacity."""
    return np.array(place.evaluate(_LINES, [query, left, right]), dtype=float).reshape(-1, 4)


def texts(place: Place, query: str) -> list[str]:
    return place.evaluate(_TEXTS, query)


def styles(place: Place, query: str, name: str) -> np.ndarray:
    return np.array(place.evaluate(_STYLES, [query, name]), dtype=float)


def values(place: Place, query: str) -> np.ndarray:
    """The numbers that stand in ``data-value``."""
    return np.array(place.evaluate(_VALUES, query), dtype=float)


def drawn(
    place: Place, heads: int, rows: int, columns: int, left: str = "#left", right: str = "#right"
) -> np.ndarray:
    """(heads, rows, columns): the opacity of each line that is to be seen, 0 where there is none."""
    found = np.zeros((heads, rows, columns))
    seen = lines(place, "#vis .lines line", left, right)
    places = tuple(seen[:, :3].astype(int).T)
    assert (seen[:, :3] >= 0).all(), "every line begins and ends at a token"
    assert len({*zip(*places, strict=True)}) == len(seen), "no two lines are alike"
    found[places] = seen[:, 3]
    return found


def neuron_drawn(place: Place, head: int, rows: int, columns: int) -> np.ndarray:
    return drawn(place, head + 1, rows, columns, "#leftText", "#rightText")[head]


def relative(weights: np.ndarray) -> np.ndarray:
    """What a view shows of ``weights``: relative to the strongest, without what nobody can see."""
    shares = weights / weights.max()
    return np.where(shares < FAINTEST, 0, shares)


def frame_with(page: Page, title: str) -> Any:
    """The page inside the first frame whose title begins with ``title``, once it has drawn lines."""
    element = page.locator(f"iframe[title^='{title}']").first
    element.scroll_into_view_if_needed()
    inside = element.element_handle().content_frame()
    inside.wait_for_selector("#vis svg line", state="attached")
    return inside
