from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from albert_lab.analysis import (
    ablated,
    head_effects,
    head_means,
    layer_effects,
    logit_lens,
    masked_token_loss,
    patched,
    record,
)
from albert_lab.errors import InputError
from albert_lab.text.tokenizer import train_tokenizer

SHAPES = [{}, {"num_hidden_groups": 2}, {"inner_group_num": 2}]


def hidden_states(model, batch):
    with torch.no_grad():
        return model(**batch, output_hidden_states=True).hidden_states


def without_columns(layer, heads, width=8):
    """A copy of a layer whose W_O takes nothing from these heads."""
    cut = copy.deepcopy(layer)
    for head in heads:
        cut.attention.dense.weight.data[:, head * width : (head + 1) * width] = 0
    return cut


def by_hand(model, batch, layer_at):
    """The encoder as a loop over the depths; ``layer_at(depth, layer)`` gives the layer, None skips it."""
    network = model.albert
    mask = batch["attention_mask"].bool()[:, None, None]
    with torch.no_grad():
        x = network.encoder.embedding_hidden_mapping_in(network.embeddings(batch["input_ids"]))
        for depth, layer in enumerate(network.encoder.layers()):
            chosen = layer_at(depth, layer)
            x = x if chosen is None else chosen(x, mask)[0]
    return x


@pytest.mark.parametrize("changes", SHAPES)
@pytest.mark.parametrize("depth", [0, 2, 3])
def test_a_head_at_one_depth(make_model, batch, changes, depth):
    model, (inputs, _) = make_model(**changes), batch
    expected = by_hand(model, inputs, lambda at, layer: without_columns(layer, [1]) if at == depth else layer)
    whole = hidden_states(model, inputs)[-1]
    with ablated(model, heads=[(depth, 1)]):
        for _ in range(2):  # the second pass counts from 0 again
            seen = hidden_states(model, inputs)[-1]
            torch.testing.assert_close(seen, expected)
    assert (seen - whole).abs().max() > 1e-3
    assert torch.equal(hidden_states(model, inputs)[-1], whole)


