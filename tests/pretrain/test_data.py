"""The split, the encoding and the stream of batches."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from albert_lab.errors import InputError
from albert_lab.pretrain.data import (
    BatchStream,
    encode_documents,
    sentences_of,
    special_ids,
    split_documents,
)
from albert_lab.pretrain.objectives import IGNORED
from tests.pretrain.small import Page, pages, small_run


@pytest.fixture(scope="module")
def parts():
    return small_run()


@pytest.fixture(scope="module")
def stream(parts):
    settings, training, _, tokenizer = parts
    return BatchStream(
        training, special_ids(tokenizer), max_length=48, tokens_per_batch=256, seed=settings.seed
    )


@pytest.mark.parametrize(
    ("paragraph", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("See os.path for more. Then stop.", ["See os.path for more.", "Then stop."]),
        ("e.g. this is one sentence", ["e.g. this is one sentence"]),
        ('He said. "Why?" (Nobody) knew.', ["He said.", '"Why?" (Nobody) knew.']),
        ("  ", []),
    ],
)
def test_sentences(paragraph, sentences):
    assert sentences_of(paragraph) == sentences


def keys(paragraphs):
    return {p.casefold() for p in paragraphs}


def test_no_text_stands_on_both_sides():
    documents = pages(400)
    shared = "This sentence stands in very many documents of this corpus. It is repeated."
    for i in range(0, 400, 7):
        documents[i] = Page(documents[i].name, (shared, *documents[i].paragraphs))
    training, held_out = split_documents(documents, 20)
    assert len(held_out) > 20
    seen = set().union(*(keys(p) for p in training))
    assert not any(keys(paragraphs) & seen for paragraphs in held_out)
    assert sum(shared in paragraphs for paragraphs in training) == 1  # each paragraph once
    assert not any(shared in paragraphs for paragraphs in held_out)


def test_a_long_sentence_shared_inside_another_paragraph_is_a_leak_too():
    sentence = "Every one of these words stands in the same order elsewhere as well."
    documents = [Page(f"n{i}", (f"{sentence} Number {i}.",)) for i in range(300)]
    training, held_out = split_documents(documents, 20)
    assert training
    assert held_out == []


def test_the_split_depends_on_names_alone():
    documents = pages(200)
    assert split_documents(documents, 20) == split_documents(list(documents), 20)
    training, _ = split_documents(documents, 20)
    more, _ = split_documents(pages(200) + pages(50, seed=9), 20)
    assert [p for p in more if p in training] == training


def test_encoding_keeps_every_token_and_its_sentence(parts):
    tokenizer = parts[3]
    documents = [["One sentence here. And another one."], ["Third."]]
    texts = encode_documents(documents, tokenizer)
    assert len(texts) == 2
    assert texts.documents.tolist() == [0, 2, 3]
    wanted = [tokenizer(s, add_special_tokens=False)["input_ids"] for s in
              ("One sentence here.", "And another one.", "Third.")]  # fmt: skip
    got = [texts.ids[a:b].tolist() for a, b in itertools.pairwise(texts.sentences)]
    assert got == wanted


def test_nothing_to_train_on_is_said(parts):
    with pytest.raises(InputError, match="no text to train on"):
        encode_documents([[" "], []], parts[3])


def test_a_plan_holds_every_sentence_once(stream):
    chunks = np.concatenate(stream.plan(3))
    covered = np.concatenate([np.arange(a, b) for a, _, b in chunks])
    assert sorted(covered) == list(range(stream.texts.documents[-1]))


def test_epochs_differ_and_repeat_exactly(stream):
    first, again, second = stream.plan(0), stream.plan(0), stream.plan(1)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not all(a.shape == b.shape and (a == b).all() for a, b in zip(first, second, strict=False))
    one, two = stream.batch(0, 4, first[4]), stream.batch(0, 4, first[4])
    for name, array in vars(one).items():
        np.testing.assert_array_equal(array, getattr(two, name))


def test_batches_keep_their_budget_and_are_sound(stream):
    special = stream.special
    for number, chunks in enumerate(stream.plan(0)):
        batch = stream.batch(0, number, chunks)
        B, T = batch.input_ids.shape
        assert stream.tokens_per_batch >= B * T
        assert stream.max_length >= T
        assert (batch.input_ids[:, 0] == special.cls).all()
        assert (batch.input_ids[~batch.attention_mask] == special.pad).all()
        assert batch.attention_mask.any(0).sum() > T - 8  # padded to a multiple of eight, no more
        rows, columns = np.nonzero(batch.masked_labels != IGNORED)
        assert len(set(zip(rows, batch.masked_positions[rows, columns], strict=True))) == len(rows)
        assert batch.attention_mask[rows, batch.masked_positions[rows, columns]].all()
        assert (batch.masked_labels[rows, columns] >= special.first_ordinary).all()
        single = batch.token_type_ids.max(1) == 0
        assert (batch.order_labels[single] == IGNORED).all()
        assert (batch.order_labels[~single] != IGNORED).all()


def test_unmasked_tokens_are_those_of_the_text(stream):
    plan = stream.plan(0)
    batch = stream.batch(0, 0, plan[0])
    restored = batch.input_ids.copy()
    rows, columns = np.nonzero(batch.masked_labels != IGNORED)
    restored[rows, batch.masked_positions[rows, columns]] = batch.masked_labels[rows, columns]
    texts = stream.texts
    for row, (first, _, last) in enumerate(plan[0]):
        ids = restored[row][batch.attention_mask[row]]
        ordinary = ids[ids >= stream.special.first_ordinary]
        source = texts.ids[texts.sentences[first] : texts.sentences[last]]
        assert np.isin(ordinary, source).all()
        if len(source) + 3 <= stream.max_length:
            assert sorted(ordinary) == sorted(source[source >= stream.special.first_ordinary])


def test_too_small_a_budget_is_refused(parts):
    _, training, _, tokenizer = parts
    with pytest.raises(InputError, match="tokens_per_batch is 40"):
        BatchStream(training, special_ids(tokenizer), max_length=48, tokens_per_batch=40, seed=0)
