"""Configs: the default, the named sizes, the JSON form, and what is refused."""

from __future__ import annotations

import dataclasses
import json

import pytest
import transformers

from albert_lab.errors import InputError
from albert_lab.model import AlbertConfig
from albert_lab.model.config import NAMED_SIZES, groups_differ

from .parity import tiny_config

# Lan et al. 2020, Table 1; head counts of the released checkpoints: H, L, N, feed-forward width, d
RELEASED = {
    "base": (768, 12, 12, 3072, 64),
    "large": (1024, 24, 16, 4096, 64),
    "xlarge": (2048, 24, 16, 8192, 128),
    "xxlarge": (4096, 12, 64, 16384, 64),
}


@pytest.mark.parametrize("name", RELEASED)
def test_released_sizes(name):
    c = AlbertConfig.named(name)
    shape = (c.hidden_size, c.num_hidden_layers, c.num_attention_heads, c.intermediate_size, c.head_size)
    assert shape == RELEASED[name]
    assert (c.vocab_size, c.embedding_size, c.max_position_embeddings, c.type_vocab_size) == (
        30000,
        128,
        512,
        2,
    )
    assert (c.hidden_dropout_prob, c.attention_probs_dropout_prob, c.hidden_act) == (0.0, 0.0, "gelu_new")
    assert (c.layer_norm_eps, c.num_hidden_groups, c.inner_group_num) == (1e-12, 1, 1)


def test_default_is_base():
    assert AlbertConfig() == AlbertConfig.named("base")


def test_the_built_in_size():
    c = AlbertConfig.named("docs-mini")
    assert (c.vocab_size, c.embedding_size, c.hidden_size, c.num_hidden_layers) == (8000, 96, 128, 6)
    assert (c.num_attention_heads, c.intermediate_size, c.max_position_embeddings) == (4, 512, 256)


def test_configs_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        AlbertConfig().hidden_size = 3


@pytest.mark.parametrize(
    "config",
    [*(AlbertConfig.named(name) for name in NAMED_SIZES), tiny_config(num_labels=7, hidden_dropout_prob=0.1)],
)
def test_json_there_and_back(config):
    assert AlbertConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


FEELINGS = {0: "joy", 1: "anger", 2: "fear", 3: "calm", 4: "other"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_labels": 5, "hidden_act": "relu", "pad_token_id": None},
        {"num_labels": 5, "id2label": FEELINGS, "problem_type": "multi_label_classification"},
        {"num_labels": 2, "id2label": {0: "no", 1: "yes"}, "tie_word_embeddings": False},
        {"num_labels": 1, "problem_type": "regression"},
    ],
)
def test_transformers_reads_ours_and_we_read_theirs(changes, tmp_path):
    config = tiny_config(**changes)
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    theirs = transformers.AlbertConfig.from_pretrained(tmp_path)
    for field in dataclasses.fields(AlbertConfig):
        if field.name != "id2label" or config.id2label:  # theirs has LABEL_0, ... where nobody named them
            assert getattr(theirs, field.name) == getattr(config, field.name), field.name
    theirs.save_pretrained(tmp_path)
    assert AlbertConfig.from_dict(json.loads((tmp_path / "config.json").read_text())) == config


def test_a_key_left_out_means_what_it_means_to_transformers():
    """An empty config.json is xxlarge to transformers; to read it as base would be another network."""
    assert AlbertConfig.from_dict({"model_type": "albert"}) == AlbertConfig.named("xxlarge")
    theirs = transformers.AlbertConfig()
    ours = AlbertConfig.from_dict({})
    for field in dataclasses.fields(AlbertConfig):
        if field.name != "id2label":  # theirs has LABEL_0 and LABEL_1
            assert getattr(ours, field.name) == getattr(theirs, field.name), field.name


def test_no_classifier_dropout_of_its_own():
    config = AlbertConfig.from_dict({"classifier_dropout_prob": None, "hidden_dropout_prob": 0.25})
    assert config.classifier_dropout_prob == 0.25


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_attention_heads": 7}, "7 heads do not divide hidden_size 48"),
        ({"hidden_act": "swish"}, "'swish'"),
        ({"vocab_size": 0}, "vocab_size is 0"),
        ({"num_hidden_layers": -1}, "num_hidden_layers is -1"),
        ({"hidden_size": 48.0}, r"hidden_size is 48\.0"),
        ({"num_attention_heads": True}, "num_attention_heads is True"),
        ({"num_attention_heads": 0}, "num_attention_heads is 0"),
        ({"num_hidden_groups": 4}, "num_hidden_groups is 4"),
        ({"vocab_size": 10**18}, "vocab_size is 1000"),
        ({"num_hidden_layers": 10**8}, "at most 10000 layers"),
        ({"num_hidden_layers": 101, "inner_group_num": 100}, "inner_group_num 100"),
        ({"hidden_dropout_prob": 1.0}, "hidden_dropout_prob is 1.0"),
        ({"hidden_dropout_prob": "0.1"}, "hidden_dropout_prob is '0.1'"),
        ({"hidden_dropout_prob": None}, "hidden_dropout_prob is None"),
        ({"layer_norm_eps": float("inf")}, "layer_norm_eps is inf"),
        ({"layer_norm_eps": "1e-12"}, "layer_norm_eps is '1e-12'"),
        ({"pad_token_id": 0.0}, r"pad_token_id is 0\.0"),
        ({"layer_norm_eps": 0.0}, "layer_norm_eps is 0.0"),
        ({"pad_token_id": 90}, "pad_token_id is 90"),
        ({"id2label": FEELINGS}, "id2label names 5 labels and num_labels is 2"),
        ({"id2label": ["joy", "anger"]}, "id2label is"),
        ({"problem_type": 3}, "problem_type is 3"),
        ({"tie_word_embeddings": None}, "tie_word_embeddings is None"),
    ],
)
def test_numbers_that_make_no_network(changes, message):
    with pytest.raises(InputError, match=message) as caught:
        tiny_config(**changes)
    assert "Expected:" in str(caught.value)


@pytest.mark.parametrize("named", [["joy", "anger"], {"first": "joy"}, "joy", 5])
def test_labels_without_numbers(named):
    with pytest.raises((InputError, TypeError)):
        AlbertConfig.from_dict({"id2label": named})


def test_names_that_nobody_gave_are_none():
    """transformers writes LABEL_0, ... for labels without names; they would tell two equal models apart."""
    assert AlbertConfig.from_dict({"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}}) == (
        AlbertConfig.from_dict({"num_labels": 3})
    )


def test_groups_that_do_not_divide_the_layers():
    """Of all shapes up to 64 layers transformers reads 39 as another network, none where they divide."""
    differing = [
        (L, G)
        for L in range(1, 65)
        for G in range(1, L + 1)
        if groups_differ(AlbertConfig(num_hidden_layers=L, num_hidden_groups=G))
    ]
    assert len(differing) == 39
    assert (18, 14) in differing
    assert [pair for pair in differing if pair[0] % pair[1] == 0] == []


def test_an_unknown_name():
    with pytest.raises(
        InputError, match=r"no size named 'huge'[\s\S]*base, large, xlarge, xxlarge, docs-mini"
    ):
        AlbertConfig.named("huge")


@pytest.mark.parametrize("values", [{"model_type": "bert"}, {"position_embedding_type": "relative_key"}])
def test_a_config_of_another_network(values):
    with pytest.raises(InputError, match=r"bert|relative_key"):
        AlbertConfig.from_dict(values)
