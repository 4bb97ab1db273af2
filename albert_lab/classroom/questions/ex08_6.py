"""ex08_6: find out by runs which tokens an output sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex08_6",
    title="What does an output see?",
    kind="implement",
    objectives=("LO-08.5",),
    points=3,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "An output that does not move when one token changes cannot have seen that token, whatever a "
        "drawing or a name says. Everything else must stay as it was, or you cannot say which change "
        "moved it."
    ),
)


@ask.reference
def sees(run, ids: torch.Tensor, other: int) -> torch.Tensor:
    before, columns = run(ids), []
    for place in range(len(ids)):
        changed = ids.clone()
        changed[place] = other
        columns.append((run(changed) - before).abs().amax(dim=1) > 1e-6)  # (T,)
    return torch.stack(columns, dim=1)  # (T outputs, T changed tokens)


@dataclass(frozen=True)
class _Toy:
    """A network of one step: output i mixes the rows of those tokens that `reach` lets it see."""

    table: torch.Tensor  # (V, H)
    reach: torch.Tensor  # (T, T)
    switch: int = -1  # the id that, as first token, makes all rows 0
    start: float = 0.0  # added to every output
    listens: bool = False  # only tokens with an even id listen

    def __call__(self, ids: torch.Tensor) -> torch.Tensor:
        reach = self.reach * (ids % 2 == 0).unsqueeze(-1) if self.listens else self.reach
        return self.start + reach @ self.table[ids] * float(ids[0] != self.switch)

    def __repr__(self) -> str:
        return f"a network for {len(self.reach)} tokens"


def _toy(
    draw: Draw, reach: torch.Tensor, moves: tuple = (1, 1, 1), scale: float = 1.0, switch=False, alike=False
) -> tuple:
    """A network that reaches so far, a text for it, and an id that is not in the text."""
    T, V = len(reach), 12
    amount = draw.normal(V, 1)
    amount = torch.ones_like(amount) if alike else amount
    amount[V - 1] = amount[: V - 1].max() + 0.5  # the other id has the largest row
    strength = 0.5 + torch.rand(T, T, generator=draw.generator)
    network = _Toy(amount * torch.tensor(moves) * scale, reach * strength, V - 1 if switch else -1)
    return network, draw.integers(0, V - 1, T), V - 1


def _even(draw: Draw) -> tuple:
    """A text of which some tokens listen; a change of their own id stops them."""
    network, _, other = _toy(draw, torch.ones(5, 5))
    return replace(network, listens=True), torch.tensor([4, 3, 8, 7, 2]), other


def _near_the_limit(draw: Draw, reach: torch.Tensor, movement: float) -> tuple:
    """All that moves does so by this much."""
    network, ids, other = _toy(draw, reach, (1, 1), alike=True)
    return replace(network, table=2 * movement * network.table, reach=reach), ids, other


def _twice(draw: Draw, reach: torch.Tensor) -> tuple:
    """A text in which the first and the last token are the same."""
    network, ids, other = _toy(draw, reach)
    ids[-1] = ids[0]
    return network, ids, other


def _large(draw: Draw, reach: torch.Tensor) -> tuple:
    """Outputs about 100,000 that move by about 0.0001, in float64."""
    network, ids, other = _toy(draw, reach, scale=1e-4)
    return _Toy(network.table.double(), network.reach.double(), start=100_000.0), ids, other


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One direction, both, none; random reach; movements that a careless comparison misses."""
    wild = (torch.rand(6, 6, generator=draw.generator) < 0.5).float()
    wild[0, -1], wild[-1, 0] = 1, 0  # never its own transpose
    shift = torch.eye(5).roll(1, dims=0)
    return [
        Case("only what came before, as GPT-2", _toy(draw, torch.ones(4, 4).tril())),
        Case("the whole text, as ALBERT and BERT", _toy(draw, torch.ones(5, 5))),
        Case("every token for itself", _toy(draw, torch.eye(4))),
        Case("each output sees only the token before it", _toy(draw, shift)),
        Case("any tokens", _toy(draw, wild)),
        Case("any tokens, and the outputs fall", _toy(draw, wild.flip(0), (-1, -1, -2))),
        Case("features that move against each other", _toy(draw, wild.mT, (1, -1))),
        Case("only the first feature moves", _toy(draw, wild, (1, 0))),
        Case("only the last feature moves", _toy(draw, wild.flip(1), (0, 0, 0, 1))),
        Case("movements of a few millionths", _toy(draw, wild.flip(0, 1), scale=1e-5, alike=True)),
        Case("movements so small that they are rounding", _toy(draw, wild, scale=1e-8)),
        Case(
            "one feature of 128 moves, by a few hundred-thousandths",
            _toy(draw, wild, (1, *[0] * 127), 5e-5, alike=True),
        ),
        Case(
            "one feature of 128 moves, by a few millionths",
            _toy(draw, wild, (1, *[0] * 127), 1e-5, alike=True),
        ),
        Case("movements of a few ten-millionths", _toy(draw, wild, (1, 1), 5e-7, alike=True)),
        Case("64 features, and none moves by a millionth", _toy(draw, wild, (1,) * 64, 1e-6, alike=True)),
        Case("outputs about 100,000 that move by a ten-thousandth, float64", _large(draw, wild)),
        Case("movements of 0.0000013", _near_the_limit(draw, wild, 1.3e-6)),
        Case("movements of 0.0000008", _near_the_limit(draw, wild.flip(1), 0.8e-6)),
        Case("only tokens with an even id listen", _even(draw)),
        Case("a token that stands twice", _twice(draw, torch.ones(4, 4).tril())),
        Case("ids that all look alike, but for the other one", _toy(draw, wild.flip(0), alike=True)),
        Case("a first token that can switch all others off", _toy(draw, torch.ones(5, 5), switch=True)),
        Case("one token", _toy(draw, torch.ones(1, 1))),
    ]


