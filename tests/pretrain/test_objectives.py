"""N-gram masking and sentence order against their definitions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from albert_lab.errors import InputError
from albert_lab.pretrain.objectives import (
    IGNORED,
    IN_ORDER,
    SWAPPED,
    SpecialIds,
    choose_masked,
    corrupt,
    make_example,
    ngram_probabilities,
    segment_pairs,
    target_length,
    word_spans,
)

SPECIAL = SpecialIds(cls=2, sep=3, mask=4, pad=0, first_ordinary=5, vocab_size=100)


def words(*sizes: int) -> np.ndarray:
    """Word numbers of a text whose words have these many pieces, between [CLS] and [SEP]."""
    return np.concatenate([[-1], np.repeat(np.arange(len(sizes)), sizes), [-1]])


def segment(*ids: int) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(ids), np.arange(len(ids))


def test_each_ngram_length_contributes_the_same_share_of_words():
    """p(n) is proportional to 1/n, so n·p(n) is the same for all n: 6/11 each (facts sheet, section 3)."""
    p = ngram_probabilities(3)
    np.testing.assert_allclose(p, [6 / 11, 3 / 11, 2 / 11])
    np.testing.assert_allclose(p * [1, 2, 3], [6 / 11] * 3)


def test_word_spans_leave_special_tokens_out():
    starts, ends = word_spans(words(1, 3, 2))
    assert starts.tolist() == [1, 2, 5]
    assert ends.tolist() == [2, 5, 7]


def test_masked_share_is_fifteen_percent_of_the_tokens():
    rng = np.random.default_rng(0)
    for count in (20, 100, 400):
        word_of = words(*[1] * count)
        assert all(len(choose_masked(word_of, rng)) == round(0.15 * count) for _ in range(20))


def test_whole_words_are_masked_together():
    rng = np.random.default_rng(1)
    sizes = [1, 2, 3, 4, 1, 2, 5, 1, 1, 3, 2, 2, 1, 1, 4, 2]
    word_of = words(*sizes)
    for _ in range(200):
        chosen = choose_masked(word_of, rng)
        for word in set(word_of[chosen]):
            assert np.isin(np.flatnonzero(word_of == word), chosen).all()
        assert (word_of[chosen] >= 0).all()
        assert 1 <= len(chosen) <= round(0.15 * sum(sizes))


def test_runs_are_as_long_as_the_draw_says():
    """In a long text, where the budget rarely cuts a run, first runs have lengths 6/11, 3/11, 2/11."""
    rng = np.random.default_rng(2)
    word_of = words(*[1] * 400)
    counts = Counter()
    for _ in range(3000):
        chosen = choose_masked(word_of, rng, share=0.0075)  # three tokens: one or a few runs, far apart
        runs = np.split(chosen, np.flatnonzero(np.diff(chosen) > 1) + 1)
        counts.update(len(run) for run in runs)
    # A budget of three is filled by 3 | 2+1 | 1+2 | 1+1+1 (with 3 cut to what is left):
    p1, p2, p3 = 6 / 11, 3 / 11, 2 / 11
    threes = p3
    twos = p2 + p1 * (p2 + p3)  # 2 then 1 left; 1 then 2 left, filled by a 2 or a 3 that is cut
    expected = threes / (threes + twos + p2 + p1 * (p2 + p3) + 3 * p1 * p1)
    assert counts[3] / counts.total() == pytest.approx(expected, abs=0.02)


def test_a_text_without_words_has_nothing_to_predict():
    assert len(choose_masked(np.array([-1, -1]), np.random.default_rng(0))) == 0


def test_a_word_longer_than_the_budget_is_still_predicted():
    assert choose_masked(words(7), np.random.default_rng(0)).tolist() == list(range(1, 8))


def test_corruption_is_eighty_ten_ten_and_leaves_its_input_alone():
    rng = np.random.default_rng(3)
    ids = np.full(20_000, 50)
    before, positions = ids.copy(), np.arange(0, 20_000, 2)
    corrupted = corrupt(ids, positions, SPECIAL, rng)
    np.testing.assert_array_equal(ids, before)
    np.testing.assert_array_equal(corrupted[1::2], ids[1::2])
    fates = corrupted[positions]
    assert np.mean(fates == SPECIAL.mask) == pytest.approx(0.8, abs=0.015)
    # A random piece equals the original once in 95 draws.
    assert np.mean(fates == 50) == pytest.approx(0.1 + 0.1 / 95, abs=0.015)
    others = fates[(fates != SPECIAL.mask) & (fates != 50)]
    assert others.min() >= SPECIAL.first_ordinary
    assert others.max() < SPECIAL.vocab_size


def test_a_pair_has_types_separators_and_its_order_label():
    seen = set()
    for seed in range(20):
        example = make_example(segment(10, 11), segment(20), SPECIAL, 16, np.random.default_rng(seed))
        if example.order_label == IN_ORDER:
            assert example.input_ids.tolist() == [2, 10, 11, 3, 20, 3]
            assert example.token_type_ids.tolist() == [0, 0, 0, 0, 1, 1]
        else:
            assert example.order_label == SWAPPED
            assert example.input_ids.tolist() == [2, 20, 3, 10, 11, 3]
            assert example.token_type_ids.tolist() == [0, 0, 0, 1, 1, 1]
        assert example.word_of[example.word_of >= 0].tolist() == [0, 1, 2]
        seen.add(example.order_label)
    assert seen == {IN_ORDER, SWAPPED}


def test_a_single_segment_has_no_order():
    example = make_example(segment(10, 11, 12), None, SPECIAL, 16, np.random.default_rng(0))
    assert example.order_label == IGNORED
    assert example.input_ids.tolist() == [2, 10, 11, 12, 3]


@pytest.mark.parametrize(("first", "second"), [(3, 40), (40, 3), (30, 31), (200, 1)])
def test_too_long_a_pair_loses_tokens_of_its_longer_segment(first, second):
    a, b = segment(*range(100, 100 + first)), segment(*range(500, 500 + second))
    for seed in range(10):
        example = make_example(a, b, SPECIAL, 20, np.random.default_rng(seed))
        assert len(example) == 20
        of_a = [i for i in example.input_ids if 100 <= i < 500]
        of_b = [i for i in example.input_ids if i >= 500]
        assert of_a == list(range(of_a[0], of_a[0] + len(of_a)))  # one run, in order
        assert of_b == list(range(of_b[0], of_b[0] + len(of_b)))
        assert len(of_a) == (first if first < 9 else 17 - len(of_b))


def test_an_empty_segment_is_refused():
    with pytest.raises(InputError, match="no token"):
        make_example(segment(1), (np.array([]), np.array([])), SPECIAL, 20, np.random.default_rng(0))


def test_chunks_cover_the_document_in_order_without_overlap():
    rng = np.random.default_rng(4)
    for _ in range(100):
        lengths = rng.integers(1, 40, size=rng.integers(1, 30))
        chunks = segment_pairs(lengths, 64, rng)
        assert [a for a, _, _ in chunks] == [0, *(b for _, _, b in chunks[:-1])]
        assert chunks[-1][2] == len(lengths)
        for first, cut, last in chunks:
            assert first < cut <= last
            assert (cut == last) == (last - first == 1)  # a chunk of one sentence has no partner


def test_one_pass_in_ten_aims_at_a_shorter_length():
    rng = np.random.default_rng(5)
    lengths = np.array([target_length(128, rng) for _ in range(5000)])
    assert lengths.max() == 125
    assert np.mean(lengths < 125) == pytest.approx(0.1 * 123 / 124, abs=0.015)


def test_special_tokens_at_the_end_and_in_the_middle_never_replace_a_token(tokenizer):
    import copy

    from albert_lab.pretrain.data import special_ids

    longer = copy.deepcopy(tokenizer)
    middle = longer.convert_ids_to_tokens(40)
    longer.add_special_tokens({"additional_special_tokens": ["[URL]", middle]})
    special = special_ids(longer)
    assert special.vocab_size == len(longer)
    drawn = special.random_ids(20_000, np.random.default_rng(0))
    assert not set(drawn) & {*longer.all_special_ids}
    assert set(drawn) == set(range(len(longer))) - {*longer.all_special_ids}
    plain = special_ids(tokenizer)
    expected = np.random.default_rng(3).integers(5, len(tokenizer), size=50)
    np.testing.assert_array_equal(plain.random_ids(50, np.random.default_rng(3)), expected)


@pytest.mark.parametrize(
    "vocabulary", [["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], ["<pad>", "<unk>", "a", "b"]]
)
def test_a_tokenizer_without_words_or_without_a_mask_is_refused_at_once(vocabulary):
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    from albert_lab.pretrain.data import special_ids

    backend = Tokenizer(WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token="<unk>"))
    names = {"pad": "<pad>", "unk": "<unk>", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    special = {f"{name}_token": token for name, token in names.items() if token in vocabulary}
    with pytest.raises(InputError, match="The tokenizer has no"):
        special_ids(PreTrainedTokenizerFast(tokenizer_object=backend, **special))
