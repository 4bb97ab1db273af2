"""Reads Python source with griffe, without importing it: what a module defines, imports and documents."""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .prose import clean


@dataclass
class SourceObject:
    """A documented object: `name` is relative to its module ("Class.method"); "" is the module itself."""

    name: str
    kind: str
    signature: str
    raw: str
    summary: str
    paragraphs: list[str]


@dataclass
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
        bare: public functions, classes, methods, properties and values of the module without a docstring;
            their summary is the comment above them, or the first one inside.
        bases: for each class what it is made from, as the file says it.
        note: why the file could not be read; "" if it could.
    """

    name: str
    is_package: bool
    exports: list[str] | None = None
    defined: list[str] = field(default_factory=list)
    objects: list[SourceObject] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    attached: list[SourceObject] = field(default_factory=list)
    instances: dict[str, str] = field(default_factory=dict)
    bare: list[SourceObject] = field(default_factory=list)
    bases: dict[str, list[str]] = field(default_factory=dict)
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
            parent = griffe.Module(part, filepath=Path(path).parent / "__init__.py", parent=parent)
        module = griffe.visit(name.rsplit(".", 1)[-1], filepath=Path(path), code=code, parent=parent)
    except (SyntaxError, ValueError, RecursionError, OSError) as error:
        source.note = f"{name}: not read ({type(error).__name__}: {error})"
        return source
    _exports(source, module)
    if module.docstring:
        source.objects.append(document("", "module", "", module.docstring.value))
    _members(source, module, "", code.splitlines())
    if "add_docstr" in code or "add_newdoc" in code or "__doc__ = " in code:
        source.attached = list(_attached(name, source.is_package, ast.parse(code)))
    return source


def _exports(source: ModuleSource, module: Any) -> None:
    names = list(module.exports or ())
    if all(isinstance(name, str) for name in names):  # else it is computed, and tells nothing when read
        source.exports = [str(name) for name in names] or None


def _members(source: ModuleSource, parent: Any, prefix: str, lines: list[str]) -> None:
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
        kind = member.kind.value
        kind = "method" if kind == "function" and prefix else kind
        if member.docstring and member.docstring.value.strip():
            source.objects.append(document(name, kind, _signature(member), member.docstring.value))
        elif not key.startswith("_") and (kind != "attribute" or not prefix or "property" in member.labels):
            comment = _comment(lines, member)
            source.bare.append(SourceObject(name, kind, _signature(member), "", comment, []))
        if member.is_class:
            source.bases[name] = [str(base) for base in member.bases]
            _members(source, member, name + ".", lines)
        elif member.is_attribute and not prefix and type(member.value).__name__ == "ExprCall":
            source.instances[name] = str(member.value.function)


def _comment(lines: list[str], member: Any) -> str:
    """The comment right above a definition, else the one that its body begins with; "" without one."""
    first = min([member.lineno, *(each.lineno for each in getattr(member, "decorators", []))])
    above = first - 1
    while above > 0 and lines[above - 1].lstrip().startswith("#"):
        above -= 1
    begin = member.lineno
    while begin < member.endlineno and not lines[begin - 1].rstrip().endswith(":"):
        begin += 1
    inside = list(
        itertools.takewhile(lambda line: line.lstrip().startswith("#"), lines[begin : member.endlineno])
    )
    found = lines[above : first - 1] or (inside if not member.is_attribute else [])
    return " ".join(" ".join(line.strip(" \t#") for line in found).split())


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
    """Texts that a module hangs on objects: add_docstr(torch.cat, "..."), Adam.__doc__ = "..." and such."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (owner := _documented(node.targets[0])):
            kind, name, text = "class" if owner[0].isupper() else "function", f"{module}.{owner}", node.value
        elif isinstance(node, (ast.Assign, ast.Expr)) and (name := _add_docstr(node, module, package)):
            kind, text = "method" if "Tensor." in name else "function", node.value.args[-1]
        else:
            continue
        if (raw := _text_of(text)) and all(part.isidentifier() for part in name.split(".")):
            yield document(name, kind, "", raw)


def _add_docstr(node: ast.Assign | ast.Expr, module: str, package: str) -> str:
    """The full name of what a statement such as add_docstr(torch.cat, "...") documents; "" if nothing."""
    call = node.value
    if not isinstance(call, ast.Call) or len(call.args) < 2:
        return ""
    called, of = ast.unparse(call.func).rsplit(".", 1)[-1].lstrip("_"), call.args[0]
    if called not in {"add_docstr", "add_newdoc", "add_docstr_all"}:
        return ""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return f"{module}.{node.targets[0].id}"
    if not isinstance(of, ast.Constant):
        return ast.unparse(of)
    if called == "add_docstr_all":  # torch's, for methods of tensors
        return f"{package}.Tensor.{of.value}"
    names = [str(argument.value) for argument in call.args[:-1] if isinstance(argument, ast.Constant)]
    return f"{package}.{names[-1]}"


def _documented(target: ast.expr) -> str:
    """The "Adam" of Adam.__doc__ = ...; "" for other assignments."""
    if isinstance(target, ast.Attribute) and target.attr == "__doc__" and isinstance(target.value, ast.Name):
        return target.value.id
    return ""


def _text_of(node: ast.expr) -> str:
    """The text of a literal, of literal.format(...), or of a sum of these (placeholders are removed)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp):
        return _text_of(node.left) + _text_of(node.right)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(part) for part in node.values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = re.sub(r"(?<!\{)\{\w*\}(?!\})", "", _text_of(node.func.value))
        return text.replace("{{", "{").replace("}}", "}")
    return ""
