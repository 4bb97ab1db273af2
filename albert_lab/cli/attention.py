"""``albert-lab attention``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from albert_lab.cli.options import Json, Model, chosen_model, print_json
from albert_lab.paths import check_output

View = StrEnum("View", ["head", "model", "neuron", "heatmap"])
ENDINGS = (".html", ".png")
FILE_ENDINGS = (
    ".txt",
    ".md",
    ".rst",
    ".csv",
    ".tsv",
    ".json",
    ".jsonl",
    ".parquet",
    ".pdf",
    ".docx",
    ".html",
)

Text = Annotated[str, typer.Argument(metavar="TEXT", help="The text whose tokens look at each other.")]
Pair = Annotated[str | None, typer.Option(help="A second text, read after the first.", show_default=False)]
Kind = Annotated[
    View, typer.Option("--view", help="All heads of a layer, all layers, one head, or a picture.")
]
Out = Annotated[Path, typer.Option("--out", help="FILE.html is interactive, FILE.png a picture.")]
Layer = Annotated[int, typer.Option(help="The layer shown first; 0 is the first, -1 the last.")]
Head = Annotated[
    int | None, typer.Option(help="The head shown first; without it all, or head 0.", show_default=False)
]
Title = Annotated[str, typer.Option(help="Text above it.")]
Open = Annotated[bool, typer.Option("--open", help="Show the file in a browser.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the output if it exists.")]


def attention(
    text: Text,
    out: Out,
    pair: Pair = None,
    view: Kind = View.head,
    layer: Layer = 0,
    head: Head = None,
    title: Title = "",
    model: Model = None,
    show: Open = False,
    overwrite: Overwrite = False,
    json_output: Json = False,
) -> None:
    """Draw which token looks at which, as a page or a picture.

    A page (.html) holds everything that it needs: it works offline and can be sent to others.

    \b
    Examples:
      albert-lab attention "The cat sat because it was tired." --out cat.html --open
      albert-lab attention "Copy a file." --pair "It is copied." --view neuron --out pair.html
      albert-lab attention "Copy a file." --view heatmap --layer -1 --head 2 --out map.png
    """
    check_output(out, ENDINGS, overwrite=overwrite)
    for name in (text, pair):
        _note_of_a_file(name)
    told = _drawn(text, pair, view, (layer, head), title, chosen_model(model), out)
    if json_output:
        print_json(told)
    else:
        shape = f"{told['tokens']} tokens, {told['layers']} layers, {told['heads']} heads"
        typer.echo(f"{out}: {view}, {shape}, by {told['model']}")
    if show:
        open_page(out)


def _drawn(
    text: str, pair: str | None, view: View, first: tuple[int, int | None], title: str, model: str, out: Path
) -> dict[str, Any]:
    """Record the text and write the picture; what --json prints."""
    from albert_lab import analysis
    from albert_lab.face import load
    from albert_lab.text.batches import without_surrogates

    title = without_surrogates(title)
    loaded = load(model)
    record = analysis.record(loaded.model, loaded.tokenizer, text, pair)
    if view == View.heatmap:
        _save_heatmap(record, out, *first, title)
    else:
        _interactive(record, view, *first, title).save(out)
    told = {"out": str(out), "view": str(view), "model": loaded.name, "tokens": len(record.tokens)}
    return told | {"layers": record.num_layers, "heads": record.num_heads, "bytes": out.stat().st_size}


def _note_of_a_file(text: str | None) -> None:
    """Say so where a text seems to be meant as the name of a file: what is drawn is the name."""
    if not text or any(character.isspace() for character in text):
        return
    path = Path(text)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):  # a text may be too long for a file name
        return
    if is_file or path.suffix.lower() in FILE_ENDINGS:
        typer.echo(
            f"albert-lab: note: {text!r} is taken as the text itself. To draw what a file holds: "
            'albert-lab attention "$(cat FILE)"',
            err=True,
        )


def _interactive(record: Any, view: View, layer: int, head: int | None, title: str) -> Any:
    from albert_lab import viz

    if view == View.neuron:
        return viz.neuron_view(record, layer=layer, head=head or 0, title=title)
    draw = viz.model_view if view == View.model else viz.head_view
    return draw(record, layer=layer, head=head, title=title)


def _save_heatmap(record: Any, out: Path, layer: int, head: int | None, title: str) -> None:
    """The heatmap of one layer, of one of its heads or of all."""
    from io import BytesIO

    from matplotlib import pyplot as plt

    from albert_lab import viz
    from albert_lab.paths import atomic_write
    from albert_lab.viz.checked import checked_number
    from albert_lab.viz.page import build_picture_page

    plt.switch_backend("agg")  # no window
    layer = checked_number(layer, record.num_layers, "layer")
    heads = range(record.num_heads) if head is None else [checked_number(head, record.num_heads, "head")]
    names = [f"layer {layer}, head {number}" for number in heads]
    weights = record.attention[layer, list(heads)]
    figure, _ = viz.attention_heatmap(weights, record.tokens, titles=names, title=title)
    drawn = BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    page = build_picture_page(drawn.getvalue(), figure.description).encode("utf-8")
    with atomic_write(out) as temporary:
        temporary.write_bytes(page if out.suffix.lower() == ".html" else drawn.getvalue())


def open_page(out: Path) -> None:
    """Show a file in a browser, or say that there is none."""
    import webbrowser

    if not webbrowser.open(out.resolve().as_uri()):
        typer.echo(f"albert-lab: note: no browser could be started; open {out} yourself.", err=True)
