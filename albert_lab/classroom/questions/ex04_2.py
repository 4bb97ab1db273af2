"""ex04_2: the feed-forward part with the activation that the config names."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex04_2",
    title="The activation that the config names",
    kind="implement",
    objectives=("LO-04.2",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "A checkpoint's weights were trained with one activation, and its config is the only place that "
        "says with which one. Two functions with nearly the same name and nearly the same values give no "
        "error, only another network."
    ),
    rtol=2e-5,
    atol=5e-5,
)

NAMES = ("gelu_new", "gelu", "relu")  # the longer name first, for whom a beginning is enough
OTHER_ERRORS = (
    KeyError,
    TypeError,
    AttributeError,
    AssertionError,
    UnboundLocalError,
    NameError,
    RuntimeError,
)


@ask.reference
def feed_forward(a, W1, b1, W2, b2, hidden_act):
    activations = {
        "gelu_new": lambda x: x / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        "gelu": lambda x: x / 2 * (1 + torch.erf(x / math.sqrt(2))),
        "relu": lambda x: x.clamp(min=0),
    }
    if hidden_act not in activations:
        raise ValueError(f"no activation is called {hidden_act!r}")
    return activations[hidden_act](a @ W1 + b1) @ W2 + b2


def _drawn(draw: Draw, shape: tuple, inner: int, name: str, dtype: torch.dtype = torch.float32) -> tuple:
    width = shape[-1]
    first, second = draw.normal(width, inner, dtype=dtype), draw.normal(inner, width, dtype=dtype)
    biases = draw.normal(inner, dtype=dtype), draw.normal(width, dtype=dtype)
    return draw.normal(*shape, dtype=dtype), first / width**0.5, biases[0], second, biases[1], name


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Where the two forms are furthest apart, then shapes, square weights, other names, gradients."""
    one, none = torch.ones(1, 1), torch.zeros(1)
    a, W1, b1, W2, b2, name = _drawn(draw, (2, 3, 4), 16, "gelu_new")
    square = _drawn(draw, (4, 4), 8, "relu")
    return [
        Case("gelu_new at 2.7, by hand", (one, 2.7 * one, none, one, none, "gelu_new")),
        Case("gelu at 2.7, by hand", (one, 2.7 * one, none, one, none, "gelu")),
        Case("relu, two tokens", _drawn(draw, (2, 3), 5, "relu")),
        Case("a batch of texts, gelu_new", _drawn(draw, (2, 5, 4), 16, "gelu_new")),
        Case("a batch of texts, gelu", _drawn(draw, (2, 5, 4), 16, "gelu")),
        Case("a single vector", _drawn(draw, (6,), 10, "gelu_new")),
        Case("four axes, an inner width that is not 4H", _drawn(draw, (2, 1, 3, 5), 7, "gelu")),
        Case("square weights", _drawn(draw, (3, 6), 6, "gelu_new")),
        Case("as many tokens as features, far from zero", (8 * square[0], *square[1:])),
        Case("far from zero", (3 * a, W1, b1, W2, b2, name)),
        Case("float64 stays float64", _drawn(draw, (2, 3, 4), 8, "gelu", torch.float64)),
        Case("float64, gelu_new", _drawn(draw, (3, 4), 8, "gelu_new", torch.float64)),
        Case("gradients flow back", _drawn(draw, (2, 3, 4), 8, "gelu_new"), gradient=True),
        Case("gradients flow back through gelu", _drawn(draw, (3, 4), 6, "gelu"), gradient=True),
        Case("gradients flow back through relu", _drawn(draw, (3, 4), 6, "relu"), gradient=True),
        *(
            Case(says, _drawn(draw, (2, 3), 5, name), raises=ValueError)
            for says, name in (
                ("a name that is none of the three", "swish"),
                ("a name in capital letters", "GELU"),
                ("a name that begins like another", "gelu_pytorch_tanh"),
                ("a name that ends like another", "relu_new"),
                ("a name that is part of another", "elu"),
                ("a name with a space behind it", "relu "),
            )
        ),
    ]


def _reads(name_of):
    def answer(a, W1, b1, W2, b2, hidden_act):
        return feed_forward(a, W1, b1, W2, b2, name_of(hidden_act))

    return answer


def _other_name(**other):
    return lambda hidden_act: other.get(hidden_act, hidden_act)


