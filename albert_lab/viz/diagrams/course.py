"""The map of the course: the way of the data, with the part of a chapter lit."""

from __future__ import annotations

from collections.abc import Sequence

from albert_lab.errors import InputError
from albert_lab.viz.diagrams.around import frame, loop
from albert_lab.viz.diagrams.layout import arrow, link, row
from albert_lab.viz.diagrams.parts import box, space
from albert_lab.viz.diagrams.sheet import Drawing, drawing

# Each part: what stands in its box, and the chapters that are about it.
PARTS = {
    "tokenizer": ("tokenizer", "5"),
    "table": ("word table", "7"),
    "positions": ("+ positions\nand segments", "3"),
    "widen": ("widen\nE → H", "7"),
    "attention": ("attention", "1"),
    "heads": ("N heads", "2"),
    "layer": ("residuals,\nLayerNorm,\nfeed-forward", "4"),
    "loop": ("the same layer,\nL times", "6"),
    "pretraining": ("guess hidden words\nand the order", "9"),
    "look": ("look inside", "13"),
    "pooling": ("pooling,\nmean or [CLS]", "10"),
    "better": ("make vectors\ncomparable", "11"),
    "search": ("search in\nan index", "12"),
    "label": ("a label\nfor a text", "14"),
    "spans": ("labels for words,\nanswers", "15"),
    "write": ("summaries,\ntranslations", "16"),
    "beyond": ("images,\nspeed and scale", "17"),
}
HERE = {
    "00": (),
    "01": ("attention",),
    "02": ("heads",),
    "03": ("positions",),
    "04": ("layer",),
    "05": ("tokenizer",),
    "06": ("loop",),
    "07": ("table", "widen"),
    "08": ("table", "positions", "widen", "attention", "heads", "layer", "loop"),
    "09": ("pretraining",),
    "10": ("pooling",),
    "11": ("better",),
    "12": ("search",),
    "13": ("look",),
    "14": ("label",),
    "15": ("spans",),
    "16": ("write",),
    "17": ("beyond",),
}


def course_map(here: str | Sequence[str] = "00") -> Drawing:
    """The way from a text to one vector and its uses, with the present part lit.

    Args:
        here: the chapter, such as ``"06"``; or names of parts, such as ``["pooling", "better"]``.

    Raises:
        InputError: there is no such chapter or part.
    """
    lit = HERE.get(here[:2], (here,)) if isinstance(here, str) else tuple(here)
    if unknown := sorted(set(lit) - set(PARTS)):
        raise InputError(f"the map has no {', '.join(unknown)}.", expected=", ".join((*HERE, *PARTS)))

    def step(name: str, least: float = 92):
        words, chapter = PARTS[name]
        return box(words, f"chapter {chapter}", "lit" if name in lit else "plain", least=least)

    entrance = row(
        "text",
        arrow(),
        step("tokenizer"),
        arrow("token ids", "(B, T)"),
        step("table"),
        arrow("", "(B, T, E)"),
        step("positions"),
        arrow("", "(B, T, E)"),
        widen := step("widen"),
    )
    words, chapter = PARTS["heads"]
    heads = frame(step("attention"), f"{words}, chapter {chapter}", "lit" if "heads" in lit else "muted")
    layer = frame(row(heads, arrow(), step("layer")), "one layer", "shared")
    words, chapter = PARTS["loop"]
    looped = loop(layer, f"{words},\nchapter {chapter}", "lit" if "loop" in lit else "shared")
    middle = row(look := step("look"), space(28), looped)
    uses = row(
        guess := step("pretraining"),
        way := space(52),
        pooling := step("pooling"),
        arrow("one vector", "(B, H)"),
        step("better"),
        arrow(),
        step("search"),
        gap=12,
    )
    tasks = [step(name) for name in ("label", "spans", "write", "beyond")]
    links = [
        link(widen.bottom, layer.top, "(B, T, H)", square=True),
        link(look, layer, dashed=True),
        link(layer.bottom, pooling.top, square=True),
        link(layer.bottom, guess.top, square=True),
        link(layer.bottom, way.top, square=True, head=False),
        link(way.top, way.bottom, "hidden\nstates\n(B, T, H)", head=False),
        *(link(way.bottom, task.top, square=True) for task in tasks),
    ]
    return drawing(entrance, middle, uses, row(*tasks, gap=56), *links, description=_said(lit), gap=34)


def _said(lit: Sequence[str]) -> str:
    way = (
        "The map of the course: a tokenizer turns a text into token ids; each picks a row of the word table, "
        "rows for position and segment are added, the sum is widened from E to H; one layer with N heads "
        "of attention is applied L times and gives hidden states; from these hidden words are guessed, and "
        "pooling makes one vector, which is made comparable and searched for; a head for each task makes of "
        "them a label for a text, labels for words and answers, summaries and translations, and in the end "
        "they serve for images, fast and at scale."
    )
    names = [" ".join(PARTS[name][0].split()) for name in lit]
    return f"{way} Lit, since it is where this chapter stands: {', '.join(names)}." if names else way
