"""ex09_2: which lengths to draw so that the words are shared out as wished."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex09_2",
    title="From words back to draws",
    kind="implement",
    objectives=("LO-09.2",),
    points=1,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "A run of n words hides n words with one draw, so a share of words costs n times fewer draws. "
        "ALBERT's 1/n is the special case in which every length is to hide equally many words."
    ),
)


@ask.reference
def draws_for(shares: torch.Tensor) -> torch.Tensor:
    draws = shares / torch.arange(1, len(shares) + 1)  # a run of n words costs one draw, not n
    return draws / draws.sum()


@ask.use
def use(answer: Callable, shares: torch.Tensor, *, slopes: bool = False) -> Any:
    """The draws, or whether all gradients are numbers: at a share of 0 right answers may differ in them."""
    if not slopes:
        return answer(shares)
    draws = answer(shares.requires_grad_())
    if not (isinstance(draws, torch.Tensor) and draws.requires_grad):
        return draws
    (found,) = torch.autograd.grad(draws.square().sum(), shares)
    return bool(found.isfinite().all())


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """ALBERT's own, shares that differ, one length, a length that is never drawn, other dtypes, gradients."""

    def shares(longest: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        return (2 * draw.normal(longest, dtype=dtype)).softmax(dim=0)

    never = shares(5)
    never[draw.integer(1, 3)] = 0
    return [
        Case("a third of the words each, by hand", (torch.full((3,), 1 / 3),)),
        Case("shares that differ, by hand", (torch.tensor([0.5, 0.5]),)),
        Case("three random shares", (shares(3),)),
        Case("seven random shares", (shares(7),)),
        Case("a length that is never wanted", (never / never.sum(),)),
        Case("only single words", (torch.tensor([1.0, 0.0, 0.0, 0.0]),)),
        Case("only the longest", (torch.tensor([0.0, 0.0, 0.0, 1.0]),)),
        Case("one length", (torch.ones(1),)),
        Case("twenty lengths", (shares(20),)),
        Case("float64 stays float64", (shares(6, torch.float64),)),
        Case("shares that are not contiguous", (shares(4).repeat_interleave(2)[::2],)),
        Case("gradients flow back", (shares(4),), gradient=True),
        Case("no gradient is nan where a length is never wanted", (never / never.sum(),), {"slopes": True}),
    ]


def _n(shares: torch.Tensor) -> torch.Tensor:
    return torch.arange(1, len(shares) + 1, dtype=shares.dtype)


def _sum_1(weights: torch.Tensor) -> torch.Tensor:
    return weights / weights.sum()


@ask.mistake("you went the other way, from draws to words")
def _words_of_draws(shares: torch.Tensor) -> torch.Tensor:
    return _sum_1(shares * _n(shares))


@ask.mistake("the probabilities do not sum to 1")
def _sum_forgotten(shares: torch.Tensor) -> torch.Tensor:
    return shares / _n(shares)


@ask.mistake("the wished shares are not used: this is 1/n whatever is wanted")
def _always_harmonic(shares: torch.Tensor) -> torch.Tensor:
    return _sum_1(1 / _n(shares))


@ask.mistake("the shares of the words are taken for the probabilities of the draws")
def _as_they_are(shares: torch.Tensor) -> torch.Tensor:
    return shares * 1


@ask.mistake("the shortest run has length 0 in your count")
def _from_zero(shares: torch.Tensor) -> torch.Tensor:
    return _sum_1(shares / (_n(shares) - 1))


@ask.mistake("the shortest run has length 2 in your count")
def _from_two(shares: torch.Tensor) -> torch.Tensor:
    return _sum_1(shares / (_n(shares) + 1))


@ask.mistake("the lengths run from the longest to the shortest")
def _backwards(shares: torch.Tensor) -> torch.Tensor:
    return _sum_1(shares / _n(shares).flip(0))


@ask.mistake("the length is used twice: n squared")
def _squared(shares: torch.Tensor) -> torch.Tensor:
    return _sum_1(shares / _n(shares) ** 2)


@ask.mistake("a softmax makes the sum 1; it also changes the ratios")
def _with_a_softmax(shares: torch.Tensor) -> torch.Tensor:
    return (shares / _n(shares)).softmax(dim=0)


@ask.mistake("all shares are divided by the longest length, not each by its own")
def _by_the_longest(shares: torch.Tensor) -> torch.Tensor:
    return shares / len(shares)


@ask.mistake("the largest is made 1 and not the sum")
def _by_the_largest(shares: torch.Tensor) -> torch.Tensor:
    return (shares / _n(shares)) / (shares / _n(shares)).max()


@ask.mistake("the sum is that of ALBERT's formula, whatever the shares are")
def _by_the_harmonic_sum(shares: torch.Tensor) -> torch.Tensor:
    return shares / _n(shares) / (1 / _n(shares)).sum()


@ask.mistake("your code knows three lengths and no more")
def _three_only(shares: torch.Tensor) -> torch.Tensor:
    weights = shares[:3] / _n(shares)[:3]
    return _sum_1(weights)


@ask.mistake("the lengths 1, 2 and 3 are written into your code")
def _one_two_three(shares: torch.Tensor) -> torch.Tensor:
    return _sum_1(shares / torch.tensor([1.0, 2.0, 3.0], dtype=shares.dtype))


@ask.mistake("your count of the lengths ends one too early")
def _one_too_few(shares: torch.Tensor) -> torch.Tensor:
    return _sum_1(shares / torch.arange(1, len(shares)))


@ask.mistake("lengths that nobody wants are left out of your count of the lengths")
def _wanted_only(shares: torch.Tensor) -> torch.Tensor:
    draws = torch.zeros_like(shares)
    draws[shares > 0] = draws_for(shares[shares > 0])
    return draws


@ask.mistake("the mean length of the shares is used to make the sum 1")
def _by_the_mean_length(shares: torch.Tensor) -> torch.Tensor:
    return shares / _n(shares) * (shares * _n(shares)).sum()


@ask.mistake("the numbers were turned into float32, or cut off from their gradients")
def _float32(shares: torch.Tensor) -> torch.Tensor:
    return draws_for(shares.detach().float())


@ask.mistake("you return ALBERT's own three numbers, whatever is wanted")
def _of_albert(shares: torch.Tensor) -> torch.Tensor:
    return torch.tensor([6 / 11, 3 / 11, 2 / 11])


@ask.mistake("a softmax of logarithms: where a share is 0, its gradient is nan")
def _softmax_of_logarithms(shares):
    return (shares.log() - _n(shares).log()).softmax(dim=0)


@ask.right
def with_a_loop(shares: torch.Tensor) -> torch.Tensor:
    draws = torch.stack([share / n for n, share in enumerate(shares, start=1)])
    return draws / draws.sum()


@ask.right
def with_normalize(shares: torch.Tensor) -> torch.Tensor:
    n = torch.linspace(1, len(shares), len(shares), dtype=shares.dtype)
    return torch.nn.functional.normalize(shares / n, p=1, dim=0)


@ask.right
def with_a_mean_length(shares: torch.Tensor) -> torch.Tensor:
    n = torch.arange(len(shares)) + 1
    mean_length = 1 / (shares / n / shares.sum()).sum()
    return shares / shares.sum() * mean_length / n
