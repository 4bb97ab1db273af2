from __future__ import annotations

import random
from pathlib import Path

import pytest

from albert_lab.downstream import LabelledText, Splits
from albert_lab.model.checkpoint import save_model
from tests.small_models import make_model, tokenizer

__all__ = ["make_model", "tokenizer"]

WORDS = {
    "files": ["copy", "remove", "directory", "path", "link", "tree", "open", "write"],
    "text": ["string", "upper", "case", "split", "join", "character", "letter", "strip"],
    "calls": ["argument", "parser", "option", "namespace", "help", "usage", "default", "return"],
}


def made(label: str, number: int) -> LabelledText:
    """A text of words of its label, among some that belong to none; some texts are long."""
    rng = random.Random(f"{label} {number}")
    words = rng.choices(WORDS[label], k=rng.randint(2, 12)) + rng.choices(["the", "a", "and", "of"], k=4)
    rng.shuffle(words)
    return LabelledText(" ".join(words), label, f"{label} {number}")


@pytest.fixture(scope="session")
def data() -> Splits[LabelledText]:
    examples = [made(label, number) for number in range(40) for label in WORDS]
    return Splits(examples[:72], examples[72:96], examples[96:], "Made up.")


@pytest.fixture(scope="session")
def source(make_model, tokenizer, tmp_path_factory) -> Path:
    """A folder with first weights, a pooler among them."""
    folder = tmp_path_factory.mktemp("first")
    save_model(make_model(scale=1.0, classifier_dropout_prob=0.1), folder)
    tokenizer.save_pretrained(folder)
    return folder
