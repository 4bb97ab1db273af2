"""Guesses against transformers' network with the same weights."""

from __future__ import annotations

import pytest
import torch
import transformers

from albert_lab.errors import InputError
from albert_lab.model.checkpoint import load_model, resolve
from albert_lab.model.heads import AlbertForMaskedLM, AlbertForPreTraining
from albert_lab.pretrain.guesses import fill_mask, in_order
from albert_lab.text.tokenizer import load_tokenizer

TEXT = "return the [MASK] of the [MASK] [MASK]."


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(resolve())


@pytest.fixture(scope="module")
def model():
    return load_model(model_class=AlbertForPreTraining)


@pytest.fixture(scope="module")
def theirs():
    return transformers.AlbertForPreTraining.from_pretrained(resolve()).eval()


@pytest.mark.parametrize("model_class", [AlbertForPreTraining, AlbertForMaskedLM])
def test_each_mask_gets_the_pieces_that_transformers_finds_likeliest(model_class, tokenizer, theirs):
    guesses = fill_mask(load_model(model_class=model_class), tokenizer, TEXT, top=3)
    inputs = tokenizer(TEXT, return_tensors="pt")
    with torch.no_grad():
        shares = theirs(**inputs).prediction_logits[0].softmax(-1)
    places = [place for place, token in enumerate(inputs.tokens()) if token == "[MASK]"]
    assert len(guesses) == len(places) == 3
    for place, found in zip(places, guesses, strict=True):
        best = shares[place].argsort(descending=True)[:3]
        assert [guess.piece for guess in found] == tokenizer.convert_ids_to_tokens(best)
        assert [guess.probability for guess in found] == pytest.approx(shares[place][best].tolist(), rel=1e-4)


def test_the_probability_of_an_order_is_that_of_transformers(model, tokenizer, theirs):
    first, second = "Open the file for reading.", "It is closed at the end of the block, also after an error."
    for a, b in ((first, second), (second, first)):
        with torch.no_grad():
            logits = theirs(**tokenizer(a, b, return_tensors="pt")).sop_logits
        assert in_order(model, tokenizer, a, b) == pytest.approx(float(logits.softmax(-1)[0, 0]), abs=1e-5)
    assert in_order(model, tokenizer, first, second) != in_order(model, tokenizer, second, first)


@pytest.mark.parametrize(
    ("text", "top", "says"),
    [("no mask", 5, "nothing to fill in"), (TEXT, 0, "top is 0"), ("[MASK] word " * 300, 5, "tokens")],
)
def test_what_cannot_be_guessed(model, tokenizer, text, top, says):
    with pytest.raises(InputError, match=says):
        fill_mask(model, tokenizer, text, top=top)


def test_a_pair_that_is_too_long(model, tokenizer):
    with pytest.raises(InputError, match="tokens"):
        in_order(model, tokenizer, "word " * 200, "word " * 200)
