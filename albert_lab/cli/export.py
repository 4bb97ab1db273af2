"""``albert-lab export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from albert_lab.cli.options import Json, print_json


def export(
    model: Annotated[str, typer.Argument(help="Built-in name, folder or hub name.")],
    out: Annotated[Path, typer.Argument(help="The file to write, such as model.onnx.")],
    attention: Annotated[bool, typer.Option("--attention", help="Give the attention weights too.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="Round the matrices to 8 bits.")] = False,
    pooling: Annotated[
        str | None,
        typer.Option(
            help="mean, cls, max, pooler or first_last.", show_default="as the model says, else mean"
        ),
    ] = None,
    normalize: Annotated[
        bool | None,
        typer.Option(
            "--normalize/--no-normalize", help="Vectors of length 1.", show_default="as the model says"
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output if it exists.")] = False,
    json_output: Json = False,
) -> None:
    """Write a model as ONNX, for programs without torch.

    The file takes input_ids, attention_mask and token_type_ids of any size and gives last_hidden_state and
    sentence_embedding. It is compared with the model before it gets its name. Needs the extra packages of
    pip install "albert-lab[onnx]".

    \b
    Examples:
      albert-lab export docs-mini-sentence sentences.onnx
      albert-lab export my-albert small.onnx --int8
    """
    from albert_lab.export import export_onnx

    options = {"pooling": pooling, "normalize": normalize}
    chosen = {name: value for name, value in options.items() if value is not None}
    done = export_onnx(model, out, attention=attention, int8=int8, overwrite=overwrite, **chosen)
    if json_output:
        print_json({**vars(done), "path": str(done.path)})
        return
    typer.echo(f"{done.path}: {done.bytes:,} bytes")
    for name, shape in done.outputs.items():
        found = f": {done.differences[name]:.0e} from the model in float64, torch {done.roundings[name]:.0e}"
        unit = ", at length 1" if name == "sentence_embedding" else ""
        typer.echo(f"  {name} ({', '.join(map(str, shape))}){'' if int8 else found + unit}")
    if int8:
        typer.echo(f"  rounded to int8: the smallest cosine with the vectors before is {done.cosine:.4f}")
