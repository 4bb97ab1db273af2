"""The page of the explorer, and the object that a notebook shows or saves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from albert_lab.errors import InputError
from albert_lab.paths import atomic_write
from albert_lab.viz.explorer.labels import labels
from albert_lab.viz.explorer.pack import packed_library, packed_network, packed_tokenizer
from albert_lab.viz.page import build_frame, data_block, escaped, policy

_HERE = Path(__file__).parent
_SCRIPTS = ("tokenizer", "network", "vectors", "loaded", "draw", "numbers", "compare", "page")
_STYLE = (_HERE / "explorer.css").read_text(encoding="utf-8")
_BODY = (_HERE / "body.html").read_text(encoding="utf-8")
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{policy}<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}<script type="application/json" id="data">{data}</script>
<script type="text/plain" id="weights">{weights}</script>
<script type="text/plain" id="vectors">{vectors}</script>
{scripts}
</body>
</html>
"""
HEIGHT = 1150  # pixels of the frame in a notebook
TEXT = "Copy a file to another directory."
SECOND = "When you are done, close the file."


@dataclass(frozen=True, eq=False)
class Explorer:
    """The page. A notebook shows it in a frame; ``save`` writes it to a file that needs nothing else.

    Attributes:
        html: the whole page.
        description: one sentence for those who cannot see it.
    """

    html: str
    description: str

    def save(self, path: Path | str) -> Path:
        """Write the page to ``path`` (``.html``) and return it.

        Raises:
            InputError: another ending.
            OutputError: the file cannot be written; what stood there before stays.
        """
        path = Path(path)
        if path.suffix.lower() != ".html":
            raise InputError(f"{path.name!r} ends with {path.suffix!r}.", expected=".html")
        with atomic_write(path) as temporary:
            temporary.write_text(self.html, encoding="utf-8")
        return path

    @cached_property
    def _frame(self) -> str:
        said = {"description": self.description, "summary": "The ALBERT explorer"}
        return build_frame(self.html, **said, height=HEIGHT)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._frame, "text/plain": self.description}

    def __repr__(self) -> str:
        return f"<{self.description}>"


def explorer(
    loaded: Any,
    text: str = TEXT,
    second: str = SECOND,
    *,
    library: Any = None,
    chapters: str | None = None,
    language: str = "en",
) -> Explorer:
    """A page in which the given ALBERT runs on whatever is typed: pieces, tables, calls, heads, vector.

    Args:
        loaded: what `albert_lab.load` gives: model, tokenizer and name.
        text, second: what the page shows first; the second text is compared with the first.
        library: a `albert_lab.retrieval.DocumentSearch` whose vectors this model made: the page then shows
            what is nearest to the text. Its names, summaries and vectors become part of the page.
        chapters: how a chapter is reached, such as "chapters/{name}.ipynb"; without it chapters are named,
            not linked.
        language: "en" or "zh"; the page can change it, and so can ``?lang=zh`` behind its address.

    Raises:
        InputError: a model or tokenizer that the page cannot run (see `pack`), a library of another model's
            vectors, something else than strings, or an unknown language.
    """
    for given in (text, second):
        if not isinstance(given, str):
            raise InputError(f"The text is {given!r:.60}.", expected="a string")
    table = labels()
    if language not in table["languages"]:
        raise InputError(f"language={language!r}.", expected=" or ".join(table["languages"]))
    if chapters is not None and "{name}" not in chapters:
        raise InputError(f"chapters={chapters!r:.80}.", expected="an address with {name} in it")
    data, weights = packed_network(loaded.model)
    data |= {"tokenizer": packed_tokenizer(loaded.tokenizer), "library": None, "model": str(loaded.name)}
    data |= {"text": _clean(text), "second": _clean(second), "language": language, "chapters": chapters}
    data["labels"], vectors = table, ""
    if library is not None:
        data["library"], vectors = packed_library(library)
        width = data["config"]["hidden_size"]
        if len(data["library"]["mean"]) != width:
            raise InputError(
                f"The library's vectors have {len(data['library']['mean'])} numbers, the model's {width}.",
                expected="a library whose vectors this model made",
                mend="DocumentSearch('stdlib', extractor=Extractor.from_source(…)) with the same model",
            )
    scripts = [(_HERE / "js" / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    page = _PAGE.format(
        policy=policy(scripts), title=escaped(table["title"][language]), style=_STYLE, body=_BODY,
        data=data_block(data), weights=weights, vectors=vectors,
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )  # fmt: skip
    return Explorer(page, f"Explorer: {data['model']}, an ALBERT that runs in the page, at work on a text")


def _clean(text: str) -> str:
    """Lone surrogates, which no file can hold, become U+FFFD."""
    return "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text)
