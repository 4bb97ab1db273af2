"""ex11_1: own pairs beside strangers, measured in their scatter."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex11_1",
    title="How far above strangers?",
    kind="implement",
    objectives=("LO-11.1",),
    points=2,
    minutes=15,
    difficulty=2,
    importance=4,
    why=(
        "A cosine has no zero of its own: what strangers reach is the zero, and their scatter is the unit. "
        "A network whose cosines are all high can therefore be worse than one whose cosines are low."
    ),
)

Tensor = torch.Tensor


def _table(queries: Tensor, answers: Tensor) -> Tensor:
    return F.normalize(queries, dim=1) @ F.normalize(answers, dim=1).T


@ask.reference
def lead(queries: Tensor, answers: Tensor) -> Tensor:
    cosines = _table(queries, answers)
    strangers = cosines[~torch.eye(len(cosines), dtype=torch.bool)]
    return (cosines.diagonal().mean() - strangers.mean()) / strangers.std(correction=0)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, many pairs, a cone, as many pairs as features, float64, layouts, gradients."""
    hand = (
        torch.tensor([[3.0, 4.0], [0.0, 2.0], [1.0, 0.0]]),
        torch.tensor([[1.0, 0.0], [0.0, 5.0], [2.0, 0.0]]),
    )

    def pairs(n: int, width: int, shift: float = 0.0, dtype: torch.dtype = torch.float32):
        first = draw.normal(n, width, dtype=dtype)
        return first * 2 + shift, first + draw.normal(n, width, dtype=dtype) + shift

    two = pairs(2, 4)
    while float((F.cosine_similarity(two[0], two[1].flip(0)) * torch.tensor([1.0, -1.0])).sum().abs()) < 0.4:
        two = pairs(2, 4)  # strangers that are nearly alike leave nothing but rounding in their scatter

    return [
        Case("three pairs, by hand", hand),
        Case("many pairs", pairs(20, 6)),
        Case("a cone: all vectors share a direction", pairs(9, 5, 2.0)),
        Case("as many pairs as features", pairs(7, 7)),
        Case("two pairs", two),
        Case("partners that are no nearer than strangers", (draw.normal(8, 3), draw.normal(8, 3))),
        Case("float64 stays float64", pairs(5, 4, dtype=torch.float64)),
        Case("vectors that are not contiguous", (draw.strided(6, 4), draw.strided(6, 4))),
        Case("gradients flow back", pairs(5, 3), gradient=True),
    ]


def _of(how):
    def answer(queries: Tensor, answers: Tensor) -> Tensor:
        cosines = _table(queries, answers)
        strangers = cosines[~torch.eye(len(cosines), dtype=torch.bool)]
        return how(cosines.diagonal(), strangers, cosines)

    return answer


ask.mistake("nothing is subtracted: the height of own pairs is given", _of(lambda o, s, c: o.mean()))
ask.mistake("the difference is not divided by the scatter", _of(lambda o, s, c: o.mean() - s.mean()))
ask.mistake(
    "the difference is divided by the strangers' mean", _of(lambda o, s, c: (o.mean() - s.mean()) / s.mean())
)
ask.mistake(
    "own pairs are counted among the strangers",
    _of(lambda o, s, c: (o.mean() - c.mean()) / c.std(correction=0)),
)
ask.mistake(
    "the scatter is that of own pairs", _of(lambda o, s, c: (o.mean() - s.mean()) / o.std(correction=0))
)
ask.mistake(
    "the scatter is divided by one less than the number of pairs",
    _of(lambda o, s, c: (o.mean() - s.mean()) / s.std()),
)
ask.mistake(
    "the variance is taken for the scatter", _of(lambda o, s, c: (o.mean() - s.mean()) / s.var(correction=0))
)
ask.mistake(
    "the difference is taken the other way round",
    _of(lambda o, s, c: (s.mean() - o.mean()) / s.std(correction=0)),
)
ask.mistake(
    "own pairs are compared with the nearest stranger and not with the average one",
    _of(lambda o, s, c: (o.mean() - s.max()) / s.std(correction=0)),
)
ask.mistake(
    "there is a number for each pair; the average of own pairs is asked for",
    _of(lambda o, s, c: (o - s.mean()) / s.std(correction=0)),
)


@ask.mistake("the dot product is taken, in which long vectors count more")
def _dot(queries: Tensor, answers: Tensor) -> Tensor:
    table = queries @ answers.T
    strangers = table[~torch.eye(len(table), dtype=torch.bool)]
    return (table.diagonal().mean() - strangers.mean()) / strangers.std(correction=0)


@ask.mistake("strangers are looked for among the questions; questions and answers are to be paired")
def _among_queries(queries: Tensor, answers: Tensor) -> Tensor:
    strangers = _table(queries, queries)[~torch.eye(len(queries), dtype=torch.bool)]
    own = _table(queries, answers).diagonal()
    return (own.mean() - strangers.mean()) / strangers.std(correction=0)


