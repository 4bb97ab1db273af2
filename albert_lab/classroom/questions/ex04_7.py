"""ex04_7: find out from outside which token sees which."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import QuestionBuilder
from albert_lab.classroom.questions.ex04_7_networks import cases

ask = QuestionBuilder(
    id="ex04_7",
    title="Who sees whom?",
    kind="implement",
    objectives=("LO-04.6",),
    points=3,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "What has not been seen cannot move an output, so a nudge of each token shows the mask without a "
        "look into the code. Several layers add up: what is seen through a neighbour is seen, which is why "
        "the result may be wider than the mask of one layer."
    ),
)


@ask.reference
def who_sees(network: Callable, x: torch.Tensor) -> torch.Tensor:
    before, sees = network(x), []
    for s in range(x.shape[1]):
        nudged = x.clone()
        nudged[0, s, 0] += 1
        sees.append((network(nudged) - before)[0].abs().amax(dim=-1) > 1e-6)  # (T,): who noticed
    return torch.stack(sees, dim=1)  # one column for each nudged token


ask.cases(cases)


@ask.mistake("rows and columns are exchanged: a row belongs to an output")
def _turned(network, x):
    return who_sees(network, x).T


@ask.mistake("every network gets the causal triangle")
def _always_causal(network, x):
    return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()


@ask.mistake("every network is said to see everything")
def _always_all(network, x):
    return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool)


@ask.mistake("only the last token was changed, and the rest concluded from it")
def _seen_by_the_test_only(network, x):
    """The chapter's test: change the last token; if somebody before it moves, all see all."""
    last = who_sees(network, x)[:-1, -1].any()
    return _always_all(network, x) if last else _always_causal(network, x)


@ask.mistake("the nudges of the tokens before are still there: begin anew with each token")
def _sum_of_nudges(network, x):
    before, nudged, sees = network(x), x.clone(), []
    for s in range(x.shape[1]):
        nudged[0, s, 0] += 1
        sees.append((network(nudged) - before)[0].abs().amax(dim=-1) > 1e-6)
    return torch.stack(sees, dim=1)


def _add(amount: float, features: slice = slice(1)) -> Callable:
    return lambda token: token[features].add_(amount)


def _largest_over(limit: float) -> Callable:
    return lambda before, after: (after - before).abs().amax(dim=-1) > limit


ADD_1, LARGEST = _add(1), _largest_over(1e-6)  # as it is asked for


def _probe(change: Callable = ADD_1, noticed: Callable = LARGEST) -> Callable:
    """An answer that changes each token so, and compares the outputs (T, K) before and after so."""

    def answer(network, x):
        before, sees = network(x), []
        for s in range(x.shape[1]):
            nudged = x.clone()
            change(nudged[0, s])
            sees.append(noticed(before[0], network(nudged)[0]))
        return torch.stack(sees, dim=1)

    return answer


ask.mistake("1 was added to all features, and a LayerNorm does not notice that", _probe(_add(1, slice(None))))
ask.mistake("the token was set to zero, and a nudge of 1 is asked for", _probe(torch.zero_))
ask.mistake("feature 0 was set to 1, and it may be 1 already", _probe(lambda token: token[:1].fill_(1)))
ask.mistake("feature 0 was doubled, and twice 0 is 0", _probe(lambda token: token[:1].mul_(2)))
ask.mistake("1 was added to the last feature", _probe(_add(1, slice(-1, None))))
ask.mistake(
    "a change below zero does not count",
    _probe(noticed=lambda before, after: (after - before).amax(dim=-1) > 1e-6),
)


def _moves(summary: Callable) -> Callable:
    """Which summary, (T, K) to (T,), of the changes is over the limit."""
    return _probe(noticed=lambda before, after: summary(after - before).abs() > 1e-6)


