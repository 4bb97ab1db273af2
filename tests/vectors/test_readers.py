from __future__ import annotations

import csv
import io
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from albert_lab.errors import InputError
from albert_lab.text import lines
from albert_lab.vectors.readers import TextRecord, read_texts


def read(*inputs, **options) -> list[tuple[str, int]]:
    return [(record.text, record.position) for record in read_texts(inputs, **options)]


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str | bytes):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_text_file_has_a_text_on_every_line_that_is_not_blank(write):
    path = write("a.txt", "one\n\n  two  \r\n\t\nthrée\rfour\u2028still four\n\x0c\nlast")
    expected = [("one", 1), ("  two  ", 3), ("thrée", 5), ("four\u2028still four", 6), ("last", 8)]
    assert read(path) == expected
    assert read(str(path)) == expected


@pytest.mark.parametrize("name", ["a.md", "a.rst", "A.MD"])
def test_prose_has_a_text_in_every_paragraph(write, name):
    path = write(name, "# Title\n\nfirst line\n  second line\n\n\nlast")
    assert read(path) == [("# Title", 1), ("first line second line", 3), ("last", 7)]


def test_lines_survive_any_block_size(write, monkeypatch):
    content = "ä€😀\r\n" * 50 + "\r\rend"
    path = write("a.txt", content)
    expected = read(path)
    assert len(expected) == 51
    for size in (1, 2, 3, 5, 7):
        monkeypatch.setattr(lines, "_BLOCK", size)
        assert read(path) == expected


def test_tables_give_the_chosen_column(write, tmp_path):
    table = 'id,text\n1,plain\n2,"with, comma\nand line"\n3,"a ""quote"""\n'
    expected = [("plain", 1), ("with, comma\nand line", 2), ('a "quote"', 3)]
    assert read(write("a.csv", table), column="text") == expected
    assert read(write("a.tsv", "id\ttext\n1\ta, b\n"), column="text") == [("a, b", 1)]
    pq.write_table(pa.table({"text": ["x", "y"], "n": [1, 2]}), tmp_path / "a.parquet", row_group_size=1)
    assert read(tmp_path / "a.parquet", column="text") == [("x", 1), ("y", 2)]
    dictionary = pa.array(["x", "y", "x"]).dictionary_encode()
    pq.write_table(pa.table({"text": dictionary}), tmp_path / "b.parquet")
    assert read(tmp_path / "b.parquet", column="text") == [("x", 1), ("y", 2), ("x", 3)]


def test_json_lines_hold_strings_or_objects(write):
    path = write("a.jsonl", '"plain"\n\n{"text": "chosen", "other": 1}\n{"text": "\\ud800"}\n')
    assert read(path, column="text") == [("plain", 1), ("chosen", 3), ("\ud800", 4)]
    assert read(write("b.jsonl", '"plain"\n')) == [("plain", 1)]


def test_a_cell_of_a_table_may_be_long_and_the_csv_module_is_left_as_it_was(write):
    limit = csv.field_size_limit()
    assert read(write("a.csv", "text\n" + "x" * 300_000 + "\n"), column="text") == [("x" * 300_000, 1)]
    assert csv.field_size_limit() == limit


def test_texts_files_and_standard_input_in_one_go(write, monkeypatch):
    path = write("a.txt", "from a file\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("piped é\n\nin\n".encode())))
    records = list(read_texts(["a text", "-", str(path), "", "not/a file.txt"]))
    assert records == [
        TextRecord("a text", "argument", 1),
        TextRecord("piped é", "-", 1),
        TextRecord("in", "-", 3),
        TextRecord("from a file", str(path), 1),
        TextRecord("", "argument", 4),
        TextRecord("not/a file.txt", "argument", 5),
    ]
    assert list(read_texts("a text")) == [TextRecord("a text", "argument", 1)]
    assert read("x" * 100_000, "a\0b") == [("x" * 100_000, 1), ("a\0b", 2)]


@pytest.mark.parametrize("size", [1 << 20, 4])
@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"fine\ncaf\xe9 noir\n", "utf-8", "Byte 8 of .*0xe9.* is not utf-8"),
        (b"\xef\xbb\xbfab\xff", "utf-8", "Byte 5 of .*0xff"),
        (b"ab\xe2\x82", "utf-8", "Byte 2 of .*0xe2"),
        (b"caf\xc3\xa9", "ascii", "Byte 3 of .*0xc3.* is not ascii"),
    ],
)
def test_the_first_byte_of_another_encoding_is_named(write, monkeypatch, size, content, encoding, message):
    monkeypatch.setattr(lines, "_BLOCK", size)
    for name in ("a.txt", "a.md"):
        with pytest.raises(InputError, match=message) as caught:
            read(write(name, content), encoding=encoding)
        assert "--encoding latin-1" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "start"), [("a.csv", b"text\n"), ("a.jsonl", b'"a"\n"'), ("a.tsv", b"text\n")]
)
def test_tables_name_the_byte_too(write, name, start):
    with pytest.raises(InputError, match=f"Byte {len(start) + 3} of .*0xe9"):
        read(write(name, start + b"caf\xe9"), column="text")


