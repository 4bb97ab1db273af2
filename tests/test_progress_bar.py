from __future__ import annotations

import pytest

from albert_lab import progress_bar as progress
from albert_lab.progress_bar import progress_bar


def test_short_work_and_unwatched_work_show_nothing(capsys, monkeypatch):
    with progress_bar("working", 3) as advance:
        advance(3)
    monkeypatch.setattr(progress, "DELAY_SECONDS", -1.0)
    with progress_bar("working", 3) as advance:  # stderr is no terminal here
        advance(3)
    with progress_bar("working", 3, show=False) as advance:
        advance(3)
    assert capsys.readouterr() == ("", "")


def test_long_work_in_a_terminal_shows_a_bar_that_disappears(capsys, monkeypatch):
    monkeypatch.setattr(progress, "DELAY_SECONDS", -1.0)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes this for a terminal
    with progress_bar("working", 3) as advance:
        advance(2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "working" in captured.err
    assert "2/3" in captured.err
    assert captured.err.endswith("\x1b[2K")  # the line is erased


def test_asked_for_it_is_shown_even_to_a_file(capsys):
    with progress_bar("working", 3, show=True) as advance:
        advance(3)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "3/3" in captured.err


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_the_bar_is_closed_by_errors_too(error, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with pytest.raises(error), progress_bar("working", 3, show=True):
        raise error
    assert "\x1b[?25h" in capsys.readouterr().err  # the cursor is back
