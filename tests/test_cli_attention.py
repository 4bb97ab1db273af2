"""``albert-lab attention`` as a user meets it; tests/browser proves that its pages draw."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from albert_lab import analysis, cli, load, viz
from albert_lab.viz.views import View

mpl.use("agg")
TEXT, PAIR = "Copy a file.", "It is copied."


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("ALBERT_LAB_MODEL", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["attention", *arguments])


@pytest.fixture(scope="module")
def record() -> analysis.AttentionRecord:
    loaded = load("docs-mini")
    return analysis.record(loaded.model, loaded.tokenizer, TEXT, PAIR)


@pytest.mark.parametrize("ending", ["html", "png"])
@pytest.mark.parametrize("view", ["head", "model", "neuron"])
def test_a_view_is_the_one_that_python_makes(view, ending, record, tmp_path):
    out = tmp_path / f"view.{ending}"
    done = run(TEXT, "--pair", PAIR, "--view", view, "--title", "Two texts", "--out", str(out))
    assert done.exit_code == 0, done.output
    draw = {"head": viz.head_view, "model": viz.model_view, "neuron": viz.neuron_view}[view]
    made = draw(record, title="Two texts")
    assert out.read_bytes() == (made.html.encode() if ending == "html" else made.png)
    assert f"{len(record.tokens)} tokens, 6 layers, 4 heads, by docs-mini" in done.stdout


def test_layer_and_head_reach_the_view(record, tmp_path):
    options = ("--pair", PAIR, "--layer", "-1", "--head", "2")
    assert run(TEXT, *options, "--view", "neuron", "--out", str(tmp_path / "a.html")).exit_code == 0
    expected = viz.neuron_view(record, layer=5, head=2).html
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == expected
    assert run(TEXT, "--pair", PAIR, "--layer", "3", "--out", str(tmp_path / "b.html")).exit_code == 0
    assert (tmp_path / "b.html").read_text(encoding="utf-8") == viz.head_view(record, layer=3).html


def test_a_heatmap_shows_the_layer_and_the_head(record, tmp_path, monkeypatch):
    seen = []
    real = viz.attention_heatmap
    monkeypatch.setattr(viz, "attention_heatmap", lambda *a, **k: seen.append((a, k)) or real(*a, **k))
    for name, options, heads in (("a.png", ("--head", "2"), [2]), ("b.html", (), [0, 1, 2, 3])):
        options = (*options, "--pair", PAIR, "--view", "heatmap", "--layer", "-2")
        done = run(TEXT, *options, "--out", str(tmp_path / name))
        assert done.exit_code == 0, done.output
        (weights, tokens), named = seen.pop()
        np.testing.assert_array_equal(weights, record.attention[4, heads])
        assert tokens == record.tokens
        assert named["titles"] == [f"layer 4, head {head}" for head in heads]
    assert Image.open(BytesIO((tmp_path / "a.png").read_bytes())).format == "PNG"
    page = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "script-src 'none'" in page
    assert '<img src="data:image/png;base64,' in page


def test_json_tells_what_was_written(record, tmp_path):
    out = tmp_path / "view.html"
    done = run(TEXT, "--pair", PAIR, "--out", str(out), "--json")
    told = json.loads(done.stdout)
    assert told == {
        "out": str(out),
        "view": "head",
        "model": "docs-mini",
        "tokens": len(record.tokens),
        "layers": 6,
        "heads": 4,
        "bytes": out.stat().st_size,
    }


def test_open_shows_the_file_in_a_browser(tmp_path, monkeypatch):
    opened: list[str] = []
    answers = [True, False]
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or answers.pop(0))
    out = tmp_path / "a view.html"
    done = run(TEXT, "--out", str(out), "--open")
    assert (done.exit_code, done.stderr, opened) == (0, "", [out.as_uri()])
    done = run(TEXT, "--out", str(out), "--open", "--overwrite")
    assert done.exit_code == 0
    assert "no browser could be started" in done.stderr


def test_an_output_is_replaced_only_when_told(tmp_path):
    out = tmp_path / "view.png"
    out.write_text("precious")
    done = run(TEXT, "--out", str(out))
    assert (done.exit_code, out.read_text()) == (2, "precious")
    assert "--overwrite" in done.stderr
    assert run(TEXT, "--out", str(out), "--overwrite").exit_code == 0
    assert out.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--out", "view.svg"), ".html or .png"),
        (("--out", "no_such_folder/view.png"), "no_such_folder does not exist"),
        (("--out", "view.html", "--layer", "6"), "layer: there is no 6"),
        (("--out", "view.html", "--view", "neuron", "--head", "-5"), "head: there is no -5"),
        (("--out", "view.html", "--view", "heatmap", "--head", "4"), "head: there is no 4"),
        (("--out", "view.html", "--head", "9"), "head: there is no 9"),
        (("--out", "view.html", "--view", "model", "--layer", "99"), "layer: there is no 99"),
        (("--out", "view.html", "--view", "model", "--head", "4"), "head: there is no 4"),
        (("--out", "x" * 260 + ".html"), "is no name for a file: File name too long"),
        (("--out", "view.html", "--view", "sideways"), "sideways"),
        (("--out", "view.html", "--model", "/no/such/folder"), "no folder /no/such/folder"),
    ],
)
def test_what_cannot_be_drawn_is_told_and_leaves_nothing(arguments, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(TEXT, *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_long_text_is_noted_on_stderr(tmp_path):
    done = run("file " * 130, "--view", "model", "--out", str(tmp_path / "view.html"))
    assert done.exit_code == 0, done.output
    assert "note: 132 tokens: above 128 the model view takes seconds" in done.stderr
    assert "layers=" not in done.stderr, "the command line has no such option"


def test_a_text_that_is_too_long_is_told_in_one_error(tmp_path):
    done = run(" ".join(map(str, range(300))), "--out", str(tmp_path / "view.html"))
    assert done.exit_code == 2
    assert done.stderr.startswith("albert-lab: the text has ")
    assert "indexing errors" not in done.output


def test_an_empty_second_text_is_kept_as_one(tmp_path):
    told = json.loads(run("a", "--pair", "", "--out", str(tmp_path / "p.html"), "--json").stdout)
    assert (
        told["tokens"]
        == json.loads(run("a", "--out", str(tmp_path / "a.html"), "--json").stdout)["tokens"] + 1
    )


def test_bytes_that_are_no_utf8_are_drawn(tmp_path):
    out = tmp_path / "a.html"
    for arguments in (("caf\udce9 au lait",), ("ok", "--pair", "caf\udce9"), ("ok", "--title", "caf\udce9")):
        done = run(*arguments, "--out", str(out), "--overwrite")
        assert done.exit_code == 0, done.output
        out.read_text(encoding="utf-8")


def test_a_folder_in_the_outputs_place_is_called_one(tmp_path):
    (tmp_path / "d.html").mkdir()
    done = run(TEXT, "--out", str(tmp_path / "d.html"), "--overwrite")
    assert (done.exit_code, "is a folder" in done.stderr) == (2, True)


def test_the_file_that_a_link_names_gets_the_new_text(tmp_path):
    (tmp_path / "t.html").write_text("old")
    (tmp_path / "l.html").symlink_to("t.html")
    assert run(TEXT, "--out", str(tmp_path / "l.html"), "--overwrite").exit_code == 0
    assert (tmp_path / "l.html").is_symlink()
    assert "Head view" in (tmp_path / "t.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["missing.pdf", "data/*.json", "here", "notes.txt"])
def test_a_text_that_seems_to_name_a_file_is_noted(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").write_text("x")
    done = run(text, "--out", "v.html")
    assert done.exit_code == 0
    assert "is taken as the text itself" in done.stderr
    assert "taken as the text" not in run("Open notes.txt.", "--out", "w.html").stderr


def test_every_panel_of_a_heatmap_names_its_layer_and_head(tmp_path, monkeypatch):
    drawn = []
    real = viz.attention_heatmap
    monkeypatch.setattr(viz, "attention_heatmap", lambda *a, **k: drawn.append(real(*a, **k)) or drawn[-1])
    title = "The cat sat because it was tired, and slept"
    done = run(TEXT, "--view", "heatmap", "--title", title, "--out", str(tmp_path / "t.html"))
    assert done.exit_code == 0, done.output
    figure, panels = drawn[0]
    assert [panel.get_title() for panel in panels] == [f"layer 0, head {head}" for head in range(4)]
    assert figure.get_suptitle().replace("\n", " ") == title
    assert "head " in (tmp_path / "t.html").read_text(encoding="utf-8")


def test_hostile_texts_and_file_names_are_written_as_text(tmp_path: Path, monkeypatch):
    written: list[View] = []
    real = View.save
    monkeypatch.setattr(View, "save", lambda self, path: written.append(self) or real(self, path))
    attack = "</script><img src=x onerror=alert(1)>"
    out = tmp_path / "<img src=x onerror=alert(1)>.html"
    done = run(attack, "--pair", attack, "--title", attack, "--out", str(out))
    assert done.exit_code == 0, done.output
    page = out.read_text(encoding="utf-8")
    assert page.count("<img") == 0
    assert page.count("</script>") == 3  # two programs and the data
    assert written[0].title == attack
