from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albert_lab.errors import CheckpointError, InputError
from albert_lab.text import batches
from albert_lab.text.batches import (
    PlainTokenizer,
    TextEncoder,
    average_words,
    check_texts,
    chunks,
    folder_tokenizer,
    length_batches,
    padded_lengths,
    trimmed,
    windows,
    without_surrogates,
    word_spans,
)
from albert_lab.text.tokenizer import load_tokenizer


@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(1, 300)), st.integers(1, 1000))
def test_batches_hold_every_text_once_within_the_budget(lengths, budget):
    batches = length_batches(lengths, budget)
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[position] for position in batch)
        assert len(batch) == 1 or len(batch) * longest <= budget


def test_a_batch_ends_where_the_length_changes_once_it_is_half_full():
    assert [list(batch) for batch in length_batches([8, 16, 16, 8, 16, 8], 96)] == [[1, 2, 4], [0, 3, 5]]
    assert [list(batch) for batch in length_batches([8, 16, 8], 96)] == [[1, 0, 2]]


@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 50), max_size=6), st.integers(1, 12), st.data())
def test_windows_cover_every_token_with_full_windows(lengths, size, data):
    overlap = data.draw(st.integers(0, size - 1))
    parts = windows(lengths, size, overlap)
    for text, length in enumerate(lengths):
        own = [part for part in parts if part.text == text]
        assert {token for part in own for token in range(part.start, part.stop)} == set(range(length))
        assert sum(part.share for part in own) == pytest.approx(1)
        assert all(part.stop - part.start == min(size, length) for part in own)
        for one, other in pairwise(own):
            assert one.stop - other.start >= overlap


def test_cutting_keeps_the_beginning():
    assert [part[:3] for part in windows([3, 9], 4, None)] == [(0, 0, 3), (1, 0, 4)]


def test_padded_lengths_are_whole_blocks_within_the_limit():
    assert padded_lengths([1, 16, 17, 24, 60, 61], 62).tolist() == [16, 16, 24, 24, 62, 62]


def test_chunks_keep_the_order_and_bound_the_characters(monkeypatch):
    monkeypatch.setattr(batches, "TEXTS_PER_CHUNK", 3)
    monkeypatch.setattr(batches, "CHARACTERS_PER_CHUNK", 10)
    texts = ["a", "b", "c", "d" * 9, "e", "f" * 50, "g"]
    found = list(chunks(texts))
    assert [text for _, chunk in found for text in chunk] == texts
    assert [start for start, _ in found] == [0, 3, 5, 6]
    assert list(chunks([])) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\n", []),
        ("copy_tree(src)", ["copy_tree", "(", "src", ")"]),
        ("a -> b.", ["a", "->", "b", "."]),
        ("cafe\u0301 naïve", ["cafe\u0301", "naïve"]),
        ("हिन्दी 中文", ["हिन्दी", "中文"]),
        ("tree 👩\u200d👩\u200d👧!", ["tree", "👩\u200d👩\u200d👧!"]),
    ],
)
def test_words_are_found_in_the_text_itself(text, expected):
    assert [text[start:stop] for start, stop in word_spans(text)] == expected


def test_a_word_is_the_average_of_the_pieces_it_touches():
    spans = [(0, 4), (5, 6), (7, 9), (10, 12)]
    offsets = np.array([[0, 2], [2, 4], [5, 6], [5, 9]])  # the last piece reaches over two words
    vectors = np.array([[1.0, 0], [3, 0], [0, 8], [0, 4]], dtype=np.float32)
    kept, averaged = average_words(spans, offsets, vectors)
    assert kept == [(0, 4), (5, 6), (7, 9)]  # the word without a piece is left out
    np.testing.assert_array_equal(averaged, [[2, 0], [0, 6], [0, 4]])


def test_white_space_is_trimmed_from_offsets():
    assert trimmed("a  bc ", [(0, 1), (1, 6), (1, 3)]).tolist() == [[0, 1], [3, 5], [3, 3]]
    assert trimmed("", []).shape == (0, 2)


@pytest.mark.parametrize("bad", [None, float("nan"), b"bytes", 3, ["nested"]])
def test_an_element_that_is_no_string_is_named(bad):
    with pytest.raises(InputError, match=r"texts\[2\]"):
        check_texts(["a", "b", bad])


def test_what_counts_as_texts():
    assert check_texts("one") == ["one"]
    assert check_texts(text for text in "ab") == ["a", "b"]
    assert check_texts(np.array(["a", "b"])) == ["a", "b"]
    for bad in (None, 3, b"bytes"):
        with pytest.raises(InputError, match="texts is"):
            check_texts(bad)


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert without_surrogates("a\ud800b\udfff😀") == "a\ufffdb\ufffd😀"


def test_the_users_tokenizer_is_left_alone(tokenizer):
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=9)
    try:
        (encoding,) = TextEncoder(tokenizer).encode(["return the copy of the string"])
        assert len(encoding.ids) > 4
        assert tokenizer.backend_tokenizer.truncation["max_length"] == 4
        assert tokenizer.backend_tokenizer.padding["length"] == 9
    finally:
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()


def test_collated_rows_equal_the_tokenizers_own(tokenizer):
    texts = ["return the string", "a", "copy a tree of files"]
    encoder = TextEncoder(tokenizer)
    rows = [encoding.ids for encoding in encoder.encode(texts)]
    ids, mask = encoder.collate(rows, 32)
    expected = tokenizer(texts, padding="max_length", max_length=32, return_tensors="np")
    np.testing.assert_array_equal(ids, expected["input_ids"])
    np.testing.assert_array_equal(mask, expected["attention_mask"])
    assert encoder.collate(rows[:1], len(rows[0]) + 2)[1] is None


def test_a_tokenizer_without_a_fast_backend():
    with pytest.raises(InputError, match="backend"):
        TextEncoder(object())


def test_the_tokenizer_of_a_folder_is_that_of_transformers(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    plain, theirs = TextEncoder(folder_tokenizer(tmp_path)), TextEncoder(load_tokenizer(tmp_path))
    assert isinstance(folder_tokenizer(tmp_path), PlainTokenizer)
    assert plain.backend.to_str() == theirs.backend.to_str()
    assert (plain.max_length, plain.pad_id) == (theirs.max_length, theirs.pad_id)
    assert (plain.prefix, plain.suffix, plain.vocab_size) == (theirs.prefix, theirs.suffix, theirs.vocab_size)


@pytest.mark.parametrize("change", [{"tokenizer_class": "AlbertTokenizer"}, None])
def test_what_tokenizer_json_does_not_say_alone_is_left_to_transformers(tokenizer, tmp_path, change):
    tokenizer.save_pretrained(tmp_path)
    notes = tmp_path / "tokenizer_config.json"
    if change is None:
        notes.unlink()
    else:
        notes.write_text(json.dumps(json.loads(notes.read_text()) | change))
    assert not isinstance(folder_tokenizer(tmp_path), PlainTokenizer)
    with pytest.raises(CheckpointError, match="No tokenizer"):
        folder_tokenizer(tmp_path / "none")
