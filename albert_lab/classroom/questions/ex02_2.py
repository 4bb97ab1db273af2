"""ex02_2: a test that no wrong split passes."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex02_2",
    title="A test that no wrong split passes",
    kind="implement",
    objectives=("LO-02.2",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "A test can only see a mistake that changes its numbers, so its sizes must be larger than 1 and its "
        "numbers all different. And it needs an independent way to the right numbers, not the way back."
    ),
)

Tensor = torch.Tensor


@ask.reference
def is_right(split) -> bool:
    batch, tokens, heads, d = 2, 3, 4, 5  # all different, none of them 1
    x = torch.arange(120.0).reshape(batch, tokens, heads * d)
    by_columns = [x[:, :, n * d : (n + 1) * d] for n in range(heads)]
    return torch.equal(split(x, heads), torch.stack(by_columns, dim=1))


def _viewed(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _chunked(x: Tensor, heads: int) -> Tensor:
    return torch.stack(x.chunk(heads, dim=-1), dim=1)


def _copied(x: Tensor, heads: int) -> Tensor:
    return _viewed(x, heads).clone(memory_format=torch.contiguous_format)


def _poured(x: Tensor, heads: int) -> Tensor:
    return x.reshape(len(x), heads, x.shape[1], -1)


def _every_nth(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2)


def _backwards(x: Tensor, heads: int) -> Tensor:
    return _viewed(x, heads).flip(1)


def _tokens_backwards(x: Tensor, heads: int) -> Tensor:
    return _viewed(x, heads).flip(2)


def _heads_not_moved(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1))


def _turned(x: Tensor, heads: int) -> Tensor:
    return _viewed(x, heads).mT


def _first_text(x: Tensor, heads: int) -> Tensor:
    return _viewed(x[:1].expand_as(x), heads)


def _first_token(x: Tensor, heads: int) -> Tensor:
    return _viewed(x[:, :1].expand_as(x), heads)


def _first_head(x: Tensor, heads: int) -> Tensor:
    return _viewed(x, heads)[:, :1].expand(-1, heads, -1, -1)


def _exchanged(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (-1, heads)).transpose(1, 2)


def _last_text(x: Tensor, heads: int) -> Tensor:
    return _viewed(x[-1:].expand_as(x), heads)


def _last_token(x: Tensor, heads: int) -> Tensor:
    return _viewed(x[:, -1:].expand_as(x), heads)


def _last_head(x: Tensor, heads: int) -> Tensor:
    return _viewed(x, heads)[:, -1:].expand(-1, heads, -1, -1)


def _one_wrong(axis: int, place: int):
    """A split that is right but for the first or the last along one axis, which repeats its neighbour."""

    def split(x: Tensor, heads: int) -> Tensor:
        found = _viewed(x, heads).clone()  # (B, N, T, d)
        if found.shape[axis] > 1:
            found.select(axis, place).copy_(found.select(axis, 1 if place == 0 else -2))
        return found

    return split


def _first_feature(x: Tensor, heads: int) -> Tensor:
    return _viewed(x, heads)[..., :1].expand(-1, -1, -1, x.shape[-1] // heads)


SPLITS = (
    ("a right split, made with unflatten", _viewed),
    ("a right split, made with chunks", _chunked),
    ("a right split, copied into new memory", _copied),
    ("a poured split", _poured),
    ("a split that takes every N-th feature", _every_nth),
    ("a split that exchanges the number of heads and their width", _exchanged),
    ("a split with the heads in reverse order", _backwards),
    ("a split with the tokens in reverse order", _tokens_backwards),
    ("a split that leaves the heads behind the tokens", _heads_not_moved),
    ("a split with tokens and features exchanged", _turned),
    ("a split that gives every text the first one's numbers", _first_text),
    ("a split that gives every token the first one's numbers", _first_token),
    ("a split that gives every head the first one's numbers", _first_head),
    ("a split that gives every text the last one's numbers", _last_text),
    ("a split that gives every token the last one's numbers", _last_token),
    ("a split that gives every head the last one's numbers", _last_head),
    *(
        (f"a split whose {which} {what} repeats its neighbour", _one_wrong(axis, place))
        for which, place in (("first", 0), ("last", -1))
        for axis, what in enumerate(("text", "head", "token", "feature"))
    ),
    ("a split that repeats the first feature of each head", _first_feature),
)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Three right splits and all the wrong ones, in an order that is drawn."""
    order = draw.normal(len(SPLITS)).argsort().tolist()
    return [Case(SPLITS[i][0], (SPLITS[i][1],)) for i in order]


@ask.mistake("your test looks at the shape alone, or at numbers that are all alike")
def _only_the_shape(split):
    return split(torch.randn(2, 3, 20), 4).shape == (2, 4, 3, 5)


@ask.mistake(
    "your test reads the numbers in the order in which they lie: it likes the poured split and "
    "refuses right ones"
)
def _back_and_forth(split):
    x = torch.randn(2, 3, 20)
    return torch.equal(split(x, 4).reshape(2, 3, 20), x)


def _numbers(batch: int, tokens: int, heads: int, d: int) -> Tensor:
    return torch.arange(float(batch * tokens * heads * d)).reshape(batch, tokens, heads * d)


