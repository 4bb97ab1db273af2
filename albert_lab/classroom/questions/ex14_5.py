"""ex14_5: how far confidence and accuracy lie apart."""

from __future__ import annotations

import torch
from torch import Tensor

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex14_5",
    title="As sure as it is right?",
    kind="implement",
    objectives=("LO-14.6",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "In each bin the mean confidence is compared with the share that is right, and the bins are weighted "
        "by how many texts are in them. A mean over all texts at once would let too sure and too unsure "
        "cancel out."
    ),
)


@ask.reference
def calibration_error(confidence: Tensor, right: Tensor, bins: int) -> Tensor:
    place = (confidence * bins).long().clamp(max=bins - 1)  # (n,)
    error = torch.zeros((), dtype=confidence.dtype)
    for number in range(bins):
        inside = place == number
        if inside.any():
            gap = confidence[inside].mean() - right[inside].to(confidence.dtype).mean()
            error = error + inside.to(confidence.dtype).mean() * gap.abs()
    return error


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, one bin, empty bins, the ends 0 and 1, too unsure, both at once, all right, many."""

    def drawn(n: int, share: float, dtype=torch.float32) -> tuple[Tensor, Tensor]:
        confidence = 0.05 + 0.9 * torch.rand(n, generator=draw.generator, dtype=dtype)
        return confidence, torch.rand(n, generator=draw.generator) < share

    def told(values: list[float], right: list[int]) -> tuple[Tensor, Tensor]:
        return torch.tensor(values), torch.tensor(right, dtype=torch.bool)

    return [
        Case("four texts, two bins, by hand", (*told([0.9, 0.7, 0.3, 0.1], [1, 0, 0, 0]), 2)),
        Case("one bin", (*drawn(12, 0.5), 1)),
        Case("bins of different size", (*told([0.95, 0.9, 0.85, 0.8, 0.92, 0.3], [1, 1, 1, 0, 0, 1]), 2)),
        Case("empty bins", (*told([0.95, 0.97, 0.05], [1, 0, 0]), 10)),
        Case("a confidence of 1", (*told([1.0, 1.0, 0.9, 0.8, 0.45], [0, 0, 1, 1, 1]), 4)),
        Case("a confidence of 0", (*told([0.0, 0.1, 0.9], [0, 1, 1]), 4)),
        Case("on the edge of two bins: the upper one", (*told([0.5, 0.3, 0.9, 0.5], [0, 1, 1, 0]), 2)),
        Case("too unsure", (*told([0.3, 0.35, 0.6, 0.65], [1, 1, 1, 1]), 4)),
        Case("too sure here and too unsure there", (*told([0.9, 0.9, 0.2, 0.2], [0, 1, 1, 0]), 2)),
        Case("all right and sure of it", (*told([1.0, 1.0], [1, 1]), 5)),
        Case("one text", (*told([0.75], [0]), 3)),
        Case("sixty texts, ten bins", (*drawn(60, 0.6), 10)),
        Case("sixty others, seven bins", (*drawn(60, 0.3), 7)),
        Case("float64", (*drawn(40, 0.7, torch.float64), 5)),
    ]


def _error(weigh=True, gap=torch.abs, place=None, level=None):
    """A calibration error with one part another."""

    def answer(confidence: Tensor, right: Tensor, bins: int) -> Tensor:
        where = (place or _floor)(confidence, bins)
        parts, weights = [], []
        for number in sorted(set(where.tolist())):
            inside = where == number
            mean = confidence[inside].mean() if level is None else torch.tensor(level(number, bins))
            parts.append(gap(mean - right[inside].to(confidence.dtype).mean()))
            weights.append(inside.to(confidence.dtype).mean())
        stacked, weighted = torch.stack(parts).to(confidence.dtype), torch.stack(weights)
        return (stacked * weighted).sum() if weigh else stacked.mean()

    return answer


def _floor(confidence: Tensor, bins: int) -> Tensor:
    return (confidence * bins).long().clamp(max=bins - 1)


ask.mistake("all bins count the same; they hold different numbers of texts", _error(weigh=False))
ask.mistake("gaps of different sign cancel out: a distance is asked for", _error(gap=lambda gap: gap))
ask.mistake("the gaps are squared", _error(gap=torch.square))
ask.mistake(
    "only bins that are too sure count; too unsure is wrong too", _error(gap=lambda gap: gap.clamp(min=0))
)
ask.mistake(
    "the middle of a bin stands for the mean confidence of what is in it",
    _error(level=lambda number, bins: (number + 0.5) / bins),
)
ask.mistake(
    "the upper edge of a bin stands for the mean confidence of what is in it",
    _error(level=lambda number, bins: (number + 1) / bins),
)
ask.mistake(
    "the lower edge of a bin stands for the mean confidence of what is in it",
    _error(level=lambda number, bins: number / bins),
)
ask.mistake(
    "a text on the edge of two bins is put into the lower one",
    _error(place=lambda c, bins: ((c * bins).ceil().long() - 1).clamp(min=0)),
)
ask.mistake(
    "a confidence of 1 gets a bin of its own beyond the last", _error(place=lambda c, b: (c * b).long())
)
ask.mistake(
    "the nearest bin is taken; a bin reaches from edge to edge",
    _error(place=lambda c, b: (c * b).round().long()),
)
ask.mistake(
    "the bins hold equally many texts; equally wide ones are asked for",
    _error(place=lambda c, b: c.argsort().argsort() * b // len(c)),
)


@ask.mistake("the texts are not put into bins")
def _all_at_once(confidence, right, bins):
    return (confidence.mean() - right.to(confidence.dtype).mean()).abs()


@ask.mistake("each text is compared for itself: a text is right or not, and no share")
def _each_text(confidence, right, bins):
    return (confidence - right.to(confidence.dtype)).abs().mean()


@ask.mistake("you return the largest gap; their weighted mean is asked for")
def _largest(confidence, right, bins):
    where = _floor(confidence, bins)
    gaps = [
        (confidence[where == k].mean() - right[where == k].to(confidence.dtype).mean()).abs()
        for k in set(where.tolist())
    ]
    return torch.stack(gaps).max()


@ask.mistake("an empty bin makes the result no number")
def _empty(confidence, right, bins):
    where, error = _floor(confidence, bins), torch.zeros((), dtype=confidence.dtype)
    for number in range(bins):
        inside = where == number
        gap = confidence[inside].mean() - right[inside].to(confidence.dtype).mean()
        error = error + inside.to(confidence.dtype).mean() * gap.abs()
    return error


@ask.mistake("the sum over the bins is divided by their number once more")
def _divided(confidence, right, bins):
    return calibration_error(confidence, right, bins) / bins


@ask.mistake("you compare with the share of wrong ones")
def _wrong_share(confidence, right, bins):
    return calibration_error(confidence, ~right, bins)


@ask.mistake("texts are counted instead of their share")
def _counted(confidence, right, bins):
    return calibration_error(confidence, right, bins) * len(confidence)


@ask.right
def with_bincount(confidence, right, bins):
    place = torch.clamp((confidence * bins).floor().long(), 0, bins - 1)
    gaps = torch.bincount(place, weights=confidence - right.to(confidence.dtype), minlength=bins)
    return gaps.abs().sum() / len(confidence)


@ask.right
def with_index_add(confidence, right, bins):
    place = (confidence * bins).long().clamp(max=bins - 1)
    gaps = torch.zeros(bins, dtype=confidence.dtype)
    gaps = gaps.index_add(0, place, confidence - right.to(confidence.dtype))
    return gaps.abs().sum() / confidence.numel()


@ask.right
def with_a_loop(confidence, right, bins):
    members = {}
    for sure, hit in zip(confidence, right, strict=True):
        members.setdefault(min(int(sure * bins), bins - 1), []).append((sure, hit.to(confidence.dtype)))
    total = torch.zeros((), dtype=confidence.dtype)
    for texts in members.values():
        sure, hit = (torch.stack(column) for column in zip(*texts, strict=True))
        total = total + len(texts) * (sure.mean() - hit.mean()).abs()
    return total / len(confidence)
