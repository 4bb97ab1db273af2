"""ex04_7: find out from outside which token sees which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, Mistake, Question


def who_sees(network: Callable, x: torch.Tensor) -> torch.Tensor:
    before, sees = network(x), []
    for s in range(x.shape[1]):
        nudged = x.clone()
        nudged[0, s, 0] += 1
        sees.append((network(nudged) - before)[0].abs().amax(dim=-1) > 1e-6)  # (T,): who noticed
    return torch.stack(sees, dim=1)  # one column for each nudged token


@dataclass(frozen=True)
class Network:
    """A network with a name that a report can show."""

    name: str
    function: Callable

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)

    def __repr__(self) -> str:
        return self.name


def _masked(name: str, mask: torch.Tensor | None, draw: Draw, width: int, layers: int = 1) -> Network:
    """Attention layers with random weights; each behind a LayerNorm, and one at the end."""
    weights = 0.5 * draw.normal(layers, width, width, dtype=torch.float64)

    def run(x: torch.Tensor) -> torch.Tensor:
        for matrix in weights:
            keys = F.layer_norm(x, (width,))
            x = F.scaled_dot_product_attention(keys @ matrix, keys, keys, attn_mask=mask)
        return F.layer_norm(x, (width,))

    return Network(name, run)


def _whisper(x: torch.Tensor) -> torch.Tensor:
    """Each token, what the one before it says in a low voice, and of all others less than counts."""
    return 10 + x + 3e-6 * x.roll(1, dims=1) + 2e-6 * x.mean(dim=1, keepdim=True)


def _opposites(x: torch.Tensor) -> torch.Tensor:
    return torch.cat([x.cumsum(dim=1), -x.cumsum(dim=1)], dim=-1)


def cases(draw: Draw) -> list[Case]:
    """Masks of several kinds, networks without attention, deep ones, low voices, one token."""
    square = torch.ones(6, 6, dtype=torch.bool)
    band = square.tril().triu(-1)
    hidden = (torch.arange(6) < 4).expand(6, 6)  # two places of padding
    strict = torch.eye(5, dtype=torch.bool).roll(1, dims=0)  # only the token before, of the first the last
    drawn = draw.mask(6, 6, share=0.5)
    zeros = torch.zeros(1, 4, 3, dtype=torch.float64)

    def text(tokens: int, width: int = 4) -> torch.Tensor:
        return draw.normal(1, tokens, width, dtype=torch.float64)

    return [
        Case("each token alone, by hand", (Network("2 x", lambda x: 2 * x), text(3, 2))),
        Case("a running sum", (Network("running sum", lambda x: x.cumsum(dim=1)), text(4, 3))),
        Case(
            "a running sum from the end",
            (Network("sum of the rest", lambda x: x.flip(1).cumsum(1).flip(1)), text(4)),
        ),
        Case("an encoder", (_masked("no mask", None, draw, 4), text(5))),
        Case("a decoder", (_masked("causal mask", square.tril(), draw, 4), text(6))),
        Case("padding that is hidden", (_masked("padding mask", hidden, draw, 4), text(6))),
        Case("only the token before it", (_masked("one back", strict, draw, 5), text(5, 5))),
        Case("any mask", (_masked("some mask", drawn, draw, 4), text(6))),
        Case("two layers of a narrow band", (_masked("a band, twice", band, draw, 4, layers=2), text(6))),
        Case("low voices", (Network("whisper", _whisper), text(5, 3))),
        Case(
            "half of the output never moves",
            (Network("zeros and a running sum", lambda x: torch.cat([0 * x, x.cumsum(1)], -1)), text(4, 2)),
        ),
        Case(
            "all that moves goes down", (Network("minus a running sum", lambda x: -x.cumsum(1)), text(4, 3))
        ),
        Case("changes that cancel", (Network("a running sum and its opposite", _opposites), text(4, 3))),
        Case("zeros, a running sum", (Network("running sum", lambda x: x.cumsum(dim=1)), zeros)),
        Case("zeros, sums above 0", (Network("relu of sums", lambda x: x.cumsum(dim=1).relu()), zeros)),
        Case("zeros, sums above 1/2", (Network("a threshold", lambda x: (x.cumsum(1) - 0.5).relu()), zeros)),
        Case("zeros, sums of squares", (Network("squares", lambda x: x.square().cumsum(dim=1)), zeros)),
        Case("one token", (_masked("no mask", None, draw, 4), text(1))),
    ]


def _turned(network, x):
    return who_sees(network, x).T


def _always_causal(network, x):
    return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()


def _always_all(network, x):
    return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool)


def _seen_by_the_test_only(network, x):
    """The chapter's test: change the last token; if somebody before it moves, all see all."""
    last = who_sees(network, x)[:-1, -1].any()
    return _always_all(network, x) if last else _always_causal(network, x)


def _sum_of_nudges(network, x):
    before, nudged, sees = network(x), x.clone(), []
    for s in range(x.shape[1]):
        nudged[0, s, 0] += 1
        sees.append((network(nudged) - before)[0].abs().amax(dim=-1) > 1e-6)
    return torch.stack(sees, dim=1)


def _probe(network, x, change, noticed):
    before, sees = network(x), []
    for s in range(x.shape[1]):
        nudged = x.clone()
        change(nudged[0, s])
        sees.append(noticed((network(nudged) - before)[0]))
    return torch.stack(sees, dim=1)


