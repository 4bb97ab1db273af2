"""ex12_3: BM25 whose length repair works the wrong way round."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex12_3",
    title="Long documents win",
    kind="find the bug",
    objectives=("LO-12.2",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "What stands against the count has to grow with the length, for a long document has every word by "
        "accident. With b = 1 only the share of the word counts, and equal shares give equal scores."
    ),
)

Tensor = torch.Tensor


def _rarity(counts: Tensor) -> Tensor:
    has = (counts > 0).sum(dim=0)
    return torch.log(1 + (len(counts) - has + 0.5) / (has + 0.5))


@ask.reference
def bm25_scores(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    strict = _plain(lengths, k1, b)
    return (_rarity(counts) * counts / (counts + strict.unsqueeze(-1))).sum(dim=1)


def _plain(lengths: Tensor, k1: float, b: float) -> Tensor:
    return k1 * (1 - b + b * lengths / lengths.mean())


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, many documents, as many words as documents, no length repair, no words, float64."""
    counts = torch.tensor([[1.0], [3.0]])
    lengths = torch.tensor([2.0, 6.0])
    three = torch.tensor([[0.0, 0.0], [0.0, 4.0], [1.0, 1.0]])
    one_long = torch.tensor([[1.0], [0], [2], [1], [0], [5]]), torch.tensor([2.0, 3, 4, 5, 6, 500])
    k1, b = 0.5 + draw.integer(0, 9) / 5, 0.2 + draw.integer(0, 5) / 10
    return [
        Case("one word, the same share of both documents, by hand", (counts, lengths, 1.0, 1.0)),
        Case("two words, three documents", (three, torch.tensor([2.0, 9.0, 3.0]), 0.9, 0.4)),
        Case("many documents", (*_drawn(draw, 20, 4), k1, b)),
        Case("as many words as documents", (*_drawn(draw, 5, 5), 1.2, 0.75)),
        Case("b = 0: the length does not matter", (*_drawn(draw, 7, 3), 1.5, 0.0)),
        Case("counts that hardly saturate", (*_drawn(draw, 6, 2), 50.0, 0.3)),
        Case("a question without words gives zeros", (torch.zeros(4, 0), torch.ones(4), 0.9, 0.4)),
        Case(
            "a question without words, float64",
            (torch.zeros(3, 0, dtype=torch.float64), torch.ones(3, dtype=torch.float64), 0.9, 0.4),
        ),
        Case("one document", (torch.tensor([[2.0, 0.0, 1.0]]), torch.tensor([8.0]), 0.9, 0.4)),
        Case("one document longer than all others together", (*one_long, k1, b)),
        Case("float64", (*(one.double() for one in _drawn(draw, 9, 2)), k1, b)),
    ]


def _drawn(draw: Draw, documents: int, words: int) -> tuple[Tensor, Tensor]:
    counts = (draw.integers(-3, 6, documents, words)).clamp(min=0).float()
    counts[0, 0], counts[1, 0] = 3, 0
    return counts, counts.sum(dim=1) + draw.integers(1, 40, documents)


def _with(counts: Tensor, strict: Tensor) -> Tensor:
    return (_rarity(counts) * counts / (counts + strict.unsqueeze(-1))).sum(dim=1)


