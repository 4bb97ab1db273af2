"""ALBERT from scratch; read it in this order: config, attention, embeddings, encoder, albert,
heads, checkpoint.
"""

from albert_lab.model.albert import AlbertModel, AlbertOutput
from albert_lab.model.attention import AlbertAttention, scaled_dot_product_attention
from albert_lab.model.checkpoint import load_model, resolve, save_model
from albert_lab.model.config import AlbertConfig
from albert_lab.model.embeddings import AlbertEmbeddings
from albert_lab.model.encoder import AlbertEncoder, AlbertLayer, AlbertLayerGroup
from albert_lab.model.heads import (
    AlbertForMaskedLM,
    AlbertForPreTraining,
    AlbertForQuestionAnswering,
    AlbertForSequenceClassification,
    AlbertForTokenClassification,
)

__all__ = [
    "AlbertAttention",
    "AlbertConfig",
    "AlbertEmbeddings",
    "AlbertEncoder",
    "AlbertForMaskedLM",
    "AlbertForPreTraining",
    "AlbertForQuestionAnswering",
    "AlbertForSequenceClassification",
    "AlbertForTokenClassification",
    "AlbertLayer",
    "AlbertLayerGroup",
    "AlbertModel",
    "AlbertOutput",
    "load_model",
    "resolve",
    "save_model",
    "scaled_dot_product_attention",
]
