"""The JavaScript that an interactive view consists of: ours alone, so that a page needs no library."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_OURS = Path(__file__).parent / "js"


@cache
def scripts_of(view: str) -> tuple[str, ...]:
    """The scripts of the "head", "model" or "neuron" view, in the order in which a page runs them."""
    return tuple((_OURS / name).read_text(encoding="utf-8") for name in ("core.js", f"{view}.js"))
