"""The loop: it learns, survives a kill -9 without a trace, and says what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest
import torch

from albert_lab.errors import AlbertLabError, CheckpointError
from albert_lab.model.config import AlbertConfig
from albert_lab.pretrain.trainer import Pretraining
from albert_lab.training.run_folder import LOG_FILE, STATE_FILE
from albert_lab.training.settings import OPTIMIZERS
from tests.pretrain.small import small_run

ROOT = Path(__file__).resolve().parents[2]
DROPOUT = 0.1  # so that a lost random state would show


def tiny_config(settings, vocab_size) -> AlbertConfig:
    return AlbertConfig(
        vocab_size=vocab_size, embedding_size=16, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=settings.max_length, initializer_range=0.1,
    )  # fmt: skip


def start(folder, **changes) -> Pretraining:
    with mock.patch("albert_lab.pretrain.trainer.model_config", tiny_config):
        run = Pretraining(*small_run(**changes), folder, "cpu")
    for module in run.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = DROPOUT
    return run


def weights(run: Pretraining) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.model.state_dict().items()}


def assert_same(a, b):
    for name in a:
        torch.testing.assert_close(a[name], b[name], rtol=0, atol=0, msg=lambda m, n=name: f"{n}: {m}")


def test_the_loss_falls_and_the_log_tells_it(tmp_path):
    run = start(tmp_path, tokens=24_000, learning_rate=1e-2)
    metrics = run.run(log_every=20)
    records = [json.loads(line) for line in (tmp_path / LOG_FILE).read_text().splitlines()]
    assert records[0]["masked_loss"] > records[-2]["masked_loss"] + 0.15
    assert records[-1]["held_out_masked_accuracy"] == pytest.approx(metrics["masked_accuracy"], abs=1e-5)
    assert records[-1]["tokens"] >= 24_000
    assert 0 <= metrics["order_accuracy"] <= 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_stopped_run_ends_with_the_same_weights(optimizer, tmp_path):
    whole = start(tmp_path / "whole", optimizer=optimizer, tokens=6000)
    whole.run(log_every=7)
    first = start(tmp_path / "parts", optimizer=optimizer, tokens=6000)
    first.run(log_every=7, stop_after_steps=15)
    assert not first.finished
    second = start(tmp_path / "parts", optimizer=optimizer, tokens=6000)
    assert second.position.step == 15
    second.run(log_every=7)
    assert_same(weights(whole), weights(second))


CHILD = """
import sys
from tests.pretrain.test_trainer import start
run = start(sys.argv[1], tokens=12_000)
run.run(log_every=5, save_every=0.0)
"""


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path):
    whole = start(tmp_path / "whole", tokens=12_000)
    whole.run(log_every=5)
    folder = tmp_path / "killed"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], cwd=ROOT)
    log = folder / LOG_FILE
    while not (log.exists() and log.read_text().count("\n") >= 4):
        assert child.poll() is None, "the child ended before it could be killed"
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    resumed = start(folder, tokens=12_000)
    assert 0 < resumed.position.step < whole.position.step
    resumed.run(log_every=5)
    assert_same(weights(whole), weights(resumed))
    steps = [json.loads(line)["step"] for line in log.read_text().splitlines()]
    assert steps == sorted(set(steps[:-1])) + steps[-1:], "a step was logged twice"
    leftovers = [p.name for p in folder.iterdir() if p.name not in (LOG_FILE, STATE_FILE)]
    assert all(name.endswith(".part") for name in leftovers)


def test_shards_train_the_same_model_up_to_rounding(tmp_path):
    one, two = start(tmp_path / "1", tokens=2000), start(tmp_path / "2", tokens=2000, shards=2)
    for run in (one, two):
        for module in run.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        run.run()
    for name, tensor in weights(one).items():
        torch.testing.assert_close(tensor, weights(two)[name], rtol=1e-3, atol=1e-4)


def test_another_run_in_the_folder_is_not_overwritten(tmp_path):
    start(tmp_path).run(stop_after_steps=2)
    before = (tmp_path / STATE_FILE).read_bytes()
    with pytest.raises(CheckpointError, match="differs in: seed, learning_rate"):
        start(tmp_path, seed=1, learning_rate=0.5)
    assert (tmp_path / STATE_FILE).read_bytes() == before


def test_other_text_is_not_gone_on_with(tmp_path):
    start(tmp_path).run(stop_after_steps=2)
    with pytest.raises(CheckpointError, match="differs in: text"):
        start(tmp_path, count=61)


def test_a_damaged_state_is_a_clear_error(tmp_path):
    start(tmp_path).run(stop_after_steps=2)
    state = tmp_path / STATE_FILE
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="cannot be read"):
        start(tmp_path)


def test_divergence_is_said(tmp_path):
    run = start(tmp_path)
    with torch.no_grad():
        run.parameters[0].fill_(float("nan"))
    with pytest.raises(AlbertLabError, match="diverged"):
        run.run()


def test_held_out_metrics_do_not_change_the_run(tmp_path):
    run = start(tmp_path)
    before = torch.get_rng_state()
    first, second = run.evaluate(), run.evaluate()
    assert first == second
    assert torch.equal(torch.get_rng_state(), before)
    assert run.model.training
