"""SentencePiece vocabularies, against the sentencepiece library and the authors' rules around it."""

from __future__ import annotations

import json
import pydoc_data.topics
import random
import unicodedata
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albert_lab.errors import CheckpointError
from albert_lab.text.spiece import read_vocabulary
from albert_lab.text.tokenizer import load_tokenizer, read_spiece

SPECIAL = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "control_symbols": ["[CLS]", "[SEP]"]}
ALONE = ["(", ")", '"', "-", ".", "–", "£", "€"]  # cut out wherever they stand, as in 30k-clean.model


def topics() -> list[str]:
    """The help texts of Python, which every installation has: about 9,000 lines."""
    lines = [line.strip() for text in pydoc_data.topics.topics.values() for line in text.split("\n")]
    return [line for line in lines if line]


def strange_lines(count: int) -> list[str]:
    """Characters of many scripts, numbers with commas, white space of all kinds."""
    chance = random.Random(0)
    ranges = [
        (0x20, 0x7F),
        (0xA0, 0x250),
        (0x370, 0x400),
        (0x1E00, 0x2070),
        (0x3000, 0x30FF),
        (0xFF01, 0xFFEF),
    ]
    lines = []
    for _ in range(count):
        lines.append("".join(chr(chance.randrange(*chance.choice(ranges))) for _ in range(25)))
        lines.append(
            " ".join(f"{chance.randrange(10**5)}{chance.choice([', ', '.', ' ,'])}" for _ in range(6))
        )
        lines.append("one\u3000two\x1fthree \u200b four\u00a0five \t six\u2028seven")
    return lines


def train(folder: Path, texts: list[str], **options) -> Path:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(folder / "spiece"),
        minloglevel=2,
        **{"vocab_size": 1500, "user_defined_symbols": ["[MASK]", *ALONE]} | SPECIAL | options,
    )
    return folder / "spiece.model"


@pytest.fixture(scope="module", params=[True, False], ids=["lower", "cased"])
def vocabulary(request, tmp_path_factory) -> tuple[Path, bool]:
    lower = request.param
    texts = [line.lower() if lower else line for line in topics()]
    return train(tmp_path_factory.mktemp("spiece"), texts), lower


def prepared(text: str, lower: bool) -> str:
    """The authors' preparation of a text, written again with Python's own unicodedata."""
    text = unicodedata.normalize("NFKD", " ".join(text.split()))
    text = "".join(character for character in text if not unicodedata.combining(character))
    return text.lower() if lower else text


def test_pieces_are_those_of_sentencepiece(vocabulary):
    """Line after line. Two ways to cut a text may have one score, and either may then be taken."""
    path, lower = vocabulary
    reference = sentencepiece.SentencePieceProcessor(model_file=str(path))
    tokenizer = read_spiece(path)
    scores = [reference.GetScore(i) for i in range(reference.GetPieceSize())]
    lines = [*topics()[::3], *strange_lines(300)]
    ours = tokenizer(lines, add_special_tokens=False)["input_ids"]
    compared = ties = 0
    for line, found in zip(lines, ours, strict=True):
        expected = reference.EncodeAsIds(prepared(line, lower))
        pieces = [reference.IdToPiece(i) for i in expected]
        if any(piece[-1] == "," and piece[-2:-1].isdigit() for piece in pieces):
            continue  # the next test's
        compared += 1
        if found != expected:
            ties += 1
            assert sum(scores[i] for i in found) == pytest.approx(sum(scores[i] for i in expected), rel=1e-5)
    assert compared > 3000
    assert ties < 0.01 * compared


def test_no_piece_ends_in_a_digit_and_a_comma(tmp_path):
    path = train(tmp_path, ["in 1990, 5, and 20, then 300,"] * 200 + topics()[:2000])
    pieces = [piece.text for piece in read_vocabulary(path).pieces]
    assert any(piece[-1] == "," and piece[-2:-1].isdigit() for piece in pieces), "the text shows nothing"
    found = read_spiece(path).tokenize("in 1990, 5, and 20, then 300,")
    assert "".join(found) == "▁in▁1990,▁5,▁and▁20,▁then▁300,"
    assert [piece for piece in found if piece[-1] == "," and len(piece) > 1] == []


