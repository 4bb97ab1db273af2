"""Inputs as they come: no name of a file, no bytes, no option and no console ends a command in a trace.

The examples with a name were seen; those that hypothesis makes are of the same kinds. How many it tries is
set in `SOME`; ALBERT_LAB_EXAMPLES in the environment asks for more.
"""

from __future__ import annotations

import codecs
import encodings.aliases
import json
import os
import shutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import BertTokenizer
from typer.testing import CliRunner, Result

import albert_lab as lab
from albert_lab import analysis, cli
from albert_lab.errors import AlbertLabError, CheckpointError, InputError
from albert_lab.model import AlbertForSequenceClassification
from albert_lab.model.checkpoint import load_model, save_model
from albert_lab.retrieval import DocumentSearch
from albert_lab.text.notes import read_notes
from albert_lab.text.tokenizer import load_tokenizer
from albert_lab.tune import read_pairs
from albert_lab.vectors import Extractor, VectorIndex, embed_to_parquet, read_texts, read_vectors
from albert_lab.vectors.sentence import read_notes as read_sentence_notes
from albert_lab.vectors.whitening import Whitening
from tests.small_models import SENTENCES, extractor, make_model, model, tokenizer

__all__ = ["extractor", "make_model", "model", "tokenizer"]

SOME = settings(
    max_examples=int(os.environ.get("ALBERT_LAB_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.delenv("ALBERT_LAB_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


@pytest.fixture
def folder(model, tokenizer, tmp_path) -> Path:
    save_model(model, tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    return tmp_path / "m"


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    """A command; anything but words and an exit status is a failure."""
    done = CliRunner().invoke(cli.app, [str(each) for each in arguments], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
    assert "Traceback" not in done.output
    return done


def told(done: Result, *words: str) -> None:
    assert done.exit_code == 2, done.output
    for word in words:
        assert word in done.stderr


# Zero texts


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("t.csv", 'text\n""\n""\n', ("--column", "text", "--skip-missing")),
        ("t.csv", "text\n", ("--column", "text")),
        ("t.jsonl", '{"text": null}\n', ("--column", "text", "--skip-missing")),
        ("t.jsonl", '{"body": "a"}\n', ("--column", "text", "--skip-missing")),
        *((f"t{ending}", "\n \n", ()) for ending in (".txt", ".md", ".rst", ".jsonl")),
        ("t.txt", "", ()),
    ],
)
def test_no_text_at_all_is_an_error(name, content, options, folder, tmp_path):
    (tmp_path / name).write_text(content)
    told(run("embed", name, *options, "--model", folder, "--out", "v.parquet"), name, "Expected")
    assert not list(tmp_path.glob("*v.parquet*"))


def test_an_empty_standard_input_is_an_error(folder):
    told(run("embed", "-", "--model", folder, "--out", "v.parquet", stdin=b""), "no text")


def test_words_that_may_be_meant_as_files_are_named(folder):
    options = ("--model", folder, "--out", "v.parquet", "--overwrite")
    done = run("embed", "LICENCE", "Copy a file.", "Makefile", *options)
    assert done.exit_code == 0
    assert "taken as texts, since no files are called so: LICENCE, Makefile" in done.stderr
    assert read_vectors("v.parquet").texts == ["LICENCE", "Copy a file.", "Makefile"]
    Path("words.txt").write_text("LICENCE\n")
    assert run("embed", "words.txt", "Copy a file.", *options).stderr == ""


def test_a_page_of_numbers_is_shown_in_a_line(folder):
    Path("notes").mkdir()
    Path("notes/k.md").write_text(f"# {'Keys' * 300}\n\nkeys {'b2:c3:' * 9000}\n")
    shown = run("search", "keys", "--notes", "notes", "--no-vectors").stdout
    assert len(shown) < 1000
    assert "keys b2:c3" in shown
    found = json.loads(run("search", "keys", "--notes", "notes", "--no-vectors", "--json").stdout)
    assert found[0]["summary"].count("b2:") == 9000


# Tokenizers that know nothing of the texts

UNKNOWN = ["これは質問です 東京は", "答えは 京都 です", "今日は いい 天気 です"]


@pytest.fixture
def foreign(model, tmp_path) -> Path:
    """A model with a vocabulary of words that nobody writes, as that of another language."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", "zqx", "qzw", "wvq"]
    backend = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    save_model(model, tmp_path / "foreign")
    PreTrainedTokenizerFast(tokenizer_object=backend, **special).save_pretrained(tmp_path / "foreign")
    return tmp_path / "foreign"


def test_texts_of_which_almost_no_piece_is_known_are_refused_everywhere(foreign, monkeypatch):
    texts = ["Copy the directory tree.", "Sort numbers quickly please.", "Open files."]
    for read in (
        lambda: lab.embed(texts, foreign),
        lambda: lab.embed(texts, lab.load(foreign)),
        lambda: lab.embed(texts, foreign, level="word"),
        lambda: embed_to_parquet(Extractor.from_source(foreign), texts, "v.parquet"),
        lambda: analysis.record(*lab.load(foreign)[:2], texts[0]),
        lambda: analysis.record(*lab.load(foreign)[:2], "zqx", " ".join(texts * 2)),
    ):
        with pytest.raises(InputError, match=r"tokenizer knows [01] of"):
            read()
    assert "zqx" in analysis.record(*lab.load(foreign)[:2], "zqx", texts[2]).tokens
    told(run("embed", *texts, "--model", foreign, "--out", "v.parquet"), "tokenizer knows")
    told(run("attention", *texts[:1], "--model", foreign, "--out", "a.html"), "tokenizer knows")
    assert lab.embed(["zqx qzw", "wvq zqx"], foreign).shape == (2, 32)
    Path("notes").mkdir()
    Path("notes/n.md").write_text("Copy the directory tree. Sort numbers quickly.")
    told(run("search", "directory", "--notes", "notes", "--model", foreign), "tokenizer knows")
    assert "n.md" in run("search", "directory", "--notes", "notes", "--no-vectors").stdout
    monkeypatch.setenv("ALBERT_LAB_MODEL", str(foreign))
    from albert_lab import doctor

    model_findings = [each for each in doctor.examine() if each.topic == "Model"]
    assert model_findings[-1].state == "problem"
    assert "tokenizer knows" in model_findings[-1].value


def test_a_tokenizer_class_that_cuts_otherwise_than_its_file_is_said(folder):
    """transformers takes the class's rules and the file's vocabulary: other pieces, other vectors."""
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "BertTokenizer"}))
    with pytest.warns(UserWarning, match="names a BertTokenizer, which cuts text into other pieces"):
        lab.load(folder)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "AlbertTokenizer"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        lab.load(folder)


def test_a_tokenizer_file_that_pads_and_cuts_cuts_no_otherwise(tmp_path):
    """As sentence models on the hub have it: the length of the training batches stands in tokenizer.json."""
    words = ["copy", "a", "file", ",", "and", "sort", "3", "names", "."]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    BertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)}).save_pretrained(tmp_path)
    file = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    file.enable_padding(length=32)
    file.enable_truncation(6)
    file.save(str(tmp_path / "tokenizer.json"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        tokenizer = load_tokenizer(tmp_path)
    assert tokenizer.tokenize("Copy a file.") == ["copy", "a", "file", "."]


def test_a_tokenizer_that_makes_no_pieces_is_told(folder):
    path = folder / "tokenizer.json"
    nothing = {"type": "Replace", "pattern": {"Regex": "."}, "content": ""}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"normalizer": nothing}))
    told(run("embed", "copy a file", "--model", folder, "--out", "v.parquet"), 'makes no piece of "a"')


def test_a_few_unknown_texts_among_others_have_vectors(extractor):
    assert extractor.embed(["copy the file", "return the string", "split it", UNKNOWN[0][:4]]).shape == (
        4,
        32,
    )
    with pytest.raises(InputError, match="tokenizer knows"):
        extractor.embed(UNKNOWN)


def test_a_question_that_the_model_cannot_read_is_answered_by_its_words(folder):
    Path("notes").mkdir()
    Path("notes/a.md").write_text("The boiler is in the cellar: 東京 is far.")
    Path("notes/b.md").write_text("The string of the kite is long.")
    hits = json.loads(run("search", "東京", "--notes", "notes", "--model", folder, "--json").stdout)
    assert [hit["name"] for hit in hits] == ["a.md"]
    told(run("search", "東京", "--notes", "notes", "--model", folder, "--no-words"), "knows no word")


# Tables given as texts


def tables() -> list[object]:
    import pandas as pd

    columns = {"text": ["a", "b", "c"], "n": ["1", "2", "3"]}
    return [columns, pd.DataFrame(columns), pa.table(columns), {"a", "b"}, frozenset({"a"})]


@pytest.mark.parametrize("number", range(5))
def test_a_table_is_no_list_of_texts(number, extractor):
    table = tables()[number]
    for read in (
        lambda: lab.embed(table),
        lambda: extractor.embed(table),
        lambda: embed_to_parquet(extractor, table, "v.parquet"),
    ):
        with pytest.raises(InputError, match="texts is a"):
            read()
    if hasattr(table, "columns") or isinstance(table, dict):
        with pytest.raises(InputError, match=r"table\['text'\]"):
            lab.embed(table)


def test_columns_and_other_sequences_are_lists_of_texts(extractor):
    import pandas as pd

    expected = extractor.embed(["copy", "file"])
    frame = pd.DataFrame({"text": ["copy", "file"]})
    given = (frame["text"], np.array(["copy", "file"]), {"copy": 1, "file": 2}.keys(), iter(["copy", "file"]))
    for texts in given:
        np.testing.assert_array_equal(extractor.embed(texts), expected)


# Options


@pytest.mark.parametrize(
    "options",
    [
        *(
            {"model": "docs-mini"},
            {"tokenizer": None},
            {"klingon": 1},
            {"device": "klingon"},
            {"device": "cuda:77"},
        ),
        *(
            {"layer": None},
            {"layer": 1.5},
            {"layer": "2"},
            {"layer": 99},
            {"max_length": "64"},
            {"max_length": 2},
        ),
        *({"max_length": 10**12}, {"tokens_per_batch": 0}, {"tokens_per_batch": -3}, {"window_overlap": 1.5}),
        *({"pooling": None}, {"pooling": 3}, {"precision": 16}, {"long_texts": True}, {"truncate_dim": 0}),
        *({"prompt": None}, {"prompt": 3}, {"device": 3.5}),
    ],
    ids=str,
)
def test_a_wrong_option_of_embed_is_told(options, folder):
    for source in (folder, lab.load(folder)):
        with pytest.raises(InputError):
            lab.embed(["copy a file"], source, **options)


def test_a_model_without_pooler_is_told(model, tokenizer, make_model, folder):
    from albert_lab.model import AlbertForMaskedLM

    torch_free = AlbertForMaskedLM(model.config)
    save_model(torch_free, folder)
    told(
        run("embed", "copy", "--model", folder, "--pooling", "pooler", "--out", "v.parquet"), "has no pooler"
    )
    with pytest.raises(InputError, match="no pooler"):
        Extractor(torch_free, tokenizer, pooling="pooler")


@pytest.mark.parametrize(
    "source", ["~nobody-of-this-name/m", "x" * 300, "m\0", "o\udce9", 3, "a/b/c/d", "../.."]
)
def test_a_source_that_cannot_be_is_told(source):
    for read in (lab.load, Extractor.from_source, lambda source: lab.embed("a", source)):
        with pytest.raises((CheckpointError, InputError)):
            read(source)


# Names of files, consoles


@pytest.mark.parametrize(
    "name", ["o\udce9.parquet", "ö.parquet", "x.parquet", "x" * 247 + ".parquet", "ö" * 123 + ".parquet"]
)
def test_vectors_get_any_name_that_a_file_can_have(name, folder):
    assert run("embed", "copy a file", "--model", folder, "--out", name).exit_code == 0
    assert read_vectors(name).texts == ["copy a file"]


@pytest.mark.parametrize(
    "name", ["x" * 300 + ".parquet", "ö" * 140 + ".parquet", "a\0.parquet", "no/f.parquet", "f/x.parquet"]
)
def test_a_name_that_no_file_can_have_is_told_before_anything_is_computed(
    name, folder, tmp_path, monkeypatch
):
    Path("f").write_text("a file")
    monkeypatch.setattr(Extractor, "sentences", lambda *_: pytest.fail("it was computed"))
    assert run("embed", "copy a file", "--model", folder, "--out", name).exit_code == 2
    html = name.replace(".parquet", ".html")
    assert run("attention", "copy a file", "--model", folder, "--out", html).exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "m"]


def test_a_folder_is_not_replaced(folder, tmp_path):
    (tmp_path / "d.html").mkdir()
    told(run("attention", "hi", "--model", folder, "--out", "d.html", "--overwrite"), "is a folder")


@pytest.mark.parametrize("ending", [".txt", ".csv", ".jsonl", ".parquet", ".md"])
def test_files_whose_names_are_no_utf_8_are_read(ending, folder):
    name = Path(f"caf\udce9{ending}")
    if ending == ".parquet":
        with name.open("wb") as file:
            pq.write_table(pa.table({"text": ["copy a file"]}), file)
    else:
        name.write_text('{"text": "copy a file"}\n' if ending == ".jsonl" else "text\ncopy a file\n")
    column = ("--column", "text") if ending in (".csv", ".jsonl", ".parquet") else ()
    assert run("embed", name, *column, "--model", folder, "--out", "v.parquet").exit_code == 0
    assert "copy a file" in read_vectors("v.parquet").texts[-1]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_a_console_that_is_not_utf_8_shows_another_sign(encoding, tmp_path):
    """A note with an emoji, searched for as through a pipe on Windows."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("# Party 🎈\n\nBalloons → 🎈 for the party.\n", encoding="utf-8")
    command = [sys.executable, "-m", "albert_lab", "search", "balloons", "--notes", "notes", "--no-vectors"]
    done = subprocess.run(
        command,
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode("utf-8" if encoding == "ascii" else encoding)  # click writes UTF-8 for ASCII
    assert "Party ?" in shown or encoding == "ascii"


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), FileNotFoundError(2, "No such file")]
)
def test_a_file_that_cannot_be_read_or_vanishes_is_told(error, folder, monkeypatch):
    Path("t.txt").write_text("copy")
    Path("p.jsonl").write_text('{"query": "a", "positive": "b"}')
    real = Path.open

    def fails(self: Path, *arguments: object, **more: object) -> object:
        if self.name in ("t.txt", "p.jsonl"):
            raise error
        return real(self, *arguments, **more)

    monkeypatch.setattr(Path, "open", fails)
    told(run("embed", "t.txt", "--model", folder, "--out", "v.parquet"), "t.txt", "cannot be read")
    told(run("tune", "--out", "o", "--pairs", "p.jsonl", "--model", folder), "p.jsonl", "cannot be read")


@pytest.mark.parametrize("name", ["~nobody-of-this-name/m", "x" * 300, "o\udce9", "a/b/c/d", "\u2028"])
def test_names_in_the_environment_and_of_folders_are_taken_or_told(name, monkeypatch):
    told(run("search", "a word", "--notes", name))
    monkeypatch.setenv("ALBERT_LAB_MODEL", name)
    rows = json.loads(run("models", "--json").stdout)
    assert (rows[-1]["name"], rows[-1]["offline"]) == (name, False)
    assert run("embed", "a", "--out", "v.parquet").exit_code == 2
    Path("n").mkdir()
    Path("n/a.md").write_text("A word.")
    monkeypatch.setenv("ALBERT_LAB_CACHE", name)
    assert run("search", "word", "--notes", "n", "--no-vectors").exit_code in (0, 2)


def test_what_the_machine_refuses_is_told_in_words(monkeypatch):
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("albert_lab.cli.models.list_models", full)
    told(run("models"), "No space left")


@pytest.mark.parametrize("source", ["~nobody-of-this-name/m", "x" * 300, "o\udce9", "a/b", "docs-mini", "m"])
@pytest.mark.parametrize("out", ["new", "~nobody-of-this-name/o", "x" * 300, "o\udce9", "t/f", "m"])
def test_convert_and_export_take_or_tell_any_name(source, out, folder, tmp_path):
    Path("t").write_text("a file")
    before = sorted(tmp_path.rglob("*"))
    for command in (["convert", source, out], ["export", source, f"{out}.bin"]):
        assert run(*command).exit_code == 2
    assert sorted(tmp_path.rglob("*")) == before
    release = Path(__file__).parent / "model" / "release"
    done = run("convert", release, out)
    assert done.exit_code == (0 if out == "new" else 2), done.output
    assert out == "new" or sorted(tmp_path.rglob("*")) == before


# Attention


@pytest.mark.parametrize("pair", [("caf\udce9", None), ("ok", "caf\udce9"), ("ok" + "\ud800" * 3, "\udfff")])
def test_attention_of_a_lone_surrogate_is_that_of_the_replacement_character(pair, model, tokenizer):
    seen = analysis.record(model, tokenizer, *pair)
    plain = [text and "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text) for text in pair]
    expected = analysis.record(model, tokenizer, *plain)
    assert seen.tokens == expected.tokens
    np.testing.assert_array_equal(seen.attention, expected.attention)


def test_records_of_one_model_by_several_threads_are_those_of_one(make_model, tokenizer):
    from concurrent.futures import ThreadPoolExecutor

    model = make_model(attention_probs_dropout_prob=0.3)
    expected = [analysis.record(model, tokenizer, text) for text in SENTENCES]
    model.train()
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda text: analysis.record(model, tokenizer, text), SENTENCES * 3))
    for one, other in zip(seen, expected * 3, strict=True):
        np.testing.assert_allclose(one.attention, other.attention, atol=1e-5)
        np.testing.assert_allclose(one.queries, other.queries, atol=1e-4)
    assert all(module.training for module in model.modules())


