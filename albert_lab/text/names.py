"""Under which name a user imports an object: re-exports followed through `__all__` and `from x import y`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .source import ModuleSource


def is_public(path: str) -> bool:
    """Whether no part of a dotted name begins with an underscore."""
    return not any(part.startswith("_") for part in path.split("."))


class Names:
    """The public names of everything that a set of modules defines.

    Args:
        modules: Module sources by module name, of one package or of the standard library.
        hidden: Modules that are no place to import from although their name has no underscore (posixpath).
        known: More public names, as seen at run time: from where an object lives to where users find it
            (random.Random.choice to random.choice).
    """

    def __init__(
        self,
        modules: Mapping[str, ModuleSource],
        hidden: frozenset[str] = frozenset(),
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.modules = modules
        self.hidden = hidden
        self.defined = {name: frozenset(source.defined) for name, source in modules.items()}
        self.names: dict[str, str] = {}
        for public, target in sorted(self._offers()):
            self._offer(public, target)
        for target, public in sorted((known or {}).items()):
            self._offer(public, self.resolve(target) or target)

    def of(self, module: str, name: str) -> str | None:
        """The public name of a module's object ("Class.method"); None where it has none."""
        if not name:
            return self.names.get(module, module if self._public_module(module) else None)
        found = self.names.get(f"{module}.{name}")
        if found or "." not in name:
            return found
        owner, _, last = name.rpartition(".")
        outer = self.of(module, owner)
        return f"{outer}.{last}" if outer and not last.startswith("_") else None

    def resolve(self, path: str, seen: frozenset[str] = frozenset()) -> str | None:
        """The defining "module.name" that a dotted path leads to; None for what is not in these modules."""
        if path in seen or len(seen) > 40:
            return None
        seen = seen | {path}
        module, rest = self._split(path)
        if module is None:
            return None
        if not rest:
            return module
        source = self.modules[module]
        first, _, remaining = rest.partition(".")
        if rest in self.defined[module]:
            return path
        if first in source.imports and source.imports[first] != path:
            return self.resolve(".".join(filter(None, [source.imports[first], remaining])), seen)
        for star in source.stars:
            if star in self.modules and self._star_has(star, first, seen):
                return self.resolve(f"{star}.{rest}", seen)
        return self._only_definition(module, rest) if self._lazily_exports(source, first) else None

    def home(self, path: str) -> tuple[str, str]:
        """The module of a resolved path and the name in it."""
        module, rest = self._split(path)
        return module or "", rest

    def _split(self, path: str) -> tuple[str | None, str]:
        parts = path.split(".")
        for end in range(len(parts), 0, -1):
            module = ".".join(parts[:end])
            if module in self.modules:
                return module, ".".join(parts[end:])
        return None, path

    def _star_has(self, star: str, name: str, seen: frozenset[str]) -> bool:
        source = self.modules[star]
        if source.exports is not None and name not in source.exports:
            return False
        return not name.startswith("_") and self.resolve(f"{star}.{name}", seen) is not None

    @staticmethod
    def _lazily_exports(source: ModuleSource, name: str) -> bool:
        return source.is_package and name in (source.exports or ())

    def _only_definition(self, package: str, name: str) -> str | None:
        """A name of `__all__` that `__getattr__` fetches from a submodule: found if only one defines it."""
        homes = [m for m in self.modules if m.startswith(package + ".") and name in self.defined[m]]
        return f"{homes[0]}.{name}" if len(homes) == 1 else None

    def _public_module(self, module: str) -> bool:
        return is_public(module) and not any(
            module == name or module.startswith(name + ".") for name in self.hidden
        )

    def _offers(self) -> Iterator[tuple[str, str]]:
        """All pairs of a public name and the "module.name" behind it."""
        for module, source in self.modules.items():
            if not self._public_module(module):
                continue
            for name in self._namespace(module, frozenset()):
                if not name.startswith("_") and self._re_exported(source, name):
                    target = self.resolve(f"{module}.{name}")
                    if target and target not in self.modules:
                        yield f"{module}.{name}", target

    def _namespace(self, module: str, seen: frozenset[str]) -> set[str]:
        source = self.modules[module]
        names = {name for name in source.defined if "." not in name}
        names |= set(source.imports) | set(source.exports or ())
        for star in source.stars:
            if star in self.modules and star not in seen:
                inner = self._namespace(star, seen | {module})
                exports = self.modules[star].exports
                names |= inner if exports is None else inner & set(exports)
        return names

    def _re_exported(self, source: ModuleSource, name: str) -> bool:
        """Defined here, named in `__all__`, or brought in by the package's `__init__` from its own inside."""
        target = source.imports.get(name)
        if name in self.defined[source.name] or target is None:  # not imported by name: by a star
            return True
        if source.exports is not None:
            return name in source.exports
        inside = target.split(".")[0] == source.name.split(".")[0]
        facade = all(own.startswith("_") for own in source.defined)
        return inside and (source.is_package or (facade and not is_public(target.rpartition(".")[0])))

    def _offer(self, public: str, target: str) -> None:
        known = self.names.get(target)
        if known is None or self._rank(public, target) < self._rank(known, target):
            self.names[target] = public

    @staticmethod
    def _rank(public: str, target: str) -> tuple[bool, int, int, str]:
        """The shortest name first; the object's own package before others that pass it on."""
        place, home = public.rpartition(".")[0], target.rpartition(".")[0]
        foreign = not f"{home}.".startswith(f"{place}.") and is_public(home)
        return foreign, public.count("."), len(public), public
