"""ex15_3: a token loss that changes with the company a text is in."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex15_3",
    title="A loss that depends on the company",
    kind="find the bug",
    objectives=("LO-15.2",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=4,
    why=(
        "A mean needs the number of what was summed, and that is the labelled pieces, not all places of the "
        "batch. Divided by all places, long neighbours make a text's loss and its gradients smaller."
    ),
)

Tensor = torch.Tensor
IGNORED = -100


@ask.reference
def token_loss(logits: Tensor, targets: Tensor) -> Tensor:
    total = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (targets != IGNORED).sum().clamp(min=1)


def _targets(draw: Draw, B: int, T: int, C: int, share: float = 0.6) -> Tensor:
    made = draw.integers(0, C, B, T)
    return torch.where(draw.mask(B, T, share=share), made, torch.full_like(made, IGNORED))


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, none ignored, a long neighbour, texts with none, one, all ignored, gradients, float64."""
    by_hand = torch.tensor([[[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]]])
    logits = 2 * draw.normal(3, 7, 5)
    targets = _targets(draw, 3, 7, 5)
    one, some = targets[:1].clone(), targets.clone()
    one[0, 1:] = IGNORED  # the first place is always labelled
    some[1] = IGNORED
    uneven = torch.full((2, 6), IGNORED)
    uneven[0], uneven[1, 0] = torch.arange(6) % 5, 3
    wide = 2 * draw.normal(2, 6, 5)
    return [
        Case("three pieces, one ignored, by hand", (by_hand, torch.tensor([[1, 0, IGNORED]]))),
        Case("nothing is ignored", (logits, targets.clamp(min=0))),
        Case("three texts, some pieces ignored", (logits, targets)),
        Case("one text with six labelled pieces, one with one", (wide, uneven)),
        Case("a text without a labelled piece", (logits, some)),
        Case("one labelled piece in all", (logits[:1], one)),
        Case("no labelled piece: 0", (logits, torch.full((3, 7), IGNORED))),
        Case("large scores", (100 * logits, targets)),
        Case("as many labels as places", (draw.normal(2, 4, 4), _targets(draw, 2, 4, 4))),
        Case("gradients", (logits, targets), gradient=True),
        Case("gradients where nothing is labelled", (wide, torch.full((2, 6), IGNORED)), gradient=True),
        Case("float64 stays float64", (draw.normal(2, 5, 3, dtype=torch.float64), _targets(draw, 2, 5, 3))),
    ]


def _each(logits: Tensor, targets: Tensor) -> Tensor:
    flat = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none")
    return flat.view_as(targets)


@ask.mistake("the sum is still divided by all places, also by those that do not count")
def token_loss_as_found(logits: Tensor, targets: Tensor) -> Tensor:
    counted = targets != IGNORED
    losses = -logits.log_softmax(dim=-1).gather(2, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return (losses * counted).mean()


@ask.mistake("each text gets the same weight, however many of its pieces are labelled")
def _mean_of_means(logits: Tensor, targets: Tensor) -> Tensor:
    return (_each(logits, targets).sum(1) / (targets != IGNORED).sum(1).clamp(min=1)).mean()


@ask.mistake("texts without a labelled piece make the loss not a number")
def _mean_of_means_bare(logits: Tensor, targets: Tensor) -> Tensor:
    return (_each(logits, targets).sum(1) / (targets != IGNORED).sum(1)).mean()


@ask.mistake("where nothing is labelled, zero is divided by zero")
def _bare(logits: Tensor, targets: Tensor) -> Tensor:
    return _each(logits, targets).sum() / (targets != IGNORED).sum()


@ask.mistake("what is ignored is taken for label 0")
def _as_label_zero(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), targets.clamp(min=0).flatten())


@ask.mistake("-100 picks a score from the wrong end: it counts as a label")
def _last_label(logits: Tensor, targets: Tensor) -> Tensor:
    labels = torch.where(targets < 0, torch.full_like(targets, logits.shape[-1] - 1), targets)
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten())