ask.mistake(
    "gelu gets the tanh form as well: the two names are two functions", _reads(_other_name(gelu="gelu_new"))
)
ask.mistake(
    "gelu_new gets the form with erf: it runs, and every number is slightly off",
    _reads(_other_name(gelu_new="gelu")),
)
ask.mistake("the two forms of GELU are exchanged", _reads(_other_name(gelu="gelu_new", gelu_new="gelu")))
ask.mistake("relu was answered with a GELU", _reads(_other_name(relu="gelu")))


def _unknown_is(name):
    return lambda hidden_act: hidden_act if hidden_act in NAMES else name


for name, what in zip(NAMES, ("the GELU with tanh", "the GELU with erf", "ReLU"), strict=True):
    ask.mistake(f"a name that nobody knows gets {what}, in silence", _reads(_unknown_is(name)))


def _act(x, name):
    if name not in NAMES:
        raise ValueError(name)
    if name == "relu":
        return F.relu(x)
    return F.gelu(x, approximate="tanh" if name == "gelu_new" else "none")


@ask.mistake("a name that nobody knows gets no activation, in silence")
def _others_stay_linear(a, W1, b1, W2, b2, hidden_act):
    inner = a @ W1 + b1
    return (_act(inner, hidden_act) if hidden_act in NAMES else inner) @ W2 + b2


ask.mistake("capital letters were made small, and GELU is another name", _reads(str.lower))


ask.mistake("spaces around a name are dropped, and a name with them is another one", _reads(str.strip))


@ask.mistake("a part of a name is taken for the name")
@_reads
def _part_of_a_name(hidden_act):
    return next((name for name in NAMES if hidden_act in name), hidden_act)


@ask.mistake("the beginning of a name is taken for the name")
@_reads
def _begin_of_a_name(hidden_act):
    return next((name for name in NAMES if hidden_act.startswith(name)), hidden_act)


ask.mistake("a name with new in it is taken for gelu_new", _reads(lambda n: "gelu_new" if "new" in n else n))


def _tanh_form(x, constant=0.044715, power=3, root=0.7978845608):
    return x / 2 * (1 + torch.tanh(root * (x + constant * x**power)))


@ask.mistake("more names are known than the three")
def _with_more_names(a, W1, b1, W2, b2, hidden_act):
    more = {"swish": F.silu, "gelu_pytorch_tanh": _tanh_form}
    inner = a @ W1 + b1
    return (more[hidden_act](inner) if hidden_act in more else _act(inner, hidden_act)) @ W2 + b2


def _raises(error):
    def answer(a, W1, b1, W2, b2, hidden_act):
        if hidden_act not in NAMES:
            raise error(hidden_act)
        return feed_forward(a, W1, b1, W2, b2, hidden_act)

    return answer


for error in OTHER_ERRORS:
    ask.mistake(f"a name that nobody knows ends in another kind of error, {error.__name__}", _raises(error))


@ask.mistake("a name that nobody knows gives nothing, and no error")
def _nothing_for_others(a, W1, b1, W2, b2, hidden_act):
    return feed_forward(a, W1, b1, W2, b2, hidden_act) if hidden_act in NAMES else None


@ask.mistake("the result is always float32")
def _float32(a, W1, b1, W2, b2, hidden_act):
    return feed_forward(*(each.float() for each in (a, W1, b1, W2, b2)), hidden_act)


@ask.mistake("there is no activation: the two matrices are one in disguise")
def _linear(a, W1, b1, W2, b2, hidden_act):
    return (a @ W1 + b1) @ W2 + b2 + 0 * _act(b2, hidden_act)


@ask.mistake("the activation stands after the second matrix")
def _at_the_end(a, W1, b1, W2, b2, hidden_act):
    return _act((a @ W1 + b1) @ W2 + b2, hidden_act)


@ask.mistake("there are two activations, and one is needed")
def _twice(a, W1, b1, W2, b2, hidden_act):
    return _act(_act(a @ W1 + b1, hidden_act) @ W2 + b2, hidden_act)


@ask.mistake("the activation stands before the first matrix")
def _at_the_start(a, W1, b1, W2, b2, hidden_act):
    return (_act(a, hidden_act) @ W1 + b1) @ W2 + b2


@ask.mistake("the first bias is missing")
def _no_first_bias(a, W1, b1, W2, b2, hidden_act):
    return _act(a @ W1, hidden_act) @ W2 + b2


@ask.mistake("the second bias is missing")
def _no_second_bias(a, W1, b1, W2, b2, hidden_act):
    return _act(a @ W1 + b1, hidden_act) @ W2


