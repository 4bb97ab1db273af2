"""ex13_2: how undecided the heads are, in a batch with padding."""

from __future__ import annotations

import math

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex13_2",
    title="How undecided is a head?",
    kind="find the bug",
    objectives=("LO-13.3",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=4,
    atol=1e-6,
    why=(
        "A weight of 0 adds nothing to the entropy, but the computer meets 0 · ln 0 and makes it NaN. "
        "Padding never gets weight, so that the most undecided head possible spreads over real tokens only; "
        "and what the rows of padding hold belongs to no text."
    ),
)

Tensor = torch.Tensor


@ask.reference
def undecided(weights: Tensor, mask: Tensor) -> Tensor:
    rows = -torch.xlogy(weights, weights).sum(dim=-1)  # (B, N, T); xlogy makes 0 · ln 0 a 0
    real = mask[:, None, :].to(weights.dtype)  # (B, 1, T)
    count = real.sum(dim=-1)  # (B, 1)
    return (rows * real).sum(dim=-1) / count / count.log()


def _maps(draw: Draw, mask: Tensor, heads: int, sharp: float, dtype: torch.dtype = torch.float32) -> tuple:
    """Weights as a network gives them: padding gets none, but looks; some weights are exactly 0."""
    batch, tokens = mask.shape
    scores = sharp * draw.normal(batch, heads, tokens, tokens, dtype=dtype)
    weights = scores.masked_fill(~mask[:, None, None, :], -torch.inf).softmax(dim=-1)
    weights = torch.where(weights < 0.01, 0.0, weights)
    return weights / weights.sum(dim=-1, keepdim=True), mask


