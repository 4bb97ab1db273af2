# ruff: noqa: E501  (one line of a submission)
"""The list of a class, however a program or a person wrote it."""

from __future__ import annotations

import pytest

from albert_lab.classroom.course.students import Student, read_students, risky
from albert_lab.errors import InputError


def written(tmp_path, text, coding="utf-8"):
    path = tmp_path / "class.csv"
    path.write_bytes(text.encode(coding))
    return path


@pytest.mark.parametrize(
    ("text", "coding"),
    [
        ("student_id,first_name,last_name,email\nann,Ann,Á,a@x.org\nbob,Bob,B,\n", "utf-8"),
        ("ann,Ann,Á,a@x.org\nbob,Bob,B,\n", "utf-8-sig"),
        ("ann;Ann;Á;a@x.org\r\n\r\nbob;Bob;B;\r\n", "utf-8-sig"),
        ("Email address\tFirst name\tLast name\tID number\na@x.org\tAnn\tÁ\tann\n\tBob\tB\tbob", "utf-16"),
        (
            '"First name","Last name","ID number","Email address"\n"Ann","A\u0301","ann","a@x.org"\nBob,B,bob,',
            "utf-8",
        ),
        ("Student,ID,SIS Login ID\n" + '"Á, Ann",7,ann\n"B, Bob",8,bob\n', "utf-8"),
    ],
    ids=["header", "plain with a mark", "semicolons", "tabs in UTF-16", "Moodle, accents apart", "Canvas"],
)
def test_a_list_is_read_however_it_was_written(text, coding, tmp_path):
    roll = read_students(written(tmp_path, text, coding))
    assert [(s.id, s.first_name, s.last_name) for s in roll.students] == [
        ("ann", "Ann", "Á"),
        ("bob", "Bob", "B"),
    ]
    assert roll.remarks == []


def test_what_is_odd_is_told_line_by_line_and_the_others_are_kept(tmp_path):
    text = (
        "id,first_name\n"
        "ann,Ann\n"
        "ANN,Another\n"  # the same folder on some systems
        ",Nobody\n"
        "../up,Climber\n"
        "*,Star\n"
        "eve,=cmd|' /C calc'!A0\n"
        "zoe,<b>Zoë\x07\n"
    )
    roll = read_students(written(tmp_path, text))
    assert [one.id for one in roll.students] == ["ann", "eve", "zoe"]
    told = "\n".join(roll.remarks)
    for line, word in (
        (3, "stands in line 2"),
        (4, "no id"),
        (5, "is no id"),
        (6, "is no id"),
        (7, "formula"),
        (8, "no part"),
    ):
        assert any(one.startswith(f"line {line}:") and word in one for one in roll.remarks), told
    assert roll.students[2].first_name == "b Zoë" or "<" not in roll.students[2].first_name


@pytest.mark.parametrize(
    "bad", ["a/b", "a\\b", ".", "..", "-rf", "a b", "a*", "a[0]", "{x}", "a\nb", "", "x" * 65, "=1"]
)
def test_ids_that_could_lead_elsewhere_are_refused(bad, tmp_path):
    roll = read_students(written(tmp_path, f'id\nann\n"{bad}"\n'))
    assert [one.id for one in roll.students] == ["ann"]


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "no lines"), (b"id\n", "no student"), (b"\xff\xfe\xff", "UTF-8"), (b"id\n\xe9\n", "line 2")],
)
def test_a_file_of_no_use_is_refused_in_words(content, word, tmp_path):
    path = tmp_path / "class.csv"
    path.write_bytes(content)
    with pytest.raises((InputError, UnicodeDecodeError), match=word if word != "UTF-8" else None):
        read_students(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_students(tmp_path / "none.csv")


def test_a_name_is_put_together():
    assert Student("a", "Ann", "Lee").name == "Ann Lee"
    assert Student("a").name == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "|x"])
def test_formulas_are_known(text):
    assert risky(text)
    assert not risky(f"x{text}")
