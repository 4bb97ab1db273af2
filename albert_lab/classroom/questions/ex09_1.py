"""ex09_1: the masked-token loss of a batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex09_1",
    title="The loss of the guesses",
    kind="implement",
    objectives=("LO-09.1",),
    points=3,
    minutes=20,
    difficulty=3,
    importance=5,
    why=(
        "A mean over the asked tokens says how much one guess costs, however many were asked. The logarithm "
        "is taken together with the softmax, because e^x leaves the range of a float long before x does."
    ),
)


@ask.reference
def masked_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100  # (B, T)
    log_p = torch.log_softmax(logits[asked], dim=-1)  # (asked, V)
    of_truth = log_p.gather(-1, labels[asked].unsqueeze(-1))  # (asked, 1)
    return (-of_truth).sum() / asked.sum().clamp(min=1)


def _labels(draw: Draw, batch: int, tokens: int, pieces: int) -> torch.Tensor:
    """Every text is asked about something, and never twice as often as the next one."""
    labels = draw.integers(0, pieces, batch, tokens)
    for row, text in enumerate(labels):
        text[row + 1 :] = -100
    return labels[:, torch.randperm(tokens, generator=draw.generator)]


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, batches, nothing and everything asked, the first piece, large logits, layouts, gradients."""
    by_hand = torch.tensor([[2, 1, 1], [1, 2, 1], [1, 6, 1], [4, 4, 8]]).log()[None]
    labels = torch.tensor([[0, 0, 2, -100]])
    usual = _labels(draw, 4, 6, 7)
    silent = usual.clone()
    silent[2] = -100
    far = torch.zeros(2, 6, 7)
    far[..., 3] = 200
    wrong = torch.full((2, 6), -100)
    wrong[0, 2], wrong[1, 4] = 1, 3
    first = torch.where(draw.mask(3, 5, share=0.6), 0, -100)
    first[1, 2] = 4
    uneven = 1000.0 * (torch.arange(6) % 2)[:, None]  # of one text, every other token's
    nothing = torch.full((2, 3), -100)
    return [
        Case("three tokens of four asked about, by hand", (by_hand, labels)),
        Case("texts with 1, 2, 3 and 4 asked tokens", (4 * draw.normal(4, 6, 7), usual)),
        Case("a text of which nothing is asked", (4 * draw.normal(4, 6, 7), silent)),
        Case("the true piece is number 0", (4 * draw.normal(3, 5, 8), first)),
        Case("everything is asked", (4 * draw.normal(2, 3, 5), draw.integers(0, 5, 2, 3))),
        Case("one text, one token, two pieces", (2 * draw.normal(1, 1, 2), torch.tensor([[1]]))),
        Case(
            "a vocabulary of more than a hundred pieces",
            (3 * draw.normal(2, 4, 130), _labels(draw, 2, 4, 130)),
        ),
        Case("sure of something wrong: the probability of the truth is e^-200", (far, wrong)),
        Case(
            "logits near 1,000 at some tokens, near 0 at others", (3 * draw.normal(4, 6, 7) + uneven, usual)
        ),
        Case("float64 stays float64", (4 * draw.normal(4, 6, 7, dtype=torch.float64), usual)),
        Case("logits that are not contiguous", (4 * draw.strided(4, 6, 7), usual)),
        Case("gradients flow back", (2 * draw.normal(4, 6, 7), usual), gradient=True),
        Case(
            "gradients flow beside texts of which nothing is asked",
            (2 * draw.normal(4, 6, 7), torch.where(torch.tensor([[False], [True]] * 2), silent, -100)),
            gradient=True,
        ),
        Case("no gradient is nan where nothing is asked", (draw.normal(2, 3, 4), nothing), gradient=True),
        Case("nothing is asked at all: 0", (draw.normal(2, 3, 4), nothing)),
        Case("nothing is asked at all, in float64", (draw.normal(2, 3, 4, dtype=torch.float64), nothing)),
    ]


