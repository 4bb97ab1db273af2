"""Sentence vectors from pairs of texts: contrastive training and distillation."""

from __future__ import annotations

from albert_lab.lazy import lazy

# Lazy, so that the pairs can be had without torch.
__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "TextPair": "pairs",
        "documentation_pairs": "pairs",
        "read_pairs": "pairs",
        "contrastive_loss": "contrastive",
        "TuneSettings": "settings",
        "Tuning": "trainer",
        "tune": "run",
    },
)
