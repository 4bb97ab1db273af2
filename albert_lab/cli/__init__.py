"""The command line: ``albert-lab``. A thin face; each command imports what it needs when it runs.

What a user did wrong (an ``AlbertLabError``) is told in plain words on stderr, with exit status 2 and, only
after ``albert-lab --debug``, a traceback. Ctrl+C ends with 130. With ``--json`` stdout holds only JSON.
"""

from __future__ import annotations

import io
import sys
import traceback
import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from albert_lab.cli import (
    attention,
    convert,
    corpus,
    course,
    downstream,
    explore,
    export,
    models,
    pretrain,
    tune,
    vectors,
)
from albert_lab.errors import AlbertLabError


class _Commands(TyperGroup):
    """Turns the errors of the course into words and an exit status, for every command below it."""

    def invoke(self, ctx: Any) -> Any:
        _replace_unknown_signs()
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("always", category=UserWarning, module="albert_lab")
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except BrokenPipeError:
            raise  # who read along has heard enough; click ends quietly
        except (AlbertLabError, OSError) as error:  # the latter: what the machine refuses
            if ctx.params.get("debug"):
                typer.echo(traceback.format_exc(), err=True)
            typer.echo(f"albert-lab: {error}", err=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as error:
            typer.echo("\nalbert-lab: stopped.", err=True)
            raise typer.Exit(130) from error


def _replace_unknown_signs() -> None:
    """A console that cannot show a sign shows "?"; so do names of files that are no UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _show_warning(message: Warning | str, *_: Any) -> None:
    typer.echo(f"albert-lab: note: {message}", err=True)


app = typer.Typer(
    name="albert-lab",
    cls=_Commands,
    help="From the attention formula to ALBERT embeddings: a course, and the tools that it builds.\n\n"
    "Begin with:  albert-lab learn",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from albert_lab import __version__

        typer.echo(f"albert-lab {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")] = False,
) -> None:
    """Options that stand before the command."""


app.command()(course.learn)
app.command()(vectors.embed)
app.command()(vectors.search)
app.command()(attention.attention)
app.command()(explore.explore)
app.command()(models.models)
app.command()(convert.convert)
app.command()(export.export)
app.add_typer(corpus.app, name="corpus")
app.command()(pretrain.pretrain)
app.command()(tune.tune)
app.command()(downstream.finetune)
app.command()(downstream.predict)
app.command()(downstream.summarize)
app.command()(course.doctor)
