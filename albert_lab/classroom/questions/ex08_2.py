"""ex08_2: the way in, from ids to what enters the first layer, with padding on any side."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex08_2",
    title="The way in, with padding on any side",
    kind="implement",
    objectives=("LO-08.2", "LO-08.3"),
    points=3,
    minutes=15,
    difficulty=3,
    importance=5,
    why=(
        "A place says how far a token is from its text's start, and padding is no part of the text: so "
        "what enters for a text must not depend on where the padding stands. The LayerNorm comes before"
        " the projection because its scale and shift are E wide, as its names in the checkpoint show."
    ),
)

NORM = "embeddings.LayerNorm"
STEP = "encoder.embedding_hidden_mapping_in"
TABLES = tuple(f"embeddings.{name}_embeddings.weight" for name in ("word", "position", "token_type"))


@ask.reference
def enter(w: dict, ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
    places = (mask.cumsum(dim=1) - 1) * mask  # tokens before it; 0 at padding
    rows = (
        w["embeddings.word_embeddings.weight"][ids]
        + w["embeddings.position_embeddings.weight"][places]
        + w["embeddings.token_type_embeddings.weight"][segments]
    )  # (B, T, E)
    scale, shift = w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"]
    rows = F.layer_norm(rows, rows.shape[-1:], scale, shift, eps=1e-12)
    step = "encoder.embedding_hidden_mapping_in"
    return rows @ w[f"{step}.weight"].T + w[f"{step}.bias"]  # (B, T, H)


def _weights(draw: Draw, V: int, P: int, S: int, E: int, H: int, size: float = 1.0, dtype=None) -> dict:
    shapes = {TABLES[0]: (V, E), TABLES[1]: (P, E), TABLES[2]: (S, E)}
    shapes |= {f"{NORM}.weight": (E,), f"{NORM}.bias": (E,), f"{STEP}.weight": (H, E), f"{STEP}.bias": (H,)}
    return {
        name: draw.normal(*shape, dtype=dtype) * (size if name in TABLES else 1.0)
        for name, shape in shapes.items()
    }


def _by_hand() -> Case:
    w = {
        TABLES[0]: torch.tensor([[3.0, 1.0], [7.0, 0.0], [1.0, 2.0]]),
        TABLES[1]: torch.tensor([[0.0, 0.0], [0.0, 4.0], [9.0, 0.0]]),
        TABLES[2]: torch.zeros(2, 2),
        f"{NORM}.weight": torch.tensor([2.0, 3.0]),
        f"{NORM}.bias": torch.tensor([1.0, 0.0]),
        f"{STEP}.weight": torch.tensor([[10.0, 1.0]]),
        f"{STEP}.bias": torch.tensor([100.0]),
    }
    ids, mask = torch.tensor([[2, 0, 0]]), torch.tensor([[False, True, True]])
    return Case("padding and two tokens, by hand", (w, ids, mask, torch.zeros(1, 3, dtype=torch.int64)))


def _text(draw: Draw, w: dict, mask: torch.Tensor) -> tuple:
    ids = draw.integers(0, len(w[TABLES[0]]), *mask.shape)
    return w, ids, mask, draw.integers(0, len(w[TABLES[2]]), *mask.shape)


def _mask(*lines: str) -> torch.Tensor:
    return torch.tensor([[sign == "1" for sign in line] for line in lines])


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, then padding nowhere, right, left, both, within; other widths; eps; dtype."""
    one, square = _weights(draw, 11, 9, 2, 4, 6), _weights(draw, 7, 8, 3, 5, 5)
    quiet = _weights(draw, 11, 9, 2, 4, 6, size=1e-6)
    double = _weights(draw, 11, 9, 2, 6, 3, dtype=torch.float64)
    double[TABLES[0]] += 1e5  # the same in all features: the LayerNorm takes it away
    scattered = draw.mask(4, 7).roll(2, 1)
    return [
        _by_hand(),
        Case("no padding", _text(draw, one, _mask("11111", "11111"))),
        Case("padding on the right", _text(draw, one, _mask("1111111", "1110000", "1000000"))),
        Case("padding on the left", _text(draw, one, _mask("0011111", "0000001"))),
        Case("padding anywhere, E = H, three segments", _text(draw, square, scattered)),
        Case("a text without a token between two others", _text(draw, one, _mask("0110", "0000", "1011"))),
        Case("one text of one token", _text(draw, one, _mask("1"))),
        Case("as many tokens as there are places", _text(draw, one, _mask("111111111"))),
        Case("rows so small that eps counts", _text(draw, quiet, _mask("0111", "1110"))),
        Case(
            "float64 all the way: small differences of large numbers",
            _text(draw, double, _mask("01110", "11100")),
        ),
    ]


