"""Three interactive views of one text, after BertViz's (Vig 2019), drawn without a network or a library."""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from albert_lab.errors import InputError
from albert_lab.paths import atomic_write
from albert_lab.viz.accepted import accepted
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
from albert_lab.viz.still import NAMED_UP_TO, still_picture
from albert_lab.viz.still_views import MOST_HEADS, lines_picture, unfolded_picture

LONGEST = 512  # tokens that are drawn without asking for single layers
SLOW_ABOVE = 128  # tokens; then the first drawing takes seconds

_LAYER = '<label>Layer <select id="layer"></select></label>'
_HEAD = '<label>Head <select id="att_head"></select></label>'
_PAIR = (
    '<label>Between <select id="filter"><option value="all">all</option>'
    '<option value="aa">A → A</option><option value="bb">B → B</option>'
    '<option value="ab">A → B</option><option value="ba">B → A</option></select></label>'
)
_WORDS = '<label{hidden}><input type="checkbox" id="words"> whole words</label>'
_SCALE = (
    '<label>Full strength <select id="scale"><option value="own">the strongest weight shown</option>'
    '<option value="one">a weight of 1</option></select></label>'
    '<span>0 <span class="ramp"></span> <span id="most"></span></span>'
    '<button type="button" id="theme">dark</button>'
)
_DRAWING = (
    '<p id="readout" role="status" aria-live="polite"></p>\n<div id="text"></div>\n<div id="vis"></div>'
)
_PARTS = {
    "head": '<div id="heads" role="toolbar" aria-label="heads"></div>\n' + _DRAWING,
    "model": '<div id="parts"><div id="gridbox"><div id="grid" role="group" aria-label="layers and heads">'
    f'</div></div>\n<div><h2 id="chosen"></h2>\n{_DRAWING}</div></div>',
    "neuron": _DRAWING,
}
_PAIR_GUIDE = " A is the first text, B the second; A → B: tokens of A look at tokens of B."
_MANY_GUIDE = (
    " While more than 16 heads are on, each line is that of the strongest of them, and each token that looks "
    "has its four strongest lines; all while you point at it."
)
_TOKEN_GUIDE = (
    "Point at a token, in a column or in the text, to see its weights as numbers; click it to keep it, Esc "
    "lets it go."
)
_GUIDE = {
    "head": "Left: the token that looks. Right: the token looked at. A line's strength is the weight, its "
    f"colour the head. {_TOKEN_GUIDE} Rest on a numbered square to see that head; click it to switch the "
    "head off or on, double-click (or Shift+click) to see it alone.",
    "model": "One square per head: rows are layers, columns are heads; inside it rows look at columns, the "
    "stronger the weight the stronger the colour, on one scale for all. Click a square (or use the arrow "
    f"keys) to draw that head large: left the token that looks, right the token looked at. {_TOKEN_GUIDE}",
    "neuron": f"Left: the token that looks. Right: the token looked at. {_TOKEN_GUIDE} The + beside a token "
    "on the left opens its query, all keys, and their products, number by number (blue: positive, orange: "
    "negative); the − closes them.",
}


