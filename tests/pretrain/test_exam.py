"""The exam against losses computed by hand, and what shuffling the context may and may not change."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from albert_lab.model.config import AlbertConfig
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain.data import BatchStream, special_ids
from albert_lab.pretrain.exam import _shuffle_context, exam
from albert_lab.pretrain.objectives import IGNORED
from tests.pretrain.small import small_run


@pytest.fixture(scope="module")
def texts():
    _, training, _, tokenizer = small_run()
    return training, special_ids(tokenizer)


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = AlbertConfig(
        vocab_size=120, embedding_size=16, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=128, initializer_range=0.2,
    )  # fmt: skip
    return AlbertForPreTraining(config)


def test_a_network_that_answers_always_the_same(model, texts):
    """With all head weights 0 the answer is the bias alone, so that every number is known beforehand."""
    with torch.no_grad():
        model.predictions.LayerNorm.weight.zero_()
        model.predictions.bias[7] = 3.0
        model.sop_classifier.classifier.weight.zero_()
        model.sop_classifier.classifier.bias.copy_(torch.tensor([0.0, math.log(3)]))  # swapped: 3/4
    stream = BatchStream(texts[0], texts[1], max_length=128, tokens_per_batch=4096, seed=5)
    batches = [stream.batch(e, n, chunks) for e in range(2) for n, chunks in enumerate(stream.plan(e))]
    asked = np.concatenate([b.masked_labels[b.masked_labels != IGNORED] for b in batches])
    orders = np.concatenate([b.order_labels[b.order_labels != IGNORED] for b in batches])
    total = math.log(119 + math.exp(3.0))
    found = exam(model, *texts, passes=2, seed=5)
    assert found["masked_accuracy"] == pytest.approx((asked == 7).mean())
    assert found["masked_loss"] == pytest.approx(np.where(asked == 7, total - 3, total).mean(), rel=1e-5)
    assert found["order_accuracy"] == pytest.approx(orders.mean())
    assert found["order_loss"] == pytest.approx(
        np.where(orders == 1, -math.log(0.75), -math.log(0.25)).mean()
    )
    assert exam(model, *texts, passes=2, seed=5, shuffled=True) == pytest.approx(found)


def test_who_reads_the_context_notices_that_it_was_shuffled(model, texts):
    assert exam(model, *texts) == exam(model, *texts)
    assert exam(model, *texts, shuffled=True)["masked_loss"] != exam(model, *texts)["masked_loss"]


def test_the_mode_of_the_model_stays(model, texts):
    model.train()
    exam(model, *texts)
    assert model.training


def test_shuffling_keeps_masks_special_tokens_and_the_bag_of_tokens(texts):
    stream = BatchStream(texts[0], texts[1], max_length=128, tokens_per_batch=4096, seed=0)
    batch = stream.batch(0, 0, stream.plan(0)[0])
    before = batch.input_ids.copy()
    _shuffle_context(batch, texts[1], np.random.default_rng(0))
    assert (before != batch.input_ids).any()
    fixed = before < texts[1].first_ordinary
    np.put_along_axis(fixed, batch.masked_positions, True, axis=1)
    np.testing.assert_array_equal(before[fixed], batch.input_ids[fixed])
    np.testing.assert_array_equal(np.sort(before, axis=1), np.sort(batch.input_ids, axis=1))
