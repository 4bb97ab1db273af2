"""Texts that exist only at run time, read in a subprocess."""

from __future__ import annotations

import logging
import sys

import pytest

from albert_lab.errors import CorpusError
from albert_lab.text import runtime


def test_a_package_is_imported_elsewhere_and_broken_parts_are_noted(make_package, caplog):
    make_package(
        "fake_runtime",
        {
            "__init__.py": "print('noise on stdout')\nfrom math import gcd\n__all__ = ['gcd']",
            "broken.py": "raise RuntimeError('not on this machine')",
            "leaves.py": "import sys; sys.exit(3)",
        },
    )
    caplog.set_level(logging.INFO)
    found = runtime.inspect_package("fake_runtime")
    assert "fake_runtime" not in sys.modules
    assert [(line["name"], line["of"], line["kind"]) for line in found.records] == [
        ("fake_runtime.gcd", "math.gcd", "function")
    ]
    assert "fake_runtime.broken: not inspected (RuntimeError: not on this machine)" in caplog.text
    assert "fake_runtime.leaves: not inspected (SystemExit: 3)" in caplog.text


def test_bound_methods_are_names_of_the_method(make_package):
    make_package(
        "fake_bound",
        {
            "__init__.py": """
            class Dice:
                def roll(self):
                    '''Roll it.'''
            _dice = Dice()
            roll = _dice.roll
            __all__ = ["roll", "Dice", "absent"]
            """
        },
    )
    assert runtime.inspect_package("fake_bound").aliases == {"fake_bound.Dice.roll": "fake_bound.roll"}


def test_a_package_that_cannot_be_imported(make_package):
    make_package("fake_dead", {"__init__.py": "raise ImportError('a library is missing')"})
    with pytest.raises(CorpusError, match=r"inspecting 'fake_dead' .* a library is missing"):
        runtime.inspect_package("fake_dead")


def test_a_process_that_dies(make_package):
    make_package("fake_killed", {"__init__.py": "import os; os.kill(os.getpid(), 9)"})
    with pytest.raises(CorpusError, match="exit code -9"):
        runtime.inspect_package("fake_killed")


def test_an_import_that_never_ends(make_package):
    make_package("fake_slow", {"__init__.py": "import time; time.sleep(600)"})
    with pytest.raises(CorpusError, match="longer than 1 seconds"):
        runtime.inspect_package("fake_slow", timeout=1.0)


def test_a_file_of_the_user_cannot_stand_before_the_standard_library(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise RuntimeError('the wrong one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert runtime.inspect_package("stdlib").records