@ask.mistake("lengths are taken down the columns, of a feature and not of a vector")
def _down_columns(queries: Tensor, answers: Tensor) -> Tensor:
    table = F.normalize(queries, dim=0) @ F.normalize(answers, dim=0).T
    strangers = table[~torch.eye(len(table), dtype=torch.bool)]
    return (table.diagonal().mean() - strangers.mean()) / strangers.std(correction=0)


@ask.mistake("each question meets one stranger only")
def _one_stranger_each(queries: Tensor, answers: Tensor) -> Tensor:
    own = torch.cosine_similarity(queries, answers)
    strangers = torch.cosine_similarity(queries, answers.roll(1, dims=0))
    return (own.mean() - strangers.mean()) / strangers.std(correction=0)


@ask.mistake("own pairs are set to 0 among the strangers, and still counted there")
@_of
def _zeros_stay(own: Tensor, strangers: Tensor, cosines: Tensor) -> Tensor:
    cleared = cosines * ~torch.eye(len(cosines), dtype=torch.bool)
    return (own.mean() - cleared.mean()) / cleared.std(correction=0)


ask.mistake(
    "own pairs are missing in the strangers' mean, and still counted in the scatter",
    _of(lambda o, s, c: (o.mean() - s.mean()) / c.std(correction=0)),
)


@ask.mistake("each question is measured in the scatter of its own strangers")
@_of
def _each_by_itself(own: Tensor, strangers: Tensor, cosines: Tensor) -> Tensor:
    rows = strangers.view(len(own), -1)
    return ((own - rows.mean(1)) / rows.std(1, correction=0)).mean()


ask.mistake(
    "only the strangers' mean is divided; brackets are missing",
    _of(lambda o, s, c: o.mean() - s.mean() / s.std(correction=0)),
)
ask.mistake(
    "the strangers' median is taken for their mean",
    _of(lambda o, s, c: (o.mean() - s.median()) / s.std(correction=0)),
)


@ask.mistake("strangers are cut out of the gradient")
@_of
def _constant_unit(own: Tensor, strangers: Tensor, cosines: Tensor) -> Tensor:
    return (own.mean() - strangers.detach().mean()) / strangers.detach().std(correction=0)


@ask.mistake("the vectors are centred first; they are to be judged as they are")
def _centred(queries: Tensor, answers: Tensor) -> Tensor:
    return lead(queries - queries.mean(0), answers - answers.mean(0))


def _half(of):
    def answer(queries: Tensor, answers: Tensor) -> Tensor:
        cosines = _table(queries, answers)
        strangers = cosines[of(torch.ones_like(cosines)).bool()]
        return (cosines.diagonal().mean() - strangers.mean()) / strangers.std(correction=0)

    return answer


ask.mistake("only half of the strangers is used, those above the diagonal", _half(lambda x: x.triu(1)))
ask.mistake("only half of the strangers is used, those below the diagonal", _half(lambda x: x.tril(-1)))
ask.mistake(
    "nothing is subtracted before the scatter divides", _of(lambda o, s, c: o.mean() / s.std(correction=0))
)
ask.mistake(
    "only the questions are brought to length 1",
    lambda queries, answers: _dot(F.normalize(queries, dim=1), answers),
)
ask.mistake(
    "everything is made float32, and float64 is lost",
    lambda queries, answers: lead(queries.float(), answers.float()),
)


@ask.mistake("you return a Python number; dtype and gradients are lost")
def _plain_number(queries: Tensor, answers: Tensor) -> float:
    return lead(queries, answers).item()


def _without_normalize(queries: Tensor, answers: Tensor) -> Tensor:
    return torch.cosine_similarity(queries[:, None], answers[None], dim=-1)


@ask.right
def with_sums(queries: Tensor, answers: Tensor) -> Tensor:
    cosines = _without_normalize(queries, answers)
    n, own = len(cosines), cosines.diagonal()
    mean = (cosines.sum() - own.sum()) / (n * (n - 1))
    away = (cosines - mean) ** 2
    variance = (away.sum() - away.diagonal().sum()) / (n * (n - 1))
    return (own.mean() - mean) / variance.sqrt()


@ask.right
def with_lists(queries: Tensor, answers: Tensor) -> Tensor:
    table = _without_normalize(queries, answers)
    n = len(table)
    own = torch.stack([table[i, i] for i in range(n)])
    others = torch.stack([table[i, j] for i in range(n) for j in range(n) if i != j])
    return (own.mean() - others.mean()) / others.var(unbiased=False).sqrt()


@ask.right
def with_squares(queries: Tensor, answers: Tensor) -> Tensor:
    table = _without_normalize(queries, answers)
    strangers = table[torch.arange(len(table))[:, None] != torch.arange(len(table))]
    variance = (strangers**2).mean() - strangers.mean() ** 2
    return (torch.trace(table) / len(table) - strangers.mean()) / variance.sqrt()


@ask.right
def with_a_slice(queries: Tensor, answers: Tensor) -> Tensor:
    first = queries / queries.norm(dim=1, keepdim=True)
    second = answers / answers.norm(dim=1, keepdim=True)
    table, n = first @ second.T, len(first)
    strangers = table.flatten()[:-1].view(n - 1, n + 1)[:, 1:]
    return ((first * second).sum(1).mean() - strangers.mean()) / strangers.std(correction=0)
