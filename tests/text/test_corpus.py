"""The corpus: from installed packages to documents, with small packages and with the real ones."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from albert_lab.errors import CorpusError
from albert_lab.text import collect, corpus
from albert_lab.text.corpus import Corpus, Document, build_corpus

SHOP = {
    "__init__.py": '''
        """A shop in a package."""
        from ._inner import Till, open_shop
        __all__ = ["Till", "open_shop"]
        raise RuntimeError("nobody may import this")
    ''',
    "_inner.py": '''
        class Till:
            """The till of the shop.

            It holds the money that customers pay.
            """
            def pay(self, amount):
                """Pay the given amount into the till.

                >>> Till().pay(3)
                """
            def _count(self):
                """Count the money in secret."""

        def open_shop(hour: int = 8) -> Till:
            """Open the shop."""

        def helper():
            """Help with it inside."""
    ''',
    "tools/__init__.py": "",
    "tools/clean.py": '''
        def sweep():
            """Sweep the floor of the shop."""
    ''',
    "tests/test_shop.py": '"""The tests of the shop."""',
}


@pytest.fixture
def shop(make_package, tmp_path):
    def build(name, **options):
        make_package(name, SHOP)
        return build_corpus(name, cache=tmp_path / "cache", progress=False, **options)

    return build


def test_documents_of_a_package_that_is_never_imported(shop):
    found = shop("fake_shop")
    assert "fake_shop" not in sys.modules
    assert [(d.name, d.kind, d.signature, d.paragraphs) for d in found] == [
        ("fake_shop", "module", "", ("A shop in a package.",)),
        ("fake_shop.Till", "class", "", ("The till of the shop.", "It holds the money that customers pay.")),
        ("fake_shop.Till.pay", "method", "pay(amount)", ("Pay the given amount into the till.",)),
        ("fake_shop.open_shop", "function", "open_shop(hour: int = 8) -> Till", ("Open the shop.",)),
        ("fake_shop.tools.clean.sweep", "function", "sweep()", ("Sweep the floor of the shop.",)),
    ]
    assert {d.package for d in found} == {"fake_shop"}
    assert {d.version for d in found} == {"unknown"}
    assert found[2].summary == "Pay the given amount into the till."
    assert ">>> Till().pay(3)" in found[2].raw
    assert found[1].prose == "The till of the shop.\nIt holds the money that customers pay."


def test_private_objects_when_asked(shop):
    names = {d.name for d in shop("fake_private_shop", include_private=True)}
    assert {"fake_private_shop._inner.helper", "fake_private_shop._inner.Till._count"} <= names
    assert {"fake_private_shop.Till", "fake_private_shop.open_shop"} <= names
    assert not any("tests" in name for name in names)


def test_an_instance_gets_the_text_of_its_class(make_package, tmp_path):
    source = 'class norm_gen:\n    """The normal distribution."""\n\nnorm = norm_gen(name="norm")\n'
    make_package("fake_norm", {"__init__.py": "from ._all import *", "_all.py": source})
    found = build_corpus("fake_norm", cache=tmp_path, progress=False)
    assert [(d.name, d.summary) for d in found] == [("fake_norm.norm", "The normal distribution.")]


def test_a_class_that_users_name_is_not_replaced_by_an_instance(make_package, tmp_path):
    source = 'class Post:\n    """Sends letters."""\n\nif __name__ == "__main__":\n    post = Post()\n'
    make_package("fake_post", {"__init__.py": source})
    assert [d.name for d in build_corpus("fake_post", cache=tmp_path, progress=False)] == ["fake_post.Post"]


def test_a_text_that_only_running_shows(make_package, tmp_path):
    source = """
        __all__ = ["ring", "Bell", "Gong"]
        def ring(): ...
        ring.__doc__ = " ".join(["Ring", "the", "bell."])
        class Bell:
            def __init__(self):
                "Hang up a new bell."
        class Gong(Bell):
            "A gong is a flat bell."
        class Chime(Gong): ...
    """
    make_package("fake_bells", {"__init__.py": inspect.cleandoc(source)})
    found = build_corpus("fake_bells", cache=tmp_path, progress=False, inspect="fake_bells")
    assert [(d.name, d.kind, d.summary) for d in found] == [
        ("fake_bells.Bell", "class", "Hang up a new bell."),
        ("fake_bells.Gong", "class", "A gong is a flat bell."),
        ("fake_bells.ring", "function", "Ring the bell."),
    ]


def test_other_packages_are_inspected_only_when_asked(make_package, tmp_path):
    source = '"""In C, as it were."""\nfrom zlib import crc32\n__all__ = ["crc32"]\n'
    make_package("fake_c", {"__init__.py": source})
    without = build_corpus("fake_c", cache=tmp_path, progress=False)
    asked = build_corpus("fake_c", cache=tmp_path, progress=False, inspect=["fake_c"])
    assert [d.name for d in without] == ["fake_c"]
    assert [d.name for d in asked] == ["fake_c", "fake_c.crc32"]
    assert asked[1].summary.startswith("Compute a CRC-32 checksum")


def test_the_second_time_comes_from_the_cache(shop, tmp_path, monkeypatch):
    first = shop("fake_cached_shop")

    def read_again(*_, **__):
        raise AssertionError("it was read again")

    monkeypatch.setattr(collect, "collect", read_again)
    again = build_corpus("fake_cached_shop", cache=tmp_path / "cache", progress=False)
    assert list(again) == list(first)
    for changed in ({"rebuild": True}, {"include_private": True}, {"inspect": ["fake_cached_shop"]}):
        with pytest.raises(AssertionError, match="read again"):
            build_corpus("fake_cached_shop", cache=tmp_path / "cache", progress=False, **changed)
    monkeypatch.setattr(corpus, "FORMAT", corpus.FORMAT + 1)
    with pytest.raises(AssertionError, match="read again"):
        build_corpus("fake_cached_shop", cache=tmp_path / "cache", progress=False)


def test_a_changed_package_is_read_again(shop, tmp_path):
    shop("fake_changed_shop")
    more = tmp_path / "packages" / "fake_changed_shop" / "more.py"
    more.write_text('"""More to be read."""', encoding="utf-8")
    again = build_corpus("fake_changed_shop", cache=tmp_path / "cache", progress=False)
    assert "fake_changed_shop.more" in {d.name for d in again}


def test_the_version_is_part_of_the_key(shop, tmp_path, monkeypatch):
    shop("fake_versions_shop")
    info = tmp_path / "packages" / "fake_versions_shop-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-versions-shop\nVersion: 2.5\n", "utf-8")
    (info / "top_level.txt").write_text("fake_versions_shop\n", "utf-8")
    again = build_corpus("fake-versions-shop", cache=tmp_path / "cache", progress=False)
    assert {d.version for d in again} == {"2.5"}
    assert len(list((tmp_path / "cache").glob("fake_versions_shop-*.parquet"))) == 2


def test_a_damaged_cache_is_built_again(shop, tmp_path):
    first = shop("fake_damaged_shop")
    (file,) = (tmp_path / "cache").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.warns(UserWarning, match="damaged"):
        again = build_corpus("fake_damaged_shop", cache=tmp_path / "cache", progress=False)
    assert list(again) == list(first)
    assert file.read_bytes() == whole  # the same text gives the same bytes


def test_a_failed_build_leaves_nothing(shop, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise CorpusError("no")

    monkeypatch.setattr(collect, "read_modules", fail)
    with pytest.raises(CorpusError):
        shop("fake_failed_shop")
    assert not list(tmp_path.glob("cache/*"))


def test_a_missing_package_is_an_error_when_named_and_left_out_by_default(
    tmp_path, monkeypatch, make_package
):
    with pytest.raises(CorpusError, match="pip install surely-not-there"):
        build_corpus(["surely-not-there"], cache=tmp_path, progress=False)
    with pytest.raises(CorpusError, match="surely-not-there"):
        build_corpus([], cache=tmp_path, progress=False, inspect="surely-not-there")
    make_package("fake_default", {"__init__.py": '"""The only one that is there."""'})
    monkeypatch.setattr(corpus, "DEFAULT_PACKAGES", ("surely-not-there", "fake_default"))
    assert [d.name for d in build_corpus(cache=tmp_path, progress=False)] == ["fake_default"]


def test_the_cache_folder_of_the_user(make_package, tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path / "mine"))
    make_package("fake_home", {"__init__.py": '"""At home."""'})
    build_corpus("fake_home", progress=False)
    assert len(list((tmp_path / "mine" / "corpus").glob("fake_home-unknown-*.parquet"))) == 1


def test_a_corpus_is_a_sequence():
    def document(name, package, *prose):
        return Document(name, "function", package, "1", "", "", prose, "")

    found = Corpus(
        [document("a.f", "a", "One two.", "Three."), document("b.g", "b"), document("a.h", "a", "x")]
    )
    assert len(found) == 3
    assert found[1].name == "b.g"
    assert isinstance(found[:2], Corpus)
    assert {package: len(part) for package, part in found.by_package().items()} == {"a": 2, "b": 1}
    assert found.statistics()["a"] == {
        "version": "1",
        "documents": 2,
        "paragraphs": 3,
        "words": 4,
        "characters": 15,
    }
    assert repr(found) == "Corpus(3 documents from a, b)"
    with pytest.raises(AttributeError):
        found[0].name = "other"


def test_a_light_import():
    heavy = "{'torch', 'pyarrow', 'griffe', 'numpy'} & set(sys.modules)"
    code = f"import sys, albert_lab.text.corpus; print(*{heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# -- the real standard library and numpy

BY_NAME = {
    "shutil.copytree": ("function", "Recursively copy a directory tree"),
    "str.split": ("method", "Return a list of the substrings in the string"),
    "itertools.groupby": ("class", "make an iterator that returns consecutive keys and groups"),
    "os.remove": ("function", "Remove a file"),
    "math.gcd": ("function", "Greatest Common Divisor"),
    "os.path.join": ("function", "Join two or more pathname components"),
    "os.path.exists": ("function", "Test whether a path exists"),
    "json.dumps": ("function", "Serialize"),
    "json.JSONDecoder": ("class", "Simple JSON"),
    "collections.OrderedDict": ("class", "Dictionary that remembers insertion order"),
    "collections.deque.rotate": ("method", "Rotate the deque"),
    "dict.get": ("method", "Return the value for key"),
    "len": ("function", "Return the number of items in a container"),
    "random.choice": ("function", "Choose a random element"),
    "multiprocessing.Pool": ("function", "Returns a process pool object"),
    "socket.socket.bind": ("method", "Bind the socket to a local address"),
    "threading.Lock": ("class", "A lock object is a synchronization primitive.")
    if sys.version_info >= (3, 13)
    else ("function", "(allocate() is an obsolete synonym)"),
    "asyncio.sleep": ("function", "Coroutine that completes after a given time"),
    "os.path.splitext": ("function", "Split the extension from a pathname"),
    "signal.signal": ("function", "Set the action for the given signal"),
    "io.IOBase.readline": ("method", "Read and return a line from the stream"),
    "smtplib.SMTP": ("class", "This class manages a connection to an SMTP"),
    "concurrent.futures.ThreadPoolExecutor": ("class", "Initializes a new ThreadPoolExecutor"),
    "multiprocessing.Process": ("class", "Process objects represent activity"),
    "datetime.date.isoformat": ("method", "Return the date formatted according to ISO"),
}


def test_the_standard_library_under_the_names_that_users_know(stdlib):
    documents = {d.name: d for d in stdlib}
    for name, (kind, beginning) in BY_NAME.items():
        assert name in documents, f"{name} is missing"
        assert (documents[name].kind, documents[name].summary[: len(beginning)]) == (kind, beginning)
    assert documents["shutil.copytree"].signature.startswith("copytree(src, dst, symlinks=False")
    assert documents["str.split"].signature == "split(sep=None, maxsplit=-1)"
    hidden = (
        "posixpath",
        "ntpath",
        "genericpath",
        "posix.",
        "builtins.",
        "_",
        "test.",
        "idlelib",
        "antigravity",
    )
    assert [name for name in documents if name.startswith(hidden)] == []


def test_the_standard_library_is_large_and_each_object_is_there_once(stdlib):
    assert len(stdlib) > 5_000
    names = [d.name for d in stdlib]
    assert names == sorted(set(names))
    assert not [name for name in names if any(part.startswith("_") for part in name.split("."))]


def test_numpy_under_the_names_that_users_know(numpy_documents):
    documents = {d.name: d for d in numpy_documents}
    for name in (
        "numpy.add",
        "numpy.linalg.norm",
        "numpy.ndarray.reshape",
        "numpy.concatenate",
        "numpy.ma.MaskedArray",
    ):
        assert name in documents, f"{name} is missing"
    assert documents["numpy.add"].summary == "Add arguments element-wise."
    assert documents["numpy.add"].signature.startswith("add(x1, x2, /, out=None")
    assert not [name for name in documents if "._" in name or ".tests." in name]


def test_paragraphs_are_clean(stdlib, numpy_documents):
    for document in [*stdlib, *numpy_documents]:
        for text in document.paragraphs:
            assert text == " ".join(text.split())
            assert "`" not in text
            assert ">>>" not in text
            assert text.encode("utf-8")