# Notes that are edited


@pytest.mark.parametrize("more", [(), ("--no-vectors",)])
def test_of_an_edited_note_nothing_is_kept(more, folder, own_cache):
    def kept(word: str) -> list[str]:
        return [
            path.name
            for path in own_cache.rglob("*")
            if path.is_file() and word.encode() in path.read_bytes()
        ]

    for place in ("one", "two"):
        Path(place, "n").mkdir(parents=True)
        Path(place, "n", "other.md").write_text(f"# {place}zebra\n\nThe string of the kite.")
    for number in range(4):
        Path("one/n/e.md").write_text(f"# secret{number}\n\nEdit{number} about the boiler and the file.")
        options = ("--model", folder, *(more if number % 2 else ()))
        assert run("search", "boiler", "--notes", "one/n", *options).exit_code == 0
        assert run("search", "kite", "--notes", "two/n", *options).exit_code == 0
        assert kept(f"secret{number}")
        for older in range(number):
            assert kept(f"secret{older}") == []
            assert kept(f"edit{older}") == []
        assert kept("twozebra"), "another folder of the same name is left alone"
    assert len(list((own_cache / "index").glob("bm25-*"))) == 2
    DocumentSearch("platformdirs", vectors=False)
    assert len(list((own_cache / "index").glob("bm25-*"))) == 3


