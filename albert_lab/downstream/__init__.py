"""Embeddings put to use: a label for a text, and what it is compared with; fine-tuning on the one loop."""

from __future__ import annotations

from albert_lab.lazy import lazy

# Lazy, so that data can be read without torch.
__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "AlbertForImages": "images",
        "AnswerTask": "answer",
        "Classify": "classify",
        "FinetuneSettings": "settings",
        "FineTuning": "trainer",
        "ImageTraining": "images",
        "LabelledText": "labelled",
        "Question": "labelled",
        "Span": "labelled",
        "Splits": "data",
        "Tag": "tag",
        "TaggedText": "labelled",
        "TextPair": "labelled",
        "Translate": "translate",
        "align": "translate",
        "compare": "baselines",
        "digits": "images",
        "entities": "markup",
        "finetune": "run",
        "load_fitted": "run",
        "material": "ours",
        "numerals": "number_words",
        "parameters": "numpydoc",
        "roles": "imperatives",
        "sentiment": "reviews",
        "split": "data",
        "summarize": "extract",
        "topics": "documentation",
    },
)
