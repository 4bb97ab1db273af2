"""From texts to vectors and what one does with them: extractor, pooling, files, index, search."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Extractor": "extractor",
    "TokenVectors": "extractor",
    "WordVectors": "extractor",
    "pool": "pooling",
    "mean_pool": "pooling",
    "cls_pool": "pooling",
    "max_pool": "pooling",
    "first_last_pool": "pooling",
    "embed_to_parquet": "files",
    "read_texts": "readers",
    "TextRecord": "readers",
    "read_vectors": "files",
    "VectorIndex": "index",
    "DocumentSearch": "search",
    "SearchHit": "hits",
    "SearchResults": "hits",
    "search_box": "hits",
    "Whitening": "whitening",
    "fit_centring": "whitening",
    "fit_whitening": "whitening",
    "development_questions": "questions",
    "TextPair": "pairs",
    "documentation_pairs": "pairs",
    "read_pairs": "pairs",
    "contrastive_loss": "contrastive",
    "TuneSettings": "tune_settings",
    "Tuning": "tuning",
    "tune": "tune_run",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    # Lazy, so that search without vectors loads no torch.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
