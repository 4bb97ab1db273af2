"""Made-up documents, a tokenizer over them, and a run small enough for a test."""

from __future__ import annotations

import random
from dataclasses import dataclass

from albert_lab.pretrain.data import encode_documents
from albert_lab.pretrain.settings import Settings
from albert_lab.text.tokenizer import train_tokenizer

NOUNS = ("array", "file", "matrix", "string", "tree", "socket", "thread", "kernel", "token", "index", "queue")
VERBS = ("returns", "copies", "sorts", "opens", "closes", "reads", "writes", "splits", "joins", "counts")
PLACES = ("memory", "order", "place", "parallel", "reverse", "groups", "chunks", "batches")


@dataclass
class Page:
    """A document as pretraining wants it."""

    name: str
    paragraphs: tuple[str, ...]


def pages(count: int, seed: int = 0) -> list[Page]:
    """Documents of one to three paragraphs of made-up sentences."""
    rng = random.Random(seed)

    def sentence() -> str:
        noun, verb, other, place = (rng.choice(x) for x in (NOUNS, VERBS, NOUNS, PLACES))
        return f"The {noun} {verb} the {other} number {rng.randrange(10_000)} in {place}."

    def paragraph() -> str:
        return " ".join(sentence() for _ in range(rng.randint(1, 6)))

    return [Page(f"m.f{i}", tuple(paragraph() for _ in range(rng.randint(1, 3)))) for i in range(count)]


def small_run(count: int = 60, **changes):
    """Settings, training texts, held-out texts and tokenizer of a run of a few seconds."""
    paragraphs = [list(page.paragraphs) for page in pages(count)]
    tokenizer = train_tokenizer((p for page in paragraphs for p in page), 120, max_length=48)
    settings = Settings(
        **{
            "tokens": 3000,
            "max_length": 48,
            "tokens_per_batch": 256,
            "depth": "",
            "batches_per_step": "",
            "shards": 1,
        }
        | changes
    )
    held_out = encode_documents(paragraphs[:10], tokenizer)
    return settings, encode_documents(paragraphs[10:], tokenizer), held_out, tokenizer
