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


def print_json(value: Any) -> None:
    """Print ``value`` as JSON in ASCII, so that it passes through every terminal and pipe."""
    typer.echo(json.dumps(value, indent=1))
