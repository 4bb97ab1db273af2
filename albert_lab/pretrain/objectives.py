"""What ALBERT is pretrained on: masked words and the order of two segments.

Source: Lan et al. 2020 (arXiv 1909.11942), sections 3.1 and 4.1. The shares 15 % and 80/10/10 are in the
authors' code, not in the paper. Two oddities of that code are left out: a segment without a partner is not
paired with a random document, and 15 % of a long text are masked, not 20 tokens at most.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from albert_lab.errors import InputError

IGNORED = -100  # the label that a loss leaves out
MAX_NGRAM = 3
MASKED_SHARE = 0.15
SHORT_SHARE = 0.1  # of the passes over a document, how many aim at a shorter length
IN_ORDER, SWAPPED = 0, 1


@dataclass(frozen=True)
class SpecialIds:
    """Ids of the tokens that are never predicted, of those that may replace another, and the table's size.

    Attributes:
        ordinary: ids that may replace a masked token, rising; None = all from `first_ordinary` on.
    """

    cls: int
    sep: int
    mask: int
    pad: int
    first_ordinary: int
    vocab_size: int
    ordinary: np.ndarray | None = field(default=None, compare=False)

    def random_ids(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """So many ordinary ids."""
        ids = self.ordinary
        if ids is None:
            return rng.integers(self.first_ordinary, self.vocab_size, size=count)
        return ids[rng.integers(0, len(ids), size=count)]


@dataclass(frozen=True)
class Example:
    """One text or pair as the network reads it: ``[CLS] a [SEP] b [SEP]``.

    input_ids, token_type_ids (T,) int64; word_of (T,) int64: the number of the word that a token belongs
    to, -1 for special tokens; order_label: IN_ORDER, SWAPPED, or IGNORED for a single segment.
    """

    input_ids: np.ndarray
    token_type_ids: np.ndarray
    word_of: np.ndarray
    order_label: int

    def __len__(self) -> int:
        return len(self.input_ids)


def ngram_probabilities(max_ngram: int = MAX_NGRAM) -> np.ndarray:
    """p(n) = (1/n) / Σₖ(1/k) for n = 1 … max_ngram: 6/11, 3/11, 2/11 for 3 (section 4.1)."""
    weights = 1.0 / np.arange(1, max_ngram + 1)
    return weights / weights.sum()


def choose_masked(
    word_of: np.ndarray,
    rng: np.random.Generator,
    *,
    share: float = MASKED_SHARE,
    max_ngram: int = MAX_NGRAM,
) -> np.ndarray:
    """Choose the tokens to predict: runs of n whole words, n drawn from p(n), until `share` is reached.

    word_of (T,): number of each token's word, from 0 without gaps, -1 = never masked. Returns the chosen
    positions, rising. At least one token is chosen where there is a word; a run that would pass the budget
    is cut short by words, and words longer than what is left are passed over.
    """
    starts, ends = word_spans(word_of)
    words = len(starts)
    if words == 0:
        return np.empty(0, dtype=np.int64)
    lengths = ends - starts
    budget = max(1, round(share * int(lengths.sum())))
    taken = np.zeros(words, dtype=bool)
    sizes = 1 + rng.choice(max_ngram, size=words, p=ngram_probabilities(max_ngram))
    for first, size in zip(rng.permutation(words), sizes, strict=True):
        for word in range(first, min(first + size, words)):
            if taken[word] or lengths[word] > budget:
                break
            taken[word] = True
            budget -= lengths[word]
        if budget == 0:
            break
    if not taken.any():  # every word is longer than the budget: take the shortest
        taken[np.argmin(lengths)] = True
    return np.flatnonzero((word_of >= 0) & taken[word_of])


def word_spans(word_of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First position and end of every word, in order; tokens with -1 belong to none."""
    previous = np.concatenate(([-1], word_of[:-1]))
    starts = np.flatnonzero((word_of >= 0) & (word_of != previous))
    following = np.concatenate((word_of[1:], [-1]))
    ends = np.flatnonzero((word_of >= 0) & (word_of != following)) + 1
    return starts, ends


