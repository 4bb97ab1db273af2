"""The layer of `albert_lab.model.encoder` in the steps that a processor runs fastest: the same numbers.

What it does differently: queries, keys and values come from one product; the activation and the residual are
added while a product is still in the cache; and oneDNN reads the weights from a copy in its own order. All L
layers of ALBERT share their weights, so they are packed once for L calls. On processors where torch's own
product (MKL) leaves half of the machine unused, that is twice as fast; elsewhere the plain layer stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albert_lab.model import AlbertModel
from albert_lab.model.attention import merge_heads, split_heads
from albert_lab.model.encoder import AlbertLayer

Layer = Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor | None]]

# hidden_act -> oneDNN's name and form of the function
_ACTIVATIONS = {
    "gelu_new": ("gelu", "tanh"),
    "gelu_pytorch_tanh": ("gelu", "tanh"),
    "gelu": ("gelu", "none"),
    "relu": ("relu", ""),
}


def can_pack(model: nn.Module) -> bool:
    """Whether the model is ours, on the CPU, in float32 or bfloat16, and torch has what packing needs."""
    if not isinstance(model, AlbertModel):
        return False
    ffn = model.encoder.layers()[0].ffn
    weight = getattr(ffn, "weight", None)  # None in int8, whose layers are packed in their own way
    return (
        weight is not None
        and weight.device.type == "cpu"
        and weight.dtype in (torch.float32, torch.bfloat16)
        and model.config.hidden_act in _ACTIVATIONS
        and torch.backends.mkldnn.is_available()
        and all(hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_reorder_linear_weight"))
    )


class PackedLinear:
    """y = x Wᵀ + b through oneDNN: W (out, in) in its own order, which takes as much memory as W again."""

    def __init__(self, *linears: nn.Linear) -> None:
        """Of several layers with the same input, the one that computes their outputs side by side."""
        weight = torch.cat([linear.weight.detach() for linear in linears])
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight)
        self.bias = torch.cat([linear.bias.detach() for linear in linears])

    def __call__(self, x: Tensor, hidden_act: str | None = None) -> Tensor:
        """(..., in) -> (..., out), with an activation on top if it is named."""
        name, form = _ACTIVATIONS[hidden_act] if hidden_act else ("none", "")
        return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, name, [], form)

    def plus(self, x: Tensor, residual: Tensor) -> Tensor:
        """(..., in), (..., out) -> (..., out): residual + x Wᵀ + b."""
        return torch.ops.mkldnn._linear_pointwise.binary(x, residual, self.weight, self.bias, "add")


class PackedLayer:
    """An AlbertLayer without dropout and without gradients; the steps are those of its `forward`."""

    def __init__(self, layer: AlbertLayer) -> None:
        attention = layer.attention
        self.num_heads, self.hidden_act = attention.num_heads, layer.hidden_act
        self.query_key_value = PackedLinear(attention.query, attention.key, attention.value)
        self.dense = PackedLinear(attention.dense)
        self.attention_norm, self.output_norm = attention.LayerNorm, layer.full_layer_layer_norm
        self.ffn, self.ffn_output = PackedLinear(layer.ffn), PackedLinear(layer.ffn_output)

    def __call__(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, None]:
        """x (B, T, H), mask boolean and broadcastable to (B, N, T, T) -> (B, T, H), None."""
        parts = self.query_key_value(x).chunk(3, dim=-1)  # (B, T, H) -> three times (B, T, H)
        query, key, value = (split_heads(part, self.num_heads) for part in parts)  # (B, N, T, d)
        heads = F.scaled_dot_product_attention(query, key, value, mask)
        attended = self.attention_norm(self.dense.plus(merge_heads(heads), x))
        wide = self.ffn(attended, self.hidden_act)  # (B, T, H) -> (B, T, intermediate)
        return self.output_norm(self.ffn_output.plus(wide, attended)), None


class PackedLayers:
    """The layers of a model in the order of their use; packed anew when its weights have changed.

    A change is seen if it is made as an optimizer, `load_state_dict` or any operation in place makes it; one
    through `.data` is not.
    """

    def __init__(self, model: AlbertModel) -> None:
        self.model = model
        self._packed: tuple[object, list[PackedLayer]] = (None, [])

    def __reduce__(self) -> tuple[type[PackedLayers], tuple[AlbertModel]]:
        """What is packed for this machine is not copied or pickled: a copy packs for itself."""
        return PackedLayers, (self.model,)

    def __call__(self) -> Sequence[Layer]:
        """The layers for the weights as they are now. Several threads may ask at once."""
        seen, layers = self._packed
        state = [_state(parameter) for parameter in self.model.encoder.parameters()]
        if state != seen:
            used = self.model.encoder.layers()
            packed = {layer: PackedLayer(layer) for layer in set(used)}
            layers = [packed[layer] for layer in used]
            self._packed = state, layers  # in one step: no thread sees a state with the layers of another
        return layers


def _state(parameter: Tensor) -> tuple[int, int]:
    """Where the numbers are, and how often they were changed (inference tensors do not count it)."""
    return parameter.data_ptr(), 0 if parameter.is_inference() else parameter._version
