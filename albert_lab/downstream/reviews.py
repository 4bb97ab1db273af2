"""Short reviews of tools, books, meals and trips, written for this course: positive or negative."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from albert_lab.downstream.data import Splits
from albert_lab.downstream.labelled import LabelledText

_FILE = Path(__file__).with_name("reviews.txt")
_NAMES = ("training", "development", "test")
# Two thirds of all are there to train on; most of the hard ones are kept for the test, so that it can tell.
_PLAIN = ("training",) * 5 + ("development", "test")
_HARD = ("test", "training", "test", "development", "test", "test")
_ORIGIN = "Short reviews written for this course (albert_lab/downstream/reviews.txt)."
LABELS = ("negative", "positive")


@dataclass(frozen=True, slots=True)
class Review:
    """A review: what it is about (tool, book, meal, trip), its label, and how it is hard.

    `hard` is "negation", "irony", "mixed" (praise and blame with a verdict), or "" for a plain one.
    """

    text: str
    about: str
    label: str
    hard: str = ""


def reviews() -> list[Review]:
    """All reviews, in the order of the file."""
    return list(_read(_FILE.read_text(encoding="utf-8")))


def sentiment(hard_only: bool = False) -> Splits[LabelledText]:
    """The reviews on three sides, each with its share of every label, subject and kind of difficulty.

    Args:
        hard_only: keep only the hard ones on the test side.
    """
    sides: dict[str, list[LabelledText]] = {side: [] for side in _NAMES}
    counts: dict[tuple[str, str], int] = {}
    for review in reviews():
        stratum = (review.label, review.hard)
        sides_of = _HARD if review.hard else _PLAIN
        side = sides_of[counts.get(stratum, 0) % len(sides_of)]
        counts[stratum] = counts.get(stratum, 0) + 1
        if side != "test" or review.hard or not hard_only:
            sides[side].append(LabelledText(review.text, review.label))
    return Splits(**sides, origin=_ORIGIN)


def _read(text: str) -> Iterator[Review]:
    about = label = hard = ""
    for line in text.splitlines():
        if line.startswith("["):
            about, label, hard = (*line.strip("[]").split(), "")[:3]
        elif line.strip() and not line.startswith("#"):
            yield Review(line.strip(), about, label, hard)
