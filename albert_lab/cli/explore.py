"""``albert-lab explore``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from albert_lab.cli.options import Json, print_json
from albert_lab.paths import check_output

# The choices of albert_lab.viz.explorer, written here so that --help needs no numpy; a test compares them.
Language = StrEnum("Language", ["en", "zh"])
_CHAPTER = "chapters/05_tokens.ipynb"  # where this stands beside the page, the page links to the chapters

Text = Annotated[
    str | None, typer.Argument(metavar="[TEXT]", help="What the page shows first.", show_default=False)
]
Second = Annotated[str | None, typer.Option(help="The text that it is compared with.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", help="The page to write.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="docs-mini, or a folder; without it $ALBERT_LAB_MODEL or docs-mini-sentence.",
        show_default=False,
    ),
]
NoLibrary = Annotated[
    bool, typer.Option("--no-library", help="Leave the standard library out: 2 MB less, nothing is near.")
]
Chapters = Annotated[
    str | None,
    typer.Option(help="Where the chapters are, such as https://…/{name}.html.", show_default=False),
]
Lang = Annotated[Language, typer.Option("--lang", help="Language of the labels.")]
Open = Annotated[bool, typer.Option("--open", help="Show the page in a browser.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the output if it exists.")]


def explore(
    text: Text = None,
    out: Out = Path("explorer.html"),
    second: Second = None,
    model: Model = None,
    no_library: NoLibrary = False,
    chapters: Chapters = None,
    lang: Lang = Language.en,
    show: Open = False,
    overwrite: Overwrite = False,
    json_output: Json = False,
) -> None:
    """Write a page in which the model runs on what you type.

    The page (about 5 MB) holds the model and the vectors of the standard library, which are made on this
    machine the first time. It needs no server and no network, and can be sent to others.

    \b
    Examples:
      albert-lab explore --open
      albert-lab explore "The cat sat because it was tired." --out cat.html
      albert-lab explore --model docs-mini --no-library --lang zh --out mini.html
    """
    check_output(out, (".html",), overwrite=overwrite)
    told = _written(text, second, model, chapters, str(lang), out, library=not no_library)
    if json_output:
        print_json(told)
    else:
        near = f", {told['objects']} objects" if told["objects"] else ""
        typer.echo(f"{out}: {told['model']}{near}, {told['bytes'] / 1e6:.1f} MB")
    if show:
        from albert_lab.cli.attention import open_page

        open_page(out)


def _written(
    text: str | None, second: str | None, model: str | None, chapters: str | None, lang: str, out: Path,
    *, library: bool,
) -> dict[str, Any]:  # fmt: skip
    """Gather model and library, write the page; what --json prints."""
    from albert_lab import viz
    from albert_lab.face import load
    from albert_lab.vectors.sentence import sentence_source

    source = model or sentence_source()
    loaded = load(source)
    viz.explorer(loaded)  # refuses a model that no page can run, before the library is embedded by it
    search = _library(source) if library else None
    if chapters is None and (out.parent / _CHAPTER).is_file():
        chapters = "chapters/{name}.ipynb"
    given = {name: value for name, value in (("text", text), ("second", second)) if value is not None}
    viz.explorer(loaded, **given, library=search, chapters=chapters, language=lang).save(out)
    told = {"out": str(out), "model": loaded.name, "objects": len(search) if search else 0}
    return told | {"bytes": out.stat().st_size}


def _library(source: str) -> Any:
    from albert_lab.retrieval.quick import quick_extractor
    from albert_lab.retrieval.search import DocumentSearch

    return DocumentSearch("stdlib", extractor=quick_extractor(source))
