"""ex09_4: one LAMB step for all tensors of a network."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex09_4",
    title="LAMB for a whole network",
    kind="implement",
    objectives=("LO-09.4",),
    points=3,
    minutes=20,
    difficulty=3,
    importance=4,
    why=(
        "With the ratio every matrix moves by the same share of its own length, so one learning rate fits "
        "tensors of very different size. A tensor of zeros would move by a share of nothing, which is why "
        "the authors' code takes 1 there."
    ),
)

Tensors = list[torch.Tensor]


@ask.reference
def lamb_steps(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    moved = []
    for w, u in zip(weights, updates, strict=True):
        if w.ndim == 1:  # a bias or a LayerNorm: neither decay nor trust
            moved.append(w - lr * u)
            continue
        u = u + decay * w
        of_w, of_u = w.norm(), u.norm()
        trust = of_w / of_u if of_w > 0 and of_u > 0 else 1.0
        moved.append(w - lr * trust * u)
    return moved


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, decay, vectors, zeros on either side, several tensors, dtypes, layouts."""
    row, update = torch.tensor([[3.0, 4.0]]), torch.tensor([[3.1623, 0.0]])
    lr = draw.choice([0.02, 0.05, 0.2])

    def both(*shape: int, dtype: torch.dtype | None = None) -> tuple:
        return 0.3 * draw.normal(*shape, dtype=dtype), 2 * draw.normal(*shape, dtype=dtype)

    w, u = both(4, 3)
    v, x = both(5)
    large, step = both(3, 6)
    exact = both(4, 2, dtype=torch.float64)
    cube = both(2, 3, 4)
    three = [w, v, 8 * large], [u, x, step]
    return [
        Case("the chapter's numbers, as a matrix", ([row], [update], 0.1, 0.0)),
        Case("the same with decay", ([row], [update], 0.1, 0.5)),
        Case("a matrix of several rows", ([w], [u], lr, 0.3)),
        Case("a vector: no decay, no trust", ([v], [x], lr, 0.3)),
        Case("three tensors of different size", (*three, lr, 0.1)),
        Case("weights that are all 0", ([w, torch.zeros(2, 3)], [u, draw.normal(2, 3)], lr, 0.1)),
        Case("an update that is all 0, no decay", ([w, large], [torch.zeros(4, 3), step], lr, 0.0)),
        Case("an update that is all 0, with decay", ([w], [torch.zeros(4, 3)], lr, 0.3)),
        Case("an update far longer than the weights", ([0.01 * w], [10 * u], lr, 0.1)),
        Case("a tiny update", ([w], [1e-5 * u], lr, 0.0)),
        Case("an update of size 10^-15", ([w], [1e-15 * u], lr, 0.0)),
        Case("weights of size 10^-15", ([1e-15 * w], [u], lr, 0.0)),
        Case("weights and update both 0", ([torch.zeros(2, 2)], [torch.zeros(2, 2)], lr, 0.1)),
        Case("weights far longer than the update", ([500 * large], [0.1 * step], lr, 0.0)),
        Case("a tensor of three axes", ([cube[0]], [cube[1]], lr, 0.2)),
        Case("float64 stays float64, beside float32", ([exact[0], v], [exact[1], x], lr, 0.2)),
        Case("tensors that are not contiguous", ([draw.strided(3, 5)], [draw.strided(3, 5)], lr, 0.2)),
        Case("no tensors", ([], [], lr, 0.1)),
    ]


