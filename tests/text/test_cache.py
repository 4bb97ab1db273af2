"""Documents in Parquet: whole, or not there."""

from __future__ import annotations

import pytest

from albert_lab.errors import OutputError
from albert_lab.text.cache import read_documents, write_documents
from albert_lab.text.corpus import Document

DOCUMENTS = [
    Document(
        "p.f", "function", "p", "1.0", "f(x)", "Do it.", ("Do it.", "Ünï 漢字 😀"), "Do it.\n\nÜnï 漢字 😀"
    ),
    Document("p.g", "class", "p", "1.0", "", "", (), ">>> 1"),
]


@pytest.mark.parametrize("documents", [DOCUMENTS, []])
def test_there_and_back(tmp_path, documents):
    write_documents(tmp_path / "new" / "p.parquet", documents, "key")
    assert read_documents(tmp_path / "new" / "p.parquet", "key") == documents
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["p.parquet"]


def test_another_key_and_no_file_are_none(tmp_path):
    write_documents(tmp_path / "p.parquet", DOCUMENTS, "key")
    assert read_documents(tmp_path / "p.parquet", "other key") is None
    assert read_documents(tmp_path / "q.parquet", "key") is None


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:200], lambda data: b"PAR1" + b"x" * 500]
)
def test_a_damaged_file_is_none_with_a_warning(tmp_path, damage):
    path = tmp_path / "p.parquet"
    write_documents(path, DOCUMENTS, "key")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match="damaged"):
        assert read_documents(path, "key") is None


def test_a_file_of_another_kind_is_none(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"name": ["x"]}).replace_schema_metadata({"albert_lab_corpus": "key"})
    pq.write_table(table, tmp_path / "p.parquet")
    with pytest.warns(UserWarning, match="damaged"):
        assert read_documents(tmp_path / "p.parquet", "key") is None


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    write_documents(tmp_path / "p.parquet", DOCUMENTS, "key")

    def full(table, where, **_):
        where.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_documents(tmp_path / "p.parquet", [], "key")
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]
    assert read_documents(tmp_path / "p.parquet", "key") == DOCUMENTS


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError):
        write_documents(tmp_path / "file" / "p.parquet", DOCUMENTS, "key")