def _mask(lengths: list[int], tokens: int) -> Tensor:
    return torch.arange(tokens) < torch.tensor(lengths)[:, None]


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """The chapter's map, with and without padding; lengths that differ; even and decided heads; layouts."""
    chapter = torch.tensor([[0, 1, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    padded = torch.zeros(1, 1, 5, 5)
    padded[0, 0, :3, :3] = chapter
    padded[0, 0, 3:, :3] = 1 / 3
    mixed = _mask([2, 7, 5, 4], 7)
    holes = mixed.clone()
    holes[1, 2] = False
    even = mixed[:2, None, None, :].expand(2, 3, 7, 7) / mixed[:2].sum(-1)[:, None, None, None]
    first = torch.zeros(2, 3, 7, 7)
    first[..., 0] = 1.0
    fainter = torch.full((1, 2, 8, 8), 1e-6)
    fainter[0, 1] = 1e-5
    fainter[..., 3] = 1 - 7 * fainter[..., 0]
    faint = torch.full((1, 2, 8, 8), 0.0004)
    faint[..., :2] = torch.tensor([0.9, 0.0976])
    turned = _maps(draw, _mask([4, 3], 4), 3, 2.0)
    wide = turned[0].mT.contiguous().mT
    return [
        Case("the chapter's three tokens", (chapter[None, None], _mask([3], 3))),
        Case("the same with two places of padding", (padded, _mask([3], 5))),
        Case("texts of different lengths", _maps(draw, mixed, 3, 2.0)),
        Case("no padding, soft heads", _maps(draw, _mask([6, 6], 6), 4, 0.5)),
        Case("padding in the middle", _maps(draw, holes, 2, 1.5)),
        Case("as many heads as texts", _maps(draw, mixed, 4, 1.0)),
        Case("as many texts, heads and tokens", _maps(draw, _mask([2, 4, 3, 4], 4), 4, 1.0)),
        Case("even heads have 1", (even, mixed[:2])),
        Case("decided heads have 0", (first, mixed[:2])),
        Case("small weights count, too", (faint, _mask([8], 8))),
        Case("weights of a hundred-thousandth and of a millionth count, too", (fainter, _mask([8], 8))),
        Case("two real tokens, one head", _maps(draw, _mask([2, 2], 6), 1, 1.0)),
        Case("float64 stays float64", _maps(draw, mixed, 2, 1.0, torch.float64)),
        Case("weights that are not contiguous", (wide, turned[1])),
    ]


@ask.mistake("the function is as it was found, or the logarithm of 0 is still taken: its NaN hides all else")
def _as_found(weights, mask):
    rows = -(weights * weights.log()).sum(dim=-1)
    return rows.mean(dim=-1) / math.log(weights.shape[-1])


def _bits(weights: Tensor) -> Tensor:
    return -torch.xlogy(weights, weights).sum(dim=-1)


@ask.mistake("the logarithm is mended; padding still counts, in the mean and in the comparison")
def _only_the_logarithm(weights, mask):
    return _bits(weights).mean(dim=-1) / math.log(weights.shape[-1])


def _log_count(weights: Tensor, mask: Tensor) -> Tensor:
    return mask.sum(dim=-1, keepdim=True).to(weights.dtype).log()


@ask.mistake("padding still takes part as a token that looks")
def _padding_looks(weights, mask):
    return _bits(weights).mean(dim=-1) / _log_count(weights, mask)


def _average(rows: Tensor, mask: Tensor) -> Tensor:
    real = mask[:, None, :].to(rows.dtype)
    return (rows * real).sum(dim=-1) / real.sum(dim=-1)


@ask.mistake("you compare with a head that spreads evenly over padding, too")
def _even_over_padding(weights, mask):
    return _average(_bits(weights), mask) / math.log(weights.shape[-1])


@ask.mistake("a whole row is thrown away because one of its weights is 0; only that weight's term is 0")
def _nan_rows_dropped(weights, mask):
    rows = -(weights * weights.log()).sum(dim=-1)
    return _average(rows.nan_to_num(0.0), mask) / _log_count(weights, mask)


@ask.mistake("you sum over real tokens and divide by all T of them")
def _divided_by_all(weights, mask):
    real = mask[:, None, :].to(weights.dtype)
    return (_bits(weights) * real).mean(dim=-1) / _log_count(weights, mask)


@ask.mistake("you sum over the tokens that look, and do not average")
def _summed(weights, mask):
    return undecided(weights, mask) * mask.sum(dim=-1, keepdim=True)


@ask.mistake("you do not compare with the head that does nothing")
def _not_compared(weights, mask):
    return _average(_bits(weights), mask)


@ask.mistake("you give the share of the keys in use; the share of the entropy is asked for")
def _keys_in_use(weights, mask):
    return _average(_bits(weights), mask).exp() / mask.sum(dim=-1, keepdim=True)


@ask.mistake("you divide by the number of tokens; the entropy of an even head is another")
def _by_the_count(weights, mask):
    return _average(_bits(weights), mask) / mask.sum(dim=-1, keepdim=True)


ask.mistake("the sign is lost: entropy is never below 0", lambda weights, mask: -undecided(weights, mask))


@ask.mistake("you sum over columns; a column is what a token receives, and sums to anything")
def _columns(weights, mask):
    return undecided(weights.mT, mask)


@ask.mistake("you give a number for each token that looks; one for each head is asked for")
def _each_token(weights, mask):
    return _bits(weights) * mask[:, None, :] / _log_count(weights, mask)[..., None]


@ask.mistake("you average over the heads, too")
def _all_heads(weights, mask):
    return undecided(weights, mask).mean(dim=-1)


@ask.mistake("you average over the tokens of all texts together; texts differ in length")
def _one_batch(weights, mask):
    real = mask[:, None, :].to(weights.dtype)
    share = (_bits(weights) * real).sum(dim=-1) / real.sum()
    return share * len(mask) / _log_count(weights, mask)


@ask.mistake("all texts are compared with the same even head; it depends on the length")
def _mean_length(weights, mask):
    length = mask.sum(dim=-1).to(weights.dtype).mean()
    return _average(_bits(weights), mask) / length.log()


@ask.mistake(
    "you average the rows first and take the entropy of that: where the head looks on average, "
    "not how undecided its rows are"
)
def _mean_map(weights, mask):
    real = mask[:, None, :, None].to(weights.dtype)
    return _bits((weights * real).sum(dim=-2) / real.sum(dim=-2)) / _log_count(weights, mask)


@ask.mistake("entropy and comparison have logarithms of different bases")
def _other_base(weights, mask):
    return undecided(weights, mask) / math.log(2)


@ask.mistake("a number is added inside of the logarithm, large enough to be seen")
def _something_added(weights, mask, number=1e-3):
    return _average(-(weights * (weights + number).log()).sum(dim=-1), mask) / _log_count(weights, mask)


ask.mistake(
    "a number is added inside of the logarithm, so that a decided head falls below 0",
    lambda weights, mask: _something_added(weights, mask, 1e-5),
)


@ask.mistake("small weights are raised before the logarithm, by a floor that is too high")
def _floor(weights, mask):
    return _average(-(weights * weights.clamp_min(1e-3).log()).sum(dim=-1), mask) / _log_count(weights, mask)


ask.mistake(
    "small weights are raised before the logarithm, by a floor of 1e-4 or so",
    lambda weights, mask: (
        _average(-(weights * weights.clamp_min(1e-4).log()).sum(dim=-1), mask) / _log_count(weights, mask)
    ),
)


@ask.mistake("a row is compared with an even head over the keys that it uses, not over all real tokens")
def _keys_in_the_row(weights, mask):
    keys = (weights > 0).sum(dim=-1).clamp_min(2)
    return _average(_bits(weights) / keys.log(), mask)


@ask.mistake("padding is taken to stand at the end of a text; the mask says where it is")
def _padding_at_the_end(weights, mask):
    first = torch.arange(mask.shape[1]) < mask.sum(dim=-1, keepdim=True)
    return undecided(weights, first)


@ask.mistake("the real tokens of all texts are counted together; each text has its own")
def _all_texts_counted(weights, mask):
    rows = (_bits(weights) * mask[:, None]).sum(dim=-1)
    return rows / mask.sum() / mask.sum().to(rows.dtype).log()


@ask.mistake("the mask has no axis for the heads, so that texts and heads are mixed up")
def _no_axis_for_heads(weights, mask):
    count = mask.sum(dim=-1, keepdim=True)
    return (_bits(weights) * mask).sum(dim=-1) / count / count.to(weights.dtype).log()


ask.mistake("1 stands for decided and 0 for even", lambda weights, mask: 1 - undecided(weights, mask))
ask.mistake("the mask is turned round: True is a real token", lambda weights, mask: undecided(weights, ~mask))


@ask.mistake("the caller's weights are changed in place")
def _in_place(weights, mask):
    weights[weights == 0] = 1
    return _average(_bits(weights), mask) / _log_count(weights, mask)


@ask.mistake("the dtype is changed on the way")
def _other_dtype(weights, mask):
    wanted = torch.float64 if weights.dtype == torch.float32 else torch.float32
    return undecided(weights.to(wanted), mask)


@ask.right
def with_where(weights: Tensor, mask: Tensor) -> Tensor:
    logs = torch.where(weights > 0, weights, 1.0).log()
    rows = -(weights * logs).sum(dim=-1).masked_fill(~mask[:, None, :], 0)
    count = mask.sum(dim=-1, keepdim=True).to(weights.dtype)
    return rows.sum(dim=-1) / (count * count.log())


@ask.right
def with_loops(weights, mask):
    texts = []
    for maps, real in zip(weights, mask, strict=True):
        own = maps[:, real]  # (N, real, T)
        rows = torch.special.entr(own).sum(dim=-1)
        texts.append(rows.mean(dim=-1) / math.log(int(real.sum())))
    return torch.stack(texts)


@ask.right
def number_by_number(weights, mask):
    found = torch.zeros(weights.shape[:2], dtype=weights.dtype)
    for b, n in torch.cartesian_prod(*(torch.arange(s) for s in found.shape)).view(-1, 2).tolist():
        real = [i for i, here in enumerate(mask[b].tolist()) if here]
        rows = [-sum(a * math.log(a) for a in weights[b, n, i].tolist() if a > 0) for i in real]
        found[b, n] = sum(rows) / len(rows) / math.log(len(real))
    return found


@ask.right
def clamped(weights, mask):
    rows = -(weights * weights.clamp_min(1e-30).log()).sum(dim=-1)
    return torch.einsum("bnt,bt->bn", rows, mask.to(rows.dtype)) / mask.sum(1, True) / mask.sum(1, True).log()
