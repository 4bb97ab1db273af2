from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from albert_lab.analysis import record
from albert_lab.errors import InputError
from albert_lab.model import AlbertConfig, AlbertModel
from albert_lab.text.tokenizer import train_tokenizer

TEXT = "the tree of a class holds keys and every key names one value of that class"


@pytest.fixture(scope="module")
def tokenizer():
    rng = np.random.default_rng(0)
    return train_tokenizer([" ".join(rng.choice(TEXT.split(), 12)) for _ in range(200)], vocab_size=24)


def random_model(**changes):
    torch.manual_seed(0)
    shape = {
        "vocab_size": 24,
        "embedding_size": 8,
        "hidden_size": 24,
        "num_attention_heads": 3,
        "num_hidden_layers": 4,
        "intermediate_size": 32,
        "max_position_embeddings": 32,
    }
    model = AlbertModel(AlbertConfig(**(shape | changes))).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(8)
    return model


@pytest.mark.parametrize("groups", [{}, {"num_hidden_groups": 2}, {"inner_group_num": 2}])
def test_queries_and_keys_give_the_attention(tokenizer, groups):
    seen = record(random_model(**groups), tokenizer, "the key of a tree")
    layers = 4 * groups.get("inner_group_num", 1)
    length = len(seen.tokens)
    assert seen.attention.shape == (layers, 3, length, length)
    assert seen.queries.shape == seen.keys.shape == (layers, 3, length, 8)
    assert (seen.num_layers, seen.num_heads) == (layers, 3)
    scores = torch.from_numpy(seen.queries @ seen.keys.swapaxes(-1, -2)) / 8**0.5
    np.testing.assert_allclose(scores.softmax(-1).numpy(), seen.attention, atol=1e-5)
    assert not np.allclose(seen.attention[0], seen.attention[1], atol=1e-3)


def test_the_tokens_and_the_second_segment(tokenizer):
    model = random_model()
    one, two = record(model, tokenizer, "the key"), record(model, tokenizer, "the key", "a tree")
    assert one.tokens[0] == "[CLS]"
    assert one.tokens[-1] == "[SEP]"
    assert one.second_segment_start is None
    assert two.second_segment_start == len(one.tokens)
    assert two.tokens[two.second_segment_start - 1] == "[SEP]"
    assert record(model, tokenizer, "").tokens == ("[CLS]", "[SEP]")


def test_the_model_is_left_as_it_was(tokenizer):
    model = random_model(hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5)
    model.train()
    model.encoder.eval()
    before = copy.deepcopy(model.state_dict())
    first, second = record(model, tokenizer, "the key"), record(model, tokenizer, "the key")
    np.testing.assert_array_equal(first.attention, second.attention)
    assert model.training
    assert not model.encoder.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_transformers_albert_gives_the_same_record(tokenizer):
    transformers = pytest.importorskip("transformers")
    ours = random_model()
    config = transformers.AlbertConfig(**ours.config.to_dict(), attn_implementation="eager")
    theirs = transformers.AlbertModel(config).eval()
    theirs.load_state_dict(ours.state_dict())
    a, b = record(ours, tokenizer, "the key", "a tree"), record(theirs, tokenizer, "the key", "a tree")
    assert (a.tokens, a.second_segment_start) == (b.tokens, b.second_segment_start)
    for name in ("attention", "queries", "keys"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-4)


def test_a_model_that_hides_its_attention(tokenizer):
    transformers = pytest.importorskip("transformers")
    config = transformers.AlbertConfig(**random_model().config.to_dict(), attn_implementation="sdpa")
    with pytest.raises(InputError, match="eager"):
        record(transformers.AlbertModel(config), tokenizer, "the key")


@pytest.mark.parametrize(
    ("texts", "says"), [((None,), "not a string"), (("a", 3), "not a string"), (("the " * 40,), "tokens")]
)
def test_texts_that_cannot_be_recorded(tokenizer, texts, says):
    with pytest.raises(InputError, match=says):
        record(random_model(), tokenizer, *texts)