@ask.mistake("the quotient of the lengths is upside down, so that long documents gain: as found")
def as_found(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    strict = k1 * (1 - b + b * lengths.mean() / lengths)
    return _with(counts, strict)


def _strictness(how):
    return lambda counts, lengths, k1, b: _with(counts, how(lengths, k1, b))


ask.mistake("the length no longer matters at all", _strictness(lambda n, k1, b: k1 + 0 * n))
ask.mistake("the length counts in full, whatever b is", _strictness(lambda n, k1, b: k1 * n / n.mean()))
ask.mistake("b and 1 − b are exchanged", _strictness(lambda n, k1, b: k1 * (b + (1 - b) * n / n.mean())))
ask.mistake("the part 1 − b is missing", _strictness(lambda n, k1, b: k1 * b * n / n.mean() + 1e-9))
ask.mistake(
    "k1 multiplies the length's part only", _strictness(lambda n, k1, b: 1 - b + k1 * b * n / n.mean())
)
ask.mistake("k1 is missing", _strictness(lambda n, k1, b: 1 - b + b * n / n.mean()))
ask.mistake(
    "a document is compared with the longest and not with the average",
    _strictness(lambda n, k1, b: k1 * (1 - b + b * n / n.max())),
)
ask.mistake(
    "lengths are taken as they are, compared with nothing", _strictness(lambda n, k1, b: k1 * (1 - b + b * n))
)


def _rare(how):
    def answer(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
        strict = _plain(lengths, k1, b)
        return (how(counts) * counts / (counts + strict.unsqueeze(-1))).sum(dim=1)

    return answer


@ask.mistake("the rarity counts occurrences; documents that have the word are meant")
@_rare
def _occurrences(counts: Tensor) -> Tensor:
    has = counts.sum(dim=0)
    return torch.log(1 + (len(counts) - has + 0.5) / (has + 0.5))


@ask.mistake("the 1 + in the logarithm is lost, and common words count against a document")
@_rare
def _without_one(counts: Tensor) -> Tensor:
    has = (counts > 0).sum(dim=0)
    return torch.log((len(counts) - has + 0.5) / (has + 0.5))


@ask.mistake("the rarity of the words is lost")
@_rare
def _not_rare(counts: Tensor) -> Tensor:
    return torch.ones(counts.shape[1])


@ask.mistake("the rarity is the one of TF-IDF")
@_rare
def _simple_rarity(counts: Tensor) -> Tensor:
    return torch.log(len(counts) / (counts > 0).sum(dim=0).clamp(min=1))


@ask.mistake("the count no longer saturates")
def _not_saturated(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return (_rarity(counts) * counts).sum(dim=1)


@ask.mistake("the factor k1 + 1 is put in, which the contract leaves out")
def _factor(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return bm25_scores(counts, lengths, k1, b) * (k1 + 1)


@ask.mistake("the length is counted from the question's words alone; a document has others too")
def _own_lengths(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return bm25_scores(counts, counts.sum(dim=1) + 1e-9, k1, b)


@ask.mistake("the words are averaged and not summed")
def _mean_of_words(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return bm25_scores(counts, lengths, k1, b) / max(counts.shape[1], 1)


@ask.mistake("k1 and b of the chapter are written into the code")
def _chapters_settings(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return bm25_scores(counts, lengths, 0.9, 0.4)


@ask.mistake("the strictness lost its axis: it is lined up with words and not with documents")
def _axis_forgotten(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    strict = _plain(lengths, k1, b)
    return (_rarity(counts) * counts / (counts + strict)).sum(dim=1)


@ask.mistake("the scores of the single words are not added up")
def _per_word(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    strict = _plain(lengths, k1, b)
    return _rarity(counts) * counts / (counts + strict.unsqueeze(-1))


@ask.mistake("the scores are added up over the documents and not over the words")
def _documents_summed(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return _per_word(counts, lengths, k1, b).sum(dim=0)


ask.mistake(
    "a document is compared with all documents together and not with the average",
    _strictness(lambda n, k1, b: k1 * (1 - b + b * n / n.sum())),
)
ask.mistake(
    "a document is compared with the middle one and not with the average",
    _strictness(lambda n, k1, b: k1 * (1 - b + b * n / n.quantile(0.5))),
)
ask.mistake(
    "a document is compared with the lower middle one, as torch.median gives it",
    _strictness(lambda n, k1, b: k1 * (1 - b + b * n / n.median())),
)


@ask.mistake("the average is that of the documents with one of the words")
def _average_of_those_found(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    average = lengths[(counts > 0).any(dim=1)].sum() / max(int((counts > 0).any(dim=1).sum()), 1)
    return _with(counts, k1 * (1 - b + b * lengths / average.clamp(min=1e-9)))


ask.mistake(
    "k1 multiplies the fixed part only", _strictness(lambda n, k1, b: k1 * (1 - b) + b * n / n.mean())
)


@ask.mistake("the brackets behind k1 are lost")
def _bracket_lost(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return _with(counts, k1 * 1 - b + b * lengths / lengths.mean())


ask.mistake(
    "what stands against the count grows with the square of the length",
    _strictness(lambda n, k1, b: k1 * (1 - b + b * (n / n.mean()) ** 2)),
)


@ask.mistake("the length counts with a minus, and long documents still gain")
@_strictness
def _minus(lengths: Tensor, k1: float, b: float) -> Tensor:
    return k1 * (1 - b - b * lengths / lengths.mean())


@ask.mistake("the count is divided by the length before, so that the length counts twice")
def _share(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return _with(counts / lengths.unsqueeze(-1), _plain(lengths, k1, b))


@ask.mistake("the words are added up before they saturate, and not each for itself")
def _words_summed_first(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    strict = _plain(lengths, k1, b)
    return (_rarity(counts) * counts).sum(dim=1) / (counts.sum(dim=1) + strict)


@ask.mistake("the number of words is taken for that of documents")
@_rare
def _as_many_as_words(counts: Tensor) -> Tensor:
    has = (counts > 0).sum(dim=0)
    return torch.log(1 + (counts.shape[1] - has + 0.5) / (has + 0.5))


@ask.mistake("a word that a document has once is not counted for its rarity")
@_rare
def _had_twice(counts: Tensor) -> Tensor:
    has = (counts > 1).sum(dim=0)
    return torch.log(1 + (len(counts) - has + 0.5) / (has + 0.5))


ask.mistake(
    "the quotient of the lengths is cut to a whole number",
    _strictness(lambda n, k1, b: k1 * (1 - b + b * (n // n.mean()))),
)
ask.mistake(
    "a word counts once, however often it stands there",
    lambda c, n, k, b: _with(c.clamp(max=1), _plain(n, k, b)),
)
ask.mistake("one document alone loses its axis", lambda c, n, k, b: bm25_scores(c, n, k, b).squeeze())


@ask.mistake("the result is always float32")
def _always_32(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    return bm25_scores(counts.float(), lengths.float(), k1, b)


@ask.mistake("the caller's lengths are divided in place")
def _divided_in_place(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    lengths /= lengths.mean()
    return _with(counts, k1 * (1 - b + b * lengths))


@ask.mistake("a question without words gives float32, whatever comes in")
def _float32_if_empty(counts, lengths, k1, b):
    return bm25_scores(counts, lengths, k1, b) if counts.shape[1] else torch.zeros(len(counts))


@ask.right
def with_loops(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    n, average = len(counts), float(lengths.mean())
    scores = torch.zeros(n, dtype=counts.dtype)
    for word in counts.T:
        df = int((word > 0).sum())
        rare = torch.log(torch.tensor((n + 1) / (df + 0.5)))
        for d in range(n):
            scores[d] += rare * word[d] / (word[d] + k1 * (1 + b * (lengths[d] / average - 1)))
    return scores


@ask.right
def with_a_product(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    n, df = counts.shape[0], counts.bool().to(counts.dtype).sum(0)
    rare = torch.log1p((n - df + 0.5) / (df + 0.5))
    strict = k1 * ((1 - b) + b * (lengths / lengths.mean()))
    return (counts / (counts + strict[:, None])) @ rare


@ask.right
def with_shares(counts: Tensor, lengths: Tensor, k1: float, b: float) -> Tensor:
    corrected = counts / (1 - b + b * lengths * len(lengths) / lengths.sum())[:, None]
    has = counts.ne(0).sum(0).to(counts.dtype)
    rare = (len(counts) + 1) / (has + 0.5)
    return torch.einsum("nw,w->n", corrected / (corrected + k1), rare.log())