def _way_in(places=None, norm=None, step=None, types=None, after=None):
    """The way in with one piece replaced."""
    places = places or (lambda mask: (mask.cumsum(1) - 1) * mask)
    norm = norm or (lambda w, x: F.layer_norm(x, x.shape[-1:], w[f"{NORM}.weight"], w[f"{NORM}.bias"], 1e-12))
    step = step or (lambda w, x: x @ w[f"{STEP}.weight"].T + w[f"{STEP}.bias"])

    def wrong(w, ids, mask, segments):
        rows = w[TABLES[0]][ids] + w[TABLES[2]][types(segments) if types else segments]
        place = w[TABLES[1]][places(mask)] * (after != "none")
        x = step(w, norm(w, rows) + place if after == "norm" else norm(w, rows + place))
        return x * mask[..., None] if after == "mask" else x

    return wrong


ask.mistake(
    "places are counted from the left edge, padding included, so that a shifted text changes",
    _way_in(places=lambda mask: torch.arange(mask.shape[1]).expand(mask.shape)),
)
ask.mistake(
    "the first token stands at place 1: you counted the token itself as well",
    _way_in(places=lambda mask: mask.cumsum(1) * mask),
)
ask.mistake(
    "padding after a text has the place of the last token instead of 0",
    _way_in(places=lambda mask: (mask.cumsum(1) - 1).clamp(min=0)),
)
ask.mistake(
    "padding before a text has place -1, which torch reads as the last row of the table",
    _way_in(places=lambda mask: mask.cumsum(1) - 1),
)
ask.mistake(
    "every padding place has the last row of the table instead of place 0",
    _way_in(places=lambda mask: mask.cumsum(1) * mask - 1),
)


def _front_only(mask):
    return (torch.arange(mask.shape[1]) - mask.long().argmax(dim=1, keepdim=True)) * mask


ask.mistake(
    "padding between tokens is counted: you left out only what stands before the first token",
    _way_in(places=_front_only),
)
ask.mistake(
    "only padding is put to place 0; the tokens are still counted from the left edge",
    _way_in(places=lambda mask: torch.arange(mask.shape[1]) * mask),
)


def _padding_on_the_left(mask):
    return (torch.arange(mask.shape[1]) - (~mask).sum(dim=1, keepdim=True)).clamp(min=0)


ask.mistake(
    "all padding of a text is taken to stand before it: you subtract how much there is",
    _way_in(places=_padding_on_the_left),
)
ask.mistake(
    "the tokens are counted down the batch, not along each text",
    _way_in(places=lambda mask: (mask.cumsum(0) - 1) * mask),
)


def _empty_at_padding(*tables):
    """The way in with rows of these tables left out at padding."""

    def wrong(w, ids, mask, segments):
        pairs = zip(TABLES, (ids, (mask.cumsum(1) - 1) * mask, segments), strict=True)
        rows = sum(w[table][index] * (mask[..., None] | (table not in tables)) for table, index in pairs)
        rows = F.layer_norm(rows, rows.shape[-1:], w[f"{NORM}.weight"], w[f"{NORM}.bias"], 1e-12)
        return F.linear(rows, w[f"{STEP}.weight"], w[f"{STEP}.bias"])

    return wrong


ask.mistake("padding gets no row of the position table; it has place 0", _empty_at_padding(TABLES[1]))
ask.mistake("the rows of padding are set to 0 before the LayerNorm", _empty_at_padding(*TABLES))


def _without(name):
    """The way in with one tensor forgotten: as if it were all 1 (a scale) or all 0."""

    def wrong(w, ids, mask, segments):
        forgotten = torch.ones_like(w[name]) if name == f"{NORM}.weight" else torch.zeros_like(w[name])
        return enter(w | {name: forgotten}, ids, mask, segments)

    return wrong


ask.mistake("the segments are not added", _without(TABLES[2]))
ask.mistake("the LayerNorm has no shift", _without(f"{NORM}.bias"))
ask.mistake("the LayerNorm has no scale", _without(f"{NORM}.weight"))


def _plain(eps: float = 1e-12, correction: int = 0, dim: int = -1, power: float = 0.5):
    def norm(w, x):
        spread = (x.var(dim=dim, keepdim=True, correction=correction) + eps) ** power
        return (x - x.mean(dim=dim, keepdim=True)) / spread * w[f"{NORM}.weight"] + w[f"{NORM}.bias"]

    return norm


ask.mistake("the LayerNorm divides by the variance, without a root", _way_in(norm=_plain(power=1)))
ask.mistake("the LayerNorm has no eps, or adds it to the deviation", _way_in(norm=_plain(eps=0.0)))


