"""ex10_1: one vector per word, the mean of its pieces."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex10_1",
    title="One vector per word",
    kind="implement",
    objectives=("LO-10.1",),
    points=2,
    minutes=20,
    difficulty=3,
    importance=4,
    why=(
        "Each token votes for one word, and a word's row of shares sums to 1, so a word of five pieces "
        "is not longer than a word of one. Special tokens belong to no word: they must not even be counted."
    ),
)


@ask.reference
def word_vectors(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    words = int(word_of.max()) + 1
    belongs = word_of == torch.arange(words).unsqueeze(-1)  # (W, T): is token t a piece of word w?
    share = belongs / belongs.sum(dim=1, keepdim=True)  # each row sums to 1
    return share.to(hidden.dtype) @ hidden  # (W, T) @ (T, H) -> (W, H)


def _numbers(draw: Draw, words: int, most: int) -> list[int]:
    """Word numbers of a text whose words have 1 to `most` pieces."""
    return [word for word in range(words) for _ in range(draw.integer(1, most))]


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, long words, a pair of texts, one word, no word, other dtypes and layouts, gradients."""
    hidden = torch.tensor([[9.0, 90.0], [2.0, 4.0], [6.0, 8.0], [1.0, 3.0], [9.0, 90.0]])
    by_hand = torch.tensor([-1, 0, 0, 1, -1])
    long = torch.tensor([-1, 0, *_numbers(draw, 4, 2), -1]).clamp(max=3)
    long = torch.cat([long[:-1], torch.tensor([4, 4, 4, 4, 5, 5, 5, -1])])
    pair = torch.tensor([-1, 0, 0, 1, -1, 2, 2, 2, 3, -1, -1, -1])
    double = draw.normal(5, 6, dtype=torch.float64)
    double[1], double[2] = double[1] + 1e6, double[2] - 1e6
    several = torch.tensor([-1, *_numbers(draw, 6, 4), 6, 6, -1])
    return [
        Case("two words, the first of two pieces, by hand", (hidden, by_hand)),
        Case("words of up to four pieces", (draw.normal(len(long), 3), long)),
        Case(
            "a pair of texts and padding: special tokens stand between words too", (draw.normal(12, 5), pair)
        ),
        Case("a text of many words", (draw.normal(len(several), 4), several)),
        Case("one word of five pieces", (draw.normal(7, 4), torch.tensor([-1, 0, 0, 0, 0, 0, -1]))),
        Case("no special tokens at all", (draw.normal(4, 3), torch.tensor([0, 0, 1, 2]))),
        Case("large numbers", (draw.normal(12, 2) + 100, pair)),
        Case("float64 all the way: large pieces of opposite sign", (double, by_hand)),
        Case("hidden states that are not contiguous", (draw.strided(12, 7), pair)),
        Case("gradients flow back", (draw.normal(12, 3), pair), gradient=True),
        Case("a text without words: (0, H)", (draw.normal(2, 4), torch.tensor([-1, -1]))),
        Case("a text without words, float64", (draw.normal(3, 2, dtype=torch.float64), torch.full((3,), -1))),
    ]


def _words(hidden: torch.Tensor, word_of: torch.Tensor) -> list[torch.Tensor]:
    """The pieces of each word."""
    return [hidden[word_of == word] for word in range(int(word_of.max()) + 1)]


