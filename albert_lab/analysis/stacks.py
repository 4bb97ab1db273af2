"""What each part of a layer is for: stacks of layers with random weights, in which a part is left out.

A *step* is what is done with one layer's weights: a function of (layer, x) with x (B, T, H). `STEPS` holds
ALBERT's own step and what is left of it without residual, LayerNorm, attention or feed-forward part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model import AlbertConfig, AlbertLayer
from albert_lab.model.attention import merge_heads, scaled_dot_product_attention, split_heads

Step = Callable[[AlbertLayer, Tensor], Tensor]
CLASSES, TEXTS, TOKENS = 10, 4, 16  # of the task without meaning that gives a gradient


def stack_of_layers(config: AlbertConfig, depth: int) -> list[AlbertLayer]:
    """`depth` layers with weights of their own, drawn so that a matrix product roughly keeps sizes.

    Weights of the linear maps are Xavier-normal (Glorot & Bengio 2010), their biases 0.
    """
    layers = [AlbertLayer(config) for _ in range(depth)]
    for part in nn.ModuleList(layers).modules():
        if isinstance(part, nn.Linear):
            nn.init.xavier_normal_(part.weight)
            nn.init.zeros_(part.bias)
    return layers


def bare_attention(layer: AlbertLayer, x: Tensor) -> Tensor:
    """The layer's attention with its W_O, without residual and LayerNorm: (B, T, H) -> (B, T, H)."""
    part = layer.attention
    query, key, value = (split_heads(f(x), part.num_heads) for f in (part.query, part.key, part.value))
    return part.dense(merge_heads(scaled_dot_product_attention(query, key, value)[0]))


def _residual(layer: AlbertLayer, x: Tensor) -> Tensor:
    x = x + bare_attention(layer, x)
    return x + layer.feed_forward(x)


def _pre_norm(layer: AlbertLayer, x: Tensor) -> Tensor:
    x = x + bare_attention(layer, layer.attention.LayerNorm(x))
    return x + layer.feed_forward(layer.full_layer_layer_norm(x))


def _without_attention(layer: AlbertLayer, x: Tensor) -> Tensor:
    return layer.full_layer_layer_norm(x + layer.feed_forward(x))


def _without_feed_forward(layer: AlbertLayer, x: Tensor) -> Tensor:
    return layer.attention(x)[0]


def _parts_at_a_fifth(layer: AlbertLayer, x: Tensor) -> Tensor:
    x = layer.attention.LayerNorm(x + bare_attention(layer, x) / 5)
    return layer.full_layer_layer_norm(x + layer.feed_forward(x) / 5)


STEPS: Mapping[str, Step] = {
    "attention alone": bare_attention,
    "bare": lambda layer, x: layer.feed_forward(bare_attention(layer, x)),
    "+ residual": _residual,
    "+ LayerNorm": lambda layer, x: layer(x)[0],  # ALBERT's: post-LN
    "pre-LN": _pre_norm,
    "without attention": _without_attention,
    "without feed-forward": _without_feed_forward,
    "parts at a fifth": _parts_at_a_fifth,
}


def through_layers(step: Step, layers: Sequence[AlbertLayer], x: Tensor) -> list[Tensor]:
    """x and what every layer makes of it: L + 1 tensors (B, T, H)."""
    states = [x]
    for layer in layers:
        states.append(step(layer, states[-1]))
    return states


def mean_token_cosine(x: Tensor) -> float:
    """How alike the tokens of one text are: the mean cosine of two different ones, (T, H) or (1, T, H).

    Raises:
        InputError: more than one text, or fewer than two tokens.
    """
    states = x[0] if x.ndim == 3 and len(x) == 1 else x
    if states.ndim != 2 or len(states) < 2:
        raise InputError(f"states of shape {tuple(x.shape)}.", expected="(T, H) or (1, T, H), T at least 2")
    unit = F.normalize(states, dim=-1)
    cosines = unit @ unit.T  # (T, T)
    return float(cosines[~torch.eye(len(unit), dtype=torch.bool)].mean())


def layer_gradients(
    step: Step,
    config: AlbertConfig,
    depth: int,
    *,
    last_norm: bool = False,
    networks: int = 10,
    seed: int = 0,
) -> list[float]:
    """Size of the gradient of each layer's first feed-forward matrix, before any training: L numbers.

    The mean L2 norm over `networks` random stacks. Each has to put every token of random texts into one of 10
    classes drawn at random: a task without meaning, which gives a gradient. What Xiong et al. 2020 (arXiv
    2002.04745) prove about post-LN and pre-LN is about such gradients.

    Args:
        step: what is done with a layer, such as `STEPS["pre-LN"]`.
        config: the shape of the layers.
        depth: L.
        last_norm: whether a LayerNorm follows the last layer, as in pre-LN networks.
        networks: how many random stacks.
        seed: of the first; torch's generator is left where it was.
    """
    norms = torch.zeros(depth)
    H = config.hidden_size
    with torch.random.fork_rng(devices=[]):
        for each in range(networks):
            torch.manual_seed(networks * seed + each)
            layers, x = stack_of_layers(config, depth), torch.randn(TEXTS, TOKENS, H)
            target = torch.randint(0, CLASSES, (TEXTS * TOKENS,))
            out = through_layers(step, layers, x)[-1]
            out = F.layer_norm(out, (H,)) if last_norm else out
            F.cross_entropy(out.flatten(0, 1) @ torch.randn(H, CLASSES) / H**0.5, target).backward()
            norms += torch.stack([layer.ffn.weight.grad.norm() for layer in layers])
    return (norms / networks).tolist()
