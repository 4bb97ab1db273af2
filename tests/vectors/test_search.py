"""Search, on the real documentation of this Python and on a few documents."""

from __future__ import annotations

import errno
import subprocess
import sys

import numpy as np
import pytest

from albert_lab.errors import CorpusError, InputError, OutputError
from albert_lab.text.corpus import STDLIB, Corpus, Document
from albert_lab.vectors import search as search_module
from albert_lab.vectors.search import VECTOR_WEIGHT, DocumentSearch

# Written without looking at how they rank; any of the objects is a right answer.
QUESTIONS = {
    "copy a directory tree": ["shutil.copytree"],
    "break a string into pieces at each comma": ["str.split", "str.rsplit", "str.partition"],
    "group neighbouring items that have the same key": ["itertools.groupby"],
    "greatest common divisor": ["math.gcd"],
    "parse a date from text with a format": ["datetime.datetime.strptime", "time.strptime"],
    "count how often each element occurs": ["collections.Counter", "collections.Counter.most_common"],
    "remove duplicates from the ends: strip leading and trailing characters": ["str.strip", "bytes.strip"],
    "run a function after some seconds in another thread": ["threading.Timer"],
    "read lines from several input files in one loop": [
        "fileinput.input",
        "fileinput",
        "fileinput.FileInput",
    ],
    "wrap a paragraph of text to a given width": [
        "textwrap.wrap",
        "textwrap.fill",
        "textwrap.TextWrapper.wrap",
    ],
    "temporary file that is deleted when it is closed": [
        "tempfile.TemporaryFile",
        "tempfile.NamedTemporaryFile",
    ],
    "median of data": ["statistics.median", "statistics.median_low", "statistics.median_high"],
    "unpack an archive such as zip or tar": ["shutil.unpack_archive"],
    "remember results of a function for repeated calls": ["functools.lru_cache", "functools.cache"],
    "is this file name matched by a pattern": [
        "fnmatch.fnmatch",
        "fnmatch.fnmatchcase",
        "pathlib.PurePath.match",
    ],
    "convert an integer to a binary string": ["bin", "format"],
}


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="session")
def stdlib(cache) -> DocumentSearch:
    return DocumentSearch(STDLIB, vectors=False, cache=cache, progress=False)


def test_plain_questions_find_their_objects(stdlib):
    ranks = {}
    for question, accepted in QUESTIONS.items():
        ranks[question] = next((hit.rank for hit in stdlib(question) if hit.name in accepted), None)
    found = [rank for rank in ranks.values() if rank]
    assert len(found) / len(QUESTIONS) >= 0.6, ranks
    assert sum(1 / rank for rank in found) / len(QUESTIONS) >= 0.4, ranks


def test_a_hit_says_what_it_is(stdlib):
    hit = stdlib("copy a directory tree", top=1)[0]
    assert (hit.rank, hit.name, hit.kind, hit.package) == (1, "shutil.copytree", "function", STDLIB)
    assert hit.summary.startswith("Recursively copy a directory tree")
    assert hit.signature.startswith("copytree(src, dst")
    assert hit.score == 1.0


def test_hits_are_ranked_and_no_more_than_asked_for(stdlib):
    hits = stdlib("read a file", top=25)
    assert [hit.rank for hit in hits] == list(range(1, 26))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert stdlib("read a file", top=3) == hits[:3]
    assert stdlib("qwertzuiop") == []
    assert 5000 < len(stdlib) < 20_000


@pytest.mark.parametrize("name", ["shutil.copytree", "str.split", "collections.OrderedDict.move_to_end"])
def test_an_object_is_found_by_its_name(stdlib, name):
    assert name in [hit.name for hit in stdlib(name, top=3)]


def test_the_index_is_built_once(stdlib, cache, monkeypatch):
    monkeypatch.setattr(search_module, "build_corpus", pytest.fail)
    again = DocumentSearch([STDLIB, STDLIB], vectors=False, cache=cache)
    assert again("copy a directory tree") == stdlib("copy a directory tree")
    assert again.packages == stdlib.packages == {STDLIB: sys.version.split()[0]}


