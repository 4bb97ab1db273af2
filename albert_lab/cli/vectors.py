"""``albert-lab embed`` and ``albert-lab search``."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from albert_lab.cli.options import Json, Model, chosen_model, print_json
from albert_lab.paths import cache_dir

# The choices of albert_lab.vectors, written here so that --help needs no torch; a test compares them.
Pooling = StrEnum("Pooling", ["mean", "cls", "max", "pooler", "first_last"])
Precision = StrEnum("Precision", ["float32", "bfloat16", "int8"])
LongTexts = StrEnum("LongTexts", ["cut", "windows"])
Kinds = StrEnum("Kinds", ["module", "class", "function", "method", "attribute", "note"])


Inputs = Annotated[
    list[str], typer.Argument(metavar="TEXT|FILE...", help="Texts; names of files; - for standard input.")
]
Out = Annotated[Path, typer.Option("--out", help="The Parquet file to write.")]
Sentence = Annotated[bool, typer.Option("--sentence", help="Take the model that is tuned for sentences.")]
HowToPool = Annotated[
    Pooling | None,
    typer.Option(
        "--pooling",
        help="How token vectors become one; without it mean, or as a tuned model says.",
        show_default=False,
    ),
]
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
    sentence: Sentence = False,
    pooling: HowToPool = None,
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
      albert-lab embed notes.txt reviews.csv --column review --out vectors.parquet --sentence
      cat notes.txt | albert-lab embed - --out vectors.parquet --json
    """
    from albert_lab.vectors import embed_to_parquet, read_texts

    records = read_texts(inputs, column=column, encoding=encoding, skip_missing=skip_missing)
    texts = _noted(_some(records, inputs))
    choices = {"layer": layer, "precision": str(precision), "long_texts": str(long_texts)}
    choices |= {"pooling": str(pooling)} if pooling else {}
    extractor = _sentence_extractor(model, choices) if sentence else _extractor(model, choices)
    written = embed_to_parquet(extractor, texts, out, overwrite=overwrite)
    told = {"out": str(written.path), "model": extractor.name, "texts": written.texts}
    told |= {"resumed": written.resumed, "cut": written.cut, **extractor.settings}
    if json_output:
        print_json(told)
    else:
        typer.echo(_sentence(told))


def _some(texts: Iterator[Any], inputs: list[str]) -> Iterator[Any]:
    """The texts, of which there is at least one."""
    from itertools import chain

    from albert_lab.errors import InputError

    first = next(texts, None)
    if first is None:
        raise InputError(
            f"There is no text in {', '.join(inputs)[:200]}.",
            expected="at least one that is not left out",
            mend="look at the files; --skip-missing leaves empty cells out",
        )
    return chain([first], texts)


def _noted(texts: Iterator[Any]) -> Iterator[Any]:
    """The texts; at their end a note of the words in the command line that may have been meant as files."""
    words = []
    for record in texts:
        if record.source == "argument" and record.text and not any(map(str.isspace, record.text)):
            words.append(record.text)
        yield record
    if words:
        told = f"taken as texts, since no files are called so: {', '.join(words)}"
        typer.echo(f"albert-lab: note: {told[:300]}", err=True)


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


Kind = Annotated[
    list[Kinds] | None,
    typer.Option("--kind", help="Only objects of this kind; may be repeated.", show_default=False),
]
Notes = Annotated[
    Path | None,
    typer.Option(
        help="Search a folder of .md and .txt files instead, section by section.", show_default=False
    ),
]
Explain = Annotated[bool, typer.Option("--explain", help="Tell which words of question and object met.")]


def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What you need, in plain words.")],
    package: Packages = None,
    notes: Notes = None,
    kind: Kind = None,
    top: Annotated[int, typer.Option(help="How many answers.")] = 10,
    model: Model = None,
    vectors: Annotated[bool, typer.Option(help="Let all but words count; without: BM25 alone.")] = True,
    words: Annotated[bool, typer.Option(help="Let all but vectors count; without: cosines alone.")] = True,
    explain: Explain = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build the index anew.")] = False,
    json_output: Json = False,
) -> None:
    """Find the Python object that serves a need.

    The first search reads documentation and sources of installed packages and builds an index (half a minute
    for the standard library); later ones read again only what has changed. What is learned there, such as how
    many files use an object, stays on this machine. The ranking adds words (BM25), vectors,
    use, and the name of an object where the question says it.

    \b
    Examples:
      albert-lab search "copy a directory tree"
      albert-lab search "copy a directory tree" --package stdlib --kind function --top 3 --explain --json
      albert-lab search "when does the train leave" --notes my-notes
    """
    from albert_lab.retrieval import DocumentSearch
    from albert_lab.retrieval.quick import quick_extractor
    from albert_lab.vectors.sentence import sentence_source

    extractor = quick_extractor(model or sentence_source()) if vectors else None
    options = {"extractor": extractor, "vectors": vectors, "words": words, "rebuild": rebuild}
    options["corpus"] = _notes(notes) if notes else None
    found = DocumentSearch(package or None, **options)
    hits = found(question, top, kind=[str(each) for each in kind] if kind else None)
    met = [found.explain(question, hit) for hit in hits] if explain else [[] for _ in hits]
    if json_output:
        more = [{"met": [each._asdict() for each in meetings]} if explain else {} for meetings in met]
        return print_json([vars(hit) | further for hit, further in zip(hits, more, strict=True)])
    _print_hits(hits, met)


def _notes(folder: Path) -> Any:
    """The notes; what is kept of a folder that cannot be read now is forgotten: it may have been emptied."""
    from albert_lab.errors import CorpusError
    from albert_lab.retrieval.forget import forget_notes
    from albert_lab.text.notes import read_notes, source_of

    try:
        return read_notes(folder)
    except CorpusError:
        forget_notes(cache_dir() / "index", source_of(folder))
        raise


_LONGEST = 400  # characters that are shown: the first sentence of a note may be a page of numbers


def _print_hits(hits: list[Any], met: list[list[Any]]) -> None:
    for hit, meetings in zip(hits, met, strict=True):
        typer.echo(_shown(hit, meetings))
    if not hits:
        typer.echo("Nothing has a word in common with that question; try other words.", err=True)


def _shown(hit: Any, meetings: list[Any]) -> str:
    """A hit as lines: name with signature, summary, and which words met."""
    call = hit.signature.partition("(")
    name = f"{hit.name}{''.join(call[1:])}" if call[1] else hit.name
    lines = [f"{hit.rank:3}  {hit.score:.3f}  {_short(name)}  ({hit.kind})", _short(hit.summary)]
    if meetings:
        lines.append("met: " + "; ".join(_met(each) for each in meetings))
    return f"\n{'':12}".join(lines)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _met(meeting: Any) -> str:
    how = f" {meeting.cosine:.2f}" if meeting.where == "meaning" else ""
    partner = "" if meeting.found in ("", meeting.asked) else f" ~ {meeting.found}"
    return f"{meeting.asked}{partner} ({meeting.where}{how})"


def _extractor(model: str | None, choices: dict[str, Any]) -> Any:
    """The asked model, else the default one."""
    from albert_lab.vectors import Extractor

    return Extractor.from_source(chosen_model(model), **choices)


def _sentence_extractor(model: str | None, choices: dict[str, Any]) -> Any:
    """The asked model, else the one for sentences."""
    from albert_lab.vectors.sentence import sentence_source

    return _extractor(model or sentence_source(), choices)
