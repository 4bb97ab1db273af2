"""albert-lab tune and pretrain at their doors: pairs, packages and options as they are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from albert_lab import cli
from albert_lab.model.checkpoint import save_model
from albert_lab.text.tokenizer import load_tokenizer


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch) -> None:
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path_factory.getbasetemp() / "training-doors-cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def folder(model, tokenizer, tmp_path) -> Path:
    """A model of 64 positions."""
    save_model(model, tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    return tmp_path / "m"


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(cli.app, [str(each) for each in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def pairs(folder: Path, *, query: str = "copy the file number {}", words: int = 1) -> Path:
    rows = [
        {"query": query.format(i), "positive": f"return the string {i} " + "all files " * words}
        for i in range(24)
    ]
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


SMALL = ("--steps", 1, "--batch-size", 4, "--tokens-per-batch", 512)


def test_tuning_above_the_models_length_is_refused_before_the_first_step(folder, tmp_path):
    done = run(
        "tune",
        "--out",
        tmp_path / "o",
        "--model",
        folder,
        "--pairs",
        pairs(tmp_path),
        *SMALL,
        "--max-length",
        65,
    )
    assert done.exit_code == 2
    assert "--max-length 64" in done.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("length", [64, 13])
def test_tuning_at_any_length_ends_with_a_folder_that_can_be_read(length, folder, tmp_path):
    out, file = tmp_path / "o", pairs(tmp_path, words=40)
    done = run("tune", "--out", out, "--model", folder, "--pairs", file, *SMALL, "--max-length", length)
    assert done.exit_code == 0, done.output
    assert not (out / "training_run.json").exists()
    assert run("embed", "copy a file", "--model", out, "--out", tmp_path / "v.parquet").exit_code == 0
    again = run("tune", "--out", out, "--model", folder, "--pairs", file, *SMALL)
    assert (again.exit_code, "finished model" in again.stderr) == (2, True)


@pytest.mark.parametrize("command", ["tune", "pretrain"])
def test_the_files_of_a_user_stay(command, folder, tmp_path):
    out = tmp_path / "project"
    out.mkdir()
    for name in ("README.md", "config.json"):
        (out / name).write_text("mine")
    more = (
        ("--model", folder, "--pairs", pairs(tmp_path), *SMALL)
        if command == "tune"
        else ("--package", "bm25s")
    )
    done = run(command, "--out", out, *more)
    assert done.exit_code == 2
    assert "README.md" in done.stderr
    assert {path.name: path.read_text() for path in out.iterdir()} == dict.fromkeys(
        ("README.md", "config.json"), "mine"
    )


def test_tuning_on_texts_that_the_tokenizer_does_not_know_is_refused(folder, tmp_path):
    file = tmp_path / "pairs.jsonl"
    rows = [{"query": f"これは質問{'の' * i}です", "positive": f"答えは{'東' * i}京"} for i in range(9)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("tune", "--out", tmp_path / "o", "--model", folder, "--pairs", file, *SMALL)
    assert done.exit_code == 2
    assert "The tokenizer knows" in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        *(("--device", "klingon"), ("--device", "cuda:99"), ("--device", ""), ("--seed", "-1")),
        *(("--seed", "99999999999999999999"), ("--learning-rate", "nan"), ("--learning-rate", "inf")),
        *(
            ("--clip-norm", "0"),
            ("--weight-decay", "nan"),
            ("--held-out-percent", "0"),
            ("--max-length", "3"),
        ),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("command", ["tune", "pretrain"])
def test_a_wrong_option_is_told_in_words(command, wrong, folder, tmp_path):
    more = (
        ("--model", folder, "--pairs", pairs(tmp_path), *SMALL)
        if command == "tune"
        else ("--package", "bm25s")
    )
    done = run(command, "--out", tmp_path / "o", *more, *wrong)
    assert done.exit_code == 2
    assert "Expected" in done.stderr
    assert not (tmp_path / "o").exists()


PRETRAIN = (
    "--tokens",
    "3K",
    "--package",
    "six",
    "--package",
    "bm25s",
    "--held-out-percent",
    20,
    "--tokens-per-batch",
    512,
)


@pytest.mark.parametrize("length", [9, 36, 100])
def test_pretraining_runs_at_any_length(length, tmp_path):
    done = run("pretrain", "--out", tmp_path / "o", *PRETRAIN, "--max-length", length)
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "o" / "config.json").read_text())["max_position_embeddings"] == length
    assert run("embed", "a file", "--model", tmp_path / "o", "--out", tmp_path / "v.parquet").exit_code == 0


def test_a_package_too_small_to_hold_something_out_is_told(tmp_path):
    done = run(
        "pretrain",
        "--out",
        tmp_path / "o",
        "--tokens",
        "3K",
        "--package",
        "bm25s",
        "--held-out-percent",
        0.001,
    )
    assert done.exit_code == 2
    assert "Nothing is held out" in done.stderr
    assert "--held-out-percent" in done.stderr
    assert not (tmp_path / "o").exists()


def test_special_tokens_may_stand_at_the_end_of_the_vocabulary(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path / "t")
    longer = load_tokenizer(tmp_path / "t")
    longer.add_special_tokens({"additional_special_tokens": ["[URL]", "[NUMBER]"]})
    longer.save_pretrained(tmp_path / "t")
    done = run(
        "pretrain", "--out", tmp_path / "o", *PRETRAIN, "--max-length", 64, "--tokenizer", tmp_path / "t"
    )
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "o" / "config.json").read_text())["vocab_size"] == len(longer)
