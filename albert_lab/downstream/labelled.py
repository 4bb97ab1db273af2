"""The examples that the tasks are made of; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text and its label; texts of one group are on the same side of a split."""

    text: str
    label: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters start to stop of a text, and what they are."""

    start: int
    stop: int
    label: str


@dataclass(frozen=True, slots=True)
class TaggedText:
    """A text and its labelled spans, which do not overlap; texts of one group are on the same side."""

    text: str
    spans: tuple[Span, ...]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the text in which its answer stands, and the answers that are right; () for none."""

    question: str
    context: str
    answers: tuple[Span, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class TextPair:
    """A text and what it is in another language; `kind` names a part of the test side of its own."""

    source: str
    target: str
    kind: str = ""
    group: str = ""
