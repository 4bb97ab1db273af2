"""ex06_5: parameters of layers of which each half is shared to its own degree."""

from __future__ import annotations

import torch
from torch import nn

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex06_5",
    title="Sharing half a layer",
    kind="implement",
    objectives=("LO-06.4", "LO-06.7"),
    points=2,
    minutes=15,
    difficulty=3,
    importance=5,
    why=(
        "Each half is a set of tensors of its own, so its numbers count as often as it is stored, and not as "
        "often as it is called. The feed-forward network has two thirds of a layer, and sharing it therefore "
        "saves twice as much as sharing attention."
    ),
)


@ask.reference
def layer_parameters(hidden: int, inner: int, calls: int, attention_sets: int, ffn_sets: int) -> int:
    attention = 4 * (hidden * hidden + hidden) + 2 * hidden
    ffn = (hidden * inner + inner) + (inner * hidden + hidden) + 2 * hidden
    return attention_sets * attention + ffn_sets * ffn


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, the four kinds of Table 4, an inner width that is not four times the outer one, drawn."""
    hidden, calls = draw.integer(3, 90), draw.integer(5, 30)
    attention_sets, ffn_sets = draw.integer(2, calls), draw.integer(2, calls)
    return [
        Case("H = 2, one layer, by hand", (2, 8, 1, 1, 1)),
        Case("all of ALBERT-base shared", (768, 3072, 12, 1, 1)),
        Case("only attention shared", (768, 3072, 12, 1, 12)),
        Case("only the feed-forward network shared", (768, 3072, 12, 12, 1)),
        Case("nothing shared", (768, 3072, 12, 12, 12)),
        Case("an inner width that is not 4H", (5, 7, 6, 3, 2)),
        Case("billions of numbers, exactly", (4099, 16411, 24, 24, 23)),
        Case("drawn numbers", (hidden, hidden + draw.integer(1, 200), calls, attention_sets, ffn_sets)),
    ]


def _counted(attention, ffn):
    """A way to count, from the counts of the two halves: functions of H and F."""

    def count(hidden, inner, calls, attention_sets, ffn_sets):
        return attention_sets * attention(hidden, inner) + ffn_sets * ffn(hidden, inner)

    return count


ask.mistake(
    "the biases are forgotten", _counted(lambda h, f: 4 * h * h + 2 * h, lambda h, f: 2 * h * f + 2 * h)
)
ask.mistake(
    "the LayerNorms are forgotten", _counted(lambda h, f: 4 * (h * h + h), lambda h, f: 2 * h * f + f + h)
)


def _attention(h, f):
    return 4 * h * h + 6 * h


def _ffn(h, f):
    return 2 * h * f + f + 3 * h


ask.mistake(
    "each LayerNorm has a weight and no bias",
    _counted(lambda h, f: _attention(h, f) - h, lambda h, f: _ffn(h, f) - h),
)
ask.mistake(
    "attention has only three matrices: the one after the heads is missing",
    _counted(lambda h, f: 3 * (h * h + h) + 2 * h, _ffn),
)
ask.mistake(
    "attention has only three matrices, and the layer has neither biases nor LayerNorms",
    _counted(lambda h, f: 3 * h * h, lambda h, f: 2 * h * f),
)
ask.mistake("you counted matrices only", _counted(lambda h, f: 4 * h * h, lambda h, f: 2 * h * f))
ask.mistake(
    "you took 4H for the inner width, whatever it is", _counted(_attention, lambda h, f: _ffn(h, 4 * h))
)
ask.mistake(
    "both biases of the feed-forward network are H wide", _counted(_attention, lambda h, f: 2 * h * f + 4 * h)
)
ask.mistake(
    "both biases of the feed-forward network have its inner width",
    _counted(_attention, lambda h, f: 2 * h * f + 2 * f + 2 * h),
)
ask.mistake(
    "the feed-forward network has one matrix only", _counted(_attention, lambda h, f: h * f + f + 2 * h)
)
ask.mistake(
    "the feed-forward network's LayerNorm has its inner width",
    _counted(_attention, lambda h, f: _ffn(h, f) - 2 * h + 2 * f),
)


@ask.mistake("there is one LayerNorm more than the layers have, as after the embeddings")
def _one_norm_more(hidden, inner, calls, attention_sets, ffn_sets):
    return layer_parameters(hidden, inner, calls, attention_sets, ffn_sets) + 2 * hidden


@ask.mistake("the LayerNorms follow the larger number of sets")
def _norms_by_the_larger(hidden, inner, calls, attention_sets, ffn_sets):
    halves = attention_sets * 4 * (hidden**2 + hidden) + ffn_sets * (2 * hidden * inner + inner + hidden)
    return halves + max(attention_sets, ffn_sets) * 4 * hidden


@ask.mistake("the LayerNorms are stored once per call")
def _norms_at_every_call(hidden, inner, calls, attention_sets, ffn_sets):
    halves = attention_sets * 4 * (hidden**2 + hidden) + ffn_sets * (2 * hidden * inner + inner + hidden)
    return halves + calls * 4 * hidden


@ask.mistake("there is one set of each half, whatever the numbers of sets")
def _one_of_each(hidden, inner, calls, attention_sets, ffn_sets):
    return layer_parameters(hidden, inner, calls, 1, 1)


@ask.mistake("you multiplied the two numbers of sets")
def _multiplied(hidden, inner, calls, attention_sets, ffn_sets):
    return layer_parameters(hidden, inner, calls, attention_sets * ffn_sets, attention_sets * ffn_sets)


@ask.mistake("the two numbers of sets are exchanged")
def _exchanged(hidden, inner, calls, attention_sets, ffn_sets):
    return layer_parameters(hidden, inner, calls, ffn_sets, attention_sets)


@ask.mistake("you multiplied what is stored by the calls")
def _times_calls(hidden, inner, calls, attention_sets, ffn_sets):
    return calls * layer_parameters(hidden, inner, calls, attention_sets, ffn_sets)


@ask.mistake("you counted as if nothing were shared")
def _all_apart(hidden, inner, calls, attention_sets, ffn_sets):
    return layer_parameters(hidden, inner, calls, calls, calls)


@ask.mistake("you took the number of sets for the number of calls that share one")
def _calls_divided(hidden, inner, calls, attention_sets, ffn_sets):
    return layer_parameters(hidden, inner, calls, calls // attention_sets, calls // ffn_sets)


@ask.mistake("you took the larger number of sets for both halves")
def _larger_number_for_both(hidden, inner, calls, attention_sets, ffn_sets):
    most = max(attention_sets, ffn_sets)
    return layer_parameters(hidden, inner, calls, most, most)


@ask.mistake("both LayerNorms are counted with attention")
def _norms_with_attention(hidden, inner, calls, attention_sets, ffn_sets):
    return attention_sets * (_attention(hidden, inner) + 2 * hidden) + ffn_sets * (
        _ffn(hidden, inner) - 2 * hidden
    )


@ask.mistake("the LayerNorms are counted once for the whole stack")
def _norms_shared(hidden, inner, calls, attention_sets, ffn_sets):
    halves = attention_sets * 4 * (hidden**2 + hidden) + ffn_sets * (2 * hidden * inner + inner + hidden)
    return halves + 4 * hidden


@ask.mistake("both LayerNorms are counted with the feed-forward network")
def _both_norms_with_ffn(hidden, inner, calls, attention_sets, ffn_sets):
    return _counted(lambda h, f: _attention(h, f) - 2 * h, lambda h, f: _ffn(h, f) + 2 * h)(
        hidden, inner, calls, attention_sets, ffn_sets
    )


@ask.mistake("you added the two numbers of sets")
def _sets_added(hidden, inner, calls, attention_sets, ffn_sets):
    sets = attention_sets + ffn_sets
    return layer_parameters(hidden, inner, calls, sets, sets)


@ask.mistake("you counted in float32, which holds seven digits")
def _float32(hidden, inner, calls, attention_sets, ffn_sets):
    halves = torch.tensor([_attention(hidden, inner), _ffn(hidden, inner)], dtype=torch.float32)
    return (halves * torch.tensor([attention_sets, ffn_sets])).sum()


ask.mistake(
    "each half has two LayerNorms",
    _counted(lambda h, f: _attention(h, f) + 2 * h, lambda h, f: _ffn(h, f) + 2 * h),
)
ask.mistake(
    "one of the four biases of attention is missing", _counted(lambda h, f: _attention(h, f) - h, _ffn)
)
ask.mistake("attention has no biases", _counted(lambda h, f: 4 * h * h + 2 * h, _ffn))
ask.mistake("the feed-forward network has no biases", _counted(_attention, lambda h, f: 2 * h * f + 2 * h))
ask.mistake("attention has no LayerNorm", _counted(lambda h, f: _attention(h, f) - 2 * h, _ffn))
ask.mistake(
    "the feed-forward network has no LayerNorm", _counted(_attention, lambda h, f: _ffn(h, f) - 2 * h)
)


@ask.right
def by_building(hidden: int, inner: int, calls: int, attention_sets: int, ffn_sets: int) -> int:
    with torch.device("meta"):
        attention = nn.ModuleList([*(nn.Linear(hidden, hidden) for _ in range(4)), nn.LayerNorm(hidden)])
        ffn = nn.ModuleList([nn.Linear(hidden, inner), nn.Linear(inner, hidden), nn.LayerNorm(hidden)])
    halves = ((attention, attention_sets), (ffn, ffn_sets))
    return sum(sets * sum(w.numel() for w in half.parameters()) for half, sets in halves)


@ask.right
def from_the_formula(hidden: int, inner: int, calls: int, attention_sets: int, ffn_sets: int) -> float:
    return float(
        attention_sets * hidden * (4 * hidden + 6) + ffn_sets * (inner * (2 * hidden + 1) + 3 * hidden)
    )


@ask.right
def with_shapes(hidden: int, inner: int, calls: int, attention_sets: int, ffn_sets: int) -> torch.Tensor:
    attention = [(hidden, hidden), (hidden,)] * 4 + [(hidden,)] * 2
    ffn = [(inner, hidden), (inner,), (hidden, inner), (hidden,), (hidden,), (hidden,)]
    counts = [sum(torch.Size(shape).numel() for shape in half) for half in (attention, ffn)]
    return (torch.tensor(counts) * torch.tensor([attention_sets, ffn_sets])).sum()
