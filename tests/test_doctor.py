"""The doctor looks at every kind of broken installation and crashes on none."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from albert_lab import doctor
from albert_lab.doctor import Finding


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _named(findings: list[Finding], name: str) -> Finding:
    return next(finding for finding in findings if finding.name == name)


def _pretend(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str | None]) -> None:
    """Let some distributions have another version, or none."""
    real = metadata.version

    def version(name: str) -> str:
        found = versions.get(name, "") or ""
        if name in versions and not found:
            raise metadata.PackageNotFoundError(name)
        return found or real(name)

    monkeypatch.setattr(metadata, "version", version)


def test_here_every_needed_package_is_there_and_none_is_forgotten():
    findings = list(doctor._packages())
    assert not doctor.broken(findings)
    names = {finding.name for finding in findings}
    assert {"albert-lab", "torch", "transformers", "jupyterlab", "matplotlib", "typer"} <= names
    assert "pytest" not in names, "what only the tests need is no concern of a learner"


@pytest.mark.parametrize(("version", "found"), [("0.1", "0.1, but"), (None, "not installed")])
def test_a_package_that_is_too_old_or_missing_is_a_problem_with_a_command(version, found, monkeypatch):
    _pretend(monkeypatch, {"transformers": version})
    finding = _named(list(doctor._packages()), "transformers")
    assert finding.state == "problem"
    assert found in finding.value
    assert "pip install 'transformers>=" in finding.advice


def test_a_missing_extra_is_only_a_note(monkeypatch):
    _pretend(monkeypatch, {"pandas": None})
    findings = list(doctor._packages())
    assert _named(findings, "pandas").state == "note"
    assert not doctor.broken(findings)


def test_a_release_candidate_of_a_new_enough_version_is_enough(monkeypatch):
    _pretend(monkeypatch, {"torch": "99.0.0rc1+cpu"})
    assert _named(list(doctor._packages()), "torch").state == "ok"


def test_albert_lab_that_is_not_installed_is_told(monkeypatch):
    def none(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", none)
    (finding,) = doctor._packages()
    assert finding.state == "problem"
    assert "not installed" in finding.value


@pytest.mark.parametrize("missing", ["packaging", "platformdirs", "huggingface_hub"])
def test_no_missing_package_makes_it_crash(missing, monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest):
        if name.split(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {missing!r}")
        return real(name, *rest)

    monkeypatch.delenv("ALBERT_LAB_CACHE")
    monkeypatch.setattr(builtins, "__import__", refuse)
    findings = doctor.examine(probe=False)
    assert any(missing in finding.value and finding.state == "problem" for finding in findings)
    assert {"Machine", "Notebooks"} <= {finding.topic for finding in findings}, "the rest is still looked at"


def test_missing_jupyter_is_a_problem(monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    findings = list(doctor._notebooks())
    assert _named(findings, "jupyterlab").state == "problem"
    assert "pip install jupyterlab" in _named(findings, "jupyterlab").advice


def test_a_cache_that_cannot_be_written_is_a_problem(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path / "file" / "cache"))
    (finding,) = doctor._cache()
    assert finding.state == "problem"
    assert "ALBERT_LAB_CACHE" in finding.advice


def test_looking_at_the_cache_leaves_nothing_in_it(own_cache):
    (finding,) = doctor._cache()
    assert finding.state == "ok"
    assert list(own_cache.iterdir()) == []


def test_the_corpus_is_told_when_it_is_there_and_how_to_build_it_when_not(own_cache):
    (finding,) = doctor._corpus()
    assert (finding.state, "albert-lab corpus build" in finding.advice) == ("note", True)
    (own_cache / "corpus").mkdir(parents=True)
    (own_cache / "corpus" / "stdlib-3.11.parquet").write_bytes(b"x" * 2_000_000)
    (finding,) = doctor._corpus()
    assert finding.name == "stdlib-3.11.parquet"
    assert "2.0 MB" in finding.value


def test_a_hub_that_is_switched_off_is_told(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in _named(list(doctor._hub()), "access").value
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    assert "asked only" in _named(list(doctor._hub()), "access").value


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print('noise'); print('albert-lab-probe{\"torch\": \"9\"}')", {"torch": "9"}),
        ("import os; os.abort()", "Python ended with status"),
        ("raise SystemExit('no space')", "no space"),
    ],
)
def test_a_probe_that_crashes_is_told_not_raised(code, expected):
    told = doctor.run_probe(code)
    if isinstance(expected, dict):
        assert told == expected
    else:
        assert expected in told["error"]


def test_a_probe_that_hangs_is_told_not_raised():
    assert "no answer within" in doctor.run_probe("import time; time.sleep(1e6)", seconds=0.5)["error"]


def test_the_probe_runs_with_the_hub_switched_off():
    code = "import os; print('albert-lab-probe{\"off\": ' + os.environ['HF_HUB_OFFLINE'] + '}')"
    assert doctor.run_probe(code) == {"off": 1}


@pytest.mark.parametrize(
    ("told", "chosen", "state", "advice"),
    [
        ({"torch": "2", "threads": 2, "parameters": 5, "embedding": 3}, "", "ok", ""),
        ({"error": "No module named 'torch'"}, "", "problem", "--force-reinstall torch"),
        ({"torch": "2", "error": "boom"}, "", "problem", "install albert-lab again"),
        (
            {"torch": "2", "error": "boom"},
            "some/model",
            "problem",
            "with a network; or unset ALBERT_LAB_MODEL",
        ),
        ({"torch": "2", "error": "boom", "mend": "copy it"}, ".", "problem", "copy it; or unset ALBERT_LAB"),
    ],
)
def test_what_the_probe_told_becomes_advice(told, chosen, state, advice, monkeypatch):
    monkeypatch.setattr(doctor, "run_probe", lambda: told)
    monkeypatch.setenv("ALBERT_LAB_MODEL", chosen)
    finding = list(doctor._model())[-1]
    assert finding.state == state
    assert advice in finding.advice


def test_text_and_data_say_the_same():
    findings = [
        Finding("One", "a", "ok", "fine"),
        Finding("Two", "b", "problem", "broken", "mend it"),
        Finding("Two", "c", "note", "missing"),
    ]
    text = doctor.as_text(findings)
    assert text.splitlines()[0] == "One"
    assert "problem  b: broken\n           -> mend it" in text
    assert text.splitlines()[-1].startswith("1 problem")
    data = json.loads(json.dumps(doctor.as_data(findings)))
    assert data["ok"] is False
    assert [entry["name"] for entry in data["findings"]] == ["a", "b", "c"]
    assert doctor.as_text(findings[:1]).splitlines()[-1] == "Everything that is needed works."


def test_a_state_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="fatal"):
        Finding("One", "a", "fatal", "x")


def test_it_runs_where_even_the_command_lines_own_packages_are_missing(tmp_path):
    for name in ("typer", "rich", "torch", "transformers", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise ModuleNotFoundError('not here')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "albert_lab.doctor"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "problem" in done.stdout.splitlines()[-1]
