"""One file, read without running it."""

from __future__ import annotations

from textwrap import dedent

from albert_lab.text.source import read_module


def read(tmp_path, source, name="package.module", file="module.py", encoding="utf-8"):
    path = tmp_path / file
    path.write_bytes(dedent(source).encode(encoding))
    return read_module(name, str(path))


def test_objects_with_kind_signature_and_text(tmp_path):
    found = read(
        tmp_path,
        '''
        """About the module."""
        LIMIT = 3
        """How many there may be."""

        def load(path: str, *, strict=True) -> list:
            """Load all of it."""

        class Box:
            """A box for it."""

            def __init__(self, size=3): ...

            def put(self, item):
                """Put an item in."""

            @property
            def full(self):
                """Whether it is full."""

        def silent(): ...
        ''',
    )
    assert [(item.name, item.kind, item.signature, item.summary) for item in found.objects] == [
        ("", "module", "", "About the module."),
        ("LIMIT", "attribute", "", "How many there may be."),
        ("load", "function", "load(path: str, *, strict=True) -> list", "Load all of it."),
        ("Box", "class", "Box(size=3)", "A box for it."),
        ("Box.put", "method", "put(item)", "Put an item in."),
        ("Box.full", "attribute", "", "Whether it is full."),
    ]
    assert "silent" in found.defined
    assert "Box.__init__" in found.defined


def test_imports_are_followed_from_the_right_place(tmp_path):
    source = """
        from . import sibling
        from ._inner import one, two as deux
        from .star import *
        import json
        __all__ = ["one"]
    """
    in_module = read(tmp_path, source)
    assert in_module.imports == {
        "sibling": "package.sibling",
        "one": "package._inner.one",
        "deux": "package._inner.two",
        "json": "json",
    }
    assert in_module.stars == ["package.star"]
    assert in_module.exports == ["one"]
    in_package = read(tmp_path, source, "package.part", "__init__.py")
    assert in_package.is_package
    assert in_package.imports["one"] == "package.part._inner.one"


def test_a_computed_all_says_nothing(tmp_path):
    assert read(tmp_path, "from . import a\n__all__ = ['b']\n__all__ += a.__all__").exports is None


def test_texts_that_are_hung_on_objects(tmp_path):
    found = read(
        tmp_path,
        '''
        common = {}
        add_docstr(package.cat, r"""cat(xs) -> X

        Put {input} them together.""".format(**common))
        relu = _add_docstr(package._C.relu, "Cut it " "at zero.")
        add_newdoc("airy", "Airy and its derivatives.")
        add_docstr_all("abs", "The value without a sign.")
        Adam.__doc__ = "The first part." + f" And {common} the second."
        add_docstr(package.nothing, text)
        ''',
    )
    assert [(item.name, item.kind, item.signature, item.paragraphs) for item in found.attached] == [
        ("package.cat", "function", "cat(xs) -> X", ["Put them together."]),
        ("package.module.relu", "function", "", ["Cut it at zero."]),
        ("package.airy", "function", "", ["Airy and its derivatives."]),
        ("package.Tensor.abs", "method", "", ["The value without a sign."]),
        ("package.module.Adam", "class", "", ["The first part. And the second."]),
    ]


def test_an_instance_is_noted_with_its_class(tmp_path):
    assert read(tmp_path, "class Maker: ...\nmake = Maker(name='x')").instances == {"make": "Maker"}


def test_what_cannot_be_read_is_noted(tmp_path):
    assert "not read (SyntaxError" in read(tmp_path, "def f(:").note
    (tmp_path / "latin.py").write_bytes(b'"""caf\xe9"""')
    assert "package.latin: not read" in read_module("package.latin", str(tmp_path / "latin.py")).note
    assert "not read" in read_module("package.gone", str(tmp_path / "gone.py")).note


def test_a_declared_encoding_is_used(tmp_path):
    found = read(tmp_path, '# coding: latin-1\n"""The café is open."""', encoding="latin-1")
    assert found.objects[0].summary == "The café is open."


def test_lone_surrogates_in_a_text_are_no_trouble(tmp_path):
    found = read(tmp_path, 'def f():\n    """A broken \\ud800 text."""')
    assert found.objects[0].paragraphs == ["A broken text."]
