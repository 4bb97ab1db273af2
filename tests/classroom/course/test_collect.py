"""What is handed in: found, recognised, and never trusted."""

from __future__ import annotations

import copy
import csv
import io
import json
import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from albert_lab.classroom.course import collect as collecting
from albert_lab.classroom.course import export as exporting
from albert_lab.classroom.course import handed_in as reading
from albert_lab.classroom.course.collect import collect
from albert_lab.classroom.course.folder import Course
from albert_lab.classroom.course.handed_in import handed_in, read_notebook
from albert_lab.classroom.course.students import Student
from albert_lab.errors import InputError
from tests.classroom.course import ps1

CLASS = [
    Student("ann", "Ann", "Lee", "ann@x.org", "101"),
    Student("bob", "Bob", "Øst", "bob@x.org"),
    Student("cy.k", "Cy", "King"),
    Student("ann2", "Anna", "Lee"),
]
DUE = datetime(2026, 1, 10, tzinfo=UTC)


def work(text: str = "x = 1", name: str = "ps1") -> str:
    """A notebook that is handed in."""
    notebook = copy.deepcopy(ps1.source())
    notebook["cells"].append(ps1.cell(text))
    if name != "ps1":
        for cell in notebook["cells"]:
            own = cell["metadata"].get("nbgrader")
            if own:
                own["grade_id"] = f"{name}_{own['grade_id']}"
    return json.dumps(notebook)


@pytest.fixture
def course(tmp_path, monkeypatch) -> Course:
    root = tmp_path / "course"
    ps1.write_source(root)
    other = root / "source" / "ps2" / "ps2.ipynb"
    other.parent.mkdir()
    other.write_text("{}")
    ids = {cell["metadata"]["nbgrader"]["grade_id"] for cell in ps1.source()["cells"][1:]}
    cells = {"ps1": ids, "ps2": {f"ps2_{one}" for one in ids}}
    monkeypatch.setattr(collecting, "_known", lambda course, name: (CLASS, cells, DUE))
    return Course(root)


def zipped(path: Path, entries: dict[str, str | bytes], when=(2026, 1, 5, 12, 0, 0)) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(zipfile.ZipInfo(name, when), text, zipfile.ZIP_DEFLATED)
    return path


def told(collected) -> dict[str, tuple[str, str, str]]:
    return {line.path: (line.done, line.student, "; ".join(line.notes)) for line in collected.lines}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("ann/ps1.ipynb", "ann"),
        ("ann/ps1/ps1.ipynb", "ann"),
        ("submitted/ann/ps1/ps1.ipynb", "ann"),
        ("ps1_ann.ipynb", "ann"),
        ("ann_ps1.ipynb", "ann"),
        ("ps1 - cy.k.ipynb", "cy.k"),
        ("Bob Øst_55_assignsubmission_file_/ps1.ipynb", "bob"),
        ("Bob Øst_55_assignsubmission_file_ps1 (1).ipynb", "bob"),
        ("kingcy_777_888_ps1-1.ipynb", "cy.k"),
        ("leeann_LATE_101_888_ps1.ipynb", "ann"),
        ("someone_101_888_homework.ipynb", "ann"),
    ],
)
def test_a_student_is_known_however_programs_name_files(name, student, course, tmp_path):
    done = collect(course, "ps1", zipped(tmp_path / "all.zip", {name: work()}))
    assert [(line.done, line.student) for line in done.lines] == [("taken", student)], told(done)
    assert (course.root / "submitted" / student / "ps1" / "ps1.ipynb").is_file()
    assert student not in done.missing
    assert ("LATE" in name) == ("late" in done.lines[0].notes)


@pytest.mark.parametrize(
    "name",
    [
        "аnn/ps1.ipynb",
        "annabel/ps1.ipynb",
        "ps1.ipynb",
        "ann/bob/ps1.ipynb",
        "xann_ps1.ipynb",
        "ａnn/ps1.ipynb",
    ],
)
def test_nobody_is_guessed(name, course, tmp_path):
    """Look-alike letters of other alphabets, longer names, two students in one path."""
    done = collect(course, "ps1", zipped(tmp_path / "all.zip", {name: work()}))
    assert done.lines[0].done == "left out"
    assert not (course.root / "submitted").exists()


