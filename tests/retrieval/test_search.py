"""Search, on the real documentation of this Python and on a few documents."""

from __future__ import annotations

import errno
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from albert_lab.errors import CorpusError, InputError, OutputError
from albert_lab.retrieval import search as search_module
from albert_lab.retrieval import store
from albert_lab.retrieval.explain import Meeting, meetings
from albert_lab.retrieval.fusion import RAW_WEIGHT, SENTENCE_WEIGHT, Weights
from albert_lab.retrieval.hits import SearchHit, SearchResults, search_box
from albert_lab.retrieval.lexical import LexicalIndex, terms
from albert_lab.retrieval.needs import alike
from albert_lab.retrieval.search import KINDS, DocumentSearch
from albert_lab.retrieval.store import package_vectors
from albert_lab.retrieval.usage import Usage
from albert_lab.text.corpus import STDLIB, Corpus, Document
from albert_lab.vectors import Extractor

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


@pytest.mark.slow
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
        "import sys; from albert_lab.retrieval import DocumentSearch;"
        f"print(DocumentSearch('stdlib', vectors=False, cache={str(cache)!r})('median of data', 1)[0].name);"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["statistics.median", "[]"], done.stderr


class Built(list):
    """The packages that were read, and what stands for them."""


@pytest.fixture
def small(monkeypatch):
    """A corpus of five documents in the place of the installed packages, which nothing uses."""
    built = Built()
    summaries = {
        "p.copy": "Copy a file.",
        "p.move": "Move a file.",
        "p.sort": "Sort a list of numbers.",
        "p.split": "Split a string.",
        "p.undocumented": "",
    }

    built.documents = [Document(n, "function", "p", "1", "", s, (s,), s) for n, s in summaries.items()]

    def build_corpus(names, **options):
        built.append(names)
        return Corpus(built.documents)

    monkeypatch.setattr(search_module, "build_corpus", build_corpus)
    monkeypatch.setattr(search_module, "read_usage", lambda package, folder, **options: Usage())
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
    meaning = RAW_WEIGHT * 5 / 25 * (cosines + 0.9 * np.maximum(cosines, 0) ** 6)
    index = LexicalIndex.build(small.documents)
    covered = index.coverage("file or string", index.scores("file or string"))
    told = [terms(f"{each.name} {each.summary}") for each in small.documents]
    summary = [alike(terms("file or string"), each, index.rarity) for each in told]
    expected = words + 1.5 * covered**2 + 2 * np.array(summary) ** 3 + meaning
    expected = np.where(words > 0, expected, 0)
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


def test_an_index_of_an_older_corpus_is_not_taken(tmp_path, monkeypatch):
    for number in (1, 1, 2):
        monkeypatch.setattr(search_module.corpus_module, "FORMAT", number)
        DocumentSearch("platformdirs", vectors=False, cache=tmp_path, progress=False)
        assert len(list(tmp_path.glob("bm25-*"))) == number


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


@pytest.fixture
def sentences(model, tokenizer) -> Extractor:
    """An extractor as the folder of a sentence model asks for it."""
    return Extractor(model, tokenizer, normalize=True)


def test_vectors_of_a_sentence_model_find_what_shares_no_word(small, sentences, tmp_path):
    plain = Weights(**dict.fromkeys(asdict(Weights()), 0.0))
    both = DocumentSearch(STDLIB, extractor=sentences, weights=plain, cache=tmp_path)
    assert both.weight == SENTENCE_WEIGHT
    lexical = DocumentSearch(STDLIB, vectors=False, cache=tmp_path).scores("file or string")
    alone = DocumentSearch(STDLIB, extractor=sentences, words=False, cache=tmp_path)
    cosines = alone.scores("file or string") * 5 / 25  # five documents tell little about a cosine
    np.testing.assert_allclose(both.scores("file or string"), lexical + SENTENCE_WEIGHT * cosines, atol=1e-6)
    assert both("unheard")
    weighed = DocumentSearch(STDLIB, extractor=sentences, weight=0.5, weights=plain, cache=tmp_path)
    np.testing.assert_allclose(weighed.scores("file or string"), lexical + 0.5 * cosines, atol=1e-6)
    with pytest.raises(InputError, match="Neither words nor vectors"):
        DocumentSearch(STDLIB, vectors=False, words=False, cache=tmp_path)


def document(name: str, summary: str = "", kind: str = "function", raw: str = "text") -> Document:
    return Document(name, kind, "p", "1", "", summary, (summary,), raw)


def ranking(tmp_path, sentences, question: str, **options) -> list[str]:
    return [
        hit.name for hit in DocumentSearch(STDLIB, extractor=sentences, cache=tmp_path, **options)(question)
    ]


