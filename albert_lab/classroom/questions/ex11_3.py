"""ex11_3: InfoNCE in which other right answers take no part."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex11_3",
    title="Answers that are right too",
    kind="find the bug",
    objectives=("LO-11.3",),
    points=2,
    minutes=20,
    difficulty=3,
    importance=4,
    why=(
        "In a softmax every finite score gets a share of the bet; only −∞ is absent. An answer that is right "
        "too must be neither pushed away nor asked for, and so it has to be absent."
    ),
)

Tensor = torch.Tensor


def _table(queries: Tensor, answers: Tensor, temperature: float) -> Tensor:
    return F.normalize(queries, dim=1) @ F.normalize(answers, dim=1).T / temperature


def _also_right(same: Tensor) -> Tensor:
    return same & ~torch.eye(len(same), dtype=torch.bool)


@ask.reference
def loss_of(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    scores = _table(queries, answers, temperature).masked_fill(_also_right(same), -torch.inf)
    return -scores.log_softmax(dim=1).diagonal().mean()


def _far(draw: Draw) -> tuple[Tensor, ...]:
    """One answer is right for all and near; nearly all others point away from the questions."""
    queries = torch.tensor([[1.0, 0.0]]).expand(4, 2) * (draw.normal(4, 1).abs() + 1)
    answers = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [-0.28, 0.96], [-0.8, 0.6]])
    same = torch.eye(4, dtype=torch.bool)
    same[:, 0] = same[3, 2] = True
    return queries, answers * (draw.normal(4, 1).abs() + 1), same


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, random batches, no and only doubles, ends of the temperature, float64, gradients."""
    hand = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[4.0, 3.0], [6.0, 8.0]])

    def batch(n: int, width: int, share: float = 0.4, dtype: torch.dtype = torch.float32):
        first = draw.normal(n, width, dtype=dtype) * 2
        pairs = draw.mask(n, n, share=share) & ~torch.eye(n, dtype=torch.bool)
        pairs[0], pairs[1, 2] = False, True
        return first, first + draw.normal(n, width, dtype=dtype) * 3, pairs | torch.eye(n, dtype=torch.bool)

    every = torch.ones(3, 3, dtype=torch.bool)
    back = torch.eye(4, dtype=torch.bool)
    back[:, 0] = True  # the one answer that does not point away is right for all
    away = torch.tensor([[1.0, 0.0]]).expand(4, 2), torch.tensor([[1.0, 0.0], *[[-1.0, 0.0]] * 3]), back
    first = torch.tensor([[True, False], [True, True]])
    return [
        Case("two pairs; question 2 also has answer 1, by hand", (*hand, first, 1.0)),
        Case("a batch with doubles", (*batch(6, 4), 0.5)),
        Case("another temperature", (*batch(8, 5), 0.2)),
        Case("as many pairs as features", (*batch(5, 5), 1.0)),
        Case("no doubles", (*batch(7, 3)[:2], torch.eye(7, dtype=torch.bool), 0.3)),
        Case("all answers are right: nothing to tell apart", (*batch(3, 4)[:2], every, 0.5)),
        Case("a small temperature", (*batch(6, 3), 0.005)),
        Case("a small temperature, and answers that point away", (*_far(draw), 0.005)),
        Case("a small temperature, and all that is left points away", (*away, 0.005)),
        Case("a large temperature", (*batch(5, 3), 5.0)),
        Case("one pair", (draw.normal(1, 3), draw.normal(1, 3), every[:1, :1], 0.1)),
        Case("float64 stays float64", (*batch(4, 3, dtype=torch.float64), 0.5)),
        Case("gradients flow back", (*batch(5, 4), 0.5), gradient=True),
    ]