def _of_each(how):
    def answer(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
        found = [how(pieces) for pieces in _words(hidden, word_of)]
        return torch.stack(found) if found else hidden.new_zeros(0, hidden.shape[-1])

    return answer


ask.mistake("the pieces of a word are summed and not averaged", _of_each(lambda x: x.sum(dim=0)))
ask.mistake("only the first piece of each word is taken", _of_each(lambda x: x[0]))
ask.mistake("only the last piece of each word is taken", _of_each(lambda x: x[-1]))
ask.mistake(
    "the largest value of each feature is taken: that is max pooling", _of_each(lambda x: x.amax(dim=0))
)


@ask.mistake("each piece is averaged with the average so far, so that later pieces weigh more")
@_of_each
def _running(pieces: torch.Tensor) -> torch.Tensor:
    mean = pieces[0]
    for piece in pieces[1:]:
        mean = (mean + piece) / 2
    return mean


@ask.mistake("the sum of a word's pieces is divided by the number of all tokens")
def _over_all_tokens(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return _of_each(lambda pieces: pieces.sum(dim=0) / len(hidden))(hidden, word_of)


@ask.mistake("the special tokens, number −1, got a row as if they were a word")
def _special_is_a_word(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return torch.stack([hidden[word_of == word].mean(dim=0) for word in word_of.unique()])


@ask.mistake("the special tokens are counted as pieces of the last word (an index −1 counts from the end)")
def _special_in_the_last(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    if word_of.max() < 0:
        return hidden.new_zeros(0, hidden.shape[-1])
    return word_vectors(hidden, torch.where(word_of < 0, word_of.max(), word_of))


@ask.mistake("the special tokens are counted as pieces of the first word")
def _special_in_the_first(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    if word_of.max() < 0:
        return hidden.new_zeros(0, hidden.shape[-1])
    return word_vectors(hidden, word_of.clamp(min=0))


@ask.mistake("the last word is missing: its number is the highest, and numbers start at 0")
def _last_word_left_out(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return word_vectors(hidden, word_of)[:-1]


@ask.mistake("a text without a single word makes your code fail")
def _empty_fails(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return torch.stack([pieces.mean(dim=0) for pieces in _words(hidden, word_of)])


@ask.mistake("there is a row for each piece where there should be one for each word")
def _a_row_per_token(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return word_vectors(hidden, word_of)[word_of[word_of >= 0]]


@ask.mistake("only the first and the last token are taken for special ones, which may stand anywhere")
def _ends_cut_off(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    hidden, word_of = hidden[1:-1], word_of[1:-1]
    found = [hidden[word_of == word].mean(dim=0) for word in word_of.unique()]
    return torch.stack(found) if found else hidden


@ask.mistake("the row of the lowest number is dropped, also where that number is word 0")
def _first_row_dropped(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    count = torch.bincount(word_of - word_of.min())
    total = hidden.new_zeros(len(count), hidden.shape[1]).index_add(0, word_of - word_of.min(), hidden)
    return (total / count.unsqueeze(-1))[1:]


@ask.mistake("the numbers were copied into a new tensor: dtype and gradients are lost")
def _copied(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return torch.tensor(word_vectors(hidden, word_of).tolist()).reshape(-1, hidden.shape[-1])


@ask.mistake("your new rows are float32, whatever hidden is")
def _new_rows(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return word_vectors(hidden.float(), word_of)


@ask.mistake("the means are computed in float32, and the dtype changed at the end")
def _in_float32(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return word_vectors(hidden.float(), word_of).to(hidden.dtype)


@ask.mistake("the gradients are cut on the way, as by detach() or NumPy")
def _detached(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return word_vectors(hidden.detach(), word_of)


@ask.mistake("with an index that comes twice, += keeps one piece of a word and forgets the others")
def _last_one_kept(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    real = word_of >= 0
    count = torch.bincount(word_of[real])
    total = hidden.new_zeros(len(count), hidden.shape[1])
    total[word_of[real]] += hidden[real]
    return total / count.unsqueeze(-1)


@ask.mistake("word 0 is taken for a special token: its pieces are not added")
def _word_0_left_out(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return word_vectors(hidden * (word_of > 0).unsqueeze(-1), word_of)


@ask.mistake("the special tokens are gone, and nothing is averaged: a row per piece")
def _not_averaged(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return hidden[word_of >= 0]


@ask.mistake("of a text with one word, the axis of the words is lost")
def _axis_lost(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return word_vectors(hidden, word_of).squeeze()


@ask.mistake("the sum of a word's pieces is divided by the number of words")
def _by_words(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    return _of_each(lambda x: x.sum(dim=0))(hidden, word_of) / max(1, int(word_of.max()) + 1)


ask.mistake(
    "each row is one number: the mean runs over the features as well",
    lambda hidden, word_of: word_vectors(hidden, word_of).mean(dim=1),
)


@ask.mistake("you return a list of vectors where one tensor is asked for")
def _a_list(hidden: torch.Tensor, word_of: torch.Tensor) -> list[torch.Tensor]:
    return list(word_vectors(hidden, word_of))


@ask.mistake("without words the result is float32, whatever hidden is")
def _float32_if_empty(hidden, word_of):
    return word_vectors(hidden, word_of) if (word_of >= 0).any() else torch.zeros(0, hidden.shape[1])


@ask.right
def with_a_loop(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    words = int(word_of.max()) + 1
    total = [torch.zeros(hidden.shape[1], dtype=hidden.dtype) for _ in range(words)]
    count = [0] * words
    for state, word in zip(hidden, word_of.tolist(), strict=True):
        if word >= 0:
            total[word] = total[word] + state
            count[word] += 1
    means = [one / number for one, number in zip(total, count, strict=True)]
    return torch.stack(means) if means else hidden[:0]


@ask.right
def with_index_add(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    real = word_of >= 0
    count = torch.bincount(word_of[real])
    total = hidden.new_zeros(len(count), hidden.shape[1]).index_add(0, word_of[real], hidden[real])
    return total / count.unsqueeze(-1)


@ask.right
def with_masks(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    means = [hidden[word_of == word].mean(dim=0) for word in word_of.unique().tolist() if word >= 0]
    return torch.stack(means) if means else torch.empty(0, hidden.shape[1], dtype=hidden.dtype)


@ask.right
def with_runs(hidden: torch.Tensor, word_of: torch.Tensor) -> torch.Tensor:
    _, lengths = word_of.unique_consecutive(return_counts=True)
    starts = lengths.cumsum(0) - lengths
    groups = zip(hidden.split(lengths.tolist()), word_of[starts].tolist(), strict=True)
    means = [pieces.mean(dim=0, keepdim=True) for pieces, word in groups if word != -1]
    return torch.cat([hidden[:0], *means])
