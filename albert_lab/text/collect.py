"""The documents of one package: static reading and run-time texts brought together under public names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from .document import Document
from .markup import valid_unicode
from .names import Names, is_public
from .packages import HIDDEN, STDLIB, Package
from .readers import read_modules
from .runtime import Inspected, inspect_package, rank
from .source import ModuleSource, SourceObject, document


def collect(
    package: Package,
    *,
    include_private: bool = False,
    inspect: bool = False,
    advance: Callable[[int], Any] = lambda n: None,
) -> list[Document]:
    """All documents of a package, sorted by name, one per object.

    Raises:
        CorpusError: the package is to be inspected at run time and the subprocess fails.
    """
    seen = inspect_package(package.name) if inspect else Inspected()
    modules = read_modules(package.modules, advance=advance)
    names = Names(modules, HIDDEN if package.name == STDLIB else frozenset(), seen.aliases)
    found: dict[str, SourceObject] = {}
    for name, item in _static(modules, names, include_private):
        _keep(found, name, item)
    for name, item in _run_time(seen, names, found.keys(), include_private):
        found.setdefault(name, item)
    for source in modules.values():
        for item in source.attached:
            if include_private or is_public(item.name):
                found.setdefault(names.of(*_split(item.name)) or item.name, item)
    _name_instances(found, modules, names)
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