def test_every_file_is_listed_with_what_was_done(course, tmp_path):
    folder = tmp_path / "mail"
    files = {
        "ann/ps1 (1).ipynb": work("first"),
        "ann/ps1-Copy1.ipynb": work("second"),
        "bob/homework.ipynb": work(),
        "cy.k/ps1.ipynb": work(name="ps2"),
        "ann2/essay.docx": "no notebook",
        "ann2/ps1.ipynb": "{broken",
        "ann2/.DS_Store": "x",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        day = 20 if "bob" in name else 6 if "Copy1" in name else 5
        at = datetime(2026, 1, day, tzinfo=UTC).timestamp()
        os.utime(path, (at, at))
    done = collect(course, "ps1", folder)
    lines = told(done)
    assert lines["ann/ps1 (1).ipynb"][0] == "left out"
    assert "twice" in lines["ann/ps1 (1).ipynb"][2]
    assert lines["ann/ps1-Copy1.ipynb"][:2] == ("taken", "ann")
    assert "second" in (course.root / "submitted/ann/ps1/ps1.ipynb").read_text()
    assert "renamed" in lines["bob/homework.ipynb"][2]
    assert "late" in lines["bob/homework.ipynb"][2]
    assert "it is ps2" in lines["cy.k/ps1.ipynb"][2]
    assert lines["ann2/essay.docx"][2] == "no notebook"
    assert "no notebook" in lines["ann2/ps1.ipynb"][2]
    assert "ann2/.DS_Store" not in lines
    assert done.missing == ["ann2", "cy.k"]
    assert (course.root / "submitted/bob/ps1/timestamp.txt").read_text().startswith("2026-01-20")


def test_what_is_newer_stays_and_what_is_the_same_is_not_written(course, tmp_path):
    collect(course, "ps1", zipped(tmp_path / "new.zip", {"ann/ps1.ipynb": work("new")}))
    again = collect(course, "ps1", tmp_path / "new.zip")
    assert "the same is there" in again.lines[0].notes[-1]
    old = zipped(tmp_path / "old.zip", {"ann/ps1.ipynb": work("old")}, (2026, 1, 2, 0, 0, 0))
    done = collect(course, "ps1", old)
    assert done.lines[0].done == "left out"
    assert "new" in (course.root / "submitted/ann/ps1/ps1.ipynb").read_text()


def test_a_zip_cannot_climb_link_or_burst(course, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 2 * 2**20)
    path = tmp_path / "bad.zip"
    link = zipfile.ZipInfo("ann/link/ps1.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    device = zipfile.ZipInfo("ann/device/ps1.ipynb")
    device.external_attr = (stat.S_IFCHR | 0o666) << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("../ann/ps1.ipynb", "/ann/ps1.ipynb", "C:/ann/ps1.ipynb", "ann/..\\..\\ps1.ipynb"):
            archive.writestr(name, work())
        archive.writestr(link, "/etc/passwd")
        archive.writestr(device, "")
        archive.writestr("ann/big/ps1.ipynb", b" " * (3 * 2**20))
        archive.writestr("ann/bomb/ps1.ipynb", b" " * (2**20 + 2**19))
        archive.writestr("ann/inner.zip", b"PK")
        archive.writestr("bob/ps1.ipynb", work())
    before = {str(one) for one in tmp_path.rglob("*")}
    done = collect(course, "ps1", path)
    assert [line.student for line in done.lines if line.done == "taken"] == ["bob"]
    words = " ".join(note for line in done.lines for note in line.notes)
    for word in (
        "leads out",
        "link",
        "no file",
        "larger than",
        "packed so tightly",
        "archive in the archive",
    ):
        assert word in words
    made = {one for one in map(str, tmp_path.rglob("*")) if one not in before}
    assert all("/course/submitted" in one for one in made)


def test_sizes_that_an_archive_lies_about_are_not_believed(course, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 100_000)
    monkeypatch.setattr(
        zipfile.ZipInfo, "file_size", property(lambda self: 10, lambda self, n: None), raising=False
    )
    path = tmp_path / "lies.zip"
    path.write_bytes(b"")
    entry = type(
        "E", (), {"filename": "ann/ps1.ipynb", "date_time": (2026, 1, 1, 0, 0, 0), "external_attr": 0}
    )()
    entry.flag_bits, entry.file_size, entry.compress_size = 0, 10, 10

    class Archive:
        def open(self, entry):
            return io.BytesIO(b" " * 200_000)

    found = reading._entry(Archive(), entry, 10**9)
    assert found.text is None
    assert "larger" in found.refused


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"x" * 100])
def test_a_damaged_archive_is_refused_in_words(content, course, tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no zip archive"):
        collect(course, "ps1", path)
    with pytest.raises(InputError, match="not there"):
        collect(course, "ps1", tmp_path / "none")


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of Unix")
def test_in_a_folder_no_link_is_followed_and_no_pipe_waited_for(course, tmp_path):
    folder = tmp_path / "mail"
    (folder / "ann").mkdir(parents=True)
    (tmp_path / "secret.ipynb").write_text(work("secret"))
    (folder / "ann" / "ps1.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "bob").symlink_to(tmp_path)
    (folder / "cy.k").mkdir()
    os.mkfifo(folder / "cy.k" / "ps1.ipynb")
    found = {one.path: one.refused for one in handed_in(folder)}
    assert "link" in found["ann/ps1.ipynb"]
    assert "link" in found["bob"]
    assert "no ordinary file" in found["cy.k/ps1.ipynb"]
    assert all(line.done == "left out" for line in collect(course, "ps1", folder).lines)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"[" * 200_000, "without end"),
        (b"\xff\xfe", "UTF-8"),
        (b"{}", "format 4"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "spell"}]}', "kind"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}', "no text"),
        (
            b'{"nbformat": 4, "cells": '
            + json.dumps([{"cell_type": "raw", "source": ""}] * 5001).encode()
            + b"}",
            "5000",
        ),
    ],
)
def test_what_is_no_notebook_is_said_to_be_none(text, word):
    assert word in read_notebook(text)


