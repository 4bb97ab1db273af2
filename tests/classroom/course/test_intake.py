"""Markdown of a learner's: what a page makes of it neither runs nor fetches anything."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from albert_lab.classroom.course.intake import harmless_markdown

PAGE = "http://elsewhere.example"


class Seen(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag


def page_of(text: str) -> Seen:
    """The page that nbgrader's formgrader and feedback make of it."""
    from nbconvert.filters import markdown2html

    return Seen(str(markdown2html(text)))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<SCRIPT\n>alert(1)</SCRIPT>",
        "<svg/onload=alert(1)>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;img src=x onerror=alert(1)&#62;",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](javascript\\:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](javascript&colon;alert(1))",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "[x](vbscript:alert(1))",
        f"![x]({PAGE}/x.png)",
        f"![x\\](attachment:]({PAGE}/x.png)",
        f"![a [b](attachment:c) d]({PAGE}/x.png)",
        f"![x][1]\n\n[1]: {PAGE}/x.png",
        f"![attachment:x]\n\n[attachment:x]: {PAGE}/x.png",
        f'![x](attachment:y "z")![y](  {PAGE}/x.png )',
        f"<img src={PAGE}/x.png>",
        f'<a href="{PAGE}" style="background:url({PAGE}/x.png)">x</a>',
        "```html\n<script>alert(1)</script>\n```",
        "$x<script>alert(1)</script>$",
        "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(text):
    for tag, attributes in page_of(harmless_markdown(text)).tags:
        assert tag not in ("script", "svg", "iframe", "style", "link")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert not (attributes.get("src") or "").startswith("http")
        assert "script:" not in (attributes.get("href") or "").lower()


def test_the_test_can_fail():
    assert ("script", {}) in page_of("<script>alert(1)</script>").tags
    assert page_of(f"![x]({PAGE}/x.png)").tags[-1][1]["src"].startswith("http")


@pytest.mark.parametrize("formula", ["\\href{javascript:alert(1)}{x}", "\\style{x}{y}", "\\require{x}"])
def test_a_formula_only_computes(formula):
    assert not harmless_markdown(f"${formula}$").startswith("$\\")


@pytest.mark.parametrize(
    "text",
    [
        "# A heading\n\n*stress*, **bold**, `code` and [a page](https://example.org)",
        "$\\frac{a}{b} \\le \\text{softmax}(x)$",
        "![drawn by myself](attachment:drawing.png)",
        "$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$",
        "1 < 2, a > b, Q & A",
    ],
)
def test_ordinary_text_is_left_alone(text):
    assert harmless_markdown(text) == text
