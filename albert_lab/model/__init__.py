"""ALBERT from scratch; read it in this order: config, attention, embeddings, encoder, albert,
heads, checkpoint.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "AlbertAttention": "attention",
    "AlbertConfig": "config",
    "AlbertEmbeddings": "embeddings",
    "AlbertEncoder": "encoder",
    "AlbertForMaskedLM": "heads",
    "AlbertForPreTraining": "heads",
    "AlbertForQuestionAnswering": "heads",
    "AlbertForSequenceClassification": "heads",
    "AlbertForTokenClassification": "heads",
    "AlbertLayer": "encoder",
    "AlbertLayerGroup": "encoder",
    "AlbertModel": "albert",
    "AlbertOutput": "albert",
    "load_model": "checkpoint",
    "resolve": "sources",
    "save_model": "checkpoint",
    "scaled_dot_product_attention": "attention",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    # Lazy, so that a config can be read, and a question answered, without loading torch.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _HOMES.values():
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
