"""Contrastive learning: partners together, all others apart.

For B questions and B documents of which the i-th belong together, with cosines s and temperature τ:

    loss = - mean_i log( exp(s_ii/τ) / Σ_j exp(s_ij/τ) )

InfoNCE (van den Oord et al. 2018, arXiv 1807.03748, equation 4) with in-batch negatives: every other document
of the batch is a wrong answer that costs nothing more to embed. Hard negatives are further columns j.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from albert_lab.errors import InputError
from albert_lab.tune.pairs import TextPair
from albert_lab.vectors.index import best

MINERS = ("none", "bm25", "model")
_LOOKED_AT = 64  # the nearest documents among which hard negatives are chosen
POOL = 30_000  # documents that are looked at; with more, mining would take as long as training


def contrastive_loss(
    queries: Tensor,
    documents: Tensor,
    temperature: float,
    same: Tensor | None = None,
    *,
    symmetric: bool = False,
) -> Tensor:
    """InfoNCE in nats, averaged over the questions.

    Args:
        queries: (B, H), of any length.
        documents: (B + M, H): the partners in the questions' order, then M hard negatives.
        temperature: τ; small values look at the nearest wrong documents only.
        same: boolean (B, B + M), True where a document must not count as wrong (the same text, or one about
            the same thing). The partners themselves always count.
        symmetric: also let each of the B partners find its question, and average the two.
    """
    logits = F.normalize(queries, dim=1) @ F.normalize(documents, dim=1).T / temperature  # (B, B + M)
    B = len(logits)
    right = torch.arange(B, device=logits.device)
    if same is not None:
        own = torch.eye(B, logits.shape[1], dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(same & ~own, float("-inf"))
    loss = F.cross_entropy(logits, right)
    return (loss + F.cross_entropy(logits[:, :B].T, right)) / 2 if symmetric else loss


def distillation_loss(students: Tensor, teachers: Tensor, temperature: float) -> Tensor:
    """KL(teacher ‖ student), nats, between two softmaxes over each text's cosines with all other texts.

    Averaged over the texts. The teacher's vectors may have another length than the student's: only cosines
    count (Hinton et al. 2015, section 2; Tung and Mori 2019, arXiv 1907.09682, for those within a batch).

    Args:
        students, teachers: (n, H) and (n, any), vectors of the same texts.
    """
    itself = torch.eye(len(students), dtype=torch.bool, device=students.device)
    logits = []
    for vectors in (students, teachers):
        unit = F.normalize(vectors, dim=1)
        logits.append((unit @ unit.T / temperature).masked_fill(itself, -1e4).log_softmax(1))
    return F.kl_div(*logits, log_target=True, reduction="batchmean")


def same_thing(pairs: Sequence[TextPair], negatives: Sequence[TextPair] = ()) -> np.ndarray:
    """Which documents are no wrong answers, (B, B + M) boolean: same question, same text, or same `about`."""
    documents = [*pairs, *negatives]
    found = np.zeros((len(pairs), len(documents)), dtype=bool)
    for field in ("query", "positive", "about"):
        rows = np.array([getattr(pair, field) for pair in pairs], dtype=object)
        columns = np.array([getattr(pair, field) for pair in documents], dtype=object)
        found |= (rows[:, None] == columns[None, :]) & (rows[:, None] != "")
    return found


def mine_negatives(
    pairs: Sequence[TextPair],
    how: str,
    count: int = 4,
    *,
    embed: Callable[[Sequence[str]], np.ndarray] | None = None,
) -> np.ndarray:
    """For every pair, numbers of pairs whose documents look right and are wrong: (n, count) int64, -1: none.

    Of more than `POOL` documents, as many are looked at, evenly spaced.

    Args:
        how: "bm25": most words in common with the question; "model": nearest by `embed`.
        count: how many for each pair, the most similar first.
        embed: texts -> vectors (n, H); for "model".

    Raises:
        InputError: an unknown `how`.
    """
    if how not in MINERS[1:]:
        raise InputError(f"how={how!r} is not known.", expected=" or ".join(MINERS[1:]))
    pool = np.unique(np.linspace(0, len(pairs) - 1, min(POOL, len(pairs))).astype(np.int64))
    documents = [pairs[i].positive for i in pool]
    queries = [pair.query for pair in pairs]
    scores_of = _by_words(queries, documents) if how == "bm25" else _by_vectors(queries, documents, embed)
    found = np.full((len(pairs), count), -1, dtype=np.int64)
    for number, pair in enumerate(pairs):
        scores = scores_of(number)
        near = [int(pool[i]) for i in best(scores, _LOOKED_AT) if scores[i] > 0]
        kept = _wrong_ones(pair, near, pairs, count)
        found[number, : len(kept)] = kept
    return found


def _wrong_ones(pair: TextPair, near: Sequence[int], pairs: Sequence[TextPair], count: int) -> list[int]:
    """The first few of `near` that do not answer the question, each text once."""
    kept: list[int] = []
    texts = {pair.query, pair.positive}
    for i in near:
        other = pairs[i]
        alike = other.query == pair.query or (pair.about and other.about == pair.about)
        if not alike and other.positive not in texts and len(kept) < count:
            kept.append(i)
            texts.add(other.positive)
    return kept


def _by_words(queries: Sequence[str], documents: Sequence[str]) -> Callable[[int], np.ndarray]:
    import bm25s

    from albert_lab.retrieval.lexical import K1, B, terms

    retriever = bm25s.BM25(k1=K1, b=B)
    retriever.index([terms(text) for text in documents], show_progress=False)

    def scores(number: int) -> np.ndarray:
        known = [term for term in terms(queries[number]) if term in retriever.vocab_dict]
        return retriever.get_scores(known) if known else np.zeros(len(documents), dtype=np.float32)

    return scores


def _by_vectors(
    queries: Sequence[str], documents: Sequence[str], embed: Callable[[Sequence[str]], np.ndarray] | None
) -> Callable[[int], np.ndarray]:
    if embed is None:
        raise InputError("how='model' needs a model.", expected="embed=, a function from texts to vectors")
    asked, found = embed(queries), embed(documents)
    found = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return lambda number: found @ asked[number]