def test_of_two_objects_that_fit_alike_the_more_used_one_comes_first(small, sentences, tmp_path, monkeypatch):
    small.documents[:] = [document(f"p.{name}", "Copy a file.") for name in ("first", "second", "third")]
    usage = Usage({"p.third": 50, "p.second": 2})
    monkeypatch.setattr(search_module, "read_usage", lambda *arguments, **options: usage)
    monkeypatch.setattr(search_module, "sources_of", lambda packages: packages)
    assert ranking(tmp_path, sentences, "copy a file")[0] == "p.third"
    search = DocumentSearch(STDLIB, extractor=sentences, cache=tmp_path)
    assert search.documents["uses"] == [0, 2, 50]
    plain = DocumentSearch(STDLIB, extractor=sentences, cache=tmp_path, weights=Weights(use=0))
    gained = search.scores("copy a file") - plain.scores("copy a file")
    doubt = 1 - search.evidence("copy a file").coverage.max() ** 2
    np.testing.assert_allclose(gained, doubt * np.array([0, np.log(3) / np.log(51), 1]), atol=1e-5)


def test_comments_and_needs_lead_to_their_objects(small, sentences, tmp_path, monkeypatch):
    usage = Usage({}, {}, {"p.sort": ["get them into the right order"]})
    monkeypatch.setattr(search_module, "read_usage", lambda *arguments, **options: usage)
    monkeypatch.setattr(search_module, "sources_of", lambda packages: packages)
    monkeypatch.setattr(search_module, "written_needs", lambda: {"p.move": ("put elsewhere", "shift")})
    options = {"weight": 0.0, "extractor": sentences, "cache": tmp_path}
    assert DocumentSearch(STDLIB, **options)("right order")[0].name == "p.sort"
    assert DocumentSearch(STDLIB, **options)("shift")[0].name == "p.move"
    assert DocumentSearch(STDLIB, **options, weights=Weights(comments=0))("right order") == []
    both = DocumentSearch(STDLIB, extractor=sentences, cache=tmp_path)
    alone = DocumentSearch(STDLIB, extractor=sentences, words=False, cache=tmp_path)
    evidence = both.evidence("shift")
    assert evidence.need_cosines[1] == pytest.approx(1, abs=1e-5), "one of its needs, word for word"
    assert np.delete(evidence.need_cosines, 1).tolist() == [-1] * 4
    assert evidence.overlap.tolist() == [0, 1, 0, 0, 0]
    np.testing.assert_allclose(evidence.cosines, alone.scores("shift"), atol=1e-6)


def test_what_has_no_text_of_its_own_comes_after_its_owner(small, sentences, tmp_path):
    small.documents[:] = [
        document("p.m.LIMIT", "p.m: Read a line.", "attribute"),
        document("p.m", "Read a line."),
    ]
    assert ranking(tmp_path, sentences, "read a line")[0] == "p.m"
    borrowed = DocumentSearch(STDLIB, extractor=sentences, cache=tmp_path).evidence("a line").borrowed
    assert borrowed.tolist() == [1, 0]


def test_what_nobody_documented_and_nobody_uses_is_left_out(small, sentences, tmp_path, monkeypatch):
    bare = [("p.f", "function"), ("p.C.used", "method"), ("p.C.unused", "method"), ("p.LIMIT", "attribute")]
    small.documents[:] = [document(name, "Of p.", kind, raw="") for name, kind in bare]
    small.documents.append(document("p.C.told", "Documented.", "method"))
    usage = Usage({"p.C.used": 3, "p.LIMIT": 2})
    monkeypatch.setattr(search_module, "read_usage", lambda *arguments, **options: usage)
    monkeypatch.setattr(search_module, "sources_of", lambda packages: packages)
    search = DocumentSearch(STDLIB, vectors=False, cache=tmp_path)
    assert search.documents["name"] == ["p.f", "p.C.used", "p.C.told"]


@pytest.mark.parametrize("question", ["move in python", "Python 3: move", "move"])
def test_the_name_of_the_language_changes_nothing(small, sentences, tmp_path, question):
    for options in ({"weights": Weights(name=0)}, {"vectors": False}, {"words": False}):
        search = DocumentSearch(STDLIB, extractor=sentences, cache=tmp_path, **options)
        np.testing.assert_array_equal(search.scores(question), search.scores("move"))


def test_the_language_in_a_name_is_a_part_of_it(small, sentences, tmp_path):
    small.documents[:] = [document("p.version", "The version."), document("p.python_version", "A version.")]
    assert ranking(tmp_path, sentences, "python version")[0] == "p.python_version"


