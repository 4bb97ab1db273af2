"""ex04_1: LayerNorm where the features come before the tokens."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex04_1",
    title="LayerNorm, features first",
    kind="implement",
    objectives=("LO-04.1",),
    points=2,
    minutes=15,
    difficulty=2,
    importance=5,
    atol=3e-5,
    why=(
        "LayerNorm belongs to one token: its mean and variance are over that token's features, wherever "
        "they lie in memory. Only so is a token's result the same in every batch, at every length, beside "
        "any padding."
    ),
)


@ask.reference
def features_first_norm(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float) -> torch.Tensor:
    mean = x.mean(dim=1, keepdim=True)  # (B, H, T) -> (B, 1, T)
    variance = (x - mean).square().mean(dim=1, keepdim=True)
    return gamma[:, None] * (x - mean) / (variance + eps).sqrt() + beta[:, None]


def _drawn(draw: Draw, x: torch.Tensor, eps: float) -> tuple:
    width = x.shape[1]
    return x, draw.normal(width, dtype=x.dtype) + 1.5, draw.normal(width, dtype=x.dtype), eps


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, then all sizes different, sizes that hide a wrong axis, small and equal numbers, gradients."""
    by_hand = torch.tensor([[[1.0], [2.0], [3.0], [4.0]]])
    equal = draw.normal(2, 4, 3)
    equal[0, :, 1] = 2.5
    far = 100 + draw.normal(2, 6, 3, dtype=torch.float64)
    return [
        Case("one token (1, 2, 3, 4), by hand", (by_hand, torch.ones(4), torch.zeros(4), 1e-12)),
        Case("texts, features and tokens all different", _drawn(draw, 3 * draw.normal(2, 5, 3) + 1, 1e-12)),
        Case("as many tokens as features", _drawn(draw, 2 * draw.normal(3, 4, 4), 1e-12)),
        Case("as many texts as features", _drawn(draw, 2 * draw.normal(5, 5, 3), 1e-12)),
        Case("small numbers, and an epsilon that counts", _drawn(draw, 0.01 * draw.normal(2, 6, 4), 1e-4)),
        Case("one token whose features are all equal", _drawn(draw, equal, 1e-3)),
        Case("one text, one token", _drawn(draw, draw.normal(1, 7, 1), 1e-12)),
        Case("a single feature", _drawn(draw, draw.normal(2, 1, 3), 1e-3)),
        Case("far from zero, float64", _drawn(draw, far, 1e-12)),
        Case("a tensor that is not contiguous", _drawn(draw, draw.strided(2, 5, 4), 1e-12)),
        Case("gradients flow back", _drawn(draw, draw.normal(2, 4, 3), 1e-5), gradient=True),
    ]


@ask.mistake("this is the chapter's function, unchanged: here the last axis holds the tokens")
def _of_the_chapter(x, gamma, beta, eps):
    mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, unbiased=False)
    return gamma * (x - mean) / torch.sqrt(variance + eps) + beta


@ask.mistake("mean and variance lost their axis, and meet x in the wrong places")
def _lost_axis(x, gamma, beta, eps):
    mean, variance = x.mean(dim=1), x.var(dim=1, correction=0)
    return gamma[:, None] * (x - mean) / (variance + eps).sqrt() + beta[:, None]


def _norm(x, gamma, beta, eps, axes=(1,), correction=0):
    mean = x.mean(dim=axes, keepdim=True)
    many = (
        math.prod(x.shape[axis] for axis in axes) - correction
    )  # 0 gives NaN, as torch.var does, in silence
    variance = (x - mean).square().sum(dim=axes, keepdim=True) / many
    return gamma[:, None] * (x - mean) / (variance + eps).sqrt() + beta[:, None]


@ask.mistake("gamma and beta are exchanged")
def _exchanged(x, gamma, beta, eps):
    return _norm(x, beta, gamma, eps)


@ask.mistake("you averaged over the tokens: the last axis is not the features here")
def _over_tokens(x, gamma, beta, eps):
    return _norm(x, gamma, beta, eps, axes=(2,))


@ask.mistake("you averaged over the texts of the batch")
def _over_texts(x, gamma, beta, eps):
    return _norm(x, gamma, beta, eps, axes=(0,))


