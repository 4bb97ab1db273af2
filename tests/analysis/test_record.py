from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from albert_lab.analysis import AttentionRecord, CrossAttentionRecord, record
from albert_lab.errors import InputError
from albert_lab.model import (
    AlbertConfig,
    AlbertForMaskedLM,
    AlbertForPreTraining,
    AlbertForSequenceClassification,
    AlbertModel,
)
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
    import transformers

    ours = random_model()
    config = transformers.AlbertConfig(**ours.config.to_dict(), attn_implementation="eager")
    theirs = transformers.AlbertModel(config).eval()
    theirs.load_state_dict(ours.state_dict())
    a, b = record(ours, tokenizer, "the key", "a tree"), record(theirs, tokenizer, "the key", "a tree")
    assert (a.tokens, a.second_segment_start) == (b.tokens, b.second_segment_start)
    for name in ("attention", "queries", "keys"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-4)


@pytest.mark.parametrize("kind", ["AlbertModel", "AlbertForMaskedLM", "BertModel", "BertForMaskedLM"])
def test_an_sdpa_model_is_switched_to_eager_and_back(tokenizer, kind):
    import transformers

    model = theirs(transformers, kind, attn_implementation="sdpa")
    seen = record(model, tokenizer, "the key", "a tree")
    assert model.config._attn_implementation == "sdpa"
    assert all(
        part.config._attn_implementation == "sdpa" for part in model.modules() if hasattr(part, "config")
    )
    model.set_attn_implementation("eager")
    encoded = tokenizer("the key", "a tree", return_tensors="pt", return_token_type_ids=True)
    with torch.no_grad():
        expected = torch.cat(model(**encoded, output_attentions=True).attentions)
    np.testing.assert_array_equal(seen.attention, expected.numpy())
    assert seen.queries.shape == seen.keys.shape == (4, 3, len(seen.tokens), 8)


def test_the_implementation_comes_back_after_an_error(tokenizer):
    import transformers

    model = theirs(transformers, "BertModel", attn_implementation="sdpa")
    model.encoder.layer[2].register_forward_pre_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        record(model, tokenizer, "the key")
    assert model.config._attn_implementation == "sdpa"


def theirs(transformers, kind, **options):
    """A transformers model of the shape of `random_model`, with weights that are not close to 0."""
    torch.manual_seed(0)
    family = next(
        name for name in ("DistilBert", "Roberta", "Albert", "Bert", "MPNet") if kind.startswith(name)
    )
    shape = random_model().config.to_dict() | {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    shape = {name: value for name, value in shape.items() if name != "model_type"}
    if family == "DistilBert":
        shape = {
            "vocab_size": 24,
            "dim": 24,
            "n_heads": 3,
            "n_layers": 4,
            "hidden_dim": 32,
            "pad_token_id": 0,
        }
    model = getattr(transformers, kind)(getattr(transformers, f"{family}Config")(**shape, **options)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)
    return model


def test_a_model_without_segments(tokenizer):
    import transformers

    seen = record(theirs(transformers, "DistilBertModel"), tokenizer, "the key", "a tree")
    scores = torch.from_numpy(seen.queries @ seen.keys.swapaxes(-1, -2)) / 8**0.5
    np.testing.assert_allclose(scores.softmax(-1).numpy(), seen.attention, atol=1e-5)
    assert seen.tokens[seen.second_segment_start - 1] == "[SEP]"


def test_queries_and_keys_that_do_not_explain_the_attention_are_left_out(tokenizer):
    """MPNet adds a bias of relative positions to its scores, and calls its layers q and k."""
    import transformers

    seen = record(theirs(transformers, "MPNetModel"), tokenizer, "the key of a tree")
    assert seen.attention.shape[:2] == (4, 3)
    assert seen.queries is None
    assert seen.keys is None
    model = random_model()
    with torch.no_grad():
        model.pooler = torch.nn.ModuleDict({"query": model.pooler, "key": torch.nn.Linear(24, 24)})
    model.pool = lambda hidden: model.pooler["key"](model.pooler["query"](hidden[:, 0]))
    assert record(model, tokenizer, "the key of a tree").queries is None


def test_queries_and_keys_of_a_masked_attention_are_left_out(tokenizer):
    class LooksBack(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = random_model()

        def forward(self, input_ids, attention_mask, output_attentions=False):
            back = torch.ones(1, input_ids.shape[1], input_ids.shape[1]).tril().bool()
            return self.inside(input_ids, back, output_attentions=output_attentions)

    seen = record(LooksBack(), tokenizer, "the key of a tree")
    assert (np.triu(seen.attention, 1) == 0).all()
    assert seen.queries is None
    assert seen.keys is None


@pytest.mark.parametrize("kind", [AlbertForMaskedLM, AlbertForPreTraining, AlbertForSequenceClassification])
def test_our_models_with_a_head(tokenizer, kind):
    model = random_model()
    with_head = kind(model.config)
    with_head.albert.load_state_dict(model.state_dict(), strict=False)  # the masked-token model has no pooler
    a, b = (record(net, tokenizer, "the key", "a tree") for net in (model, with_head))
    np.testing.assert_array_equal(a.attention, b.attention)
    assert b.queries is not None


def test_a_model_that_hides_its_attention(tokenizer):
    class Hides(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = random_model()

        def forward(self, input_ids, attention_mask, output_attentions=False):
            return self.inside(input_ids, attention_mask)

    with pytest.raises(InputError, match="eager"):
        record(Hides(), tokenizer, "the key")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda maps: [weights[..., :-1] for weights in maps], "gives attention of shapes"),
        (lambda maps: [weights[0] for weights in maps], "gives attention of shapes"),
        (lambda maps: [maps[0], maps[1][:, :2]], "gives attention of shapes"),
        (lambda maps: [weights * torch.nan for weights in maps], "NaN"),
        (lambda maps: [maps[0], None], "does not give"),
    ],
)
def test_attention_that_does_not_fit(tokenizer, change, says):
    class Changed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = random_model()

        def forward(self, *inputs, output_attentions=False, **named):
            out = self.inside(*inputs, output_attentions=True, **named)
            out.attentions = change(out.attentions)
            return out

    with pytest.raises(InputError, match=says):
        record(Changed(), tokenizer, "the key")


