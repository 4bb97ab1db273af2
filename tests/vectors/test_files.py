from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from albert_lab.errors import InputError, OutputError
from albert_lab.vectors import files
from albert_lab.vectors.files import embed_to_parquet, read_vectors
from albert_lab.vectors.readers import TextRecord

# An extractor without a network, for the tests in which a process dies. It prints the texts it has embedded.
STANDIN = """
import hashlib, os, signal, sys
import numpy as np
from albert_lab.vectors import files

class Standin:
    name, dimension, max_length, settings = "standin", 4, 64, {"pooling": "mean", "dimension": 4}
    die_after = None

    def __init__(self, key="key"):
        self.key, self.embedded = key, []

    def fingerprint(self):
        return self.key

    def sentences(self, texts, advance):
        if self.die_after is not None and len(self.embedded) >= self.die_after:
            os.kill(os.getpid(), signal.SIGKILL)
        self.embedded += texts
        advance(len(texts))
        rows = [list(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4]) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, 4), 0

files.TEXTS_PER_PART = 10
TEXTS = [f"text {number}" for number in range(45)]
"""


@pytest.fixture
def standin(monkeypatch):
    monkeypatch.setattr(files, "TEXTS_PER_PART", files.TEXTS_PER_PART)  # put back after the test
    names: dict = {}
    exec(STANDIN, names)
    return names["Standin"]


TEXTS = [f"text {number}" for number in range(45)]


def run_elsewhere(code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", STANDIN + textwrap.dedent(code)], capture_output=True, text=True
    )


def leftovers(folder, out) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path != out)


def test_one_row_for_each_text_with_its_vector(extractor, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "TEXTS_PER_PART", 4)
    texts = ["a tree", "", "\ud800 lone", "naïve 😀\n\0", *["copy a file"] * 6]
    out = tmp_path / "vectors.parquet"
    written = embed_to_parquet(extractor, texts, out)
    assert (written.path, written.texts, written.resumed, written.cut) == (out, 10, 0, 0)
    table = pq.read_table(out)
    assert table.schema.field("vector").type == pa.list_(pa.float32(), 32)
    assert table.column_names == ["text", "source", "position", "vector"]
    assert pq.ParquetFile(out).num_row_groups == 3
    assert leftovers(tmp_path, out) == []
    read = read_vectors(out)
    assert read.texts == ["a tree", "", "\ufffd lone", *texts[3:]]
    assert read.sources == ["argument"] * 10
    assert read.positions.tolist() == list(range(1, 11))
    np.testing.assert_array_equal(read.vectors, extractor.embed(texts))
    assert read.settings["model"] == "AlbertModel"
    assert read.settings["pooling"] == "mean"
    assert read.settings["layer"] == -1
    assert np.stack(pandas.read_parquet(out)["vector"]).shape == (10, 32)


def test_records_keep_their_source(standin, tmp_path):
    records = [TextRecord("x", "notes.txt", 7), TextRecord("y", "-", 1)]
    read = read_vectors(embed_to_parquet(standin(), iter(records), tmp_path / "v.parquet").path)
    assert (read.sources, read.positions.tolist()) == (["notes.txt", "-"], [7, 1])


def test_no_texts_make_a_table_without_rows(standin, tmp_path):
    out = tmp_path / "v.parquet"
    assert embed_to_parquet(standin(), [], out).texts == 0
    assert read_vectors(out).vectors.shape == (0, 4)
    assert read_vectors(out).settings["model"] == "standin"


def test_cut_texts_are_told_once(extractor, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "TEXTS_PER_PART", 2)
    with pytest.warns(UserWarning, match="3 of 5 texts are longer than 64 tokens") as caught:
        written = embed_to_parquet(extractor, ["tree " * 100] * 3 + ["a", "b"], tmp_path / "v.parquet")
    assert (len(caught), written.cut) == (1, 3)


def test_killed_and_started_again_it_goes_on_where_it_was(standin, tmp_path):
    out, whole = tmp_path / "v.parquet", tmp_path / "whole" / "v.parquet"
    dead = run_elsewhere(f"""
        Standin.die_after = 20
        files.embed_to_parquet(Standin(), TEXTS, {str(out)!r})
    """)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    assert not out.exists()
    again = standin()
    written = embed_to_parquet(again, TEXTS, out)
    assert (written.texts, written.resumed) == (45, 20)
    assert again.embedded == TEXTS[20:]
    whole.parent.mkdir()
    embed_to_parquet(standin(), TEXTS, whole)
    assert out.read_bytes() == whole.read_bytes()
    assert leftovers(tmp_path, out) == ["whole"]


@pytest.fixture
def interrupted(standin, tmp_path):
    """An output of which 20 of 45 texts are done."""

    def stop():
        yield from TEXTS[:25]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed_to_parquet(standin(), stop(), tmp_path / "v.parquet")
    assert leftovers(tmp_path, None) == [".v.parquet.partial"]
    return tmp_path / "v.parquet"


