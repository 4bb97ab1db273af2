"""The forward pass of pretraining: the same network, computed only where its outputs are used.

Of the last layer's outputs the loss reads the masked tokens and [CLS], about a sixth of all. The keys and
values of that layer need every token; its queries, its W_O and its feed-forward need that sixth alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from albert_lab.model.attention import merge_heads, split_heads
from albert_lab.model.encoder import AlbertLayer
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain.data import Batch
from albert_lab.pretrain.objectives import IGNORED


@dataclass
class Losses:
    """Sums over a batch or a part of one, so that they add up."""

    masked_loss: Tensor  # over masked tokens, nats
    masked_right: Tensor
    masked_count: Tensor
    order_loss: Tensor  # over pairs, nats
    order_right: Tensor
    order_count: Tensor

    def objective(self, masked_count: int, order_count: int) -> Tensor:
        """Mean masked-token loss + mean order loss, for a batch with so many masked tokens and pairs."""
        return self.masked_loss / max(1, masked_count) + self.order_loss / max(1, order_count)

    def sums(self) -> dict[str, float]:
        """The six sums as plain numbers."""
        return {name: float(value.detach()) for name, value in vars(self).items()}


def to_tensors(batch: Batch, device: torch.device | str, shards: int = 1) -> list[dict[str, Tensor]]:
    """The arrays of a batch as tensors on a device, its B texts dealt out to so many parts."""
    parts = [
        {name: torch.from_numpy(array[shard::shards]).to(device) for name, array in vars(batch).items()}
        for shard in range(shards)
    ]
    return [part for part in parts if len(part["input_ids"])]


def pretraining_losses(
    model: AlbertForPreTraining, batch: dict[str, Tensor], num_layers: int | None = None
) -> Losses:
    """Masked-token and order losses of a batch (Lan et al. 2020, section 3.1).

    num_layers: how often to apply the shared layer, at most L; by default L. All layers of a group with one
    set of weights are the same map, so training may start shallow (see the trainer).
    """
    chosen = hidden_at(model, batch, num_layers)  # (B, 1 + K, H), [CLS] first
    labels = batch["masked_labels"]
    used = labels != IGNORED
    logits = model.predictions(chosen[:, 1:][used])  # (M, H) -> (M, V)
    targets = labels[used]
    pooled = torch.tanh(model.albert.pooler(chosen[:, 0]))  # (B, H)
    order_logits, order = model.sop_classifier(pooled), batch["order_labels"]
    return Losses(
        masked_loss=F.cross_entropy(logits, targets, reduction="sum"),
        masked_right=(logits.detach().argmax(-1) == targets).sum(),
        masked_count=used.sum(),
        order_loss=F.cross_entropy(order_logits, order, ignore_index=IGNORED, reduction="sum"),
        order_right=(order_logits.detach().argmax(-1) == order).sum(),
        order_count=(order != IGNORED).sum(),
    )


def hidden_at(model: AlbertForPreTraining, batch: dict[str, Tensor], num_layers: int | None = None) -> Tensor:
    """Last hidden states of [CLS] and of the masked positions: (B, 1 + K, H)."""
    albert = model.albert
    allowed = batch["attention_mask"]
    mask = None if bool(allowed.all()) else allowed[:, None, None, :]  # (B, 1, 1, T)
    x = albert.embeddings(batch["input_ids"], batch["token_type_ids"])  # (B, T) -> (B, T, E)
    x = albert.encoder.embedding_hidden_mapping_in(x)  # -> (B, T, H)
    layers = albert.encoder.layers()
    layers = layers[: num_layers or len(layers)]
    for layer in layers[:-1]:
        x, _ = layer(x, mask)
    positions = F.pad(batch["masked_positions"], (1, 0))  # (B, K) -> (B, 1 + K): position 0 is [CLS]
    return last_layer_at(layers[-1], x, mask, positions)


def last_layer_at(layer: AlbertLayer, x: Tensor, mask: Tensor | None, positions: Tensor) -> Tensor:
    """One layer's outputs at some positions only: x (B, T, H), positions (B, K) -> (B, K, H)."""
    attention = layer.attention
    chosen = x.gather(1, positions[:, :, None].expand(-1, -1, x.shape[-1]))  # (B, K, H)
    query = split_heads(attention.query(chosen), attention.num_heads)  # (B, N, K, d)
    key = split_heads(attention.key(x), attention.num_heads)  # (B, N, T, d)
    value = split_heads(attention.value(x), attention.num_heads)
    dropout = attention.weight_dropout if layer.training else 0.0
    heads = F.scaled_dot_product_attention(query, key, value, mask, dropout)  # (B, N, K, d)
    mixed = attention.output_dropout(attention.dense(merge_heads(heads)))  # -> (B, K, H)
    attended = attention.LayerNorm(chosen + mixed)
    transformed = layer.feed_forward(attended)
    return layer.full_layer_layer_norm(layer.dropout(transformed) + attended)