def test_halves_of_signs_are_mended():
    read = read_notebook(work("'\\ud800'").replace("\\\\ud800", "\\ud800").encode())
    assert not isinstance(read, str)
    json.dumps(read.content, ensure_ascii=False).encode()


@pytest.mark.parametrize("kind", exporting.FORMATS)
def test_no_cell_of_an_export_is_a_formula(kind, course, monkeypatch):
    people = [
        {
            "id": "ann",
            "first_name": "=cmd|' /C calc'!A0",
            "last_name": "+1",
            "email": "@x",
            "lms_user_id": "7",
        },
        {"id": "bob", "first_name": "Bob", "last_name": 'Ø"s,t', "email": "", "lms_user_id": ""},
    ]
    given = ({("ann", "ps1"): 12.5, ("bob", "ps1"): None}, {"ps1": 19.0}, people)
    monkeypatch.setattr(exporting, "_points", lambda course, names: given)
    rows = list(csv.reader(io.StringIO(exporting.export(course, "ps1", kind))))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert rows[-2][-1] == "12.5"
    assert rows[-1][-1] == ""
    assert rows[0][-1] == "ps1"
    assert any('Ø"s,t' in cell for cell in rows[-1])
    if kind == "canvas":
        assert rows[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        assert rows[1][0].strip() == "Points Possible"
    with pytest.raises(InputError, match="no format"):
        exporting.export(course, "ps1", "excel")


def test_an_assignment_is_named_by_its_number_too(course):
    assert course.chosen(None) == ["ps1", "ps2"]
    assert course.chosen("ps2") == ["ps2"]
    with pytest.raises(InputError, match="ps3"):
        course.chosen("ps3")
