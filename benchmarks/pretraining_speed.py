"""Tokens per second of our pretraining step against a plain transformers loop, in one run.

Both train the same shape (docs-mini, full depth) with AdamW on the same batches: real documentation of the
standard library, masked, padded to the longest text of the batch. The plain loop is what one writes first:
``AlbertForPreTraining(...)`` with labels for every token, one batch after the other, its default attention.

    python benchmarks/pretraining_speed.py [--steps 20] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import transformers

from albert_lab.model.checkpoint import resolve
from albert_lab.model.config import AlbertConfig
from albert_lab.pretrain.data import Batch, encode_documents, split_documents
from albert_lab.pretrain.objectives import IGNORED
from albert_lab.pretrain.settings import Settings
from albert_lab.pretrain.trainer import Pretraining
from albert_lab.text.corpus import build_corpus
from albert_lab.text.tokenizer import load_tokenizer


def ours(batches: list[Batch], run: Pretraining) -> Callable[[Batch], None]:
    pool = run._pool()
    return lambda batch: run._step([batch], pool)


def plain() -> Callable[[Batch], None]:
    config = transformers.AlbertConfig(**AlbertConfig.named("docs-mini").to_dict())
    model = transformers.AlbertForPreTraining(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step(batch: Batch) -> None:
        labels = np.full_like(batch.input_ids, IGNORED)
        rows, columns = np.nonzero(batch.masked_labels != IGNORED)
        labels[rows, batch.masked_positions[rows, columns]] = batch.masked_labels[rows, columns]
        inputs = {
            "input_ids": batch.input_ids,
            "attention_mask": batch.attention_mask.astype(np.int64),
            "token_type_ids": batch.token_type_ids,
            "labels": labels,
            "sentence_order_label": batch.order_labels,
        }
        loss = model(**{name: torch.from_numpy(array) for name, array in inputs.items()}).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def tokens_per_second(step: Callable[[Batch], None], batches: list[Batch]) -> list[float]:
    speeds = []
    for batch in batches:
        start = time.perf_counter()
        step(batch)
        speeds.append(batch.num_tokens / (time.perf_counter() - start))
    return speeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    tokenizer = load_tokenizer(resolve("docs-mini"))
    training, held_out = split_documents(build_corpus(["stdlib"]))
    plainly = {"start": "random", "optimizer": "adamw", "depth": "", "batches_per_step": ""}
    settings = Settings(**plainly, shards=torch.get_num_threads())
    with tempfile.TemporaryDirectory() as folder:
        encoded = [encode_documents(part, tokenizer) for part in (training, held_out)]
        run = Pretraining(settings, *encoded, tokenizer, Path(folder), "cpu")
        plan = run.stream.plan(0)[: arguments.steps + 2]
        batches = [run.stream.batch(0, number, chunks) for number, chunks in enumerate(plan)]
        steps = {"ours": ours(batches, run), "transformers": plain()}
        speeds = {name: [] for name in steps}
        for number, batch in enumerate(batches):  # in turns, so that a busy machine is busy for both
            for name, step in steps.items():
                speed = tokens_per_second(step, [batch])
                speeds[name] += speed if number >= 2 else []
    medians = {name: round(statistics.median(values)) for name, values in speeds.items()}
    result = {
        "tokens_per_second": medians,
        "ratio": round(medians["ours"] / medians["transformers"], 2),
        "threads": torch.get_num_threads(),
        "steps": arguments.steps,
    }
    print(json.dumps(result) if arguments.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