@ask.mistake("the score 0 is put in, which takes part in the softmax as any other: as found")
def as_found(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    scores = _table(queries, answers, temperature).masked_fill(_also_right(same), 0.0)
    return -scores.log_softmax(dim=1).diagonal().mean()


def _of(how):
    def answer(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
        scores = _table(queries, answers, temperature)
        return how(scores, scores.masked_fill(_also_right(same), -torch.inf), same)

    return answer


ask.mistake(
    "the other right answers still count as wrong ones",
    _of(lambda s, m, same: -s.log_softmax(dim=1).diagonal().mean()),
)


@ask.mistake("they are taken out after the softmax, when they have cost already")
@_of
def _after(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    bets = scores.softmax(dim=1).masked_fill(_also_right(same), 0.0)
    return -bets.diagonal().log().mean() + 0 * bets.sum()


@ask.mistake("they count as right, and share the bet with the own answer")
@_of
def _any_right(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    return -(scores.log_softmax(dim=1).masked_fill(~same, -torch.inf)).logsumexp(dim=1).mean()


def _other_way(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    return -scores.masked_fill(_also_right(same).T, -torch.inf).log_softmax(dim=1).diagonal().mean()


ask.mistake("rows and columns of same are exchanged", _of(_other_way))


@ask.mistake("−1 is put in, the lowest cosine but not the lowest score")
@_of
def _minus_one(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    return -scores.masked_fill(_also_right(same), -1.0).log_softmax(dim=1).diagonal().mean()


def _put_in(score: float):
    def answer(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
        scores = _table(queries, answers, temperature).masked_fill(_also_right(same), score)
        return -scores.log_softmax(dim=1).diagonal().mean()

    return answer


@ask.mistake("the score of the lowest cosine, −1, is put in: it is low, and still gets a share")
def _lowest_cosine(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    return _put_in(-1 / temperature)(queries, answers, same, temperature)


ask.mistake("−100 is put in; at a small temperature real scores are lower than that", _put_in(-100.0))
ask.mistake(
    "the own answer is masked too: same is True on the diagonal",
    _of(lambda s, m, same: -s.masked_fill(same, -torch.inf).log_softmax(dim=1).diagonal().mean()),
)


@ask.mistake("same is taken to hold in both directions")
@_of
def _same_both_ways(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    return _other_way(masked, masked, same)


ask.mistake(
    "questions and answers have changed places, and same has not",
    lambda queries, answers, same, tau: loss_of(answers, queries, same, tau),
)


@ask.mistake("answers bet on questions too, and both losses are averaged")
def _both_ways(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    back = loss_of(answers, queries, same.T, temperature)
    return (loss_of(queries, answers, same, temperature) + back) / 2


@ask.mistake("the bet is to be spread over all right answers")
@_of
def _spread_bet(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    targets = same.to(scores.dtype)
    return F.cross_entropy(scores, targets / targets.sum(dim=1, keepdim=True))


@ask.mistake("an answer that is right for one more question is taken out for all")
@_of
def _gone_for_all(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    gone = _also_right(same).any(dim=0) & ~torch.eye(len(same), dtype=torch.bool)
    return -scores.masked_fill(gone, -torch.inf).log_softmax(dim=1).diagonal().mean()


@ask.mistake("a small number is added before the logarithm, which hides large losses")
@_of
def _floored(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    return -(masked.softmax(dim=1).diagonal() + 1e-8).log().mean()


ask.mistake(
    "softmax and logarithm are taken one after the other: a small share becomes 0 in between",
    _of(lambda s, m, same: -m.softmax(dim=1).diagonal().log().mean()),
)


@ask.mistake("questions with several right answers are left out of the mean")
@_of
def _rows_dropped(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    kept = same.sum(dim=1) == 1
    return (-scores.log_softmax(dim=1).diagonal() * kept).sum() / kept.sum()


@ask.mistake("strangers are taken out, and the right ones are kept")
@_of
def _strangers_out(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    return -scores.masked_fill(~same, -torch.inf).log_softmax(dim=1).diagonal().mean()


@ask.mistake("the own answer is missing below the fraction line")
@_of
def _own_not_below(scores: Tensor, masked: Tensor, same: Tensor) -> Tensor:
    others = scores.masked_fill(same, -torch.inf).logsumexp(dim=1)
    return (others - scores.diagonal()).mean()


ask.mistake(
    "the softmax runs down the columns", _of(lambda s, m, same: -m.log_softmax(dim=0).diagonal().mean())
)
ask.mistake("the losses are summed", _of(lambda s, m, same: -m.log_softmax(dim=1).diagonal().sum()))
ask.mistake("the sign is missing", _of(lambda s, m, same: m.log_softmax(dim=1).diagonal().mean()))
ask.mistake("the logarithm is missing", _of(lambda s, m, same: -m.softmax(dim=1).diagonal().mean()))
ask.mistake(
    "there is a loss for each question; their mean is asked for",
    _of(lambda s, m, same: -m.log_softmax(dim=1).diagonal()),
)


@ask.mistake("the temperature is not used")
def _tau_forgotten(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    return loss_of(queries, answers, same, 1.0)


@ask.mistake("the temperature multiplies the cosines")
def _tau_multiplied(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    return loss_of(queries, answers, same, 1 / temperature)


ask.mistake(
    "everything is made float32, and float64 is lost",
    lambda queries, answers, same, tau: loss_of(queries.float(), answers.float(), same, tau),
)


@ask.mistake("dot products are taken where cosines are asked for")
def _dot(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    scores = (queries @ answers.T / temperature).masked_fill(_also_right(same), -torch.inf)
    return -scores.log_softmax(dim=1).diagonal().mean()


@ask.mistake("powers of e are taken one by one, and overflow at a small temperature")
def _overflowing(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    powers = _table(queries, answers, temperature).exp().masked_fill(_also_right(same), 0.0)
    return -(powers.diagonal() / powers.sum(dim=1)).log().mean()


ask.mistake(
    "−200 is put in, the lowest score that there can be, and it still gets a share",
    lambda queries, answers, same, temperature: (
        -_table(queries, answers, temperature)
        .masked_fill(_also_right(same), -200.0)
        .log_softmax(dim=1)
        .diagonal()
        .mean()
    ),
)


@ask.right
def with_cross_entropy(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    n = len(queries)
    cosines = torch.cosine_similarity(queries[:, None], answers[None], dim=-1)
    out = same.clone().fill_diagonal_(False)
    scores = torch.where(out, torch.full_like(cosines, -torch.inf), cosines / temperature)
    return F.cross_entropy(scores, torch.arange(n))


@ask.right
def with_a_loop(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    scores, losses = _table(queries, answers, temperature), []
    for i in range(len(scores)):
        kept = [scores[i, j] for j in range(len(scores)) if j == i or not same[i, j]]
        losses.append(torch.stack(kept).logsumexp(dim=0) - scores[i, i])
    return torch.stack(losses).mean()


@ask.right
def with_logsumexp(queries: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    one, two = queries / queries.norm(dim=1, keepdim=True), answers / answers.norm(dim=1, keepdim=True)
    scores = torch.einsum("ih,jh->ij", one, two) / temperature
    fines = torch.zeros_like(scores).masked_fill(_also_right(same), -torch.inf)
    return ((scores + fines).logsumexp(1) - scores.diagonal()).sum() / len(scores)
