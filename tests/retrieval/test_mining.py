"""What a file uses: small sources whose answer is plain to a reader."""

from __future__ import annotations

from textwrap import dedent

import pytest

from albert_lab.retrieval.mining import comments_of, read_use


@pytest.fixture
def use(tmp_path):
    def read(source: str, name: str = "package.module", file: str = "module.py"):
        path = tmp_path / file
        path.write_text(dedent(source), encoding="utf-8")
        return read_use(name, str(path))

    return read


def test_names_are_followed_through_imports(use):
    found = use(
        """
        import os.path
        import numpy as np
        from collections import Counter as Count
        from . import sibling
        from ..other import thing

        os.path.join("a", "b")
        np.linalg.norm(Count())
        sibling.work(thing)
        helper()

        def helper():
            import sys
            return sys.argv
        """
    )
    assert set(found.used) - {"os", "os.path", "numpy", "numpy.linalg", "sys", "package.sibling"} == {
        "os.path.join",
        "numpy.linalg.norm",
        "collections.Counter",
        "package.sibling.work",
        "other.thing",
        "package.module.helper",
        "sys.argv",
    }


def test_relative_imports_of_a_package_begin_in_it(use):
    assert use("from . import part\npart.f()", "package", "__init__.py").used[-1] == "package.part.f"


def test_the_class_of_a_value_is_told_where_a_glance_tells_it(use):
    found = use(
        """
        import re, pathlib
        from threading import Thread

        ", ".join([]).upper()
        f"{1}".strip()
        names = []
        names.append(1)
        pattern = re.compile("x")
        pattern.findall("")

        class Worker:
            def __init__(self, place: pathlib.Path):
                self.thread = Thread()
                place.mkdir()

            def stop(self):
                self.thread.join()

        with open("f") as file:
            file.readline()
        """
    )
    assert {
        "str.join",
        "str.upper",
        "str.strip",
        "list.append",
        "re.Pattern.findall",
        "pathlib.Path.mkdir",
        "threading.Thread.join",
        "io.TextIOWrapper.readline",
    } <= set(found.used)
    assert found.methods == []


def test_of_an_unknown_object_only_the_method_is_kept(use):
    found = use(
        """
        def work(thing, list):
            thing.append(1)
            list.sort()
            for each in thing:
                each.close()
            return [each.strip() for each in thing]
        """
    )
    assert found.methods == ["append", "close", "sort", "strip"]
    assert found.used == []


def test_comments_stand_above_or_beside_what_is_called(use):
    found = use(
        """
        import shutil
        # get rid of the folder
        # with all that is in it
        shutil.rmtree("x")

        shutil.move(a, b)  # put it elsewhere
        shutil.copy(a, "# no comment")
        shutil.which("x")  # noqa: S607
        # about nothing that is called
        x = 1
        # both of them
        thing.close(len("x"))
        """
    )
    assert found.comments == [
        ("get rid of the folder with all that is in it", ["shutil.rmtree"]),
        ("put it elsewhere", ["shutil.move"]),
        ("both of them", [".close", "len"]),
    ]


def test_a_comment_belongs_to_the_next_line_with_code():
    assert comments_of("# one\n\nx = 1  # two\n#\ny = 2") == {3: "two"}


def test_a_file_that_is_no_python_raises(use):
    with pytest.raises(SyntaxError):
        use("def (")
