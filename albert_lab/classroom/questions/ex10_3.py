"""ex10_3: max pooling in which padding wins."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex10_3",
    title="The padding that wins",
    kind="find the bug",
    objectives=("LO-10.2", "LO-10.3"),
    points=2,
    minutes=15,
    difficulty=2,
    importance=4,
    rtol=1e-7,  # the largest is one of the numbers that came in
    atol=1e-7,
    why=(
        "In a sum, 0 is the number that changes nothing; in a maximum, that number is −∞. "
        "Multiplying with the mask is therefore right before a mean and wrong before a maximum."
    ),
)


@ask.reference
def max_pool(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    padding = attention_mask.unsqueeze(-1) == 0  # (B, T, 1)
    return hidden.masked_fill(padding, -torch.inf).amax(dim=1)  # (B, H)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, all numbers negative, garbage in the padding, sizes that differ, dtypes, gradients."""
    by_hand = torch.tensor([[[-2.0, 4.0], [-6.0, 8.0], [100.0, 100.0]]])
    mask = draw.mask(3, 6, share=0.5).long()
    mask[0, 1:4], mask[1, 1:] = torch.tensor([0, 1, 0]), 0
    garbage = draw.normal(3, 6, 4) + 1000 * (1 - mask[..., None])
    far = draw.normal(3, 6, 2, dtype=torch.float64) - 9e5 + 1.8e6 * (1 - mask[..., None])
    lowest = 0.4 * draw.normal(3, 6, 2, dtype=torch.float64).sigmoid() - 1e6 + 2e6 * (1 - mask[..., None])
    apart = draw.normal(3, 6, 4) - torch.tensor([10.0, 60.0, 500.0])[:, None, None]
    nothing_above = 7 * (1 - mask[..., None]) - (draw.normal(3, 6, 4).abs() + 0.5) * mask[..., None]
    nothing_above[torch.arange(3), mask.argmax(dim=1), :2] = 0.0  # in two features
    return [
        Case("two tokens and one place of padding, by hand", (by_hand, torch.tensor([[1, 1, 0]]))),
        Case("all numbers of the real tokens below zero", (-draw.normal(3, 6, 4).abs() - 0.5, mask)),
        Case("large numbers in the padding", (garbage, mask)),
        Case(
            "padding on the left and in between",
            (draw.normal(2, 5, 3) - 3, torch.tensor([[0, 1, 0, 1, 1], [0, 0, 0, 0, 1]])),
        ),
        Case("the largest real number is exactly 0", (nothing_above, mask)),
        Case("no padding", (draw.normal(2, 4, 5), torch.ones(2, 4, dtype=torch.int64))),
        Case("one token", (draw.normal(4, 1, 3) - 2, torch.ones(4, 1, dtype=torch.int64))),
        Case("numbers near −900,000, padding near 900,000, float64", (far, mask)),
        Case("numbers next to −1,000,000, padding next to 1,000,000, float64", (lowest, mask)),
        Case("texts of which each lies lower than the one before", (apart, mask)),
        Case("hidden states that are not contiguous", (draw.strided(3, 6, 4) - 2, mask)),
        Case(
            "gradients flow back to the winners",
            (draw.normal(3, 6, 2) - 50 * (1 - mask[..., None]), mask),
            gradient=True,
        ),
    ]