def write_as_earlier_versions_did(cache: Path, kind: str, key: str) -> None:
    """Words and vectors without an origin in their names, as they were kept of notes, and are of packages."""
    (cache / "bm25-0123456789abcdef").mkdir(parents=True)
    pq.write_table(
        pa.table({"name": [key], "kind": [kind]}), cache / "bm25-0123456789abcdef" / "objects.parquet"
    )
    index = VectorIndex(4)
    index.add([key], np.ones((1, 4), dtype=np.float32))
    index.save(cache / "vectors-n-28f67bfddb02-511085a6e04f.safetensors")
    index.save(cache / ".vectors-n-28f67bfddb02-511085a6e04f.partial" / "00000000.safetensors")
    for path in cache.glob(".vectors*"):
        os.utime(path, (0, 0))


@pytest.mark.parametrize("key", ["old.md", "a b/c.markdown: A secret", "x.txt (2)", 'q"uo\\te.md: Ä'])
def test_what_earlier_versions_kept_of_notes_goes(key, folder, own_cache):
    Path("n").mkdir()
    Path("n/a.md").write_text("The boiler is in the cellar.")
    write_as_earlier_versions_did(own_cache / "index", "note", key)
    assert run("search", "boiler", "--notes", "n", "--model", folder).exit_code == 0
    left = sorted(path.name for path in (own_cache / "index").iterdir())
    assert [name.split("-given-")[0] for name in left] == ["bm25", "vectors"]