def _first(token):
    token[0] += 1


def _largest(change):
    return change.abs().amax(dim=-1) > 1e-6


def _all_features(network, x):
    return _probe(network, x, lambda token: token.add_(1), _largest)


def _set_to_zero(network, x):
    return _probe(network, x, lambda token: token.zero_(), _largest)


def _signed(network, x):
    return _probe(network, x, _first, lambda change: change.amax(dim=-1) > 1e-6)


def _added_up(network, x):
    return _probe(network, x, _first, lambda change: change.sum(dim=-1).abs() > 1e-6)


def _first_feature(network, x):
    return _probe(network, x, _first, lambda change: change[:, 0].abs() > 1e-6)


def _all_must_move(network, x):
    return _probe(network, x, _first, lambda change: (change.abs() > 1e-6).all(dim=-1))


def _at_all(network, x):
    return _probe(network, x, _first, lambda change: (change != 0).any(dim=-1))


def _loud_only(network, x):
    return _probe(network, x, _first, lambda change: change.abs().amax(dim=-1) > 0.01)


def _down(network, x):
    return _probe(network, x, lambda token: token[0].sub_(1), _largest)


def _whispered(network, x):
    return _probe(network, x, lambda token: token[0].add_(0.1), _largest)


def _by_gradient(network, x):
    slopes = torch.autograd.functional.jacobian(network, x)[0, :, :, 0, :, 0]  # (T, K, T)
    return slopes.abs().amax(dim=1) > 1e-6


def _not_itself(network, x):
    return who_sees(network, x) & ~torch.eye(x.shape[1], dtype=torch.bool)


def _itself_always(network, x):
    return who_sees(network, x) | torch.eye(x.shape[1], dtype=torch.bool)


def _who_does_not(network, x):
    return ~who_sees(network, x)


def _as_numbers(network, x):
    return who_sees(network, x).double()


def _in_place(network, x):
    before, sees = network(x), []
    for s in range(x.shape[1]):
        x[0, s, 0] += 1
        sees.append((network(x) - before)[0].abs().amax(dim=-1) > 1e-6)
    return torch.stack(sees, dim=1)


def as_a_batch(network: Callable, x: torch.Tensor) -> torch.Tensor:
    tokens = x.shape[1]
    nudges = torch.zeros(tokens, tokens, x.shape[2], dtype=x.dtype)
    nudges[:, :, 0] = torch.eye(tokens, dtype=x.dtype)  # text s is nudged at token s
    moved = (network(x + nudges) - network(x)).abs().amax(dim=-1)  # (nudged, output)
    return moved.mT > 1e-6


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


def from_lists(network: Callable, x: torch.Tensor) -> torch.Tensor:
    rows = []
    for s in range(x.size(1)):
        nudged = x[:, s : s + 1] + F.one_hot(torch.tensor(0), x.size(2))
        after = network(torch.cat([x[:, :s], nudged, x[:, s + 1 :]], dim=1))
        still = torch.isclose(after, network(x), rtol=0, atol=1e-6)[0].all(dim=-1)
        rows.append([not each for each in still.tolist()])
    return torch.tensor(rows).T


QUESTION = Question(
    id="ex04_7",
    title="Who sees whom?",
    kind="implement",
    objectives=("LO-04.6",),
    points=3,
    minutes=15,
    difficulty=3,
    importance=4,
    reference=who_sees,
    cases=cases,
    mistakes=(
        Mistake("rows and columns are exchanged: a row belongs to an output", _turned),
        Mistake("every network gets the causal triangle", _always_causal),
        Mistake("every network is said to see everything", _always_all),
        Mistake("only the last token was changed, and the rest concluded from it", _seen_by_the_test_only),
        Mistake(
            "the nudges of the tokens before are still there: begin anew with each token", _sum_of_nudges
        ),
        Mistake("1 was added to all features, and a LayerNorm does not notice that", _all_features),
        Mistake("the token was set to zero, and a nudge of 1 is asked for", _set_to_zero),
        Mistake("a change below zero does not count", _signed),
        Mistake("the changes were added up over the features, where they may cancel", _added_up),
        Mistake("only the first feature of the output was looked at", _first_feature),
        Mistake("all features of an output have to move, and one is enough", _all_must_move),
        Mistake("every change counts, however small: the limit is missing", _at_all),
        Mistake("the limit is too high: low voices are not heard", _loud_only),
        Mistake("1 was subtracted, and a network may answer to one direction only", _down),
        Mistake("the nudge is smaller than 1, and may stay below a threshold", _whispered),
        Mistake(
            "the slope was taken for the step: a derivative says nothing about a nudge of 1", _by_gradient
        ),
        Mistake("a token never sees itself", _not_itself),
        Mistake("a token always sees itself, even where its own output does not move", _itself_always),
        Mistake("True and False are exchanged", _who_does_not),
        Mistake("the answer holds numbers, and truth values are asked for", _as_numbers),
        Mistake("x itself was nudged, for everybody who uses x after you", _in_place),
    ),
    right=(as_a_batch, square_by_square, from_lists),
    why=(
        "What has not been seen cannot move an output, so a nudge of each token shows the mask without a "
        "look into the code. Several layers add up: what is seen through a neighbour is seen, which is why "
        "the result may be wider than the mask of one layer."
    ),
)
