"""How far each layer moves the hidden states: the curves of the paper's Figure 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from albert_lab.errors import InputError


def geometry(
    hidden_states: Sequence[Tensor], attention_mask: Tensor | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean L2 distance and angle in degrees between the input and the output of each layer.

    Source: Lan et al. 2020 (arXiv 1909.11942), Figure 1: "the L2 distances and cosine similarity (in terms
    of degree) of the input and output embedding of each layer".

    Args:
        hidden_states: L + 1 tensors (B, T, H) or (T, H): the projected input, then after every layer.
        attention_mask: (B, T), 0 or False = padding, which does not count.

    Returns:
        distances (L,) and angles (L,), float64; of layer 1 first. The angle of a zero vector counts as 90.

    Raises:
        InputError: fewer than two states, states or a mask of other shapes, NaN, or no token that counts.
    """
    counted = _counted(hidden_states, attention_mask)
    before, after = counted[:-1], counted[1:]
    cosines = torch.cosine_similarity(before, after, dim=-1).clamp(-1, 1)
    distances = torch.linalg.vector_norm(after - before, dim=-1).mean(-1)
    return distances.numpy(), torch.rad2deg(torch.acos(cosines)).mean(-1).numpy()


def _counted(hidden_states: Sequence[Tensor], attention_mask: Tensor | None) -> Tensor:
    """The states of the n real tokens, checked: (L + 1, n, H) in float64."""
    shapes = {tuple(state.shape) for state in hidden_states}
    if len(hidden_states) < 2 or len(shapes) != 1 or len(next(iter(shapes))) not in (2, 3):
        raise InputError(
            f"{len(hidden_states)} hidden states of shapes {sorted(shapes)}.",
            expected="L + 1 tensors of one shape (B, T, H)",
            mend="model(..., output_hidden_states=True).hidden_states",
        )
    states = torch.stack([state.detach().cpu().double() for state in hidden_states])  # (L + 1, B, T, H)
    if attention_mask is None:
        counted = states.flatten(1, -2)
    else:
        real = torch.as_tensor(attention_mask).cpu().bool()
        if real.shape != states.shape[1:-1]:
            raise InputError(
                f"attention_mask has shape {tuple(real.shape)}.", expected=f"{tuple(states.shape[1:-1])}"
            )
        counted = states[:, real]
    if counted.shape[1] == 0 or not counted.isfinite().all():
        raise InputError("no token counts, or a state holds NaN.", expected="finite states of real tokens")
    return counted
