"""Files appear whole under their name or not at all."""

from __future__ import annotations

import pytest

from albert_lab.errors import AlbertLabError, OutputError
from albert_lab.paths import atomic_write, cache_dir


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


def test_the_cache_can_be_put_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.delenv("ALBERT_LAB_CACHE")
    assert cache_dir().name == "albert-lab"


def test_an_error_says_what_was_expected_and_how_to_mend_it():
    error = AlbertLabError("The cup is empty.", expected="tea", mend="pour some")
    assert str(error) == "The cup is empty.\nExpected: tea\nTo mend it: pour some"
    assert str(AlbertLabError("Only this.")) == "Only this."
