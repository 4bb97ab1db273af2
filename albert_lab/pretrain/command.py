"""The command ``albert-lab pretrain``: options to Settings, progress to the screen."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from albert_lab.errors import InputError
from albert_lab.pretrain.settings import Settings

_DEFAULT = Settings()
_UNITS = {"k": 10**3, "m": 10**6, "b": 10**9}


def count_of(text: str) -> int:
    """A number of tokens as people write it: 60000000, 60M, 500k, 1.5B.

    Raises:
        InputError: not such a number.
    """
    unit = _UNITS.get(text[-1:].lower(), 1)
    digits = text[:-1] if unit > 1 else text
    try:
        return int(float(digits.replace("_", "")) * unit)
    except ValueError:
        raise InputError(f"{text!r} is no number of tokens.", expected="such as 60M or 500k") from None


Out = Annotated[Path, typer.Option(help="Folder of the model; an interrupted run in it is gone on with.")]
Size = Annotated[str, typer.Option(help="Named configuration: docs-mini, base, …")]
Tokens = Annotated[str, typer.Option(help="Tokens to see, such as 60M.")]
Package = Annotated[
    list[str] | None, typer.Option(help="Package to read; may be repeated. Default: all known.")
]
PublicOnly = Annotated[bool, typer.Option("--public-only", help="Leave private objects out.")]
Tokenizer = Annotated[str | None, typer.Option(help="Folder of a tokenizer to use.")]
TheOptimizer = Annotated[str, typer.Option(help="muon, adamw or lamb.")]
Start = Annotated[str, typer.Option(help="informed or random initial weights.")]
LearningRate = Annotated[float, typer.Option(help="Peak learning rate.")]
WeightDecay = Annotated[float, typer.Option(help="Weight decay.")]
ClipNorm = Annotated[float, typer.Option(help="Bound on the gradient's norm.")]
Schedule = Annotated[str, typer.Option(help="linear or cosine.")]
Warmup = Annotated[float, typer.Option(help="Share of the tokens for warm-up.")]
Depth = Annotated[str, typer.Option(help="Stages of depth, such as '2:0.5 4:0.75'; '' for full depth.")]
MaxLength = Annotated[int, typer.Option(help="Longest text in tokens.")]
TokensPerBatch = Annotated[int, typer.Option(help="B·T of a batch.")]
BatchesPerStep = Annotated[str, typer.Option(help="Stages of batches for one update, such as '1:0.5 4:1'.")]
HeldOutPercent = Annotated[float, typer.Option(help="Share of documents held out.")]
Shards = Annotated[int, typer.Option(help="Parts of a batch computed at once on the CPU.")]
Seed = Annotated[int, typer.Option(help="Decides weights, order and masks.")]
Device = Annotated[str | None, typer.Option(help="cpu or cuda; default: a GPU where there is one.")]
SaveEvery = Annotated[float, typer.Option(help="Seconds between saved states.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the log's records as JSON lines.")]


def pretrain(
    out: Out,
    size: Size = _DEFAULT.size,
    tokens: Tokens = f"{_DEFAULT.tokens // 10**6}M",
    package: Package = None,
    public_only: PublicOnly = False,
    tokenizer: Tokenizer = None,
    start: Start = _DEFAULT.start,
    optimizer: TheOptimizer = _DEFAULT.optimizer,
    learning_rate: LearningRate = _DEFAULT.learning_rate,
    weight_decay: WeightDecay = _DEFAULT.weight_decay,
    clip_norm: ClipNorm = _DEFAULT.clip_norm,
    schedule: Schedule = _DEFAULT.schedule,
    warmup: Warmup = _DEFAULT.warmup,
    depth: Depth = _DEFAULT.depth,
    max_length: MaxLength = _DEFAULT.max_length,
    tokens_per_batch: TokensPerBatch = _DEFAULT.tokens_per_batch,
    batches_per_step: BatchesPerStep = _DEFAULT.batches_per_step,
    held_out_percent: HeldOutPercent = _DEFAULT.held_out_percent,
    shards: Shards = _DEFAULT.shards,
    seed: Seed = _DEFAULT.seed,
    device: Device = None,
    save_every: SaveEvery = 180.0,
    as_json: AsJson = False,
) -> None:
    """Pretrain a small ALBERT on the installed documentation.

    Stop it whenever you like; the same command goes on from the last saved state.

    Example: albert-lab pretrain --out my-albert --tokens 2M --package stdlib
    """
    settings = _settings(locals())
    from albert_lab.pretrain.run import PRETRAINING_PACKAGES
    from albert_lab.pretrain.run import pretrain as run

    report = _print_json if as_json else Reporter(settings.tokens)
    what = {"packages": package or PRETRAINING_PACKAGES, "include_private": not public_only}
    how = {"device": device, "save_every": save_every, "progress": not as_json, "report": report}
    run(settings, out, tokenizer=tokenizer, **what, **how)


def _settings(options: dict[str, Any]) -> Settings:
    """The options that are settings, under the same names."""
    chosen = {field.name: options[field.name] for field in fields(Settings)}
    return Settings(**chosen | {"tokens": count_of(chosen["tokens"])})


def _print_json(record: dict) -> None:
    print(json.dumps(record), flush=True)


class Reporter:
    """One line on the screen for each record of the log, with what is left of the work."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    def __call__(self, record: dict) -> None:
        print(self.line(record), file=sys.stderr, flush=True)

    def line(self, record: dict) -> str:
        """The record as one line."""
        done = f"{record['tokens'] / 1e6:7.2f}M of {self.tokens / 1e6:.0f}M tokens"
        if "held_out_masked_accuracy" in record:
            return (
                f"{done}  held out: masked tokens {record['held_out_masked_accuracy']:.3f}, "
                f"order {record['held_out_order_accuracy']:.3f}"
            )
        speed = max(1, record["tokens_per_second"])
        left = max(0, self.tokens - record["tokens"]) / speed / 60
        return (
            f"{done}  loss {record['masked_loss']:.3f} + {record['order_loss']:.3f}  "
            f"masked {record['masked_accuracy']:.3f}  order {record['order_accuracy']:.3f}  "
            f"layers {record['layers']}  {speed:,} tokens/s  {left:.0f} min left"
        )
