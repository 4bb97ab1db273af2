"""The shortened forward pass of pretraining against the whole one."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from albert_lab.model.config import AlbertConfig
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain.data import BatchStream, special_ids
from albert_lab.pretrain.network import hidden_at, last_layer_at, pretraining_losses, to_tensors
from albert_lab.pretrain.objectives import IGNORED
from tests.pretrain.small import small_run


@pytest.fixture(scope="module")
def batch():
    _, training, _, tokenizer = small_run()
    stream = BatchStream(training, special_ids(tokenizer), max_length=160, tokens_per_batch=2048, seed=0)
    batches = (stream.batch(0, number, chunks) for number, chunks in enumerate(stream.plan(0)))
    return next(b for b in batches if not b.attention_mask.all() and {0, 1} <= set(b.order_labels.tolist()))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = AlbertConfig(
        vocab_size=120, embedding_size=16, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=160, initializer_range=0.2,
    )  # fmt: skip
    return AlbertForPreTraining(config).double().eval()


def whole(model, tensors):
    """Losses by the plain way: every layer for every token, then the labels."""
    out = model(tensors["input_ids"], tensors["attention_mask"], tensors["token_type_ids"])
    labels = tensors["masked_labels"]
    logits = out.prediction_logits.gather(
        1, tensors["masked_positions"][..., None].expand(-1, -1, out.prediction_logits.shape[-1])
    )
    masked = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
    return masked + F.cross_entropy(out.sop_logits, tensors["order_labels"], ignore_index=IGNORED)


def test_losses_and_gradients_equal_those_of_the_whole_network(model, batch):
    (tensors,) = to_tensors(batch, "cpu")
    assert not tensors["attention_mask"].all(), "the batch should have padding"
    losses = pretraining_losses(model, tensors)
    short = losses.objective(int(losses.masked_count), int(losses.order_count))
    full = whole(model, tensors)
    torch.testing.assert_close(short, full, rtol=1e-10, atol=0)
    parameters = list(model.parameters())
    for a, b in zip(
        torch.autograd.grad(short, parameters), torch.autograd.grad(full, parameters), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-12)


def test_fewer_layers_are_a_shallower_network(model, batch):
    (tensors,) = to_tensors(batch, "cpu")
    positions = F.pad(tensors["masked_positions"], (1, 0))
    states = model.albert(
        tensors["input_ids"], tensors["attention_mask"], tensors["token_type_ids"], output_hidden_states=True
    ).hidden_states
    for layers in (1, 2, 3):
        expected = states[layers].gather(1, positions[..., None].expand(-1, -1, 32))
        torch.testing.assert_close(hidden_at(model, tensors, layers), expected, rtol=1e-10, atol=1e-12)


def test_the_last_layer_at_all_positions_is_the_layer(model):
    layer, x = model.albert.encoder.layers()[-1], torch.randn(2, 5, 32, dtype=torch.float64)
    everywhere = torch.arange(5).expand(2, 5)
    torch.testing.assert_close(last_layer_at(layer, x, None, everywhere), layer(x)[0])


def test_shards_add_up_to_the_batch(model, batch):
    (tensors,) = to_tensors(batch, "cpu")
    one = pretraining_losses(model, tensors).sums()
    parts = [pretraining_losses(model, part).sums() for part in to_tensors(batch, "cpu", 3)]
    for name, value in one.items():
        assert sum(part[name] for part in parts) == pytest.approx(value, rel=1e-10)


def test_more_shards_than_texts_leave_no_empty_part(batch):
    parts = to_tensors(batch, "cpu", 10_000)
    assert len(parts) == len(batch.input_ids)
    assert all(len(part["input_ids"]) == 1 for part in parts)