@ask.mistake("the first bias is added after the activation")
def _bias_too_late(a, W1, b1, W2, b2, hidden_act):
    return (_act(a @ W1, hidden_act) + b1) @ W2 + b2


@ask.mistake("the matrices were turned round, as torch's Linear keeps them")
def _transposed(a, W1, b1, W2, b2, hidden_act):
    if hidden_act not in NAMES:
        raise ValueError(hidden_act)
    return _act(a @ W1.T + b1, hidden_act) @ W2.T + b2


@ask.mistake("the residual is in it: that is added outside of this part")
def _residual(a, W1, b1, W2, b2, hidden_act):
    return a + feed_forward(a, W1, b1, W2, b2, hidden_act)


@ask.mistake("residual and LayerNorm are in it: they stand outside of this part")
def _normalized(a, W1, b1, W2, b2, hidden_act):
    return F.layer_norm(a + feed_forward(a, W1, b1, W2, b2, hidden_act), a.shape[-1:])


def _with(name, activation):
    def answer(a, W1, b1, W2, b2, hidden_act):
        inner = a @ W1 + b1
        return (activation(inner) if hidden_act == name else _act(inner, hidden_act)) @ W2 + b2

    return answer


ask.mistake(
    "the constant of the tanh form is ten times too large",
    _with("gelu_new", lambda x: _tanh_form(x, 0.44715)),
)
ask.mistake(
    "the tanh form has x squared where the third power belongs",
    _with("gelu_new", lambda x: _tanh_form(x, power=2)),
)
ask.mistake(
    "the root of 2/pi is missing in the tanh form", _with("gelu_new", lambda x: _tanh_form(x, root=1.0))
)
ask.mistake(
    "the tanh form has 2/pi in place of its root",
    _with("gelu_new", lambda x: _tanh_form(x, root=2 / math.pi)),
)
ask.mistake(
    "gelu_new was taken for x times sigmoid(1.702 x)",
    _with("gelu_new", lambda x: x * torch.sigmoid(1.702 * x)),
)
ask.mistake("gelu_new was taken for SiLU, x times sigmoid(x)", _with("gelu_new", F.silu))
ask.mistake("the root of 2 is missing under erf", _with("gelu", lambda x: x / 2 * (1 + torch.erf(x))))


@ask.mistake("the axes before the features were flattened into one")
def _mixed(a, W1, b1, W2, b2, hidden_act):
    gated = feed_forward(a, W1, b1, W2, b2, hidden_act)
    return gated.flatten(0, -2) if a.ndim > 1 else gated


@ask.right
def with_torch(a, W1, b1, W2, b2, hidden_act):
    functions = {"relu": F.relu, "gelu": F.gelu, "gelu_new": torch.nn.GELU(approximate="tanh")}
    try:
        activation = functions[hidden_act]
    except KeyError:
        raise ValueError(hidden_act) from None
    return F.linear(activation(F.linear(a, W1.T, b1)), W2.T, b2)


@ask.right
def with_einsum(a, W1, b1, W2, b2, hidden_act):
    inner = torch.einsum("...h,hi->...i", a, W1) + b1
    if hidden_act == "relu":
        inner = torch.where(inner > 0, inner, 0)
    elif hidden_act == "gelu":
        inner = inner * torch.special.ndtr(inner)  # the probability of being smaller
    elif hidden_act == "gelu_new":
        inner = inner * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (inner + 0.044715 * inner.pow(3)))
    else:
        raise ValueError("unknown activation: " + hidden_act)
    return torch.einsum("...i,ih->...h", inner, W2) + b2


class UnknownActivationError(ValueError):
    """A kind of ValueError."""


@ask.right
def with_an_error_of_its_own(a, W1, b1, W2, b2, hidden_act):
    if hidden_act not in NAMES:
        raise UnknownActivationError(hidden_act)
    return feed_forward(a, W1, b1, W2, b2, hidden_act)


@ask.right
def token_by_token(a, W1, b1, W2, b2, hidden_act):
    if hidden_act not in ("relu", "gelu", "gelu_new"):
        raise ValueError(hidden_act)
    new = []
    for token in a.reshape(-1, a.shape[-1]):
        wide = (token[:, None] * W1).sum(dim=0) + b1
        wide = (
            F.relu(wide)
            if hidden_act == "relu"
            else F.gelu(wide, approximate="tanh" if "_" in hidden_act else "none")
        )
        new.append((wide[:, None] * W2).sum(dim=0) + b2)
    return torch.stack(new).view(a.shape)