ask.mistake(
    "the changes were added up over the features, where they may cancel",
    _moves(lambda change: change.sum(dim=-1)),
)
ask.mistake(
    "the sizes of the changes were added up over the features, and each is judged alone",
    _moves(lambda change: change.abs().sum(dim=-1)),
)
ask.mistake(
    "the sizes of the changes were averaged over the features, and one is enough",
    _moves(lambda change: change.abs().mean(dim=-1)),
)
ask.mistake(
    "the changes were rounded to six decimals, so that half of 1e-6 is enough",
    _probe(noticed=lambda before, after: ((after - before).round(decimals=6) != 0).any(dim=-1)),
)
ask.mistake(
    "the last feature of the output was left out",
    _probe(noticed=lambda before, after: F.pad((after - before)[..., :-1], (1, 0)).abs().amax(-1) > 1e-6),
)
ask.mistake(
    "zeros took the place of the x that is given, and what is seen can depend on x",
    lambda network, x: who_sees(network, torch.zeros_like(x)),
)
ask.mistake(
    "the length of the change was taken, and each feature is judged alone",
    _moves(lambda change: change.norm(dim=-1)),
)
ask.mistake(
    "the lengths of the outputs were compared, and a vector can turn and stay as long",
    _probe(noticed=lambda before, after: (after.norm(dim=-1) - before.norm(dim=-1)).abs() > 1e-6),
)
ask.mistake(
    "only the first feature of the output was looked at, or the first few",
    _moves(lambda change: change[:, 0]),
)
ask.mistake(
    "all features of an output have to move, and one is enough",
    _moves(lambda change: change.abs().amin(dim=-1)),
)
ask.mistake(
    "changes below 1e-6 count as well: the limit is too low, or missing", _probe(noticed=_largest_over(0))
)
ask.mistake("the limit is 0.01 or so: low voices are not heard", _probe(noticed=_largest_over(0.01)))
ask.mistake(
    "the limit is a thousandth or so: lower voices are not heard", _probe(noticed=_largest_over(1e-3))
)
ask.mistake("the limit is 1e-5 or so: the lowest voices are not heard", _probe(noticed=_largest_over(1e-5)))
ask.mistake(
    "a change was measured against the size of the numbers, as torch.allclose does by itself",
    _probe(noticed=lambda before, after: ~torch.isclose(after, before).all(dim=-1)),
)
ask.mistake(
    "the outputs were rounded to float32 before they were compared",
    _probe(noticed=lambda before, after: LARGEST(before.float(), after.float())),
)
ask.mistake("1 was subtracted, and a network may answer to one direction only", _probe(_add(-1)))
ask.mistake("the nudge is smaller than 1, and may stay below a threshold", _probe(_add(0.1)))


@ask.mistake("the slope was taken for the step: a derivative says nothing about a nudge of 1")
def _by_gradient(network, x):
    slopes = torch.autograd.functional.jacobian(network, x)[0, :, :, 0, :, 0]  # (T, K, T)
    return slopes.abs().amax(dim=1) > 1e-6


@ask.mistake("a token never sees itself")
def _not_itself(network, x):
    return who_sees(network, x) & ~torch.eye(x.shape[1], dtype=torch.bool)


@ask.mistake("a token always sees itself, even where its own output does not move")
def _itself_always(network, x):
    return who_sees(network, x) | torch.eye(x.shape[1], dtype=torch.bool)


@ask.mistake("True and False are exchanged")
def _who_does_not(network, x):
    return ~who_sees(network, x)


@ask.mistake("the answer holds numbers, and truth values are asked for")
def _as_numbers(network, x):
    return who_sees(network, x).double()


@ask.mistake("x itself was nudged, for everybody who uses x after you")
def _in_place(network, x, back=0):
    before, sees = network(x), []
    for s in range(x.shape[1]):
        x[0, s, 0] += 1
        sees.append((network(x) - before)[0].abs().amax(dim=-1) > 1e-6)
        x[0, s, 0] -= back
    return torch.stack(sees, dim=1)


@ask.mistake("x itself was nudged and nudged back, and rounding does not bring back the same number")
def _in_place_and_back(network, x):
    return _in_place(network, x, back=1)


@ask.mistake("the output from before changes with the nudge: some networks give back their input itself")
def _compared_with_itself(network, x):
    """A copy is nudged, and nudged back; a network may give back the very tensor that it was given."""
    return _in_place(network, x.clone(), back=1)


@ask.mistake("axes of size 1 were dropped, also where there is one feature or one token")
def _squeezed(network, x):
    before, sees = network(x).squeeze(), []
    for s in range(x.shape[1]):
        nudged = x.clone()
        nudged[0, s, 0] += 1
        sees.append((network(nudged).squeeze() - before).abs().amax(dim=-1) > 1e-6)
    return torch.stack(sees, dim=-1)


@ask.right
def as_a_batch(network: Callable, x: torch.Tensor) -> torch.Tensor:
    tokens = x.shape[1]
    nudges = torch.zeros(tokens, tokens, x.shape[2], dtype=x.dtype)
    nudges[:, :, 0] = torch.eye(tokens, dtype=x.dtype)  # text s is nudged at token s
    moved = (network(x + nudges) - network(x)).abs().amax(dim=-1)  # (nudged, output)
    return moved.mT > 1e-6


@ask.right
def square_by_square(network: Callable, x: torch.Tensor) -> torch.Tensor:
    tokens, before = x.shape[1], network(x)
    sees = torch.zeros(tokens, tokens, dtype=torch.bool)
    for s in range(tokens):
        nudge = torch.zeros_like(x)
        nudge[:, s, 0] = 1
        after = network(x + nudge)
        for t in range(tokens):
            sees[t, s] = any(abs(float(change)) > 1e-6 for change in (after - before)[0, t])
    return sees


@ask.right
def from_lists(network: Callable, x: torch.Tensor) -> torch.Tensor:
    rows = []
    for s in range(x.size(1)):
        nudged = x[:, s : s + 1] + F.one_hot(torch.tensor(0), x.size(2))
        after = network(torch.cat([x[:, :s], nudged, x[:, s + 1 :]], dim=1))
        still = torch.isclose(after, network(x), rtol=0, atol=1e-6)[0].all(dim=-1)
        rows.append([not each for each in still.tolist()])
    return torch.tensor(rows).T
