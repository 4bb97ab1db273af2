"""Reads Python source with griffe, without importing it: which names a module defines, imports and documents.

Run as `python -m albert_lab.text.source` it is one of the reader processes of `read_modules`: it takes module
files as JSON lines and answers each with a `ModuleSource` as JSON.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
import logging
import os
import subprocess
import sys
import threading
import tokenize
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import CorpusError
from .prose import clean


@dataclasses.dataclass
class SourceObject:
    """A documented object: `name` is relative to its module ("Class.method"); "" is the module itself."""

    name: str
    kind: str
    signature: str
    raw: str
    summary: str
    paragraphs: list[str]


@dataclasses.dataclass
class ModuleSource:
    """What one file says.

    Attributes:
        name: the module's dotted name.
        is_package: whether the file is an `__init__.py`.
        exports: `__all__`, where it can be read; None otherwise.
        defined: all names defined in it, "Class.method" for members.
        objects: the documented ones of these.
        imports: names imported, with what they stand for.
        stars: modules of which everything is imported.
        attached: texts that the file hangs on objects, by their full names.
        instances: names bound to an instance of a class of the same file: x = Class(...).
        note: why the file could not be read; "" if it could.
    """

    name: str
    is_package: bool
    exports: list[str] | None = None
    defined: list[str] = dataclasses.field(default_factory=list)
    objects: list[SourceObject] = dataclasses.field(default_factory=list)
    imports: dict[str, str] = dataclasses.field(default_factory=dict)
    stars: list[str] = dataclasses.field(default_factory=list)
    attached: list[SourceObject] = dataclasses.field(default_factory=list)
    instances: dict[str, str] = dataclasses.field(default_factory=dict)
    note: str = ""


def document(name: str, kind: str, signature: str, raw: str) -> SourceObject:
    """A docstring with its clean text; a signature that the text begins with is used where none is given."""
    text = clean(raw)
    return SourceObject(name, kind, signature or text.signature, raw, text.summary, list(text.paragraphs))


def read_module(name: str, path: str) -> ModuleSource:
    """Reads one file. A file that is no valid Python gives an empty result with a note."""
    import griffe

    source = ModuleSource(name, Path(path).name == "__init__.py")
    try:
        with tokenize.open(path) as file:
            code = file.read()
        parent = None
        for part in name.split(".")[:-1]:
            folder = Path(path).parent / "__init__.py"
            module = griffe.Module(part, filepath=folder, parent=parent)
            parent = module
        module = griffe.visit(name.rsplit(".", 1)[-1], filepath=Path(path), code=code, parent=parent)
    except (SyntaxError, ValueError, RecursionError, OSError) as error:
        source.note = f"{name}: not read ({type(error).__name__}: {error})"
        return source
    _exports(source, module)
    if module.docstring:
        source.objects.append(document("", "module", "", module.docstring.value))
    _members(source, module, "")
    if "add_docstr" in code or "add_newdoc" in code or "__doc__ = " in code:
        source.attached = list(_attached(name, source.is_package, ast.parse(code)))
    return source


def _exports(source: ModuleSource, module: Any) -> None:
    names = list(module.exports or ())
    if all(isinstance(name, str) for name in names):  # else it is computed, and tells nothing when read
        source.exports = [str(name) for name in names] or None


def _members(source: ModuleSource, parent: Any, prefix: str) -> None:
    for key, member in parent.members.items():
        if member.is_alias:
            if not prefix:
                if member.wildcard:
                    source.stars.append(member.target_path)
                else:
                    source.imports[key] = member.target_path
            continue
        name = prefix + key
        source.defined.append(name)
        if member.docstring and member.docstring.value.strip():
            kind = member.kind.value
            kind = "method" if kind == "function" and prefix else kind
            source.objects.append(document(name, kind, _signature(member), member.docstring.value))
        if member.is_class:
            _members(source, member, name + ".")
        elif member.is_attribute and not prefix and type(member.value).__name__ == "ExprCall":
            source.instances[name] = str(member.value.function)


def _signature(member: Any) -> str:
    if not (member.is_function or member.is_class):
        return ""
    with contextlib.suppress(Exception):  # a missing signature is no reason to lose the text
        if member.is_class and "__init__" not in member.members:
            return ""
        text = member.signature() if member.is_function else member["__init__"].signature(return_type=False)
        return " ".join(text.replace("__init__", member.name, 1).split())
    return ""


def _attached(module: str, is_package: bool, tree: ast.Module) -> Iterator[SourceObject]:
    """Texts that a module hangs on objects written in C: add_docstr(torch.cat, "...") and its like."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        call = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
        if isinstance(node, ast.Assign) and (owner := _documented(node.targets[0])) and _text_of(call):
            kind = "class" if owner.rsplit(".", 1)[-1][0].isupper() else "function"
            yield document(f"{module}.{owner}", kind, "", _text_of(call))
        if not isinstance(call, ast.Call) or len(call.args) < 2:
            continue
        called = ast.unparse(call.func).rsplit(".", 1)[-1].lstrip("_")
        if called not in {"add_docstr", "add_newdoc", "add_docstr_all"}:
            continue
        text = _text_of(call.args[-1])
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = f"{module}.{node.targets[0].id}"
        elif called == "add_docstr_all" and isinstance(call.args[0], ast.Constant):
            name = f"{package}.Tensor.{call.args[0].value}"
        elif isinstance(call.args[0], ast.Constant):
            parts = [str(a.value) for a in call.args[:-1] if isinstance(a, ast.Constant)]
            name = ".".join([package, *parts[-1:]])
        else:
            name = ast.unparse(call.args[0])
        if text and all(part.isidentifier() for part in name.split(".")):
            kind = "method" if called == "add_docstr_all" else "function"
            yield document(name, kind, "", text)