def test_what_is_kept_of_packages_stays(folder, own_cache):
    Path("n").mkdir()
    Path("n/a.md").write_text("The boiler is in the cellar.")
    write_as_earlier_versions_did(own_cache / "index", "module", "markdown.txt_tools")
    before = {path.name for path in (own_cache / "index").iterdir()}
    assert run("search", "boiler", "--notes", "n", "--model", folder).exit_code == 0
    assert before < {path.name for path in (own_cache / "index").iterdir()}


def emptied(notes: Path) -> None:
    (notes / "a.md").write_text("\n")


def removed(notes: Path) -> None:
    (notes / "a.md").unlink()
    notes.rmdir()


def no_text(notes: Path) -> None:
    (notes / "a.md").write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize("undo", [emptied, removed, no_text])
def test_of_notes_that_are_gone_nothing_is_kept(undo, folder, own_cache):
    """At the next search in them, or in any others where their folder is gone."""
    for name in ("n", "other"):
        Path(name).mkdir()
        Path(name, "a.md").write_text(f"# Secret {name}\n\nThe boiler is in the cellar of {name}zebra.")
    assert run("search", "boiler", "--notes", "n", "--model", folder).exit_code == 0
    assert len(list((own_cache / "index").iterdir())) == 2
    undo(Path("n"))
    if undo is not removed:
        told(run("search", "boiler", "--notes", "n", "--model", folder))
    assert run("search", "boiler", "--notes", "other", "--model", folder).exit_code == 0
    assert len(list((own_cache / "index").iterdir())) == 2
    kept = [path for path in own_cache.rglob("*") if path.is_file() and b"nzebra" in path.read_bytes()]
    assert kept == []
    seconds = [path.stat().st_mtime_ns for path in (own_cache / "index").iterdir()]
    assert run("search", "boiler", "--notes", "other", "--model", folder).exit_code == 0
    assert [path.stat().st_mtime_ns for path in (own_cache / "index").iterdir()] == seconds, "built once"


