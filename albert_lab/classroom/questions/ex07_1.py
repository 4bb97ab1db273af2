"""ex07_1: which rows of the table learn, and how much."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex07_1",
    title="Which rows learn?",
    kind="implement",
    objectives=("LO-07.1",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "The look-up is the product one-hot · W, so its gradient is the transposed one-hot times the "
        "slopes. A column of one-hot has a 1 at each place where its piece stands, so the slopes there "
        "are added, and a piece that stands nowhere gets nothing."
    ),
)


@ask.reference
def table_gradient(ids: torch.Tensor, slopes: torch.Tensor, rows: int) -> torch.Tensor:
    one_hot = F.one_hot(ids.flatten(), rows).to(slopes.dtype)  # (tokens, V)
    return one_hot.T @ slopes.reshape(-1, slopes.shape[-1])  # (V, tokens) @ (tokens, E)


def _text(draw: Draw, rows: int, shape: tuple[int, ...], width: int, dtype=None) -> tuple:
    return draw.integers(0, rows, *shape), draw.normal(*shape, width, dtype=dtype), rows


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; repeats within and across texts; rows nobody uses; one token, none, one id; dtype, layout."""
    by_hand = torch.tensor([2, 0, 2]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]]), 4
    one_id = torch.full((2, 3), 4), draw.normal(2, 3, 5), 6
    nearly = draw.normal(2, 2, 3, dtype=torch.float64)
    large = 1e8 * (3 + draw.normal(3, dtype=torch.float64).abs())
    nearly[0, 0], nearly[1, 0] = nearly[0, 0] + large, nearly[1, 0] - large
    return [
        Case("three tokens, four pieces, by hand", by_hand),
        Case("one text without repeats", (torch.tensor([5, 1, 3]), draw.normal(3, 2), 7)),
        Case("several texts, many repeats", _text(draw, 4, (3, 6), 5)),
        Case("far more pieces than tokens", _text(draw, 50, (2, 3), 4)),
        Case("more tokens than pieces", _text(draw, 3, (2, 7), 4)),
        Case("one piece at all places", one_id),
        Case("one token", _text(draw, 5, (1,), 3)),
        Case("no token", (torch.zeros(0, dtype=torch.int64), torch.zeros(0, 3), 4)),
        Case(
            "no token, float64",
            (torch.zeros(0, dtype=torch.int64), torch.zeros(0, 2, dtype=torch.float64), 3),
        ),
        Case("two texts without a token", (torch.zeros(2, 0, dtype=torch.int64), torch.zeros(2, 0, 3), 4)),
        Case("rows of one number", _text(draw, 4, (2, 3), 1)),
        Case("a table of one row", _text(draw, 1, (2, 2), 3)),
        Case("ids with three axes", _text(draw, 6, (2, 3, 4), 2)),
        Case("float64 stays float64", _text(draw, 5, (2, 4), 3, torch.float64)),
        Case("float64, large slopes that nearly cancel", (torch.tensor([[1, 0], [1, 3]]), nearly, 5)),
        Case("slopes that are not contiguous", (draw.integers(0, 5, 2, 4), draw.strided(2, 4, 3), 5)),
        Case("ids that are not contiguous", (draw.integers(0, 5, 4, 3).T, draw.normal(3, 4, 2), 5)),
    ]


@ask.mistake("a piece that occurs twice keeps only its last slope: they are overwritten, not added")
def _last_one(ids, slopes, rows):
    out = torch.zeros(rows, slopes.shape[-1], dtype=slopes.dtype)
    for i, slope in zip(ids.flatten().tolist(), slopes.reshape(-1, slopes.shape[-1]), strict=True):
        out[i] = slope
    return out


@ask.mistake("a piece that occurs twice keeps only its first slope")
def _first_one(ids, slopes, rows):
    return _last_one(ids.flatten().flip(0), slopes.reshape(-1, slopes.shape[-1]).flip(0), rows)


@ask.mistake("you divided each row by how often its piece occurs: a mean, where a sum belongs")
def _mean(ids, slopes, rows):
    often = torch.bincount(ids.flatten(), minlength=rows).clamp(min=1)
    return table_gradient(ids, slopes, rows) / often[:, None].to(slopes.dtype)


@ask.mistake("a slope goes to the row of the token's place, not to the row of its id")
def _by_place(ids, slopes, rows):
    return table_gradient(torch.arange(ids.numel()).reshape(ids.shape), slopes, rows)


@ask.mistake("you counted how often a piece occurs; the slopes themselves are not used")
def _counts(ids, slopes, rows):
    return table_gradient(ids, torch.ones_like(slopes), rows)


@ask.mistake("only the first text is used")
def _first_text(ids, slopes, rows):
    return table_gradient(ids[:1], slopes[:1], rows) if ids.ndim > 1 else table_gradient(ids, slopes, rows)


