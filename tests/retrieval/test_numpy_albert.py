"""Numpy's ALBERT against the one in torch."""

from __future__ import annotations

from importlib.util import find_spec

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


def test_padding_is_not_attended_to(make_model, tmp_path):
    model = make_model()
    save_model(model, tmp_path)
    network = NumpyAlbert(model.config, read_body(tmp_path))
    ids, mask = np.array([5, 6, 7, 0, 0]), np.array([1, 1, 1, 0, 0])
    np.testing.assert_allclose(network(ids, mask)[:3], network(ids[:3]), rtol=1e-5, atol=1e-5)
    with torch.inference_mode():
        expected = model(torch.tensor(ids)[None], torch.tensor(mask)[None]).last_hidden_state[0, :3].numpy()
    np.testing.assert_allclose(network(ids, mask)[:3], expected, rtol=1e-4, atol=1e-4)


class Counting:
    """numpy under another name, which notes what is asked of it: what jax.numpy would be asked."""

    def __init__(self) -> None:
        self.asked = set()

    def __getattr__(self, name: str):
        self.asked.add(name)
        return getattr(np, name)


def test_another_library_computes_all_of_it(make_model, tmp_path):
    """Every function is taken from xp; docs/jax.md shows jax.numpy, which these tests do not install."""
    model = make_model()
    save_model(model, tmp_path)
    xp = Counting()
    network = NumpyAlbert(model.config, read_body(tmp_path), xp=xp)
    ids, mask = np.array([5, 6, 7, 0, 0]), np.array([1, 1, 1, 0, 0])
    np.testing.assert_array_equal(
        network(ids, mask), NumpyAlbert(model.config, read_body(tmp_path))(ids, mask)
    )
    assert xp.asked == {"asarray", "where", "exp", "sqrt", "tanh"}


if find_spec("jax"):  # `make test` does not install its 600 MB

    def test_it_runs_in_jax_compiled_and_over_a_batch(make_model, tmp_path):
        import jax

        model = make_model()
        save_model(model, tmp_path)
        network = NumpyAlbert(model.config, read_body(tmp_path), xp=jax.numpy)
        ids = np.array([[5, 6, 7, 0, 0], [8, 9, 10, 11, 12]])
        mask = (ids != 0).astype(int)
        found = np.asarray(jax.jit(jax.vmap(network))(ids, mask))
        with torch.inference_mode():
            expected = model(torch.tensor(ids), torch.tensor(mask)).last_hidden_state.numpy()
        np.testing.assert_allclose(found[mask == 1], expected[mask == 1], rtol=1e-4, atol=1e-4)


def test_weights_that_are_no_numbers(make_model, tmp_path):
    model = make_model()
    save_model(model, tmp_path)
    tensors = read_body(tmp_path)
    name = "encoder.embedding_hidden_mapping_in.bias"
    tensors[name] = np.full_like(tensors[name], np.nan)
    with pytest.raises(CheckpointError, match=rf"not finite: {name}"):
        NumpyAlbert(model.config, tensors)


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
    tensors = {name.removeprefix("albert."): array for name, array in tensors.items()}
    del tensors["encoder.embedding_hidden_mapping_in.bias"]
    with pytest.raises(CheckpointError, match=r"do not fit.*mapping_in\.bias"):
        NumpyAlbert(model.config, tensors)
    short = model.state_dict()["embeddings.position_embeddings.weight"].numpy()[:-1]
    with pytest.raises(CheckpointError, match="do not fit"):
        NumpyAlbert(model.config, read | {"embeddings.position_embeddings.weight": short})
    with pytest.raises(CheckpointError, match="gelu"):
        NumpyAlbert(make_model(hidden_act="gelu").config, tensors)
