"""Prints what only a running interpreter knows: texts of what is written in C, public names of all else.

This file is run by path in an interpreter of its own (`albert_lab.text.runtime` does so) and uses nothing but
the standard library. The argument is a package to import, "stdlib" for the standard library; the answer is
one JSON object per line. With a second argument, "complete", also what has no text is told: functions, values
such as ``sys.argv``; and the texts of modules.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import io
import json
import os
import pkgutil
import re
import sys
import types
import warnings

_ACT_ON_IMPORT = {
    "antigravity",
    "this",
    "idlelib",
    "turtle",
    "turtledemo",
    "tkinter",
    "test",
    "site",
    "pydoc",
}
_OF_OTHER_SYSTEMS = {"msilib", "msvcrt", "nt", "winreg", "winsound"}
_FOR_A_TERMINAL = {"curses", "pty", "readline", "rlcompleter"}
_BEHIND_OTHERS = {"posix", "posixpath", "ntpath", "genericpath", "nturl2path", "pydoc_data"}
_BEHIND_RE = {"sre_compile", "sre_constants", "sre_parse"}
_OLD = {"lib2to3", "distutils", "ensurepip", "venv", "crypt", "nis", "cgitb", "encodings"}
SKIPPED = frozenset(_ACT_ON_IMPORT | _OF_OTHER_SYSTEMS | _FOR_A_TERMINAL | _BEHIND_OTHERS | _BEHIND_RE | _OLD)
SKIPPED_PARTS = frozenset({"__main__", "test", "tests", "testing", "conftest", "distutils", "f2py", "setup"})


_ADDRESS = re.compile(r"<(?:\w+\.)*(\w+) object at 0x[0-9a-f]+>")  # differs from run to run


def module_names(package: str) -> list[str]:
    """The public modules to look into, by name."""
    if package != "stdlib":
        return [package, *_submodules(package)]
    roots = sorted(n for n in sys.stdlib_module_names if not n.startswith("_") and n not in SKIPPED)
    return ["builtins", "os.path", *roots, *(name for root in roots for name in _submodules(root))]


def _submodules(package: str) -> list[str]:
    found: list[str] = []
    with contextlib.suppress(Exception):
        spec = importlib.util.find_spec(package)
        folders = list(spec.submodule_search_locations or [])
        for info in pkgutil.iter_modules(folders):
            other_system = package == "asyncio" and info.name.startswith(("windows", "proactor"))
            if not (info.name.startswith("_") or info.name in SKIPPED_PARTS or other_system):
                found.append(f"{package}.{info.name}")
                found += _submodules(found[-1]) if info.ispkg else []
    return found


def describe(name: str, module: types.ModuleType, seen: set[int], complete: bool = False) -> list[dict]:
    """Texts and aliases of one module's public names."""
    found = [record(name, name, "module", module)] * (complete and bool(text(module)) and name != "builtins")
    exported = getattr(module, "__all__", None)
    keys = sorted(exported if exported is not None else vars(module), key=str)
    if complete:  # array.array before its second name, array.ArrayType
        keys.sort(key=lambda key: getattr(getattr(module, str(key), None), "__name__", key) != key)
    values = complete and name != "builtins"
    values = values and (exported is not None or not getattr(module, "__file__", "").endswith(".py"))
    for key in keys:
        if not isinstance(key, str) or (key.startswith("_")):
            continue
        item = getattr(module, key, None)
        if not callable(item) and not inspect.ismodule(item) and values:
            found.append(bare(name, key))
        if inspect.ismodule(item) or not callable(item):
            continue
        home = getattr(item, "__module__", None)
        own = exported is not None or home in (module.__name__, None, f"_{name}") or name == "builtins"
        if not own:
            continue
        public = key if name == "builtins" else f"{name}.{key}"
        path = f"{home}.{getattr(item, '__qualname__', key)}"
        function = inspect.unwrap(item) if inspect.isfunction(item) else getattr(item, "__func__", item)
        if inspect.isfunction(function):
            path = f"{function.__module__}.{function.__qualname__}"
            found.append({"alias": public, "of": path})
            found += [record(public, path, "function", item)] * bool(
                text(item) or (complete and exported is not None)
            )
        elif inspect.isclass(item):
            found += describe_class(public, path, item, seen, exported is not None)
        elif text(item) and text(item) != text(type(item)):
            found.append(record(public, path, "function", item))
    return found


