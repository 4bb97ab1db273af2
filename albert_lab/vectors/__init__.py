"""From texts to vectors, and vectors kept: extractor, pooling, files, whitening, the exact index."""

from __future__ import annotations

from albert_lab.lazy import lazy

# Lazy, so that reading texts loads no torch.
__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
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
        "Whitening": "whitening",
        "fit_centring": "whitening",
        "fit_whitening": "whitening",
    },
)
