"""Installed packages and the standard library as files: where they are, which version, which modules."""

from __future__ import annotations

import hashlib
import importlib.util
import os.path
import platform
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

STDLIB = "stdlib"

#: Modules of the standard library that nobody should import from (they stand behind os.path and re).
HIDDEN = frozenset(
    {"genericpath", "nt", "ntpath", "nturl2path", "opcode", "posix", "posixpath", "pydoc_data"}
    | {"sre_compile", "sre_constants", "sre_parse"}
)
_TESTS = {"test", "tests", "_pytest", "conftest", "benchmarks", "examples"}
_OLD_OR_ODD = {"antigravity", "distutils", "ensurepip", "idlelib", "lib2to3", "pylab", "this", "turtledemo"}
_NOT_ITS_OWN = {"extern", "externals", "site-packages", "third_party", "vendor"}
_NO_MODULES = {"__main__", "__phello__", "__pycache__", "setup"}
_LEFT_OUT = frozenset(_TESTS | _OLD_OR_ODD | _NOT_ITS_OWN | _NO_MODULES)


@dataclass(frozen=True)
class Package:
    """A package on this machine. `fingerprint` changes with the names and sizes of its files."""

    name: str
    version: str
    modules: tuple[tuple[str, Path], ...]
    fingerprint: str


class Distributions:
    """Which distribution an import name belongs to; looked up once, when it is needed."""

    @cached_property
    def of_import_name(self) -> dict[str, list[str]]:
        return {name: sorted(set(owners)) for name, owners in metadata.packages_distributions().items()}

    def version(self, import_name: str) -> str:
        owners = self.of_import_name.get(import_name, [])
        return metadata.version(owners[-1]) if owners else "unknown"

    def import_name(self, name: str) -> str | None:
        """The importable name for an import name or a distribution name; None if there is none."""
        if name.isidentifier() and _importable(name):
            return name
        wanted = _normal(name)
        for root, owners in sorted(self.of_import_name.items()):
            if wanted in map(_normal, owners) and not root.startswith("_") and _importable(root):
                return root
        return None


def find_package(name: str, distributions: Distributions | None = None) -> Package | None:
    """The installed package of that import name ("sklearn") or distribution name ("scikit-learn")."""
    if name == STDLIB:
        return _package(STDLIB, platform.python_version(), _stdlib_modules())
    distributions = distributions or Distributions()
    root = distributions.import_name(name)
    if root is None:
        return None
    spec = importlib.util.find_spec(root)
    if spec.submodule_search_locations:
        folders = sorted(Path(folder) for folder in spec.submodule_search_locations)
        modules = [found for folder in folders for found in _walk(folder, root)]
    else:
        modules = [(root, Path(spec.origin))] if str(spec.origin).endswith(".py") else []
    return _package(root, distributions.version(root), modules)


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _importable(name: str) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and (spec.origin is not None or bool(spec.submodule_search_locations))


def _package(name: str, version: str, modules: list[tuple[str, Path]]) -> Package:
    modules = sorted(dict(modules).items())
    sizes = "\n".join(f"{module} {path.stat().st_size}" for module, path in modules)
    return Package(name, version, tuple(modules), hashlib.sha256(sizes.encode()).hexdigest()[:12])


def _walk(folder: Path, package: str) -> Iterator[tuple[str, Path]]:
    if (folder / "__init__.py").is_file():
        yield package, folder / "__init__.py"
    for path in sorted(folder.iterdir()):
        name = path.stem if path.suffix == ".py" else path.name
        if name in _LEFT_OUT or not name.isidentifier() or name.startswith(("test_", "modular_")):
            continue
        if path.suffix == ".py":
            if name != "__init__":
                yield f"{package}.{name}", path
        elif path.is_dir():
            yield from _walk(path, f"{package}.{name}")


def _stdlib_modules() -> list[tuple[str, Path]]:
    folder = Path(sysconfig.get_path("stdlib"))
    other_path = "ntpath" if os.path.__name__ == "posixpath" else "posixpath"
    found: list[tuple[str, Path]] = []
    for name in sorted(sys.stdlib_module_names - _LEFT_OUT - {other_path}):
        if (folder / f"{name}.py").is_file():
            found.append((name, folder / f"{name}.py"))
        elif (folder / name / "__init__.py").is_file():
            found += _walk(folder / name, name)
    return found
