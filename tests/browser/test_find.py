"""Which browser is taken, and what is said where there is none. No real browser is started here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests.browser import find


class Page:
    def __init__(self, blind: bool) -> None:
        self.blind, self.text = blind, ""

    def goto(self, address: str, timeout: float) -> None:
        self.text = "" if self.blind else Path(address.removeprefix("file://")).read_text()

    def title(self) -> str:
        return self.text.removeprefix("<title>").removesuffix("</title>")

    def close(self) -> None:
        pass


class Browser:
    def __init__(self, path: str | None) -> None:
        self.path, self.open = path, True

    def new_page(self) -> Page:
        return Page("snap" in (self.path or ""))

    def close(self) -> None:
        self.open = False


class Machine:
    """A Playwright on a machine where the browsers of ``starting`` start."""

    def __init__(self, *starting: str | None) -> None:
        self.chromium, self.starting, self.started = self, starting, []

    def launch(self, *, executable_path: str | None, args: list[str], timeout: float) -> Browser:
        if executable_path not in self.starting:
            raise Error(f"Executable doesn't exist at {executable_path}")
        self.started.append(Browser(executable_path))
        return self.started[-1]


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Sets which commands and places there are."""

    def these(*paths: str) -> None:
        found = {Path(path).name: path for path in paths}
        monkeypatch.delenv("ALBERT_LAB_CHROMIUM", raising=False)
        monkeypatch.setattr(find.shutil, "which", found.get)
        monkeypatch.setattr(find, "PLACES", tuple(path for path in paths if " " in path))
        monkeypatch.setattr(find.Path, "exists", lambda path: True)

    return these


@pytest.mark.parametrize(
    ("paths", "starting", "taken"),
    [
        (["/usr/bin/chromium", "/usr/bin/google-chrome"], ["/usr/bin/chromium", "/usr/bin/google-chrome"], 0),
        (["/usr/bin/chromium-browser", "/usr/bin/google-chrome"], ["/usr/bin/google-chrome"], 1),
        (["/usr/bin/microsoft-edge"], ["/usr/bin/microsoft-edge"], 0),
        (
            ["/snap/bin/chromium", "/usr/bin/google-chrome"],
            ["/snap/bin/chromium", "/usr/bin/google-chrome"],
            1,
        ),
        (["/Applications/Google Chrome.app/x"], ["/Applications/Google Chrome.app/x"], 0),
    ],
)
def test_the_first_browser_that_starts_and_reads_files_is_taken(installed, paths, starting, taken):
    installed(*paths)
    machine = Machine(*starting, None)
    browser = find.launch(machine)
    assert browser.path == paths[taken]
    assert [one for one in machine.started if one.open] == [browser]


def test_what_playwright_fetched_is_taken_where_nothing_is_installed(installed):
    installed()
    assert find.launch(Machine(None)).path is None


def test_the_variable_wins_and_nothing_stands_in_for_it(installed, monkeypatch):
    installed("/usr/bin/chromium")
    monkeypatch.setenv("ALBERT_LAB_CHROMIUM", "/mine")
    assert find.launch(Machine("/usr/bin/chromium", "/mine")).path == "/mine"
    with pytest.raises(find.NoBrowserError, match="ALBERT_LAB_CHROMIUM is /mine, which does not start"):
        find.launch(Machine("/usr/bin/chromium", None))


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without a browser; programs only leave their names in the list."""
    called = []

    def started() -> str:
        if called and "brings" in called[-1]:
            return "156"
        raise find.NoBrowserError({"Playwright's own": "Executable doesn't exist at /x"})

    def run(command, log, *, begin, environment):
        called.append(" ".join(command))
        return 1 if "fails" in command else 0

    monkeypatch.delenv("ALBERT_LAB_CHROMIUM", raising=False)
    monkeypatch.setattr(find, "LOG", tmp_path / "browser.log")
    monkeypatch.setattr(find, "_started", started)
    monkeypatch.setattr(find, "run", run)
    return called


def ways(monkeypatch, *commands: list[list[str]]) -> None:
    monkeypatch.setattr(find, "_ways", lambda: iter([("Trying", command, {}) for command in commands]))


def test_the_next_way_is_tried_where_one_fails_or_brings_nothing_that_starts(bare, monkeypatch, capsys):
    ways(monkeypatch, [["fetch", "fails"]], [["update"], ["install", "nothing"]], [["brings"]], [["never"]])
    assert find.main() == 0
    assert bare == ["fetch fails", "update", "install nothing", "brings"]
    assert "Done: version 156" in capsys.readouterr().out


def test_where_no_way_helps_one_line_says_what_to_do(bare, monkeypatch, capsys):
    ways(monkeypatch, [["fetch", "fails"]])
    assert find.main() == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    for part in ("apt install chromium", "ALBERT_LAB_CHROMIUM", "make test-fast", str(find.LOG)):
        assert part in told
    assert "Executable doesn't exist at /x" in find.LOG.read_text()


def test_a_variable_that_names_no_browser_fetches_none(bare, monkeypatch, capsys):
    monkeypatch.setenv("ALBERT_LAB_CHROMIUM", "/mine")
    ways(monkeypatch, [["brings"]])
    assert find.main() == 1
    assert bare == []
    assert "ALBERT_LAB_CHROMIUM is /mine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("user", "apt", "expected"), [(0, True, True), (1000, True, False), (0, False, False)]
)
def test_only_root_asks_apt(monkeypatch, user, apt, expected):
    monkeypatch.setattr(find.os, "getuid", lambda: user)
    monkeypatch.setattr(find.shutil, "which", lambda name: "/usr/bin/apt-get" if apt else None)
    commands = [command for _, commands, _ in find._ways() for command in commands]
    assert commands[0][:3] == [sys.executable, "-m", "playwright"]
    assert any(command[0] == "apt-get" for command in commands) == expected