def _changed(ids: torch.Tensor, place, other: int) -> torch.Tensor:
    new = ids.clone()
    new[place] = other
    return new


def _by(moved, changed=_changed):
    """The right loop with another comparison or another change."""

    def wrong(run, ids, other):
        before = run(ids)
        return torch.stack([moved(run(changed(ids, j, other)), before) for j in range(len(ids))], dim=1)

    return wrong


ask.mistake(
    "the movements of all features are averaged; one feature that moves is enough",
    _by(lambda after, before: (after - before).abs().mean(dim=1) > 1e-6),
)
ask.mistake(
    "the movements of all features are put together (length, sum); look at each alone",
    _by(lambda after, before: (after - before).norm(dim=1) > 1e-6),
)
ask.mistake(
    "outputs that are large may move farther: isclose is relative as well, and float32 rounds",
    _by(lambda after, before: ~torch.isclose(after, before, atol=1e-6).all(dim=1)),
)


def _beyond(limit: float):
    return lambda after, before: (after - before).abs().amax(dim=1) > limit


_moved = _beyond(1e-6)


ask.mistake(
    "all tokens that are equal are replaced together, not the one at place j alone",
    _by(_moved, lambda ids, j, other: torch.where(ids == ids[j], other, ids)),
)


@ask.mistake("rows and columns are exchanged: row i is what token i reaches")
def _transposed(run, ids, other):
    return _by(_moved)(run, ids, other).T


@ask.mistake("a changed token is not put back before the next one is changed")
def _adding_up(run, ids, other):
    before, new, columns = run(ids), ids.clone(), []
    for place in range(len(ids)):
        new[place] = other
        columns.append(_moved(run(new), before))
    return torch.stack(columns, dim=1)


@ask.mistake("each run is compared with the run before it, not with the text as it was")
def _step_by_step(run, ids, other):
    before, new, columns = run(ids), ids.clone(), []
    for place in range(len(ids)):
        new[place] = other
        after = run(new)
        columns.append(_moved(after, before))
        before = after
    return torch.stack(columns, dim=1)


@ask.mistake("the caller's ids are overwritten, and stay so")
def _in_place(run, ids, other):
    before, columns = run(ids), []
    for place in range(len(ids)):
        ids[place] = other
        columns.append(_moved(run(ids), before))
    return torch.stack(columns, dim=1)


