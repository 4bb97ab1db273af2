"""``albert-lab convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from albert_lab.cli.options import Json, print_json


def convert(
    folder: Annotated[Path, typer.Argument(help="Folder of the authors' release, or one checkpoint in it.")],
    out: Annotated[Path, typer.Argument(help="New folder for the model in Hugging Face's layout.")],
    cased: Annotated[
        bool | None,
        typer.Option(
            "--cased/--uncased",
            help="Whether capitals count; without it the vocabulary decides.",
            show_default=False,
        ),
    ] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Convert without tensors that no model here has a place for.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Convert a TensorFlow checkpoint, without TensorFlow.

    FOLDER holds model.ckpt-best.index, model.ckpt-best.data-00000-of-00001, albert_config.json and
    30k-clean.model (or spiece.model, or the vocab_chinese.txt of a Chinese model), as the authors released
    it. OUT can then be named wherever a model is asked for, and transformers reads it too.

    \b
    Examples:
      albert-lab convert albert_base_v2 my-albert
      albert-lab embed "some text" --model my-albert --out vectors.parquet
    """
    from albert_lab.convert import convert as run

    done = run(folder, out, lower=None if cased is None else not cased, leave_out=leave_out)
    if json_output:
        print_json({**vars(done), "folder": str(done.folder)})
        return
    typer.echo(f"{done.folder}: {done.architecture}, {done.parameters:,} numbers, with its tokenizer")
    for name in done.left_out:
        typer.echo(f"  left out, no model here has a place for it: {name}")
