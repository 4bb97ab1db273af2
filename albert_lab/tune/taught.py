"""What a larger model said about sentences of ours, kept: vectors to learn from, without that model.

The teacher is all-MiniLM-L6-v2 (22.7 million parameters; Apache 2.0). `tools/teacher_vectors.py` made the
file, and says how. The sentences are needs that we wrote (`albert_lab.retrieval.needs`), two for each need.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("taught.npz")


def taught_pairs() -> tuple[list[tuple[str, str]], np.ndarray]:
    """n pairs of sentences that say the same need, and the teacher's vectors of them.

    Returns:
        The pairs, and (n, 2, 128) float32: both vectors of each pair at length 1. The teacher's own have 384
        numbers; these are their strongest directions, so that cosines are nearly the teacher's.
    """
    with np.load(FILE) as kept:
        pairs = [(str(first), str(second)) for first, second in kept["pairs"]]
        vectors = kept["vectors"].astype(np.float32)
    return pairs, vectors / np.linalg.norm(vectors, axis=2, keepdims=True)
