"""The one loop on a task that can be followed by hand: a line through points."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from albert_lab.errors import AlbertLabError, CheckpointError, InputError
from albert_lab.training.loop import EarlyStop, Trainer
from albert_lab.training.settings import TrainingSettings

SETTINGS = TrainingSettings(learning_rate=0.05, warmup=0.0, weight_decay=0.0, shards=2)
X = torch.linspace(-1, 1, 16)[:, None]
Y = 3 * X + 1


class Line(Trainer):
    """Fits y = 3x + 1 in full batches of two parts; `judged` plays the held-out measure."""

    def __init__(self, folder, settings=SETTINGS, steps=40, judged=None, spoil_at=None):
        self.number, self.judged, self.spoil_at = steps, judged, spoil_at
        torch.manual_seed(settings.seed)
        super().__init__(settings, nn.Linear(1, 1), folder, {"text": "points"}, device="cpu")

    @property
    def progress(self):
        return self.position.step / self.number

    def steps(self):
        while not self.finished:
            self.position.step += 1
            yield self.position.step

    def gradients(self, work, pool):
        def part(rows):
            loss = ((self.model(X[rows]) - Y[rows]) ** 2).sum() / len(X)
            return float(loss.detach()), torch.autograd.grad(loss, self.parameters)

        results = list(pool.map(part, (slice(0, 5), slice(5, 16))))
        self.set_gradients(gradients for _, gradients in results)
        if work == self.spoil_at:
            self.parameters[0].grad.fill_(float("nan"))
        return {"loss": sum(loss for loss, _ in results)}

    def evaluate(self):
        return {"mark": self.judged[self.position.step]} if self.judged else {}


def plain(steps):
    """The same by torch alone."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), eps=1e-6, weight_decay=0.0)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.05 * (1 - (step + 1) / steps)
        loss = ((model(X) - Y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model


def values(model):
    return torch.cat([parameter.detach().ravel() for parameter in model.parameters()])


def test_the_loop_takes_the_steps_that_torch_takes(tmp_path):
    run = Line(tmp_path)
    run.run()
    torch.testing.assert_close(values(run.model), values(plain(40)))


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path):
    whole = Line(tmp_path / "whole")
    whole.run(log_every=10)
    Line(tmp_path / "cut").run(stop_after_steps=13, log_every=10)
    killed = Line(tmp_path / "cut")
    for work in killed.steps():  # steps that no state was saved after
        with killed._pool() as pool:
            killed._step(work, pool)
        if work == 20:
            killed._log({"loss": 0.0})
            break
    resumed = Line(tmp_path / "cut")
    assert resumed.position.step == 13
    resumed.run(log_every=10)
    assert torch.equal(values(resumed.model), values(whole.model))
    logs = [
        [
            json.loads(line)["step"]
            for line in (tmp_path / name / "training_log.jsonl").read_text().splitlines()
        ]
        for name in ("whole", "cut")
    ]
    assert logs == [[10, 20, 30, 40, 40], [10, 13, 20, 30, 40, 40]]


def test_the_log_holds_means_speed_and_the_rate(tmp_path):
    seen = []
    Line(tmp_path).run(log_every=20, report=seen.append)
    assert [record["step"] for record in seen] == [20, 40, 40]
    assert seen[0]["learning_rate"] == pytest.approx(0.025)
    assert seen[1]["loss"] < seen[0]["loss"]
    assert "tokens_per_second" in seen[0]


def test_divergence_is_told(tmp_path):
    with pytest.raises(AlbertLabError, match="The gradient at step 7 is nan: training has diverged"):
        Line(tmp_path, spoil_at=7).run()


def test_another_run_is_not_gone_on_with(tmp_path):
    Line(tmp_path).run(stop_after_steps=2)
    with pytest.raises(CheckpointError, match="seed"):
        Line(tmp_path, TrainingSettings(**SETTINGS.to_dict() | {"seed": 1}))


def test_a_state_of_before_a_setting_came_is_gone_on_with(tmp_path):
    run = Line(tmp_path)
    del run.folder.identity["schedule"]
    run.run(stop_after_steps=2)
    assert Line(tmp_path).position.step == 2


MARKS = dict.fromkeys(range(1, 41), 0.0) | {5: 0.2, 10: 0.6, 15: 0.5, 20: 0.55, 25: 0.59}


def test_early_stopping_takes_the_best_weights(tmp_path):
    until_best = Line(tmp_path / "ten", judged=MARKS)
    until_best.run(stop_after_steps=10)
    run = Line(tmp_path / "run", judged=MARKS)
    run.run(early_stop=EarlyStop("mark", every=5, patience=3))
    assert (run.position.step, run.position.best_step, run.position.best) == (25, 10, 0.6)
    assert torch.equal(values(run.model), values(until_best.model))
    run.folder.clear()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["training_log.jsonl"]


def test_a_run_that_has_stopped_early_does_not_go_on(tmp_path):
    stop = EarlyStop("mark", every=5, patience=3)
    run = Line(tmp_path, judged=MARKS)
    run.run(early_stop=stop)
    again = Line(tmp_path, judged=MARKS)
    again.run(early_stop=stop)
    assert again.position.step == 25
    assert torch.equal(values(again.model), values(run.model))


def test_a_run_that_may_stop_early_only_now_is_not_over(tmp_path):
    Line(tmp_path, judged=MARKS).run(stop_after_steps=30)
    late = Line(tmp_path, judged=MARKS)
    late.run(early_stop=EarlyStop("mark", every=1, patience=3))
    assert late.position.step > 30


def test_early_stopping_survives_a_kill(tmp_path):
    stop = EarlyStop("mark", every=5, patience=3)
    whole, cut = Line(tmp_path / "whole", judged=MARKS), Line(tmp_path / "cut", judged=MARKS)
    whole.run(early_stop=stop)
    cut.run(early_stop=stop, stop_after_steps=12)
    resumed = Line(tmp_path / "cut", judged=MARKS)
    resumed.run(early_stop=stop)
    assert resumed.position.step == 25
    assert torch.equal(values(resumed.model), values(whole.model))


def test_a_loss_is_better_when_it_is_smaller_and_nan_never():
    falls = EarlyStop("loss", every=1, larger_is_better=False)
    assert falls.is_better(0.1, 0.2)
    assert not falls.is_better(0.3, 0.2)
    assert falls.is_better(0.3, None)
    assert not falls.is_better(float("nan"), None)
    with pytest.raises(InputError):
        EarlyStop("loss", every=0)


def test_an_unknown_measure_is_told(tmp_path):
    with pytest.raises(InputError, match="no measure 'f1'"):
        Line(tmp_path, judged=MARKS).run(early_stop=EarlyStop("f1", every=5))


def test_options_name_what_differs_from_the_defaults():
    settings = TrainingSettings(seed=3, optimizer="lamb")
    assert settings.options() == ["--seed", "3", "--optimizer", "lamb"]
