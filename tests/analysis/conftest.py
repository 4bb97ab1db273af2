from __future__ import annotations

import numpy as np
import pytest
import torch

from albert_lab.model import AlbertConfig, AlbertForMaskedLM

SHAPE = {
    "vocab_size": 24,
    "embedding_size": 8,
    "hidden_size": 24,
    "num_attention_heads": 3,
    "num_hidden_layers": 4,
    "intermediate_size": 32,
    "max_position_embeddings": 32,
}


@pytest.fixture
def attention():
    """Weights (4, 3, 5, 5) of a head that cares."""
    raw = np.random.default_rng(0).exponential(size=(4, 3, 5, 5)) ** 3
    return raw / raw.sum(-1, keepdims=True)


@pytest.fixture
def make_model():
    """Make our masked-token model, its weights scaled up until heads matter."""

    def make(**changes):
        torch.manual_seed(0)
        model = AlbertForMaskedLM(AlbertConfig(**(SHAPE | changes))).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(8)
        return model

    return make


@pytest.fixture
def batch():
    """Two texts, the second with padding, and labels at three tokens."""
    ids = torch.randint(4, 24, (2, 7), generator=torch.Generator().manual_seed(1))
    mask = torch.tensor([[1] * 7, [1] * 5 + [0] * 2])
    labels = torch.full((2, 7), -100)
    labels[0, 2], labels[0, 5], labels[1, 3] = 7, 9, 11
    return {"input_ids": ids, "attention_mask": mask}, labels
