"""The errors of the course: each says what was wrong, what was expected and how to mend it."""

from __future__ import annotations


class AlbertLabError(Exception):
    """Base class of every error that albert_lab raises on purpose.

    Args:
        what: what was wrong, with the offending value.
        expected: what would have been right.
        mend: what the reader can do now.
    """

    def __init__(self, what: str, *, expected: str = "", mend: str = "") -> None:
        self.what, self.expected, self.mend = what, expected, mend
        parts = [what, f"Expected: {expected}" if expected else "", f"To mend it: {mend}" if mend else ""]
        super().__init__("\n".join(part for part in parts if part))


class InputError(AlbertLabError, ValueError):
    """An argument has a wrong value, type or shape."""


class CheckpointError(AlbertLabError):
    """A model or tokenizer could not be read or written."""


class CorpusError(AlbertLabError):
    """The documentation of a package could not be read."""


class OutputError(AlbertLabError):
    """A result could not be written; nothing stands under its final name."""