@pytest.mark.parametrize(
    ("key", "texts", "expected"),
    [
        ("key", TEXTS, 20),
        ("another model", TEXTS, 0),
        ("key", ["changed", *TEXTS[1:]], 10),
        ("key", TEXTS[1:], 0),
        ("key", TEXTS[:15], 10),
    ],
)
def test_only_what_would_come_out_the_same_is_taken_over(standin, interrupted, key, texts, expected):
    written = embed_to_parquet(standin(key), texts, interrupted)
    assert (written.texts, written.resumed) == (len(texts), expected)
    read = read_vectors(interrupted)
    assert read.texts == texts
    np.testing.assert_array_equal(read.vectors, standin().sentences(texts, print)[0])
    assert leftovers(interrupted.parent, interrupted) == []


def test_a_damaged_part_is_made_again(standin, interrupted):
    part = sorted((interrupted.parent / ".v.parquet.partial").iterdir())[0]
    part.write_bytes(part.read_bytes()[:-20])
    assert embed_to_parquet(standin(), TEXTS, interrupted).resumed == 10
    assert read_vectors(interrupted).texts == TEXTS


def test_bad_input_in_the_middle_keeps_what_is_done(standin, tmp_path):
    out = tmp_path / "v.parquet"
    with pytest.raises(InputError, match="Text 13 is None"):
        embed_to_parquet(standin(), [*TEXTS[:12], None, *TEXTS[12:]], out)
    assert not out.exists()
    assert embed_to_parquet(standin(), TEXTS, out).resumed == 10
    with pytest.raises(InputError, match="Text 1 is 3"):
        embed_to_parquet(standin(), [3], tmp_path / "w.parquet")
    assert leftovers(tmp_path, out) == []  # nothing was done, nothing is kept


def test_a_full_disk_leaves_nothing_under_the_final_name(standin, tmp_path):
    """A limit on the size of files stands in for the end of the disk: parts fit, the joined file does not."""
    out = tmp_path / "v.parquet"
    full = run_elsewhere(f"""
        import resource
        from albert_lab.errors import OutputError
        texts = [os.urandom(2000).hex() for _ in range(45)]
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            files.embed_to_parquet(Standin(), texts, {str(out)!r})
        except OutputError as error:
            print(error)
    """)
    assert full.returncode == 0, full.stderr
    assert f"{out} could not be written: " in full.stdout
    assert "run the same again" in full.stdout
    assert leftovers(tmp_path, out) == [".v.parquet.partial"]
    assert not out.exists()
    assert len(list((tmp_path / ".v.parquet.partial").glob("*.parquet"))) == 5
    assert list((tmp_path / ".v.parquet.partial").glob("*.part")) == []


def test_a_disk_that_is_full_from_the_start(standin, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OutputError, match="No space left on device"):
        embed_to_parquet(standin(), TEXTS, tmp_path / "v.parquet")
    assert leftovers(tmp_path, None) == []


def test_an_output_that_exists_is_kept_unless_it_may_be_replaced(standin, tmp_path):
    out = tmp_path / "v.parquet"
    out.write_bytes(b"precious")
    untouched = iter(TEXTS)
    with pytest.raises(OutputError, match="exists already"):
        embed_to_parquet(standin(), untouched, out)
    assert next(untouched) == TEXTS[0]
    assert out.read_bytes() == b"precious"
    with pytest.raises(InputError):
        embed_to_parquet(standin(), ["x", None], out, overwrite=True)
    assert out.read_bytes() == b"precious"
    embed_to_parquet(standin(), TEXTS, out, overwrite=True)
    assert read_vectors(out).texts == TEXTS


def test_places_that_cannot_be_written(standin, tmp_path):
    (tmp_path / "folder.parquet").mkdir()
    for place, message in (
        (tmp_path / "missing" / "v.parquet", "does not exist"),
        (tmp_path / "v.csv", r"ends with .\.csv"),
        (tmp_path / "folder.parquet", "is a folder"),
    ):
        with pytest.raises(OutputError, match=message):
            embed_to_parquet(standin(), TEXTS, place, overwrite=True)


def test_memory_holds_one_part_at_a_time(standin, tmp_path):
    taken = 0

    def texts():
        nonlocal taken
        for text in TEXTS:
            taken += 1
            yield text

    extractor, seen = standin(), []
    original = extractor.sentences
    extractor.sentences = lambda part, advance: (seen.append((taken, len(part))), original(part, advance))[1]
    embed_to_parquet(extractor, texts(), tmp_path / "v.parquet")
    assert seen == [(10, 10), (20, 10), (30, 10), (40, 10), (45, 5)]


def test_parts_are_bounded_by_characters_too(monkeypatch):
    monkeypatch.setattr(files, "CHARACTERS_PER_PART", 10)
    records = [TextRecord("x" * size, "", 1) for size in (4, 4, 4, 30, 1)]
    assert [len(part) for part in files._in_parts(records)] == [3, 1, 1]


def test_what_is_no_file_of_vectors(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "b.parquet")
    pq.write_table(
        pa.table({"text": ["x"], "source": [""], "position": [1], "vector": [3]}), tmp_path / "c.parquet"
    )
    for name in ("a.parquet", "b.parquet", "c.parquet", "absent.parquet"):
        with pytest.raises(InputError, match="cannot be read as a file of vectors"):
            read_vectors(tmp_path / name)


def test_the_metadata_is_plain_json(standin, tmp_path):
    out = tmp_path / "v.parquet"
    embed_to_parquet(standin(), ["x"], out)
    told = json.loads(pq.read_schema(out).metadata[b"albert_lab"])
    assert told == {"model": "standin", "pooling": "mean", "dimension": 4, "fingerprint": "key"}
