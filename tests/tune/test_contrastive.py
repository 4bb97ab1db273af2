"""Losses against torch and against loops; hard negatives by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from albert_lab.errors import InputError
from albert_lab.tune import contrastive
from albert_lab.tune.contrastive import contrastive_loss, distillation_loss, mine_negatives, same_thing
from albert_lab.tune.pairs import TextPair


@pytest.fixture
def vectors():
    torch.manual_seed(0)
    return torch.randn(5, 8, dtype=torch.float64), torch.randn(7, 8, dtype=torch.float64)


def written_out(queries, documents, temperature, wrong_allowed):
    """InfoNCE question by question, in plain Python."""
    total = 0.0
    for i in range(len(queries)):
        scores = [float(torch.cosine_similarity(queries[i], d, dim=0)) / temperature for d in documents]
        kept = [s for j, s in enumerate(scores) if j == i or wrong_allowed(i, j)]
        total += math.log(sum(map(math.exp, kept))) - scores[i]
    return total / len(queries)


def test_the_loss_is_the_formula(vectors):
    loss = contrastive_loss(*vectors, 0.1)
    assert float(loss) == pytest.approx(written_out(*vectors, 0.1, lambda i, j: True))


def test_what_is_the_same_is_no_negative_but_the_partner_always_counts(vectors):
    same = torch.zeros(5, 7, dtype=torch.bool)
    same[0, 3] = same[2, 6] = same[1, 1] = True
    loss = contrastive_loss(*vectors, 0.1, same)
    assert float(loss) == pytest.approx(
        written_out(*vectors, 0.1, lambda i, j: (i, j) not in {(0, 3), (2, 6)})
    )


def test_symmetric_averages_both_directions_over_partners(vectors):
    queries, documents = vectors
    there = written_out(queries, documents, 0.2, lambda i, j: True)
    back = written_out(documents[:5], queries, 0.2, lambda i, j: True)
    loss = contrastive_loss(queries, documents, 0.2, symmetric=True)
    assert float(loss) == pytest.approx((there + back) / 2)


def test_the_loss_is_that_of_sentence_transformers():
    from sentence_transformers.sentence_transformer import losses

    torch.manual_seed(1)
    queries, documents = torch.randn(6, 8), torch.randn(6, 8)
    theirs = losses.MultipleNegativesRankingLoss(torch.nn.Identity(), scale=20.0)
    expected = theirs.compute_loss_from_embeddings([queries, documents], labels=None)
    assert float(contrastive_loss(queries, documents, 1 / 20)) == pytest.approx(float(expected), rel=1e-5)


def test_distillation_is_zero_for_the_teacher_itself_and_the_kl_divergence_else(vectors):
    students = torch.cat(vectors)
    n = len(students)
    assert float(distillation_loss(students, 3 * students, 0.1)) == pytest.approx(0)
    torch.manual_seed(2)
    teachers = torch.randn(n, 3, dtype=torch.float64)
    expected = 0.0
    for i in range(n):  # of each text: how near all others are, by both
        others = [j for j in range(n) if j != i]
        theirs, ours = (
            torch.softmax(torch.cosine_similarity(each[i], each[others]) / 0.1, 0)
            for each in (teachers, students)
        )
        expected += float((theirs * (theirs.log() - ours.log())).sum()) / n
    assert float(distillation_loss(students, teachers, 0.1)) == pytest.approx(expected)


PAIRS = [
    TextPair("copy a file", "copies one file to a place", "a"),
    TextPair("copy a tree", "copies a file tree", "b"),
    TextPair("copy a file", "duplicate a file", "c"),
    TextPair("sort a list", "sorts a list in place", "d"),
    TextPair("sort numbers", "sorts a list in place", "e"),
    TextPair("file to copy", "another text on a file", "a"),
]


def test_same_question_same_text_and_same_thing():
    found = same_thing(PAIRS, PAIRS[:1])
    alike = {(i, j) for i, j in np.argwhere(found) if i != j}
    assert alike == {(0, 2), (2, 0), (3, 4), (4, 3), (0, 5), (5, 0), (0, 6), (2, 6), (5, 6)}
    unnamed = [TextPair("a", "b"), TextPair("c", "d")]
    assert not (same_thing(unnamed) & ~np.eye(2, dtype=bool)).any()


def test_bm25_finds_documents_with_the_questions_words_that_are_not_its_answer():
    found = mine_negatives(PAIRS, "bm25", 2)
    assert found.shape == (6, 2)
    assert found[0].tolist() == [1, -1], "2 has the same question, 5 is about the same thing"
    assert set(found[3].tolist()) == {-1}, "the only other list has the same text"
    assert found[1].tolist() == [0, -1]


def test_the_model_finds_the_nearest():
    angles = {"copy a file": 0.0, "copies one file to a place": 0.1, "copies a file tree": 0.3}

    def embed(texts):
        places = [angles.get(text, 1.0 + 0.1 * len(text)) for text in texts]
        return np.array([[math.cos(a), math.sin(a)] for a in places])

    assert mine_negatives(PAIRS, "model", 1, embed=embed)[0].tolist() == [1]
    with pytest.raises(InputError, match="needs a model"):
        mine_negatives(PAIRS, "model", 1)
    with pytest.raises(InputError, match="bm25 or model"):
        mine_negatives(PAIRS, "none")


def test_of_many_documents_evenly_spaced_ones_are_looked_at(monkeypatch):
    monkeypatch.setattr(contrastive, "POOL", 5)
    pairs = [TextPair(f"question {i}", f"the file number {i}") for i in range(17)]
    found = mine_negatives([TextPair("a file", "x"), *pairs], "bm25", 4)
    assert set(found[0].tolist()) <= {0, 4, 8, 12, 17, -1}
    assert len(set(found[0].tolist()) - {-1}) == 4
