"""ex03_2: how far a layer is from being permutation equivariant."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, Named, QuestionBuilder

ask = QuestionBuilder(
    id="ex03_2",
    title="Does a layer know the order?",
    kind="implement",
    objectives=("LO-03.1",),
    points=2,
    minutes=15,
    difficulty=2,
    importance=4,
    why=(
        "Equivariant means that shuffling before the layer and shuffling after it come to the same, so "
        "both sides have to be shuffled alike. Comparing with the unshuffled output asks another question, "
        "whether the layer is invariant, and attention is not."
    ),
)


@ask.reference
def order_gap(layer: Callable, x: torch.Tensor, order: torch.Tensor) -> float:
    return float((layer(x[:, order]) - layer(x)[:, order]).abs().max())


def _attention(x: torch.Tensor) -> torch.Tensor:
    return F.scaled_dot_product_attention(x, x, x)


def _causal(x: torch.Tensor) -> torch.Tensor:
    return F.scaled_dot_product_attention(x, x, x, is_causal=True)


def _with_places(rows: torch.Tensor) -> Named:
    return Named("attention with positions", lambda x: _attention(x + rows[: x.shape[1]].to(x.dtype)))


RUNNING_SUM = Named("running sum over the tokens", lambda x: x.cumsum(dim=1))
ATTENTION = Named("attention without positions", _attention)
CAUSAL = Named("attention with a causal mask", _causal)
AVERAGE = Named("every token becomes the average", lambda x: x.mean(dim=1, keepdim=True).expand_as(x))
BACKWARDS = Named("the tokens backwards", lambda x: x.flip(1))
PLACES_ONLY = Named(
    "the place times each feature", lambda x: x * torch.arange(x.shape[1])[:, None].to(x.dtype)
)


def _one_number(place: int) -> Named:
    """Only one number of all hears the others: the first feature of the first token of the first text, or
    the last of the last of the last."""
    which = "first" if place == 0 else "last"

    def run(x: torch.Tensor) -> torch.Tensor:
        loud = torch.arange(1, x.shape[1] + 1).to(x.dtype)  # (T,)
        heard = torch.zeros_like(x)
        heard[place, place, place] = 1 + (loud * x[place, :, place]).sum().abs()
        return heard

    return Named(f"only the {which} number of all hears the others", run)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; layers that ask for the order and layers that do not; sizes all different; edges."""
    by_hand = torch.tensor([[[1.0], [2.0], [8.0]]])
    later = draw.normal(3, 5, 4)
    later[1:] *= 4  # the largest gap is not in the first text
    order = torch.randperm(5, generator=draw.generator)
    order = torch.tensor([1, 2, 0, 4, 3]) if torch.equal(order[order], torch.arange(5)) else order
    first_stays, last_stays = torch.tensor([0, 2, 3, 4, 1]), torch.tensor([1, 2, 3, 0, 4])
    return [
        Case("a running sum, by hand", (RUNNING_SUM, by_hand, torch.tensor([2, 0, 1]))),
        Case("a running sum of numbers below zero", (RUNNING_SUM, -by_hand, torch.tensor([2, 0, 1]))),
        Case("attention without positions", (ATTENTION, draw.normal(2, 5, 4), order)),
        Case("attention with positions", (_with_places(3 * draw.normal(9, 4)), draw.normal(2, 5, 4), order)),
        Case("a causal mask, three texts", (CAUSAL, later, order)),
        Case("every token becomes the average", (AVERAGE, draw.normal(2, 5, 3), order)),
        Case(
            "tokens reversed by the layer, float64",
            (BACKWARDS, draw.normal(2, 5, 3, dtype=torch.float64), order),
        ),
        Case("only the first number of all moves", (_one_number(0), draw.normal(3, 5, 2), first_stays)),
        Case("only the last number of all moves", (_one_number(-1), draw.normal(3, 5, 2), last_stays)),
        Case("the order stays as it is", (CAUSAL, draw.normal(2, 4, 3), torch.arange(4))),
        Case("one token", (_with_places(draw.normal(9, 3)), draw.normal(2, 1, 3), torch.tensor([0]))),
        Case("as many tokens as features", (PLACES_ONLY, draw.normal(2, 5, 5), order)),
        Case("as many texts as tokens", (RUNNING_SUM, draw.normal(5, 5, 2), order)),
        Case(
            "a tensor that is not contiguous", (_with_places(draw.normal(9, 6)), draw.strided(2, 5, 6), order)
        ),
    ]


@ask.mistake("only the input was shuffled: this asks for outputs that do not change at all")
def _input_only(layer, x, order):
    return float((layer(x[:, order]) - layer(x)).abs().max())


@ask.mistake("the layer never sees the shuffled tokens: only its output was shuffled")
def _output_only(layer, x, order):
    return float((layer(x) - layer(x)[:, order]).abs().max())