def _documented(target: ast.expr) -> str:
    """The "Adam" of Adam.__doc__ = ...; "" for other assignments."""
    named = isinstance(target, ast.Attribute) and target.attr == "__doc__" and isinstance(target.value, ast.Name)
    return target.value.id if named else ""


def _text_of(node: ast.expr) -> str:
    """The text of a literal, of literal.format(...), or of a sum of these (placeholders are removed)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp):
        return _text_of(node.left) + _text_of(node.right)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(part) for part in node.values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        import re

        text = re.sub(r"(?<!\{)\{\w*\}(?!\})", "", _text_of(node.func.value))
        return text.replace("{{", "{").replace("}}", "}")
    return ""


# -- many files, in reader processes


def read_modules(
    files: Sequence[tuple[str, Path]], workers: int = 2, advance: Callable[[int], Any] = lambda n: None
) -> dict[str, ModuleSource]:
    """Reads the files (module name, path) in `workers` processes; `advance(1)` is called after each file.

    Separate interpreters, not a process pool: a pool would run a caller's script a second time unless it is
    guarded by `if __name__ == "__main__"`, and forking a process that holds torch's threads is not safe.
    """
    ordered = sorted(files, key=lambda item: (-item[1].stat().st_size, item[0]))
    shares = [share for share in (ordered[start::workers] for start in range(workers)) if share]
    found: dict[str, ModuleSource] = {}
    failures: list[str] = []
    threads = [
        threading.Thread(target=_run_reader, args=(share, found, failures, advance)) for share in shares
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise CorpusError(
            "a process that reads Python source failed",
            expected="one answer per file",
            mend=failures[0][-2000:],
        )
    return {name: found[name] for name, _ in files}


def _run_reader(
    share: Sequence[tuple[str, Path]], found: dict[str, ModuleSource], failures: list[str], advance: Callable
) -> None:
    here = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
    }
    command = [sys.executable, "-X", "utf8", "-m", "albert_lab.text.source"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        errors: list[bytes] = []
        drain = threading.Thread(target=lambda: errors.append(process.stderr.read()))
        drain.start()
        feed = threading.Thread(target=_feed, args=(process.stdin, share))
        feed.start()
        for line in process.stdout:
            source = from_json(line)
            found[source.name] = source
            advance(1)
        feed.join()
        drain.join()
    if process.returncode or any(name not in found for name, _ in share):
        failures.append(b"".join(errors).decode("utf-8", "replace") or f"exit code {process.returncode}")


def _feed(pipe: Any, share: Sequence[tuple[str, Path]]) -> None:
    with contextlib.suppress(BrokenPipeError), pipe:
        for name, path in share:
            pipe.write(json.dumps([name, str(path)]).encode() + b"\n")


def from_json(line: bytes) -> ModuleSource:
    fields = json.loads(line)
    for key in ("objects", "attached"):
        fields[key] = [SourceObject(**item) for item in fields[key]]
    return ModuleSource(**fields)


def main() -> None:
    """The reader process: one JSON line in, one out."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.setrecursionlimit(10_000)
    for line in sys.stdin.buffer:
        answer = read_module(*json.loads(line))
        sys.stdout.buffer.write(json.dumps(dataclasses.asdict(answer)).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
