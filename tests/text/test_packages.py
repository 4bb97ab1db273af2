"""Where packages are, which version they have and which of their files count."""

from __future__ import annotations

import platform
from importlib import metadata

from albert_lab.text.packages import STDLIB, find_package


def test_a_package_by_import_name_and_by_distribution_name():
    by_import, by_distribution = find_package("sklearn"), find_package("scikit-learn")
    assert by_import == by_distribution
    assert by_import.name == "sklearn"
    assert by_import.version == metadata.version("scikit-learn")


def test_the_standard_library_without_its_tests_and_jokes():
    package = find_package(STDLIB)
    names = [name for name, _ in package.modules]
    assert package.version == platform.python_version()
    assert {"shutil", "json.decoder", "posixpath", "asyncio.tasks"} <= set(names)
    roots = {name.split(".")[0] for name in names}
    assert not roots & {"test", "idlelib", "lib2to3", "antigravity", "this", "turtledemo", "site-packages"}
    assert not [name for name in names if "tests" in name.split(".")]
    assert names == sorted(names)


def test_which_files_count(make_package):
    kept = ["__init__.py", "a.py", "_private.py", "part/__init__.py", "part/b.py", "spaces/c.py"]
    dropped = [
        "tests/test_a.py",
        "conftest.py",
        "part/test_b.py",
        "not-a-module.py",
        "data.txt",
        "__main__.py",
    ]
    empty = dict.fromkeys([*kept, *dropped], "")
    make_package("fake_files", empty)
    assert [name for name, _ in find_package("fake_files").modules] == [
        "fake_files",
        "fake_files._private",
        "fake_files.a",
        "fake_files.part",
        "fake_files.part.b",
        "fake_files.spaces.c",
    ]


def test_the_fingerprint_follows_the_files(make_package):
    folder = make_package("fake_print", {"__init__.py": "x = 1"})
    first = find_package("fake_print")
    assert first.version == "unknown"
    assert first == find_package("fake_print")
    (folder / "more.py").write_text("y = 2", encoding="utf-8")
    assert find_package("fake_print").fingerprint != first.fingerprint


def test_a_single_module_is_a_package_too(make_package, tmp_path):
    make_package("fake_folder", {"__init__.py": ""})
    single = tmp_path / "packages" / "fake_single.py"
    single.write_text('"""Alone."""', encoding="utf-8")
    assert find_package("fake_single").modules == (("fake_single", single),)


def test_what_is_not_there():
    assert find_package("surely_not_installed_anywhere") is None
    assert find_package("not a name!") is None
