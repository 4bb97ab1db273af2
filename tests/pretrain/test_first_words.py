"""What docs-mini said on its way: the recorded answers, and the tool that asks."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch

from albert_lab.model import AlbertForPreTraining, load_model, resolve
from albert_lab.pretrain.guesses import fill_mask
from albert_lab.text.tokenizer import load_tokenizer
from tools.first_words import SENTENCES, answers


@pytest.fixture(scope="module")
def records() -> list[dict]:
    lines = (resolve("docs-mini") / "first_words.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_records_begin_before_the_first_step_and_go_on_with_every_fiftieth(records):
    assert [record["step"] for record in records] == list(range(0, 50 * len(records), 50))
    tokens = [record["tokens"] for record in records]
    assert tokens == sorted(set(tokens))
    assert tokens[0] == 0
    assert tokens[-1] > 2_000_000


def test_every_sentence_has_five_pieces_of_the_vocabulary_the_likeliest_first(records):
    known = load_tokenizer(resolve("docs-mini")).get_vocab()
    for record in records:
        assert set(record["guesses"]) == set(SENTENCES)
        for guesses in record["guesses"].values():
            shares = [share for _, share in guesses]
            assert len(guesses) == 5
            assert shares == sorted(shares, reverse=True)
            assert all(piece in known for piece, _ in guesses)


def test_the_loss_falls_as_in_the_log_of_docs_mini(records):
    lines = (resolve("docs-mini") / "training_log.jsonl").read_text().splitlines()
    log = {record["step"]: record for record in map(json.loads, lines)}
    for record in records[1:]:
        assert record["masked_loss"] == pytest.approx(log[record["step"]]["masked_loss"], abs=0.25)
        assert record["layers"] == log[record["step"]]["layers"]


def test_the_tool_asks_the_network_at_the_depth_that_it_is_given():
    model = load_model("docs-mini", model_class=AlbertForPreTraining)
    tokenizer = load_tokenizer(resolve("docs-mini"))
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    shallow = AlbertForPreTraining(dataclasses.replace(model.config, num_hidden_layers=2)).eval()
    shallow.load_state_dict(model.state_dict())
    for layers, network in ((6, model), (2, shallow)):
        found = answers(model, tokenizer, layers)
        for text in SENTENCES:
            expected = [(piece, round(share, 4)) for piece, share in fill_mask(network, tokenizer, text)[0]]
            assert found[text] == expected
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