def test_notes_in_a_folder_whose_name_is_no_utf_8_are_kept(folder, own_cache):
    for name in ("caf\udce9", "other"):
        Path(name).mkdir()
        Path(name, "a.md").write_text("The boiler is in the cellar.")
        assert run("search", "boiler", "--notes", name, "--model", folder).exit_code == 0
    assert len(list((own_cache / "index").iterdir())) == 4


# The index


def test_adding_one_by_one_moves_each_vector_a_few_times_only(monkeypatch):
    moved, real = 0, np.zeros

    def counted(shape: tuple[int, int], *arguments: object, **more: object) -> np.ndarray:
        nonlocal moved
        moved += shape[0]
        return real(shape, *arguments, **more)

    vectors = np.random.default_rng(0).normal(size=(1000, 8)).astype(np.float32)
    whole, single = VectorIndex(8), VectorIndex(8)
    whole.add([str(i) for i in range(1000)], vectors)
    monkeypatch.setattr("albert_lab.vectors.index.np.zeros", counted)
    early = None
    for i, vector in enumerate(vectors):
        single.add([str(i)], vector[None])
        early = single.vectors if i == 9 else early
    assert moved < 5000
    np.testing.assert_array_equal(single.vectors, whole.vectors)
    np.testing.assert_array_equal(early, whole.vectors[:10])
    assert single.search(vectors[7]) == whole.search(vectors[7])
    single.save("i")
    assert VectorIndex.load("i").search(vectors[3]) == whole.search(vectors[3])
    loaded = VectorIndex.load("i")
    loaded.add(["more"], vectors[:1])
    assert len(loaded) == len(loaded.vectors) == 1001