@dataclass(frozen=True, eq=False)
class View:
    """An interactive view. A notebook shows it; ``save`` writes it to a file.

    Attributes:
        kind: "head", "model" or "neuron".
        tokens: the Tq tokens that look.
        key_tokens: the Tk tokens looked at where they are others (cross-attention), else None.
        attention: (L, N, Tq, Tk), only the chosen layers, between 0 and 1.
        vectors: queries (L, N, Tq, d) and keys (L, N, Tk, d) of the neuron view; empty for the others.
        layers: the numbers of the chosen layers.
        start: place in ``layers`` and head of what is shown first; None as head: all, or the first.
        second: where the second text starts, or None.
        title: text above the view.

    An export that sanitizes HTML (``nbconvert --sanitize-html``) says in a sentence what is not shown; with
    ``--NbConvertBase.display_data_priority="['image/png', 'text/plain']"`` it shows the picture.
    """

    kind: str
    tokens: list[str]
    key_tokens: list[str] | None
    attention: np.ndarray
    vectors: tuple[np.ndarray, ...]
    layers: list[int]
    start: tuple[int, int | None]
    second: int | None
    title: str

    @property
    def description(self) -> str:
        """One sentence for those who cannot see the view."""
        return f"{self._summary}: {_first(self.tokens)}"

    @property
    def _summary(self) -> str:
        """What it shows, without a word of the text."""
        layers, heads, tokens, _ = self.attention.shape
        texts = " of two texts" if self.second is not None else ""
        if self.key_tokens is not None:
            texts = f" and {len(self.key_tokens)} others"
        count = f"{layers} layer{'s' * (layers > 1)} with {heads} head{'s' * (heads > 1)}"
        kind = self.kind.capitalize()
        return f"{kind} view of the attention between {tokens} tokens{texts}, {count}"

    @property
    def html(self) -> str:
        """The view as one self-contained page: it needs no network and no other file."""
        pair = self.second is not None
        pieces = len(_words(self.tokens)) < len(self.tokens)
        pieces |= self.key_tokens is not None and len(_words(self.key_tokens)) < len(self.key_tokens)
        bar = (_LAYER if self.kind != "model" else "") + _HEAD * (self.kind == "neuron") + _PAIR * pair
        bar += _WORDS.format(hidden="" if pieces else " hidden") + _SCALE
        return build_page(
            scripts_of(self.kind),
            self._data(),
            kind=self.kind,
            title=self.title or self.description,
            heading=self.title,
            guide=self._guide(),
            controls=f'<div class="bar">{bar}</div>\n{_PARTS[self.kind]}',
        )

    def _guide(self) -> str:
        many = self.kind == "head" and self.attention.shape[1] > 16
        return _GUIDE[self.kind] + _MANY_GUIDE * many + _PAIR_GUIDE * (self.second is not None)

    @cached_property
    def png(self) -> bytes:
        """The static picture: what the view shows first, as far as a picture can."""
        place, head = self.start
        rows = slice(None) if self.kind == "model" else slice(place, place + 1)
        head = (head or 0) if self.kind == "neuron" else head if self.kind == "head" else None
        columns = slice(None) if head is None else slice(head, head + 1)
        heads = list(range(self.attention.shape[1]))[columns]
        keys = self.tokens if self.key_tokens is None else self.key_tokens
        tokens, attention = (self.tokens, keys), self.attention[rows, columns]
        legible = max(map(len, tokens)) <= NAMED_UP_TO
        if self.kind == "head" and legible and len(heads) <= MOST_HEADS:
            return lines_picture(attention[0], tokens, self.layers[place], heads, title=self.title)
        if self.kind == "neuron" and legible:
            looks = len(self.tokens) // 2  # a token in the middle, as if its + had been pressed
            queries, all_keys = (part[place][head] for part in self.vectors)
            names = self.tokens[looks], keys
            where = f"Layer {self.layers[place]}, head {head}"
            weights = attention[0, 0, looks]
            return unfolded_picture(queries[looks], all_keys, weights, names, where, title=self.title)
        return still_picture(attention, tokens, self.layers[rows], heads, title=self.title)

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
        said = {"description": self.description, "summary": self._summary}
        frame = build_frame(self.html, **said, height=self._height(), picture=self.png)
        data = {
            "text/html": frame,
            "image/png": base64.b64encode(self.png).decode("ascii"),
            "text/plain": self.description,
        }
        return data, {"image/png": {"alt": self.description}}

    def __repr__(self) -> str:
        return f"<{self.description}>"

    def _data(self) -> dict[str, Any]:
        """What the page carries: weights as 8-bit numbers of 0 to the head's largest, vectors as float16."""
        queries, keys = self.vectors or ((), ())
        largest = self.attention.max(axis=(2, 3))  # (L, N)
        steps = 255 / np.maximum(largest, np.finfo(np.float32).tiny)[..., None, None]
        bytes_of = (np.rint(layer * step) for layer, step in zip(self.attention, steps, strict=True))
        return {
            "kind": self.kind,
            "tokens": self.tokens,
            "words": _words(self.tokens),
            "key_tokens": self.key_tokens,
            "key_words": None if self.key_tokens is None else _words(self.key_tokens),
            "second": self.second,
            "layers": self.layers,
            "heads": self.attention.shape[1],
            "width": queries[0].shape[-1] if len(queries) else 0,
            "layer": self.start[0],
            "head": self.start[1],
            "scales": [[float(f"{value:.6g}") for value in layer] for layer in largest],
            "attention": [_base64(layer.astype(np.uint8)) for layer in bytes_of],
            "queries": [_base64(layer.astype("<f2")) for layer in queries],
            "keys": [_base64(layer.astype("<f2")) for layer in keys],
        }

    def _height(self) -> int:
        """Pixels that the page needs at 600 pixels of width, from the sizes in its style."""
        layers, heads, *tokens = self.attention.shape
        texts = [self.tokens] if self.key_tokens is None else [self.tokens, self.key_tokens]
        lines = sum(1 + sum(9 * len(token) + 8 for token in text) // 580 for text in texts)
        lines += self.second is not None  # two texts may stand in two paragraphs
        drawing = 16 + 22 * max(tokens) + 26 * lines + 70
        squares = {"head": 56 * -(-(heads + 2) // 14), "model": 0, "neuron": 56}[self.kind]
        if self.kind == "model":
            beside = 270 / heads >= 24
            side = min(72, 290 / heads) if beside else max(14, min(64, 540 / heads))
            grid = 40 + layers * (side + 1)
            drawing = max(drawing + 24, grid) if beside else drawing + grid + 24
        guide = 20 * -(-len(self._guide()) // 85) + 70
        return round(drawing + squares) + guide + (30 if self.title else 0) + 40


def head_view(
    record: Record | Any = None,
    tokens: Sequence[str] | None = None,
    sentence_b_start: int | None = None,
    *,
    layers: Sequence[int] | None = None,
    layer: int | None = None,
    head: int | None = None,
    title: str = "",
    **bertviz: Any,
) -> View:
    """All heads of one layer as coloured lines from token to token; the layer can be changed.

    Args:
        record: of one text or a pair, from `albert_lab.analysis.record`, or of cross-attention, from
            `albert_lab.analysis.CrossAttentionRecord`; more than 128 tokens draw slowly. Or, as BertViz takes
            it: the layers' attention, each (1, N, T, T), with ``tokens``.
        tokens, sentence_b_start: BertViz's second and third argument; its ``cross_attention`` with
            ``encoder_tokens`` and ``decoder_tokens`` are taken too, and so are ``include_layers``,
            ``encoder_attention`` and ``decoder_attention``.
        layers: numbers of the layers to carry; all if not given.
        layer: the one shown first.
        head: the one shown first; all if not given.
        title: text above the view.

    Raises:
        InputError: numbers that are no attention weights, shapes or tokens that do not fit, a layer or a head
            that is not there, or more than 512 tokens without ``layers``.
    """
    record, layers = accepted(record, tokens, sentence_b_start, layers, bertviz)
    return _view("head", record, layers, layer, head, title)


def model_view(
    record: Record | Any = None,
    tokens: Sequence[str] | None = None,
    sentence_b_start: int | None = None,
    *,
    layers: Sequence[int] | None = None,
    layer: int | None = None,
    head: int | None = None,
    title: str = "",
    **bertviz: Any,
) -> View:
    """All layers and heads at once as small squares on one scale; one of them is drawn large.

    Args and errors are those of `head_view`; ``layer`` and ``head`` are drawn large first.
    """
    record, layers = accepted(record, tokens, sentence_b_start, layers, bertviz)
    return _view("model", record, layers, layer, head, title)


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

    Raises:
        InputError: the record has no queries and keys (N heads of width d), or they are beyond float16.
    """
    return _view("neuron", record, layers, layer, head, title)


def _view(
    kind: str, record: Record, layers: Sequence[int] | None, layer: int | None, head: int | None, title: str
) -> View:
    attention = checked_attention(record)
    count, heads, *sizes = attention.shape
    chosen = checked_layers(layers, count)
    first = chosen[0] if layer is None else checked_number(layer, count, "layer")
    if first not in chosen:
        raise InputError(f"layer={layer} is not among layers={list(layers or ())}.")
    longest = max(sizes)
    if longest > LONGEST and layers is None:
        raise InputError(
            f"{longest} tokens.",
            expected=f"at most {LONGEST}, or chosen layers",
            mend=f"record a shorter text; or, in Python, {kind}_view(record, layers=[0])",
        )
    if longest > SLOW_ABOVE:
        warnings.warn(
            f"{longest} tokens: above {SLOW_ABOVE} the {kind} view takes seconds to draw. A shorter text is "
            "drawn faster.",
            stacklevel=3,
        )
    vectors = checked_vectors(record, attention.shape) if kind == "neuron" else ()
    taken = slice(None) if layers is None else chosen  # a slice copies nothing
    keys = getattr(record, "key_tokens", None)
    return View(
        kind=kind,
        tokens=[str(token) for token in record.tokens],
        key_tokens=None if keys is None else [str(token) for token in keys],
        attention=attention[taken],
        vectors=tuple(part[taken] for part in vectors),
        layers=chosen,
        start=(chosen.index(first), None if head is None else checked_number(head, heads, "head")),
        second=None if keys is not None else checked_start(record.second_segment_start, sizes[0]),
        title=str(title),
    )


def _words(tokens: Sequence[str]) -> list[list[Any]]:
    """[place of the first piece, text] of each word, by the signs that tokenizers give to their pieces.

    ▁ (SentencePiece) and Ġ (byte-level BPE) begin a word, ## (WordPiece) continues one. Without any of these
    every token is a word. Special tokens, and pieces without a letter or digit, are words of their own.
    """
    begins = next((sign for sign in "▁Ġ" if any(token.startswith(sign) for token in tokens)), "")
    words: list[list[Any]] = []
    joins = False  # whether the token before can be continued
    for place, token in enumerate(tokens):
        bare = token.lstrip(begins) if begins else token.removeprefix("##")
        lettered = any(character.isalnum() for character in bare) and not _SPECIAL.fullmatch(token)
        goes_on = not token.startswith(begins) if begins else token.startswith("##")
        if joins and goes_on and lettered:
            words[-1][1] += bare
        else:
            words.append([place, token])
        joins = lettered or (bool(begins) and token == begins)
    return words


_SPECIAL = re.compile(r"\[[A-Z]+\d*\]|<[a-z_/|]+>")


def _first(tokens: list[str]) -> str:
    """The first tokens, as many as fit into a sentence."""
    return " ".join(tokens[:20]) + (" …" if len(tokens) > 20 else "")


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers)).decode("ascii")
