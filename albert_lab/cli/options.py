"""Options that several commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Built-in name, folder or hub name; without it $ALBERT_LAB_MODEL or docs-mini.",
        show_default=False,
    ),
]

# Options of every training

Out = Annotated[Path, typer.Option(help="Folder of the model; an interrupted run in it is gone on with.")]
Package = Annotated[
    list[str] | None,
    typer.Option(help="Package to read; may be repeated. Without it: the default set.", show_default=False),
]
PublicOnly = Annotated[bool, typer.Option("--public-only", help="Leave private objects out.")]
Optimizer = Annotated[str, typer.Option(help="adamw, muon or lamb.")]
LearningRate = Annotated[float, typer.Option(help="Peak learning rate.")]
WeightDecay = Annotated[float, typer.Option(help="Weight decay.")]
ClipNorm = Annotated[float, typer.Option(help="Bound on the gradient's norm.")]
Schedule = Annotated[str, typer.Option(help="How the learning rate falls: linear or cosine.")]
Warmup = Annotated[float, typer.Option(help="Share of the run in which the learning rate rises.")]
MaxLength = Annotated[int, typer.Option(help="Longest text in tokens.")]
TokensPerBatch = Annotated[int, typer.Option(help="B·T of what is run at once, padding included.")]
HeldOutPercent = Annotated[float, typer.Option(help="Share of documents held out.")]
Shards = Annotated[int, typer.Option(help="Parts of a batch computed at once on the CPU.")]
Seed = Annotated[int, typer.Option(help="Decides everything random.")]
Device = Annotated[str | None, typer.Option(help="cpu or cuda; default: a GPU where there is one.")]
SaveEvery = Annotated[float, typer.Option(help="Seconds between saved states.")]
Records = Annotated[bool, typer.Option("--json", help="Print the log's records as JSON lines.")]


def chosen_model(model: str | None) -> str:
    """The name of the model that a command uses: the asked one, ALBERT_LAB_MODEL's, or the built-in one."""
    import os

    from albert_lab.model.sources import DEFAULT_SOURCE, SOURCE_VARIABLE

    return model or os.environ.get(SOURCE_VARIABLE) or DEFAULT_SOURCE


def print_json(value: Any) -> None:
    """Print ``value`` as JSON in ASCII, so that it passes through every terminal and pipe."""
    typer.echo(json.dumps(value, indent=1))


def reporter(as_json: bool, line: Callable[[dict], str]) -> Callable[[dict], None]:
    """What a training calls with each record of its log: JSON on stdout, or a line for people on stderr."""
    if as_json:
        return lambda record: print(json.dumps(record), flush=True)
    return lambda record: print(line(record), file=sys.stderr, flush=True)