# What hypothesis makes: the readers

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
LINES = st.lists(
    st.sampled_from(["text", "a,b", '"', "'", ",", "\t", "", "1", "NaN", "{", "}", '{"text": 1}', "\ud800"])
)
CONTENT = st.one_of(
    st.binary(max_size=200),
    ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")),
    LINES.map(lambda lines: "\n".join(lines).encode("utf-8", "replace")),
    st.sampled_from([b"text\n", b"query,positive\n", b"\xff\xfe", b"PAR1", b"PK\x03\x04"]).flatmap(
        lambda head: st.binary(max_size=60).map(lambda rest: head + rest)
    ),
)
ENDINGS = st.sampled_from([".txt", ".md", ".rst", ".csv", ".tsv", ".jsonl", ".parquet", ".pdf", ""])
CODECS = sorted(
    {
        codecs.lookup(name).name
        for name in encodings.aliases.aliases.values()
        if name != "mbcs" and name != "oem"
    }
)


def words_only(read: Callable[[], object]) -> None:
    """Run a reader; the errors of the course are its answers too."""
    with suppress(AlbertLabError):
        read()


@SOME
@given(
    CONTENT, ENDINGS, st.sampled_from(CODECS), st.one_of(st.none(), ANY_TEXT, st.just("text")), st.booleans()
)
def test_any_file_is_read_or_refused_in_words(content, ending, encoding, column, skip):
    path = Path(f"any{ending}")
    path.write_bytes(content)
    words_only(lambda: list(read_texts([path], column=column, encoding=encoding, skip_missing=skip)))
    words_only(lambda: read_pairs(path))
    words_only(lambda: read_vectors(path))
    words_only(lambda: VectorIndex.load(path))
    words_only(lambda: Whitening.load(path))


@pytest.mark.parametrize("encoding", [*CODECS, "klingon", "", "a\0b", "\udce9"])
def test_any_encoding_is_used_or_refused_in_words(encoding):
    for content in (b"copy a file\n", b"\xff\x00\x81\x9d\n", b"=?+ADw-\\u12\n", b""):
        Path("t.txt").write_bytes(content)
        words_only(lambda: list(read_texts(["t.txt"], encoding=encoding)))


