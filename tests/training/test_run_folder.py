"""Which folders a run may have: what we did not write is never replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from albert_lab.errors import InputError, OutputError
from albert_lab.training.run_folder import LOG_FILE, MARK_FILE, STATE_FILE, claim_results, claimed


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    "name",
    [
        *("config.json", "README.md", "readme.md", "model.safetensors", "model-00001-of-00002.safetensors"),
        *(
            "model.safetensors.index.json",
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
            "modules.json",
        ),
        *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "sentence_bert_config.json"),
        *("config_sentence_transformers.json", "training_corpus.json", "negatives-mine.npy", LOG_FILE),
        *("spiece.model", "vocab.txt", "best_weights.pt", MARK_FILE),
    ],
)
def test_a_folder_with_somebodys_file_is_refused(name, tmp_path):
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match=r"already|finished"), claimed(tmp_path):
        pytest.fail("it began")
    assert contents(tmp_path) == {name: "mine"}


def test_a_folder_of_a_step_of_somebodys_sentence_model_is_refused(tmp_path):
    (tmp_path / "1_Pooling").mkdir()
    with pytest.raises(OutputError, match="1_Pooling"), claimed(tmp_path):
        pytest.fail("it began")


@pytest.mark.parametrize(
    "make", [lambda p: None, lambda p: p.mkdir(), lambda p: (p.mkdir(), (p / "notes.txt").touch())]
)
def test_other_folders_are_taken_and_gone_on_with(make, tmp_path):
    folder = tmp_path / "run"
    make(folder)
    with claimed(folder):
        (folder / "tokenizer.json").write_text("ours")
    with claimed(folder):  # killed before the first state was saved
        pass
    (folder / "README.md").write_text("put there while it was training")
    for begin in (claimed(folder).__enter__, lambda: claim_results(folder)):
        with pytest.raises(OutputError, match=r"README\.md"):
            begin()
    (folder / "README.md").unlink()
    claim_results(folder)
    (folder / "README.md").write_text("ours")
    claim_results(folder)  # killed while the results were written
    with claimed(folder):
        pass


def test_a_run_of_an_earlier_version_is_gone_on_with(tmp_path):
    (tmp_path / STATE_FILE).write_text("state")
    (tmp_path / LOG_FILE).write_text("log")
    with claimed(tmp_path):
        pass
    assert set(contents(tmp_path)) == {STATE_FILE, LOG_FILE}


def test_a_run_that_cannot_begin_leaves_nothing(tmp_path):
    with pytest.raises(InputError), claimed(tmp_path / "new"):
        raise InputError("too few pairs")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["o\udce9", "x" * 300, "a\0b"])
def test_a_folder_that_cannot_be_is_refused(name, tmp_path):
    with pytest.raises(OutputError), claimed(tmp_path / name):
        pytest.fail("it began")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError), claimed(tmp_path / "file"):
        pytest.fail("it began")
    assert contents(tmp_path) == {"file": "mine"}
