"""Several processes at one training: the steps of one, whatever their number, and what a death leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from albert_lab.errors import InputError
from albert_lab.model import load_model
from albert_lab.training.ranks import ALONE, Ranks, refuse_torchrun, started_by_torchrun
from albert_lab.training.run_folder import LOG_FILE, STATE_FILE

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
# One training of each kind, in a few processes or one. The last arguments: after how many steps to stop, and
# after how many steps rank 1 kills itself; 0 for neither.
CHILD = """
import os, signal, sys
from pathlib import Path
from unittest import mock
import torch
from albert_lab.training.ranks import joined
kind, folder, stop, dies = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
with joined("cpu") as (ranks, device):
    if kind == "pretrain":
        from tests.pretrain.small import small_run
        from tests.pretrain.test_trainer import tiny_config
        from albert_lab.pretrain.trainer import Pretraining
        with mock.patch("albert_lab.pretrain.trainer.model_config", tiny_config):
            run = Pretraining(*small_run(tokens=6000), folder, device, ranks)
    else:
        from albert_lab.model import AlbertConfig, AlbertModel
        from albert_lab.text.tokenizer import load_tokenizer
        from albert_lab.tune.trainer import Tuning
        from tests.tune.test_trainer import PAIRS, SMALL
        torch.manual_seed(0)
        shape = {"vocab_size": 8000, "embedding_size": 16, "hidden_size": 32, "num_attention_heads": 4}
        config = AlbertConfig(**shape, num_hidden_layers=2, intermediate_size=64, max_position_embeddings=32)
        tokenizer = load_tokenizer("albert_lab/pretrained/docs-mini")
        texts = PAIRS[:60], PAIRS[60:]
        run = Tuning(SMALL, AlbertModel(config), tokenizer, *texts, folder, device=device, ranks=ranks)
    def report(record):
        if dies and ranks.number == 1 and record["step"] == dies:
            os.kill(os.getpid(), signal.SIGKILL)
    run.run(log_every=1, save_every=0.0, stop_after_steps=stop or None, report=report)
    if ranks.is_first:
        torch.save(run.model.state_dict(), folder / "weights.pt")
"""


def command(processes: int, *arguments: object) -> list[str]:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [sys.executable, *(torchrun if processes > 1 else []), *map(str, arguments)]


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    child = tmp_path_factory.mktemp("child") / "child.py"
    child.write_text(CHILD)

    def run(kind: str, processes: int, folder: Path | None = None, stop: int = 0) -> Path:
        folder = folder or tmp_path_factory.mktemp(f"{kind}-{processes}-")
        order = command(processes, child, kind, folder, stop, 0)
        done = subprocess.run(order, env=environment(), cwd=ROOT, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return folder

    run.child = child
    return run


def curve(folder: Path) -> list[dict[str, float]]:
    """The log without what a clock decides."""
    records = [json.loads(line) for line in (folder / LOG_FILE).read_text().splitlines()]
    clock = ("seconds", "tokens_per_second")
    return [{name: value for name, value in record.items() if name not in clock} for record in records]


def assert_same_run(one: Path, other: Path) -> None:
    assert_same(curve(one), curve(other))
    assert_same_weights(one, other)


def assert_same(one: list[dict[str, float]], other: list[dict[str, float]]) -> None:
    for a, b in zip(one, other, strict=True):
        assert a == pytest.approx(b, rel=2e-3, abs=2e-4)


def assert_same_weights(one: Path, other: Path) -> None:
    expected, found = (torch.load(folder / "weights.pt") for folder in (one, other))
    for name, tensor in found.items():
        torch.testing.assert_close(
            tensor, expected[name], rtol=0, atol=2e-4, msg=lambda m, n=name: f"{n}: {m}"
        )


@pytest.fixture(scope="module")
def alone(train):
    return {kind: train(kind, 1) for kind in ("pretrain", "tune")}


@pytest.mark.parametrize(("kind", "processes"), [("pretrain", 2), ("pretrain", 4), ("tune", 2), ("tune", 3)])
def test_the_same_batches_give_the_same_run_whatever_the_number(train, alone, kind, processes):
    assert len(curve(alone[kind])) > 10
    assert curve(alone[kind])[0] != curve(alone[kind])[-1]
    assert_same_run(alone[kind], train(kind, processes))


def test_a_run_goes_on_with_another_number(train, alone):
    folder = train("pretrain", 2, stop=5)
    assert len(curve(folder)) < len(curve(alone["pretrain"]))
    train("pretrain", 1, folder, stop=5)
    assert_same_run_but_for_stops(alone["pretrain"], train("pretrain", 3, folder))


def assert_same_run_but_for_stops(one: Path, other: Path) -> None:
    """Where a run stops for a while, it measures the held-out side once more."""
    assert_same(*([each for each in curve(folder) if "masked_loss" in each] for folder in (one, other)))
    assert_same_weights(one, other)


def test_a_dead_process_ends_the_run_with_its_reason_and_what_it_left_goes_on(train, alone, tmp_path):
    order = command(2, train.child, "pretrain", tmp_path, 0, 5)
    run = subprocess.run(order, env=environment(), cwd=ROOT, capture_output=True, encoding="utf-8")
    assert run.returncode != 0
    assert "SIGKILL" in run.stderr or "Signal 9" in run.stderr
    assert (tmp_path / STATE_FILE).exists()
    assert not (tmp_path / "weights.pt").exists()
    assert_same_run_but_for_stops(alone["pretrain"], train("pretrain", 1, tmp_path))


def test_the_command_in_two_processes_leaves_a_model(tmp_path):
    options = ["--package", "typer", "--tokens", "6k", "--max-length", "32", "--json", "--device", "cpu"]
    order = command(2, "-m", "albert_lab", "pretrain", "--out", tmp_path / "model", *options)
    done = subprocess.run(order, env=environment(), cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    steps = [record["step"] for record in records]
    assert steps == sorted(steps)
    assert sum("held_out_masked_loss" in record for record in records) == 1
    assert load_model(tmp_path / "model").config.max_position_embeddings == 32
    assert sorted(path.name for path in (tmp_path / "model").glob("training_*")) == [
        "training_corpus.json",
        "training_log.jsonl",
    ]


def test_what_stands_in_the_folder_ends_all_processes(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    order = command(
        2, "-m", "albert_lab", "pretrain", "--out", tmp_path, "--package", "typer", "--device", "cpu"
    )
    done = subprocess.run(order, env=environment(), cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode != 0
    assert done.stderr.count("holds config.json already") == 1
    assert (tmp_path / "config.json").read_text() == "{}"


def test_alone_nothing_is_exchanged():
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.tensor([1.0, 2.0])
    ALONE.sum_gradients([parameter])
    assert parameter.grad.tolist() == [1.0, 2.0]
    assert ALONE.same(3) == 3
    assert ALONE.sum_counts({"a": 1}) == {"a": 1}
    assert not started_by_torchrun()


def test_every_part_belongs_to_one_process():
    parts = list(range(7))
    for count in (1, 2, 3, 9):
        shares = [Ranks(number, count).mine(parts) for number in range(count)]
        assert sorted(part for share in shares for part in share) == parts


def test_a_command_for_one_process_says_so(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="finetune runs in one process"):
        refuse_torchrun("finetune")
