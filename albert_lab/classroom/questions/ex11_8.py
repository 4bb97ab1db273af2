"""ex11_8: how far a student's ranking is from its teacher's, as a loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex11_8",
    title="What the teacher would bet",
    kind="implement",
    objectives=("LO-11.7",),
    points=1,
    minutes=15,
    difficulty=3,
    importance=2,
    why=(
        "The teacher's own uncertainty is subtracted, so that the loss is 0 for a student who bets as the "
        "teacher does. The teacher weighs the terms: where it bets nothing, nothing is asked of the student."
    ),
)

Tensor = torch.Tensor


@ask.reference
def distance(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    ours = (student / temperature).log_softmax(dim=1)
    theirs = (teacher.detach() / temperature).log_softmax(dim=1)
    return (theirs.exp() * (theirs - ours)).sum(dim=1).mean()


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, random tables, more answers than questions and fewer, ends of the temperature, gradients."""
    bets = torch.tensor([[2.0, 3, 3]]).log(), torch.tensor([[4.0, 3, 1]]).log()

    def tables(n: int, m: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
        return tuple((draw.normal(n, m, dtype=dtype) / 2).tanh() for _ in range(2))

    agreed = tables(4, 5)[0]
    sure = torch.tensor([[1.0, -1.0, -1.0], [-1.0, 1.0, 0.5]])
    return [
        Case("one question, three answers, by hand", (*bets, 1.0)),
        Case("five questions, seven answers", (*tables(5, 7), 0.5)),
        Case("as many questions as answers", (*tables(6, 6), 0.2)),
        Case("more questions than answers", (*tables(7, 3), 0.3)),
        Case("a student who bets as the teacher does", (agreed, agreed.clone(), 0.1)),
        Case("a student who is off by the same number everywhere", (agreed - 0.4, agreed, 0.1)),
        Case("one answer: nothing to choose", (*tables(3, 1), 0.5)),
        Case("a small temperature", (*tables(4, 6), 0.05)),
        Case("a teacher who is sure, at a tiny temperature", (tables(2, 3)[0], sure, 0.01)),
        Case("a student who is sure of something else", (sure.flip(1), tables(2, 3)[1], 0.01)),
        Case("a large temperature", (*tables(4, 5), 5.0)),
        Case("float64 stays float64", (*tables(3, 4, torch.float64), 0.4)),
        Case("gradients flow to the student", (*tables(4, 5), 0.5), gradient=True),
    ]


def _of(how):
    """An answer from the logarithms of both bets."""

    def answer(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
        ours = (student / temperature).log_softmax(dim=1)
        return how(ours, (teacher.detach() / temperature).log_softmax(dim=1))

    return answer


ask.mistake(
    "the other way round: the student's bets weigh the terms, and the teacher's should",
    _of(lambda ours, theirs: (ours.exp() * (ours - theirs)).sum(dim=1).mean()),
)
ask.mistake(
    "the teacher's own uncertainty is not subtracted: a perfect student would still pay",
    _of(lambda ours, theirs: -(theirs.exp() * ours).sum(dim=1).mean()),
)
ask.mistake(
    "the sign is turned", _of(lambda ours, theirs: (theirs.exp() * (ours - theirs)).sum(dim=1).mean())
)
ask.mistake(
    "the rows are summed and not averaged", _of(lambda ours, theirs: (theirs.exp() * (theirs - ours)).sum())
)
ask.mistake(
    "all cells are averaged: a row's terms belong together and are summed",
    _of(lambda ours, theirs: (theirs.exp() * (theirs - ours)).mean()),
)
ask.mistake(
    "there is a number for each question; their mean is asked for",
    _of(lambda ours, theirs: (theirs.exp() * (theirs - ours)).sum(dim=1)),
)
ask.mistake(
    "only the teacher's favourite counts, which is InfoNCE with the teacher's answer",
    _of(lambda ours, theirs: F.cross_entropy(ours, theirs.argmax(dim=1))),
)
ask.mistake(
    "the terms are not weighed by the teacher's bets",
    _of(lambda ours, theirs: (theirs - ours).sum(dim=1).mean()),
)
ask.mistake(
    "the bets are subtracted where their logarithms should be",
    _of(lambda ours, theirs: (theirs.exp() * (theirs.exp() - ours.exp())).sum(dim=1).mean()),
)
ask.mistake(
    "the differences of the bets are squared",
    _of(lambda ours, theirs: (theirs.exp() - ours.exp()).square().sum(dim=1).mean()),
)
ask.mistake(
    "both directions are averaged",
    _of(lambda ours, theirs: ((theirs.exp() - ours.exp()) * (theirs - ours)).sum(dim=1).mean() / 2),
)


@ask.mistake("the softmax runs down the columns: answers bet on questions")
def _columns(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(student.T, teacher.T, temperature)


@ask.mistake("the temperature is not used")
def _no_temperature(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(student, teacher, 1.0)


@ask.mistake("the scores are multiplied by the temperature, and not divided")
def _multiplied(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(student, teacher, 1 / temperature)


@ask.mistake("the temperature divides the student's scores only")
def _student_only(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(student, teacher * temperature, temperature)


@ask.mistake("the temperature divides the teacher's scores only")
def _teacher_only(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(student * temperature, teacher, temperature)


@ask.mistake("student and teacher have changed places, and the gradient goes to the teacher")
def _swapped(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(teacher, student, temperature)


@ask.mistake("scores are compared, and not bets: the student may be off by the same number everywhere")
def _scores(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return ((student - teacher.detach()) / temperature).square().sum(dim=1).mean()


@ask.mistake("softmax and logarithm are taken one after the other: a small bet becomes 0 in between")
def _two_steps(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    ours, theirs = ((x / temperature).softmax(dim=1) for x in (student, teacher.detach()))
    return (theirs * (theirs / ours).log()).sum(dim=1).mean()


@ask.mistake("a small number is added before the logarithm, which hides large losses")
def _floored(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    ours, theirs = ((x / temperature).softmax(dim=1) for x in (student, teacher.detach()))
    return (theirs * ((theirs + 1e-8).log() - (ours + 1e-8).log())).sum(dim=1).mean()


@ask.mistake("a gradient flows into the teacher, who is to stay as it is")
def _teacher_learns(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    ours, theirs = ((x / temperature).log_softmax(dim=1) for x in (student, teacher))
    return (theirs.exp() * (theirs - ours)).sum(dim=1).mean()


@ask.mistake("no gradient reaches the student")
def _cut(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(student.detach(), teacher, temperature) + 0 * student.sum()


@ask.mistake("everything is made float32, and float64 is lost")
def _always_32(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(student.float(), teacher.float(), temperature)


@ask.mistake(
    "the divergence of torch's distributions is taken, which is infinite where a small bet becomes 0"
)
def _with_distributions(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    ours, theirs = (
        torch.distributions.Categorical(logits=x / temperature) for x in (student, teacher.detach())
    )
    return torch.distributions.kl_divergence(theirs, ours).mean()


@ask.mistake("a base other than e is taken")
def _bits(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    return distance(student, teacher, temperature) / torch.log(torch.tensor(2.0, dtype=student.dtype))


@ask.right
def with_kl_div(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    ours, theirs = ((x / temperature).log_softmax(dim=-1) for x in (student, teacher.detach()))
    return F.kl_div(ours, theirs, log_target=True, reduction="batchmean")


@ask.right
def with_cross_entropies(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    bets = (teacher.detach() / temperature).softmax(dim=1)
    return F.cross_entropy(student / temperature, bets) - F.cross_entropy(
        teacher.detach() / temperature, bets
    )


@ask.right
def with_a_loop(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    rows = []
    for ours, theirs in zip(student / temperature, teacher.detach() / temperature, strict=True):
        ours, theirs = ours - ours.logsumexp(dim=0), theirs - theirs.logsumexp(dim=0)
        rows.append(torch.stack([t.exp() * (t - s) for s, t in zip(ours, theirs, strict=True)]).sum())
    return torch.stack(rows).mean()


@ask.right
def with_entropies(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    bets = torch.softmax(teacher.detach() / temperature, dim=-1)
    ours = student / temperature - torch.logsumexp(student / temperature, dim=1, keepdim=True)
    return -(torch.special.entr(bets) + bets * ours).sum() / len(student)
