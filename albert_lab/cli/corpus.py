"""``albert-lab corpus build`` and ``albert-lab corpus stats``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from albert_lab.cli.options import Json, print_json

Packages = Annotated[
    list[str] | None,
    typer.Option(
        "--package",
        help="An installed package, or stdlib; may be repeated. Without it: the default set.",
        show_default=False,
    ),
]
Private = Annotated[bool, typer.Option("--private", help="Also objects that are not public.")]

app = typer.Typer(
    help="Read the documentation of installed packages, our text.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def build(
    package: Packages = None,
    private: Private = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read everything again.")] = False,
    json_output: Json = False,
) -> None:
    """Read documentation into the cache; needs no network.

    \b
    Examples:
      albert-lab corpus build
      albert-lab corpus build --package stdlib --package numpy
    """
    from albert_lab.text.corpus import build_corpus

    _tell(build_corpus(package or None, include_private=private, rebuild=rebuild), json_output)


@app.command()
def stats(package: Packages = None, private: Private = False, json_output: Json = False) -> None:
    """Tell how much text the corpus holds; reads it first where needed.

    \b
    Examples:
      albert-lab corpus stats
      albert-lab corpus stats --package stdlib --json
    """
    from albert_lab.text.corpus import build_corpus

    _tell(build_corpus(package or None, include_private=private), json_output)


def _tell(corpus: Any, json_output: bool) -> None:
    statistics = corpus.statistics()
    if json_output:
        print_json(statistics)
        return
    columns = ("documents", "paragraphs", "words", "characters")
    typer.echo(f"{'package':16}{'version':14}" + "".join(f"{column:>13}" for column in columns))
    for package, counts in statistics.items():
        numbers = "".join(f"{counts[column]:13,}" for column in columns)
        typer.echo(f"{package:16}{counts['version']:14}{numbers}")
    totals = "".join(f"{sum(counts[column] for counts in statistics.values()):13,}" for column in columns)
    typer.echo(f"{'all':30}{totals}")
