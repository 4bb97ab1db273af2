"""Sentences per second: our Extractor against sentence-transformers, same weights, same texts, one run.

    python benchmarks/embedding_speed.py
    python benchmarks/embedding_speed.py --shapes docs-mini --texts 500 --rounds 2 --json result.json

The contestants take turns, and the best of several rounds counts for each, so that a busy machine disturbs
all of them alike. The weights are random: speed does not depend on them. The texts are the docstrings of the
standard library that have 16 to 128 tokens, cleaned.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from albert_lab.model import AlbertConfig, AlbertModel
from albert_lab.model.checkpoint import save_model
from albert_lab.text.corpus import STDLIB, build_corpus
from albert_lab.text.tokenizer import load_tokenizer, train_tokenizer
from albert_lab.vectors import Extractor
from albert_lab.vectors.precision import PRECISIONS

SHORTEST, LONGEST = 16, 128
PRETRAINED = Path(__file__).parents[1] / "albert_lab" / "pretrained" / "docs-mini"


def main() -> None:
    options = arguments()
    if options.threads:
        torch.set_num_threads(options.threads)
    prose = [document.prose for document in build_corpus(STDLIB) if document.prose]
    tokenizer = load_tokenizer(PRETRAINED) if PRETRAINED.exists() else train_tokenizer(prose, 6000)
    tokenizer.model_max_length = LONGEST
    rows = []
    for shape in options.shapes:
        number = options.texts or {"docs-mini": 4000}.get(shape, 256)
        rows += compare(shape, sample(prose, tokenizer, number), tokenizer, options)
        show(rows[-1 - len(options.precisions) :])
    about = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "processor": platform.processor() or platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "rounds": options.rounds,
    }
    print(json.dumps(about))
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "results": rows}, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--shapes", nargs="+", default=["docs-mini", "base"], help="named sizes of AlbertConfig"
    )
    parser.add_argument("--precisions", nargs="+", default=PRECISIONS, choices=PRECISIONS)
    parser.add_argument("--texts", type=int, help="how many; default 4000 at docs-mini, 256 at other shapes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens-per-batch", type=int, help="of our extractor; default: its own choice")
    parser.add_argument("--threads", type=int, help="default: torch's choice")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def sample(texts: list[str], tokenizer, number: int) -> list[tuple[str, int]]:
    """Texts of 16 to 128 tokens, each with its number of tokens, drawn with a fixed seed."""
    order = np.random.default_rng(0).permutation(len(texts))
    found = []
    for position in order:
        length = len(tokenizer(texts[position], verbose=False)["input_ids"])
        if SHORTEST <= length <= LONGEST:
            found.append((texts[position], length))
        if len(found) == number:
            break
    return found


def compare(shape: str, sampled: list[tuple[str, int]], tokenizer, options: argparse.Namespace) -> list[dict]:
    torch.manual_seed(0)
    model = AlbertModel(AlbertConfig.named(shape)).eval()
    texts, lengths = [text for text, _ in sampled], [length for _, length in sampled]
    runs = {("sentence-transformers", "float32"): reference(model, tokenizer)}
    for precision in options.precisions:
        extractor = our_extractor(model, tokenizer, precision, options.tokens_per_batch)
        runs["albert-lab", precision] = extractor.embed
    vectors = {key: run(texts) for key, run in runs.items()}  # also warms up
    seconds = {key: float("inf") for key in runs}
    rates = []
    for _ in range(options.rounds):
        rates.append(matrix_rate(model.config))
        for key, run in runs.items():
            begin = time.perf_counter()
            run(texts)
            seconds[key] = min(seconds[key], time.perf_counter() - begin)
    exact = vectors["sentence-transformers", "float32"]
    work = sum(flops(model.config, length) for length in lengths)
    slowest = seconds["sentence-transformers", "float32"]
    return [
        {
            "shape": shape,
            "engine": engine,
            "precision": precision,
            "sentences_per_second": round(len(texts) / seconds[engine, precision], 1),
            "times": round(slowest / seconds[engine, precision], 2),
            "share_of_float32_matrix_rate": round(work / seconds[engine, precision] / max(rates), 3),
            "gflop_per_second": round(work / seconds[engine, precision] / 1e9, 1),
            "matrix_gflop_per_second": round(max(rates) / 1e9, 1),
            "least_cosine": float(f"{cosines(exact, vectors[engine, precision]).min():.7f}"),
            "largest_difference": float(f"{np.abs(exact - vectors[engine, precision]).max():.2e}"),
            "texts": len(texts),
            "mean_tokens": round(float(np.mean(lengths)), 1),
        }
        for engine, precision in runs
    ]


def reference(model: AlbertModel, tokenizer) -> Callable[[list[str]], np.ndarray]:
    """sentence-transformers with mean pooling on the same weights, as a user calls it."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    with tempfile.TemporaryDirectory() as folder:
        save_model(model, folder)
        tokenizer.save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=LONGEST)
        encoder = SentenceTransformer(modules=[transformer, Pooling(model.config.hidden_size)], device="cpu")
    return lambda texts: encoder.encode(texts, show_progress_bar=False)


def our_extractor(model: AlbertModel, tokenizer, precision: str, tokens_per_batch: int | None) -> Extractor:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        extractor = Extractor(
            model, tokenizer, precision=precision, max_length=LONGEST, tokens_per_batch=tokens_per_batch
        )
    for warning in caught:
        print(f"note ({precision}): {warning.message}")
    return extractor


def matrix_rate(config: AlbertConfig) -> float:
    """Operations per second of this machine's float32 matrix product, in the shape of the FFN."""
    left, right = (
        torch.randn(2048, config.hidden_size),
        torch.randn(config.hidden_size, config.intermediate_size),
    )
    operations = 2 * left.shape[0] * right.numel()
    repeats = max(1, int(2e10 / operations))
    left @ right
    begin = time.perf_counter()
    for _ in range(repeats):
        left @ right
    return repeats * operations / (time.perf_counter() - begin)


def flops(config: AlbertConfig, tokens: int) -> float:
    """Of the matrix products that one text needs, padding not counted: 2 for each multiply and add."""
    H, I, E = config.hidden_size, config.intermediate_size, config.embedding_size  # noqa: E741
    layer = 4 * 2 * H * H + 2 * 2 * H * I + 2 * 2 * tokens * H  # projections, FFN, scores and weighted sum
    return tokens * (config.num_hidden_layers * config.inner_group_num * layer + 2 * E * H)


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def show(rows: list[dict]) -> None:
    head = ("shape", "engine", "precision", "sent/s", "times", "share", "cosine", "diff")
    print("{:10} {:22} {:9} {:>8} {:>6} {:>6} {:>9} {:>8}".format(*head))
    for row in rows:
        print(
            f"{row['shape']:10} {row['engine']:22} {row['precision']:9} {row['sentences_per_second']:8.1f} "
            f"{row['times']:6.2f} {row['share_of_float32_matrix_rate']:6.2f} {row['least_cosine']:9.6f} "
            f"{row['largest_difference']:8.1e}"
        )


if __name__ == "__main__":
    main()
