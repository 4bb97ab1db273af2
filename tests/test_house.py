"""The rules of the house: who may import whom, and how light the face is."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SLOWEST, SPREAD, TOGETHER

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "albert_lab"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))

# What each part may import of the others. Everyone may use the ground floor, and their own part.
COMMON = {"errors", "lazy", "paths", "progress_bar", "protobuf"}
ALLOWED = {
    **{part: set() for part in COMMON},
    "model": set(),
    "text": set(),
    "training": {"model"},
    "pretrain": {"training", "model", "text"},
    "analysis": {"model", "text"},
    "vectors": {"model", "text"},
    "retrieval": {"vectors", "model", "text"},
    "tune": {"training", "vectors", "retrieval", "model", "text"},
    "downstream": {"training", "vectors", "model", "text"},
    "viz": set(),
    "classroom": set(),
    "learn": set(),
    "doctor": {"learn"},
    "convert": {"model", "text"},
    "export": {"model", "vectors"},
    "face": {"model", "text", "vectors"},
}
ALLOWED["cli"] = set(ALLOWED)
LIGHT = ("__init__", "__main__", *sorted(COMMON), "face", "learn", "doctor", "cli", "convert")
HEAVY = ("torch", "transformers", "numpy", "matplotlib", "pandas", "pyarrow", "scipy", "sklearn", "bertviz")


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imported(path: Path, tree: ast.AST) -> list[tuple[str, int]]:
    """Absolute names of everything that a module imports, with the line; relative imports are resolved."""
    package = ["albert_lab", *path.relative_to(PACKAGE).parts[:-1]]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            found += [(f"{source}.{alias.name}", node.lineno) for alias in node.names]
    return found


def _forbidden(path: Path, source: str) -> list[str]:
    part = _part(path)
    allowed = ALLOWED[part] | COMMON | {part}
    wrong = []
    for name, line in _imported(path, ast.parse(source)):
        parts = name.split(".")
        if parts[0] == "albert_lab" and len(parts) > 1 and parts[1] not in allowed | {"__version__"}:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_parts_import_only_what_they_may(path):
    if _part(path) in ("__init__", "__main__"):
        return  # the face of the package, which loads everything when it is asked for
    assert _part(path) in ALLOWED, f"say in ALLOWED what {_part(path)} may import"
    assert _forbidden(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("model/x.py", "from albert_lab.text import corpus"),
        ("model/x.py", "from ..vectors import pooling"),
        ("model/x.py", "from .. import vectors"),
        ("viz/x.py", "def f():\n    import albert_lab.model.albert"),
        ("vectors/x.py", "from albert_lab import load"),
    ],
)
def test_the_import_rule_sees_every_way_to_break_it(where, source):
    assert _forbidden(PACKAGE / where, source)


def test_the_import_rule_allows_what_it_should():
    source = "import torch\nfrom albert_lab.errors import InputError\nfrom .pooling import pool\n"
    source += "from ..model.albert import AlbertModel\nfrom albert_lab import __version__"
    assert _forbidden(PACKAGE / "vectors/x.py", source) == []


def test_no_circles_are_allowed():
    def reach(part: str, seen: tuple[str, ...]) -> None:
        assert part not in seen, f"circle: {' -> '.join((*seen, part))}"
        for other in ALLOWED[part]:
            reach(other, (*seen, part))

    for part in ALLOWED:
        reach(part, ())


def test_no_module_is_called_utils():
    assert [path for path in MODULES if path.stem in ("utils", "util", "helpers", "misc", "common")] == []


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if _part(path) in LIGHT],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_light_modules_import_heavy_things_only_inside_functions(path):
    top = ast.parse(path.read_text(encoding="utf-8")).body
    imports = [node for node in top if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {name.split(".")[0] for node in imports for name, _ in _imported(path, node)}
    assert names & set(HEAVY) == set()


def _loaded_by(code: str) -> list[str]:
    """Top-level names of all modules that running ``code`` in a fresh Python loads."""
    code += "\nimport json, sys; print('loaded' + json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.split("loaded")[-1])


def test_importing_the_package_loads_none_of_the_heavy_packages():
    loaded = _loaded_by("import albert_lab as lab; dir(lab); lab.__version__")
    assert "albert_lab" in loaded
    assert set(loaded) & set(HEAVY) == set()


def test_importing_the_package_loads_few_modules():
    """Counts modules instead of seconds: the bar of 0.3 s would allow a few hundred."""
    count = "import sys; before = set(sys.modules); import albert_lab; print(len(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", count], capture_output=True, text=True)
    assert int(done.stdout) < 60


def test_the_help_of_the_command_line_loads_none_of_the_heavy_packages():
    code = "import sys; sys.argv = ['albert-lab', '--help']\n"
    code += "try:\n    from albert_lab.cli import app; app()\nexcept SystemExit:\n    pass"
    assert set(_loaded_by(code)) & set(HEAVY) == set()


def test_what_the_tests_order_names_is_there():
    assert [name for name in (*SLOWEST, *SPREAD, *TOGETHER) if not (ROOT / name).exists()] == []
