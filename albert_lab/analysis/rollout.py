"""Attention from the last layer back to the input, through all layers at once.

Source: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers" (arXiv 2005.00928), section 3.
"""

from __future__ import annotations

import numpy as np

from albert_lab.analysis.heads import weights_of
from albert_lab.analysis.record import AttentionRecord
from albert_lab.errors import InputError


def rollout(attention: AttentionRecord | np.ndarray, *, residual: float = 0.5) -> np.ndarray:
    """How much of each input token reaches each token after layer l, if attention is all that moves it.

    A_l = (1 - residual)·W_l + residual·I with W_l the mean over the heads, and R_l = A_l R_{l-1}, R_0 = I.
    The paper's equation has residual = 0.5: half comes by attention, half through the residual connection.
    It ignores values, W_O, LayerNorm and feed-forward, so it is a picture, not a measurement.

    Args:
        attention: a record, or weights (L, N, T, T).
        residual: the share of the residual connection, 0..1.

    Returns:
        (L, T, T): after layer l + 1, row = token, column = input token. Every row sums to 1.

    Raises:
        InputError: weights of another shape, or a residual outside 0..1.
    """
    if not 0 <= residual <= 1:
        raise InputError(f"residual={residual}.", expected="a share from 0 to 1")
    means = weights_of(attention).mean(axis=1)  # (L, T, T)
    rolled = [np.eye(means.shape[-1])]
    for mean in means:
        rolled.append(((1 - residual) * mean + residual * np.eye(len(mean))) @ rolled[-1])
    return np.stack(rolled[1:])
