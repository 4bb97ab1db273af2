"""The whole model: parameters of every size, its inputs, and what it refuses."""

from __future__ import annotations

import pytest
import torch
import transformers

from albert_lab import model as lab
from albert_lab.errors import InputError
from albert_lab.model import AlbertConfig, AlbertModel

from .parity import make_batch, make_pair, their_config, tiny_config

# Published counts: with pooler, with both pretraining heads, with the masked-token head and no pooler.
COUNTS = {
    "base": (11_683_584, 11_813_810, 11_221_680),
    "large": (17_683_968, 17_847_474, 16_795_824),
    "xlarge": (58_724_864, 59_021_490, 54_821_040),
    "xxlarge": (222_595_584, 223_158_450, 206_368_944),
}
CLASSES = (AlbertModel, lab.AlbertForPreTraining, lab.AlbertForMaskedLM)


def count(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("position", range(3), ids=[cls.__name__ for cls in CLASSES])
@pytest.mark.parametrize("name", COUNTS)
def test_names_shapes_and_counts_of_the_released_sizes(name, position):
    config, cls = AlbertConfig.named(name), CLASSES[position]
    with torch.device("meta"):
        ours, theirs = cls(config), getattr(transformers, cls.__name__)(their_config(config))
    assert count(ours) == COUNTS[name][position]
    shapes = [{n: tuple(t.shape) for n, t in model.state_dict().items()} for model in (ours, theirs)]
    assert shapes[0] == shapes[1]
    names = [{n for n, _ in model.named_parameters()} for model in (ours, theirs)]
    assert names[0] == names[1]


def test_the_built_in_size_has_a_million_parameters():
    """By arithmetic: tables, E -> H, one layer, pooler; then the two heads."""
    V, E, H, T = 8000, 96, 128, 256
    tables = (V + T + 2) * E + 2 * E
    layer = 4 * (H * H + H) + 8 * H * H + 5 * H + 4 * H
    body = tables + (E * H + H) + layer + (H * H + H)
    config = AlbertConfig.named("docs-mini")
    assert count(AlbertModel(config)) == body == 1_020_160
    heads = (H * E + E) + 2 * E + V + (2 * H + 2)
    assert count(lab.AlbertForPreTraining(config)) == body + heads == 1_040_994


def test_fresh_weights():
    torch.manual_seed(0)
    model = lab.AlbertForPreTraining(tiny_config(vocab_size=2000, hidden_size=240, initializer_range=0.05))
    for name, parameter in model.named_parameters():
        if "norm" in name.lower():
            assert parameter.eq(1.0 if name.endswith("weight") else 0.0).all(), name
        elif name.endswith("bias"):
            assert parameter.eq(0.0).all(), name
        else:
            assert parameter.abs().max() <= 0.1, name  # cut at two deviations
    words = model.albert.embeddings.word_embeddings.weight
    assert words[0].eq(0.0).all()
    # A normal distribution cut at two deviations has 0.8796 of the deviation left.
    assert words[1:].std().item() == pytest.approx(0.05 * 0.8796, rel=0.02)


def test_padding_changes_nothing():
    model, _ = make_pair(AlbertModel, tiny_config())
    ids = torch.randint(5, 90, (1, 6))
    alone = model(ids)
    padded = torch.cat([ids, torch.randint(5, 90, (1, 4))], dim=1)
    mask = torch.tensor([[1] * 6 + [0] * 4])
    among = model(padded, mask)
    torch.testing.assert_close(among.last_hidden_state[:, :6], alone.last_hidden_state, rtol=0, atol=1e-12)
    torch.testing.assert_close(among.pooler_output, alone.pooler_output, rtol=0, atol=1e-12)


@pytest.mark.parametrize("weights", [False, True])
def test_all_forms_of_a_mask_mean_the_same(weights):
    model, _ = make_pair(AlbertModel, tiny_config())
    inputs = make_batch("padded", model.config)
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    expected = model(ids, mask, output_attentions=weights).last_hidden_state
    forms = [mask.bool(), mask.float(), mask.int(), mask[:, None, :].expand(3, 11, 11)]
    for form in forms:
        assert torch.equal(model(ids, form, output_attentions=weights).last_hidden_state, expected)
    unmasked = model(ids, output_attentions=weights).last_hidden_state
    assert torch.equal(
        model(ids, torch.ones_like(ids), output_attentions=weights).last_hidden_state, unmasked
    )
    assert not torch.allclose(unmasked, expected)


def test_a_mask_per_query_hides_the_future():
    model, _ = make_pair(AlbertModel, tiny_config())
    ids = torch.randint(5, 90, (1, 6))
    changed = ids.clone()
    changed[0, -1] = ids[0, -1] % 80 + 6
    causal = torch.ones(1, 6, 6, dtype=torch.bool).tril()
    before, after = (model(x, causal).last_hidden_state for x in (ids, changed))
    torch.testing.assert_close(before[:, :-1], after[:, :-1], rtol=0, atol=1e-12)
    assert not torch.allclose(before[:, -1], after[:, -1])


@pytest.mark.parametrize("weights", [False, True])
def test_a_text_that_is_all_padding_gives_numbers(weights):
    model, _ = make_pair(AlbertModel, tiny_config(), torch.float32)
    ids = torch.randint(5, 90, (2, 4))
    mask = torch.tensor([[1, 1, 1, 1], [0, 0, 0, 0]])
    out = model(ids, mask, output_attentions=weights)
    out.last_hidden_state.sum().backward()
    assert out.last_hidden_state.isfinite().all()
    assert all(p.grad.isfinite().all() for n, p in model.named_parameters() if p.grad is not None)


def test_positions_can_be_given():
    model, theirs = make_pair(AlbertModel, tiny_config())
    ids, positions = torch.randint(5, 90, (2, 4)), torch.tensor([[9, 3, 0, 23], [1, 1, 2, 2]])
    expected = theirs(ids, position_ids=positions).last_hidden_state
    torch.testing.assert_close(
        model(ids, position_ids=positions).last_hidden_state, expected, rtol=0, atol=1e-12
    )


def test_no_texts_give_no_vectors():
    out = AlbertModel(tiny_config())(torch.zeros(0, 5, dtype=torch.long))
    assert out.last_hidden_state.shape == (0, 5, 48)
    assert out.pooler_output.shape == (0, 48)


def test_without_pooler():
    model = AlbertModel(tiny_config(), add_pooling_layer=False)
    assert model(torch.tensor([[5]])).pooler_output is None
    assert not any(name.startswith("pooler") for name in model.state_dict())


IDS = torch.randint(5, 90, (2, 6))
BAD_INPUTS = {
    "too long": ((torch.full((1, 25), 5),), {}, r"25 tokens[\s\S]*at most 24[\s\S]*truncation"),
    "id beyond the table": (
        (torch.tensor([[5, 90]]),),
        {},
        r"input_ids holds 90[\s\S]*0 to 89[\s\S]*tokenizer",
    ),
    "negative id": ((torch.tensor([[5, -1]]),), {}, "input_ids holds -1"),
    "ids as floats": ((IDS.float(),), {}, r"torch.float32[\s\S]*int64"),
    "ids as booleans": ((IDS.bool(),), {}, r"torch.bool"),
    "ids in lists": ((IDS.tolist(),), {}, r"input_ids is \[\[[\s\S]*torch.tensor\(input_ids\)"),
    "a mask of numpy": ((IDS, IDS.numpy()), {}, r"attention_mask is array[\s\S]*a tensor"),
    "one text, no batch": ((IDS[0],), {}, r"shape \(6,\)[\s\S]*unsqueeze"),
    "no tokens": ((IDS[:, :0],), {}, r"shape \(2, 0\)[\s\S]*at least one token"),
    "mask too short": ((IDS, torch.ones(2, 5)), {}, r"attention_mask has shape \(2, 5\)[\s\S]*\(2, 6\)"),
    "mask of one text": ((IDS, torch.ones(1, 6)), {}, r"shape \(1, 6\)"),
    "mask of four axes": ((IDS, torch.ones(2, 1, 1, 6)), {}, r"shape \(2, 1, 1, 6\)"),
    "mask to be added": ((IDS, torch.full((2, 6), -10000.0)), {}, r"other than 0 and 1[\s\S]*padding"),
    "segments of another shape": (
        (IDS, None, torch.zeros(2, 7).long()),
        {},
        r"token_type_ids has shape \(2, 7\)",
    ),
    "a third segment": ((IDS, None, torch.full((2, 6), 2)), {}, r"token_type_ids holds 2[\s\S]*0 to 1"),
    "position beyond the table": ((IDS,), {"position_ids": torch.arange(6) + 19}, "position_ids holds 24"),
    "positions of another shape": (
        (IDS,),
        {"position_ids": torch.arange(5)},
        r"position_ids has shape \(5,\)",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
@pytest.mark.parametrize("training", [False, True])
def test_bad_input(name, training):
    inputs, options, message = BAD_INPUTS[name]
    with pytest.raises(InputError, match=message):
        AlbertModel(tiny_config()).train(training)(*inputs, **options)
