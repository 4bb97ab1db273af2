"""One layer, and the encoder that applies it L times.

ALBERT's second saving: all layers share their weights (Lan et al. 2020, section 3.1, "cross-layer
parameter sharing"). Between "all share" and "none share" lie groups: layer i of L uses group i*G//L.
Where G does not divide L, transformers may choose another group (see `config.group_of_layer`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albert_lab.model.attention import AlbertAttention
from albert_lab.model.config import AlbertConfig, group_of_layer


def gelu_new(x: Tensor) -> Tensor:
    """x/2 · (1 + tanh(√(2/π)(x + 0.044715x³))): the GELU of the authors' code, which is not x·Φ(x)."""
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


# The same function in one step. It keeps one tensor for backward where the formula keeps six.
_fused_gelu_new = partial(F.gelu, approximate="tanh")
_AS_WRITTEN = {"gelu_new": gelu_new, "gelu_pytorch_tanh": _fused_gelu_new, "gelu": F.gelu, "relu": F.relu}
_FUSED = {**_AS_WRITTEN, "gelu_new": _fused_gelu_new}


def activation(name: str, *, fused: bool = True) -> Callable[[Tensor], Tensor]:
    """The function that `hidden_act` names; not fused, it rounds as the written formula does."""
    return (_FUSED if fused else _AS_WRITTEN)[name]


class AlbertLayer(nn.Module):
    """Attention and feed-forward, each with residual and LayerNorm after it (post-LN).

    a = LN(x + Attention(x));  y = LN(a + FFN(a)),  FFN(a) = gelu(a W₁ + b₁) W₂ + b₂.
    Dropout follows the authors' code, which drops the FFN's output too; transformers never does. Without
    dropout (evaluation, and all version 2 checkpoints) the two are equal.
    """

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        H, wide = config.hidden_size, config.intermediate_size
        self.attention = AlbertAttention(config)
        self.ffn = nn.Linear(H, wide)
        self.ffn_output = nn.Linear(wide, H)
        self.hidden_act = config.hidden_act
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.full_layer_layer_norm = nn.LayerNorm(H, eps=config.layer_norm_eps)  # the LN after the FFN

    def forward(
        self, x: Tensor, mask: Tensor | None = None, *, output_weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """x (B, T, H), mask broadcastable to (B, N, T, T) -> (B, T, H), weights (B, N, T, T) or None.

        With `output_weights` every step is computed as its formula is written; without, in torch's fused
        steps. The results are equal up to float rounding.
        """
        attended, weights = self.attention(x, mask, output_weights=output_weights)
        transformed = self.feed_forward(attended, fused=not output_weights)
        return self.full_layer_layer_norm(self.dropout(transformed) + attended), weights

    def feed_forward(self, x: Tensor, *, fused: bool = True) -> Tensor:
        """Each token on its own: (B, T, H) -> (B, T, intermediate) -> (B, T, H)."""
        return self.ffn_output(activation(self.hidden_act, fused=fused)(self.ffn(x)))


class AlbertLayerGroup(nn.Module):
    """`inner_group_num` layers with weights of their own, which a call applies one after the other."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        self.albert_layers = nn.ModuleList(AlbertLayer(config) for _ in range(config.inner_group_num))


class EncoderOutput(NamedTuple):
    """What the encoder gives back; the tuples are None unless asked for."""

    last_hidden_state: Tensor  # (B, T, H)
    hidden_states: tuple[Tensor, ...] | None  # (B, T, H) each: the input, then after every layer
    attentions: tuple[Tensor, ...] | None  # (B, N, T, T) each, one per layer


class AlbertEncoder(nn.Module):
    """E -> H, then L times a layer: (B, T, E) -> (B, T, H)."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding_hidden_mapping_in = nn.Linear(config.embedding_size, config.hidden_size)
        self.albert_layer_groups = nn.ModuleList(
            AlbertLayerGroup(config) for _ in range(config.num_hidden_groups)
        )

    def layers(self) -> list[AlbertLayer]:
        """The L·inner_group_num layers in the order of their use, mostly one and the same."""
        L, G = self.config.num_hidden_layers, self.config.num_hidden_groups
        groups = [self.albert_layer_groups[group_of_layer(i, L, G)] for i in range(L)]
        return [layer for group in groups for layer in group.albert_layers]

    def forward(
        self,
        embedded: Tensor,
        mask: Tensor | None = None,
        *,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> EncoderOutput:
        """embedded (B, T, E), mask broadcastable to (B, N, T, T) -> EncoderOutput."""
        x = self.embedding_hidden_mapping_in(embedded)  # (B, T, E) -> (B, T, H), no norm, no activation
        states, attentions = [x], []
        for layer in self.layers():
            x, weights = layer(x, mask, output_weights=output_attentions)
            if output_hidden_states:
                states.append(x)
            if output_attentions:
                attentions.append(weights)
        return EncoderOutput(
            x,
            tuple(states) if output_hidden_states else None,
            tuple(attentions) if output_attentions else None,
        )
