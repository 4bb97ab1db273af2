"""What the corpus has beside docstrings when all is asked for: bare objects, values, inherited members."""

from __future__ import annotations

import pytest

from albert_lab.text.corpus import build_corpus

STALL = {
    "__init__.py": '''
        """A stall at the market."""
        from .core import Stall, LIMIT, weigh, helper
        from .base import common
        __all__ = ["Stall", "LIMIT", "weigh"]
    ''',
    "base.py": '''
        class Furniture:
            """Anything that stands around."""
            def fold(self, firmly=False):
                """Fold it together."""
            def lift(self):
                """Lift it off the ground."""

        def common():
            pass
    ''',
    "core.py": '''
        from .base import Furniture

        LIMIT = 3

        # Weigh something
        # on the old scales.
        def weigh(thing, *, unit="kg"):
            return thing

        def helper(): ...

        class Stall(Furniture):
            """Sells fruit."""

            def lift(self):
                """Lift the stall with two people."""

            def sell(self, fruit):
                # Hand it over and take the money.
                return fruit

            def _count(self): ...

            @property
            def open(self): ...
    ''',
}


@pytest.fixture
def stall(make_package, tmp_path):
    def build(name, **options):
        make_package(name, STALL)
        found = build_corpus(name, cache=tmp_path / "cache", progress=False, **options)
        return {document.name.removeprefix(f"{name}."): document for document in found}

    return build


def test_what_has_no_docstring_is_there_only_when_asked_for(stall):
    assert {"weigh", "Stall.sell", "Stall.fold"} & stall("plain_stall").keys() == set()
    assert {"weigh", "Stall.sell", "Stall.open"} <= stall("complete_stall", complete=True).keys()


def test_a_bare_object_says_its_comment_what_its_owner_says_and_its_arguments(stall):
    found = stall("told_stall", complete=True)
    assert found["weigh"].summary == "Weigh something on the old scales."
    assert found["weigh"].raw == ""
    assert found["weigh"].paragraphs == (
        "Weigh something on the old scales.",
        "told_stall: A stall at the market.",
        "thing unit",
    )
    assert found["Stall.sell"].summary == "Hand it over and take the money."
    assert found["Stall.open"].summary == "told_stall.Stall: Sells fruit."
    assert found["Stall"].summary == "Sells fruit."


def test_private_and_unexported_functions_stay_out(stall):
    found = stall("closed_stall", complete=True)
    assert {"helper", "core.helper", "common", "base.common", "Stall._count"} & found.keys() == set()


def test_inherited_members_under_the_class_that_users_import(stall):
    found = stall("heir_stall", complete=True)
    assert found["Stall.fold"].summary == "Fold it together."
    assert found["Stall.fold"].signature.startswith("fold(")
    assert found["Stall.lift"].summary == "Lift the stall with two people.", "its own"


@pytest.mark.slow
def test_the_standard_library_has_what_it_lacked(tmp_path):
    found = {each.name: each for each in build_corpus("stdlib", complete=True, progress=False)}
    modules = ("math", "itertools", "struct", "hashlib", "time", "sys", "os", "string")
    assert {name: found[name].kind for name in modules} == dict.fromkeys(modules, "module")
    for name in ("os.environ", "sys.argv", "string.punctuation"):
        assert found[name].kind == "attribute"
    bare = ("csv.DictReader", "functools.cached_property", "asyncio.create_subprocess_exec")
    for name in (*bare, "argparse.ArgumentParser.add_argument", "urllib.request.Request"):
        assert found[name].summary
    assert "array.ArrayType.append" not in found
    assert "multiprocessing.Process.terminate" in found
    assert len(found) > len(build_corpus("stdlib", progress=False))
