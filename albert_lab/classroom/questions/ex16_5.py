"""ex16_5: what has reached a place after several masked layers."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex16_5",
    title="Where is the leak?",
    kind="implement",
    objectives=("LO-16.5",),
    points=3,
    minutes=20,
    difficulty=3,
    importance=5,
    why=(
        "A mask says at which places a layer looks. What stands there was mixed by the layers before, so a "
        "causal layer behind one that sees all sees all."
    ),
)

Tensor = torch.Tensor


@ask.reference
def reached(masks: list[Tensor]) -> Tensor:
    T = len(masks[0])
    known = torch.eye(T, dtype=torch.bool)
    for mask in masks:
        looks = (mask | torch.eye(T, dtype=torch.bool)).double()  # the residual keeps the place itself
        known = looks @ known.double() > 0
    return known


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Causal, two-way before causal and after, random masks of several layers, nothing at all."""

    def some(T: int, share: float = 0.25) -> Tensor:
        return draw.mask(T, T, share=share)

    everything, causal = torch.ones(4, 4, dtype=torch.bool), torch.ones(4, 4, dtype=torch.bool).tril()
    window = torch.ones(7, 7, dtype=torch.bool).tril().triu(-1)
    return [
        Case("ALBERT, then GPT-2", ([everything, causal],)),
        Case("causal throughout", ([causal, causal, causal],)),
        Case("each looks one place back, three layers", ([window] * 3,)),
        Case("one random layer", ([some(6)],)),
        Case("two random layers", ([some(6), some(6)],)),
        Case("three random layers", ([some(8, 0.15), some(8, 0.15), some(8, 0.15)],)),
        Case("many layers of few looks", ([some(9, 0.08) for _ in range(4)],)),
        Case("nobody may look anywhere", ([torch.zeros(5, 5, dtype=torch.bool)] * 2,)),
        Case("one token", ([torch.zeros(1, 1, dtype=torch.bool)],)),
        Case("looks without the place itself", ([~torch.eye(4, dtype=torch.bool)],)),
    ]


def _eye(mask: Tensor) -> Tensor:
    return torch.eye(len(mask), dtype=torch.bool)


@ask.mistake("only the last layer's mask is read")
def _last(masks):
    return masks[-1] | _eye(masks[-1])


@ask.mistake("only the first layer's mask is read")
def _first(masks):
    return masks[0] | _eye(masks[0])


@ask.mistake("what every mask allows is kept: masks of different layers do not forbid each other's looks")
def _all_allow(masks):
    return torch.stack(masks).all(dim=0) | _eye(masks[0])


@ask.mistake("what one of the masks allows is kept: ways over a third place are missed")
def _any_allows(masks):
    return torch.stack(masks).any(dim=0) | _eye(masks[0])


@ask.mistake("the layers are taken in the wrong order")
def _backwards(masks):
    return reached(masks[::-1])


@ask.mistake("rows and columns are exchanged: this says whom a token reaches")
def _exchanged(masks):
    return reached(masks).T


@ask.mistake("the residual is forgotten: a place keeps what it knows, whatever the mask says")
def _no_residual(masks):
    known = _eye(masks[0])
    for mask in masks:
        known = mask.double() @ known.double() > 0
    return known


@ask.mistake("ways are counted; the question is whether there is one")
def _counted(masks):
    known = _eye(masks[0]).double()
    for mask in masks:
        known = (mask | _eye(mask)).double() @ known
    return known


@ask.mistake("each layer is applied twice")
def _twice(masks):
    return reached([mask for mask in masks for _ in range(2)])


@ask.mistake("the last layer is left out")
def _one_less(masks):
    return reached(masks[:-1]) if masks[:-1] else _eye(masks[0])


@ask.mistake("the first layer is left out")
def _without_first(masks):
    return reached(masks[1:]) if masks[1:] else _eye(masks[0])


@ask.mistake("the leaks are marked, and what a place may know is not")
def _upper(masks):
    return reached(masks).triu(1)


@ask.right
def _sets(masks):
    T = len(masks[0])
    known = [{t} for t in range(T)]
    for mask in masks:
        rows = [mask[t].nonzero()[:, 0].tolist() for t in range(T)]
        known = [known[t].union(*(known[s] for s in rows[t])) for t in range(T)]
    return torch.tensor([[s in known[t] for s in range(T)] for t in range(T)])


@ask.right
def _from_the_end(masks):
    found = _eye(masks[0])
    for mask in reversed(masks):
        found = (found.float() @ (mask | _eye(mask)).float()) > 0
    return found


@ask.right
def _with_any(masks):
    known = _eye(masks[0])
    for mask in masks:
        own = mask.clone().fill_diagonal_(True)
        known = (own[:, :, None] & known[None]).any(dim=1)
    return known
