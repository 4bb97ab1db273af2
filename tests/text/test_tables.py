"""Tables are read strictly, whatever reads them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from albert_lab.errors import InputError
from albert_lab.text.tables import read_rows


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str | bytes):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_the_chosen_columns_of_each_row_with_its_number(write, tmp_path):
    expected = [(1, {"a": "1", "c": "3, x"}), (3, {"a": "", "c": "4"})]
    assert (
        list(read_rows(write("t.csv", 'a,b,c\n1,2,"3, x"\n\n,,4\n'), ["a"], optional=["c", "d"])) == expected
    )
    rows = list(read_rows(write("t.tsv", 'a\tc\n3" wide\tx\n'), ["a"]))
    assert rows == [(1, {"a": '3" wide'})]
    rows = list(read_rows(write("t.jsonl", '"bare"\n{"b": 0}\n\n{"a": 1, "b": 2}\n'), ["a"]))
    assert rows == [(1, "bare"), (2, {}), (4, {"a": 1})]
    pq.write_table(pa.table({"a": [1, None], "b": ["x", "y"]}), tmp_path / "t.parquet")
    assert list(read_rows(tmp_path / "t.parquet", ["a"])) == [(1, {"a": 1}), (2, {"a": None})]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.csv", "id,a\n1,fine\n2,cut, here\n", r"Row 2 of .*t\.csv \(3 in a spreadsheet\) has 3 cells"),
        ("t.csv", "id,a\n1,fine\n2\n", r"Row 2 of .* has 1 cell, and the header has 2"),
        ("t.tsv", "id\ta\n1\tx\ty\n", "Row 1 of .* has 3 cells"),
        ("t.csv", "a,b,a\n1,2,3\n", "2 columns called 'a'"),
        ("t.csv", "b,c\n1,2\n", "no column 'a'(.|\n)*one of b, c"),
        ("t.csv", " a,b\n1,2\n", r"no column 'a'[\s\S]*one of ' a', b"),
        ("t.csv", b"\xef\xbb\xbf\xef\xbb\xbfa,b\n1,2\n", r"one of '\\ufeffa', b"),
        ("t.jsonl", '[\n{"a": 1}\n]\n', r"Line 1 [\s\S]*one JSON value in each line"),
        ("t.csv", "a;b\n1;2\n", "no column 'a'(.|\n)*separated by semicolons"),
        ("t.csv", "b|a\n1|2\n", "separated by bars"),
        ("t.csv", 'a,b\n1,2\n"x,y\nz', "row that begins in line 3"),
        ("t.csv", 'a,b\n1,2\n3,"4" x\n', "row that begins in line 3"),
        ("t.jsonl", '{"b": 1}\n{"b": 2, "c": 3}\n', "no column 'a'(.|\n)*one of b, c"),
        ("t.jsonl", '{"a": 1}\n{"a": 1, "a": 2}\n', "Row 2 of .* has two values called 'a'"),
        ("t.jsonl", '{"a": 1}\n{"a": 1\n', "Line 2 of .* is not JSON"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16-le"), "zero bytes: it looks like UTF-16"),
        ("t.csv", b"a,b\n1,\xff\n", "Byte 6 of .* is not utf-8"),
        ("t.parquet", b"PAR1", "cannot be read as Parquet"),
    ],
)
def test_what_a_sloppy_reader_would_take_is_an_error(write, name, content, told):
    with pytest.raises(InputError, match=told) as failure:
        list(read_rows(write(name, content), ["a"]))
    assert "skip" not in str(failure.value)


def test_a_parquet_with_two_columns_of_one_name_is_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError, match="2 columns called 'a'"):
        list(read_rows(tmp_path / "t.parquet", ["a"]))


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv cannot be read"):
        list(read_rows(tmp_path / "gone.csv", ["a"]))
