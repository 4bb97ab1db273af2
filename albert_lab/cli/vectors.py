"""``albert-lab embed`` and ``albert-lab search``."""

from __future__ import annotations


def embed() -> None:
    """Embed."""


def search() -> None:
    """Search."""