@ask.mistake("you averaged over features and tokens together")
def _over_features_and_tokens(x, gamma, beta, eps):
    return _norm(x, gamma, beta, eps, axes=(1, 2))


@ask.mistake("you averaged each feature over all tokens of the batch: that is BatchNorm")
def _batch_norm(x, gamma, beta, eps):
    return _norm(x, gamma, beta, eps, axes=(0, 2))


@ask.mistake("the variance is divided by H - 1")
def _one_less(x, gamma, beta, eps):
    return _norm(x, gamma, beta, eps, correction=1)


@ask.mistake("epsilon was added to the standard deviation, and not to the variance")
def _eps_outside(x, gamma, beta, eps):
    mean, deviation = x.mean(dim=1, keepdim=True), x.std(dim=1, keepdim=True, correction=0)
    return gamma[:, None] * (x - mean) / (deviation + eps) + beta[:, None]


@ask.mistake("epsilon is missing")
def _no_eps(x, gamma, beta, eps):
    return _norm(x, gamma, beta, 0.0)


@ask.mistake("epsilon is always 1e-5, torch's, and not the one that is given")
def _torchs_eps(x, gamma, beta, eps):
    return _norm(x, gamma, beta, 1e-5)


@ask.mistake("epsilon has next to no effect, as if it were always 1e-12, ALBERT's")
def _alberts_eps(x, gamma, beta, eps):
    return _norm(x, gamma, beta, 1e-12)


@ask.mistake("epsilon is the least that the variance may be, and it is to be added")
def _at_least_eps(x, gamma, beta, eps):
    variance = x.var(dim=1, keepdim=True, correction=0).clamp(min=eps)
    return gamma[:, None] * (x - x.mean(dim=1, keepdim=True)) / variance.sqrt() + beta[:, None]


@ask.mistake("the root is missing: you divided by the variance")
def _no_root(x, gamma, beta, eps):
    mean, variance = x.mean(dim=1, keepdim=True), x.var(dim=1, keepdim=True, correction=0)
    return gamma[:, None] * (x - mean) / (variance + eps) + beta[:, None]


@ask.mistake("the mean is subtracted and the division forgotten")
def _mean_only(x, gamma, beta, eps):
    return gamma[:, None] * (x - x.mean(dim=1, keepdim=True)) + beta[:, None]


@ask.mistake("the mean is not subtracted from the numbers themselves")
def _no_mean(x, gamma, beta, eps):
    variance = x.var(dim=1, keepdim=True, correction=0)
    return gamma[:, None] * x / (variance + eps).sqrt() + beta[:, None]


@ask.mistake("gamma and beta lie along the tokens: they belong to the features")
def _by_token(x, gamma, beta, eps):
    return gamma * _norm(x, torch.ones_like(gamma), torch.zeros_like(beta), eps) + beta


@ask.mistake("beta is missing")
def _no_shift(x, gamma, beta, eps):
    return _norm(x, gamma, torch.zeros_like(beta), eps)


@ask.mistake("gamma and beta are missing, both")
def _no_scale_and_no_shift(x, gamma, beta, eps):
    return _norm(x, torch.ones_like(gamma), torch.zeros_like(beta), eps)


@ask.mistake("gamma is missing")
def _no_scale(x, gamma, beta, eps):
    return _norm(x, torch.ones_like(gamma), beta, eps)


@ask.mistake("beta was added before gamma was multiplied")
def _shift_scaled(x, gamma, beta, eps):
    return gamma[:, None] * (_norm(x, torch.ones_like(gamma), torch.zeros_like(beta), eps) + beta[:, None])


@ask.mistake("the result is (B, T, H): it was not turned back")
def _left_turned(x, gamma, beta, eps):
    return F.layer_norm(x.mT, gamma.shape, gamma, beta, eps)


@ask.mistake("you divided by the root of the mean square, with no mean subtracted")
def _root_mean_square(x, gamma, beta, eps):
    size = x.square().mean(dim=1, keepdim=True)
    return gamma[:, None] * x / (size + eps).sqrt() + beta[:, None]


@ask.mistake("x was cut anew into (B, T, H), and not turned: numbers of different tokens get mixed")
def _cut_anew(x, gamma, beta, eps):
    return F.layer_norm(x.reshape(len(x), -1, x.shape[1]), gamma.shape, gamma, beta, eps).reshape(x.shape)


