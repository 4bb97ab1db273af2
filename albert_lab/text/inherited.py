"""Members that a class inherits, under the name of the class that users import.

`pandas.DataFrame.head` is defined in `pandas.core.generic.NDFrame`, whose name nobody writes.
"""

from __future__ import annotations

from collections.abc import Iterator

from .names import Names
from .source import ModuleSource, SourceObject

_MOST = 4  # classes that one member is shown under; one that more inherit belongs to none of them


def lent(modules: dict[str, ModuleSource], names: Names) -> Iterator[tuple[str, SourceObject]]:
    """Members with their name in the class that users import.

    A class lends what it defines to its subclasses with the shortest public name, if it has no public name
    itself or one with more dots; not where they define the member anew.
    """
    takers: dict[tuple[str, str], list[tuple[str, str, str]]] = {}  # (module, class) -> its subclasses
    for module, source in modules.items():
        for name in source.bases:
            public = names.of(module, name)
            if public is not None:
                for base in _ancestors(module, name, modules, names):
                    takers.setdefault(base, []).append((public, module, name))
    for (module, name), classes in takers.items():
        own = names.of(module, name)
        depth = min(public.count(".") for public, *_ in classes)
        classes = [each for each in classes if each[0].count(".") == depth]
        if (own is None or own.count(".") > depth) and len(classes) <= _MOST:
            yield from _members(modules, module, name, classes)


def _members(
    modules: dict[str, ModuleSource], module: str, name: str, classes: list[tuple[str, str, str]]
) -> Iterator[tuple[str, SourceObject]]:
    for item in [*modules[module].objects, *modules[module].bare]:
        owner, _, member = item.name.rpartition(".")
        if owner == name and not member.startswith("_"):
            for public, place, taker in classes:
                if f"{taker}.{member}" not in modules[place].defined:
                    yield f"{public}.{member}", item


def _ancestors(
    module: str, name: str, modules: dict[str, ModuleSource], names: Names
) -> Iterator[tuple[str, str]]:
    """(module, class) of everything that a class inherits from in these modules, each once, nearest first."""
    waiting, seen = [(module, name)], {(module, name)}
    while waiting:
        module, name = waiting.pop(0)
        for base in modules[module].bases.get(name, ()):
            found = names.resolve(f"{module}.{base}") or names.resolve(base)
            place = names.home(found) if found else None
            if place and place not in seen and place[0] and place[1]:
                seen.add(place)
                waiting.append(place)
                yield place