@ask.mistake("only the last text is used")
def _last_text(ids, slopes, rows):
    return _first_text(ids.flip(0), slopes.flip(0), rows)


@ask.mistake("one step handles a whole text, and a piece that occurs twice in it keeps only its last slope")
def _last_one_of_each_text(ids, slopes, rows):
    out = torch.zeros(rows, slopes.shape[-1], dtype=slopes.dtype)
    for row, slope in zip(ids, slopes, strict=True):
        out[row] += slope
    return out


@ask.mistake("each text has a table of its own, and the tables are not added")
def _each_text_its_own(ids, slopes, rows):
    return F.one_hot(ids, rows).to(slopes.dtype).mT @ slopes


@ask.mistake("`ids` and `slopes` are put in a row in different orders")
def _other_order(ids, slopes, rows):
    return table_gradient(ids.permute(*reversed(range(ids.ndim))), slopes, rows)


@ask.mistake("the row of id 0 gets nothing, as if 0 were padding")
def _no_padding(ids, slopes, rows):
    return table_gradient(ids, slopes * (ids != 0)[..., None], rows)


@ask.mistake("you looked up rows of `slopes`; they belong back in the rows of the table")
def _looked_up(ids, slopes, rows):
    return slopes[ids]


@ask.mistake("you added in float32 and changed the dtype afterwards")
def _float32_in_between(ids, slopes, rows):
    return table_gradient(ids, slopes.float(), rows).to(slopes.dtype)


@ask.mistake("axes of size 1 were dropped from the result")
def _squeezed(ids, slopes, rows):
    return table_gradient(ids, slopes, rows).squeeze()


@ask.mistake("rows and columns are exchanged: (E, V)")
def _turned(ids, slopes, rows):
    return table_gradient(ids, slopes, rows).T


@ask.mistake("every row gets the sum of all slopes, used or not")
def _everywhere(ids, slopes, rows):
    return slopes.reshape(-1, slopes.shape[-1]).sum(dim=0).expand(rows, -1).clone()


@ask.mistake("the table ends at the largest id that occurs")
def _up_to_the_largest_id(ids, slopes, rows):
    return table_gradient(ids, slopes, rows)[: int(ids.max()) + 1 if ids.numel() else 0]


@ask.mistake("you divided by the number of texts")
def _mean_of_texts(ids, slopes, rows):
    return table_gradient(ids, slopes, rows) / (len(ids) if ids.ndim > 1 else 1)


@ask.mistake("you divided by the number of tokens")
def _mean_of_tokens(ids, slopes, rows):
    return table_gradient(ids, slopes, rows) / max(1, ids.numel())


@ask.mistake("the result is always float32")
def _float32(ids, slopes, rows):
    return table_gradient(ids, slopes.float(), rows)


@ask.mistake("the sign of the slopes is lost")
def _absolute(ids, slopes, rows):
    return table_gradient(ids, slopes.abs(), rows)


@ask.mistake("only rows that are used are returned")
def _only_used(ids, slopes, rows):
    return table_gradient(ids, slopes, rows)[ids.unique()]


@ask.mistake("there is one row for each token, not one for each piece")
def _each_token(ids, slopes, rows):
    return table_gradient(ids, slopes, rows)[ids]


@ask.mistake("without a token the result is float32, whatever the slopes are")
def _float32_if_empty(ids, slopes, rows):
    return table_gradient(ids, slopes, rows) if ids.numel() else torch.zeros(rows, slopes.shape[-1])


@ask.mistake("`view` puts the ids in a row, which it cannot where they do not lie in one; `reshape` can")
def _viewed(ids, slopes, rows):
    return table_gradient(ids.view(-1), slopes.reshape(-1, slopes.shape[-1]), rows)


@ask.mistake("rows that nobody uses are nan: a mean over no token")
def _mean_of_none(ids, slopes, rows):
    used = [(ids == row).unsqueeze(-1) for row in range(rows)]
    sums = [(slopes * one).flatten(0, -2).sum(dim=0) / one.sum() * one.sum() for one in used]
    return torch.stack(sums)


@ask.right
def with_index_add(ids, slopes, rows):
    out = torch.zeros(rows, slopes.shape[-1], dtype=slopes.dtype)
    return out.index_add(0, ids.reshape(-1), slopes.reshape(ids.numel(), slopes.shape[-1]))


@ask.right
def with_autograd(ids, slopes, rows):
    table = torch.zeros(rows, slopes.shape[-1], dtype=slopes.dtype, requires_grad=True)
    return torch.autograd.grad((table[ids] * slopes).sum(), table)[0]


@ask.right
def with_a_loop(ids, slopes, rows):
    flat = slopes.flatten(0, -2)
    out = [torch.zeros(slopes.shape[-1], dtype=slopes.dtype) for _ in range(rows)]
    for t, i in enumerate(ids.flatten().tolist()):
        out[i] = out[i] + flat[t]
    return torch.stack(out)
