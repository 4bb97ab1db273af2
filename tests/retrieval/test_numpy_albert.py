"""Numpy's ALBERT against the one in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from albert_lab.errors import CheckpointError
from albert_lab.model import AlbertForPreTraining, save_model
from albert_lab.retrieval.numpy_albert import NumpyAlbert, read_body

SHAPES = [
    {},
    {"num_hidden_layers": 5, "num_hidden_groups": 2, "inner_group_num": 2},
    {"num_attention_heads": 1, "layer_norm_eps": 0.1},
    {"hidden_act": "relu"},
    {"hidden_act": "gelu_pytorch_tanh", "embedding_size": 48},
]


@pytest.mark.parametrize("changes", SHAPES, ids=str)
@pytest.mark.parametrize("length", [1, 2, 13])
def test_the_hidden_states_are_those_of_torch(make_model, tmp_path, changes, length):
    model = make_model(**changes)
    save_model(model, tmp_path)
    ids = torch.randint(1, model.config.vocab_size, (1, length), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = model(ids).last_hidden_state[0].numpy()
    found = NumpyAlbert(model.config, read_body(tmp_path))(ids[0].numpy())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_heads_are_left_out(make_model, tmp_path):
    model = make_model()
    whole = AlbertForPreTraining(model.config)
    whole.albert.load_state_dict(model.state_dict())
    save_model(whole, tmp_path)
    found = read_body(tmp_path)
    assert found.keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(found[name], tensor.numpy())


def test_what_numpy_cannot_read(make_model, tmp_path):
    model = make_model()
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_body(tmp_path)
    save_model(model, tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = load_file(path)
    save_file({name: array.astype(np.float16) for name, array in tensors.items()}, path)
    with pytest.raises(CheckpointError, match="float32"):
        read_body(tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_body(tmp_path)
    read = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    del tensors["encoder.embedding_hidden_mapping_in.bias"]
    with pytest.raises(CheckpointError, match=r"do not fit.*mapping_in\.bias"):
        NumpyAlbert(model.config, tensors)
    short = model.state_dict()["embeddings.position_embeddings.weight"].numpy()[:-1]
    with pytest.raises(CheckpointError, match="do not fit"):
        NumpyAlbert(model.config, read | {"embeddings.position_embeddings.weight": short})
    with pytest.raises(CheckpointError, match="gelu"):
        NumpyAlbert(make_model(hidden_act="gelu").config, tensors)
