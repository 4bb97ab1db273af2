from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from albert_lab.vectors import Extractor
from albert_lab.vectors.packed import PackedLayer, PackedLayers, PackedLinear, can_pack
from albert_lab.vectors.precision import in_precision
from tests.small_models import SENTENCES


def difference(a, b) -> float:
    return float(np.abs(a - b).max())


def embedded(model, tokenizer, packed, texts=SENTENCES, **options):
    return Extractor(model, tokenizer, packed=packed, **options).embed(texts)


@pytest.mark.parametrize("hidden_act", ["gelu_new", "gelu_pytorch_tanh", "gelu", "relu"])
@pytest.mark.parametrize("masked", [False, True])
def test_a_packed_layer_computes_what_the_layer_computes(make_model, hidden_act, masked):
    layer = make_model(hidden_act=hidden_act).encoder.layers()[0]
    x = torch.randn(3, 16, 32)
    mask = torch.ones(3, 1, 1, 16, dtype=torch.bool)
    mask[1, ..., 9:] = False
    with torch.no_grad():
        expected, _ = layer(x, mask if masked else None, output_weights=True)  # as the formulas are written
        found, weights = PackedLayer(layer)(x, mask if masked else None)
    assert weights is None
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_one_product_for_several_layers_with_the_same_input():
    torch.manual_seed(0)
    first, second = torch.nn.Linear(24, 8), torch.nn.Linear(24, 5)
    x, residual = torch.randn(2, 7, 24), torch.randn(2, 7, 13)
    packed = PackedLinear(first, second)
    with torch.no_grad():
        expected = torch.cat([first(x), second(x)], dim=-1)
        torch.testing.assert_close(packed(x), expected, atol=1e-5, rtol=0)
        torch.testing.assert_close(packed.plus(x, residual), expected + residual, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "changes", [{}, {"num_hidden_groups": 3}, {"inner_group_num": 2}, {"intermediate_size": 40}]
)
@pytest.mark.parametrize("pooling", ["mean", "pooler", "first_last"])
def test_the_vectors_are_those_of_the_plain_layers(make_model, tokenizer, changes, pooling):
    model = make_model(**changes)
    plain, packed = (embedded(model, tokenizer, way, pooling=pooling) for way in (False, True))
    assert difference(plain, packed) <= 1e-5


def test_token_vectors_and_inner_layers_too(model, tokenizer):
    plain, packed = (
        Extractor(model, tokenizer, packed=way, layer=1).embed(SENTENCES, "token") for way in (False, True)
    )
    assert all(np.allclose(a.vectors, b.vectors, atol=1e-5) for a, b in zip(plain, packed, strict=True))


def test_the_vectors_are_those_of_sentence_transformers(model, tokenizer, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    from albert_lab.model.checkpoint import save_model

    save_model(model, tmp_path)
    tokenizer.save_pretrained(tmp_path)
    modules = [Transformer(str(tmp_path), max_seq_length=64), Pooling(32)]
    theirs = SentenceTransformer(modules=modules, device="cpu").encode(SENTENCES, show_progress_bar=False)
    assert difference(theirs, embedded(model, tokenizer, True)) <= 1e-5


@pytest.mark.parametrize("budget", [1, 100, 300, 4000])
def test_padding_and_company_do_not_change_a_packed_vector(make_model, tokenizer, budget):
    extractor = Extractor(make_model(1.0), tokenizer, packed=True, tokens_per_batch=budget)
    together = extractor.embed(SENTENCES * 3)
    for position, sentence in enumerate(SENTENCES):
        assert difference(extractor.embed([sentence])[0], together[position :: len(SENTENCES)]) <= 1e-6


def test_bfloat16_keeps_the_direction(make_model, tokenizer, monkeypatch):
    monkeypatch.setattr("albert_lab.vectors.precision._cpu_can", lambda *features: True)
    model = make_model(1.0)
    exact = embedded(model, tokenizer, False)
    rounded = embedded(model, tokenizer, True, precision="bfloat16")
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(rounded, axis=1)
    assert ((exact * rounded).sum(1) / norms).min() >= 0.9999


def test_a_changed_weight_is_seen(make_model, tokenizer):
    model, other = make_model(), make_model(3.0)
    extractor = Extractor(model, tokenizer, packed=True)
    extractor.embed(SENTENCES)
    model.load_state_dict(other.state_dict())
    assert difference(extractor.embed(SENTENCES), embedded(other, tokenizer, False)) <= 1e-5
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    model(torch.tensor([[2, 7, 3]])).last_hidden_state[0, 0, 0].backward()
    optimizer.step()
    assert difference(extractor.embed(SENTENCES), embedded(model, tokenizer, False)) <= 1e-5


def test_layers_that_share_weights_are_packed_once(make_model):
    layers = PackedLayers(make_model(num_hidden_groups=2, num_hidden_layers=4))
    assert len(layers()) == 4
    assert len(set(layers())) == 2
    assert layers() is layers(), "nothing has changed, so nothing is packed again"


def test_several_threads_may_embed_at_once(make_model, tokenizer):
    model = make_model()
    extractor = Extractor(model, tokenizer, packed=True)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: extractor.embed(SENTENCES), range(12)))
    assert max(difference(found[0], each) for each in found) <= 1e-6


def test_what_cannot_be_packed_runs_as_it_is(make_model, tokenizer, monkeypatch):
    assert can_pack(make_model())
    assert not can_pack(make_model().double())
    assert not can_pack(make_model().to("meta"))
    assert not can_pack(torch.nn.Linear(2, 2))
    assert not can_pack(in_precision(make_model(), "int8"))
    assert (
        difference(*(embedded(make_model(), tokenizer, way, precision="int8") for way in (True, False))) == 0
    )
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert difference(embedded(make_model(), tokenizer, True), embedded(make_model(), tokenizer, False)) == 0


def test_the_fingerprint_is_that_of_the_plain_way(model, tokenizer):
    plain, packed = (Extractor(model, tokenizer, packed=way) for way in (False, True))
    assert plain.fingerprint() == packed.fingerprint()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_packed_layers_can_be_copied_and_pack_for_themselves(make_model, copied):
    layers = PackedLayers(make_model())
    x = torch.randn(2, 8, 32)
    with torch.no_grad():
        assert torch.equal(layers()[0](x)[0], copied(layers)()[0](x)[0])
    assert copied(layers).model is not layers.model
