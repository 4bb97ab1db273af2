"""Markup within a line, sentences, and the test for prose."""

from __future__ import annotations

import pytest

from albert_lab.text.markup import is_prose, plain, sentences, valid_unicode


@pytest.mark.parametrize(
    ("marked", "clean"),
    [
        ("see :class:`Path` and :meth:`~os.path.join`", "see Path and join"),
        ("see :py:func:`the text <os.remove>` there", "see the text there"),
        ("as in :pep:`8` and :rfc:`2060`", "as in PEP 8 and RFC 2060"),
        ("a :class:`.PathCollection`\\s object", "a PathCollections object"),
        ("``sep`` or `sep` is **very** much *the* same", "sep or sep is very much the same"),
        ("*args and **kwargs are passed", "*args and **kwargs are passed"),
        (r"\*args are passed", "*args are passed"),
        ("2 * 3 * 4 is no emphasis", "2 * 3 * 4 is no emphasis"),
        ("a_b and __init__ keep _ all", "a_b and __init__ keep _ all"),
        ("the `site <https://example.org/a>`_ of it", "the site of it"),
        ("the [site](https://example.org/a_(b)) of it", "the site of it"),
        ("the [`~models.AlbertModel`] class", "the AlbertModel class"),
        ("as shown [1]_ and [Knuth]_ too", "as shown and too"),
        ("as shown (see [1]_), there", "as shown, there"),
        ("look at https://example.org/x?y=1 there", "look at there"),
        ("for :math:`x \\le \\frac{a}{b}` only", "for x <= a / b only"),
        ("for $\\alpha_i$ only", "for alpha_i only"),
        ("costs $5 or $6", "costs $5 or $6"),
        ("<Tip warning={true}>Be careful<br/>there</Tip>", "Be careful there"),
        ("x &lt; y &amp; z", "x < y & z"),
        ("takes %(kwdoc)s as well", "takes as well"),
        ("call foo() or f(x)", "call foo() or f(x)"),
        ("too   many\tspaces , here .", "too many spaces, here."),
    ],
)
def test_markup_becomes_its_text(marked, clean):
    assert plain(marked) == clean


def test_sentences_end_where_a_new_one_begins():
    assert sentences("Use e.g. A. Or i.e. B! Is it? Yes (v1.2 too).") == [
        "Use e.g. A. Or i.e. B!",
        "Is it?",
        "Yes (v1.2 too).",
    ]
    assert sentences("The file os.path.py is one. It is read.") == [
        "The file os.path.py is one.",
        "It is read.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Return the value of a key.",
        "Like foo(), but faster.",
        "If True, the copy is made in any case. Default: True.",
        "If True (default), all of the items in the list are sorted by key before they are returned.",
    ],
)
def test_prose(text):
    assert is_prose(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Two words",
        "x = compute(y) for all of it",
        "a.b, c.d, e.f, g.h",
        "0 1 2 3 4 the 5 6 7 8",
        "alpha beta gamma delta epsilon zeta eta theta",  # no word that English needs
        "def f(x): return the value of it",
        "Copyright 2020 by the authors of it",
        "привет это не английский текст совсем",
    ],
)
def test_no_prose(text):
    assert not is_prose(text)


def test_valid_unicode_keeps_letters_and_lines():
    assert valid_unicode("é 漢字 😀\r\n\tx\ud83d\x1b") == "é 漢字 😀\n\tx"
