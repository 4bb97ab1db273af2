"""Many files in several processes."""

from __future__ import annotations

import pytest

from albert_lab.errors import CorpusError
from albert_lab.text import readers
from albert_lab.text.source import read_module


@pytest.fixture
def files(tmp_path):
    found = []
    for number in range(7):
        path = tmp_path / f"m{number}.py"
        path.write_text(f'"""The module of number {number}."""\n' + "x = 1\n" * number, encoding="utf-8")
        found.append((f"m{number}", path))
    broken = tmp_path / "broken.py"
    broken.write_text("def (", encoding="utf-8")
    return [*found, ("broken", broken)]


@pytest.mark.parametrize("workers", [1, 2, 20])
def test_the_same_as_one_by_one_in_the_files_order(files, workers):
    done = []
    found = readers.read_modules(files, workers=workers, advance=done.append)
    assert list(found) == [name for name, _ in files]
    assert found == {name: read_module(name, str(path)) for name, path in files}
    assert sum(done) == len(files)


def test_no_files():
    assert readers.read_modules([]) == {}


def test_a_reader_that_dies_is_an_error(files, monkeypatch):
    monkeypatch.setattr(readers, "_COMMAND", "import sys; print('half a', end=''); sys.exit('out of memory')")
    with pytest.raises(CorpusError, match=r"ended early \(exit code 1\): out of memory"):
        readers.read_modules(files)


def test_nobody_goes_on_working_after_an_interrupt(files, monkeypatch):
    monkeypatch.setattr(readers, "_COMMAND", "import time; time.sleep(600)")
    started = []
    real = readers._Reader

    class Interrupted(real):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            started.append(self.process)

        def join(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(readers, "_Reader", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        readers.read_modules(files)
    assert [process.returncode for process in started] == [-9, -9]
