"""What the corpus is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """The documentation of one object.

    Attributes:
        name: as a user imports it: "shutil.copytree", "str.split", "numpy.linalg.norm".
        kind: "module", "class", "function", "method" or "attribute".
        package: import name of the package, "stdlib" for the standard library.
        version: of the package; of Python for the standard library.
        signature: of a call, on one line; "" where there is none.
        summary: the first sentence.
        paragraphs: clean prose in the order of the text, one line each; may be empty.
        raw: the docstring as it was written.
    """

    name: str
    kind: str
    package: str
    version: str
    signature: str
    summary: str
    paragraphs: tuple[str, ...]
    raw: str

    @property
    def prose(self) -> str:
        """The paragraphs, one per line."""
        return "\n".join(self.paragraphs)