def test_a_vocabulary_knows_whether_capitals_count(vocabulary):
    path, lower = vocabulary
    assert read_vocabulary(path).cased is not lower


def test_special_tokens(vocabulary):
    tokenizer = read_spiece(vocabulary[0], max_length=12)
    assert tokenizer.convert_tokens_to_ids(["<pad>", "<unk>", "[CLS]", "[SEP]"]) == [0, 1, 2, 3]
    pair = tokenizer("a name [MASK]", "a value")
    tokens = tokenizer.convert_ids_to_tokens(pair["input_ids"])
    assert (tokens[0], tokens.count("[SEP]"), tokens.count("[MASK]")) == ("[CLS]", 2, 1)
    assert pair["token_type_ids"][-1] == 1
    assert len(tokenizer("name " * 50, truncation=True)["input_ids"]) == 12


def test_a_folder_with_spiece_model_alone(vocabulary, tmp_path):
    """What transformers 5 can read only with protobuf, and then into other pieces."""
    path, lower = vocabulary
    (tmp_path / "spiece.model").write_bytes(path.read_bytes())
    line = "Copy the File, and Élan."
    reference = sentencepiece.SentencePieceProcessor(model_file=str(path))
    found = load_tokenizer(tmp_path).tokenize(line)
    assert found == reference.EncodeAsPieces(prepared(line, lower))
    other = {"do_lower_case": not lower, "model_max_length": 77}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(other))
    again = load_tokenizer(tmp_path)
    assert again.tokenize(line) == reference.EncodeAsPieces(prepared(line, not lower))
    assert again.model_max_length == 77


def test_accents_may_stay(tmp_path):
    path = train(tmp_path, ["élan vital déjà vu"] * 50 + topics()[:3000])
    assert read_spiece(path).tokenize("élan") == read_spiece(path).tokenize("elan")
    kept = read_spiece(path, keep_accents=True)
    assert kept.tokenize("élan") != kept.tokenize("elan")


@pytest.mark.parametrize("model_type", ["bpe", "char"])
def test_other_kinds_of_pieces_are_refused(model_type, tmp_path):
    path = train(tmp_path, topics()[:3000], model_type=model_type, hard_vocab_limit=False)
    with pytest.raises(CheckpointError, match="not those of a unigram model"):
        read_spiece(path)


def test_a_vocabulary_of_another_network(tmp_path):
    path = train(tmp_path, topics()[:3000], control_symbols=["<cls>"], user_defined_symbols=[])
    with pytest.raises(CheckpointError, match=r"lacks \[CLS\], \[MASK\], \[SEP\]"):
        read_spiece(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_never_end_in_a_trace(vocabulary, tmp_path, data):
    """Such a file has no checksum: some damage can be read, none ends in a trace."""
    content = bytearray(vocabulary[0].read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    how = data.draw(st.sampled_from(["turn", "cut", "insert"]))
    if how == "turn":
        content[place] ^= data.draw(st.integers(1, 255))
    elif how == "cut":
        del content[place:]
    else:
        content[place:place] = data.draw(st.binary(min_size=1, max_size=9))
    (tmp_path / "spiece.model").write_bytes(content)
    try:
        read_spiece(tmp_path / "spiece.model").tokenize("Copy a file, élan")
    except CheckpointError:
        return


def test_a_damaged_character_map(vocabulary, tmp_path):
    content = vocabulary[0].read_bytes()
    place = content.index(read_vocabulary(vocabulary[0]).character_map)
    (tmp_path / "spiece.model").write_bytes(content[:place] + b"\xff" * 9 + content[place + 9 :])
    with pytest.raises(CheckpointError, match="is damaged: "):
        load_tokenizer(tmp_path)