@pytest.mark.parametrize("question", ["a_name", "aName", "p.a_name", "a name"])
def test_a_name_that_is_asked_for_comes_first(small, sentences, tmp_path, question):
    small.documents[:] = [document("p.other", "A name, a name."), document("p.a_name", "Nothing of it.")]
    assert ranking(tmp_path, sentences, question)[0] == "p.a_name"


NOTES = [
    "The pool opens at eight. Bring a towel and a coin for the locker.",
    "Tuesday is for the piano. Scales first, then the slow movement.",
    "The baker closes early before the holidays.",
    "Grandfather's watch needs a battery.",
    "The bus to the lake stops behind the town hall.",
    "Beans and peas by the fence, carrots near the pump.",
]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("locker", 0),
        ("when is the piano", 1),
        ("baker", 2),
        ("where is the battery", 3),
        ("lake", 4),
        ("do we have carrots", 5),
        ("when does the bus leave", 4),
        ("the pump again", 5),
    ],
)
@pytest.mark.parametrize("count", [6, 4, 2])
def test_the_only_note_with_a_rare_word_comes_first(tmp_path, question, number, count):
    """With the shipped sentence model, whose cosines say little about notes."""
    kept = [number, *(i for i in range(len(NOTES)) if i != number)][:count]
    notes = [document(f"note{i}.md", NOTES[i], "note") for i in sorted(kept)]
    search = DocumentSearch(corpus=Corpus(notes), cache=tmp_path, progress=False)
    assert search(question)[0].name == f"note{number}.md"


def test_vectors_alone_rank_by_the_cosine_of_centred_vectors(small, sentences, tmp_path):
    alone = DocumentSearch(STDLIB, extractor=sentences, words=False, cache=tmp_path)
    unit = sentences.embed([*alone.documents["text"], "move it"])
    mean = unit[:5].mean(axis=0)
    centred = [vector / np.linalg.norm(vector) for vector in unit - mean]
    np.testing.assert_allclose(alone.scores("move it"), centred[:5] @ centred[5], atol=1e-5)
    assert [hit.name for hit in alone("move it")] == [
        alone.documents["name"][i]
        for i in np.argsort(-(centred[:5] @ centred[5]))
        if centred[i] @ centred[5] > 0
    ]


def test_only_the_wanted_kind(stdlib):
    hits = stdlib("copy a file", kind="class", top=5)
    assert {hit.kind for hit in hits} == {"class"}
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    mixed = stdlib("copy a file", kind=["function", "method"], top=20)
    assert {hit.kind for hit in mixed} <= {"function", "method"}
    everything = stdlib("copy a file", top=1000)
    assert mixed[0].name == next(hit.name for hit in everything if hit.kind in ("function", "method"))
    assert {document.kind for document in everything} <= set(KINDS)
    for wrong in ("functions", []):
        with pytest.raises(InputError, match="one of module, class"):
            stdlib("copy", kind=wrong)


def test_only_changed_packages_are_embedded_again(monkeypatch, extractor, tmp_path):
    texts = {"one": "Copy a file.", "two": "Sort a list."}
    embedded = []

    def build_corpus(names, **options):
        return Corpus(Document(f"{p}.f", "function", p, "1", "", s, (s,), s) for p, s in texts.items())

    monkeypatch.setattr(search_module, "read_usage", lambda package, folder, **options: Usage())

    def sentences(self, given, advance):
        embedded.extend(given)
        return original(self, given, advance)

    original = Extractor.sentences
    monkeypatch.setattr(search_module, "build_corpus", build_corpus)
    monkeypatch.setattr(Extractor, "sentences", sentences)
    DocumentSearch(STDLIB, extractor=extractor, cache=tmp_path)
    assert embedded == ["one f. Copy a file.", "two f. Sort a list."]
    files = {path.name for path in tmp_path.glob("vectors-*")}
    assert len(files) == 2
    embedded.clear()
    texts["two"] = "Sort a tree."
    DocumentSearch(["stdlib", "numpy"], extractor=extractor, cache=tmp_path)
    assert embedded == ["two f. Sort a tree."]
    now = {path.name for path in tmp_path.glob("vectors-*")}
    assert len(now) == 2, "the older vectors of the package are gone"
    assert len(now & files) == 1


def test_embedding_goes_on_after_an_interruption(monkeypatch, extractor, tmp_path):
    names, texts = [f"n{i}" for i in range(10)], [f"the file number {i}" for i in range(10)]
    whole = package_vectors(tmp_path / "whole", "p", names, texts, extractor)
    monkeypatch.setattr(store, "PART", 4)
    calls, original = [], Extractor.sentences

    def sentences(self, given, advance):
        calls.append(len(given))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(self, given, advance)

    monkeypatch.setattr(Extractor, "sentences", sentences)
    with pytest.raises(KeyboardInterrupt):
        package_vectors(tmp_path / "parts", "p", names, texts, extractor)
    assert list((tmp_path / "parts").glob("vectors-*")) == []
    advanced = []
    index = package_vectors(tmp_path / "parts", "p", names, texts, extractor, advance=advanced.append)
    assert calls == [4, 4, 2, 2], "only the part that was lost is made again"
    assert sum(advanced) == 10
    assert index.keys == whole.keys
    np.testing.assert_allclose(index.vectors, whole.vectors, atol=1e-6)
    assert [path.suffix for path in (tmp_path / "parts").iterdir()] == [".safetensors"]