def _each(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Losses of the asked tokens, one after the other."""
    asked = labels != -100
    return F.cross_entropy(logits[asked], labels[asked], reduction="none")


@ask.mistake("the sum is divided by all tokens, not by the asked ones")
def _by_all_tokens(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return _each(logits, labels).sum() / labels.numel()


@ask.mistake("the losses are summed and not averaged")
def _summed(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return _each(logits, labels).sum()


@ask.mistake("each text is averaged first, so that texts with few asked tokens count more")
def _text_by_text(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    pairs = zip(logits, labels, strict=True)
    return torch.stack([masked_loss(one[None], other[None]) for one, other in pairs]).mean()


@ask.mistake("the sum is divided by the number of texts")
def _by_texts(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return _each(logits, labels).sum() / len(labels)


@ask.mistake("the probabilities are averaged before the logarithm")
def _log_of_the_mean(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    p = (-_each(logits, labels)).exp()
    return -(p.sum() / max(len(p), 1)).log() if len(p) else masked_loss(logits, labels)


@ask.mistake("the logarithm has base 2: bits, not nats")
def _in_bits(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return masked_loss(logits, labels) / torch.tensor(2.0, dtype=logits.dtype).log()


@ask.mistake("the sign is missing: a loss is never below 0")
def _sign(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return -masked_loss(logits, labels)


@ask.mistake("label 0 is taken for not asked; piece 0 is a piece like any other")
def _piece_0_not_asked(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return masked_loss(logits, torch.where(labels == 0, -100, labels))


@ask.mistake("the tokens that are not asked are scored as if piece 0 were their truth")
def _all_asked(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.flatten(0, 1), labels.clamp(min=0).flatten())


@ask.mistake("a probability was rounded to 0 before its logarithm was taken")
def _softmax_then_log(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    p = logits.softmax(dim=-1)[asked].gather(-1, labels[asked].unsqueeze(-1))
    return -p.log().sum() / asked.sum().clamp(min=1)


@ask.mistake("a small number is added to the probabilities, so that no loss is larger than its own")
def _a_little_added(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    p = logits.softmax(dim=-1)[asked].gather(-1, labels[asked].unsqueeze(-1))
    return -(p + 1e-9).log().sum() / asked.sum().clamp(min=1)


@ask.mistake("e^x of a large logit was taken, which is infinite")
def _bare_exponentials(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    of_truth = logits[asked].gather(-1, labels[asked].unsqueeze(-1)).squeeze(-1)
    return (logits[asked].exp().sum(dim=-1).log() - of_truth).sum() / asked.sum().clamp(min=1)


@ask.mistake("the logits themselves are taken for logarithms of probabilities")
def _no_softmax(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    return -logits[asked].gather(-1, labels[asked].unsqueeze(-1)).sum() / asked.sum().clamp(min=1)


@ask.mistake("the softmax is taken twice")
def _softmax_twice(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return masked_loss(logits.softmax(dim=-1), labels)


@ask.mistake("the softmax runs over the tokens and not over the pieces")
def _softmax_over_tokens(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    log_p = logits.log_softmax(dim=1)[asked].gather(-1, labels[asked].unsqueeze(-1))
    return -log_p.sum() / asked.sum().clamp(min=1)


@ask.mistake("the softmax runs over the asked tokens and not over the pieces")
def _softmax_over_the_asked(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    log_p = logits[asked].log_softmax(dim=0).gather(-1, labels[asked].unsqueeze(-1))
    return -log_p.sum() / asked.sum().clamp(min=1)


@ask.mistake("every row is asked for all the labels, not each for its own")
def _every_label_of_every_row(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    log_p = logits[asked].log_softmax(dim=-1)[:, labels[asked]]
    return -log_p.mean() if asked.any() else masked_loss(logits, labels)


@ask.mistake("the logarithm is missing: probabilities are averaged")
def _no_logarithm(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    p = logits[asked].softmax(dim=-1).gather(-1, labels[asked].unsqueeze(-1))
    return -p.sum() / asked.sum().clamp(min=1)


@ask.mistake("the most believed piece is scored and not the true one")
def _most_believed(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return masked_loss(logits, torch.where(labels == -100, -100, logits.argmax(dim=-1)))


@ask.mistake(
    "several tokens share one maximum that is subtracted: where logits are small every e^x is then 0"
)
def _one_maximum_for_all(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return _bare_exponentials(logits - logits.max(), labels)


@ask.mistake("the sum is divided by one more than were asked")
def _one_more(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return _each(logits, labels).sum() / ((labels != -100).sum() + 1)


@ask.mistake("a batch of which nothing is asked gives nan: 0 / 0")
def _nan_for_nothing(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return _each(logits, labels).mean()


@ask.mistake("the 0 for a batch without questions is always float32")
def _zero_of_its_own(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return masked_loss(logits, labels) if (labels != -100).any() else torch.tensor(0.0)


@ask.mistake("the result is always float32")
def _always_float32(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return masked_loss(logits.float(), labels)


@ask.mistake("the result is cut off from the logits, so that no gradient flows")
def _cut_off(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return masked_loss(logits, labels).detach()


@ask.mistake("you count wrong guesses; the loss asks how much the truth was believed")
def _share_wrong(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = labels != -100
    wrong = (logits.argmax(dim=-1) != labels) & asked
    return (wrong.sum() / asked.sum().clamp(min=1)).to(logits.dtype)


@ask.mistake("you return the perplexity, e to the power of the loss")
def _perplexity(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return masked_loss(logits, labels).exp()


@ask.mistake("the result became a plain number on the way: dtype and gradients are lost")
def _number_only(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return torch.tensor(masked_loss(logits, labels).tolist())


@ask.mistake("texts behind the first one of which nothing is asked are left out: the loop ends there")
def _stops_at_a_silent_text(logits, labels):
    asked = (labels != -100).any(dim=1).tolist()
    end = asked.index(False) if False in asked else len(asked)
    return masked_loss(logits[:end], labels[:end])


@ask.mistake("0 / 0 is computed where nothing is asked and then replaced: its gradient stays nan")
def _nan_left_in_gradients(logits, labels):
    asked = labels != -100
    log_p = logits.log_softmax(dim=-1).gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    mean = -(log_p * asked).sum() / asked.sum()  # 0 / 0
    return torch.where(asked.any(), mean, torch.zeros((), dtype=logits.dtype))


@ask.right
def with_cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    count = max(int((labels != -100).sum()), 1)
    return F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=-100, reduction="sum") / count


@ask.right
def with_a_loop(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    losses = []
    for scores, truth in zip(logits.flatten(0, 1), labels.flatten().tolist(), strict=True):
        if truth != -100:
            losses.append(torch.logsumexp(scores, dim=0) - scores[truth])
    return sum(losses) / len(losses) if losses else torch.zeros((), dtype=logits.dtype)


@ask.right
def with_one_hot(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    asked = (labels != -100).to(logits.dtype)
    truth = F.one_hot(labels.clamp(min=0), logits.shape[-1]).to(logits.dtype)
    of_truth = torch.einsum("btv,btv->bt", truth, logits.log_softmax(-1))
    return -(of_truth * asked).sum() / torch.maximum(asked.sum(), torch.ones_like(asked.sum()))


@ask.right
def with_torchs_own_nan(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten()).nan_to_num(nan=0.0)


@ask.right
def with_its_own_maximum(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    texts, tokens = (labels >= 0).nonzero(as_tuple=True)
    if not len(texts):
        return logits.new_zeros(())
    rows = logits[texts, tokens] - logits[texts, tokens].max(dim=-1, keepdim=True).values
    return (rows.exp().sum(dim=-1).log() - rows[range(len(rows)), labels[texts, tokens]]).mean()