def _each(step):
    """A mistake that treats matrices by `step` (w, u, lr, decay), and vectors as they should be."""

    def answer(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
        pairs = zip(weights, updates, strict=True)
        return [w - lr * u if w.ndim == 1 else step(w, u, lr, decay) for w, u in pairs]

    return answer


def _ratio(rule):
    """A mistake that takes this for the ratio, of the lengths of weights and update."""

    def step(w, u, lr, decay):
        u = u + decay * w
        return w - lr * rule(w.norm(), u.norm()) * u

    return _each(step)


ask.mistake("the trust ratio is missing", _ratio(lambda w, u: 1.0))


def _given(change):
    """A mistake that is right for another learning rate and another decay."""
    return _each(lambda w, u, lr, decay: lamb_steps([w], [u], *change(lr, decay))[0])


ask.mistake("the decay is missing", _given(lambda lr, decay: (lr, 0.0)))


def _ruled(of_w: torch.Tensor, of_u: torch.Tensor) -> torch.Tensor | float:
    """The ratio as it should be."""
    return of_w / of_u if of_w > 0 and of_u > 0 else 1.0


ask.mistake("the trust ratio is upside down", _ratio(lambda w, u: 1 / _ruled(w, u)))


def _trust(w: torch.Tensor, u: torch.Tensor) -> torch.Tensor | float:
    return _ruled(w.norm(), u.norm())


@ask.mistake("the length of the update is taken before the decay is added")
@_each
def _ratio_before_decay(w, u, lr, decay):
    return w - lr * _trust(w, u) * (u + decay * w)


@ask.mistake("the decay is subtracted on its own, outside of the trust ratio")
@_each
def _decay_apart(w, u, lr, decay):
    return w - lr * _trust(w, u) * u - lr * decay * w


ask.mistake("the decay is multiplied by the learning rate twice", _given(lambda lr, decay: (lr, lr * decay)))


def _measured(length):
    """A mistake that takes this for the length of a tensor."""

    def step(w, u, lr, decay):
        u = u + decay * w
        of_w, of_u = length(w), length(u)
        return w - lr * torch.where((of_w > 0) & (of_u > 0), of_w / of_u, 1.0) * u

    return _each(step)


ask.mistake(
    "each row has a ratio of its own; the tensor is one long vector",
    _measured(lambda x: x.norm(dim=-1, keepdim=True)),
)
ask.mistake(
    "each column has a ratio of its own; the tensor is one long vector", _measured(lambda x: x.norm(dim=0))
)
ask.mistake(
    "there is no rule for a length of 0: weights of 0 never move, an update of 0 gives nan",
    _ratio(lambda w, u: w / u),
)
ask.mistake(
    "a small number is added to the length of the update: no nan, but weights of 0 never move",
    _ratio(lambda w, u: w / (u + 1e-6)),
)
ask.mistake(
    "a small number is added to the length of the update, which makes tiny steps too short",
    _ratio(lambda w, u: w / (u + 1e-6) if w > 0 else 1.0),
)
ask.mistake(
    "a very small number is added to the length of the update, which makes still smaller steps too short",
    _ratio(lambda w, u: w / (u + 1e-12) if w > 0 and u > 0 else 1.0),
)
ask.mistake(
    "lengths below some small number are taken for 0, and only those that are exactly 0 are meant",
    _ratio(lambda w, u: w / u if w > 1e-12 and u > 1e-12 else 1.0),
)
ask.mistake(
    "the length of an update is raised to some smallest one, which makes tiny steps too short",
    _ratio(lambda w, u: w / u.clamp(min=1e-6) if w > 0 and u > 0 else 1.0),
)
ask.mistake(
    "weights that are all 0 never move, though nothing gives nan",
    _ratio(lambda w, u: _ruled(w, u) if w > 0 else 0.0),
)
ask.mistake(
    "the rule for a length of 0 is there for the weights, not for the update",
    _ratio(lambda w, u: w / u if w > 0 else 1.0),
)
ask.mistake(
    "the rule for a length of 0 waits until both are 0", _ratio(lambda w, u: w / u if w > 0 or u > 0 else 1.0)
)


@ask.mistake("the rule for a length of 0 looks at the update as it was given, before the decay")
@_each
def _rule_for_what_was_given(w, u, lr, decay):
    moved = u + decay * w
    return w - lr * (_trust(w, moved) if u.norm() > 0 else 1.0) * moved


@ask.mistake("where a length is 0, the ratio of an earlier tensor is used again")
def _ratio_kept(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    trust, moved = 1.0, []
    for w, u in zip(weights, updates, strict=True):
        if w.ndim > 1:
            u = u + decay * w
            trust = w.norm() / u.norm() if w.norm() > 0 and u.norm() > 0 else trust
        moved.append(w - lr * u * (trust if w.ndim > 1 else 1.0))
    return moved


ask.mistake(
    "the trust ratio has an upper bound, which ALBERT's authors left out",
    _ratio(lambda w, u: min(float(_ruled(w, u)), 10.0)),
)


@ask.mistake("the update is added: away from where the loss is lower")
@_each
def _added(w, u, lr, decay):
    return 2 * w - lamb_steps([w], [u], lr, decay)[0]


ask.mistake("the decay has the wrong sign, so that the weights grow", _given(lambda lr, decay: (lr, -decay)))
ask.mistake("the learning rate is missing", _given(lambda lr, decay: (1.0, decay)))
ask.mistake(
    "the update is made 1 long, whatever the length of the weights",
    _ratio(lambda w, u: 1 / u if u > 0 else 1.0),
)
ask.mistake("the ratio is that of the squared lengths", _ratio(lambda w, u: _ruled(w, u) ** 2))
ask.mistake(
    "the length is a sum of absolute values and not the root of a sum of squares",
    _measured(lambda x: x.abs().sum()),
)
ask.mistake(
    "the length is the largest singular value, not that of the tensor as one long vector",
    _measured(lambda x: torch.linalg.norm(x, 2)),
)


@ask.mistake("one ratio is used for all tensors")
def _one_ratio_for_all(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    pairs = [(w, u + decay * w) for w, u in zip(weights, updates, strict=True) if w.ndim > 1]
    if not pairs:
        return lamb_steps(weights, updates, lr, decay)
    of_w, of_u = (float(torch.cat([x.flatten() for x in side]).norm()) for side in zip(*pairs, strict=True))
    trust = of_w / of_u if of_w > 0 and of_u > 0 else 1.0
    return _each(lambda w, u, lr, decay: w - lr * trust * (u + decay * w))(weights, updates, lr, decay)


@ask.mistake("vectors are treated like matrices: with decay and trust ratio")
def _vectors_like_matrices(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    pairs = zip(weights, updates, strict=True)
    return [lamb_steps([w[None]], [u[None]], lr, decay)[0][0] for w, u in pairs]


@ask.mistake("a tensor of three axes is treated like a vector")
def _matrices_only(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    pairs = zip(weights, updates, strict=True)
    return [lamb_steps([w], [u], lr, decay)[0] if w.ndim == 2 else w - lr * u for w, u in pairs]


@ask.mistake("vectors get the decay")
def _vectors_decayed(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    pairs = zip(weights, updates, strict=True)
    return lamb_steps(weights, [u + decay * w if w.ndim == 1 else u for w, u in pairs], lr, decay)


@ask.mistake("vectors get a trust ratio")
def _vectors_trusted(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    pairs = zip(weights, updates, strict=True)
    return lamb_steps(weights, [_trust(w, u) * u if w.ndim == 1 else u for w, u in pairs], lr, decay)


@ask.mistake("the weights of the caller are overwritten")
def _in_place(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    for w, moved in zip(weights, lamb_steps(weights, updates, lr, decay), strict=True):
        w.copy_(moved)
    return weights


@ask.right
def with_helpers(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    def length(x: torch.Tensor) -> float:
        return float(x.double().square().sum()) ** 0.5

    result = []
    for w, u in zip(weights, updates, strict=True):
        trust = 1.0
        if w.dim() > 1:
            u = torch.add(u, w, alpha=decay)
            if length(w) != 0 and length(u) != 0:
                trust = length(w) / length(u)
        result.append(torch.sub(w, u, alpha=lr * trust))
    return result


@ask.right
def with_where(weights: Tensors, updates: Tensors, lr: float, decay: float) -> Tensors:
    def step(w: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        u = u + decay * w
        of_w, of_u = torch.linalg.vector_norm(w), torch.linalg.vector_norm(u)
        return w - lr * u * torch.where((of_w == 0) | (of_u == 0), torch.ones_like(of_w), of_w / of_u)

    return [step(w, u) if w.ndim >= 2 else w - lr * u for w, u in zip(weights, updates, strict=True)]


@ask.right
def with_unit_updates(weights: Tensors, updates: Tensors, lr: float, decay: float) -> tuple:
    moved = []
    for i in range(len(weights)):
        w, u = weights[i].clone(), updates[i].clone()
        if w.ndim > 1:
            u = u + decay * w
            if w.any() and u.any():
                u = u / torch.norm(u) * torch.norm(w)
        w = w - lr * u
        moved.append(w)
    return tuple(moved)
