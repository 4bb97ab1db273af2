"""Embeddings put to use: a label for a text, and what it is compared with; fine-tuning on the one loop."""

from __future__ import annotations

from albert_lab.lazy import lazy

# Lazy, so that data can be read without torch.
__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "Classify": "classify",
        "FinetuneSettings": "settings",
        "FineTuning": "trainer",
        "LabelledText": "labelled",
        "Splits": "data",
        "compare": "baselines",
        "finetune": "run",
        "load_fitted": "run",
        "material": "ours",
        "sentiment": "reviews",
        "split": "data",
        "topics": "documentation",
    },
)
