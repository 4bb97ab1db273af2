"""What a network can know before it is trained: which words go together, and where the neighbours are.

From random weights a small masked-language model spends millions of tokens on a plateau where it knows word
frequencies and little else: no head attends to anything in particular, so no context reaches [MASK], so
nothing tells the heads where to attend. Three initial values, none of which needs training, end that early:

1. rows of the word table: factorized counts of which words stand near each other (Levy & Goldberg 2014);
2. rows of the position table: sinusoids (Vaswani et al. 2017, section 3.5), in dimensions of their own;
3. two heads that rotate these sinusoids, and so attend one token back and one token ahead.

All of it is initial weights: training may keep or change every number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from albert_lab.model.attention import AlbertAttention
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain.data import EncodedTexts

WINDOW = 4  # tokens to each side that count as near
FASTEST, SLOWEST = 2.5, 0.05  # radians per token
OFFSETS = (-1, 1)  # where the first heads look
PEAK = 8.0  # the score (after 1/√d) of the token that such a head looks for


@torch.no_grad()
def start_informed(model: AlbertForPreTraining, texts: EncodedTexts) -> None:
    """Set the word table, the position table and two heads of every layer to the values above, in place.

    Of the E dimensions, the positions get E/3 (at most d) and the words the rest; both have mean square σ²,
    with σ the config's initializer_range. Words that never occur, and the special tokens, stay random.
    """
    config, tables = model.config, model.albert.embeddings
    rates = turning_rates(min(config.embedding_size // 6, config.head_size // 2))
    width, sigma = 2 * len(rates), config.initializer_range
    positions, words = tables.position_embeddings.weight, tables.word_embeddings.weight
    positions[:, width:] = 0
    positions[:, :width] = math.sqrt(2) * sigma * sinusoids(len(positions), rates)
    near = cooccurrence_vectors(texts, *words[:, width:].shape)
    seen = near.any(dim=1)
    words[:, :width] = 0
    words[:, width:][seen] = sigma * near[seen]

    to_hidden = model.albert.encoder.embedding_hidden_mapping_in.weight  # (H, E)
    to_positions = torch.linalg.pinv(to_hidden)[:width]  # (2F, H): reads the sinusoids off hidden states
    for layer in model.albert.encoder.layers():
        look_aside(layer.attention, to_positions, rates)


def turning_rates(count: int) -> Tensor:
    """`count` angles per token in radians, from fast to slow in equal ratios: (F,)."""
    return FASTEST * (SLOWEST / FASTEST) ** torch.linspace(0, 1, count)


def sinusoids(length: int, rates: Tensor) -> Tensor:
    """sin(ωp) for all rates ω, then cos(ωp), for positions p = 0 … length - 1: (length, 2F)."""
    angles = torch.arange(length)[:, None] * rates  # (length, F)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def look_aside(attention: AlbertAttention, to_positions: Tensor, rates: Tensor) -> None:
    """Make the first heads attend one token back and one ahead; half of the heads at least stay random.

    The score of tokens p and r is a sum of cos(ω(p + offset - r)): largest where r = p + offset. LayerNorm
    makes the sinusoids √2 high, so that sum is F·2·scale² before the division by √d.
    """
    heads, d = attention.num_heads, attention.query.out_features // attention.num_heads
    scale = math.sqrt(PEAK * math.sqrt(d) / (2 * len(rates)))
    for head, offset in zip(range(heads // 2), OFFSETS, strict=False):
        rows = slice(head * d, head * d + 2 * len(rates))
        attention.key.weight[rows] = scale * to_positions
        attention.query.weight[rows] = scale * turn(rates * offset) @ to_positions


def turn(angles: Tensor) -> Tensor:
    """The matrix (2F, 2F) that takes sin a, cos a to sin(a + angle), cos(a + angle), for F pairs."""
    cos, sin = torch.diag(angles.cos()), torch.diag(angles.sin())
    return torch.cat([torch.cat([cos, sin], 1), torch.cat([-sin, cos], 1)])


def cooccurrence_vectors(texts: EncodedTexts, vocab_size: int, width: int) -> Tensor:
    """Vectors of mean square 1 in which words with the same neighbours are alike: (V, width), 0 if unseen.

    Truncated singular value decomposition of positive pointwise mutual information,
    max(0, log p(a, b) / (p(a) p(b)^0.75)) normalized, as Levy, Goldberg & Dagan 2015 weigh it: U·√S.
    """
    counts = near_counts(texts, vocab_size)
    share = counts.sum(dim=1).to_dense()  # (V,)
    context = share**0.75
    (a, b), count = counts.indices(), counts.values()
    information = torch.log(count * context.sum() / (share[a] * context[b])).clamp_min(0)
    matrix = _square(counts.indices(), information, vocab_size)
    rank = min(2 * width, vocab_size)  # twice as many as are kept, for accuracy
    U, S, _ = torch.svd_lowrank(matrix, q=rank, niter=4)
    vectors = torch.zeros(vocab_size, width)
    kept = min(width, rank)
    vectors[:, :kept] = U[:, :kept] * S[:kept].sqrt()
    length = vectors.norm(dim=1, keepdim=True)
    return torch.where(length > 1e-3, vectors * math.sqrt(width) / length.clamp_min(1e-3), 0.0)


def near_counts(texts: EncodedTexts, vocab_size: int) -> Tensor:
    """How often two words stand within WINDOW tokens in one document, weighted 1/distance: sparse (V, V)."""
    counts = _square(torch.empty(2, 0, dtype=torch.int64), torch.empty(0), vocab_size)
    for left, right, distance in _neighbours(texts):
        pairs = torch.from_numpy(np.stack([left, right]))
        counts = (counts + _square(pairs, torch.full((len(left),), 1.0 / distance), vocab_size)).coalesce()
    return (counts + counts.T).coalesce()


def _square(indices: Tensor, values: Tensor, size: int) -> Tensor:
    return torch.sparse_coo_tensor(indices, values, (size, size), check_invariants=False)


def _neighbours(texts: EncodedTexts) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """For each distance up to WINDOW: the ids of all pairs of tokens of one document that far apart."""
    ids, starts = texts.ids.astype(np.int64), texts.sentences[texts.documents]
    document = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    for distance in range(1, WINDOW + 1):
        together = document[distance:] == document[:-distance]
        yield ids[:-distance][together], ids[distance:][together], distance
