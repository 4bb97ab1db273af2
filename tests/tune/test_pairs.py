"""Pairs from docstrings and files: what stands on which side, and what never leaks."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from albert_lab.errors import InputError
from albert_lab.text.splits import held_out_bucket
from albert_lab.tune.pairs import (
    FORMS,
    NEEDED,
    OFTEN,
    PLAIN,
    TextPair,
    body_of,
    document_text,
    documentation_pairs,
    name_words,
    read_pairs,
    repeated_pairs,
)
from albert_lab.tune.plain import written_needs

FROM_DOCSTRINGS = FORMS[:4]


@dataclass
class Page:
    name: str
    summary: str
    paragraphs: tuple[str, ...]


COPY = Page(
    "shutil.copyTree_x",
    "Copy a directory tree.",
    ("Copy a directory tree. It is done recursively. Links stay links.", "Errors are collected."),
)


def test_names_and_texts():
    assert name_words("shutil.copyTree_x") == "shutil copy tree x"
    assert body_of(COPY) == "It is done recursively. Links stay links. Errors are collected."
    assert body_of(COPY, 20) == "It is done"
    assert body_of(Page("a", "S.", ("x" * 30,)), 10) == "x" * 10
    assert document_text(COPY).startswith(
        "shutil copy tree x. Copy a directory tree. It is done recursively."
    )
    assert document_text(Page("a.b", "Sum.", ())) == "a b. Sum."


def test_a_documented_object_gives_four_pairs():
    training, held_out = documentation_pairs([COPY], held_out_percent=1e-9, forms=FROM_DOCSTRINGS)
    body, name = "It is done recursively. Links stay links. Errors are collected.", "shutil copy tree x"
    assert held_out == []
    assert [(pair.query, pair.positive) for pair in training] == [
        ("Copy a directory tree", f"{name}. {body}"),
        ("It is done recursively", f"{name}. Copy a directory tree. Links stay links. Errors are collected."),
        ("Copy a directory tree", name),
        (name, f"Copy a directory tree. {body}"),
    ]
    assert {pair.about for pair in training} == {"shutil.copyTree_x"}


def test_without_a_body_and_without_a_summary():
    pages = [Page("a.b", "Make it all new.", ("Make it all new.",)), Page("a.c", "", ("A text.",))]
    training, _ = documentation_pairs(pages, held_out_percent=1e-9, forms=FROM_DOCSTRINGS)
    assert [(pair.query, pair.positive) for pair in training] == [
        ("Make it all new", "a b"),
        ("a b", "Make it all new."),
    ]
    only, _ = documentation_pairs([COPY], 1e-9, forms=("name",))
    assert len(only) == 1
    for forms in ((), ("summary",)):
        with pytest.raises(InputError, match="body, sentence, name, named, plain, need, comment"):
            documentation_pairs([COPY], forms=forms)


def many(count: int = 400) -> list[Page]:
    return [
        Page(
            f"m.f{i}",
            f"Do the thing number {i}.",
            (f"Do the thing number {i}.", f"The body number {i % 300} is long."),
        )
        for i in range(count)
    ]


def test_nothing_held_out_is_trained_on():
    training, held_out = documentation_pairs(many(), held_out_percent=20)
    assert 20 < len(held_out) < 140
    assert all(held_out_bucket(pair.about) < 20 <= 100 for pair in held_out)
    assert all(held_out_bucket(pair.about) >= 20 for pair in training)
    seen = " ".join(f"{pair.query} {pair.positive} |" for pair in training)
    for pair in held_out:
        assert f"{pair.query}." not in seen
        assert f"{pair.query} " not in seen
        body = pair.positive.partition(". ")[2].rstrip(".")
        assert body not in seen, "a body that another object shares is left out of training"


def test_pairs_are_given_once():
    pages = [Page("a.f", "Return the very same.", ()), Page("a.f", "Return the very same.", ())]
    training, _ = documentation_pairs(pages, 1e-9, FROM_DOCSTRINGS)
    assert len(training) == len(set(training)) == 2


@dataclass
class Packed(Page):
    package: str = "stdlib"


def test_needs_and_summaries_said_differently():
    page = Packed("shutil.rmtree", "Recursively delete a directory tree.", ("It has no recycle bin.",))
    training, _ = documentation_pairs([page], 1e-9, ("plain", "need"))
    plain, needs = training[:PLAIN], training[PLAIN:]
    assert [pair.positive for pair in plain] == [
        "shutil rmtree. It has no recycle bin.",
        "shutil rmtree. Recursively delete a directory tree. It has no recycle bin.",
    ]
    assert len(needs) == NEEDED * len(written_needs()["shutil.rmtree"])
    assert {pair.positive for pair in needs} == {document_text(page)}
    assert {pair.about for pair in training} == {"shutil.rmtree"}
    assert documentation_pairs([page], 1e-9, ("plain", "need"))[0] == training, "the same each time"
    assert len({pair.query for pair in needs}) > len(written_needs()["shutil.rmtree"])


def test_what_stands_beside_calls():
    comments = ["clean up", "Remove what the last run left", "Remove what the last run left"]
    comments += [f"Delete folder number {i} again" for i in range(30)]
    page = Packed("shutil.rmtree", "Recursively delete a directory tree.", ())
    training, _ = documentation_pairs([page, COPY], 1e-9, ("comment",), comments={"shutil.rmtree": comments})
    assert {pair.positive for pair in training} == {document_text(page)}
    queries = [pair.query for pair in training]
    assert queries[0] == "Remove what the last run left"
    assert 4 <= len(queries) == len(set(queries)) <= 8
    assert "clean up" not in queries, "two words say too little"


def test_a_package_that_counts_more():
    pages = [Packed("a.f", "Return the very same.", ()), Packed("b.f", "Return another one.", (), "other")]
    training, _ = documentation_pairs(pages, 1e-9, often=["stdlib"])
    once = len(FROM_DOCSTRINGS[2:]) + PLAIN  # neither has a body
    assert [sum(pair.about == name for pair in training) for name in ("a.f", "b.f")] == [OFTEN * once, once]


def test_what_is_held_out_gives_no_needs():
    names = list(written_needs())
    pages = [Page(name, f"It is object {i} of this test.", ()) for i, name in enumerate(names)]
    training, held_out = documentation_pairs(pages, 20.0, ("need",))
    taught = {pair.about for pair in training}
    assert 0 < len(taught) < len(names)
    assert all(held_out_bucket(name) >= 20 for name in taught)
    assert held_out == [], "held-out pairs are of summary and body alone"


def test_each_text_with_itself():
    assert repeated_pairs(["a b", "a b", " ", "c"]) == [
        TextPair("a b", "a b", "a b"),
        TextPair("c", "c", "c"),
    ]


def test_files_of_pairs(tmp_path):
    expected = [TextPair("how, so?", "like this", "x"), TextPair("Größe", "size")]
    rows = [
        {"query": p.query, "positive": p.positive} | ({"about": p.about} if p.about else {}) for p in expected
    ]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    (tmp_path / "p.csv").write_text('query,positive,about\n"how, so?",like this,x\nGröße,size,\n', "utf-8")
    (tmp_path / "p.tsv").write_text(
        "query\tpositive\tabout\nhow, so?\tlike this\tx\nGröße\tsize\t\n", "utf-8-sig"
    )
    for ending in ("jsonl", "csv", "tsv"):
        assert read_pairs(tmp_path / f"p.{ending}") == expected


def test_a_missing_group_of_pandas_is_none(tmp_path):
    """Whole numbers with a gap become floats, and the gap NaN: those pairs have no group in common."""
    import pandas as pd

    frame = pd.DataFrame({"query": ["a", "b", "c"], "positive": ["x", "y", "z"], "about": [0, None, None]})
    frame.to_parquet(tmp_path / "p.parquet")
    assert [pair.about for pair in read_pairs(tmp_path / "p.parquet")] == ["0.0", "", ""]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("p.txt", b"query\n", "no file of pairs"),
        ("p.csv", b"query,answer\na,b\n", r"no column 'positive'[\s\S]*these names: query and positive"),
        ("p.csv", b"query,positive\na,b\n,c\n", "Row 2 of .*3 in a spreadsheet.* has no pair"),
        ("p.csv", b"query,positive\n\xff,c\n", "Byte 15 of"),
        ("p.jsonl", b'{"query": "a", "positive": "b"}\n["a", "b"]\n', "Row 2 of .* has no pair"),
        ("p.jsonl", b"{", "is not JSON"),
        ("p.jsonl", b"", "holds no pairs"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_pairs(tmp_path / name)
    with pytest.raises(InputError, match="no file of pairs"):
        read_pairs(tmp_path / "missing.csv")
