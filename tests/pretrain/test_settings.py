"""Schedules and what settings refuse."""

from __future__ import annotations

import math

import pytest

from albert_lab.errors import InputError
from albert_lab.pretrain.settings import Settings


def test_the_learning_rate_rises_then_falls_to_zero():
    linear = Settings(learning_rate=2.0, warmup=0.1, schedule="linear")
    assert [linear.learning_rate_at(p) for p in (0, 0.05, 0.1, 0.55, 1.0)] == pytest.approx([0, 1, 2, 1, 0])
    cosine = Settings(learning_rate=2.0, warmup=0.0, schedule="cosine")
    assert cosine.learning_rate_at(0.25) == pytest.approx(1 + math.cos(math.pi / 4))
    assert cosine.learning_rate_at(1.0) == pytest.approx(0.0)


def test_depth_comes_in_stages_and_ends_full():
    settings = Settings(depth="2:0.5 4:0.75")
    assert [settings.num_layers(p, 6) for p in (0, 0.49, 0.5, 0.74, 0.75, 1)] == [2, 2, 4, 4, 6, 6]
    assert Settings(depth="").num_layers(0.0, 6) == 6
    assert Settings(depth="12:0.5").num_layers(0.0, 6) == 6  # never deeper than the model


def test_an_update_takes_more_batches_later():
    settings = Settings(batches_per_step="1:0.5 4:0.8 8:1")
    assert [settings.num_batches(p) for p in (0, 0.5, 0.79, 0.8, 1.0)] == [1, 4, 4, 8, 8]
    assert Settings(batches_per_step="").num_batches(0.3) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "warm"},
        {"optimizer": "sgd"}, {"schedule": "square"}, {"tokens": 0}, {"learning_rate": -1.0}, {"warmup": 1.0},
        {"max_length": 3}, {"shards": 0}, {"held_out_percent": 0.0}, {"depth": "2"}, {"depth": "0:0.5"},
        {"depth": "2:0.5 4:0.5"}, {"depth": "4:0.6 2:0.3"}, {"depth": "2:1.5"}, {"batches_per_step": "x:1"},
    ],
    ids=str,
)  # fmt: skip
def test_wrong_settings_are_refused_with_their_name(wrong):
    with pytest.raises(InputError, match=f"^{next(iter(wrong))} is .*\nExpected: "):
        Settings(**wrong)
