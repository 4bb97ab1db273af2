"""The command ``albert-lab pretrain``: options to Settings, progress to the screen."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

import typer

from albert_lab.cli.options import (
    ClipNorm,
    Device,
    HeldOutPercent,
    LearningRate,
    MaxLength,
    Optimizer,
    Out,
    Package,
    PublicOnly,
    Records,
    SaveEvery,
    Schedule,
    Seed,
    Shards,
    TokensPerBatch,
    Warmup,
    WeightDecay,
    reporter,
)
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
    except (ValueError, OverflowError):
        raise InputError(f"{text!r} is no number of tokens.", expected="such as 60M or 500k") from None


Size = Annotated[str, typer.Option(help="Named configuration: docs-mini, base, …")]
Tokens = Annotated[str, typer.Option(help="Tokens to see, such as 60M.")]
Tokenizer = Annotated[str | None, typer.Option(help="Folder of a tokenizer to use.")]
Start = Annotated[str, typer.Option(help="informed or random initial weights.")]
Depth = Annotated[str, typer.Option(help="Stages of depth, such as '2:0.5 4:0.75'; '' for full depth.")]
BatchesPerStep = Annotated[str, typer.Option(help="Stages of batches for one update, such as '1:0.5 4:1'.")]


def pretrain(
    out: Out,
    size: Size = _DEFAULT.size,
    tokens: Tokens = f"{_DEFAULT.tokens // 10**6}M",
    package: Package = None,
    public_only: PublicOnly = False,
    tokenizer: Tokenizer = None,
    start: Start = _DEFAULT.start,
    optimizer: Optimizer = _DEFAULT.optimizer,
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
    as_json: Records = False,
) -> None:
    """Pretrain a small ALBERT on the installed documentation.

    Stop it whenever you like; the same command goes on from the last saved state.

    Example: albert-lab pretrain --out my-albert --tokens 2M --package stdlib
    """
    settings = _settings(locals())
    from albert_lab.pretrain.run import PRETRAINING_PACKAGES
    from albert_lab.pretrain.run import pretrain as run

    report = reporter(as_json, lambda record: line(record, settings.tokens))
    what = {"packages": package or PRETRAINING_PACKAGES, "include_private": not public_only}
    how = {"device": device, "save_every": save_every, "progress": not as_json, "report": report}
    run(settings, out, tokenizer=tokenizer, **what, **how)


def _settings(options: dict[str, Any]) -> Settings:
    """The options that are settings, under the same names."""
    chosen = {field.name: options[field.name] for field in fields(Settings)}
    return Settings(**chosen | {"tokens": count_of(chosen["tokens"])})


def line(record: dict[str, Any], tokens: int) -> str:
    """A record of the log as one line, with what is left of the work."""
    done = f"{record['tokens'] / 1e6:7.2f}M of {round(tokens / 1e6, 2):g}M tokens"
    if "held_out_masked_accuracy" in record:
        return (
            f"{done}  held out: masked tokens {record['held_out_masked_accuracy']:.3f}, "
            f"order {record['held_out_order_accuracy']:.3f}"
        )
    speed = max(1, record["tokens_per_second"])
    left = max(0, tokens - record["tokens"]) / speed / 60
    return (
        f"{done}  loss {record['masked_loss']:.3f} + {record['order_loss']:.3f}  "
        f"masked {record['masked_accuracy']:.3f}  order {record['order_accuracy']:.3f}  "
        f"layers {record['layers']}  {speed:,} tokens/s  {left:.0f} min left"
    )