ask.mistake(
    "the token and all after it are changed together",
    _by(_moved, lambda ids, j, other: _changed(ids, slice(j, None), other)),
)
ask.mistake(
    "the ids are all replaced, at every place", _by(_moved, lambda ids, j, other: torch.full_like(ids, other))
)
ask.mistake(
    "only movements upwards are noticed: the sign counts",
    _by(lambda after, before: (after - before).amax(dim=1) > 1e-6),
)
ask.mistake(
    "the features are added up first, where movements can cancel",
    _by(lambda after, before: (after - before).sum(dim=1).abs() > 1e-6),
)
ask.mistake(
    "only the first feature is looked at", _by(lambda after, before: (after - before)[:, 0].abs() > 1e-6)
)
ask.mistake(
    "an output counts as moved only if all its features move",
    _by(lambda after, before: ((after - before).abs() > 1e-6).all(dim=1)),
)
ask.mistake(
    "any movement counts, rounding as well; the limit of 1e-6 is not used",
    _by(lambda after, before: (after != before).any(dim=1)),
)
ask.mistake("small movements are lost: your threshold is far larger than 1e-6", _by(_beyond(1e-3)))
ask.mistake("movements of a few millionths are lost: your threshold is above 1e-6", _by(_beyond(1e-5)))
ask.mistake("movements of one millionth and a little are lost: your limit is 2e-6 or so", _by(_beyond(2e-6)))
ask.mistake(
    "the root of the mean square of all features is compared; one feature that moves is enough",
    _by(lambda after, before: (after - before).square().mean(dim=1).sqrt() > 1e-6),
)
ask.mistake(
    "another text takes the place of ids, and what is seen can depend on the text",
    lambda run, ids, other: sees(run, torch.zeros_like(ids), other),
)
ask.mistake("movements of less than 1e-6 count: your threshold is smaller", _by(_beyond(1e-7)))
ask.mistake(
    "torch's own tolerances decide what is equal, not 1e-6 alone",
    _by(lambda after, before: ~torch.isclose(after, before).all(dim=1)),
)
ask.mistake(
    "one number for all outputs decides: if any output moves, the whole column is True",
    _by(lambda after, before: _moved(after, before).any().expand(len(after))),
)


@ask.mistake("the table is all True, whatever the network does")
def _always(run, ids, other):
    return torch.ones(len(ids), len(ids), dtype=torch.bool)


ask.mistake("the table says what stays, not what moves", _by(lambda after, before: ~_moved(after, before)))


@ask.mistake("it holds the first output only: one row in place of T")
def _only_first(run, ids, other):
    before = run(ids)
    return torch.stack([_moved(run(_changed(ids, j, other)), before)[0] for j in range(len(ids))])


@ask.mistake("a token never sees itself in your table")
def _not_itself(run, ids, other):
    return _by(_moved)(run, ids, other) & ~torch.eye(len(ids), dtype=torch.bool)


@ask.mistake("every token is said to see itself, whatever the network does")
def _always_itself(run, ids, other):
    return _by(_moved)(run, ids, other) | torch.eye(len(ids), dtype=torch.bool)


@ask.mistake("the table holds 0.0 and 1.0, not truth values")
def _as_numbers(run, ids, other):
    return _by(_moved)(run, ids, other).float()


@ask.mistake("the table says how far, not whether")
def _how_far(run, ids, other):
    return _by(lambda after, before: (after - before).abs().amax(dim=1))(run, ids, other)


ask.mistake("the token is replaced by 0", lambda run, ids, other: sees(run, ids, 0))


@ask.mistake("the token is replaced by some id of your own, not by `other`")
def _next_id(run, ids, other):
    return _by(_moved, lambda ids, j, other: _changed(ids, j, (ids[j] + 1) % other))(run, ids, other)


@ask.mistake("the answer is a triangle, whatever the network does")
def _always_causal(run, ids, other):
    return torch.ones(len(ids), len(ids), dtype=torch.bool).tril()


@ask.right
def with_lists(run, ids, other):
    T = len(ids)
    first = run(ids)
    table = [[False] * T for _ in range(T)]
    for j in range(T):
        tokens = ids.tolist()
        tokens[j] = other
        second = run(torch.tensor(tokens))
        for i in range(T):
            table[i][j] = bool(((second[i] - first[i]).abs() > 1e-6).any())
    return torch.tensor(table)


@ask.right
def with_where(run, ids, other):
    replaced = torch.where(
        torch.eye(len(ids), dtype=torch.bool), other, ids
    )  # (T, T): row j has token j changed
    moved = torch.stack([run(row) for row in replaced]) - run(ids)  # (T changed, T outputs, H)
    return (moved.abs() > 1e-6).any(dim=-1).T


@ask.right
def with_an_empty_table(run, ids, other):
    seen = torch.empty(len(ids), len(ids), dtype=torch.bool)
    for j in range(len(ids)):
        text = torch.cat([ids[:j], torch.tensor([other]), ids[j + 1 :]])
        seen[:, j] = torch.linalg.vector_norm(run(text) - run(ids), ord=torch.inf, dim=-1) > 1e-6
    return seen
