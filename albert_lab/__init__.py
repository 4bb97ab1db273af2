"""albert-lab: from the attention formula to embeddings extracted from an ALBERT model.

``import albert_lab as lab`` is light: torch and transformers are loaded by the first thing that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from albert_lab.errors import AlbertLabError

__version__ = "0.1.0"

_MODULES = (
    "analysis", "classroom", "model", "pretrain", "retrieval", "text", "training", "tune", "vectors", "viz",
)  # fmt: skip
_NAMES = {
    "load": "albert_lab.face",
    "embed": "albert_lab.face",
    "search": "albert_lab.retrieval.search",
    "predict": "albert_lab.classroom.predictions",
    "check": "albert_lab.classroom.check",
    "facts": "albert_lab.classroom.facts",
    "progress": "albert_lab.classroom.progress",
    "solution": "albert_lab.classroom.solution",
}

__all__ = ["AlbertLabError", "__version__", *_MODULES, *_NAMES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"albert_lab.{name}")
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'albert_lab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
