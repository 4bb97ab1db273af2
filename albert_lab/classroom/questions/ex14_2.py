"""ex14_2: from hidden states to the probabilities of labels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex14_2",
    title="From [CLS] to a label",
    kind="implement",
    objectives=("LO-14.1",),
    points=2,
    minutes=15,
    difficulty=2,
    importance=5,
    why=(
        "Everything that the head knows of a text stands in the vector of its first token. The pooler's tanh "
        "stands between two matrices, for without it they would be one."
    ),
)


@ask.reference
def label_probabilities(
    hidden: Tensor, pooler_weight: Tensor, pooler_bias: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    pooled = torch.tanh(F.linear(hidden[:, 0], pooler_weight, pooler_bias))  # (B, H)
    return F.linear(pooled, weight, bias).softmax(dim=-1)  # (B, K)


def _made(draw: Draw, B: int, T: int, H: int, K: int, dtype=torch.float32) -> tuple[Tensor, ...]:
    return (
        draw.normal(B, T, H, dtype=dtype),
        draw.normal(H, H, dtype=dtype),
        draw.normal(H, dtype=dtype),
        draw.normal(K, H, dtype=dtype),
        draw.normal(K, dtype=dtype),
    )


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; several texts; one token, one text, one label; equal sizes; large scores."""
    by_hand = (
        torch.tensor([[[1.0, 0.0], [5.0, 5.0]]]),
        torch.eye(2),
        torch.zeros(2),
        torch.tensor([[2.0, 0.0], [0.0, 2.0]]),
        torch.zeros(2),
    )
    loud = list(_made(draw, 2, 3, 4, 3))
    loud[3] = loud[3] * 200
    return [
        Case("one text, by hand", by_hand),
        Case("three texts", _made(draw, 3, 5, 4, 2)),
        Case("more labels than features", _made(draw, 2, 4, 3, 7)),
        Case("one text", _made(draw, 1, 6, 5, 3)),
        Case("one token", _made(draw, 4, 1, 5, 3)),
        Case("as many texts as tokens, features and labels", _made(draw, 3, 3, 3, 3)),
        Case("one label gets everything", _made(draw, 2, 4, 5, 1)),
        Case("float64", _made(draw, 3, 5, 4, 2, torch.float64)),
        Case("large scores", tuple(loud)),
        Case("gradients", _made(draw, 3, 4, 5, 3), gradient=True),
    ]


def _head(pick=lambda h: h[:, 0], between=torch.tanh, end=lambda s: s.softmax(dim=-1)):
    def answer(hidden, pooler_weight, pooler_bias, weight, bias):
        return end(F.linear(between(F.linear(pick(hidden), pooler_weight, pooler_bias)), weight, bias))

    return answer


ask.mistake("the tanh between the two matrices is missing", _head(between=lambda x: x))
ask.mistake("a GELU stands where the tanh should be", _head(between=F.gelu))
ask.mistake("a sigmoid stands where the tanh should be", _head(between=torch.sigmoid))
ask.mistake("a ReLU stands where the tanh should be", _head(between=torch.relu))
ask.mistake("you take the mean over the tokens; the head sees the first one", _head(lambda h: h.mean(dim=1)))
ask.mistake("you take the last token", _head(lambda h: h[:, -1]))
ask.mistake("you take the second token; counting begins at 0", _head(lambda h: h[:, min(1, h.shape[1] - 1)]))
ask.mistake("you take the largest number of each feature", _head(lambda h: h.amax(dim=1)))
ask.mistake("you take the tokens of the first text", _head(lambda h: h[0]))
ask.mistake("you return scores; probabilities are asked for", _head(end=lambda s: s))
ask.mistake("you return logarithms of probabilities", _head(end=lambda s: s.log_softmax(dim=-1)))
ask.mistake("each label gets a probability of its own; they have to add up to 1", _head(end=torch.sigmoid))
ask.mistake("the softmax goes over the texts and not over the labels", _head(end=lambda s: s.softmax(dim=0)))
ask.mistake("you return the best label; all probabilities are asked for", _head(end=lambda s: s.argmax(-1)))
ask.mistake(
    "the softmax overflows where scores are large", _head(end=lambda s: s.exp() / s.exp().sum(-1, True))
)
ask.mistake("the pooler is left out", lambda h, pw, pb, w, b: F.linear(h[:, 0], w, b).softmax(-1))
ask.mistake(
    "the bias of the pooler is left out",
    lambda h, pw, pb, w, b: F.linear(torch.tanh(F.linear(h[:, 0], pw)), w, b).softmax(-1),
)
ask.mistake(
    "the bias of the head is left out",
    lambda h, pw, pb, w, b: F.linear(torch.tanh(F.linear(h[:, 0], pw, pb)), w).softmax(-1),
)
ask.mistake(
    "the pooler's matrix is not transposed",
    lambda h, pw, pb, w, b: F.linear(torch.tanh(h[:, 0] @ pw + pb), w, b).softmax(-1),
)
ask.mistake(
    "the pooler's bias is added behind the tanh",
    lambda h, pw, pb, w, b: F.linear(torch.tanh(F.linear(h[:, 0], pw)) + pb, w, b).softmax(-1),
)


@ask.mistake("you work without gradients")
def _detached(hidden, pooler_weight, pooler_bias, weight, bias):
    return label_probabilities(hidden, pooler_weight, pooler_bias, weight, bias).detach()


@ask.right
def as_matrix_products(hidden, pooler_weight, pooler_bias, weight, bias):
    pooled = (hidden[:, 0, :] @ pooler_weight.T + pooler_bias).tanh()
    return torch.softmax(pooled @ weight.T + bias, dim=1)


@ask.right
def text_by_text(hidden, pooler_weight, pooler_bias, weight, bias):
    rows = []
    for text in hidden:
        scores = weight @ torch.tanh(pooler_weight @ text[0] + pooler_bias) + bias
        shares = torch.exp(scores - scores.max())
        rows.append(shares / shares.sum())
    return torch.stack(rows)


@ask.right
def with_einsum(hidden, pooler_weight, pooler_bias, weight, bias):
    inner = torch.einsum("bh,gh->bg", hidden.select(1, 0), pooler_weight) + pooler_bias
    scores = torch.einsum("bg,kg->bk", torch.tanh(inner), weight) + bias
    return scores.log_softmax(dim=-1).exp()