def test_a_damaged_part_is_made_again(monkeypatch, extractor, tmp_path):
    monkeypatch.setattr(store, "PART", 2)
    names, texts = list("abc"), ["a file", "a list", "a string"]
    expected = package_vectors(tmp_path / "first", "p", names, texts, extractor)
    folder = tmp_path / "second" / f".{next((tmp_path / 'first').iterdir()).stem}.partial"
    folder.mkdir(parents=True)
    (folder / "00000000.safetensors").write_bytes(b"half")
    with pytest.warns(UserWarning, match="damaged"):
        index = package_vectors(tmp_path / "second", "p", names, texts, extractor)
    np.testing.assert_array_equal(index.vectors, expected.vectors)


def test_in_a_notebook_hits_are_a_table(small, tmp_path, monkeypatch):
    search = DocumentSearch(STDLIB, vectors=False, cache=tmp_path)
    table = search("copy a file")._repr_html_()
    assert table.count("<tr>") == 1 + len(search("copy a file"))
    assert "<code" in table
    assert "p.copy" in table
    hostile = SearchHit(1, "<b>", 1.0, "<script>alert(1)</script>", '"><i>', "function", "p")
    shown = SearchResults([hostile])._repr_html_()
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert "Nothing was found" in SearchResults()._repr_html_()


def test_a_box_to_type_in_answers_below(small, tmp_path):
    search = DocumentSearch(STDLIB, vectors=False, cache=tmp_path)
    box = search_box(search, top=1, question="copy a file")
    entry, answers = box.children
    assert "p.copy" in answers.value
    entry.value = "sort numbers"
    assert "p.sort" in answers.value
    assert "p.copy" not in answers.value
    entry.value = " "
    assert answers.value == ""


def test_words_that_met_are_told(stdlib):
    hit = next(
        hit for hit in stdlib("copying the directory trees recursively") if hit.name == "shutil.copytree"
    )
    met = {each.asked: each for each in stdlib.explain("copying the directory trees recursively", hit)}
    assert list(met) == ["copying", "directory", "trees", "recursively"], "the word 'the' says nothing"
    assert (met["trees"].found, met["trees"].where) == ("tree", "summary")
    assert meetings("a tree", "shutil.copytree", "Copy it.") == [Meeting("tree", "copytree", "name", 1.0)]
    assert (met["directory"].found, met["directory"].where) == ("directory", "summary")
    assert met["recursively"].cosine == 1
    body = stdlib.explain("symbolic giraffe", hit)
    assert [(each.asked, each.where) for each in body] == [("symbolic", "text")]
    with pytest.raises(InputError, match="is not searched here"):
        stdlib.explain("copy", SearchHit(1, "no.such", 1.0, "", "", "function", "p"))


def test_words_that_are_near_meet_by_meaning(extractor):
    met = meetings("duplicate a file", "shutil.copy", "Copy a file.", extractor=extractor)
    assert [each.asked for each in met] == ["duplicate", "file"]
    assert met[1] == Meeting("file", "file", "summary", 1.0)
    assert met[0].where == "meaning"
    theirs, ours = extractor.embed(["shutil copy. Copy a file.", "duplicate a file"], "word")
    unit = theirs.vectors / np.linalg.norm(theirs.vectors, axis=1, keepdims=True)
    cosines = unit @ ours.vectors[0] / np.linalg.norm(ours.vectors[0])
    telling = [i for i, word in enumerate(theirs.words) if word.lower() not in ("a", ".")]
    best = max(telling, key=lambda i: cosines[i])
    assert met[0].found == theirs.words[best]
    assert met[0].cosine == pytest.approx(cosines[best], abs=1e-3)


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


@pytest.mark.slow
def test_packages_without_documentation(tmp_path, monkeypatch):
    monkeypatch.setattr(search_module, "build_corpus", lambda names, **options: Corpus([]))
    with pytest.raises(CorpusError, match="Nothing is documented in stdlib"):
        DocumentSearch(STDLIB, vectors=False, cache=tmp_path)


def test_one_question_in_one_call(small, tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path))
    assert search_module.search("copy", STDLIB, top=1, vectors=False)[0].name == "p.copy"
    assert (tmp_path / "index").is_dir()