@ask.mistake("everything is computed in float32, and the dtype changed at the end")
def _in_float32(w, ids, mask, segments):
    return enter({name: tensor.float() for name, tensor in w.items()}, ids, mask, segments).to(w[TABLES[0]])


ask.mistake(
    "padding has the number of tokens before it as its place; it has place 0",
    _way_in(lambda mask: mask.cumsum(1) - mask.long()),
)


@ask.mistake("places begin anew at 0 in each segment")
def _anew_in_each_segment(w, ids, mask, segments):
    kinds = range(len(w[TABLES[2]]))
    places = sum(((part := mask & (segments == kind)).cumsum(1) - 1) * part for kind in kinds)
    return _way_in(places=lambda mask: places)(w, ids, mask, segments)


ask.mistake("positions are not added", _way_in(after="none"))
ask.mistake("positions are added after the LayerNorm", _way_in(after="norm"))
ask.mistake("the segments are ignored: all are taken for 0", _way_in(types=lambda s: s * 0))
ask.mistake("there is no LayerNorm", _way_in(norm=lambda w, x: x))
ask.mistake(
    "the LayerNorm has no scale and shift of its own",
    _way_in(norm=lambda w, x: F.layer_norm(x, x.shape[-1:], eps=1e-12)),
)
ask.mistake("the LayerNorm has torch's default eps, 1e-5", _way_in(norm=_plain(eps=1e-5)))
ask.mistake("the variance of the LayerNorm is divided by E - 1", _way_in(norm=_plain(correction=1)))
ask.mistake("the LayerNorm runs over the tokens, not over each token's features", _way_in(norm=_plain(dim=1)))


@ask.mistake("the LayerNorm stands after the projection, where vectors are H wide")
def _norm_last(w, ids, mask, segments):
    rows = w[TABLES[0]][ids] + w[TABLES[1]][(mask.cumsum(1) - 1) * mask] + w[TABLES[2]][segments]
    x = rows @ w[f"{STEP}.weight"].T + w[f"{STEP}.bias"]
    return F.layer_norm(x, x.shape[-1:], w[f"{NORM}.weight"], w[f"{NORM}.bias"], 1e-12)


ask.mistake("the projection's bias is missing", _way_in(step=lambda w, x: x @ w[f"{STEP}.weight"].T))


@ask.mistake("the projection's matrix is used as (in, out); torch stores (out, in)")
def _turned(w, ids, mask, segments):
    return _way_in(step=lambda w, x: x @ w[f"{STEP}.weight"] + w[f"{STEP}.bias"])(w, ids, mask, segments)


ask.mistake("the result is still E wide: the projection is missing", _way_in(step=lambda w, x: x))
ask.mistake("results at padding were set to 0", _way_in(after="mask"))


@ask.right
def with_a_loop(w, ids, mask, segments):
    words, positions, types = (
        w[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    scale, shift = w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"]
    matrix = w["encoder.embedding_hidden_mapping_in.weight"]
    out = []
    for b in range(ids.shape[0]):
        seen = 0
        for t in range(ids.shape[1]):
            place = seen if mask[b, t] else 0
            seen += int(mask[b, t])
            row = words[ids[b, t]] + positions[place] + types[segments[b, t]]
            centred = row - row.mean()
            row = centred / (centred.pow(2).mean() + 1e-12).sqrt() * scale + shift
            out.append(matrix @ row + w["encoder.embedding_hidden_mapping_in.bias"])
    return torch.stack(out).reshape(*ids.shape, -1)


@ask.right
def with_torch(w, ids, mask, segments):
    before = mask.long().cumsum(1).sub(1).masked_fill(~mask, 0)
    pairs = zip(TABLES, (ids, before, segments), strict=True)
    rows = torch.stack([F.embedding(index, w[table]) for table, index in pairs]).sum(0)
    rows = F.layer_norm(rows, (rows.shape[-1],), w[f"{NORM}.weight"], w[f"{NORM}.bias"], 1e-12)
    return F.linear(rows, w[f"{STEP}.weight"], w[f"{STEP}.bias"])


@ask.right
def with_one_hot(w, ids, mask, segments):
    places = torch.where(mask, torch.cumsum(mask, -1) - 1, 0)
    rows = 0
    for table, index in zip(TABLES, (ids, places, segments), strict=True):
        rows = rows + F.one_hot(index, len(w[table])).to(w[table].dtype) @ w[table]
    return torch.einsum("bte,he->bth", _plain()(w, rows), w[f"{STEP}.weight"]) + w[f"{STEP}.bias"]
