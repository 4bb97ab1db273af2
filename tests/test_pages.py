"""The pages of docs/ about other frameworks: their blocks run as a reader would run them, in order."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from albert_lab.cli import app

DOCS = Path(__file__).resolve().parents[1] / "docs"
RELEASE = Path(__file__).parent / "model" / "release"
# The blocks of jax.md run where jax is installed: `make test` does not bring its 600 MB.
PAGES = ["tensorflow.md", "onnx.md", *(["jax.md"] if importlib.util.find_spec("jax") else [])]


def blocks(page: str) -> list[tuple[str, str]]:
    """(language, content) of every block."""
    return re.findall(r"^```(\w+)\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S)


def run(language: str, content: str) -> None:
    if language == "python":
        exec(compile(content, "block", "exec"), {"__name__": "block"})
        return
    for line in content.splitlines():
        program, *arguments = shlex.split(line.removeprefix("$ "))
        if program == "albert-lab":
            done = CliRunner().invoke(app, arguments)
            assert done.exit_code == 0, done.output


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "albert_base").mkdir()
    for path in RELEASE.iterdir():
        if path.suffix not in (".py", ".npz"):
            shutil.copy(path, tmp_path / "albert_base")
    found = blocks(page)
    assert found
    for language, content in found:
        run(language, content)


def test_what_keras_reads_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(*blocks("keras.md")[0])
    assert (tmp_path / "my-albert" / "model.safetensors").exists()
