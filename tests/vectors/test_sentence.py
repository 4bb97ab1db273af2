"""The notes that make a folder a sentence model, and which model is taken for sentences."""

from __future__ import annotations

import json

import numpy as np
import pytest

import albert_lab as lab
from albert_lab.errors import CheckpointError, InputError
from albert_lab.model import sources
from albert_lab.model.checkpoint import save_model
from albert_lab.vectors import Extractor
from albert_lab.vectors.sentence import SentenceNotes, read_notes, sentence_source, write_notes


@pytest.mark.parametrize(
    "notes", [SentenceNotes(), SentenceNotes("cls", False, 64), SentenceNotes("max", True, 128)]
)
def test_what_is_written_is_read(tmp_path, notes):
    assert read_notes(tmp_path) is None
    write_notes(tmp_path, notes, 32)
    assert read_notes(tmp_path) == notes
    assert (tmp_path / "2_Normalize" / "config.json").exists() == notes.normalize, "git keeps no empty folder"


def test_the_newer_form_of_sentence_transformers_is_read(tmp_path):
    write_notes(tmp_path, SentenceNotes("mean"), 32)
    (tmp_path / "1_Pooling" / "config.json").write_text('{"embedding_dimension": 32, "pooling_mode": "cls"}')
    assert read_notes(tmp_path).pooling == "cls"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("modules.json", "{", "cannot be read"),
        ("modules.json", "[]", "asks for nothing"),
        ("1_Pooling/config.json", "[]", "no JSON object"),
        ("1_Pooling/config.json", '{"pooling_mode": "lasttoken"}', "lasttoken"),
        (
            "1_Pooling/config.json",
            '{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true}',
            "asks",
        ),
    ],
)
def test_notes_that_we_cannot_follow_are_refused(tmp_path, name, content, told):
    write_notes(tmp_path, SentenceNotes(), 32)
    (tmp_path / name).write_text(content)
    with pytest.raises(CheckpointError, match=told):
        read_notes(tmp_path)


def test_further_modules_are_refused(tmp_path):
    write_notes(tmp_path, SentenceNotes(), 32)
    modules = json.loads((tmp_path / "modules.json").read_text())
    modules.append({"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(CheckpointError, match="Dense"):
        read_notes(tmp_path)
    with pytest.raises(InputError, match="mean, cls, max"):
        write_notes(tmp_path, SentenceNotes("pooler"), 32)


@pytest.fixture
def folder(model, tokenizer, tmp_path):
    save_model(model, tmp_path)
    tokenizer.save_pretrained(tmp_path)
    write_notes(tmp_path, SentenceNotes("max", True, 16), 32)
    return tmp_path


def test_the_loader_follows_the_notes(folder, extractor):
    texts = ["copy a file", "return the string"]
    plain = Extractor.from_source(folder, pooling="mean", normalize=False).embed(texts)
    np.testing.assert_allclose(plain, extractor.embed(texts), atol=1e-6)
    noted = Extractor.from_source(folder)
    assert (noted.pooling, noted.normalize, noted.max_length) == ("max", True, 16)
    highest = Extractor.from_source(folder, normalize=False).embed(texts)
    expected = highest / np.linalg.norm(highest, axis=1, keepdims=True)
    np.testing.assert_allclose(noted.embed(texts), expected, atol=1e-6)


def test_in_a_notebook_the_notes_count_too(folder):
    texts = ["copy a file", "return the string"]
    expected = Extractor.from_source(folder).embed(texts)
    np.testing.assert_array_equal(lab.embed(texts, folder), expected)
    np.testing.assert_array_equal(lab.embed(texts, lab.load(folder)), expected)
    assert lab.embed(texts, folder, pooling="cls", normalize=False).shape == (2, 32)


def test_normalization_belongs_to_the_fingerprint(model, tokenizer):
    plain, unit = Extractor(model, tokenizer), Extractor(model, tokenizer, normalize=True)
    assert plain.fingerprint() != unit.fingerprint()


def test_the_model_for_sentences_is_the_tuned_one_once_it_ships(monkeypatch, tmp_path):
    monkeypatch.delenv("ALBERT_LAB_MODEL", raising=False)
    monkeypatch.setattr(sources, "_PRETRAINED", tmp_path)
    (tmp_path / "docs-mini").mkdir()
    (tmp_path / "docs-mini" / "config.json").write_text("{}")
    assert sentence_source() == "docs-mini"
    (tmp_path / "docs-mini-sentence").mkdir()
    assert sentence_source() == "docs-mini", "an empty folder is no model"
    (tmp_path / "docs-mini-sentence" / "config.json").write_text("{}")
    assert sentence_source() == "docs-mini-sentence"
    assert sources.resolve("docs-mini-sentence") == tmp_path / "docs-mini-sentence"
    monkeypatch.setenv("ALBERT_LAB_MODEL", "some/model")
    assert sentence_source() == "some/model"
