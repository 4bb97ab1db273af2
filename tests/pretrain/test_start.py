"""The informed start: counts by loops, vectors by a dense decomposition, heads by what they attend to."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from albert_lab.model.config import AlbertConfig
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain.start import (
    WINDOW,
    cooccurrence_vectors,
    near_counts,
    sinusoids,
    start_informed,
    turn,
    turning_rates,
)
from albert_lab.pretrain.trainer import Pretraining
from tests.pretrain.small import small_run

CONFIG = AlbertConfig(
    vocab_size=120, embedding_size=48, hidden_size=64, num_hidden_layers=3, num_attention_heads=4,
    intermediate_size=64, max_position_embeddings=48, initializer_range=0.06,
)  # fmt: skip


@pytest.fixture(scope="module")
def texts():
    return small_run()[1]


@pytest.fixture(scope="module")
def model(texts):
    torch.manual_seed(0)
    model = AlbertForPreTraining(CONFIG).eval()
    start_informed(model, texts)
    return model


def counted(texts, vocab_size):
    counts = np.zeros((vocab_size, vocab_size))
    for first, last in zip(texts.documents[:-1], texts.documents[1:], strict=True):
        ids = texts.ids[texts.sentences[first] : texts.sentences[last]]
        for p in range(len(ids)):
            for r in range(max(0, p - WINDOW), min(len(ids), p + WINDOW + 1)):
                if r != p:
                    counts[ids[p], ids[r]] += 1 / abs(p - r)
    return counts


def test_counts_stay_within_documents_and_fall_with_distance(texts):
    dense = near_counts(texts, 120).to_dense().numpy()
    np.testing.assert_allclose(dense, counted(texts, 120), rtol=1e-4)


def test_vectors_are_the_decomposition_of_mutual_information(texts):
    counts = counted(texts, 120)
    share = counts.sum(1)
    context = share**0.75
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts * context.sum() / np.outer(share, context))
    information = np.where(np.isfinite(information), np.maximum(information, 0), 0)
    U, S, _ = np.linalg.svd(information)
    wanted = U[:, :24] * np.sqrt(S[:24])
    seen = share > 0
    torch.manual_seed(0)
    vectors = cooccurrence_vectors(texts, 120, 24).numpy()
    np.testing.assert_allclose((vectors[seen] ** 2).mean(1), 1, rtol=1e-4)
    assert not vectors[~seen].any()
    unit = wanted[seen] / np.linalg.norm(wanted[seen], axis=1, keepdims=True)
    ours = vectors[seen] / math.sqrt(24)
    np.testing.assert_allclose(ours @ ours.T, unit @ unit.T, atol=0.02)


def test_turning_moves_a_position_on():
    rates = turning_rates(8)
    table = sinusoids(30, rates)
    torch.testing.assert_close(table[:20] @ turn(rates * 7).T, table[7:27], rtol=0, atol=1e-5)
    assert rates[0] > rates[-1] > 0


def test_two_heads_attend_beside_themselves_and_the_others_to_nothing_in_particular(model):
    ids = torch.randint(5, 120, (8, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        weights = model.albert(ids, output_attentions=True).attentions[0].mean(0)  # (N, T, T)
    for head, offset in ((0, -1), (1, 1)):
        inner = weights[head, 2:-2]  # (T - 4, T): rows with both neighbours
        assert (inner.argmax(-1) == torch.arange(2, 38) + offset).float().mean() > 0.8
        assert weights[head].diagonal(offset).mean() > 5 / 40
    assert weights[2:].max() < 3 / 40


def test_unseen_words_and_special_tokens_stay_random(model, texts):
    unseen = torch.ones(120, dtype=torch.bool)
    unseen[torch.from_numpy(texts.ids.astype(np.int64))] = False
    table = model.albert.embeddings.word_embeddings.weight.detach()
    assert unseen[:5].all()
    assert (table[1:5, 16:].std(dim=1) > 0.01).all()
    assert not table[:, :16].any()  # the positions' dimensions
    rms = table[~unseen].square().mean(1).mul(48 / 32).sqrt()
    torch.testing.assert_close(rms, torch.full_like(rms, 0.06), rtol=1e-4, atol=0)


@pytest.mark.parametrize("heads", [1, 2])
def test_few_heads_leave_half_of_them_random(texts, heads):
    torch.manual_seed(0)
    fresh = AlbertForPreTraining(AlbertConfig(**{**vars(CONFIG), "num_attention_heads": heads}))
    before = fresh.albert.encoder.layers()[0].attention.key.weight.clone()
    start_informed(fresh, texts)
    changed = (fresh.albert.encoder.layers()[0].attention.key.weight != before).any(1)
    assert changed.sum() == (16 if heads == 2 else 0)


def test_a_run_can_start_random(tmp_path):
    settings, training, held_out, tokenizer = small_run(start="random", size="docs-mini")
    run = Pretraining(settings, training, held_out, tokenizer, tmp_path, "cpu")
    torch.manual_seed(settings.seed)
    plain = AlbertForPreTraining(run.model.config).state_dict()
    for name, tensor in run.model.state_dict().items():
        assert torch.equal(tensor, plain[name]), name
