"""ex10_2: mean pooling as weights of the tokens."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex10_2",
    title="Mean pooling as a matrix product",
    kind="implement",
    objectives=("LO-10.2",),
    points=1,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "A mean is a sum with weights that are equal and sum to 1, so it is one row of a matrix product: "
        "attention whose weights nobody learnt. The weights have to sum to 1 over the real tokens, or the "
        "length of a text decides the length of its vector."
    ),
)


@ask.reference
def pooling_weights(attention_mask: torch.Tensor) -> torch.Tensor:
    return attention_mask / attention_mask.sum(dim=-1, keepdim=True)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, padding left and right, square batches, one token, no padding, booleans, a long text."""
    mixed = draw.mask(3, 7).long()
    mixed[1] = 1
    mixed[0, -2:] = torch.tensor([0, 1])
    some = torch.tensor([draw.integer(300, 600), 700])
    return [
        Case("two tokens and one place of padding, by hand", (torch.tensor([[1, 1, 0]]),)),
        Case("three texts of different length", (mixed,)),
        Case("as many texts as tokens", (draw.mask(5, 5, share=0.5).long(),)),
        Case("padding on the left", (torch.tensor([[0, 0, 1, 1], [0, 1, 1, 1]]),)),
        Case("no padding", (torch.ones(2, 6, dtype=torch.int64),)),
        Case("one token", (torch.ones(4, 1, dtype=torch.int64),)),
        Case("a boolean mask", (draw.mask(3, 6),)),
        Case("texts of hundreds of tokens", ((torch.arange(700) < some[:, None]).long(),)),
        Case("a mask that is not contiguous", (draw.mask(7, 4).long().T.flip(0) | torch.eye(4, 7).long(),)),
    ]


@ask.mistake("the division is by T, which counts the padding too")
def _by_places(mask: torch.Tensor) -> torch.Tensor:
    return mask / mask.shape[-1]


@ask.mistake("nothing is divided: the product would be the sum of the real tokens")
def _not_divided(mask: torch.Tensor) -> torch.Tensor:
    return mask.float()


@ask.mistake("the 0s and 1s are taken as scores of a softmax, so padding gets a share")
def _softmax_of_the_mask(mask: torch.Tensor) -> torch.Tensor:
    return mask.float().softmax(dim=-1)


@ask.mistake("you count along the batch (how many texts are that long) and not along a text")
def _down_the_batch(mask: torch.Tensor) -> torch.Tensor:
    return mask / mask.sum(dim=0, keepdim=True)


@ask.mistake("the division is by the real tokens of the whole batch")
def _by_all_of_the_batch(mask: torch.Tensor) -> torch.Tensor:
    return mask / mask.sum()


@ask.mistake("padding gets the same weight as the real tokens")
def _padding_too(mask: torch.Tensor) -> torch.Tensor:
    return (1 / mask.sum(dim=-1, keepdim=True)).expand(mask.shape)


@ask.mistake("the division is one of whole numbers, which drops what is behind the point")
def _whole_numbers(mask: torch.Tensor) -> torch.Tensor:
    return mask.long() // mask.sum(dim=-1, keepdim=True)


@ask.mistake("all weight lies on the first place: that is cls pooling")
def _first_only(mask: torch.Tensor) -> torch.Tensor:
    return torch.eye(mask.shape[-1])[0].expand(mask.shape)


@ask.mistake("0 and 1 are exchanged: the padding is averaged")
def _inverted(mask: torch.Tensor) -> torch.Tensor:
    return pooling_weights(1 - mask.long())


@ask.mistake("the counts lost their axis, so that they are lined up with the tokens and not the texts")
def _axis_lost(mask: torch.Tensor) -> torch.Tensor:
    return mask / mask.sum(dim=-1)


@ask.mistake("you count the real tokens and then take the places from the left, wherever they are")
def _from_the_left(mask: torch.Tensor) -> torch.Tensor:
    count = mask.sum(dim=-1, keepdim=True)
    return (torch.arange(mask.shape[-1]) < count) / count


@ask.mistake("all texts are divided by the number of real tokens of the first one")
def _like_the_first_text(mask: torch.Tensor) -> torch.Tensor:
    return mask / mask[0].sum()


@ask.mistake("the squares of the weights sum to 1 and not the weights")
def _root(mask: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(mask.float(), dim=-1)


@ask.mistake("the padding is set to 0 after a softmax, so that the rest no longer sums to 1")
def _masked_after_softmax(mask: torch.Tensor) -> torch.Tensor:
    return mask.float().softmax(dim=-1) * mask


@ask.mistake("two tokens, [CLS] and [SEP], are left out of the count; they are real tokens")
def _without_special(mask: torch.Tensor) -> torch.Tensor:
    return mask / (mask.sum(dim=-1, keepdim=True) - 2)


@ask.mistake("the result is (B, 1, T); the axis is added where it is used")
def _an_axis_more(mask: torch.Tensor) -> torch.Tensor:
    return pooling_weights(mask).unsqueeze(1)


@ask.mistake("all texts are divided by the number of real tokens of the longest one")
def _by_the_longest(mask: torch.Tensor) -> torch.Tensor:
    return mask / mask.sum(dim=-1).max()


@ask.mistake("you divide by a mean, so that the weights sum to T")
def _by_the_mean(mask: torch.Tensor) -> torch.Tensor:
    return mask / mask.float().mean(dim=-1, keepdim=True)


@ask.mistake("there is one weight for each text, (B, 1): it is not applied to the mask")
def _one_weight(mask: torch.Tensor) -> torch.Tensor:
    return 1 / mask.sum(dim=-1, keepdim=True)


@ask.mistake("the count is one too small")
def _last_left_out(mask: torch.Tensor) -> torch.Tensor:
    return mask / (mask.sum(dim=-1, keepdim=True) - 1)


@ask.mistake("the place of the last real token is taken for their number")
def _up_to_the_last(mask: torch.Tensor) -> torch.Tensor:
    return mask / (mask.long().cumsum(dim=-1).argmax(dim=-1, keepdim=True) + 1)


@ask.mistake("axes of length 1 are dropped: one text, or one token")
def _axis_dropped(mask: torch.Tensor) -> torch.Tensor:
    return pooling_weights(mask).squeeze()


@ask.mistake("the mask is not used: every place gets 1/T")
def _ignores_the_mask(mask: torch.Tensor) -> torch.Tensor:
    return torch.full(mask.shape, 1 / mask.shape[-1])


@ask.mistake("the weights are float64; float32 is asked for")
def _double(attention_mask):
    return attention_mask.double() / attention_mask.double().sum(dim=-1, keepdim=True)


@ask.right
def with_equal_scores(attention_mask: torch.Tensor) -> torch.Tensor:
    scores = torch.zeros(attention_mask.shape)
    return scores.masked_fill(attention_mask == 0, -torch.inf).softmax(dim=-1)


@ask.right
def with_a_loop(attention_mask: torch.Tensor) -> torch.Tensor:
    weights = torch.zeros(attention_mask.shape)
    for b, row in enumerate(attention_mask.tolist()):
        for t, real in enumerate(row):
            weights[b, t] = real / sum(row)
    return weights


@ask.right
def with_normalize(attention_mask: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(attention_mask.float(), p=1.0, dim=-1)


@ask.right
def with_einsum(attention_mask: torch.Tensor) -> torch.Tensor:
    real = attention_mask.to(torch.float32)
    return torch.einsum("bt,b->bt", real, 1 / real.sum(dim=1))
