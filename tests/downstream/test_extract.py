"""Extractive summaries: which sentences, where they stand, and ROUGE by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from albert_lab import cli
from albert_lab.cli import downstream as command
from albert_lab.downstream.extract import (
    WAYS,
    Summarized,
    compare_summaries,
    documented_summaries,
    most_relevant,
    rouge,
    sentence_spans,
    summarize,
)
from albert_lab.errors import InputError
from albert_lab.text.document import Document
from albert_lab.vectors.extractor import Extractor

TEXT = "Copy the file to a place. Then close the file again.\nNothing else is done here. No."
VECTORS = {"Copy": (1.0, 0.1), "Then": (1.0, 0.0), "Noth": (0.2, 1.0)}


def embed(texts):
    return np.array([VECTORS[text[:4]] for text in texts])


def chosen(**options) -> list[str]:
    return [TEXT[span.start : span.stop] for span in summarize(TEXT, embed, **options)]


def test_spans_are_the_sentences_of_four_words_or_more():
    found = [TEXT[span.start : span.stop] for span in sentence_spans(TEXT)]
    assert found == ["Copy the file to a place.", "Then close the file again.", "Nothing else is done here."]
    assert [span.stop - span.start for span in sentence_spans("One. Two.")] == [4, 4]
    repeated = "It is the same. It is the same."
    assert [span.start for span in sentence_spans(repeated)] == [0, 16]


def test_each_way_takes_what_it_is_named_after():
    assert chosen(how="position", count=2) == ["Copy the file to a place.", "Then close the file again."]
    assert chosen(how="centroid", count=2) == ["Copy the file to a place.", "Then close the file again."]
    assert chosen(how="mmr", count=2, balance=0.5) == [
        "Copy the file to a place.",
        "Nothing else is done here.",
    ]
    assert len(chosen(how="mmr", count=9)) == 3


def test_mmr_is_the_formula_by_loops():
    rng = np.random.default_rng(0)

    def cosine(a, b):
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    for _ in range(20):
        vectors, balance = rng.normal(size=(9, 5)), float(rng.random())
        mean = np.mean([v / np.linalg.norm(v) for v in vectors], axis=0)
        wanted: list[int] = []
        while len(wanted) < 4:
            rest = [i for i in range(9) if i not in wanted]
            wanted.append(
                max(
                    rest,
                    key=lambda i: (
                        balance * cosine(vectors[i], mean)
                        - (1 - balance) * max((cosine(vectors[i], vectors[j]) for j in wanted), default=0.0)
                    ),
                )
            )
        assert most_relevant(vectors, 4, balance) == wanted


def test_rouge_by_hand():
    scores = rouge(["the cat sat", "a dog"], ["the cat ran away", "no match here"])
    # ROUGE-1: 2 common words of 3 and 4; ROUGE-2: "the cat" of 2 and 3; L: 2 of 3 and 4.
    assert scores["rouge1"].mean == pytest.approx((4 / 7) / 2)
    assert scores["rouge2"].mean == pytest.approx((2 / 5) / 2)
    assert scores["rougeL"].mean == pytest.approx((4 / 7) / 2)
    with pytest.raises(InputError, match="1 summaries and 2 references"):
        rouge(["x"], ["x", "y"])


def test_all_ways_are_measured():
    examples = [Summarized(TEXT, "Copy the file.")] * 3
    found = compare_summaries(examples, embed)
    assert list(found) == ["random", "position", "centroid", "mmr"]
    assert found["position"]["rouge1"].mean == pytest.approx(2 * 3 / 9)


def test_the_summary_is_no_part_of_the_text():
    def document(name: str, *paragraphs: str) -> Document:
        return Document(name, "function", "p", "1", "", "Copy a file to here.", paragraphs, "")

    documents = [
        document(
            "a", "Copy a file to here.", "The first is this one. The second is that one. Here is the third."
        ),
        document("b", "Copy a file to here.", "Only one is here."),
    ]
    (found,) = documented_summaries(documents)
    assert found == Summarized("The first is this one. The second is that one. Here is the third.",
                               "Copy a file to here.", "a")  # fmt: skip


@pytest.mark.parametrize(
    ("options", "told"),
    [({"how": "best"}, "how='best'"), ({"count": 0}, "count=0"), ({"balance": 2.0}, "balance=2.0")],
)
def test_wrong_options_are_told(options, told):
    with pytest.raises(InputError, match=told):
        summarize(TEXT, embed, **options)
    with pytest.raises(InputError, match="needs vectors"):
        summarize(TEXT, how="mmr")


def test_the_command_takes_a_text_or_its_file_as_one(tmp_path):
    def run(*arguments):
        return CliRunner().invoke(cli.app, ["summarize", *map(str, arguments)])

    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    wanted = ["Copy the file to a place.", "Then close the file again."]
    for given in (TEXT, tmp_path / "text.txt"):
        assert run(given, "--how", "position", "--sentences", 2).stdout.splitlines() == wanted
    found = json.loads(run(TEXT, "--sentences", 2, "--json").stdout)
    embed = Extractor.from_source("docs-mini").embed
    assert [(each["start"], each["stop"]) for each in found] == [
        (span.start, span.stop) for span in summarize(TEXT, embed, count=2)
    ]
    assert [each["sentence"] for each in found] == [TEXT[each["start"] : each["stop"]] for each in found]
    refused = run(TEXT, "--sentences", 0)
    assert refused.exit_code == 2
    assert "count=0" in refused.stderr


def test_the_command_offers_the_ways_that_there_are():
    assert tuple(command.Ways) == WAYS