@ask.mistake("the losses are summed and never divided")
def _sum(logits: Tensor, targets: Tensor) -> Tensor:
    return _each(logits, targets).sum()


@ask.mistake("the sum is divided by the number of texts")
def _per_text(logits: Tensor, targets: Tensor) -> Tensor:
    return _each(logits, targets).sum() / len(targets)


@ask.mistake("the softmax goes over the places and not over the labels")
def _over_places(logits: Tensor, targets: Tensor) -> Tensor:
    counted = targets != IGNORED
    losses = -logits.log_softmax(dim=1).gather(2, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return (losses * counted).sum() / counted.sum().clamp(min=1)


@ask.mistake("the sign is missing: this falls as the network gets worse")
def _no_sign(logits: Tensor, targets: Tensor) -> Tensor:
    return -token_loss(logits, targets)


@ask.mistake("the true label's score is taken and not the logarithm of its probability")
def _scores(logits: Tensor, targets: Tensor) -> Tensor:
    counted = targets != IGNORED
    picked = -logits.gather(2, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return (picked * counted).sum() / counted.sum().clamp(min=1)


@ask.mistake("the true label's probability is taken without its logarithm")
def _shares(logits: Tensor, targets: Tensor) -> Tensor:
    counted = targets != IGNORED
    picked = 1 - logits.softmax(-1).gather(2, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return (picked * counted).sum() / counted.sum().clamp(min=1)


@ask.mistake("the exponentials are taken as they are, and large scores overflow")
def _overflows(logits: Tensor, targets: Tensor) -> Tensor:
    counted = targets != IGNORED
    shares = logits.exp() / logits.exp().sum(-1, keepdim=True)
    picked = -shares.gather(2, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1).log()
    return torch.where(counted, picked, torch.zeros_like(picked)).sum() / counted.sum().clamp(min=1)


@ask.mistake("you return one loss for each text; one number is asked for")
def _each_text(logits: Tensor, targets: Tensor) -> Tensor:
    return _each(logits, targets).sum(1) / (targets != IGNORED).sum(1).clamp(min=1)


@ask.mistake("no gradient flows: the tensor is turned into a number on the way")
def _no_gradient(logits: Tensor, targets: Tensor) -> Tensor:
    return token_loss(logits.detach(), targets)


@ask.mistake("the result is always float32")
def _always_32(logits: Tensor, targets: Tensor) -> Tensor:
    return token_loss(logits, targets).float()


@ask.mistake("the caller's targets are changed")
def _in_place(logits: Tensor, targets: Tensor) -> Tensor:
    found = token_loss(logits, targets)
    targets[targets == IGNORED] = 0
    return found


@ask.right
def with_chosen_places(logits: Tensor, targets: Tensor) -> Tensor:
    counted = targets != -100
    if not counted.any():
        return logits.sum() * 0
    return F.cross_entropy(logits[counted], targets[counted])


@ask.right
def with_torch_alone(logits: Tensor, targets: Tensor) -> Tensor:
    if (targets == -100).all():
        return (logits * 0).sum()
    return F.cross_entropy(logits.transpose(1, 2), targets)  # torch passes over -100 by itself


@ask.right
def by_hand(logits: Tensor, targets: Tensor) -> Tensor:
    counted = (targets != -100).to(logits.dtype)
    logs = logits - logits.logsumexp(dim=-1, keepdim=True)
    picked = logs.gather(-1, targets.masked_fill(targets == -100, 0)[..., None])[..., 0]
    return -(picked * counted).sum() / counted.sum().clamp(min=1)


@ask.right
def one_by_one(logits: Tensor, targets: Tensor) -> Tensor:
    total, count = logits.sum() * 0, 0
    for row, labels in zip(logits, targets.tolist(), strict=True):
        for scores, label in zip(row, labels, strict=True):
            if label != -100:
                total, count = total + scores.logsumexp(0) - scores[label], count + 1
    return total / max(count, 1)
