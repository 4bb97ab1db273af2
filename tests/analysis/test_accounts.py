from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from albert_lab.analysis import activation_bytes, flops, parameters
from albert_lab.errors import InputError
from albert_lab.model import AlbertConfig, AlbertForMaskedLM, AlbertForPreTraining, AlbertModel

SIZES = ["base", "large", "xlarge", "xxlarge", "docs-mini"]
ODD = {
    "vocab_size": 50,
    "embedding_size": 6,
    "hidden_size": 24,
    "num_attention_heads": 3,
    "num_hidden_layers": 4,
    "intermediate_size": 40,
    "max_position_embeddings": 16,
    "type_vocab_size": 3,
}
SHAPES = [{}, {"num_hidden_groups": 2}, {"inner_group_num": 2}, {"num_hidden_groups": 4}]


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("name", SIZES)
def test_the_named_sizes_are_counted_on_the_meta_device(name):
    config = AlbertConfig.named(name)
    with torch.device("meta"):
        assert sum(parameters(config).values()) == count(AlbertModel(config))
        assert sum(parameters(config, heads=True).values()) == count(AlbertForPreTraining(config))


@pytest.mark.parametrize("changes", SHAPES)
def test_each_part_is_counted_where_it_is(changes):
    config = AlbertConfig(**ODD, **changes)
    with torch.device("meta"):
        model = AlbertModel(config)
    layers = [layer for group in model.encoder.albert_layer_groups for layer in group.albert_layers]
    tables = model.embeddings
    norms = [part for part in model.modules() if isinstance(part, torch.nn.LayerNorm)]
    projections = ("query", "key", "value", "dense")
    assert parameters(config) == {
        "word table": count(tables.word_embeddings),
        "positions": count(tables.position_embeddings),
        "segments": count(tables.token_type_embeddings),
        "LayerNorms": sum(map(count, norms)),
        "projection": count(model.encoder.embedding_hidden_mapping_in),
        "attention": sum(count(getattr(layer.attention, name)) for layer in layers for name in projections),
        "feed-forward": sum(count(layer.ffn) + count(layer.ffn_output) for layer in layers),
        "pooler": count(model.pooler),
    }


def test_without_sharing_each_layer_is_a_group():
    config = AlbertConfig(**ODD, inner_group_num=2)
    alone = AlbertConfig(**ODD, inner_group_num=2, num_hidden_groups=4)
    with torch.device("meta"):
        assert sum(parameters(config, shared=False).values()) == count(AlbertModel(alone))


@pytest.mark.parametrize("heads", [False, True])
def test_neither_shared_nor_factorized_is_bert(heads):
    import transformers

    kind = transformers.BertForPreTraining if heads else transformers.BertModel
    config = AlbertConfig(**ODD)
    shape = {name: value for name, value in config.to_dict().items() if name != "model_type"}
    with torch.device("meta"):
        bert = kind(transformers.BertConfig(**shape))
    assert sum(parameters(config, shared=False, factorized=False, heads=heads).values()) == count(bert)


def test_published_counts():
    """Counts of the model pages of keras-hub and of BERT's paper's own sizes (V = 30522)."""
    totals = [sum(parameters(AlbertConfig.named(name)).values()) for name in SIZES[:4]]
    assert totals == [11_683_584, 17_683_968, 58_724_864, 222_595_584]
    bert = AlbertConfig(vocab_size=30522)
    assert sum(parameters(bert, shared=False, factorized=False).values()) == 109_482_240


@pytest.mark.parametrize("changes", [*SHAPES, {"intermediate_size": 24, "num_attention_heads": 1}])
@pytest.mark.parametrize("written", [False, True])
def test_operations_are_those_that_torch_counts(changes, written):
    config = AlbertConfig(**(ODD | changes))
    ids = torch.zeros(3, 11, dtype=torch.long, device="meta")
    with torch.device("meta"):
        model = AlbertModel(config).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(ids, output_attentions=written)
    assert sum(flops(config, 11, batch=3).values()) == counter.get_total_flops()


def test_operations_of_the_masked_token_head():
    config = AlbertConfig(**ODD)
    with torch.device("meta"):
        model = AlbertForMaskedLM(config).eval()
    positions = torch.arange(4, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(2, 8, dtype=torch.long, device="meta"), masked_positions=positions)
    counted = flops(config, 8, batch=2, predicted=4)
    assert sum(counted.values()) - counted["pooler"] == counter.get_total_flops()


def test_operations_of_bert():
    import transformers

    config = AlbertConfig(**ODD)
    shape = {name: value for name, value in config.to_dict().items() if name != "model_type"}
    with torch.device("meta"):
        bert = transformers.BertModel(transformers.BertConfig(**shape, attn_implementation="eager")).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        bert(torch.zeros(2, 8, dtype=torch.long, device="meta"))
    assert sum(flops(config, 8, batch=2, factorized=False).values()) == counter.get_total_flops()


def kept_for_backward(model, ids, **options):
    """Bytes of all storages that autograd keeps, without the parameters."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = (storage.nbytes(), storage)  # kept alive: no address is used twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(ids, **options)
    del output
    return sum(size for size, _ in kept.values())


@pytest.mark.parametrize("changes", [{}, {"inner_group_num": 2}, {"num_hidden_groups": 4}])
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("batch", [1, 3])
def test_activations_are_those_that_autograd_keeps(changes, fused, batch):
    config = AlbertConfig(**ODD, **changes)
    torch.manual_seed(0)
    model = AlbertModel(config).train()
    ids = torch.randint(0, 50, (batch, 11))
    measured = kept_for_backward(model, ids, output_attentions=not fused)
    assert sum(activation_bytes(config, batch, 11, fused=fused).values()) == measured


@pytest.mark.parametrize(
    "call",
    [
        lambda config: flops(config, 0),
        lambda config: flops(config, 17),
        lambda config: flops(config, 4, batch=0),
        lambda config: activation_bytes(config, 0, 4),
        lambda config: activation_bytes(config, 1, 17),
        lambda config: activation_bytes(AlbertConfig(**ODD, hidden_act="relu"), 1, 4, fused=False),
    ],
)
def test_what_cannot_be_counted_is_refused(call):
    with pytest.raises(InputError):
        call(AlbertConfig(**ODD))