@ask.mistake("the output was shuffled by the opposite permutation")
def _put_back_wrongly(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order.argsort()]).abs().max())


@ask.mistake("the input was shuffled by the opposite permutation, the output as given")
def _input_the_other_way(layer, x, order):
    return float((layer(x[:, order.argsort()]) - layer(x)[:, order]).abs().max())


@ask.mistake("a gap below zero was not counted")
def _signed(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).max())


@ask.mistake("the gaps were given a sign, old minus new, and only those above zero count")
def _signed_the_other_way(layer, x, order):
    return float((layer(x)[:, order] - layer(x[:, order])).max())


@ask.mistake("the gaps were averaged: the largest one is asked for")
def _mean(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).abs().mean())


@ask.mistake("the length of the whole difference was taken, the root of the sum of squares")
def _root_of_squares(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).norm())


@ask.mistake("all gaps were added up")
def _sum(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).abs().sum())


@ask.mistake("the length of each token's difference was taken, over all its features")
def _longest_vector(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).norm(dim=-1).max())


@ask.mistake("the gaps of a token's features were averaged before the largest was taken")
def _features_averaged(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).abs().mean(dim=-1).max())


@ask.mistake("only the last place was looked at")
def _last_place_only(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order])[:, -1].abs().max())


def _without(*part):
    return lambda layer, x, order: float((layer(x[:, order]) - layer(x)[:, order])[part].abs().max())


for _which, _kept in (("first", slice(1, None)), ("last", slice(None, -1))):
    ask.mistake(f"the {_which} text was left out", _without(_kept))
    ask.mistake(f"the {_which} place was left out", _without(slice(None), _kept))
    ask.mistake(f"the {_which} feature was left out", _without(..., _kept))


@ask.mistake("the layer's output was compared with its input")
def _with_the_input(layer, x, order):
    return float((layer(x[:, order]) - x[:, order]).abs().max())


@ask.mistake("the texts of the batch were shuffled, not the tokens")
def _batch_axis(layer, x, order):
    return float((layer(x[order]) - layer(x)[order]).abs().max())


@ask.mistake("the features were shuffled, not the tokens")
def _feature_axis(layer, x, order):
    return float((layer(x[..., order]) - layer(x)[..., order]).abs().max())


@ask.mistake("only the first text of the batch was looked at")
def _first_text(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order])[0].abs().max())


@ask.mistake("the outputs were averaged over the tokens before they were compared")
def _pooled(layer, x, order):
    return float((layer(x[:, order]).mean(dim=1) - layer(x).mean(dim=1)).abs().max())


@ask.mistake("an order of your own was used, not the one that is given")
def _own_order(layer, x, order):
    shuffled = torch.arange(x.shape[1]).flip(0)
    return float((layer(x[:, shuffled]) - layer(x)[:, shuffled]).abs().max())


@ask.mistake("the gap was divided by the size of the outputs")
def _relative(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).abs().max() / layer(x).abs().max())


@ask.mistake("the gap was squared")
def _squared(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).square().max())


@ask.mistake("the gaps of the texts were averaged: the largest of all texts is asked for")
def _mean_over_texts(layer, x, order):
    return float((layer(x[:, order]) - layer(x)[:, order]).abs().amax(dim=(1, 2)).mean())


@ask.mistake("both sides were shuffled by the opposite permutation")
def _opposite_on_both_sides(layer, x, order):
    return order_gap(layer, x, order.argsort())


@ask.mistake("the tokens of x itself were exchanged, for everybody who uses x after you")
def _in_place(layer, x, order):
    straight = layer(x)[:, order].clone()
    x[:] = x[:, order]
    return float((layer(x) - straight).abs().max())


@ask.mistake("the answer is yes or no, and a size was asked for")
def _truth_value(layer, x, order):
    return torch.allclose(layer(x[:, order]), layer(x)[:, order], atol=1e-5)


@ask.right
def with_a_matrix(layer: Callable, x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    shuffle = torch.eye(x.shape[1], dtype=x.dtype)[order]  # row i holds its 1 in column order[i]
    return (layer(shuffle @ x) - shuffle @ layer(x)).abs().amax()


@ask.right
def with_a_loop(layer: Callable, x: torch.Tensor, order: torch.Tensor) -> float:
    straight, shuffled = layer(x), layer(x.index_select(1, order))
    gaps = [(shuffled[:, new] - straight[:, old]).abs().max() for new, old in enumerate(order.tolist())]
    return max(gaps).item()


@ask.right
def put_back(layer: Callable, x: torch.Tensor, order: torch.Tensor) -> float:
    back = layer(x[:, order])[:, order.argsort()]
    return torch.dist(back, layer(x), p=float("inf")).item()
