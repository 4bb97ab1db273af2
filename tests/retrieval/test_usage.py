"""How much objects are used, counted by hand for a package of three files."""

from __future__ import annotations

import math

import numpy as np
import pytest

from albert_lab.retrieval import usage as usage_module
from albert_lab.retrieval.usage import Usage, UsageOf, read_usage, sources_of, summed, use_of
from albert_lab.text.corpus import STDLIB, Document
from albert_lab.text.packages import Package, find_package


def document(name: str, kind: str = "function") -> Document:
    return Document(name, kind, "package", "1", "", "", (), "")


@pytest.fixture
def package(tmp_path) -> Package:
    sources = {
        "shop": "import shutil\nshutil.rmtree('a')\nshutil.rmtree('b')\n\ndef buy(): ...\n",
        "shop.desk": "import shutil, shop\nshop.buy()\n# clean the desk\nshutil.rmtree('c')\n",
        "shop.broken": "def (",
    }
    modules = []
    for name, text in sources.items():
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        modules.append((name, path))
    return Package("shop", "1", tuple(modules), "abc")


def test_files_are_counted_and_a_modules_own_names_are_not(package, tmp_path):
    found = read_usage(package, tmp_path / "cache")
    modules = {"shutil": 2, "shop": 1}
    comments = {"shutil.rmtree": ["clean the desk"]}
    assert found == Usage({"shutil.rmtree": 2, "shop.buy": 1} | modules, {}, comments)


def test_it_is_read_once_and_again_when_the_package_or_the_cache_has_changed(package, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    first = read_usage(package, cache)
    reads = []
    original = usage_module.read_files
    monkeypatch.setattr(usage_module, "read_files", lambda *a, **o: reads.append(a) or original(*a, **o))
    assert read_usage(package, cache) == first
    assert reads == []
    assert read_usage(Package("shop", "2", package.modules, "def"), cache) == first
    (file,) = cache.iterdir()  # the older one is gone
    file.write_text("{", encoding="utf-8")
    assert read_usage(Package("shop", "2", package.modules, "def"), cache) == first
    assert len(reads) == 2


def test_a_comment_above_many_calls_is_about_none_of_them():
    few, many = [f"f{i}" for i in range(6)], [f"g{i}" for i in range(7)]
    found = summed([{"name": "m", "comments": [("few", few), ("many", many)]}])
    assert found.comments == {name: ["few"] for name in few}


def test_of_many_comments_some_are_kept_evenly_spaced():
    texts = [str(number) for number in range(250)]
    found = summed([{"name": "m", "comments": [(text, ["f"]) for text in texts]}])
    assert found.comments["f"] == texts[::3]


def test_calls_on_unknown_objects_are_shared_out_as_the_known_ones_are():
    documents = [document(name, "method") for name in ("list.append", "bytearray.append", "deque.pop")]
    known = Usage({"list.append": 30, "bytearray.append": 10}, {"append": 8, "unheard": 5}, {})
    found = UsageOf(documents, [known])
    assert found.counts == pytest.approx({"list.append": 36, "bytearray.append": 12})


def test_a_name_stands_for_the_only_object_that_ends_alike():
    documents = [
        document("package.Box", "class"),
        document("package.open"),
        document("package.part.open"),
        document("package.part", "module"),
    ]
    used = {"package._inside.Box": 3, "package._inside.open": 5, "other.Box": 7, "package.part": 9}
    found = UsageOf(documents, [Usage(used), Usage({"package.Box": 1})])
    assert found.counts == {"package.Box": 4}, "a module is named by every import: that is no use"


def test_comments_come_to_the_object_or_to_the_most_used_method_of_that_name():
    documents = [document("list.sort", "method"), document("Box.sort", "method")]
    usage = Usage({"list.sort": 2}, {}, {".sort": ["in order"], "Box.sort": ["tidy up"], "gone": ["x"]})
    found = UsageOf(documents, [usage])
    assert found.comments == {"list.sort": ["in order"], "Box.sort": ["tidy up"]}


def test_use_is_the_logarithm_of_the_count():
    np.testing.assert_allclose(use_of([0, 9, 99]), [0, math.log(10) / math.log(100), 1], rtol=1e-6)
    assert use_of([0, 0]).tolist() == [0, 0]


def test_users_of_the_default_packages_tell_about_them():
    own = find_package("albert_lab")
    assert sources_of([own]) == [own]
    names = {package.name for package in sources_of([find_package(STDLIB)])}
    assert {STDLIB, "numpy", "pandas"} <= names
