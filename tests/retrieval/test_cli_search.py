"""``albert-lab search`` and ``embed --sentence``, with a small sentence model."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from albert_lab import cli
from albert_lab.cli.vectors import Kinds
from albert_lab.model import sources
from albert_lab.model.checkpoint import save_model
from albert_lab.retrieval.search import KINDS
from albert_lab.vectors import Extractor, read_vectors
from albert_lab.vectors.sentence import SentenceNotes, write_notes


@pytest.fixture(scope="session")
def sentence_model(model, tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sentence") / "docs-mini-sentence"
    tokenizer.save_pretrained(folder)
    write_notes(folder, SentenceNotes("max", True, 32), 32)
    save_model(model, folder)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path_factory.getbasetemp() / "cli-search-cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("ALBERT_LAB_MODEL", raising=False)


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


QUESTION = ("search", "log directory of the user for scribbles", "--package", "platformdirs")


def test_kind_signature_and_explanation(sentence_model):
    done = run(*QUESTION, "--model", sentence_model, "--kind", "function", "--top", 99, "--explain", "--json")
    assert done.exit_code == 0, done.output
    hits = json.loads(done.stdout)
    assert [(hit["rank"], hit["kind"]) for hit in hits] == [(i, "function") for i in range(1, len(hits) + 1)]
    assert all({"signature", "summary", "met"} <= set(hit) for hit in hits)
    words = {
        each["asked"]: each
        for hit in hits
        if hit["name"] == "platformdirs.user_log_dir"
        for each in hit["met"]
    }
    assert words["log"] == {"asked": "log", "found": "log", "where": "name", "cosine": 1.0}
    assert "meaning" in {each["where"] for hit in hits for each in hit["met"]}
    shown = run(*QUESTION, "--no-vectors", "--kind", "function", "--explain", "--top", 3).stdout
    assert "user_log_dir(" in shown, "the signature is shown"
    assert "met: " in shown
    assert "log (name)" in shown
    assert "meaning" not in shown


def test_vectors_alone_and_words_alone_rank_differently(sentence_model):
    asked = (*QUESTION, "--model", sentence_model, "--json")
    both, vectors, words = (
        [(hit["name"], hit["score"]) for hit in json.loads(run(*asked, *options).stdout)]
        for options in ((), ("--no-words",), ("--no-vectors",))
    )
    assert both != vectors != words != both
    neither = run(*QUESTION, "--no-words", "--no-vectors")
    assert neither.exit_code == 2
    assert "Neither words nor vectors" in neither.stderr


def test_an_unknown_kind_is_refused_with_the_known_ones():
    done = run(*QUESTION, "--no-vectors", "--kind", "macro")
    assert done.exit_code == 2
    assert "function" in done.stderr
    assert tuple(Kinds) == KINDS


def test_embed_sentence_takes_the_tuned_model_once_it_ships(sentence_model, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "_PRETRAINED", sentence_model.parent)
    out = tmp_path / "v.parquet"
    done = run("embed", "copy a file", "--sentence", "--out", out, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["model"], told["pooling"], told["normalize"], told["max_length"]) == (
        "docs-mini-sentence", "max", True, 32,
    )  # fmt: skip
    vectors = read_vectors(out).vectors
    np.testing.assert_allclose(vectors, Extractor.from_source(sentence_model).embed("copy a file"), atol=1e-6)
    done = run(
        "embed", "copy a file", "--sentence", "--pooling", "cls", "--out", out, "--overwrite", "--json"
    )
    assert json.loads(done.stdout)["pooling"] == "cls"
    listed = {row["name"]: row["kind"] for row in json.loads(run("models", "--json").stdout)}
    assert listed["docs-mini-sentence"] == "built-in"


def test_search_takes_the_tuned_model_once_it_ships(sentence_model, monkeypatch):
    monkeypatch.setattr(sources, "_PRETRAINED", sentence_model.parent)
    named = run(*QUESTION, "--model", sentence_model, "--json").stdout
    assert run(*QUESTION, "--json").stdout == named


def test_notes_are_searched_section_by_section_and_read_again_when_they_change(tmp_path):
    folder = tmp_path / "my [notes]"
    folder.mkdir()
    (folder / "travel.md").write_text(
        "# Trains\nThe train to Bern leaves at nine.\n\n# Food\nBread and cheese.\n"
    )
    asked = ("search", "when does the train leave", "--notes", folder, "--top", "1", "--json")
    hit = json.loads(run(*asked).stdout)[0]
    assert (hit["name"], hit["kind"], hit["package"]) == ("travel.md: Trains", "note", "my [notes]")
    (folder / "travel.md").write_text("# Bus\nNo train will leave any more.\n")
    assert json.loads(run(*asked).stdout)[0]["name"] == "travel.md: Bus"
    both = run(*asked, "--package", "stdlib")
    assert both.exit_code == 2
    assert "Both packages and a corpus" in both.stderr
