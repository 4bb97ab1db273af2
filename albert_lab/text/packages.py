"""Installed packages and the standard library as files: where they are, in which version, with which modules."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.metadata
import importlib.util
import os.path
import platform
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STDLIB = "stdlib"

#: Modules of the standard library that nobody should import from (the other system's os.path among them).
HIDDEN = frozenset(
    {"posixpath", "ntpath", "genericpath", "nturl2path", "sre_compile", "sre_constants", "sre_parse", "opcode",
     "posix", "nt", "pydoc_data"}
)
_LEFT_OUT = frozenset(
    "antigravity this idlelib test tests lib2to3 turtledemo ensurepip distutils __main__ conftest setup benchmarks "
    "examples externals extern pylab vendor third_party site-packages __pycache__ __phello__ _pytest".split()
)


@dataclass(frozen=True)
class Package:
    """A package on this machine. `fingerprint` changes with the names and sizes of its files."""

    name: str
    version: str
    modules: tuple[tuple[str, Path], ...]
    fingerprint: str


def find_package(name: str) -> Package | None:
    """The installed package of that import name ("sklearn") or distribution name ("scikit-learn")."""
    if name == STDLIB:
        return _package(STDLIB, platform.python_version(), _stdlib_modules())
    distributions = importlib.metadata.packages_distributions()
    root = _import_name(name, distributions)
    if root is None:
        return None
    version = "unknown"
    for distribution in sorted(distributions.get(root, ())):
        version = importlib.metadata.version(distribution)
    spec = importlib.util.find_spec(root)
    if spec.submodule_search_locations:
        folders = sorted(Path(folder) for folder in spec.submodule_search_locations)
        modules = [found for folder in folders for found in _walk(folder, root)]
    else:
        modules = [(root, Path(spec.origin))] if str(spec.origin).endswith(".py") else []
    return _package(root, version, modules)


def _import_name(name: str, distributions: dict[str, list[str]]) -> str | None:
    if name.isidentifier() and _importable(name):
        return name
    wanted = re.sub(r"[-_.]+", "-", name).lower()
    for root, owners in sorted(distributions.items()):
        if wanted in {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} and not root.startswith("_"):
            if _importable(root):
                return root
    return None


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
