"""Files appear whole under their name or not at all."""

from __future__ import annotations

import pytest

from albert_lab.errors import AlbertLabError, OutputError
from albert_lab.paths import atomic_write, cache_dir, check_output


def test_a_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "deep" / "file.txt"
    with atomic_write(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "file.txt"
    target.write_text("old")

    def half():
        with atomic_write(target) as temporary:
            temporary.write_text("hal")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told_in_words(tmp_path):
    def full():
        with atomic_write(tmp_path / "file.txt"):
            raise OSError(28, "No space left on device")

    with pytest.raises(
        OutputError, match=r"No space left on device.\nExpected: .*\nTo mend it: free some space"
    ):
        full()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_told_in_words(tmp_path):
    (tmp_path / "taken").write_text("")

    def through_a_file():
        with atomic_write(tmp_path / "taken" / "file.txt"):
            pass

    with pytest.raises(OutputError, match="could not be written"):
        through_a_file()


def test_a_file_in_the_way_is_not_told_as_a_full_disk(tmp_path):
    (tmp_path / "taken").write_text("")
    with (
        pytest.raises(OutputError, match="no folder: move it away") as caught,
        atomic_write(tmp_path / "taken" / "x"),
    ):
        pass
    assert "free some space" not in str(caught.value)


def test_the_file_that_a_link_names_is_replaced_and_the_link_stays(tmp_path):
    (tmp_path / "deep").mkdir()
    target, link, dangling = tmp_path / "deep" / "real.txt", tmp_path / "link", tmp_path / "dangling"
    target.write_text("old")
    link.symlink_to("deep/real.txt")
    dangling.symlink_to("deep/new.txt")
    for path in (link, dangling):
        with atomic_write(path) as temporary:
            temporary.write_text("new")
        assert path.is_symlink()
        assert path.read_text() == "new"
    assert target.read_text() == "new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "dangling",
        "deep",
        "link",
        "new.txt",
        "real.txt",
    ]


def test_links_in_a_circle_are_told_in_words(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match=r"no name for a file|circle"):
        check_output(tmp_path / "a" / "x.html", [".html"], overwrite=True)
    with pytest.raises(OutputError, match="circle"), atomic_write(tmp_path / "a" / "x"):
        pass


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("x.svg", r"ends with \.svg|ends with '\.svg'"),
        ("x" * 300 + ".html", "no name for a file: File name too long"),
        ("a\0b.html", "no name for a file"),
        ("nowhere/x.html", "nowhere does not exist"),
        ("folder.html", "is a folder"),
        ("old.html", "exists already.*\n.*\n.*--overwrite"),
    ],
)
def test_an_output_that_cannot_be_written_is_told_before_the_work(name, told, tmp_path):
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "old.html").write_text("old")
    with pytest.raises(OutputError, match=told):
        check_output(tmp_path / name, [".html"], overwrite=name != "old.html")
    check_output(tmp_path / "old.html", [".html"], overwrite=True)
    check_output(tmp_path / "new.HTML", [".html"], overwrite=False)


def test_the_cache_can_be_put_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.delenv("ALBERT_LAB_CACHE")
    assert cache_dir().name == "albert-lab"


def test_an_error_says_what_was_expected_and_how_to_mend_it():
    error = AlbertLabError("The cup is empty.", expected="tea", mend="pour some")
    assert str(error) == "The cup is empty.\nExpected: tea\nTo mend it: pour some"
    assert str(AlbertLabError("Only this.")) == "Only this."
