"""``albert-lab explore`` as a user meets it; tests/browser proves that its page works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from albert_lab import cli, load, viz
from albert_lab.cli import explore as command
from albert_lab.viz.explorer.labels import labels


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("ALBERT_LAB_MODEL", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["explore", *arguments])


def test_the_page_is_the_one_that_python_makes(tmp_path):
    out = tmp_path / "page.html"
    done = run("Copy a file.", "--second", "Sort it.", "--no-library", "--lang", "zh", "--out", str(out))
    assert done.exit_code == 0, done.output
    made = viz.explorer(load("docs-mini-sentence"), "Copy a file.", "Sort it.", language="zh")
    assert out.read_text(encoding="utf-8") == made.html
    assert re.search(r"page.html: docs-mini-sentence, \d\.\d MB", done.stdout)


def test_the_library_is_the_standard_librarys(tmp_path, monkeypatch):
    asked = []

    class Search:
        documents = {"name": ["os.walk"], "summary": ["Walk."]}  # noqa: RUF012
        mean, packages = np.zeros(128), {"stdlib": "3"}
        vectors = type("Vectors", (), {"vectors": np.ones((1, 128)) / 128**0.5})

        def __init__(self, *names, extractor):
            asked.append((names, extractor.name))

        def __len__(self):
            return 1

    monkeypatch.setattr("albert_lab.retrieval.search.DocumentSearch", Search)
    done = run("--model", "docs-mini", "--out", str(tmp_path / "a.html"), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["model"], told["objects"]) == ("docs-mini", 1)
    assert told["bytes"] == (tmp_path / "a.html").stat().st_size
    assert asked == [(("stdlib",), "docs-mini")]
    assert "os.walk" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_chapters_beside_the_page_are_linked(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "05_tokens.ipynb").write_text("{}")
    assert run("--no-library", "--out", str(tmp_path / "a.html")).exit_code == 0
    assert '"chapters":"chapters/{name}.ipynb"' in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert run("--no-library", "--chapters", "c/{name}", "--out", str(tmp_path / "b.html")).exit_code == 0
    assert '"chapters":"c/{name}"' in (tmp_path / "b.html").read_text(encoding="utf-8")


def test_what_cannot_be_written_is_said_before_anything_is_computed(tmp_path):
    out = tmp_path / "page.html"
    out.write_text("mine")
    done = run("--out", str(out))
    assert done.exit_code == 2
    assert "exists already" in done.stderr
    assert out.read_text() == "mine"
    assert run("--out", str(tmp_path / "page.png")).exit_code == 2
    assert run("--no-library", "--out", str(out), "--overwrite").exit_code == 0


def test_a_model_that_no_page_can_run_is_refused_in_words(tmp_path):
    done = run("--model", str(tmp_path), "--out", str(tmp_path / "a.html"))
    assert done.exit_code == 2
    assert not Path(tmp_path / "a.html").exists()


def test_the_languages_are_the_pages():
    assert list(command.Language) == list(labels()["languages"])


def test_open_shows_the_page_in_a_browser(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert run("--no-library", "--out", str(tmp_path / "a.html"), "--open").exit_code == 0
    assert opened == [(tmp_path / "a.html").resolve().as_uri()]
