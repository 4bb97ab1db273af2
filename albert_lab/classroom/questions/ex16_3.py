"""ex16_3: what teacher forcing feeds the decoder."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex16_3",
    title="One place late",
    kind="find the bug",
    objectives=("LO-16.3",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=5,
    why=(
        "Place t must be asked for piece t while it has seen pieces 0 to t - 1 only. Fed without the shift, "
        "the answer stands at the very place that is asked, and no mask hides a place from itself."
    ),
)

Tensor = torch.Tensor


@ask.reference
def decoder_inputs(targets: Tensor, start: int, filler: int) -> Tensor:
    before = targets[:, :-1]
    first = torch.full_like(targets[:, :1], start)
    return torch.cat([first, torch.where(before == -100, filler, before)], dim=1)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Whole rows, padded rows, one piece, gaps in the middle, other signs for start and filler."""

    def pieces(*shape: int) -> Tensor:
        return draw.integers(3, 60, *shape)

    padded = pieces(3, 6)
    padded[0, 4:] = padded[2, 2:] = -100
    middle = pieces(2, 5)
    middle[0, 1] = middle[1, 0] = -100
    last = pieces(2, 4)
    last[:, 3] = -100
    return [
        Case("the chapter's example", (torch.tensor([[5, 7, 6, 1]]), 0, 1)),
        Case("a batch", (pieces(4, 5), 0, 1)),
        Case("padded rows", (padded, 0, 1)),
        Case("pieces in the middle that do not count", (middle, 0, 1)),
        Case("only the last does not count", (last, 0, 2)),
        Case("one piece", (pieces(3, 1), 2, 1)),
        Case("another start and another filler", (padded.roll(1, dims=0), 61, 62)),
        Case("a row in which nothing counts", (torch.full((1, 4), -100), 0, 1)),
    ]


ask.use(call_for_whole_numbers)


@ask.mistake("nothing is shifted: each place is fed the piece that it is asked for")
def _unshifted(targets, start, filler):
    return torch.where(targets == -100, filler, targets)


@ask.mistake("it is shifted the other way: each place is fed the piece after the one it is asked for")
def _left(targets, start, filler):
    rest = torch.where(targets == -100, filler, targets)[:, 1:]
    return torch.cat([rest, torch.full_like(targets[:, :1], start)], dim=1)


@ask.mistake("the last piece comes around to the front, where the start should stand")
def _rolled(targets, start, filler):
    return torch.where(targets == -100, filler, targets).roll(1, dims=1)


@ask.mistake("-100 is fed: it marks what does not count, and is no piece")
def _unfilled(targets, start, filler):
    return torch.cat([torch.full_like(targets[:, :1], start), targets[:, :-1]], dim=1)


@ask.mistake("what does not count is fed as the start sign")
def _filled_with_start(targets, start, filler):
    return decoder_inputs(targets, start, start)


@ask.mistake("the start is put before and nothing is cut off: one place too many")
def _too_long(targets, start, filler):
    first = torch.full_like(targets[:, :1], start)
    return torch.cat([first, torch.where(targets == -100, filler, targets)], dim=1)


@ask.mistake("the start replaces the first piece, and nothing is shifted")
def _overwritten(targets, start, filler):
    fed = torch.where(targets == -100, filler, targets)
    fed[:, 0] = start
    return fed


@ask.mistake("the filler stands at the first place, the start is missing")
def _no_start(targets, start, filler):
    return decoder_inputs(targets, filler, filler)


@ask.mistake("only the first row is shifted, the others are fed as they are")
def _first_row(targets, start, filler):
    fed = _unshifted(targets, start, filler)
    fed[0] = decoder_inputs(targets[:1], start, filler)[0]
    return fed


@ask.mistake("it is shifted by two places")
def _two(targets, start, filler):
    first = torch.full_like(targets[:, :1], start)
    return torch.cat([first, decoder_inputs(targets, start, filler)], dim=1)[:, :-1]


@ask.right
def _loop(targets, start, filler):
    rows = [[start, *(filler if piece == -100 else piece for piece in row[:-1])] for row in targets.tolist()]
    return torch.tensor(rows)


@ask.right
def _in_place(targets, start, filler):
    fed = targets.new_full(targets.shape, start)
    fed[:, 1:] = targets[:, :-1].masked_fill(targets[:, :-1] == -100, filler)
    return fed


@ask.right
def _padded(targets, start, filler):
    fed = torch.nn.functional.pad(targets, (1, 0), value=start)[:, :-1]
    return fed.masked_fill(fed == -100, filler)
