"""The teacher's kept vectors: whole, of sentences of ours, and near to what the teacher said."""

from __future__ import annotations

from itertools import chain

import numpy as np

from albert_lab.retrieval.needs import written_needs
from albert_lab.retrieval.questions import development_questions
from albert_lab.tune.taught import FILE, taught_pairs
from tools.teacher_vectors import narrowed, two_ways


def test_two_vectors_of_length_1_for_every_pair():
    pairs, vectors = taught_pairs()
    assert vectors.shape == (len(pairs), 2, 128)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=2), 1, rtol=1e-5)


def test_every_sentence_is_there_once_and_is_no_question_that_measures():
    sentences = list(chain.from_iterable(taught_pairs()[0]))
    assert len(set(sentences)) == len(sentences) > 600
    assert not {question.question for question in development_questions()} & set(sentences)


def test_the_file_is_small():
    assert FILE.stat().st_size < 300_000


def test_the_teacher_knows_which_sentences_say_the_same():
    _, vectors = taught_pairs()
    cosines = vectors[:, 0] @ vectors[:, 1].T
    assert (cosines.argmax(axis=1) == np.arange(len(cosines))).mean() > 0.6


def test_pairs_are_two_needs_of_the_same_objects():
    used = set()
    for first, second in two_ways():
        assert any(first in needs and second in needs for needs in written_needs().values())
        assert not {first, second} & used
        used |= {first, second}


def test_narrowing_keeps_the_cosines_of_vectors_in_few_directions():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((40, 6)) @ rng.standard_normal((6, 50))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    small = narrowed(vectors, 6)
    assert small.dtype == np.int8
    assert abs(small.astype(int)).max() == 127
    near = small / np.linalg.norm(small.astype(float), axis=1, keepdims=True)
    np.testing.assert_allclose(near @ near.T, vectors @ vectors.T, atol=0.02)
