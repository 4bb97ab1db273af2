"""From documents to batches: held-out split, token arrays, and a stream that any step can be reached in.

Nothing here keeps a position: batch k of epoch e is a function of (corpus, seed, e, k), so that a training
that was killed goes on exactly where it stood.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from albert_lab.errors import InputError
from albert_lab.pretrain.objectives import (
    IGNORED,
    Example,
    SpecialIds,
    choose_masked,
    corrupt,
    make_example,
    segment_pairs,
)
from albert_lab.text.splits import held_out_bucket, sentences_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_LONG_SENTENCE = 8  # words; shorter ones ("Returns a new array.") stand in many places by chance
PAD_TO = 8


class HasProse(Protocol):
    """What pretraining needs of a document."""

    name: str
    paragraphs: Sequence[str]


@dataclass(frozen=True)
class EncodedTexts:
    """Documents as one flat array of token ids, with the places where sentences and documents begin.

    ids (n,), word_of (n,): number of a token's word within its sentence; sentences (s + 1,): offsets into
    `ids`; documents (d + 1,): offsets into `sentences`.
    """

    ids: np.ndarray
    word_of: np.ndarray
    sentences: np.ndarray
    documents: np.ndarray

    def __len__(self) -> int:
        return len(self.documents) - 1

    @property
    def num_tokens(self) -> int:
        return len(self.ids)

    def fingerprint(self) -> str:
        """A short checksum of all of it, to know the same data again."""
        digest = hashlib.sha256()
        for array in (self.ids, self.word_of, self.sentences, self.documents):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Batch:
    """B texts of T tokens, K of them predicted in each at most; all int64 but the boolean mask.

    input_ids, token_type_ids, attention_mask (B, T); masked_positions, masked_labels (B, K), a label being
    IGNORED where a text has fewer than K; order_labels (B,), IGNORED for single segments.
    """

    input_ids: np.ndarray
    token_type_ids: np.ndarray
    attention_mask: np.ndarray
    masked_positions: np.ndarray
    masked_labels: np.ndarray
    order_labels: np.ndarray

    @property
    def num_tokens(self) -> int:
        """Real tokens, padding left out."""
        return int(self.attention_mask.sum())


def split_documents(
    documents: Iterable[HasProse], held_out_percent: float = 2.0
) -> tuple[list[list[str]], list[list[str]]]:
    """Documents for training and held out, each a list of paragraphs; no text stands in both.

    A document is a candidate for the held-out side by a hash of its name. It is left out of both sides when
    one of its paragraphs, or a sentence of eight words or more, also stands in a training document. In
    training each paragraph is kept once, where it first stands.
    """
    training, candidates, seen = [], [], set()
    for document in documents:
        if held_out_bucket(document.name) < held_out_percent:
            candidates.append(list(document.paragraphs))
            continue
        fresh = [text for text in document.paragraphs if _key(text) not in seen]
        fresh = list({_key(text): text for text in fresh}.values())
        seen.update(_key(text) for text in fresh)
        if fresh:
            training.append(fresh)
    known = {_key(s) for paragraphs in training for text in paragraphs for s in sentences_of(text)} | seen
    held_out = []
    for paragraphs in candidates:
        keys = {_key(text) for text in paragraphs}
        sentences = [s for text in paragraphs for s in sentences_of(text)]
        keys |= {_key(s) for s in sentences if len(s.split()) >= _LONG_SENTENCE}
        if paragraphs and not keys & known:
            known |= keys  # nor may two held-out documents share it
            held_out.append(paragraphs)
    return training, held_out


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def encode_documents(documents: Iterable[list[str]], tokenizer: PreTrainedTokenizerFast) -> EncodedTexts:
    """Tokenize documents (lists of paragraphs) sentence by sentence, without special tokens.

    Raises:
        InputError: no document has a token.
    """
    backend = tokenizer.backend_tokenizer
    ids, word_of, sentence_sizes, document_sizes = [], [], [], []
    for paragraphs in documents:
        texts = [sentence for paragraph in paragraphs for sentence in sentences_of(paragraph)]
        count = 0
        for encoding in backend.encode_batch(texts, add_special_tokens=False):
            if encoding.ids:
                ids.append(np.asarray(encoding.ids, dtype=np.int32))
                word_of.append(np.asarray(encoding.word_ids, dtype=np.int32))
                sentence_sizes.append(len(encoding.ids))
                count += 1
        if count:
            document_sizes.append(count)
    if not ids:
        raise InputError(
            "There is no text to train on.",
            expected="documents with at least one sentence",
            mend="choose other packages with --package",
        )
    return EncodedTexts(
        np.concatenate(ids),
        np.concatenate(word_of),
        np.concatenate(([0], np.cumsum(sentence_sizes))),
        np.concatenate(([0], np.cumsum(document_sizes))),
    )


class BatchStream:
    """The batches of every epoch: examples of similar length together, at most `tokens_per_batch` B·T.

    Args:
        texts: the encoded documents.
        special: ids of the special tokens.
        max_length: the longest example, special tokens included.
        tokens_per_batch: B·T of a batch, padding included.
        seed: decides order, chunks, swaps and masks.
    """

    def __init__(
        self, texts: EncodedTexts, special: SpecialIds, *, max_length: int, tokens_per_batch: int, seed: int
    ) -> None:
        if tokens_per_batch < max_length:
            raise InputError(
                f"tokens_per_batch is {tokens_per_batch}.",
                expected=f"at least the maximal length, {max_length}",
                mend="raise it, or lower the maximal length",
            )
        self.texts, self.special, self.max_length = texts, special, max_length
        self.tokens_per_batch, self.seed = tokens_per_batch, seed

    def plan(self, epoch: int) -> list[np.ndarray]:
        """The chunks of every batch of this epoch, in the order of training: arrays (B, 3) of sentences."""
        rng = np.random.default_rng([self.seed, epoch])
        starts = self.texts.documents
        chunks = []
        for document in rng.permutation(len(self.texts)):
            first, last = starts[document], starts[document + 1]
            lengths = np.diff(self.texts.sentences[first : last + 1])
            chunks += [
                (first + a, first + cut, first + b)
                for a, cut, b in segment_pairs(lengths, self.max_length, rng)
            ]
        chunks = np.asarray(chunks, dtype=np.int64)
        sizes = np.minimum(self._sizes(chunks), self.max_length)
        order = np.argsort(sizes + rng.random(len(sizes)))  # by length, ties at random
        batches = [chunks[part] for part in _cut_by_budget(order, sizes, self.tokens_per_batch)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def batch(self, epoch: int, number: int, chunks: np.ndarray) -> Batch:
        """Batch `number` of this epoch's plan, masked anew."""
        rng = np.random.default_rng([self.seed, epoch, number])
        examples = [self._example(chunk, rng) for chunk in chunks]
        return collate(examples, self.special, rng, longest=self.max_length)

    def _sizes(self, chunks: np.ndarray) -> np.ndarray:
        tokens = self.texts.sentences[chunks[:, 2]] - self.texts.sentences[chunks[:, 0]]
        return tokens + np.where(chunks[:, 1] < chunks[:, 2], 3, 2)

    def _example(self, chunk: np.ndarray, rng: np.random.Generator) -> Example:
        first, cut, last = chunk
        second = self._segment(cut, last) if cut < last else None
        return make_example(self._segment(first, cut), second, self.special, self.max_length, rng)

    def _segment(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Token ids and word numbers of sentences first … last-1, words counted through."""
        offsets = self.texts.sentences[first : last + 1]
        ids = self.texts.ids[offsets[0] : offsets[-1]]
        word_of = self.texts.word_of[offsets[0] : offsets[-1]]
        begins = np.concatenate(([True], word_of[1:] != word_of[:-1]))
        begins[offsets[:-1] - offsets[0]] = True  # a sentence of one word after another of one word
        return ids, np.cumsum(begins) - 1


def _cut_by_budget(order: np.ndarray, sizes: np.ndarray, budget: int) -> list[np.ndarray]:
    """Cut `order` (by rising size) into runs whose count times padded size stays within `budget`."""
    parts, first = [], 0
    for position in range(1, len(order) + 1):
        longest = _padded(int(sizes[order[min(position, len(order) - 1)]]))
        if position == len(order) or (position + 1 - first) * longest > budget:
            parts.append(order[first:position])
            first = position
    return parts


def _padded(length: int) -> int:
    return -(-length // PAD_TO) * PAD_TO


def collate(
    examples: Sequence[Example], special: SpecialIds, rng: np.random.Generator, *, longest: int | None = None
) -> Batch:
    """Mask every example and put them into one batch, padded to a multiple of 8, at most `longest`."""
    B, T = len(examples), _padded(max(len(example) for example in examples))
    T = T if longest is None else min(T, longest)
    ids = np.full((B, T), special.pad, dtype=np.int64)
    types = np.zeros((B, T), dtype=np.int64)
    mask = np.zeros((B, T), dtype=bool)
    chosen = [choose_masked(example.word_of, rng) for example in examples]
    K = max(len(positions) for positions in chosen)
    positions, labels = np.zeros((B, K), dtype=np.int64), np.full((B, K), IGNORED, dtype=np.int64)
    for row, (example, picked) in enumerate(zip(examples, chosen, strict=True)):
        size, count = len(example), len(picked)
        ids[row, :size] = corrupt(example.input_ids, picked, special, rng)
        types[row, :size] = example.token_type_ids
        mask[row, :size] = True
        positions[row, :count], labels[row, :count] = picked, example.input_ids[picked]
    order = np.asarray([example.order_label for example in examples], dtype=np.int64)
    return Batch(ids, types, mask, positions, labels, order)


def special_ids(tokenizer: PreTrainedTokenizerFast) -> SpecialIds:
    """The ids that masking must know; special tokens may stand anywhere in the vocabulary.

    Raises:
        InputError: [CLS], [SEP], [MASK] or the padding token is missing, or there are no other tokens.
    """
    names = {name: getattr(tokenizer, f"{name}_token_id") for name in ("cls", "sep", "mask", "pad")}
    missing = [name for name, number in names.items() if number is None]
    every = sorted(tokenizer.get_vocab().values())
    ordinary = np.setdiff1d(every, tokenizer.all_special_ids).astype(np.int64)
    if missing or not len(ordinary):
        lacking = ", ".join(f"{name} token" for name in missing) or "token that is no special one"
        raise InputError(
            f"The tokenizer has no {lacking}.",
            expected="[CLS], [SEP], [MASK], a padding token, and pieces of words",
            mend="choose another --tokenizer, or leave it out to train one",
        )
    return SpecialIds(**names, first_ordinary=int(ordinary[0]), vocab_size=every[-1] + 1, ordinary=ordinary)
