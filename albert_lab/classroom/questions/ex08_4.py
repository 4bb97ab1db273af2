"""ex08_4: a layer that agrees on fresh weights only; find the mistake."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex08_4",
    title="The layer that passed its test",
    kind="find the bug",
    objectives=("LO-08.3", "LO-08.4"),
    points=3,
    minutes=10,
    difficulty=3,
    importance=4,
    why=(
        "Both norms have H scales and H shifts, so names and shapes fit either way, and with scale 1 "
        "and shift 0 they are the same function. Only weights in which every part matters, and a look "
        "at where the difference begins, can tell them apart."
    ),
)

QKV = ("query", "key", "value")
FIRST, SECOND = "attention.LayerNorm", "full_layer_layer_norm"


@ask.reference
def layer(w: dict, x: torch.Tensor, mask: torch.Tensor, heads: int) -> torch.Tensor:
    def linear(name, x):
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def norm(name, x):
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps=1e-12)

    parts = (linear(f"attention.{name}", x) for name in ("query", "key", "value"))
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in parts)
    mixed = F.scaled_dot_product_attention(q, k, v, mask[:, None, None, :])
    a = norm("attention.LayerNorm", x + linear("attention.dense", mixed.transpose(1, 2).flatten(2)))
    f = linear("ffn_output", F.gelu(linear("ffn", a), approximate="tanh"))
    return norm("full_layer_layer_norm", a + f)


def _weights(draw: Draw, H: int, inner: int, fresh: bool = False, size: float = 1.0, dtype=None) -> dict:
    w = {}
    shapes = {f"attention.{name}": (H, H) for name in (*QKV, "dense")}
    shapes |= {"ffn": (inner, H), "ffn_output": (H, inner)}
    for name, (out, into) in shapes.items():
        w[f"{name}.weight"] = draw.normal(out, into, dtype=dtype) * (
            0.02 if fresh else size * into**-0.5 * 1.5
        )
        w[f"{name}.bias"] = draw.normal(out, dtype=dtype) * (0.0 if fresh else 0.5 * size)
    for name in (FIRST, SECOND):
        w[f"{name}.weight"] = 1 + draw.normal(H, dtype=dtype) * (0.0 if fresh else 0.5)
        w[f"{name}.bias"] = draw.normal(H, dtype=dtype) * (0.0 if fresh else 0.5)
    return w


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Fresh weights, on which the given layer is right; then weights that tell."""

    def case(says: str, shape: tuple, heads: int, *, inner: int = 0, mask=None, x=None, **how) -> Case:
        x = draw.normal(*shape, dtype=how.get("dtype")) if x is None else x
        mask = torch.ones(shape[:2], dtype=torch.bool) if mask is None else mask
        return Case(says, (_weights(draw, shape[2], inner or 4 * shape[2], **how), x, mask, heads))

    half = torch.tensor([[True] * 5, [True, True, False, False, False]])
    most = torch.tensor([True, True, False, False, False]).expand(4, 5).clone()
    return [
        case("fresh weights, as a library makes them", (2, 5, 8), 2, fresh=True),
        case("roughened weights", (2, 5, 8), 2),
        case("a text with padding", (2, 5, 12), 3, mask=half),
        case("an inner width that is not 4H", (3, 4, 6), 2, inner=10),
        case("an inner width that is more than 4H", (2, 3, 4), 2, inner=21),
        case("one head, tokens hidden in between", (2, 6, 4), 1, mask=draw.mask(2, 6)),
        case("one token, as many heads as features", (1, 1, 6), 6),
        case("numbers so small that eps counts", (2, 3, 6), 3, x=1e-6 * draw.normal(2, 3, 6), size=1e-6),
        case("large numbers", (1, 4, 8), 4, x=100 + 10 * draw.normal(1, 4, 8)),
        case("very large scores, and padding", (4, 5, 8), 2, mask=most, x=1000 * draw.normal(4, 5, 8)),
        case("float64 stays float64", (2, 3, 6), 2, dtype=torch.float64),
        case("a tensor that is not contiguous", (2, 3, 8), 2, inner=24, x=draw.strided(2, 3, 8)),
    ]


