"""What travels in the wheel, and what does not; that it works from there without the repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built offline from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _in_repository(*folders: str) -> set[str]:
    """Files that are in git or could be added to it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()}


def test_every_file_of_the_package_is_in_it(names):
    present = _in_repository("albert_lab")
    assert any(name.startswith("albert_lab/pretrained/docs-mini/") for name in present)
    assert present - names == set()


def test_every_chapter_and_released_exercise_is_in_it(names):
    present = _in_repository("chapters", "exercises/release")
    assert "chapters/00_start_here.ipynb" in present
    assert {f"albert_lab/_course/{name}" for name in present} - names == set()


def test_nothing_else_is_in_it(names):
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"albert_lab"}
    unwanted = ("tests/", "/test_", "exercises/source", "__pycache__", ".ipynb_checkpoints", "benchmarks")
    assert [name for name in names if any(word in name for word in unwanted)] == []


def test_the_command_is_announced(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "albert-lab = albert_lab.cli:app" in archive.read(name).decode()


def test_from_the_wheel_alone_the_course_is_placed(wheel, tmp_path):
    """The wheel is unpacked and put first on the path, outside the repository."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-m", "albert_lab", "learn", str(tmp_path / "mine"), "--no-start"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    placed = {p.relative_to(tmp_path / "mine").as_posix() for p in (tmp_path / "mine").rglob("*.ipynb")}
    assert placed == {
        name for name in _in_repository("chapters", "exercises/release") if name.endswith(".ipynb")
    }
    for name in placed:
        assert (tmp_path / "mine" / name).read_bytes() == (ROOT / name).read_bytes()


def test_versions_agree():
    import albert_lab

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == albert_lab.__version__
    assert f"version: {albert_lab.__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {albert_lab.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_constraints_fix_every_dependency_exactly():
    """Without an exact version a fresh clone next year would install something that nobody has tried."""
    from packaging.requirements import Requirement

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    fixed = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    for requirement in fixed:
        assert [part.operator for part in requirement.specifier] == ["=="], str(requirement)
    exact = {_normal(requirement.name): requirement.specifier for requirement in fixed}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    for requirement in (Requirement(text) for text in wanted):
        if requirement.name == project["name"]:
            continue
        assert _normal(requirement.name) in exact, f"constraints.txt lacks {requirement.name}"
        (part,) = exact[_normal(requirement.name)]
        assert requirement.specifier.contains(part.version), f"{requirement} and {part} do not fit"


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def test_make_learn_and_make_test_install_from_the_constraints():
    for target in ("learn", "test"):
        command = ["make", "--dry-run", "--always-make", target]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert "-c constraints.txt -e" in done.stdout, done.stderr


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_link_leads_to_a_file(name):
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    missing = [link for link in links if not link.startswith("http") and not (ROOT / link).exists()]
    assert missing == [], "docs/attention.png is drawn by: make picture"


def test_every_command_of_the_readme_exists():
    import typer

    from albert_lab.cli import app

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"albert-lab ([a-z]+)", text))
    assert {"learn", "search", "embed"} <= named
    assert named - set(typer.main.get_command(app).commands) == set()
    targets = set(re.findall(r"make ([a-z-]+)", text))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [target for target in targets if f"\n{target}:" not in makefile] == []
