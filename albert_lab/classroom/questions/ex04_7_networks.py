"""The networks that ex04_7 tries: what each token sees in them is known."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, Named


def _masked(name: str, mask: torch.Tensor | None, draw: Draw, width: int, layers: int = 1) -> Named:
    """Attention layers with random weights; each behind a LayerNorm, and one at the end."""
    weights = 0.5 * draw.normal(layers, width, width, dtype=torch.float64)

    def run(x: torch.Tensor) -> torch.Tensor:
        for matrix in weights:
            keys = F.layer_norm(x, (width,))
            x = F.scaled_dot_product_attention(keys @ matrix, keys, keys, attn_mask=mask)
        return F.layer_norm(x, (width,))

    return Named(name, run)


def _whisper(x: torch.Tensor) -> torch.Tensor:
    """Each token, what the one before it says in a low voice, and of all others less than counts."""
    return 1000 + x + 3e-6 * x.roll(1, dims=1) + 2e-6 * x.mean(dim=1, keepdim=True)


def _opposites(x: torch.Tensor) -> torch.Tensor:
    return torch.cat([_sum(x), -_sum(x)], dim=-1)


def _levels(x: torch.Tensor) -> torch.Tensor:
    """All hear all: the first token loudly, each later one less, and the last two less than counts."""
    loudness = torch.tensor([1, 3e-3, 3e-5, 1.3e-6, 7e-7, 3e-10], dtype=x.dtype)
    return (loudness[:, None] * x).sum(dim=1, keepdim=True).expand_as(x)


def _one_or_many(x: torch.Tensor) -> torch.Tensor:
    """What came before moves one of four features by 2e-6; what comes after all four, by less than counts."""
    voice = x[..., :1]
    one = F.pad(voice.cumsum(dim=1), (0, 3))  # (1, T, 1) -> (1, T, 4)
    low = torch.tensor([0.8e-6, 0.4e-6], dtype=x.dtype).repeat(x.shape[1] // 2)[:, None] * voice
    return 2e-6 * one + low.flip(1).cumsum(dim=1).flip(1)


def _listens(x: torch.Tensor) -> torch.Tensor:
    """A token hears those before it if its own feature 1 is above 0; all that moves is the last feature."""
    heard = _sum(x[..., :1]) * (x[..., 1:2] > 0)  # (1, T, 1)
    return F.pad(heard, (2, 0))


def cases(draw: Draw) -> list[Case]:
    """Sums that can be followed by hand, masks of several kinds, low voices, steps that a slope hides."""
    return [*_by_hand(draw), *_attentions(draw), *_low_voices(draw), *_corners(draw)]


def _text(draw: Draw, tokens: int, width: int = 4) -> torch.Tensor:
    return draw.normal(1, tokens, width, dtype=torch.float64)


def _sum(x: torch.Tensor) -> torch.Tensor:
    return x.cumsum(dim=1)


def _by_hand(draw: Draw) -> list[Case]:
    rest = Named("sum of the rest", lambda x: _sum(x.flip(1)).flip(1))
    return [
        Case("each token alone, by hand", (Named("2 x", lambda x: 2 * x), _text(draw, 3, 2))),
        Case("a running sum", (Named("running sum", _sum), _text(draw, 4, 3))),
        Case("a running sum from the end", (rest, _text(draw, 4))),
    ]


def _attentions(draw: Draw) -> list[Case]:
    square = torch.ones(6, 6, dtype=torch.bool)
    band = square.tril().triu(-1)
    hidden = (torch.arange(6) < 4).expand(6, 6)  # two places of padding
    strict = torch.eye(5, dtype=torch.bool).roll(1, dims=0)  # only the token before, of the first the last
    drawn = draw.mask(6, 6, share=0.5)
    return [
        Case("an encoder", (_masked("no mask", None, draw, 4), _text(draw, 5))),
        Case("a decoder", (_masked("causal mask", square.tril(), draw, 4), _text(draw, 6))),
        Case("padding that is hidden", (_masked("padding mask", hidden, draw, 4), _text(draw, 6))),
        Case("only the token before it", (_masked("one back", strict, draw, 5), _text(draw, 5, 5))),
        Case("any mask", (_masked("some mask", drawn, draw, 4), _text(draw, 6))),
        Case(
            "two layers of a narrow band",
            (_masked("a band, twice", band, draw, 4, layers=2), _text(draw, 6)),
        ),
        Case("one token", (_masked("no mask", None, draw, 4), _text(draw, 1))),
    ]


def _low_voices(draw: Draw) -> list[Case]:
    return [
        Case("low voices", (Named("whisper", _whisper), _text(draw, 5, 3))),
        Case("voices from loud to silent", (Named("ever lower voices", _levels), _text(draw, 6, 3))),
        Case(
            "one feature that counts, many that do not",
            (Named("one or many", _one_or_many), _text(draw, 4)),
        ),
    ]


def _corners(draw: Draw) -> list[Case]:
    zeros = torch.zeros(1, 4, 3, dtype=torch.float64)
    some = _text(draw, 6)
    some[..., 1] = some[..., 1].abs() * torch.tensor([1.0, -1, 1, -1, -1, 1])
    most = Named("zeros and a running sum", lambda x: F.pad(_sum(x), (6, 0)))
    over = Named("sum of what is above 1", lambda x: _sum(x - 1).relu())
    return [
        Case("the input itself comes out", (Named("x", lambda x: x), _text(draw, 4, 3))),
        Case("only some tokens listen, and their last feature moves", (Named("some listen", _listens), some)),
        Case("one feature", (Named("running sum", _sum), _text(draw, 3, 1))),
        Case("most of the output never moves", (most, _text(draw, 4, 2))),
        Case(
            "all that moves goes down",
            (Named("minus a running sum", lambda x: -_sum(x)), _text(draw, 4, 3)),
        ),
        Case("changes that cancel", (Named("a running sum and its opposite", _opposites), _text(draw, 4, 3))),
        Case("ones, and what is above 1", (over, zeros + 1)),
        Case("zeros, a running sum", (Named("running sum", _sum), zeros)),
        Case("zeros, sums above 0", (Named("relu of sums", lambda x: _sum(x).relu()), zeros)),
        Case("zeros, sums above 1/2", (Named("a threshold", lambda x: (_sum(x) - 0.5).relu()), zeros)),
        Case("zeros, sums of squares", (Named("squares", lambda x: _sum(x.square())), zeros)),
    ]