def _built(first=FIRST, second=SECOND, order="post", residual="a", gelu="tanh", eps=1e-12, turned=(), **how):
    """The layer with one piece replaced."""

    def wrong(w, x, mask, heads):
        def linear(name, y):
            matrix = w[f"{name}.weight"]
            return y @ (matrix if name in turned else matrix.T) + w[f"{name}.bias"]

        def norm(name, y):
            if not name:
                return y
            return F.layer_norm(y, y.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps=eps)

        def attended(y):
            q, k, v = (linear(f"attention.{n}", y).unflatten(-1, (heads, -1)).transpose(1, 2) for n in QKV)
            shown = mask[:, None, None, :]
            if how.get("causal"):
                shown = shown & torch.ones(y.shape[1], y.shape[1], dtype=torch.bool).tril()
            shown = None if how.get("unmasked") else shown
            shown = mask[:, None, :, None] if how.get("queries") else shown
            if "hidden" in how:
                shown = how["hidden"] * (~mask[:, None, None, :]).to(y.dtype)
            mixed = F.scaled_dot_product_attention(q, k, v, shown, scale=how.get("scale"))
            mixed = mixed if how.get("merged") else mixed.transpose(1, 2)
            return linear("attention.dense", mixed.reshape(y.shape))

        def forward(y):
            return linear("ffn_output", F.gelu(linear("ffn", y), approximate=gelu))

        if order == "pre":
            a = x + attended(norm(first, x))
            return a + forward(norm(second, a))
        if order == "branch":
            a = x + norm(first, attended(x))
            return a + norm(second, forward(a))
        start = 0 if residual == "no first" else x
        a = norm(first, start + attended(x))
        return norm(second, {"a": a, "x": x, "no first": a, "no second": 0}[residual] + forward(a))

    return wrong


ask.mistake(
    "it is still the given layer: it agrees where scales are 1 and shifts are 0, and nowhere else",
    _built(first=SECOND, second=FIRST),
)
ask.mistake("the norm after attention now stands in both places", _built(second=FIRST))
ask.mistake("the norm at the end of the layer now stands in both places", _built(first=SECOND))
ask.mistake("the norms stand before attention and feed-forward, as in GPT-2", _built(order="pre"))
ask.mistake("the second residual adds x, not what came out of the first norm", _built(residual="x"))
ask.mistake("attention's residual is gone", _built(residual="no first"))
ask.mistake("the feed-forward network's residual is gone", _built(residual="no second"))


def _with_half_of_the_swap(end):
    """Scales or shifts of the two norms exchanged, but not both."""

    def wrong(w, x, mask, heads):
        one, other = f"{FIRST}.{end}", f"{SECOND}.{end}"
        return layer(w | {one: w[other], other: w[one]}, x, mask, heads)

    return wrong


ask.mistake("scales are right, shifts of the two norms are exchanged", _with_half_of_the_swap("bias"))
ask.mistake("shifts are right, scales of the two norms are exchanged", _with_half_of_the_swap("weight"))


@ask.mistake("the names are exchanged in the caller's dictionary, for good")
def _renamed_in_place(w, x, mask, heads):
    for end in ("weight", "bias"):
        one, other = f"{FIRST}.{end}", f"{SECOND}.{end}"
        w[one], w[other] = w[other], w[one]
    return _built(first=SECOND, second=FIRST)(w, x, mask, heads)


def _bare(*names):
    """The layer with some norms' scales and shifts left out."""

    def wrong(w, x, mask, heads):
        plain = {f"{name}.weight": torch.ones_like(w[f"{name}.weight"]) for name in names}
        plain |= {f"{name}.bias": torch.zeros_like(w[f"{name}.bias"]) for name in names}
        return layer(w | plain, x, mask, heads)

    return wrong


ask.mistake("the norms have neither scale nor shift", _bare(FIRST, SECOND))
ask.mistake("the norm after attention has neither scale nor shift", _bare(FIRST))
ask.mistake("there is no norm after attention", _built(first=""))
ask.mistake("there is no norm at the end", _built(second=""))
ask.mistake(
    "each norm stands around attention or feed-forward alone; the residual is added after it",
    _built(order="branch"),
)
ask.mistake("the heads are put together without turning their axis back", _built(merged=True))
ask.mistake("queries are hidden at padding, not keys", _built(queries=True))
ask.mistake("the mask is added to the scores as 0 and 1", _built(hidden=-1.0))
ask.mistake("10,000 is subtracted from hidden scores, which can be too little", _built(hidden=-1e4))
ask.mistake("there is no eps, or it is added to the deviation", _built(eps=0.0))
ask.mistake("GELU is the erf form, which is torch's default", _built(gelu="none"))
ask.mistake("eps is 1e-5, which is torch's default", _built(eps=1e-5))
ask.mistake("the mask is not used", _built(unmasked=True))
ask.mistake("later tokens are hidden, as in GPT-2", _built(causal=True))
ask.mistake("the scores are not divided", _built(scale=1.0))
ask.mistake(
    "the matrices of query, key and value are used as (in, out)",
    _built(turned=tuple(f"attention.{n}" for n in QKV)),
)
ask.mistake("the matrix after attention is used as (in, out)", _built(turned=("attention.dense",)))


