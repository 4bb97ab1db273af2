"""The tokenizer: ALBERT's normalization, special tokens and pairs, and the library's own reader."""

from __future__ import annotations

import json
import math

import pytest
from transformers import AlbertTokenizer, AutoTokenizer

from albert_lab.errors import CheckpointError, InputError
from albert_lab.text.tokenizer import SPECIAL_TOKENS, load_tokenizer, train_tokenizer
from tests.pretrain.small import pages


@pytest.fixture(scope="module")
def texts():
    return [paragraph for page in pages(200) for paragraph in page.paragraphs]


@pytest.fixture(scope="module")
def tokenizer(texts):
    return train_tokenizer(texts, 160, max_length=32)


def test_special_tokens_have_alberts_ids(tokenizer):
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == [0, 1, 2, 3, 4]
    named = [tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id]
    assert [*named, tokenizer.mask_token_id] == [0, 1, 2, 3, 4]
    assert len(tokenizer) == 160


def test_pairs_have_two_segments_by_default(tokenizer):
    pair = tokenizer("the file", "the tree")
    tokens = tokenizer.convert_ids_to_tokens(pair["input_ids"])
    middle = tokens.index("[SEP]")
    assert tokens[0] == "[CLS]"
    assert tokens[-1] == "[SEP]"
    assert pair["token_type_ids"] == [0] * (middle + 1) + [1] * (len(tokens) - middle - 1)


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("The FILE", "the file"),
        ("théfilé", "thefile"),
        ("ﬁle", "file"),
        ("a\t \n file", "a file"),
        ("``x''", '"x"'),
    ],
)
def test_normalization_is_alberts(tokenizer, text, same_as):
    assert tokenizer(text)["input_ids"] == tokenizer(same_as)["input_ids"]


def test_words_are_cut_around_punctuation(tokenizer):
    tokens = tokenizer.tokenize("The file, the (tree).")
    assert "".join(tokens) == "▁the▁file,▁the▁(tree)."
    assert not any(any(c.isalnum() for c in t) and any(c in ",.()" for c in t) for t in tokens)


def test_pieces_are_the_likeliest_segmentation(tokenizer, texts):
    """Viterbi by hand: of all ways to cut "▁number" into pieces, the tokenizer takes the likeliest."""
    scores = dict(json.loads(tokenizer.backend_tokenizer.to_str())["model"]["vocab"])

    def best(word):
        ways = {0: (0.0, [])}
        for end in range(1, len(word) + 1):
            found = [
                (ways[start][0] + scores[word[start:end]], [*ways[start][1], word[start:end]])
                for start in range(end)
                if start in ways and word[start:end] in scores
            ]
            if found:
                ways[end] = max(found)
        return ways[len(word)][1]

    for word in ("number", "parser", "orderly", "threadcopies"):
        assert tokenizer.tokenize(word) == best("▁" + word)


def test_scores_are_log_probabilities(tokenizer):
    vocab = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["vocab"]
    assert sum(math.exp(score) for _, score in vocab[len(SPECIAL_TOKENS) :]) == pytest.approx(1)


def test_saved_it_loads_with_auto_tokenizer(tokenizer, tmp_path, texts):
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(str(tmp_path))
    ours = load_tokenizer(tmp_path)
    for text in texts[:50]:
        assert again(text, "the tree") == tokenizer(text, "the tree") == ours(text, "the tree")


def test_transformers_albert_tokenizer_agrees_on_words(tokenizer):
    """The same pieces in transformers' AlbertTokenizer cut plain words the same way."""
    vocab = [(p, s) for p, s in json.loads(tokenizer.backend_tokenizer.to_str())["model"]["vocab"]]
    theirs = AlbertTokenizer(vocab=vocab)
    for text in ("the file copies the matrix in parallel", "Tokens and Tréés"):
        assert theirs(text)["input_ids"] == tokenizer(text)["input_ids"]


def test_training_twice_gives_the_same_tokenizer(texts, tokenizer):
    again = train_tokenizer(iter(texts), 160, max_length=32)
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()


def test_too_little_text_is_said(texts):
    with pytest.raises(InputError, match="different pieces, 5000 were asked for"):
        train_tokenizer(texts, 5000)
    fewer = train_tokenizer(texts, 5000, allow_fewer=True)
    assert 100 < len(fewer) < 5000


@pytest.mark.parametrize("size", [0, 5])
def test_a_vocabulary_of_special_tokens_alone_is_refused(texts, size):
    with pytest.raises(InputError, match=f"vocab_size is {size}"):
        train_tokenizer(texts, size)


def test_no_text_is_said():
    with pytest.raises(InputError):
        train_tokenizer([], 100)


def test_a_folder_without_tokenizer_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="No tokenizer could be read"):
        load_tokenizer(tmp_path)


@pytest.fixture
def folder(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "albert"}')
    return tmp_path


@pytest.mark.parametrize("left", ["nothing", "tokenizer_config.json", "an empty vocabulary"])
def test_a_vocabulary_of_nothing_but_special_tokens_is_none(folder, left):
    """transformers makes a tokenizer of five pieces of such a folder, and every word is <unk>."""
    if left == "an empty vocabulary":
        written = json.loads((folder / "tokenizer.json").read_text())
        written["model"]["vocab"] = written["model"]["vocab"][:5]
        (folder / "tokenizer.json").write_text(json.dumps(written))
    else:
        (folder / "tokenizer.json").unlink()
    if left == "nothing":
        (folder / "tokenizer_config.json").unlink()
    with pytest.raises(CheckpointError, match=r"No tokenizer could be read[\s\S]*tokenizer.json"):
        load_tokenizer(folder)


@pytest.mark.parametrize("length", ["512", "many", 0, -3, 7.5, True, [512], {}])
def test_a_length_that_is_no_number_of_tokens(folder, length):
    written = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(written | {"model_max_length": length}))
    with pytest.raises(
        CheckpointError, match=r"tokenizer_config.json: model_max_length is[\s\S]*whole number"
    ):
        load_tokenizer(folder)


@pytest.mark.parametrize("length", [32, 32.0, 1e30, None])
def test_lengths_that_transformers_writes(folder, length):
    written = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(written | {"model_max_length": length}))
    assert load_tokenizer(folder).model_max_length >= 32


@pytest.mark.parametrize("content", ["{", "[]", "3", "{}", '{"model": {}}', "\x00\xff"])
@pytest.mark.parametrize("file", ["tokenizer.json", "tokenizer_config.json"])
def test_damaged_files_of_a_tokenizer(folder, file, content):
    (folder / file).write_text(content, encoding="latin-1")
    try:
        load_tokenizer(folder)
    except CheckpointError:
        return
    assert file == "tokenizer_config.json", "a damaged vocabulary was read"


def test_a_tokenizer_that_cannot_fill_up_a_batch(folder):
    written = json.loads((folder / "tokenizer_config.json").read_text())
    written |= {"pad_token": None, "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(written))
    with pytest.raises(CheckpointError, match="cannot make a batch"):
        load_tokenizer(folder)


def test_a_loaded_tokenizer_neither_pads_nor_cuts_by_itself(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    backend = load_tokenizer(tmp_path).backend_tokenizer
    assert (backend.padding, backend.truncation) == (None, None)
