"""The command ``albert-lab pretrain``: options to Settings, progress to the screen."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

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


def pretrain(
    out: Annotated[Path, typer.Option(help="Folder of the model; an interrupted run in it is gone on with.")],
    size: Annotated[str, typer.Option(help="Named configuration: docs-mini, base, …")] = _DEFAULT.size,
    tokens: Annotated[str, typer.Option(help="Tokens to see, such as 60M.")] = f"{_DEFAULT.tokens // 10**6}M",
    package: Annotated[
        list[str] | None, typer.Option(help="Package to read; may be repeated. Default: all known ones.")
    ] = None,
    public_only: Annotated[bool, typer.Option("--public-only", help="Leave private objects out.")] = False,
    tokenizer: Annotated[str | None, typer.Option(help="Folder of a tokenizer to use.")] = None,
    optimizer: Annotated[str, typer.Option(help="lamb or adamw.")] = _DEFAULT.optimizer,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = _DEFAULT.learning_rate,
    weight_decay: Annotated[float, typer.Option(help="Weight decay.")] = _DEFAULT.weight_decay,
    clip_norm: Annotated[float, typer.Option(help="Bound on the gradient's norm.")] = _DEFAULT.clip_norm,
    schedule: Annotated[str, typer.Option(help="linear or cosine.")] = _DEFAULT.schedule,
    warmup: Annotated[float, typer.Option(help="Share of the tokens for warm-up.")] = _DEFAULT.warmup,
    depth: Annotated[
        str, typer.Option(help="Stages of depth, such as '2:0.5 4:0.75'; '' for full depth.")
    ] = _DEFAULT.depth,
    max_length: Annotated[int, typer.Option(help="Longest text in tokens.")] = _DEFAULT.max_length,
    tokens_per_batch: Annotated[int, typer.Option(help="B·T of a batch.")] = _DEFAULT.tokens_per_batch,
    batches_per_step: Annotated[
        str, typer.Option(help="Stages of batches for one update, such as '1:0.5 4:1'.")
    ] = _DEFAULT.batches_per_step,
    held_out_percent: Annotated[
        float, typer.Option(help="Share of documents held out.")
    ] = _DEFAULT.held_out_percent,
    shards: Annotated[
        int, typer.Option(help="Parts of a batch computed at once on the CPU.")
    ] = _DEFAULT.shards,
    seed: Annotated[int, typer.Option(help="Decides weights, order and masks.")] = _DEFAULT.seed,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; default: the best.")] = None,
    save_every: Annotated[float, typer.Option(help="Seconds between saved states.")] = 180.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the log's records as JSON lines.")] = False,
) -> None:
    """Pretrain a small ALBERT on the documentation of this machine's packages.

    Stop it whenever you like; the same command goes on from the last saved state.

    Example: albert-lab pretrain --out my-albert --tokens 2M --package stdlib
    """
    from albert_lab.pretrain.run import PRETRAINING_PACKAGES
    from albert_lab.pretrain.run import pretrain as run

    settings = Settings(
        size=size, tokens=count_of(tokens), seed=seed, optimizer=optimizer, learning_rate=learning_rate,
        weight_decay=weight_decay, clip_norm=clip_norm, schedule=schedule, warmup=warmup,
        max_length=max_length, tokens_per_batch=tokens_per_batch, depth=depth,
        batches_per_step=batches_per_step, held_out_percent=held_out_percent, shards=shards,
    )  # fmt: skip
    run(
        settings,
        out,
        packages=package or PRETRAINING_PACKAGES,
        include_private=not public_only,
        tokenizer=tokenizer,
        device=device,
        save_every=save_every,
        progress=not as_json,
        report=_print_json if as_json else Reporter(settings.tokens),
    )


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