def test_a_head_at_every_depth_is_its_columns_of_the_shared_weight_set_to_zero(make_model, batch):
    model, (inputs, _) = make_model(), batch
    cut = copy.deepcopy(model)
    cut.albert.encoder.albert_layer_groups[0].albert_layers[0].attention.dense.weight.data[:, 8:24] = 0
    expected = hidden_states(cut, inputs)
    with ablated(model, heads=[(layer, head) for layer in range(4) for head in (1, 2)]):
        seen = hidden_states(model, inputs)
    for a, b in zip(seen, expected, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("changes", SHAPES)
def test_a_skipped_layer(make_model, batch, changes):
    model, (inputs, _) = make_model(**changes), batch
    expected = by_hand(model, inputs, lambda at, layer: None if at in (0, 2) else layer)
    with ablated(model, layers=[0, 2]):
        states = hidden_states(model, inputs)
        model.albert(**inputs)  # a part of the model alone leaves the count as it should be
        torch.testing.assert_close(hidden_states(model, inputs)[-1], expected)
    torch.testing.assert_close(states[-1], expected)
    assert torch.equal(states[0], states[1])
    assert torch.equal(states[2], states[3])


def transformers_model(ours, kind="AlbertForMaskedLM", **options):
    import transformers

    theirs = getattr(transformers, kind)(transformers.AlbertConfig(**ours.config.to_dict(), **options)).eval()
    theirs.load_state_dict(ours.state_dict(), strict=False)
    return theirs


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_transformers_albert_changes_as_ours_does(make_model, batch, implementation):
    ours, (inputs, labels) = make_model(), batch
    theirs = transformers_model(ours, attn_implementation=implementation)
    for effects in (head_effects, layer_effects):
        a, b = effects(ours, inputs, labels), effects(theirs, inputs, labels)
        np.testing.assert_allclose(a.hidden_states, b.hidden_states, atol=1e-3)
        np.testing.assert_allclose(a.loss, b.loss, atol=1e-3)
        assert a.loss_before == pytest.approx(b.loss_before, abs=1e-3)


def test_bert(batch):
    import transformers

    torch.manual_seed(0)
    shape = {"vocab_size": 24, "hidden_size": 24, "num_attention_heads": 3, "num_hidden_layers": 3}
    model = transformers.BertModel(transformers.BertConfig(**shape, intermediate_size=32)).eval()
    inputs, _ = batch
    cut = copy.deepcopy(model)
    cut.encoder.layer[1].attention.output.dense.weight.data[:, 16:] = 0
    with ablated(model, heads=[(1, 2)]):
        torch.testing.assert_close(hidden_states(model, inputs)[-1], hidden_states(cut, inputs)[-1])
    cut = copy.deepcopy(model)
    del cut.encoder.layer[1]
    with ablated(model, layers=[1]):
        torch.testing.assert_close(hidden_states(model, inputs)[-1], hidden_states(cut, inputs)[-1])


def test_effects_one_by_one(make_model, batch):
    model, (inputs, labels) = make_model(), batch
    effects = head_effects(model, inputs, labels)
    whole = hidden_states(model, inputs)[-1]
    assert effects.hidden_states.shape == effects.loss.shape == (4, 3)
    for depth, head in np.ndindex(4, 3):
        states = by_hand(
            model,
            inputs,
            lambda at, layer, d=depth, h=head: without_columns(layer, [h]) if at == d else layer,
        )
        moved = (states - whole).norm(dim=-1)[inputs["attention_mask"].bool()].mean()
        assert effects.hidden_states[depth, head] == pytest.approx(moved.item(), rel=1e-3)
        with torch.no_grad():
            logs = model.predictions(states).log_softmax(-1)
        wanted = -(logs[0, 2, 7] + logs[0, 5, 9] + logs[1, 3, 11]) / 3
        assert effects.loss[depth, head] == pytest.approx(wanted.item(), rel=1e-3)


def test_the_model_is_left_as_it_was(make_model, batch):
    model, (inputs, labels) = make_model(hidden_dropout_prob=0.5), batch
    model.train()
    before = copy.deepcopy(model.state_dict())
    first, second = head_effects(model, inputs, labels), head_effects(model, inputs, labels)
    np.testing.assert_array_equal(first.loss, second.loss)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(ZeroDivisionError), ablated(model, layers=[1]):
        1 / 0  # noqa: B018
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())


def test_a_map_recorded_without_a_layer(make_model):
    tokenizer = train_tokenizer(["the key of a tree"] * 50, vocab_size=20, allow_fewer=True)
    model = make_model()
    whole = record(model, tokenizer, "the key of a tree")
    with ablated(model, layers=[1]):
        cut = record(model, tokenizer, "the key of a tree")
    np.testing.assert_array_equal(whole.attention[:2], cut.attention[:2])
    np.testing.assert_allclose(cut.attention[2], whole.attention[1], atol=1e-6)  # the input of layer 1 again


@pytest.mark.parametrize(
    "cut", [{"heads": [(4, 0)]}, {"heads": [(0, 3)]}, {"layers": [4]}, {"layers": [-1]}, {"heads": [(-1, 0)]}]
)
def test_what_is_not_there_cannot_be_switched_off(make_model, cut):
    with pytest.raises(InputError), ablated(make_model(), **cut):
        pass


def test_what_has_no_effect_to_measure(make_model, batch):
    model, (inputs, labels) = make_model(), batch
    assert head_effects(model, inputs).loss is None
    with pytest.raises(InputError, match="predicts no tokens"):
        layer_effects(model.albert, inputs, labels)
    with pytest.raises(InputError, match="labels"):
        masked_token_loss(torch.zeros(2, 7, 24), torch.full((2, 7), -100))
    with pytest.raises(InputError, match="labels"):
        masked_token_loss(torch.zeros(2, 7, 24), torch.zeros(2, 6, dtype=torch.long))
    with pytest.raises(InputError, match="no layers"):
        head_effects(torch.nn.Linear(2, 2), inputs)


