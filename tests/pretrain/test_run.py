"""From a corpus to a finished folder, and the command in front of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import torch
from safetensors.torch import load_file
from transformers import AlbertForPreTraining as TheirForPreTraining
from transformers import AutoTokenizer
from typer import Typer
from typer.testing import CliRunner

from albert_lab.cli.pretrain import count_of, line
from albert_lab.cli.pretrain import pretrain as pretrain_command
from albert_lab.errors import CheckpointError, InputError, OutputError
from albert_lab.model.checkpoint import load_model
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain import run as run_module
from albert_lab.pretrain.card import command
from albert_lab.pretrain.settings import Settings
from tests.pretrain.small import pages

SMALL = Settings(
    tokens=1500, max_length=64, tokens_per_batch=512, depth="2:0.5", held_out_percent=20.0, shards=1
)


@dataclass
class Page:
    name: str
    paragraphs: tuple[str, ...]
    package: str = "made-up"
    version: str = "1.0"


class MadeUpCorpus(list):
    def by_package(self):
        return {"made-up": list(self)}


@pytest.fixture(scope="module", autouse=True)
def made_up_corpus():
    corpus = MadeUpCorpus(Page(page.name, page.paragraphs) for page in pages(150))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "build_corpus", lambda *args, **options: corpus)
        yield


@pytest.fixture(scope="module")
def finished(made_up_corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "model"
    metrics = run_module.pretrain(SMALL, folder, device="cpu", progress=False)
    return folder, metrics


def test_a_tokenizer_that_was_written_in_part_is_written_again(tmp_path):
    """A kill may come between its files: the next call has all of them."""
    run_module.prepare(SMALL, tmp_path, progress=False)
    (tmp_path / "tokenizer_config.json").unlink()
    prepared = run_module.prepare(SMALL, tmp_path, progress=False)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again("Copy a file.").input_ids == prepared.tokenizer("Copy a file.").input_ids
    assert (tmp_path / "tokenizer_config.json").is_file()


def test_the_folder_is_an_ordinary_hugging_face_folder(finished):
    folder, _ = finished
    theirs, report = TheirForPreTraining.from_pretrained(
        folder, output_loading_info=True, attn_implementation="eager"
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    inputs = tokenizer("The file returns the tree", "The tree sorts the file", return_tensors="pt")
    ours = load_model(folder, AlbertForPreTraining)
    with torch.no_grad():
        torch.testing.assert_close(
            ours(**inputs).prediction_logits, theirs.eval()(**inputs).prediction_logits, rtol=1e-4, atol=1e-5
        )


def test_card_log_and_corpus_tell_how_it_was_made(finished):
    folder, metrics = finished
    card = (folder / "README.md").read_text()
    assert f"| {metrics['masked_accuracy']:.3f} |" in card
    assert command(SMALL) in card
    assert "| made-up | 1.0 | 150 |" in card
    corpus = json.loads((folder / "training_corpus.json").read_text())
    assert corpus["training"]["documents"] + corpus["held_out"]["documents"] <= 150
    assert (folder / "training_log.jsonl").exists()
    assert not (folder / "training_state.pt").exists()


def test_the_same_command_makes_the_same_weights(finished, tmp_path):
    folder, _ = finished
    run_module.pretrain(SMALL, tmp_path / "again", device="cpu", progress=False)
    first, second = (load_file(f / "model.safetensors") for f in (folder, tmp_path / "again"))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_finished_model_is_not_trained_over(finished):
    folder, _ = finished
    before = (folder / "model.safetensors").read_bytes()
    with pytest.raises(OutputError, match="holds a finished model"):
        run_module.pretrain(SMALL, folder)
    assert (folder / "model.safetensors").read_bytes() == before


def test_a_tokenizer_can_be_taken_over(finished, tmp_path):
    folder, _ = finished
    prepared = run_module.prepare(SMALL, tmp_path / "other", tokenizer=folder, progress=False)
    theirs = AutoTokenizer.from_pretrained(str(folder))
    assert prepared.tokenizer.get_vocab() == theirs.get_vocab()
    with pytest.raises(CheckpointError, match="No tokenizer"):
        run_module.prepare(SMALL, tmp_path / "third", tokenizer=tmp_path, progress=False)


def test_the_command_trains_and_prints_json(tmp_path):
    app = Typer()
    app.command()(pretrain_command)
    options = ["--tokens", "1500", "--max-length", "64", "--tokens-per-batch", "512", "--depth", "",
               "--held-out-percent", "20", "--shards", "1", "--device", "cpu", "--json"]  # fmt: skip
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "m"), *options])
    assert result.exit_code == 0, result.output
    last = json.loads(result.stdout.splitlines()[-1])
    assert 0 <= last["held_out_masked_accuracy"] <= 1
    assert (tmp_path / "m" / "model.safetensors").exists()


def test_every_setting_is_an_option_of_the_command():
    app = Typer()
    app.command()(pretrain_command)
    text = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    assert "Example: albert-lab pretrain" in text
    for name in SMALL.to_dict():
        assert f"--{name.replace('_', '-')}" in text


def test_the_cards_command_names_what_differs_from_the_defaults():
    assert command(Settings()) == "albert-lab pretrain --out FOLDER"
    assert command(Settings(seed=3, depth="")) == "albert-lab pretrain --out FOLDER --seed 3 --depth ''"


@pytest.mark.parametrize(
    ("text", "count"), [("60M", 60_000_000), ("1.5b", 1_500_000_000), ("500k", 500_000), ("7_000", 7000)]
)
def test_token_counts_as_people_write_them(text, count):
    assert count_of(text) == count


@pytest.mark.parametrize("text", ["", "many", "M", "6 0"])
def test_other_counts_are_refused(text):
    with pytest.raises(InputError, match="no number of tokens"):
        count_of(text)


def test_a_line_tells_progress_and_what_is_left():
    record = {"tokens": 30_000_000, "tokens_per_second": 10_000, "masked_loss": 4.5, "order_loss": 0.5,
              "masked_accuracy": 0.25, "order_accuracy": 0.75, "layers": 2}  # fmt: skip
    assert line(record, 60_000_000).endswith("10,000 tokens/s  50 min left")