def corrupt(
    input_ids: np.ndarray, positions: np.ndarray, special: SpecialIds, rng: np.random.Generator
) -> np.ndarray:
    """A copy in which each chosen token is, by its own draw, [MASK] (80 %), random (10 %) or kept (10 %)."""
    corrupted = input_ids.copy()
    fate = rng.random(len(positions))
    corrupted[positions[fate < 0.8]] = special.mask
    replaced = positions[(fate >= 0.8) & (fate < 0.9)]
    corrupted[replaced] = special.random_ids(len(replaced), rng)
    return corrupted


def target_length(max_length: int, rng: np.random.Generator) -> int:
    """The length that a pass over one document aims at, special tokens left out (section 4.1)."""
    room = max_length - 3  # [CLS] and two [SEP]
    if rng.random() < SHORT_SHARE:
        return int(rng.integers(2, room + 1))
    return room


def segment_pairs(
    lengths: np.ndarray, max_length: int, rng: np.random.Generator
) -> list[tuple[int, int, int]]:
    """Cut a document of sentences into chunks, and each chunk into two segments.

    lengths: tokens per sentence. Returns (first, cut, last) for every chunk: segment a is the sentences
    first … cut-1, segment b is cut … last-1, in document order; a chunk of one sentence has cut == last and
    so no second segment. Chunks take whole sentences until the target length is passed.
    """
    target = target_length(max_length, rng)
    chunks, first, size = [], 0, 0
    for sentence, length in enumerate(lengths):
        size += int(length)
        last = sentence + 1
        if size < target and last < len(lengths):
            continue
        cut = int(rng.integers(first + 1, last)) if last - first > 1 else last
        chunks.append((first, cut, last))
        first, size = last, 0
    return chunks


def make_example(
    first: tuple[np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray] | None,
    special: SpecialIds,
    max_length: int,
    rng: np.random.Generator,
) -> Example:
    """Put one or two segments, (ids, word numbers) each, between special tokens; swap a pair half the time.

    Too long a pair loses tokens at the front or the back of its longer segment, at random, as in the
    authors' code; too long a single segment loses its end.
    """
    if second is None:
        ids, words = first[0][: max_length - 2], first[1][: max_length - 2]
        return _assemble([(ids, words)], special, IGNORED)
    swapped = rng.random() < 0.5
    pair = _shorten_pair([second, first] if swapped else [first, second], max_length - 3, rng)
    return _assemble(pair, special, SWAPPED if swapped else IN_ORDER)


def _shorten_pair(
    pair: list[tuple[np.ndarray, np.ndarray]], room: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Take tokens off the longer segment until both fit into `room`, from its front or back by a coin."""
    sizes = [len(pair[0][0]), len(pair[1][0])]
    fronts = [0, 0]
    excess = sum(sizes) - room
    while excess > 0:
        longer = int(sizes[1] > sizes[0])
        step = max(1, min(excess, abs(sizes[0] - sizes[1]) // 2))
        from_front = int(rng.binomial(step, 0.5))
        fronts[longer] += from_front
        sizes[longer] -= step
        excess -= step
    return [
        (ids[front : front + size], words[front : front + size])
        for (ids, words), front, size in zip(pair, fronts, sizes, strict=True)
    ]


def _assemble(
    segments: list[tuple[np.ndarray, np.ndarray]], special: SpecialIds, order_label: int
) -> Example:
    ids, types, word_of, words = [[special.cls]], [[0]], [[-1]], 0
    for number, (segment, numbers) in enumerate(segments):
        if len(segment) == 0:
            raise InputError("A segment has no token.", expected="at least one token in each segment")
        _, numbers = np.unique(numbers, return_inverse=True)
        ids += [segment, [special.sep]]
        types += [np.full(len(segment) + 1, number)]
        word_of += [numbers + words, [-1]]
        words += int(numbers[-1]) + 1
    return Example(
        np.concatenate(ids).astype(np.int64),
        np.concatenate(types).astype(np.int64),
        np.concatenate(word_of).astype(np.int64),
        order_label,
    )