def describe_class(public: str, path: str, cls: type, seen: set[int], exported: bool = False) -> list[dict]:
    found = [record(public, path, "class", cls)]
    if exported and not text(cls):
        found[0]["text"] = inherited(cls)
    if id(cls) in seen:
        return found
    seen.add(id(cls))
    for base in [cls, *(base for base in cls.__mro__[1:] if base.__module__.startswith("_"))]:
        home = path if base is cls else f"{base.__module__}.{base.__qualname__}"
        found += describe_members(public, home, base)
    return found


def describe_members(public: str, path: str, cls: type) -> list[dict]:
    """Texts of what a class itself defines in C. Bases in private modules lend theirs to the public class."""
    found = []
    for key, member in sorted(vars(cls).items()):
        inner = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if key.startswith("_") or inspect.isfunction(inner) or isinstance(inner, property):
            continue
        if inspect.isclass(inner) or not text(inner) or text(inner) == text(type(inner)):
            continue
        kind = "method" if callable(inner) or isinstance(member, (classmethod, staticmethod)) else "attribute"
        found.append(record(f"{public}.{key}", f"{path}.{key}", kind, inner))
    return found


def inherited(cls: type) -> str:
    """What a class without a text of its own says in its constructor, or what its nearest base says."""
    constructor = vars(cls).get("__init__")
    own = text(constructor) if inspect.isfunction(constructor) else ""
    bases = (
        text(base) for base in cls.__mro__[1:] if base is not object and not issubclass(cls, BaseException)
    )
    return own or next(filter(None, bases), "")


def bare(module: str, key: str) -> dict:
    """A value of a module; its own text is that of its type, and says nothing about it."""
    name = f"{module}.{key}"
    return {"name": name, "of": name, "kind": "attribute", "signature": "", "text": ""}


def text(item: object) -> str:
    with contextlib.suppress(Exception):
        value = item.__doc__
        return value if isinstance(value, str) else ""
    return ""


def record(public: str, path: str, kind: str, item: object) -> dict:
    signature = ""
    if kind != "attribute":
        with contextlib.suppress(Exception):
            arguments = str(inspect.signature(item))
            for own in ("self, /, ", "self, /", "self, ", "self", "type, /, "):
                arguments = arguments.replace(f"({own}", "(", 1) if kind == "method" else arguments
            signature = public.rsplit(".", 1)[-1] + _ADDRESS.sub(r"<\1>", arguments)
    return {"name": public, "of": path, "kind": kind, "signature": signature, "text": text(item)}


def main(package: str, complete: bool = False) -> None:
    warnings.simplefilter("ignore")
    out = os.fdopen(os.dup(1), "w", encoding="ascii")  # what an imported module prints must not mix with this
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.stdin = io.StringIO()
    seen: set[int] = set()
    for name in module_names(package):
        try:
            module = importlib.import_module(name)
            lines = describe(name, module, seen, complete)
        except BaseException as error:  # a module may raise anything, SystemExit too
            lines = [{"note": f"{name}: not inspected ({type(error).__name__}: {error})"[:300]}]
        for line in lines:
            out.write(json.dumps({"package": package} | line) + "\n")
    out.write(json.dumps({"end": True}) + "\n")
    out.flush()
    os._exit(0)  # threads that an imported module started must not keep this process


if __name__ == "__main__":
    main(sys.argv[1], "complete" in sys.argv[2:])