@ask.mistake("beta was divided with the rest: it is added at the very end")
def _shift_divided(x, gamma, beta, eps):
    mean, variance = x.mean(dim=1, keepdim=True), x.var(dim=1, keepdim=True, correction=0)
    return (gamma[:, None] * (x - mean) + beta[:, None]) / (variance + eps).sqrt()


@ask.mistake("the squares were added up and not averaged: they are not divided by H")
def _sum_of_squares(x, gamma, beta, eps):
    mean = x.mean(dim=1, keepdim=True)
    squares = (x - mean).square().sum(dim=1, keepdim=True)
    return gamma[:, None] * (x - mean) / (squares + eps).sqrt() + beta[:, None]


@ask.mistake("you divided by the mean absolute difference")
def _absolute(x, gamma, beta, eps):
    mean = x.mean(dim=1, keepdim=True)
    return gamma[:, None] * (x - mean) / ((x - mean).abs().mean(dim=1, keepdim=True) + eps) + beta[:, None]


@ask.mistake("mean and variance are constants for the gradient")
def _constants(x, gamma, beta, eps):
    mean, variance = x.detach().mean(dim=1, keepdim=True), x.detach().var(dim=1, keepdim=True, correction=0)
    return gamma[:, None] * (x - mean) / (variance + eps).sqrt() + beta[:, None]


@ask.mistake("the result is a copy through which no gradient comes back")
def _all_cut_off(x, gamma, beta, eps):
    return _norm(x, gamma, beta, eps).detach()


@ask.mistake("the variance is a constant for the gradient")
def _size_cut_off(x, gamma, beta, eps):
    mean, variance = x.mean(dim=1, keepdim=True), x.detach().var(dim=1, keepdim=True, correction=0)
    return gamma[:, None] * (x - mean) / (variance + eps).sqrt() + beta[:, None]


@ask.mistake("gamma and beta were copied, and no gradient comes back to them")
def _weights_cut_off(x, gamma, beta, eps):
    return _norm(x, gamma.detach(), beta.detach(), eps)


@ask.mistake("the result is always float32")
def _float32(x, gamma, beta, eps):
    return _norm(x.float(), gamma.float(), beta.float(), eps)


@ask.mistake("axes of size 1 were dropped from the result")
def _squeezed(x, gamma, beta, eps):
    return _norm(x, gamma, beta, eps).squeeze()


@ask.mistake("you subtracted the mean from x itself, for everybody who uses x after you")
def _in_place(x, gamma, beta, eps):
    x.data -= x.data.mean(dim=1, keepdim=True)
    return _norm(x, gamma, beta, eps)


@ask.right
def turned_twice(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float) -> torch.Tensor:
    return F.layer_norm(x.transpose(1, 2), [x.shape[1]], gamma, beta, eps).transpose(1, 2)


@ask.right
def with_a_loop(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float) -> torch.Tensor:
    tokens = []
    for t in range(x.shape[2]):
        token = x[:, :, t]  # (B, H)
        centred = token - token.sum(1, keepdim=True) / x.shape[1]
        variance = (centred**2).sum(1, keepdim=True) / x.shape[1]
        tokens.append(centred / torch.sqrt(variance + eps) * gamma + beta)
    return torch.stack(tokens, dim=2)


@ask.right
def with_var_mean(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float) -> torch.Tensor:
    variance, mean = torch.var_mean(x, dim=1, correction=0, keepdim=True)
    return torch.einsum("bht,h->bht", (x - mean) * torch.rsqrt(variance + eps), gamma) + beta.view(1, -1, 1)


@ask.right
def with_two_means(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float) -> torch.Tensor:
    mean, mean_of_squares = x.mean(dim=1, keepdim=True), (x * x).mean(dim=1, keepdim=True)
    variance = mean_of_squares - mean * mean  # less exact far from zero, in float32
    return gamma.unsqueeze(-1) * (x - mean) / torch.sqrt(variance + eps) + beta.unsqueeze(-1)


@ask.right
def as_one_group(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float) -> torch.Tensor:
    tokens = x.mT.flatten(0, 1)  # (B T, H): to group_norm, each token is a text of its own
    return F.group_norm(tokens, 1, gamma, beta, eps).unflatten(0, (len(x), -1)).mT