@ask.mistake("the padding still counts as 0, and 0 is the largest where all real numbers are negative")
def max_pool_as_found(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    real = attention_mask.unsqueeze(-1)
    return (hidden * real).amax(dim=1)


@ask.mistake("the mask is not used at all")
def _no_mask(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden.amax(dim=1)


def _filled_with(value: float):
    def answer(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return hidden.masked_fill(mask.unsqueeze(-1) == 0, value).amax(dim=1)

    return answer


ask.mistake("the padding is filled with −1, which is not below every hidden state", _filled_with(-1.0))
ask.mistake("the padding is filled with −100, which is not below every hidden state", _filled_with(-100.0))
ask.mistake("the padding is filled with −10,000, which is not below every hidden state", _filled_with(-1e4))
ask.mistake("the padding is filled with −100,000, which is not below every hidden state", _filled_with(-1e5))


@ask.mistake("10,000 is subtracted from the padding, which can be too little")
def _subtracted(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden - 1e4 * (1 - mask.unsqueeze(-1))).amax(dim=1)


@ask.mistake("0 and 1 are exchanged: the largest is searched in the padding")
def _inverted(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden.masked_fill(mask.unsqueeze(-1) == 1, -torch.inf).amax(dim=1)


@ask.mistake("the smallest value of the real tokens is taken")
def _lowest(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden.masked_fill(mask.unsqueeze(-1) == 0, torch.inf).amin(dim=1)


@ask.mistake("the signs are dropped before the largest is taken")
def _absolute(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask.unsqueeze(-1)).abs().amax(dim=1)


@ask.mistake("you take all features of one token; each feature has its own winner")
def _longest_token(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    length = hidden.norm(dim=-1).masked_fill(mask == 0, -1)
    return hidden[torch.arange(len(hidden)), length.argmax(dim=1)]


@ask.mistake("you return where the largest stands and not how large it is")
def _places(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden.masked_fill(mask.unsqueeze(-1) == 0, -torch.inf).argmax(dim=1)


@ask.mistake("the largest is taken over the features, not over the tokens")
def _over_the_features(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden.masked_fill(mask.unsqueeze(-1) == 0, -torch.inf).amax(dim=-1)


@ask.mistake("the largest is taken over the batch, not over the tokens")
def _over_the_batch(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden.masked_fill(mask.unsqueeze(-1) == 0, -torch.inf).amax(dim=0)


@ask.mistake("the axis of the tokens is still there, with length 1")
def _axis_kept(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return max_pool(hidden, mask).unsqueeze(1)


@ask.mistake("you return values and places together; only the values are asked for")
def _pair(hidden: torch.Tensor, mask: torch.Tensor) -> tuple:
    return tuple(hidden.masked_fill(mask.unsqueeze(-1) == 0, -torch.inf).max(dim=1))


@ask.mistake("a largest value of exactly 0 is taken for padding and replaced afterwards")
def _zeros_taken_for_padding(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    best = (hidden * mask.unsqueeze(-1)).amax(dim=1)
    return torch.where(best == 0, hidden.amin(dim=1), best)


@ask.mistake("you look for zeros after the multiplication: a real number that is 0 is taken for padding")
def _real_zeros_filled(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    real = hidden * mask.unsqueeze(-1)
    return real.masked_fill(real == 0, -torch.inf).amax(dim=1)


@ask.mistake("the hidden states of the caller are overwritten")
def _in_place(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        hidden[mask == 0] = -torch.inf
    return hidden.amax(dim=1)


@ask.mistake("you count the real tokens and then take the places from the left, wherever they are")
def _up_to_the_count(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.stack([one[: int(row.sum())].amax(dim=0) for one, row in zip(hidden, mask, strict=True)])


@ask.mistake("the real tokens of all texts are thrown together: one vector for the batch")
def _one_for_all_texts(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[mask.bool()].amax(dim=0)


@ask.mistake("the largest is the one with the largest amount, signs put aside")
def _signed_absolute(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    real = hidden * mask.unsqueeze(-1)
    return real.gather(1, real.abs().argmax(dim=1, keepdim=True)).squeeze(1)


@ask.mistake("0 is multiplied by ∞, which is no number (nan)")
def _zero_times_infinity(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    real = mask.unsqueeze(-1)
    return (hidden * real + (1 - real) * -torch.inf).amax(dim=1)


@ask.mistake("the mask of the first text is used for all")
def _mask_of_the_first(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return max_pool(hidden, mask[:1].expand(mask.shape))


@ask.mistake("the gradients are cut on the way, as by detach() or NumPy")
def _detached(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return max_pool(hidden.detach(), mask)


@ask.mistake("of a batch with one text, the axis of the texts is lost")
def _axis_lost(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return max_pool(hidden, mask).squeeze()


@ask.mistake("the first token is taken: that is cls pooling")
def _first_token(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[:, 0]


@ask.mistake("the real tokens are summed")
def _summed(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask.unsqueeze(-1)).sum(dim=1)


@ask.mistake("the result is float32, whatever hidden is")
def _float32(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return max_pool(hidden.float(), mask)


@ask.mistake("the real tokens are averaged: that is mean pooling")
def _mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    real = mask.unsqueeze(-1)
    return (hidden * real).sum(dim=1) / real.sum(dim=1)


ask.mistake(
    "the padding is filled with −999,999, which is not below every number that is allowed",
    lambda hidden, attention_mask: hidden.masked_fill(attention_mask[..., None] == 0, -999_999.0).amax(dim=1),
)
ask.mistake(
    "100,000 is subtracted from the padding, which can be too little",
    lambda hidden, attention_mask: (hidden - 100_000.0 * (1 - attention_mask[..., None])).amax(dim=1),
)
ask.mistake(
    "the padding is filled with the smallest number of the first text; others may lie lower",
    lambda hidden, attention_mask: torch.where(
        attention_mask[..., None] == 1, hidden, hidden[0][attention_mask[0] == 1].min()
    ).amax(dim=1),
)


@ask.right
def with_a_loop(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    rows = []
    for states, mask in zip(hidden, attention_mask, strict=True):
        rows.append(states[mask.bool()].max(dim=0).values)
    return torch.stack(rows)


@ask.right
def with_where(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    lowest = torch.finfo(hidden.dtype).min
    return torch.where(attention_mask[:, :, None].bool(), hidden, lowest).max(dim=1)[0]


@ask.right
def with_lowest_of_all(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    real = attention_mask.unsqueeze(-1).expand_as(hidden) == 1
    filled = torch.where(real, hidden, hidden.detach().min())
    return torch.amax(filled, 1)


@ask.right
def with_a_large_number(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    away = (1 - attention_mask).to(hidden.dtype).unsqueeze(-1) * -1e9
    return (hidden + away).amax(dim=1)