@ask.mistake("the inner width is cut to 4H, and `ffn` may be wider")
def _cut_inside(w, x, mask, heads):
    inner = 4 * x.shape[-1]
    cut = {"ffn.weight": w["ffn.weight"][:inner], "ffn.bias": w["ffn.bias"][:inner]}
    return layer(w | cut | {"ffn_output.weight": w["ffn_output.weight"][:, :inner]}, x, mask, heads)


@ask.right
def with_formulas(w, x, mask, heads):
    H = x.shape[-1]
    d = H // heads

    def norm(name, y):
        centred = y - y.mean(-1, keepdim=True)
        spread = torch.sqrt(centred.square().mean(-1, keepdim=True) + 1e-12)
        return centred / spread * w[name + ".weight"] + w[name + ".bias"]

    def linear(name, y):
        return y @ w[name + ".weight"].T + w[name + ".bias"]

    q, k, v = (linear("attention." + name, x) for name in ("query", "key", "value"))
    outs = []
    for h in range(heads):
        part = slice(h * d, (h + 1) * d)
        scores = q[..., part] @ k[..., part].transpose(1, 2) / d**0.5
        scores = scores.masked_fill(~mask[:, None, :], float("-inf"))
        outs.append(torch.softmax(scores, -1) @ v[..., part])
    a = norm("attention.LayerNorm", x + linear("attention.dense", torch.cat(outs, -1)))
    inner = linear("ffn", a)
    inner = 0.5 * inner * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (inner + 0.044715 * inner**3)))
    return norm("full_layer_layer_norm", a + linear("ffn_output", inner))


@ask.right
def with_names_exchanged(w, x, mask, heads):
    names = {"attention.LayerNorm": "first", "full_layer_layer_norm": "second"}
    norms = {}
    for name, short in names.items():
        norms[short] = torch.nn.LayerNorm(x.shape[-1], eps=1e-12, dtype=x.dtype)
        norms[short].load_state_dict({"weight": w[f"{name}.weight"], "bias": w[f"{name}.bias"]})
    parts = [x @ w[f"attention.{n}.weight"].mT + w[f"attention.{n}.bias"] for n in ("query", "key", "value")]
    q, k, v = (torch.stack(part.chunk(heads, -1), 1) for part in parts)
    lowest = torch.zeros(mask.shape, dtype=x.dtype).masked_fill(~mask, torch.finfo(x.dtype).min)
    weights = (q @ k.mT * q.shape[-1] ** -0.5 + lowest[:, None, None]).softmax(-1)
    heads_out = torch.cat((weights @ v).unbind(1), -1)
    a = norms["first"](heads_out @ w["attention.dense.weight"].mT + w["attention.dense.bias"] + x)
    f = F.gelu(a @ w["ffn.weight"].mT + w["ffn.bias"], approximate="tanh")
    return norms["second"](f @ w["ffn_output.weight"].mT + w["ffn_output.bias"] + a).detach()


@ask.right
def with_einsum(w, x, mask, heads):
    def linear(name, y):
        return torch.einsum("bti,oi->bto", y, w[f"{name}.weight"]) + w[f"{name}.bias"]

    def norm(name, y):
        spread, mean = torch.var_mean(y, dim=-1, correction=0, keepdim=True)
        return (y - mean) * torch.rsqrt(spread + 1e-12) * w[f"{name}.weight"] + w[f"{name}.bias"]

    B, T, H = x.shape
    q, k, v = (linear(f"attention.{n}", x).view(B, T, heads, H // heads) for n in QKV)
    scores = torch.einsum("bqnd,bknd->bnqk", q, k) / (H // heads) ** 0.5
    weights = torch.where(mask[:, None, None, :], scores, -torch.inf).softmax(-1)
    mixed = torch.einsum("bnqk,bknd->bqnd", weights, v).reshape(B, T, H)
    a = norm(FIRST, x + linear("attention.dense", mixed))
    return norm(SECOND, a + linear("ffn_output", F.gelu(linear("ffn", a), approximate="tanh")))
