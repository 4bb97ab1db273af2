"""The command line as a user meets it: help, words for errors, exit statuses, JSON alone on stdout."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

import albert_lab
from albert_lab import cli
from albert_lab.errors import InputError


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("ALBERT_LAB_MODEL", raising=False)
    return tmp_path / "cache"


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli.app, list(arguments), input=stdin)


def _commands(command: typer.core.TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, found in command.commands.items():
        if isinstance(found, typer.core.TyperGroup):
            yield from _commands(found, (*path, name))
        else:
            yield (*path, name)


COMMANDS = list(_commands(typer.main.get_command(cli.app)))


def test_the_commands_that_the_course_promises_are_there():
    names = {path[0] for path in COMMANDS}
    assert {"embed", "search", "models", "corpus", "learn", "doctor"} <= names


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(path):
    done = run(*path, "--help")
    assert done.exit_code == 0
    assert f"albert-lab {' '.join(path)}" in done.stdout.split("Example")[1]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_short_help_of_every_command_fits_on_its_line(path):
    listed = run(*path[:-1], "--help").stdout
    (line,) = (line for line in listed.splitlines() if line.split()[:1] == [path[-1]])
    assert not line.endswith("...")


def test_the_version_is_the_packages():
    assert run("--version").stdout.strip() == f"albert-lab {albert_lab.__version__}"


def test_without_a_command_the_help_is_shown():
    assert "Commands:" in run().output


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """``albert-lab models`` fails because of its user."""

    def fail() -> None:
        raise InputError("The number is 3.", expected="a number below 3", mend="take 2")

    monkeypatch.setattr("albert_lab.cli.models.list_models", fail)


@pytest.mark.usefixtures("broken")
def test_an_error_of_the_course_is_told_in_words_on_stderr():
    done = run("models", "--json")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == "albert-lab: The number is 3.\nExpected: a number below 3\nTo mend it: take 2\n"


@pytest.mark.usefixtures("broken")
def test_debug_adds_a_traceback():
    done = run("--debug", "models")
    assert done.exit_code == 2
    assert "Traceback" in done.stderr
    assert "in fail" in done.stderr


def test_ctrl_c_ends_with_130_in_any_command(monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("albert_lab.cli.models.list_models", interrupted)
    monkeypatch.setattr("albert_lab.text.corpus.build_corpus", interrupted)
    for command in (("models",), ("corpus", "stats")):
        done = run(*command)
        assert (done.exit_code, done.stdout) == (130, "")
        assert "stopped" in done.stderr


def test_a_mistake_of_ours_is_not_hidden(monkeypatch):
    def bug() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("albert_lab.cli.models.list_models", bug)
    assert isinstance(run("models").exception, ZeroDivisionError)


def test_an_unknown_option_is_a_usage_error():
    done = run("models", "--bad")
    assert done.exit_code == 2
    assert "No such option" in done.stderr


def test_models_lists_the_built_in_and_the_released_ones_with_their_sizes():
    rows = {row["name"]: row for row in json.loads(run("models", "--json").stdout)}
    assert [name for name, row in rows.items() if row["default"]] == ["docs-mini"]
    assert rows["docs-mini"]["offline"] is True
    base = rows["albert/albert-base-v2"]
    assert (base["parameters"], base["num_hidden_layers"], base["kind"]) == (11_683_584, 12, "hub")
    assert rows["albert/albert-xxlarge-v2"]["parameters"] == 222_595_584
    table = run("models").stdout
    assert "* docs-mini" in table
    assert "11,683,584" in table


@pytest.mark.parametrize("name", ["nowhere/at-all", "/no/such/folder", "what is this?"])
def test_models_lists_a_chosen_model_that_is_not_there(name, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_MODEL", name)
    row = json.loads(run("models", "--json").stdout)[-1]
    assert (row["name"], row["offline"], row["default"], row["parameters"]) == (name, False, True, None)


def test_models_lists_a_chosen_folder(tmp_path, monkeypatch):
    from albert_lab.model import AlbertConfig, AlbertModel
    from albert_lab.model.checkpoint import save_model

    config = AlbertConfig(vocab_size=50, embedding_size=8, hidden_size=12, num_attention_heads=3)
    model = AlbertModel(config)
    save_model(model, tmp_path / "mine")
    monkeypatch.setenv("ALBERT_LAB_MODEL", str(tmp_path / "mine"))
    row = json.loads(run("models", "--json").stdout)[-1]
    assert (row["kind"], row["offline"], row["hidden_size"]) == ("folder", True, 12)
    assert row["parameters"] == sum(parameter.numel() for parameter in model.parameters())


def test_corpus_build_and_stats_tell_the_same_counts(own_cache):
    built = json.loads(run("corpus", "build", "--package", "platformdirs", "--json").stdout)
    assert list(own_cache.rglob("*.parquet"))
    told = json.loads(run("corpus", "stats", "--package", "platformdirs", "--json").stdout)
    assert built == told
    assert told["platformdirs"]["documents"] > 10
    table = run("corpus", "stats", "--package", "platformdirs").stdout
    assert f"{told['platformdirs']['words']:,}" in table
    assert table.splitlines()[-1].startswith("all")


def test_corpus_of_a_package_that_is_not_there_is_told():
    done = run("corpus", "build", "--package", "no_such_package")
    assert done.exit_code == 2
    assert "no_such_package" in done.stderr
    assert "pip install" in done.stderr


def test_doctor_ends_with_1_when_something_is_broken_and_prints_json(monkeypatch):
    from albert_lab.doctor import Finding

    findings = [Finding("Packages", "torch", "ok", "2.13")]
    monkeypatch.setattr("albert_lab.doctor.examine", lambda: findings)
    done = run("doctor", "--json")
    assert (done.exit_code, json.loads(done.stdout)["ok"]) == (0, True)
    findings.append(Finding("Packages", "numpy", "problem", "not installed", "pip install numpy"))
    done = run("doctor", "--json")
    assert (done.exit_code, json.loads(done.stdout)["ok"]) == (1, False)
    assert "-> pip install numpy" in run("doctor").stdout


def test_learn_copies_the_course_and_says_what_it_did(tmp_path):
    done = run("learn", str(tmp_path / "mine"), "--no-start")
    assert done.exit_code == 0
    assert (tmp_path / "mine" / "chapters" / "00_start_here.ipynb").is_file()
    assert "put there" in done.stdout


def test_learn_opens_the_learners_folder_and_in_a_checkout_without_folder_the_repository(
    tmp_path, monkeypatch
):
    opened = []
    monkeypatch.setattr(
        "albert_lab.learn.open_lab", lambda root, *, browser: opened.append((root, browser)) or 0
    )
    assert run("learn", str(tmp_path / "mine"), "--no-browser").exit_code == 0
    assert run("learn").exit_code == 0
    repository = Path(albert_lab.__file__).parents[1]
    assert opened == [(tmp_path / "mine", False), (repository, None)]


def test_python_dash_m_is_the_same_command():
    done = subprocess.run([sys.executable, "-m", "albert_lab", "--version"], capture_output=True, text=True)
    assert done.stdout.strip() == f"albert-lab {albert_lab.__version__}"


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random ALBERT of 12 numbers and 32 positions, and a tokenizer of 32 pieces."""
    import torch

    from albert_lab.model import AlbertConfig, AlbertModel
    from albert_lab.model.checkpoint import save_model
    from albert_lab.text.tokenizer import train_tokenizer

    folder = tmp_path_factory.mktemp("model")
    texts = ["Copy a directory tree.", "Sort a list of numbers.", "Open a file, read its lines."] * 20
    tokenizer = train_tokenizer(texts, vocab_size=30)
    torch.manual_seed(0)
    shape = {"embedding_size": 8, "hidden_size": 12, "num_attention_heads": 3, "num_hidden_layers": 2}
    config = AlbertConfig(vocab_size=len(tokenizer), max_position_embeddings=32, **shape)
    save_model(AlbertModel(config), folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_embed_writes_texts_files_and_standard_input_in_order(tiny_model, tmp_path):
    from albert_lab.vectors import Extractor, read_vectors

    notes, out = tmp_path / "notes.txt", tmp_path / "vectors.parquet"
    notes.write_text("sort a list\n\nread lines\n")
    arguments = ("embed", "copy a file", str(notes), "-", "--model", str(tiny_model), "--out", str(out))
    done = run(*arguments, stdin="from a pipe\n")
    assert done.exit_code == 0, done.output
    assert "4 texts, 12 numbers each" in done.stdout
    table = read_vectors(out)
    assert table.texts == ["copy a file", "sort a list", "read lines", "from a pipe"]
    assert table.sources == ["argument", str(notes), str(notes), "-"]
    expected = Extractor.from_source(tiny_model).embed(table.texts)
    assert abs(table.vectors - expected).max() <= 1e-6


def test_every_option_of_embed_reaches_the_vectors(tiny_model, tmp_path, monkeypatch):
    from albert_lab.vectors import Extractor, read_vectors

    monkeypatch.setenv("ALBERT_LAB_MODEL", str(tiny_model))
    table, out = tmp_path / "reviews.csv", tmp_path / "vectors.parquet"
    table.write_bytes("stars,review\n5,très bon\n4,\n".encode("latin-1"))
    options = ("--column", "review", "--encoding", "latin-1", "--skip-missing", "--pooling", "cls")
    choices = ("--layer", "1", "--precision", "int8", "--long-texts", "windows", "--json")
    done = run("embed", str(table), "--out", str(out), *options, *choices)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["pooling"], told["layer"], told["precision"], told["long_texts"]) == (
        "cls",
        1,
        "int8",
        "windows",
    )
    assert (told["texts"], told["dimension"], told["model"]) == (1, 12, str(tiny_model))
    made = read_vectors(out)
    assert made.texts == ["très bon"]
    expected = Extractor.from_source(tiny_model, pooling="cls", layer=1, precision="int8").embed(made.texts)
    assert abs(made.vectors - expected).max() <= 1e-6


