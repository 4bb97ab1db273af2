"""ALBERT in numpy, for one text: what a search needs to read a question before torch is even imported.

The formulas are those of `albert_lab.model`, the layers post-LN; the results are equal up to float rounding.
Nothing is changed in place and no value decides what is computed, so that the same lines run in jax.numpy
too, under `jax.jit` and `jax.vmap`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from albert_lab.errors import CheckpointError
from albert_lab.model.config import AlbertConfig, group_of_layer

_BODY = ("embeddings.", "encoder.", "pooler.")
_BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")  # in old files; no weights


def read_body(folder: Path) -> dict[str, np.ndarray]:
    """The weights of an ALBERT's body in `model.safetensors`, without its heads, named as in AlbertModel.

    Raises:
        CheckpointError: there is no such file, it is damaged, or its numbers are of another type.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = {name.removeprefix("albert."): array for name, array in load_file(_weights(folder)).items()}
    except (OSError, SafetensorError, KeyError, TypeError) as error:  # bfloat16 has no numpy type
        raise CheckpointError(f"{_weights(folder)} cannot be read with numpy: {error}") from error
    tensors = {name: a for name, a in found.items() if name.startswith(_BODY) and name not in _BUFFERS}
    if any(array.dtype != np.float32 for array in tensors.values()):
        raise CheckpointError(f"{_weights(folder)} holds other numbers.", expected="float32")
    return tensors


class NumpyAlbert:
    """Token ids (T,) -> hidden states (T, H) of the last layer, for one text.

    Args:
        config: the shape of the network.
        tensors: its weights, as `read_body` gives them.
        xp: the library that computes: numpy, or jax.numpy.

    Raises:
        CheckpointError: weights that are missing or no numbers, or an activation that numpy does not have.
    """

    def __init__(self, config: AlbertConfig, tensors: Mapping[str, np.ndarray], *, xp: Any = np) -> None:
        if config.hidden_act not in _ACTIVATIONS:
            raise CheckpointError(f"{config.hidden_act} is not here.", expected=", ".join(_ACTIVATIONS))
        broken = [name for name, array in tensors.items() if not np.isfinite(array).all()]
        if broken:
            raise CheckpointError(f"The weights hold numbers that are not finite: {', '.join(broken)}")
        self._config, self._tensors, self._xp = config, tensors, np
        self._activation = _ACTIVATIONS[config.hidden_act]
        try:
            self(np.array([config.vocab_size - 1] * config.max_position_embeddings))  # touches every weight
        except (KeyError, ValueError, IndexError) as error:
            raise CheckpointError(f"The weights do not fit the config: {error}") from error
        self._tensors, self._xp = {name: xp.asarray(array) for name, array in tensors.items()}, xp

    def __call__(self, ids: Any, mask: Any = None) -> Any:
        """ids (T,), mask (T,) 1 or True = may be attended to, None = all of them -> (T, H)."""
        may = None if mask is None else self._xp.asarray(mask).astype(bool)
        table = lambda name: self._tensors[f"embeddings.{name}_embeddings.weight"]  # noqa: E731
        summed = table("word")[self._xp.asarray(ids)] + table("token_type")[0] + table("position")[: len(ids)]
        x = self._norm(summed, "embeddings.LayerNorm")  # (T, E)
        x = self._linear(x, "encoder.embedding_hidden_mapping_in")  # (T, E) -> (T, H)
        L, G = self._config.num_hidden_layers, self._config.num_hidden_groups
        for depth in range(L):
            group = f"encoder.albert_layer_groups.{group_of_layer(depth, L, G)}"
            for inner in range(self._config.inner_group_num):
                x = self._layer(x, may, f"{group}.albert_layers.{inner}")
        return x

    def _layer(self, x: Any, may: Any, name: str) -> Any:
        """a = LN(x + Attention(x));  y = LN(a + FFN(a)): (T, H) -> (T, H)."""
        a = self._norm(x + self._attention(x, may, f"{name}.attention"), f"{name}.attention.LayerNorm")
        wide = self._activation(self._xp, self._linear(a, f"{name}.ffn"))
        return self._norm(a + self._linear(wide, f"{name}.ffn_output"), f"{name}.full_layer_layer_norm")

    def _attention(self, x: Any, may: Any, name: str) -> Any:
        """softmax(QKᵀ/√d)V in N heads, then W_O: (T, H) -> (T, H)."""
        N = self._config.num_attention_heads
        heads = (self._linear(x, f"{name}.{part}") for part in ("query", "key", "value"))
        query, key, value = (h.reshape(len(x), N, -1).swapaxes(0, 1) for h in heads)  # (N, T, d)
        scores = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(self._config.head_size))  # (N, T, T)
        if may is not None:
            scores = self._xp.where(may, scores, np.finfo(np.float32).min)
        weights = self._xp.exp(scores - scores.max(axis=-1, keepdims=True))
        weights = weights / weights.sum(axis=-1, keepdims=True)
        merged = (weights @ value).swapaxes(0, 1).reshape(len(x), -1)  # (N, T, d) -> (T, H)
        return self._linear(merged, f"{name}.dense")

    def _linear(self, x: Any, name: str) -> Any:
        return x @ self._tensors[f"{name}.weight"].T + self._tensors[f"{name}.bias"]

    def _norm(self, x: Any, name: str) -> Any:
        centred = x - x.mean(axis=-1, keepdims=True)
        deviation = self._xp.sqrt((centred**2).mean(axis=-1, keepdims=True) + self._config.layer_norm_eps)
        return centred / deviation * self._tensors[f"{name}.weight"] + self._tensors[f"{name}.bias"]


def _gelu_new(xp: Any, x: Any) -> Any:
    return 0.5 * x * (1 + xp.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + 0.044715 * x * x * x)))


def _relu(xp: Any, x: Any) -> Any:
    return xp.maximum(x, 0)


_ACTIVATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "gelu_new": _gelu_new,
    "gelu_pytorch_tanh": _gelu_new,
    "relu": _relu,
}


def _weights(folder: Path) -> Path:
    return folder / "model.safetensors"
