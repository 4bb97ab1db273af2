"""Number words by known answers and read back, the task, a folder, and an interruption."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from albert_lab import cli
from albert_lab.downstream import FinetuneSettings, Splits, TextPair, Translate, align, finetune, load_fitted
from albert_lab.downstream import numerals as pairs_by_rule
from albert_lab.downstream.baselines import compare
from albert_lab.downstream.number_words import (
    DATE,
    LONGER,
    chinese_date,
    chinese_number,
    english_date,
    english_number,
)
from albert_lab.downstream.trainer import FineTuning
from albert_lab.downstream.translate import Translation, word_by_word
from albert_lab.errors import InputError
from albert_lab.model.decoder import END, START
from albert_lab.vectors import Extractor

SETTINGS = FinetuneSettings(
    epochs=8,
    batch_size=16,
    learning_rate=5e-3,
    max_length=16,
    head_dropout=0.0,
    layers=1,
    patience=0,
    seed=1,
)
LETTERS = dict(zip(("red", "blue", "green", "white"), "红蓝绿白", strict=True))


def reversed_colours(first: int, count: int) -> list[TextPair]:
    """Two colours in, two characters in the other order out."""
    words = list(LETTERS)
    made = [(words[i // 4 % 4], words[i % 4]) for i in range(first, first + count)]
    return [TextPair(f"{a} {b}", LETTERS[b] + LETTERS[a]) for a, b in made]


@pytest.fixture(scope="module")
def colours() -> Splits[TextPair]:
    return Splits(reversed_colours(0, 16) * 6, reversed_colours(0, 16), reversed_colours(0, 16), "Colours.")


@pytest.fixture(scope="module")
def fitted(colours, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fitted") / "model"
    return folder, finetune("translate", colours, folder, SETTINGS, device="cpu")


@pytest.mark.parametrize(
    ("n", "english", "chinese"),
    [
        (0, "zero", "零"),
        (10, "ten", "十"),
        (15, "fifteen", "十五"),
        (20, "twenty", "二十"),
        (110, "one hundred and ten", "一百一十"),
        (305, "three hundred and five", "三百零五"),
        (1_001, "one thousand and one", "一千零一"),
        (2_010, "two thousand and ten", "二千零一十"),
        (9_999, "nine thousand nine hundred and ninety-nine", "九千九百九十九"),
        (10_000, "ten thousand", "一万"),
        (10_005, "ten thousand and five", "一万零五"),
        (45_678, "forty-five thousand six hundred and seventy-eight", "四万五千六百七十八"),
        (50_600, "fifty thousand six hundred", "五万零六百"),
        (100_000, "one hundred thousand", "十万"),
        (120_050, "one hundred and twenty thousand and fifty", "十二万零五十"),
        (999_000, "nine hundred and ninety-nine thousand", "九十九万九千"),
    ],
)  # fmt: skip
def test_numbers_with_known_names(n, english, chinese):
    assert english_number(n) == english
    assert chinese_number(n) == chinese


def read_chinese(text: str) -> int:
    total = part = digit = 0
    for character in text:
        if character == "万":
            total, part, digit = (total + part + digit) * 10_000, 0, 0
        elif character in "十百千":
            part += (digit or 1) * 10 ** ("十百千".index(character) + 1)
            digit = 0
        else:
            digit = "零一二三四五六七八九".index(character)
    return total + part + digit


def read_english(text: str) -> int:
    ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    value = {
        word: i for i, word in enumerate([*ones.split(), "sixteen", "seventeen", "eighteen", "nineteen"])
    }
    tens = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
    value |= {word: 10 * ten for ten, word in enumerate(tens, 2)}
    total = part = 0
    for word in re.split(r"[ -]", text):
        if word == "thousand":
            total, part = part * 1000, 0
        elif word == "hundred":
            part *= 100
        elif word != "and":
            part += value[word]
    return total + part


def test_numbers_are_read_back_as_they_were():
    some = [*range(0, 1200), *range(9_900, 10_200), *range(99_000, 130_000, 37), *range(130_000, 10**6, 997)]
    assert [read_chinese(chinese_number(n)) for n in some] == some
    assert [read_english(english_number(n)) for n in some] == some
    with pytest.raises(InputError, match="1,000,000"):
        chinese_number(1_000_000)


@pytest.mark.parametrize(
    ("day", "english", "chinese"),
    [
        (date(1992, 5, 4), "the fourth of may nineteen ninety-two", "一九九二年五月四日"),
        (date(1900, 12, 31), "the thirty-first of december nineteen hundred", "一九〇〇年十二月三十一日"),
        (date(1908, 2, 29), "the twenty-ninth of february nineteen oh eight", "一九〇八年二月二十九日"),
        (date(2007, 8, 8), "the eighth of august two thousand and seven", "二〇〇七年八月八日"),
        (date(2015, 9, 12), "the twelfth of september twenty fifteen", "二〇一五年九月十二日"),
        (date(2020, 1, 20), "the twentieth of january twenty twenty", "二〇二〇年一月二十日"),
    ],
)
def test_dates_with_known_names(day, english, chinese):
    assert english_date(day) == english
    assert chinese_date(day) == chinese
    month_first = english_date(day, month_first=True).split()
    assert sorted([*month_first, "of"]) == sorted(english.split())


def test_sides_share_nothing_and_longer_numbers_are_in_the_test_alone():
    data = pairs_by_rule(900)
    groups = [{pair.group for pair in side} for side in (data.training, data.development, data.test)]
    assert not groups[0] & groups[1]
    assert not (groups[0] | groups[1]) & groups[2]
    assert {pair.kind for pair in data.training} == {"number", DATE}
    assert all(int(pair.group) > 99_999 for pair in data.test if pair.kind == LONGER)
    assert all(int(p.group) <= 99_999 for p in [*data.training, *data.test] if p.kind == "number")
    assert pairs_by_rule(900) == data
    assert pairs_by_rule(900, seed=1).training != data.training


@torch.no_grad()
def test_the_targets_are_characters_and_an_end(colours, fitted):
    reader = load_fitted(fitted[0])
    (encoded,) = reader.encode([TextPair("red blue", "蓝红")])
    assert encoded.targets == [reader.labels.index("蓝"), reader.labels.index("红"), END]
    assert reader.labels[:2] == ("<start>", "<end>")
    (batch,) = reader.batches([encoded])
    output = reader.task.run(reader.model, batch)
    steps = output.logits[0].log_softmax(-1)
    expected = -sum(float(steps[i, target]) for i, target in enumerate(encoded.targets))
    assert float(reader.task.loss(output, batch, None)) == pytest.approx(expected, abs=1e-4)


def test_it_learns_to_turn_the_order_around(fitted, colours):
    folder, scores = fitted
    assert scores["exact"].mean > 0.9
    reader = load_fitted(folder)
    (said,) = reader.answer(["blue white"])
    assert said.text == "白蓝"
    assert said.finished
    assert 0.2 < said.probability <= 1
    reader.task = Translate(beams=3)
    assert [each.text for each in reader.answer(["blue white", "red red"])] == ["白蓝", "红红"]


def test_the_alignment_has_a_row_for_each_character_and_the_end(fitted):
    written, tokens, weights = align(load_fitted(fitted[0]), "green red")
    assert written == ("红", "绿", "<end>")
    assert tokens == ("[CLS]", "▁green", "▁red", "[SEP]")
    assert weights.shape == (4, 3, 4)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)


def test_an_answer_does_not_depend_on_company(fitted):
    reader = load_fitted(fitted[0])
    texts = ["red blue", "green", "white white red blue green red white blue red"]
    together = reader.answer(texts)
    alone = [reader.answer([text])[0] for text in texts]
    assert [each.text for each in together[:2]] == [each.text for each in alone[:2]]
    assert together[0].probability == pytest.approx(alone[0].probability, abs=1e-4)


def test_interrupted_it_goes_on_to_the_same_weights(colours, tmp_path):
    settings = replace(SETTINGS, epochs=2)

    def start(folder: str) -> FineTuning:
        task = Translate()
        model, tokenizer = task.begin(colours, settings)
        labels = tuple(model.config.id2label.values())
        sides = colours.training, colours.development
        return FineTuning(settings, task, model, tokenizer, labels, *sides, tmp_path / folder, device="cpu")

    through = start("through")
    through.fit()
    start("killed").fit(stop_after_steps=5)
    resumed = start("killed")
    assert resumed.position.step == 5
    resumed.fit()
    theirs = through.model.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in resumed.model.state_dict().items())


def test_the_shell_says_the_same(fitted):
    said = CliRunner().invoke(cli.app, ["predict", str(fitted[0]), "red green", "--json"])
    assert said.exit_code == 0, said.output
    (row,) = json.loads(said.output)
    assert row["translation"] == "绿红"
    card = (fitted[0] / "README.md").read_text(encoding="utf-8")
    assert "It began with random weights." in card
    assert "`transformers.pipeline`" not in card


def test_scores_count_whole_texts_and_character_n_grams():
    examples = [TextPair("", "三百", "short"), TextPair("", "一千二", "long"), TextPair("", "十", "short")]
    scores = Translate().scores(examples, [Translation("三百"), Translation("一千三"), Translation("")])
    assert scores["exact"].mean == pytest.approx(1 / 3)
    assert scores["exact, short"].mean == pytest.approx(1 / 2)
    # 一千三 against 一千二: two of three characters, one of two pairs, no triple; F2 of (2/3, 1/2, 0).
    middle = np.mean([2 / 3, 1 / 2, 0])
    assert scores["chrf"].mean == pytest.approx((1 + middle + 0) / 3, abs=1e-3)


def test_baselines_know_words_but_no_order(colours):
    assert [each.text for each in word_by_word(colours)][1] == "红蓝"  # red blue

    class Unused(Extractor):
        def __init__(self) -> None:
            pass

    rows = compare(Translate(), colours, source=Unused())
    assert [row.system for row in rows] == ["trivial", "words"]
    assert rows[0].scores["exact"].mean == pytest.approx(4 / 16)  # two equal colours


def test_rows_of_a_table():
    task = Translate()
    row = task.parse({"source": "one", "target": "一", "kind": None}, "row 1")
    assert row == TextPair("one", "一")
    with pytest.raises(InputError, match="row 2 lacks a text"):
        task.parse({"source": "one", "target": " "}, "row 2")
    with pytest.raises(InputError, match="beams=0"):
        Translate(beams=0)
    assert START == 0