def with_mean_columns(layer, head, means, width=8):
    """A copy of a layer with a head's columns of W_O set to 0, and b + W m as its bias."""
    cut, columns = copy.deepcopy(layer), slice(head * width, (head + 1) * width)
    weight = cut.attention.dense.weight.data
    cut.attention.dense.bias.data += weight[:, columns] @ torch.as_tensor(means)
    weight[:, columns] = 0
    return cut


@pytest.mark.parametrize("changes", SHAPES)
def test_mean_ablation_is_a_bias(make_model, batch, changes):
    model, (inputs, _) = make_model(**changes), batch
    means = head_means(model, inputs)
    assert means.shape == (4 * model.config.inner_group_num, 3, 8)
    expected = by_hand(
        model, inputs, lambda at, layer: with_mean_columns(layer, 1, means[2, 1]) if at == 2 else layer
    )
    with ablated(model, heads=[(2, 1)], means=means):
        seen = hidden_states(model, inputs)[-1]
    torch.testing.assert_close(seen, expected, atol=1e-4, rtol=1e-4)
    with ablated(model, heads=[(2, 1)]):
        assert (hidden_states(model, inputs)[-1] - seen).abs().max() > 1e-3


def test_means_are_over_real_tokens(make_model, batch):
    model, (inputs, _) = make_model(), batch
    seen = []
    dense = model.albert.encoder.layers()[0].attention.dense
    handle = dense.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    with torch.no_grad():
        model(**inputs)
    handle.remove()
    tokens = torch.cat([seen[2][0], seen[2][1, :5]]).unflatten(-1, (3, 8))  # the third layer, without padding
    np.testing.assert_allclose(head_means(model, inputs)[2], tokens.mean(0), atol=1e-5)


def test_means_of_another_shape(make_model):
    with pytest.raises(InputError, match="head_means"), ablated(make_model(), means=np.zeros((2, 3, 8))):
        pass


@pytest.mark.parametrize("implementation", [None, "eager", "sdpa"])
def test_a_patched_layer_is_the_other_run_from_there_on(make_model, batch, implementation):
    model, (inputs, _) = make_model(), batch
    other = inputs | {"input_ids": inputs["input_ids"].roll(1, dims=1)}
    if implementation:
        model = transformers_model(model, attn_implementation=implementation)
    theirs, ours = hidden_states(model, other), hidden_states(model, inputs)
    with patched(model, {1: theirs[2]}, range(7)):  # all tokens after layer 1
        for _ in range(2):
            seen = hidden_states(model, inputs)
    torch.testing.assert_close(seen[1], ours[1])
    torch.testing.assert_close(seen[2], theirs[2])
    torch.testing.assert_close(seen[4][0], theirs[4][0])
    with patched(model, {1: theirs[2]}, [3]):
        seen = hidden_states(model, inputs)
    torch.testing.assert_close(seen[2][:, 3], theirs[2][:, 3])
    torch.testing.assert_close(seen[2][:, 4], ours[2][:, 4])
    assert (seen[4] - ours[4]).abs().max() > 1e-3
    with pytest.raises(InputError, match="layers from 0 to 3"), patched(model, {4: ours[0]}, [0]):
        pass


def test_the_logit_lens_ends_where_the_network_ends(make_model, batch):
    model, (inputs, _) = make_model(), batch
    seen = logit_lens(model, inputs)
    assert seen.shape == (5, 2, 7, 24)
    with torch.no_grad():
        torch.testing.assert_close(seen[-1], model(**inputs).logits)
        torch.testing.assert_close(seen[2], model.predictions(hidden_states(model, inputs)[2]))
    torch.testing.assert_close(logit_lens(transformers_model(model), inputs), seen, atol=1e-3, rtol=1e-3)
    with pytest.raises(InputError, match="AlbertForMaskedLM"):
        logit_lens(model.albert, inputs)
