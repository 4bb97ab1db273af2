"""BertViz's three interactive views of one text, drawn without a network, also in exported notebooks."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from albert_lab.errors import InputError
from albert_lab.paths import atomic_write
from albert_lab.viz.checked import (
    Record,
    checked_attention,
    checked_layers,
    checked_number,
    checked_start,
    checked_vectors,
)
from albert_lab.viz.page import build_frame, build_page
from albert_lab.viz.scripts import scripts_of
from albert_lab.viz.still import still_picture

LONGEST = 512  # tokens that are drawn without asking for single layers
SLOW_ABOVE = {"head": 128, "model": 64, "neuron": 128}  # tokens; then the first drawing takes seconds

_LAYER, _HEAD = 'Layer: <select id="layer"></select>', ' Head: <select id="att_head"></select>'
_PAIR = (
    ' Attention: <select id="filter"><option value="all">All</option>'
    '<option value="aa">A → A</option><option value="bb">B → B</option>'
    '<option value="ab">A → B</option><option value="ba">B → A</option></select>'
)
_CONTROLS = {"head": _LAYER, "model": "", "neuron": _LAYER + _HEAD}
_PAIR_GUIDE = " A is the first text, B the second; A → B: tokens of A look at tokens of B."
_GUIDE = {
    "head": "Left: the token that looks. Right: the token looked at. A line's strength is the weight, its "
    "colour the head. Hover over a token to see only its lines; click a coloured square to switch a head off "
    "or on, double-click it to see that head alone.",
    "model": "One square per head: rows are layers, columns are heads, lines go from the token that looks "
    "(left) to the token looked at (right). Click a square to enlarge it, click it again to close it.",
    "neuron": "Left: the token that looks. Right: the token looked at. Hover over a token on the left: a + "
    "appears beside it. Click the + to see its query, all keys, and their products, number by number (blue: "
    "positive, orange: negative); the − closes them.",
}
_WIDTH = {"model": 970, "neuron": 1040}  # pixels; of the head view it depends on the heads


@dataclass(frozen=True, eq=False)
class View:
    """An interactive view. A notebook shows it; ``save`` writes it to a file.

    Attributes:
        kind: "head", "model" or "neuron".
        tokens: T tokens.
        attention: (L, N, T, T), only the chosen layers, between 0 and 1.
        vectors: queries and keys (L, N, T, d) of the neuron view; empty for the others.
        layers: the numbers of the chosen layers.
        start: places in ``layers`` and among the heads of what is shown first.
        second: where the second text starts, or None.
        title: text above the view.
    """

    kind: str
    tokens: list[str]
    attention: np.ndarray
    vectors: tuple[np.ndarray, ...]
    layers: list[int]
    start: tuple[int, int]
    second: int | None
    title: str

    @property
    def description(self) -> str:
        """One sentence for those who cannot see the view."""
        layers, heads, tokens, _ = self.attention.shape
        texts = " of two texts" if self.second is not None else ""
        count = f"{layers} layer{'s' * (layers > 1)} with {heads} head{'s' * (heads > 1)}"
        kind = self.kind.capitalize()
        return f"{kind} view of the attention between {tokens} tokens{texts}, {count}: {_first(self.tokens)}"

    @property
    def html(self) -> str:
        """The view as one self-contained page: it needs no network and no other file."""
        pair = self.second is not None
        return build_page(
            scripts_of(self.kind),
            self._data(),
            title=self.title or self.description,
            heading=self.title,
            guide=_GUIDE[self.kind] + _PAIR_GUIDE * pair,
            controls=_CONTROLS[self.kind] + _PAIR * pair,
            width=_WIDTH.get(self.kind, max(340, 20 * self.attention.shape[1])),
        )

    @cached_property
    def png(self) -> bytes:
        """The static picture: what the view shows first, as far as a picture can."""
        place, head = self.start
        rows = slice(None) if self.kind == "model" else slice(place, place + 1)
        columns = slice(head, head + 1) if self.kind == "neuron" else slice(None)
        heads = list(range(self.attention.shape[1]))[columns]
        return still_picture(
            self.attention[rows, columns], self.tokens, self.layers[rows], heads, title=self.title
        )

    def save(self, path: Path | str) -> Path:
        """Write the page (``.html``) or the static picture (``.png``) to ``path`` and return it.

        Raises:
            InputError: another ending.
            OutputError: the file cannot be written; what stood there before stays.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".png"):
            raise InputError(f"{path.name!r} ends with {path.suffix!r}.", expected=".html or .png")
        content = self.html.encode("utf-8") if path.suffix.lower() == ".html" else self.png
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        frame = build_frame(self.html, description=self.description, height=self._height(), picture=self.png)
        data = {
            "text/html": frame,
            "image/png": base64.b64encode(self.png).decode("ascii"),
            "text/plain": self.description,
        }
        return data, {"image/png": {"alt": self.description}}

    def __repr__(self) -> str:
        return f"<{self.description}>"

    def _data(self) -> dict[str, Any]:
        """What the page carries: weights as 8-bit numbers (0 is 0, 255 is 1), queries and keys as float16."""
        queries, keys = self.vectors or ((), ())
        return {
            "tokens": self.tokens,
            "second": self.second,
            "layers": self.layers,
            "heads": self.attention.shape[1],
            "width": queries[0].shape[-1] if len(queries) else 0,
            "layer": self.layers[self.start[0]] if self.kind != "neuron" else self.start[0],
            "head": self.start[1],
            "attention": [_base64(np.rint(layer * 255).astype(np.uint8)) for layer in self.attention],
            "queries": [_base64(layer.astype("<f2")) for layer in queries],
            "keys": [_base64(layer.astype("<f2")) for layer in keys],
        }

    def _height(self) -> int:
        """Pixels that the page needs, from the sizes in bertviz's scripts."""
        layers, heads, tokens, _ = self.attention.shape
        square = 84 * tokens / max(heads, 12) + 10
        drawing = {
            "head": 22.5 * tokens + 30,
            "model": max(layers * square + 38, 18 * tokens + 55),
            "neuron": 26 * tokens + 100,
        }[self.kind]
        return round(drawing) + 110 + (30 if self.title else 0)  # guide, selects, margins, scroll bar