def test_without_vectors_neither_torch_nor_transformers_is_loaded(stdlib, cache):
    code = (
        "import sys; from albert_lab.vectors import DocumentSearch;"
        f"print(DocumentSearch('stdlib', vectors=False, cache={str(cache)!r})('median of data', 1)[0].name);"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["statistics.median", "[]"], done.stderr


@pytest.fixture
def small(monkeypatch):
    """A corpus of five documents in the place of the installed packages."""
    built = []
    summaries = {
        "p.copy": "Copy a file.",
        "p.move": "Move a file.",
        "p.sort": "Sort a list of numbers.",
        "p.split": "Split a string.",
        "p.undocumented": "",
    }

    def build_corpus(names, **options):
        built.append(names)
        return Corpus(Document(n, "function", "p", "1", "", s, (s,), s) for n, s in summaries.items())

    monkeypatch.setattr(search_module, "build_corpus", build_corpus)
    return built


def test_vectors_add_a_little_to_bm25(small, extractor, tmp_path):
    lexical = DocumentSearch(STDLIB, vectors=False, cache=tmp_path)
    both = DocumentSearch(STDLIB, extractor=extractor, cache=tmp_path)
    texts = ["p copy. Copy a file.", "p move. Move a file.", "p sort. Sort a list of numbers."]
    texts += ["p split. Split a string.", "p undocumented. "]
    unit = extractor.embed([*texts, "file or string"])
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    centred = unit - unit[:5].mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    cosines = centred[:5] @ centred[5]
    words = lexical.scores("file or string")
    assert (words > 0).tolist() == [True, True, False, True, False]
    expected = np.where(words > 0, words + VECTOR_WEIGHT * cosines, 0)
    np.testing.assert_allclose(both.scores("file or string"), expected, atol=1e-5)
    assert both("unheard") == []


def test_the_words_index_is_shared_and_vectors_are_kept_for_each_model(
    small, extractor, model, tokenizer, tmp_path
):
    from albert_lab.vectors import Extractor

    DocumentSearch(STDLIB, vectors=False, cache=tmp_path)
    first = DocumentSearch(STDLIB, extractor=extractor, cache=tmp_path)
    again = DocumentSearch(STDLIB, extractor=Extractor(model, tokenizer), cache=tmp_path)
    DocumentSearch(STDLIB, extractor=Extractor(model, tokenizer, layer=1), cache=tmp_path)
    assert len(small) == 1
    assert len(list(tmp_path.glob("bm25-*"))) == 1
    assert len(list(tmp_path.glob("vectors-*"))) == 2
    assert first("copy") == again("copy")


def test_a_damaged_index_is_built_again_with_a_warning(small, extractor, tmp_path):
    before = DocumentSearch(STDLIB, extractor=extractor, cache=tmp_path)("copy a file")
    objects = next(tmp_path.glob("bm25-*/objects.parquet"))
    objects.write_bytes(objects.read_bytes()[:-1])
    with pytest.warns(UserWarning, match="damaged"):
        assert DocumentSearch(STDLIB, extractor=extractor, cache=tmp_path)("copy a file") == before
    vectors = next(tmp_path.glob("vectors-*"))
    vectors.write_bytes(b"")
    with pytest.warns(UserWarning, match="damaged"):
        assert DocumentSearch(STDLIB, extractor=extractor, cache=tmp_path)("copy a file") == before
    DocumentSearch(STDLIB, extractor=extractor, cache=tmp_path)  # whole again: no warning
    assert len(small) == 2
    DocumentSearch(STDLIB, extractor=extractor, cache=tmp_path, rebuild=True)
    assert len(small) == 3


def test_a_cache_that_cannot_be_written(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="could not be written"):
        DocumentSearch(STDLIB, vectors=False, cache=tmp_path / "file")

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bm25s.BM25.save", full)
    with pytest.raises(OutputError, match="No space left"):
        DocumentSearch(STDLIB, vectors=False, cache=tmp_path / "index")
    assert list((tmp_path / "index").iterdir()) == []


@pytest.mark.parametrize("question", ["", "  ", None, 3])
def test_a_question_must_be_words(small, tmp_path, question):
    with pytest.raises(InputError, match="The question is"):
        DocumentSearch(STDLIB, vectors=False, cache=tmp_path)(question)


def test_other_wrong_wishes(small, tmp_path):
    with pytest.raises(InputError, match="top=0"):
        DocumentSearch(STDLIB, vectors=False, cache=tmp_path)("copy", top=0)
    with pytest.raises(CorpusError, match="'no_such_package' is not installed"):
        DocumentSearch([STDLIB, "no_such_package"], vectors=False, cache=tmp_path)
    with pytest.raises(CorpusError, match="No package was named"):
        DocumentSearch([], vectors=False, cache=tmp_path)


def test_packages_without_documentation(tmp_path, monkeypatch):
    monkeypatch.setattr(search_module, "build_corpus", lambda names, **options: Corpus([]))
    with pytest.raises(CorpusError, match="Nothing is documented in stdlib"):
        DocumentSearch(STDLIB, vectors=False, cache=tmp_path)


def test_one_question_in_one_call(small, tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path))
    assert search_module.search("copy", STDLIB, top=1, vectors=False)[0].name == "p.copy"
    assert (tmp_path / "index").is_dir()
