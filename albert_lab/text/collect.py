"""The documents of one package: static reading and run-time texts brought together under public names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from .document import Document
from .inherited import lent
from .markup import valid_unicode
from .names import Names, is_public
from .packages import HIDDEN, STDLIB, Package
from .readers import read_modules
from .runtime import Inspected, inspect_package, rank
from .source import ModuleSource, SourceObject, document
from .splits import one_line


def collect(
    package: Package,
    *,
    include_private: bool = False,
    complete: bool = False,
    inspect: bool = False,
    advance: Callable[[int], Any] = lambda n: None,
) -> list[Document]:
    """All documents of a package, sorted by name, one per object; for `complete` see `build_corpus`.

    Raises:
        CorpusError: the package is to be inspected at run time and the subprocess fails.
    """
    seen = inspect_package(package.name, complete=complete) if inspect else Inspected()
    modules = read_modules(package.modules, advance=advance)
    classes = _offered_classes(seen) if complete else {}
    names = Names(modules, HIDDEN if package.name == STDLIB else frozenset(), classes | seen.aliases)
    found: dict[str, SourceObject] = {}
    for name, item in _static(modules, names, include_private):
        _keep(found, name, item)
    for name, item in _run_time(seen, names, found.keys(), include_private):
        found.setdefault(name, item)
    for name, item in _bare(modules, names, seen) if complete else ():
        found.setdefault(name, item)
    for source in modules.values():
        for item in source.attached:
            if include_private or is_public(item.name):
                found.setdefault(names.of(*_split(item.name)) or item.name, item)
    _name_instances(found, modules, names)
    if complete:
        for name, item in lent(modules, names):
            found.setdefault(name, item)
        _say_something(found)
    return [
        Document(
            name=name,
            kind=_kind(item, name, modules),
            package=package.name,
            version=package.version,
            signature=valid_unicode(item.signature),
            summary=item.summary,
            paragraphs=tuple(item.paragraphs),
            raw=valid_unicode(item.raw),
        )
        for name, item in sorted(found.items())
    ]


def _kind(item: SourceObject, name: str, modules: dict[str, ModuleSource]) -> str:
    """A method that a module passes on (random.choice) is a function to its user."""
    return "function" if item.kind == "method" and name.rpartition(".")[0] in modules else item.kind


def _name_instances(found: dict[str, SourceObject], modules: dict[str, ModuleSource], names: Names) -> None:
    """The only instance of a class that a user meets (norm = norm_gen()) gets the class's text.

    A class with a capital (smtplib.SMTP) keeps its name, unless `__all__` names only the instance.
    """
    for module, source in modules.items():
        for name, class_name in sorted(source.instances.items()):
            public = names.of(module, name)
            text = next((item for item in source.objects if item.name == class_name), None)
            alone = list(source.instances.values()).count(class_name) == 1
            exports = source.exports or ()
            alone = alone and (
                not class_name[:1].isupper() or (name in exports and class_name not in exports)
            )
            if alone and text and public and is_public(public) and public not in found:
                found.pop(names.of(module, class_name), None)
                found[public] = text


def _split(path: str) -> tuple[str, str]:
    module, _, name = path.rpartition(".")
    return module, name


def _keep(found: dict[str, SourceObject], name: str, item: SourceObject) -> None:
    """Of two objects under one name (a fallback and the real one) the one with more text stays."""
    if name not in found or len(item.raw) > len(found[name].raw):
        found[name] = item


def _static(
    modules: dict[str, ModuleSource], names: Names, include_private: bool
) -> Iterator[tuple[str, SourceObject]]:
    for module, source in modules.items():
        for item in source.objects:
            name = names.of(module, item.name)
            if name is None and include_private:
                name = f"{module}.{item.name}".rstrip(".")
            if name is not None and (include_private or is_public(name)):
                yield name, item


def _bare(
    modules: dict[str, ModuleSource], names: Names, seen: Inspected
) -> Iterator[tuple[str, SourceObject]]:
    """Public objects without a docstring, by name; of functions and classes those that `__all__` names."""
    at_run_time = {line["name"] for line in seen.records}
    for module, source in modules.items():
        for item in source.bare:
            name = names.of(module, item.name)
            known = name in at_run_time or item.kind in ("method", "attribute")
            if name is not None and is_public(name) and (known or _exported(name, modules)):
                yield name, item
    for line in seen.records:
        if not line["text"].strip() and is_public(line["name"]) and names.resolve(line["of"]) is None:
            yield line["name"], SourceObject(line["name"], line["kind"], line["signature"], "", "", [])


def _offered_classes(seen: Inspected) -> dict[str, str]:
    """Where a class lives -> where a module offers it under its own name (multiprocessing.Process)."""
    classes = [(line["of"], line["name"]) for line in seen.records if line["kind"] == "class"]
    return {of: name for of, name in classes if of.rpartition(".")[2] == name.rpartition(".")[2]}


def _exported(name: str, modules: dict[str, ModuleSource]) -> bool:
    module, _, last = name.rpartition(".")
    return module in modules and last in (modules[module].exports or ())


def _say_something(found: dict[str, SourceObject]) -> None:
    """Objects without a docstring get a text: their comment or what their owner says, and their arguments."""
    for name, item in found.items():
        if not item.paragraphs:
            owner = _owner(name, found)
            says = f"{owner}: {found[owner].summary}" if owner else ""
            arguments = " ".join(re.findall(r"[(,]\s*\*{0,2}([A-Za-z_]\w*)", item.signature))
            text = [one_line(each) for each in (item.summary, says, arguments) if each]
            found[name] = replace(item, summary=item.summary or says, paragraphs=text)


def _owner(name: str, found: dict[str, SourceObject]) -> str:
    """The nearest class or module above an object that has a docstring; "" if none has."""
    while name := name.rpartition(".")[0]:
        if name in found and found[name].raw:
            return name
    return ""


def _place(line: dict) -> tuple[bool, tuple[int, int, str]]:
    """Orders the names of one object: for _io._IOBase.readline, io.IOBase's is the name, not io.FileIO's."""
    member = line["kind"] in ("method", "attribute")
    owners = {path.split(".")[-2].lstrip("_") for path in (line["name"], line["of"])} if member else set()
    return len(owners) > 1, rank(line["name"])


def _run_time(
    seen: Inspected, names: Names, known_names: Collection[str], include_private: bool
) -> Iterator[tuple[str, SourceObject]]:
    shortest: dict[str, dict] = {}
    for line in seen.records:
        known = shortest.get(line["of"])
        if known is None or _place(line) < _place(known):
            shortest[line["of"]] = line
    for path, line in sorted(shortest.items()):
        static = names.resolve(path) or names.resolve(line["name"])
        if static and names.of(*names.home(static)) in known_names:
            continue
        if line["text"].strip() and (include_private or is_public(line["name"])):
            yield line["name"], document(line["name"], line["kind"], line["signature"], line["text"])
