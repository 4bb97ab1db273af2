"""What a new user sees first: the environment is made, one line moves, and a failure says what went wrong."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tools.install import Account
from tools.progress import duration, end_of, run
from tools.versions import differences

ROOT = Path(__file__).resolve().parents[1]
COLLECTS = """
for number in range(400):
    print(f"Collecting package-{number}>=1 (from albert-lab==0.1.0)")
    print(f"  Downloading package_{number}-1.0-py3-none-any.whl (12 kB)")
print("Installing collected packages: " + ", ".join(f"package-{number}" for number in range(400)), flush=True)
time.sleep(1)
"""
SUCCEEDS = COLLECTS + "print('Successfully installed everything')"
FAILS = COLLECTS + "print('ERROR: No matching distribution for package-400', file=sys.stderr)\nsys.exit(3)"


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment without packages."""
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
    return folder


def give_pip(environment: Path, source: str) -> None:
    """A pip that knows its version and else runs ``source``."""
    (site,) = environment.glob("lib/python3*/site-packages")
    (site / "pip").mkdir()
    (site / "pip/__init__.py").write_text('__version__ = "26.0"\n')
    begin = "import sys, time\nif '--version' in sys.argv:\n    print('pip 26.0')\n    sys.exit()\n"
    (site / "pip/__main__.py").write_text(begin + source)


def install(environment: Path) -> subprocess.CompletedProcess[str]:
    command = [environment / "bin/python", "-m", "tools.install", "-e", "."]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_a_successful_installation_takes_a_few_lines_and_leaves_a_log(environment):
    give_pip(environment, SUCCEEDS)
    done = install(environment)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) < 10
    assert "Installed 400 packages" in done.stdout
    log = (environment / "install.log").read_text()
    assert "Collecting package-399" in log
    assert "Successfully installed everything" in log


def test_a_failed_installation_shows_the_end_of_the_log_and_has_pips_status(environment):
    give_pip(environment, FAILS)
    done = install(environment)
    assert done.returncode == 3
    assert "ERROR: No matching distribution for package-400" in done.stderr
    assert str(environment / "install.log") in done.stderr
    assert "Installed" not in done.stdout
    assert len((done.stdout + done.stderr).splitlines()) < 50


def test_make_stops_where_pip_fails_and_tries_again_the_next_time(environment):
    give_pip(environment, FAILS)
    for target in ("learn", "lint"):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        command = ["make", f"VENV={environment}", target]
        done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=240)
        assert done.returncode != 0
        assert "ERROR: No matching distribution for package-400" in done.stderr
        assert "ruff" not in done.stdout
        assert list(environment.glob(".learn-*")) + list(environment.glob(".test-*")) == []


def test_on_a_terminal_one_line_moves(environment):
    give_pip(environment, SUCCEEDS)
    ours, theirs = pty.openpty()
    command = [environment / "bin/python", "-m", "tools.install", "-e", "."]
    variables = {**os.environ, "TERM": "xterm", "COLUMNS": "60"}
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=theirs, stderr=theirs)
    os.close(theirs)
    told = b""
    try:
        while piece := os.read(ours, 65536):
            told += piece
    except OSError:
        pass  # Linux says so when the other side is closed
    finally:
        os.close(ours)
    assert process.wait(60) == 0
    states = told.decode().split("\r\x1b[2K")
    assert any("installing, 0 of 400 packages" in state for state in states)
    assert all(len(state) < 60 for state in states[1:-1])
    assert b"Collecting" not in told


def test_the_account_follows_pip(tmp_path):
    account = Account(tmp_path)
    assert account.state() == ""
    heard = [
        account.hear(line)
        for line in (
            "Obtaining file:///home/me/albert-lab\n",
            "Collecting torch>=2.8 (from albert-lab==0.1.0)\n",
            "  Downloading https://pypi.example/torch-2.13.0-cp311-cp311-linux_x86_64.whl (858.2 MB)\n",
        )
    ]
    assert heard == [True, True, True]
    assert account.state() == "fetching package 2: torch 2.13.0 (858.2 MB)"
    assert account.hear("Progress 429000000 of 858000000\n") is False
    assert account.state() == "fetching package 2: torch 2.13.0 (429 of 858 MB)"
    (tmp_path / "six-1.17.0.dist-info").mkdir()
    account.hear("Installing collected packages: numpy, torch, albert-lab\n")
    assert account.state() == "installing, 0 of 3 packages"
    (tmp_path / "numpy-2.4.6.dist-info").mkdir()
    assert account.state() == "installing, 1 of 3 packages"


def test_a_program_that_is_not_there_or_fails_is_told_by_its_status(tmp_path, capsys):
    log = tmp_path / "log"
    assert run([str(tmp_path / "nothing")], log, begin="Trying nothing ...") == 127
    assert run([sys.executable, "-c", "print('no'); raise SystemExit(4)"], log, begin="Trying ...") == 4
    assert run([sys.executable, "-c", "input()"], log, begin="Asking ...") == 1  # nobody can answer
    assert capsys.readouterr().out == "Trying nothing ...\nTrying ...\nAsking ...\n"
    assert "No such file" in log.read_text()
    assert end_of(log, 2).splitlines()[-2].endswith("EOFError: EOF when reading a line")


def test_durations():
    assert [duration(seconds) for seconds in (0.2, 59.4, 59.6, 125)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "2 min 5 s",
    ]


def test_other_versions_than_those_of_the_constraints_are_told(tmp_path):
    path = tmp_path / "constraints.txt"
    path.write_text("# Exact versions.\npytest==0.1\nno-such-package==1.0\n")
    assert differences(path) == [("pytest", "0.1", pytest.__version__)]
