"""The heads: tied decoder, masked positions, labels. Their numbers are compared in test_parity."""

from __future__ import annotations

import copy

import pytest
import torch

from albert_lab import model as lab
from albert_lab.errors import InputError
from albert_lab.model.heads import select_tokens

from .parity import make_batch, make_pair, tiny_config

WITH_DECODER = (lab.AlbertForPreTraining, lab.AlbertForMaskedLM)


@pytest.mark.parametrize("cls", WITH_DECODER)
def test_the_decoder_is_the_word_table(cls):
    model = copy.deepcopy(cls(tiny_config())).double()
    assert model.predictions.decoder.weight is model.albert.embeddings.word_embeddings.weight
    assert model.predictions.decoder.bias is model.predictions.bias


@pytest.mark.parametrize("cls", WITH_DECODER)
def test_logits_at_masked_positions_are_those_of_the_whole(cls):
    model, _ = make_pair(cls, tiny_config())
    inputs = make_batch("pairs", model.config)
    mask = torch.rand(3, 11) < 0.3
    name = "prediction_logits" if cls is lab.AlbertForPreTraining else "logits"
    whole = getattr(model(**inputs), name)
    some = getattr(model(**inputs, masked_positions=mask.flatten().nonzero().squeeze(1)), name)
    torch.testing.assert_close(some, whole[mask], rtol=0, atol=1e-12)
    assert getattr(model(**inputs, masked_positions=torch.tensor([], dtype=torch.long)), name).shape == (
        0,
        90,
    )


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (torch.tensor([0, 6]), "holds 6[\\s\\S]*0 to 5"),
        (torch.tensor([-1]), "holds -1"),
        (torch.ones(2, 3, dtype=torch.bool), "torch.bool[\\s\\S]*nonzero"),
        (torch.tensor([[1]]), r"shape \(1, 1\)"),
    ],
)
def test_bad_masked_positions(positions, message):
    with pytest.raises(InputError, match=message):
        select_tokens(torch.zeros(2, 3, 4), positions)


@pytest.mark.parametrize("cls", [lab.AlbertForPreTraining, lab.AlbertForQuestionAnswering])
def test_heads_that_have_two_labels(cls):
    with pytest.raises(InputError, match=r"num_labels=3[\s\S]*num_labels=2"):
        cls(tiny_config(num_labels=3))


@pytest.mark.parametrize("cls", [lab.AlbertForSequenceClassification, lab.AlbertForTokenClassification])
def test_classifiers_drop_in_training(cls):
    model = cls(tiny_config(classifier_dropout_prob=0.5)).train()
    ids = torch.randint(5, 90, (2, 4))
    assert not torch.equal(model(ids).logits, model(ids).logits)
    model.eval()
    assert torch.equal(model(ids).logits, model(ids).logits)


def test_what_the_encoder_keeps_comes_through():
    out = lab.AlbertForTokenClassification(tiny_config())(torch.tensor([[5, 6]]), output_attentions=True)
    assert len(out.attentions) == 3
    assert out.hidden_states is None
