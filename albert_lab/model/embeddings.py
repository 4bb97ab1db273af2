"""The input embeddings: three tables of width E, summed and normalized.

ALBERT's first saving: the tables are E wide, not H (Lan et al. 2020, section 3.1, "factorized embedding
parameterization"). V·H parameters become V·E + E·H. The step from E to H belongs to the encoder, where
the checkpoints keep it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from albert_lab.model.config import AlbertConfig


class AlbertEmbeddings(nn.Module):
    """LN_E(word[ids] + type[segments] + position[0..T-1]): token ids (B, T) -> (B, T, E)."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        E = config.embedding_size
        self.word_embeddings = nn.Embedding(config.vocab_size, E, padding_idx=config.pad_token_id)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, E)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, E)
        self.LayerNorm = nn.LayerNorm(E, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self, input_ids: Tensor, token_type_ids: Tensor | None = None, position_ids: Tensor | None = None
    ) -> Tensor:
        """input_ids, token_type_ids (B, T), position_ids (T,) or (B, T) -> (B, T, E).

        Left out, token types are all 0 and positions are 0, 1, ..., T-1.
        """
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)
        if position_ids is None:
            position_ids = torch.arange(input_ids.shape[-1], device=input_ids.device)
        summed = (
            self.word_embeddings(input_ids)  # (B, T) -> (B, T, E)
            + self.token_type_embeddings(token_type_ids)
            + self.position_embeddings(position_ids)
        )
        return self.dropout(self.LayerNorm(summed))
