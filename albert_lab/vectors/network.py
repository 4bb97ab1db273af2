"""Running the network for its hidden states: ours only as far as needed, transformers' as they come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model import AlbertModel
from albert_lab.model.modes import eval_mode
from albert_lab.vectors.fingerprint import fingerprint
from albert_lab.vectors.pooling import first_last_pool, hidden_state, pool


def encoder_of(model: nn.Module) -> nn.Module:
    """The encoder inside a model with a head; the model itself where there is no head."""
    return getattr(model, "base_model", None) or getattr(model, "albert", None) or model


def number_of_layers(config: Any) -> int:
    """How many times a layer is applied: L · inner_group_num."""
    return config.num_hidden_layers * getattr(config, "inner_group_num", 1)


def token_states(model: nn.Module, ids: Tensor, mask: Tensor | None, layer: int) -> Tensor:
    """Hidden state of one layer: ids (B, T), mask boolean (B, T) or None -> (B, T, H).

    Layers above it do not run if the model is ours.
    """
    if not isinstance(model, AlbertModel):
        return hidden_state(_call(model, ids, mask, all_states=layer != -1), layer)
    wanted = range(number_of_layers(model.config) + 1)[layer]
    return next(islice(_states(model, ids, mask), wanted, None))


def pooled(model: nn.Module, ids: Tensor, mask: Tensor | None, how: str, layer: int) -> Tensor:
    """One vector per text: ids (B, T), mask boolean (B, T) or None -> (B, H) float32."""
    real = torch.ones(ids.shape, dtype=torch.bool, device=ids.device) if mask is None else mask
    if not isinstance(model, AlbertModel):
        outputs = _call(model, ids, mask, all_states=how == "first_last" or layer != -1)
        return pool(outputs, real, how, layer=layer).float()
    if how == "first_last":
        first, *_, last = islice(_states(model, ids, mask), 1, None)
        return first_last_pool(first.float(), last.float(), real)
    states = token_states(model, ids, mask, layer)
    return model.pool(states).float() if how == "pooler" else pool(states.float(), real, how)


def _states(model: AlbertModel, ids: Tensor, mask: Tensor | None) -> Iterator[Tensor]:
    """Yield what enters the first layer, then each layer's output, (B, T, H); unused layers never run."""
    encoder = model.encoder
    allowed = None if mask is None else mask[:, None, None, :]  # (B, T) -> (B, 1, 1, T)
    x = encoder.embedding_hidden_mapping_in(model.embeddings(ids))
    yield x
    for layer in encoder.layers():
        x, _ = layer(x, allowed)
        yield x


def _call(model: nn.Module, ids: Tensor, mask: Tensor | None, *, all_states: bool) -> Any:
    asked = {"output_hidden_states": True} if all_states else {}
    outputs = model(input_ids=ids, attention_mask=None if mask is None else mask.long(), **asked)
    if getattr(outputs, "last_hidden_state", None) is None:
        raise InputError(
            f"{type(model).__name__} returns no last_hidden_state.",
            expected="an encoder",
            mend="pass the encoder inside it, for instance model.albert",
        )
    return outputs


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """No dropout and no gradients inside; every module is back in its mode afterwards."""
    with eval_mode(model), torch.inference_mode():
        yield


def model_fingerprint(model: nn.Module, *further: Any) -> str:
    """SHA-256 (hex) of a model's weights, its configuration, and anything further that JSON can hold."""
    tensors = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    weights = {name: _numbers(tensor) for name, tensor in tensors.items()}
    return fingerprint(weights, model.config.to_dict(), *further)


def _numbers(tensor: Tensor) -> np.ndarray:
    """As numpy has them; bfloat16, which numpy does not know, as its bits."""
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()
