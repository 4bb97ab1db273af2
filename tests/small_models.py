"""A small tokenizer and small random models; weights are scaled up, so that mistakes cannot hide."""

from __future__ import annotations

import argparse
import inspect
import shutil
import string
from collections.abc import Callable

import pytest
import torch

from albert_lab.model import AlbertConfig, AlbertModel
from albert_lab.text.tokenizer import train_tokenizer
from albert_lab.vectors import Extractor

SENTENCES = [
    "Copy a directory tree.",
    "a",
    "Return the string.",
    "The parser reads all arguments, then it returns a namespace; see parse_args().",
    "Remove a file, or a directory and all that is in it, or nothing, or a link to a directory.",
    "x = y",
    "",
    "return a copy of the string with all the characters in upper case and the rest as they were before",
    "Split it.",
]


@pytest.fixture(scope="session")
def tokenizer():
    modules = (argparse, shutil, string, inspect)
    documents = [
        doc for module in modules for _, item in inspect.getmembers(module) if (doc := inspect.getdoc(item))
    ]
    return train_tokenizer(documents, vocab_size=400, max_length=64)


@pytest.fixture(scope="session")
def make_model(tokenizer) -> Callable[..., AlbertModel]:
    def make(scale: float = 4.0, **changes) -> AlbertModel:
        sizes = {
            "vocab_size": len(tokenizer),
            "embedding_size": 16,
            "hidden_size": 32,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "intermediate_size": 64,
            "max_position_embeddings": 64,
        }
        torch.manual_seed(0)
        model = AlbertModel(AlbertConfig(**sizes | changes)).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    parameter.mul_(scale)
                else:
                    parameter.add_(0.1 * torch.randn_like(parameter))
        return model

    return make


@pytest.fixture(scope="session")
def model(make_model) -> AlbertModel:
    return make_model()


@pytest.fixture(scope="session")
def extractor(model, tokenizer) -> Extractor:
    return Extractor(model, tokenizer)
