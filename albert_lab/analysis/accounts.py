"""What a network costs, by formula: parameters, operations, and the activations that training keeps.

Letters as everywhere: B batch, T tokens, V vocabulary, E, H, L; F is ``intermediate_size``. Layer formulas
hold for BERT too, which is the same network with ``shared=False, factorized=False``.
Source: Lan et al. 2020 (arXiv 1909.11942), section 3.1.
"""

from __future__ import annotations

from albert_lab.errors import InputError
from albert_lab.model import AlbertConfig


def parameters(
    config: AlbertConfig, *, shared: bool = True, factorized: bool = True, heads: bool = False
) -> dict[str, int]:
    """How many parameters each part holds; ``sum(....values())`` is the whole network.

    Args:
        config: the shape.
        shared: False counts weights of their own for each of the L layers; True those that the config's
            groups share.
        factorized: False counts tables of width H and no step from E to H, as in BERT.
        heads: True adds the two heads of pretraining. The masked-token head's V x E decoder is the word
            table, which is counted once.

    Returns:
        Counts of "word table", "positions", "segments", "LayerNorms", "projection" (E to H), "attention",
        "feed-forward", "pooler", and with ``heads`` "masked-token head" and "sentence-order head".
    """
    V, H, F = config.vocab_size, config.hidden_size, config.intermediate_size
    E = config.embedding_size if factorized else H
    sets = (config.num_hidden_groups if shared else config.num_hidden_layers) * config.inner_group_num
    counts = {
        "word table": V * E,
        "positions": config.max_position_embeddings * E,
        "segments": config.type_vocab_size * E,
        "LayerNorms": 2 * E + sets * 4 * H,  # a scale and a shift each: one of width E, two of H in a layer
        "projection": E * H + H if factorized else 0,
        "attention": sets * 4 * (H * H + H),  # query, key, value, output
        "feed-forward": sets * (H * F + F + F * H + H),
        "pooler": H * H + H,
    }
    if heads:
        counts["masked-token head"] = H * E + E + 2 * E + V  # dense, LayerNorm, the decoder's bias
        counts["sentence-order head"] = 2 * H + 2
    return counts


def flops(
    config: AlbertConfig, tokens: int, *, batch: int = 1, factorized: bool = True, predicted: int = 0
) -> dict[str, int]:
    """Floating-point operations of one forward pass: 2 for each multiplication with its addition.

    Only matrix products count, as torch's FlopCounterMode does; the rest is below 1%. Whether layers share
    their weights makes no difference: each of the L layers is computed.

    Args:
        config: the shape.
        tokens: T, padding included.
        batch: B.
        factorized: False leaves out the step from E to H, as in BERT.
        predicted: how many masked tokens the masked-token head predicts, of all B·T.

    Returns:
        Operations of "projection" (E to H), "query, key, value, output" (the attention's four linear
        layers), "scores and weighted sum" (QKᵀ and weights·V, which grow with T²), "feed-forward",
        "pooler", and "masked-token head" if ``predicted`` is not 0.

    Raises:
        InputError: no tokens or no batch, or more tokens than the network has positions.
    """
    _check_batch(config, batch, tokens)
    H, F = config.hidden_size, config.intermediate_size
    E = config.embedding_size if factorized else H
    applied = config.num_hidden_layers * config.inner_group_num
    all_tokens = batch * tokens
    counts = {
        "projection": 2 * all_tokens * E * H if factorized else 0,
        "query, key, value, output": applied * 4 * 2 * all_tokens * H * H,
        "scores and weighted sum": applied * 2 * 2 * all_tokens * tokens * H,
        "feed-forward": applied * 2 * 2 * all_tokens * H * F,
        "pooler": 2 * batch * H * H,
    }
    if predicted:
        counts["masked-token head"] = 2 * predicted * (H * E + E * config.vocab_size)
    return counts


def activation_bytes(
    config: AlbertConfig, batch: int, tokens: int, *, fused: bool = True, value_bytes: int = 4
) -> dict[str, int]:
    """What a forward pass of training keeps in memory for the backward pass, without dropout and padding.

    Sharing weights saves nothing here: each of the L layers keeps its own inputs.

    Args:
        config: the shape.
        batch: B.
        tokens: T.
        fused: True for torch's fused steps, which `AlbertModel` uses; False for the formulas as they are
            written (``output_attentions=True``): the weights (B, N, T, T) are kept, and gelu_new keeps five
            tensors (B, T, F) where the fused step keeps two.
        value_bytes: 4 for float32.

    Returns:
        Bytes of "input embeddings", "attention", "feed-forward" and "pooler".

    Raises:
        InputError: no tokens or no batch, more tokens than positions, or ``fused=False`` with another
            activation than gelu_new.
    """
    _check_batch(config, batch, tokens)
    if not fused and config.hidden_act != "gelu_new":
        raise InputError(f"hidden_act is {config.hidden_act!r}.", expected="'gelu_new' where fused=False")
    BT = batch * tokens
    H, wide = BT * config.hidden_size, BT * config.intermediate_size  # values in (B, T, H), in (B, T, F)
    applied = config.num_hidden_layers * config.inner_group_num
    norm = 2 * BT  # mean and 1/deviation of each token
    weights = BT * config.num_attention_heads * (1 if fused else tokens)  # fused: a query's log-sum-exp
    attention = 6 * H + weights + norm  # input, query, key, value, heads' output, sum before the LayerNorm
    feed_forward = 2 * H + (2 if fused else 5) * wide + norm  # input, sum before the LayerNorm
    ids = 8 * (2 * BT + tokens)  # int64: words, segments, positions
    return {
        "input embeddings": value_bytes * (2 * BT * config.embedding_size + norm) + ids,
        "attention": value_bytes * applied * attention,
        "feed-forward": value_bytes * applied * feed_forward,
        "pooler": value_bytes * (H + batch * config.hidden_size),  # the last hidden state, and tanh's result
    }


def _check_batch(config: AlbertConfig, batch: int, tokens: int) -> None:
    if batch < 1 or not 1 <= tokens <= config.max_position_embeddings:
        raise InputError(
            f"batch={batch}, tokens={tokens}.",
            expected=f"at least one text of 1 to {config.max_position_embeddings} tokens",
        )
