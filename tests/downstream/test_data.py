"""Examples from tables and folders: three sides that share no group, whatever they are read from."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from albert_lab.downstream.baselines import bag_of_words
from albert_lab.downstream.classify import Classify
from albert_lab.downstream.data import Splits, read_splits, split
from albert_lab.downstream.documentation import topics, topics_of
from albert_lab.downstream.labelled import LabelledText
from albert_lab.downstream.ours import material
from albert_lab.downstream.reviews import reviews, sentiment
from albert_lab.errors import InputError
from albert_lab.text.corpus import Corpus
from albert_lab.text.document import Document

SAVED = Path(__file__).with_name("saved")  # written by datasets 5.2.0, save_to_disk
ROWS = [{"text": f"text {i}", "label": "ab"[i % 2], "group": f"g{i // 4}"} for i in range(200)]


def texts(side) -> list[str]:
    return [example.text for example in side]


def write(path: Path, rows=ROWS) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines = [",".join(rows[0]), *(",".join(str(cell) for cell in row.values()) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_every_kind_of_table_gives_the_same_sides(tmp_path, ending):
    found = material(Classify(), write(tmp_path / f"data{ending}"))
    assert sorted(texts(found.training + found.development + found.test)) == sorted(r["text"] for r in ROWS)
    groups = [{example.group for example in side} for side in (found.training, found.development, found.test)]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    assert found.sizes() == material(Classify(), write(tmp_path / "other.csv")).sizes()
    assert len(found.training) > len(found.test) > len(found.development) > 0


def test_the_same_text_is_on_one_side_only(tmp_path):
    rows = [{"text": f"Text  {i % 30}", "label": "ab"[i % 2]} for i in range(120)]
    found = material(Classify(), write(tmp_path / "data.csv", rows))
    assert not set(texts(found.training)) & set(texts(found.test) + texts(found.development))


def test_what_datasets_saved_is_read_with_the_names_of_its_labels():
    found = material(Classify(), SAVED)
    assert texts(found.training) == [f"train {i}" for i in range(6)]
    assert [example.label for example in found.training] == ["bad", "good"] * 3
    assert (texts(found.development), len(found.test)) == (["dev 0", "dev 1", "dev 2"], 4)


def test_one_saved_set_without_sides_is_cut():
    found = Classify().splits(SAVED / "train")
    assert sorted(texts(found.training + found.development + found.test)) == [f"train {i}" for i in range(6)]


def test_files_called_after_their_sides(tmp_path):
    (tmp_path / "data").mkdir()
    write(tmp_path / "data" / "train-00000-of-00002.parquet", ROWS[:60])
    write(tmp_path / "data" / "train-00001-of-00002.parquet", ROWS[60:100])
    write(tmp_path / "data" / "test-00000-of-00001.parquet", ROWS[100:120])
    found = material(Classify(), tmp_path)
    assert texts(found.test) == [row["text"] for row in ROWS[100:120]]
    assert sorted(texts(found.training + found.development)) == sorted(row["text"] for row in ROWS[:100])
    assert 0 < len(found.development) < 40


def test_a_column_that_names_the_sides(tmp_path):
    rows = [row | {"split": ("train", "train", "dev", "test")[i % 4]} for i, row in enumerate(ROWS)]
    found = material(Classify(), write(tmp_path / "data.csv", rows))
    assert (len(found.training), len(found.development), len(found.test)) == (100, 50, 50)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"text": "x", "label": "a"}, {"text": " ", "label": "b"}], "Row 2 of .* has no text"),
        ([{"text": "x", "label": ""}], "Row 1 of .* has no label"),
        ([{"text": "x", "label": "a", "split": "later"}], "is of split 'later'"),
        ([{"text": "x", "label": "a", "split": "train"}], "The rows are of: training"),
        ([{"text": "x", "tag": "a"}], "has no column 'label'"),
    ],
)
def test_what_is_no_example_is_told_with_its_row(tmp_path, rows, told):
    with pytest.raises(InputError, match=told):
        material(Classify(), write(tmp_path / "data.csv", rows))


def test_what_is_no_data_is_told(tmp_path):
    with pytest.raises(InputError, match=r"no data 'nowhere'.*\nExpected: topics, sentiment"):
        material(Classify(), "nowhere")
    with pytest.raises(InputError, match="holds no data set"):
        material(Classify(), tmp_path)
    with pytest.raises(InputError, match="is no data"):
        read_splits(Path(__file__), Classify().parse, Classify().group, ("text",))
    with pytest.raises(InputError, match="The only label is a"):
        Classify().labels([LabelledText("x", "a")])


def test_a_split_does_not_depend_on_order_or_company():
    examples = [LabelledText(f"t{i}", "a") for i in range(300)]
    first = split(examples, lambda example: example.text)
    second = split([*examples[::-1], LabelledText("more", "b")], lambda example: example.text)
    assert set(first.test) <= set(second.test)
    assert set(first.training) <= set(second.training)


def document(name: str, package: str, *paragraphs: str) -> Document:
    return Document(name, "function", package, "1", "", "", paragraphs, "")


def test_topics_name_no_package_and_are_no_copies():
    long = "This is a paragraph about {} with more than eight words in it."
    corpus = Corpus(
        [
            document("numpy.abs", "numpy", long.format("values"), "Too short.", long.format("NumPy arrays")),
            document("numpy.linalg.a", "numpy", long.format("norms"), long.format("everything")),
            document("numpy.linalg.b", "numpy", long.format("Norms")),
            document("torch.x", "torch", long.format("tensors"), long.format("everything")),
        ]
    )
    found = topics_of(corpus, 800)
    told = {(each.text, each.label, each.group) for each in found}
    assert told == {
        (long.format("values"), "numpy", "numpy.abs"),
        (long.format("norms"), "numpy", "numpy.linalg"),
        (long.format("tensors"), "torch", "torch.x"),
    }
    assert len(topics_of(corpus, 1)) == 2


def test_topics_of_this_machine_share_no_group():
    found = topics(packages=["platformdirs", "typer", "click"], per_package=200)
    groups = [{e.group for e in side} for side in (found.training, found.development, found.test)]
    assert not groups[0] & groups[2]
    assert not groups[0] & groups[1]
    assert {example.label for example in found.training} == {"platformdirs", "typer", "click"}


def test_the_reviews_are_many_different_and_balanced():
    found = reviews()
    assert len(found) >= 600
    assert len({review.text for review in found}) == len(found)
    assert sum(bool(review.hard) for review in found) >= 100
    for about in ("tool", "book", "meal", "trip"):
        labels = [review.label for review in found if review.about == about]
        assert labels.count("positive") == labels.count("negative")
    # No template: few begin with the same words.
    openings = Counter(" ".join(review.text.lower().split()[:3]) for review in found)
    assert len(openings) > 0.9 * len(found)
    assert max(openings.values()) < 0.02 * len(found)


def test_the_words_of_plain_reviews_carry_over_and_those_of_hard_ones_do_not():
    data, hard = sentiment(), {review.text for review in reviews() if review.hard}
    right = {True: [], False: []}
    for example, label in zip(data.test, bag_of_words(data), strict=True):
        right[example.text in hard].append(example.label == label)
    assert np.mean(right[False]) > 0.7
    assert np.mean(right[True]) < 0.5


def test_two_thirds_of_the_reviews_are_for_training():
    found, hard = sentiment(), sentiment(hard_only=True)
    total = len(found.training) + len(found.development) + len(found.test)
    assert len(found.training) / total == pytest.approx(2 / 3, abs=0.03)
    assert len(hard.test) >= 60
    assert set(hard.test) < set(found.test)
    for side in (found.training, found.development, found.test, hard.test):
        assert sum(example.label == "positive" for example in side) * 2 == len(side)


def test_an_empty_side_is_refused():
    with pytest.raises(InputError, match="the test side is empty"):
        Splits([1], [2], [])