def test_embed_replaces_an_output_only_when_told(tiny_model, tmp_path):
    out = tmp_path / "vectors.parquet"
    out.write_text("precious")
    done = run("embed", "a text", "--out", str(out), "--model", str(tiny_model))
    assert (done.exit_code, out.read_text()) == (2, "precious")
    assert "--overwrite" in done.stderr
    done = run("embed", "a text", "--out", str(out), "--model", str(tiny_model), "--overwrite")
    assert done.exit_code == 0
    assert out.read_bytes()[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("no_such_file.txt",), "no_such_file.txt does not exist"),
        (("a text", "--layer", "7"), "layer=7 does not exist"),
        (("a text", "--model", "/no/such/folder"), "no folder /no/such/folder"),
        (("a text", "--encoding", "klingon"), "encoding 'klingon' is not known"),
    ],
)
def test_what_is_wrong_with_embeds_arguments_is_told(arguments, told, tiny_model, tmp_path):
    model = () if "--model" in arguments else ("--model", str(tiny_model))
    done = run("embed", *arguments, *model, "--out", str(tmp_path / "vectors.parquet"))
    assert done.exit_code == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.fixture
def search_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One cache for the searches below, so that the index is built once."""
    folder = tmp_path_factory.getbasetemp() / "search-cache"
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(folder))
    return folder


def test_search_finds_the_object_and_tells_programs_what_they_need(tiny_model, search_cache):
    arguments = ("search", "folder for log files of the user", "--package", "platformdirs", "--top", "3")
    done = run(*arguments, "--model", str(tiny_model), "--json")
    assert done.exit_code == 0, done.output
    hits = json.loads(done.stdout)
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert all({"rank", "name", "score", "summary"} <= set(hit) for hit in hits)
    assert any("log" in hit["name"] for hit in hits)  # the vectors are random: they may put another one first
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    shown = run(*arguments, "--no-vectors").stdout
    assert "log_file" in shown
    assert len(shown.splitlines()) == 6
    assert list(search_cache.rglob("*.parquet")), "the index is kept"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("", "--package", "platformdirs"), "question"),
        (("copy", "--package", "no_such_package"), "not installed"),
    ],
)
@pytest.mark.usefixtures("search_cache")
def test_what_is_wrong_with_a_question_is_told(arguments, told):
    done = run("search", *arguments, "--no-vectors")
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.usefixtures("search_cache")
def test_a_question_without_an_answer_says_so():
    done = run("search", "xylophonically", "--package", "platformdirs", "--no-vectors")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Nothing has a word in common" in done.stderr
    assert (
        json.loads(
            run("search", "xylophonically", "--package", "platformdirs", "--no-vectors", "--json").stdout
        )
        == []
    )


def test_a_text_that_is_cut_is_told_and_json_stays_clean(tiny_model, tmp_path):
    out = tmp_path / "vectors.parquet"
    done = run("embed", "copy a file " * 30, "--out", str(out), "--model", str(tiny_model), "--json")
    assert json.loads(done.stdout)["cut"] == 1
    assert "albert-lab: note: 1 of 1 texts" in done.stderr


def test_the_choices_in_the_help_are_those_of_the_library():
    from albert_lab.cli import vectors
    from albert_lab.vectors.extractor import LONG_TEXTS
    from albert_lab.vectors.pooling import POOLINGS
    from albert_lab.vectors.precision import PRECISIONS

    assert tuple(vectors.Pooling) == tuple(POOLINGS)
    assert tuple(vectors.Precision) == tuple(PRECISIONS)
    assert tuple(vectors.LongTexts) == tuple(LONG_TEXTS)
