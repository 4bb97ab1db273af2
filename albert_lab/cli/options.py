"""Options that several commands share."""

from __future__ import annotations

import json
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


def chosen_model(model: str | None) -> str:
    """The name of the model that a command uses: the asked one, ALBERT_LAB_MODEL's, or the built-in one."""
    import os

    from albert_lab.model.sources import DEFAULT_SOURCE, SOURCE_VARIABLE

    return model or os.environ.get(SOURCE_VARIABLE) or DEFAULT_SOURCE


def print_json(value: Any) -> None:
    """Print ``value`` as JSON in ASCII, so that it passes through every terminal and pipe."""
    typer.echo(json.dumps(value, indent=1))
