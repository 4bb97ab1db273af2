"""ALBERT from scratch; read it in this order: config, attention, embeddings, encoder, albert,
heads, decoder, checkpoint.
"""

from __future__ import annotations

from albert_lab.lazy import lazy

# Lazy, so that a config can be read, and a question answered, without loading torch.
__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "AlbertAttention": "attention",
        "AlbertConfig": "config",
        "AlbertEmbeddings": "embeddings",
        "AlbertEncoder": "encoder",
        "AlbertForMaskedLM": "heads",
        "AlbertForPreTraining": "heads",
        "AlbertForQuestionAnswering": "heads",
        "AlbertForSequenceClassification": "heads",
        "AlbertForTokenClassification": "heads",
        "AlbertForTranslation": "decoder",
        "AlbertLayer": "encoder",
        "AlbertLayerGroup": "encoder",
        "AlbertModel": "albert",
        "AlbertOutput": "albert",
        "load_model": "checkpoint",
        "resolve": "sources",
        "save_model": "checkpoint",
        "scaled_dot_product_attention": "attention",
    },
)
