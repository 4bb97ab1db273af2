"""Needs that we wrote for common objects of the standard library: "wipe out a directory" for shutil.rmtree.

A sentence model is tuned on them (`albert_lab.tune.plain`), and at search time they stand beside the
documentation of their objects. No development question stands among them.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def written_needs() -> dict[str, tuple[str, ...]]:
    """The needs, by the objects that serve them: {"shutil.rmtree": ("wipe out a directory ...", ...)}."""
    found: dict[str, list[str]] = {}
    for line in (files("albert_lab.retrieval") / "needs.txt").read_text(encoding="utf-8").splitlines():
        names, *needs = (part.strip() for part in line.split("|"))
        for name in names.split():
            found.setdefault(name, []).extend(needs)
    return {name: tuple(needs) for name, needs in found.items()}