def _on_sizes(batch, tokens, heads, d):
    """A right test, on these sizes only."""

    def test(split):
        x = _numbers(batch, tokens, heads, d)
        return torch.equal(split(x, heads), _viewed(x, heads))

    return test


ask.mistake("your test has a single token, and with one token nothing can be mixed up", _on_sizes(2, 1, 4, 5))
ask.mistake("your test has a single head", _on_sizes(2, 3, 1, 5))
ask.mistake(
    "your test looks at a single text, so that a mistake between texts is not seen", _on_sizes(1, 3, 4, 5)
)
ask.mistake(
    "your test has a single text, and as many heads as features in each head: what exchanges the "
    "two, and what goes wrong between texts, is not seen",
    _on_sizes(1, 2, 2, 2),
)
ask.mistake("your test has heads of one feature", _on_sizes(2, 3, 4, 1))


def _part(*place):
    """A test that looks at the shape, and at this part of the result only."""

    def test(split):
        x = _numbers(3, 4, 4, 5)
        found = split(x, 4)
        return found.shape == (3, 4, 4, 5) and torch.equal(found[place], _viewed(x, 4)[place])

    return test


ask.mistake("your test looks at head 0 only", _part(slice(None), 0))
ask.mistake("your test looks at the first token only", _part(..., 0, slice(None)))


@ask.mistake("your test asks whether the same numbers (or the same sum) come out, in whatever order")
def _same_numbers(split):
    x = torch.randn(2, 3, 20)
    return torch.equal(split(x, 4).flatten().sort().values, x.flatten().sort().values)


@ask.mistake(
    "your test never asks how many heads there are: it puts them together again, or has as many "
    "heads as features in each"
)
def _together_again(split):
    x = torch.randn(2, 3, 20)
    return torch.equal(split(x, 4).transpose(1, 2).flatten(2), x)


ask.mistake("your test says True to every split", lambda split: True)
ask.mistake("your test says False to every split", lambda split: False)
ask.mistake(
    "True and False are exchanged: the contract wants True for a right split",
    lambda split: not is_right(split),
)


@ask.mistake("your test raises an error where it should return False")
def _asserts(split):
    x = _numbers(2, 3, 4, 5)
    torch.testing.assert_close(split(x, 4), _viewed(x, 4))
    return True


@ask.mistake("your test compares numbers of different shapes, which is an error")
def _compares_without_shape(split):
    x = _numbers(2, 3, 4, 5)
    return bool((split(x, 4) == _viewed(x, 4)).all())


ask.mistake("your test looks at the last head only", _part(slice(None), -1))
for _axis, _what in enumerate(("text", "head", "token", "feature")):
    _before = (slice(None),) * _axis
    ask.mistake(f"your test leaves out the last {_what}, or more than that", _part(*_before, slice(-1)))
    ask.mistake(f"your test leaves out the first {_what}, or more than that", _part(*_before, slice(1, None)))
ask.mistake("your test looks at the first head of the first text only", _part(0, 0))
ask.mistake("your test looks at the last text only", _part(-1))
ask.mistake("your test looks at the last token only", _part(..., -1, slice(None)))
ask.mistake("your test looks at one feature of each head, or at numbers alike in a head", _part(..., 0))


@ask.mistake("your test asks for the shape, and whether the same numbers (or the same sum) come out")
def _shape_and_numbers(split):
    return _only_the_shape(split) and _same_numbers(split)


def _expects(wrong):
    """A test that compares with this split."""

    def test(split):
        x = _numbers(2, 3, 4, 5)
        return torch.equal(split(x, 4), wrong(x, 4))

    return test


ask.mistake("what your test takes for right is a poured split", _expects(_poured))
ask.mistake("what your test takes for right gives a head every N-th feature", _expects(_every_nth))
ask.mistake(
    "your test wants the numbers in new memory; right splits need not copy",
    lambda split: is_right(split) and split(_numbers(2, 3, 4, 5), 4).is_contiguous(),
)


@ask.mistake("your test gives True or nothing, and raises an error for False")
def _asserts_only(split):
    assert is_right(split)


ask.mistake("1 and 0 are returned; the contract wants True and False", lambda split: int(is_right(split)))


@ask.right
def with_random_numbers(split) -> bool:
    x = torch.randn(3, 5, 14)
    found = split(x, 2)
    if found.shape != (3, 2, 5, 7):
        return False
    return bool((found[:, 0] == x[..., :7]).all() and (found[:, 1] == x[..., 7:]).all())


@ask.right
def with_a_merge(split):
    x = torch.randn(4, 3, 10)
    found = split(x, 2)
    return found.shape == (4, 2, 3, 5) and torch.equal(found.transpose(1, 2).reshape(4, 3, 10), x)


@ask.right
def number_by_number(split):
    x = torch.randn(2, 4, 6)
    found = split(x, 3)
    if tuple(found.shape) != (2, 3, 4, 2):
        return False
    places = [(b, t, i) for b in range(2) for t in range(4) for i in range(6)]
    return all(found[b, i // 2, t, i % 2] == x[b, t, i] for b, t, i in places)


@ask.right
def on_several_sizes(split):
    return all(_on_sizes(*sizes)(split) for sizes in ((1, 2, 2, 2), (2, 3, 2, 5), (3, 2, 3, 1)))
