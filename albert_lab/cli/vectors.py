"""``albert-lab embed`` and ``albert-lab search``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from albert_lab.cli.options import Json, Model, chosen_model, print_json

# The choices of albert_lab.vectors, written here so that --help needs no torch; a test compares them.
Pooling = StrEnum("Pooling", ["mean", "cls", "max", "pooler", "first_last"])
Precision = StrEnum("Precision", ["float32", "bfloat16", "int8"])
LongTexts = StrEnum("LongTexts", ["cut", "windows"])


Inputs = Annotated[
    list[str], typer.Argument(metavar="TEXT|FILE...", help="Texts; names of files; - for standard input.")
]
Out = Annotated[Path, typer.Option("--out", help="The Parquet file to write.")]
HowToPool = Annotated[Pooling, typer.Option("--pooling", help="How a text's token vectors become one.")]
Layer = Annotated[int, typer.Option(help="0 enters the first layer, 1 is its output, -1 the last.")]
Format = Annotated[Precision, typer.Option("--precision", help="Number format inside the network.")]
Long = Annotated[
    LongTexts,
    typer.Option("--long-texts", help="Texts longer than the model takes: cut, or averaged over windows."),
]
Column = Annotated[str | None, typer.Option(help="Where the texts of a table stand.", show_default=False)]
Encoding = Annotated[str, typer.Option(help="Of the files.")]
SkipMissing = Annotated[bool, typer.Option("--skip-missing", help="Leave empty cells out.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the output if it exists.")]


def embed(
    inputs: Inputs,
    out: Out,
    model: Model = None,
    pooling: HowToPool = Pooling.mean,
    layer: Layer = -1,
    precision: Format = Precision.float32,
    long_texts: Long = LongTexts.cut,
    column: Column = None,
    encoding: Encoding = "utf-8",
    skip_missing: SkipMissing = False,
    overwrite: Overwrite = False,
    json_output: Json = False,
) -> None:
    """Turn texts and files into vectors, in a Parquet file.

    Read as files: .txt (a text per line), .md and .rst (per paragraph), .csv, .tsv, .jsonl and .parquet (per
    row, from --column). Everything else is a text itself. The output has the columns text, source, position
    and vector, in the order of the input. After a kill the same command goes on where it was.

    \b
    Examples:
      albert-lab embed "Copy a file." "Sort a list." --out vectors.parquet
      albert-lab embed notes.txt reviews.csv --column review --out vectors.parquet
      cat notes.txt | albert-lab embed - --out vectors.parquet --json
    """
    from albert_lab.vectors import Extractor, embed_to_parquet, read_texts

    texts = read_texts(inputs, column=column, encoding=encoding, skip_missing=skip_missing)
    choices = {"pooling": str(pooling), "precision": str(precision), "long_texts": str(long_texts)}
    extractor = Extractor.from_source(chosen_model(model), layer=layer, **choices)
    written = embed_to_parquet(extractor, texts, out, overwrite=overwrite)
    told = {"out": str(written.path), "model": extractor.name, "texts": written.texts}
    told |= {"resumed": written.resumed, "cut": written.cut, **extractor.settings}
    if json_output:
        print_json(told)
    else:
        typer.echo(_sentence(told))


def _sentence(told: dict[str, Any]) -> str:
    again = f" ({told['resumed']:,} from an earlier run)" if told["resumed"] else ""
    texts = "1 text" if told["texts"] == 1 else f"{told['texts']:,} texts"
    return f"{told['out']}: {texts}{again}, {told['dimension']} numbers each, by {told['model']}"


Packages = Annotated[
    list[str] | None,
    typer.Option(
        "--package",
        help="Search only this package, or stdlib; may be repeated. Without it: the default set.",
        show_default=False,
    ),
]


def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What you need, in plain words.")],
    package: Packages = None,
    top: Annotated[int, typer.Option(help="How many answers.")] = 10,
    model: Model = None,
    vectors: Annotated[bool, typer.Option(help="Let the model's vectors add to BM25.")] = True,
    json_output: Json = False,
) -> None:
    """Find the Python object that serves a need.

    The first search reads the packages' documentation and builds an index (half a minute for the standard
    library, some minutes for the default set); later ones find it in the cache. The ranking is BM25's; the
    vectors of a model that only learned to guess masked words search badly alone and add a little.

    \b
    Examples:
      albert-lab search "copy a directory tree"
      albert-lab search "copy a directory tree" --package stdlib --top 3 --json
    """
    from albert_lab.vectors import DocumentSearch

    extractor = _extractor(chosen_model(model)) if vectors else None
    hits = DocumentSearch(package or None, extractor=extractor, vectors=vectors)(question, top)
    if json_output:
        print_json([vars(hit) for hit in hits])
        return
    for hit in hits:
        typer.echo(f"{hit.rank:3}  {hit.score:.3f}  {hit.name}  ({hit.kind})\n{'':12}{hit.summary}")
    if not hits:
        typer.echo("Nothing has a word in common with that question; try other words.", err=True)


def _extractor(model: str) -> Any:
    from albert_lab.vectors import Extractor

    return Extractor.from_source(model)