def head_view(
    record: Record, *, layers: Sequence[int] | None = None, layer: int | None = None, title: str = ""
) -> View:
    """All heads of one layer as coloured lines from token to token; the layer can be changed.

    Args:
        record: of one text or a pair, from `albert_lab.analysis.record`; more than 128 tokens draw slowly.
        layers: numbers of the layers to carry; all if not given.
        layer: the one shown first.
        title: text above the view.

    Raises:
        InputError: numbers that are no attention weights, shapes or tokens that do not fit, a layer that is
            not there, or more than 512 tokens without ``layers``.
    """
    return _view("head", record, layers, layer, 0, title)


def model_view(record: Record, *, layers: Sequence[int] | None = None, title: str = "") -> View:
    """All layers and heads at once as small squares, each of which can be enlarged.

    Args and errors are those of `head_view`; more than 64 tokens draw slowly.
    """
    return _view("model", record, layers, None, 0, title)


def neuron_view(
    record: Record,
    *,
    layers: Sequence[int] | None = None,
    layer: int | None = None,
    head: int = 0,
    title: str = "",
) -> View:
    """One head: how a query and the keys, number by number, make the weights.

    Args and errors are those of `head_view`, and:

    Args:
        head: the one shown first.

    Raises:
        InputError: the record has no queries and keys (N heads of width d), or they are beyond float16.
    """
    return _view("neuron", record, layers, layer, head, title)


def _view(
    kind: str, record: Record, layers: Sequence[int] | None, layer: int | None, head: int, title: str
) -> View:
    attention = checked_attention(record)
    count, heads, tokens, _ = attention.shape
    chosen = checked_layers(layers, count)
    first = chosen[0] if layer is None else checked_number(layer, count, "layer")
    if first not in chosen:
        raise InputError(f"layer={layer} is not among layers={list(layers or ())}.")
    if tokens > LONGEST and layers is None:
        raise InputError(
            f"{tokens} tokens.",
            expected=f"at most {LONGEST}, or chosen layers",
            mend=f"for instance {kind}_view(record, layers=[0]), or record a shorter text",
        )
    if tokens > SLOW_ABOVE[kind]:
        warnings.warn(
            f"{tokens} tokens: above {SLOW_ABOVE[kind]} the {kind} view takes seconds to draw. Choose "
            "layers=[...] or record a shorter text.",
            stacklevel=3,
        )
    vectors = checked_vectors(record, attention.shape) if kind == "neuron" else ()
    taken = slice(None) if layers is None else chosen  # a slice copies nothing
    return View(
        kind=kind,
        tokens=[str(token) for token in record.tokens],
        attention=attention[taken],
        vectors=tuple(part[taken] for part in vectors),
        layers=chosen,
        start=(chosen.index(first), checked_number(head, heads, "head")),
        second=checked_start(record.second_segment_start, tokens),
        title=str(title),
    )


def _first(tokens: list[str]) -> str:
    """The first tokens, as many as fit into a sentence."""
    return " ".join(tokens[:20]) + (" …" if len(tokens) > 20 else "")


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers)).decode("ascii")