def test_another_encoding_can_be_named_and_marks_are_dropped(write):
    assert read(write("a.txt", "café".encode("latin-1")), encoding="latin-1") == [("café", 1)]
    assert read(write("a.txt", "café\nx".encode("utf-16")), encoding="utf-16") == [("café", 1), ("x", 2)]
    assert read(write("a.txt", b"\xef\xbb\xbfcaf\xc3\xa9")) == [("café", 1)]
    with pytest.raises(InputError, match="--encoding utf-16"):
        read(write("a.txt", "café".encode("utf-16")))
    with pytest.raises(InputError, match="'klingon' is not known"):
        read("a text", encoding="klingon")


def missing_texts(write, tmp_path):
    pq.write_table(pa.table({"text": ["a", None, "b"]}), tmp_path / "null.parquet")
    return [
        write("empty.csv", "text,n\na,1\n,2\nb,3\n"),
        write("null.jsonl", '{"text": "a"}\n{"text": null}\n{"text": "b"}\n'),
        write("absent.jsonl", '{"text": "a"}\n{"n": 2}\n{"text": "b"}\n'),
        write("nan.jsonl", '{"text": "a"}\n{"text": NaN}\n{"text": "b"}\n'),
        tmp_path / "null.parquet",
    ]


@pytest.mark.parametrize("which", range(5))
def test_a_missing_text_is_an_error_that_names_its_row_or_is_skipped(write, tmp_path, which):
    path = missing_texts(write, tmp_path)[which]
    with pytest.raises(InputError, match=r"Row 2 of .* has no text") as caught:
        read(path, column="text")
    assert "--skip-missing" in str(caught.value)
    assert read(path, column="text", skip_missing=True) == [("a", 1), ("b", 3)]


def test_nan_in_a_column_of_numbers_and_numbers_themselves(tmp_path, write):
    pq.write_table(pa.table({"x": [float("nan"), 1.5]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"Row 1 of .* has no text"):
        read(tmp_path / "a.parquet", column="x")
    with pytest.raises(InputError, match=r"Row 2 of .* holds 1.5 \(float\)"):
        read(tmp_path / "a.parquet", column="x", skip_missing=True)
    with pytest.raises(InputError, match=r"Row 1 of .* holds \[1\]"):
        read(write("a.jsonl", "[1]\n"))


@pytest.mark.parametrize(
    ("name", "content", "column", "message"),
    [
        ("a.csv", "id,text\n1,x\n", None, "none was chosen"),
        ("a.csv", "id,text\n1,x\n", "body", "no column 'body'"),
        ("a.csv", "", "text", "no column 'text'"),
        ("a.csv", 'text\n"never closed\n', "text", "is no table"),
        ("a.jsonl", '{"text": "x"}\n', None, "none was chosen"),
        ("a.jsonl", '"x"\n{broken\n', "text", "Line 2 of .* is not JSON"),
        ("a.jsonl", "[" * 100_000, "text", "Line 1 of .* is not JSON"),
        ("a.parquet", "no parquet", "text", "cannot be read as Parquet"),
    ],
)
def test_tables_that_cannot_be_read(write, name, content, column, message):
    with pytest.raises(InputError, match=message):
        read(write(name, content), column=column)


def test_wrong_names_are_told_before_anything_is_read(write, tmp_path):
    first = write("a.txt", "one\n")
    for wrong, message in (
        ("missing.txt", "missing.txt does not exist"),
        (tmp_path / "missing", "does not exist"),
        (str(tmp_path), "not a file"),
        (str(write("a.pdf", "x")), "not a file that can be read"),
    ):
        with pytest.raises(InputError, match=message):
            read_texts([first, wrong])


def test_reading_is_lazy(write):
    path = write("a.jsonl", '"good"\nbroken\n')
    records = read_texts([path])
    assert next(records).text == "good"
    with pytest.raises(InputError, match="Line 2"):
        next(records)


@pytest.mark.parametrize(
    "text",
    [
        "missing.pdf",
        "data/*.json",
        "./LICENCE",
        "../x",
        "~/notes",
        "/etc/x",
        "C:\\notes",
        "a.csv.gz",
        "B.DOCX",
    ],
)
def test_a_word_that_looks_like_a_file_is_refused(text):
    with pytest.raises(InputError, match="does not exist"):
        read_texts([text])


@pytest.mark.parametrize(
    "text", ["shutil.copytree", "and/or", "3.14", "e.g.", "what?", "a*b", "see notes.txt"]
)
def test_other_words_are_texts(text):
    assert read(text) == [(text, 1)]


def test_what_to_do_with_a_folder_and_with_other_kinds_of_file(write, tmp_path):
    for path, told in (
        (tmp_path, r"/\*\.txt"),
        (write("a.pdf", "x"), "turn it into text"),
        (write("a.log", "x"), "- < F"),
    ):
        with pytest.raises(InputError, match=told):
            read_texts([path])


def test_a_wrong_encoding_ends_in_words(write):
    with pytest.raises(InputError, match="is not utf-16: UTF-16 stream does not start with BOM"):
        read(write("a.txt", "abcd"), encoding="utf-16")
    for wrong in ("hex", "rot13", "a\0b", ""):
        with pytest.raises(InputError, match="is not known"):
            read("a text", encoding=wrong)


def test_a_key_that_no_row_has_is_never_skipped(write):
    with pytest.raises(InputError, match="no column 'text'") as failure:
        read(write("a.jsonl", '{"body": "x"}\n{"body": "y"}\n'), column="text", skip_missing=True)
    assert "skip" not in str(failure.value)