@SOME
@given(st.lists(st.tuples(ENDINGS, CONTENT), max_size=4))
def test_any_notes_are_read_or_refused_in_words(files):
    folder = Path("some-notes")
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, (ending, content) in enumerate(files):
        (folder / f"{number}{ending}").write_bytes(content)
    words_only(lambda: DocumentSearch(corpus=read_notes(folder), vectors=False)("text a"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
NOTES = {
    "modules.json": ("type", "path"),
    "1_Pooling/config.json": ("pooling_mode", "pooling_mode_mean_tokens", "include_prompt"),
    "2_Normalize/config.json": ("module_input_name",),
    "sentence_bert_config.json": ("max_seq_length", "do_lower_case", "modality_config", "tokenizer_args"),
    "config_sentence_transformers.json": ("prompts", "default_prompt_name", "truncate_dim", "model_type"),
    "config.json": (
        "max_position_embeddings",
        "hidden_size",
        "model_type",
        "num_hidden_layers",
        "vocab_size",
    ),
    "tokenizer_config.json": ("model_max_length", "tokenizer_class", "pad_token"),
}


@SOME
@given(st.sampled_from(sorted(NOTES)), st.data())
def test_any_note_of_a_sentence_model_is_followed_or_refused_in_words(model, tokenizer, tmp_path, file, data):
    from albert_lab.vectors.sentence import SentenceNotes, write_notes

    folder = tmp_path / "sentences"
    save_model(model, folder)
    tokenizer.save_pretrained(folder)
    write_notes(folder, SentenceNotes(), 32)
    (folder / "config_sentence_transformers.json").write_text("{}")
    values = json.loads((folder / file).read_text())
    if isinstance(values, dict):
        values[data.draw(st.sampled_from(NOTES[file]))] = data.draw(JSON)
    elif data.draw(st.booleans()):
        values[data.draw(st.integers(0, 2))][data.draw(st.sampled_from(NOTES[file]))] = data.draw(JSON)
    else:
        values = data.draw(JSON)
    (folder / file).write_text(json.dumps(values))
    words_only(lambda: read_sentence_notes(folder))
    words_only(lambda: Extractor.from_source(folder).embed(["copy a file", "return the string"]))


@pytest.mark.parametrize(
    "field", ["num_hidden_layers", "inner_group_num", "max_position_embeddings", "vocab_size"]
)
def test_a_damaged_number_costs_no_years(field, folder):
    """A layer costs no memory where all share one: nothing but the number says that there are too many."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: 10**18}))
    told(run("embed", "copy a file", "--model", folder, "--out", "v.parquet"), "config.json")


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "tokenizer.json", "modules.json"])
@pytest.mark.parametrize("content", ["[" * 200_000, '{"a":' * 200_000, "9" * 5000, "\ud800", "null", '"', ""])
def test_a_file_of_a_model_that_is_no_such_json_is_told(file, content, folder, monkeypatch):
    (folder / file).write_text(content, encoding="utf-8", errors="surrogatepass")
    told(run("embed", "copy a file", "--model", folder, "--out", "v.parquet"), "albert-lab: ", file)
    monkeypatch.setenv("ALBERT_LAB_MODEL", str(folder))
    assert run("models").exit_code == 0


@SOME
@given(st.one_of(JSON, st.lists(JSON, max_size=3)), st.sampled_from(["sentence", "word", "token"]))
def test_anything_given_as_texts_has_vectors_or_is_refused_in_words(extractor, texts, level):
    words_only(lambda: extractor.embed(texts, level, progress=False))


@SOME
@given(st.lists(st.one_of(ANY_TEXT, st.sampled_from(SENTENCES)), max_size=4))
def test_any_texts_have_finite_vectors_or_are_refused_in_words(extractor, texts):
    try:
        vectors = extractor.embed(texts, progress=False)
    except InputError as error:
        assume("tokenizer knows" not in str(error))
        raise
    assert vectors.shape == (len(texts), 32)
    assert np.isfinite(vectors).all()


TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "spiece.model", "vocab.txt", "config.json")


@SOME
@given(st.sampled_from(TOKENIZER_FILES), CONTENT, st.booleans())
def test_any_file_of_a_tokenizer_is_used_or_refused_in_words(folder, file, content, alone):
    """`alone`: there is no tokenizer.json that would be taken before it."""
    place = folder / "one"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        if not (alone and name.startswith("tokenizer")):
            shutil.copy(folder / name, place)
    (place / file).write_bytes(content)
    words_only(lambda: load_tokenizer(place))
    words_only(lambda: lab.embed(["copy a file"], place))


@SOME
@given(CONTENT, ENDINGS, st.sampled_from(["classify", "tag", "answer"]))
def test_any_table_of_examples_is_read_or_refused_in_words(content, ending, task):
    from albert_lab.downstream.ours import material
    from albert_lab.downstream.run import task_called

    path = Path(f"examples{ending}")
    path.write_bytes(content)
    words_only(lambda: material(task_called(task), str(path)))


CELL = st.one_of(JSON, st.lists(st.one_of(JSON, st.sampled_from(["O", "B-a", "I-a", "x"])), max_size=4))
COLUMNS = ("text", "label", "spans", "tokens", "tags", "question", "context", "answer", "answers", "group")


@SOME
@given(
    st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "split"]), CELL, max_size=5), max_size=5),
    st.sampled_from(["classify", "tag", "answer"]),
)
def test_any_row_of_examples_is_read_or_refused_in_words(rows, task):
    from albert_lab.downstream.ours import material
    from albert_lab.downstream.run import task_called

    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words_only(lambda: material(task_called(task), "rows.jsonl"))
    words_only(lambda: read_pairs("rows.jsonl"))


# What hypothesis makes: the commands

WORD = st.one_of(
    ANY_TEXT,
    st.sampled_from(
        [
            "",
            "-",
            "--",
            "-1",
            "0",
            "1",
            "9" * 30,
            "nan",
            "inf",
            "~x/y",
            "",
            "m",
            "notes",
            "t.txt",
        ]
    ),
    st.sampled_from(
        [
            "\udce9.html",
            "v.parquet",
            "v.html",
            "v.png",
            "docs-mini",
            "a/b",
            "x" * 300,
            "utf-16",
            "hex",
            "cuda",
        ]
    ),
)
OPTIONS = {
    "embed": (
        "--model",
        "--out",
        "--pooling",
        "--layer",
        "--precision",
        "--long-texts",
        "--column",
        "--encoding",
        "--json",
    ),
    "search": (
        "--package",
        "--notes",
        "--kind",
        "--top",
        "--model",
        "--explain",
        "--no-vectors",
        "--no-words",
    ),
    "attention": (
        "--pair",
        "--view",
        "--layer",
        "--head",
        "--title",
        "--model",
        "--out",
        "--overwrite",
        "--json",
    ),
    "models": ("--json",),
    "tune": (
        "--pairs",
        "--seed",
        "--device",
        "--steps",
        "--batch-size",
        "--max-length",
        "--dropout",
        "--teacher",
        "--form",
    ),
    "pretrain": (
        "--tokens",
        "--seed",
        "--device",
        "--depth",
        "--batches-per-step",
        "--size",
        "--tokenizer",
        "--start",
    ),
    "finetune": (
        *("--model", "--batch-size", "--patience", "--dropout", "--layers", "--max-length", "--seed"),
        *("--tokens-per-batch", "--shards", "--device", "--evaluate-every", "--learning-rate", "--json"),
    ),
    "predict": ("--column", "--context", "--device", "--json"),
    "convert": ("--cased", "--leave-out", "--json"),
    "export": ("--pooling", "--int8", "--attention", "--overwrite", "--json"),
    "explore": ("--second", "--chapters", "--lang", "--out", "--json"),
    "learn": ("--browser",),
    "corpus": ("--package", "--private", "--json"),
}
ALONE = ("--json", "--explain", "--no-vectors", "--no-words", "--overwrite", "--cased", "--leave-out")
ALONE += ("--int8", "--attention", "--browser", "--private")
NEEDED = {
    "embed": ("copy a file", "--out", "v.parquet", "--overwrite"),
    "search": ("copy the string", "--notes", "notes"),
    "attention": ("copy a file", "--out", "v.html", "--overwrite"),
    "models": (),
    "tune": ("--out", "o", "--pairs", "few.jsonl", "--steps", "1", "--batch-size", "99"),
    "pretrain": ("--out", "o", "--package", "no_such_package"),
    "finetune": ("classify", "labels.csv", "--out", "o", "--epochs", "1"),
    "predict": ("fitted", "copy a file"),
    "convert": ("release",),
    "export": ("m/config.json", "o.onnx"),
    "explore": ("copy a file", "--out", "e.html", "--no-library", "--overwrite"),
    "learn": ("course", "--no-start"),
    "corpus": ("stats", "--package", "no_such_package"),
}


@pytest.fixture
def ready(folder) -> Path:
    """What the commands below name: a model, notes, a text, pairs that are too few for a batch."""
    Path("notes").mkdir()
    Path("notes/n.md").write_text("# Files\n\nCopy the string into a file.")
    Path("t.txt").write_text("copy a file\n")
    Path("few.jsonl").write_text('{"query": "copy", "positive": "a file"}\n' * 3)
    rows = [f"copy file {number},{label}\n" for number in range(20) for label in ("a", "b")]
    Path("labels.csv").write_text("text,label\n" + "".join(rows))
    shutil.copytree(Path(__file__).parent / "model" / "release", "release")
    save_model(AlbertForSequenceClassification(load_model(folder).config), "fitted")
    load_tokenizer(folder).save_pretrained("fitted")
    return folder


@pytest.mark.parametrize("context", ["", "some text"])
def test_a_context_for_a_model_that_takes_none_is_told(context, ready):
    told(run("predict", "fitted", "copy a file", "--context", context), "fitted to classify takes no context")


@SOME
@given(st.sampled_from(sorted(OPTIONS)), st.data())
def test_any_command_line_ends_with_words(ready, command, data):
    arguments = [command, *NEEDED[command]]
    if command in ("embed", "search", "attention", "tune", "finetune", "explore"):
        arguments += ["--model", str(ready)]
    for option in data.draw(st.lists(st.sampled_from(OPTIONS[command]), max_size=3)):
        arguments += [option] if option in ALONE else [option, data.draw(WORD)]
    arguments += data.draw(st.lists(WORD, max_size=1))
    assume(
        "--" not in arguments
        and not any(each.startswith("-") and each.endswith("help") for each in arguments)
    )
    done = CliRunner().invoke(cli.app, arguments, input=data.draw(CONTENT))
    assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
    assert done.exit_code in (0, 1, 2)
    assert threading.active_count() < 50