@pytest.mark.parametrize(
    "change",
    [
        {"tokens": ("a", "b")},
        {"attention": np.ones((2, 3, 4), np.float32)},
        {"attention": np.ones((2, 1, 3, 4), np.float32)},
        {"attention": np.full((2, 1, 3, 3), np.nan)},
        {"queries": None},
        {"keys": np.ones((2, 1, 3, 5), np.float32)},
        {"queries": np.ones((1, 1, 3, 4), np.float32), "keys": np.ones((1, 1, 3, 4), np.float32)},
        {"queries": np.full((2, 1, 3, 4), np.inf)},
    ],
)
def test_a_record_fits_together(change):
    vectors = np.ones((2, 1, 3, 4), np.float32)
    fits = {
        "tokens": ("a", "b", "c"),
        "attention": np.full((2, 1, 3, 3), 1 / 3),
        "queries": vectors,
        "keys": vectors,
    }
    assert AttentionRecord(**fits).num_layers == 2
    with pytest.raises(InputError):
        AttentionRecord(**(fits | change))


@pytest.mark.parametrize(
    ("texts", "says"), [((None,), "not a string"), (("a", 3), "not a string"), (("the " * 40,), "tokens")]
)
def test_texts_that_cannot_be_recorded(tokenizer, texts, says):
    with pytest.raises(InputError, match=says):
        record(random_model(), tokenizer, *texts)


def test_bytes_that_are_no_characters_are_read_as_the_replacement_character(tokenizer):
    model = random_model()
    for pair, clean in (
        (("read caf\udce9", None), ("read caf\ufffd", None)),
        (("read", "\ud800 file"), ("read", "\ufffd file")),
    ):
        found, expected = record(model, tokenizer, *pair), record(model, tokenizer, *clean)
        assert found.tokens == expected.tokens
        np.testing.assert_array_equal(found.attention, expected.attention)


def test_an_empty_second_text_keeps_its_separator(tokenizer):
    model = random_model()
    alone, pair = record(model, tokenizer, "read"), record(model, tokenizer, "read", "")
    assert pair.tokens == (*alone.tokens, tokenizer.sep_token)
    assert pair.second_segment_start == len(alone.tokens)
    assert record(model, tokenizer, "", "").tokens == (tokenizer.cls_token, *[tokenizer.sep_token] * 2)


def test_a_text_that_is_too_long_is_told_once(tokenizer, caplog, recwarn):
    with pytest.raises(InputError, match="tokens"):
        record(random_model(), tokenizer, "read the file " * 500)
    assert not caplog.records
    assert not recwarn.list


@pytest.mark.parametrize(
    "change",
    [
        {"tokens": ("le",)},
        {"key_tokens": ("the", "cat", "sits", "here")},
        {"attention": np.ones((2, 1, 3, 2), np.float32)},
        {"attention": np.full((2, 1, 2, 3), np.nan)},
        {"queries": None},
        {"keys": np.ones((2, 1, 2, 4), np.float32)},
        {"keys": np.ones((2, 1, 3, 5), np.float32)},
    ],
)
def test_a_record_of_cross_attention_fits_together(change):
    fits = {
        "tokens": ("le", "chat"),
        "key_tokens": ("the", "cat", "sits"),
        "attention": np.full((2, 1, 2, 3), 1 / 3),
        "queries": np.ones((2, 1, 2, 4), np.float32),
        "keys": np.ones((2, 1, 3, 4), np.float32),
    }
    found = CrossAttentionRecord(**fits)
    assert (found.num_layers, found.num_heads, found.second_segment_start) == (2, 1, None)
    assert CrossAttentionRecord(("le", "chat"), fits["key_tokens"], fits["attention"]).queries is None
    with pytest.raises(InputError):
        CrossAttentionRecord(**(fits | change))
