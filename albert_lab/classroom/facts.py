"""The statements of a chapter, checked where it runs: a statement that fails never stops a learner."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

from albert_lab.errors import InputError

KEPT_IN = "ALBERT_LAB_FACTS"  # a file that gets each statement as a line of JSON; our tests read it
_PACKAGES = ("albert-lab", "torch", "transformers", "numpy")


@dataclass(frozen=True)
class Fact:
    """One statement and what stands behind it.

    Attributes:
        says: the statement, as a chapter makes it.
        rising: numbers that must rise from one to the next, such as ``(0.5, measured, 1)``; None where the
            statement either holds or not.
        holds: whether it holds here.
    """

    says: str
    rising: tuple[float, ...] | None
    holds: bool

    def __str__(self) -> str:
        numbers = "" if self.rising is None else ": " + " < ".join(f"{x:.4g}" for x in self.rising)
        return f"{self.says}{numbers}"


@dataclass(frozen=True)
class Facts:
    """What became of a chapter's statements; shown as text."""

    facts: tuple[Fact, ...]

    @property
    def failed(self) -> list[Fact]:
        """The statements that do not hold here."""
        return [fact for fact in self.facts if not fact.holds]

    def __str__(self) -> str:
        if not self.failed:
            return f"All {len(self.facts)} facts of this chapter hold here."
        held, count = len(self.facts) - len(self.failed), len(self.facts)
        lines = [f"{held} of the {count} facts of this chapter hold on this computer. What does not:"]
        lines += [f"  ✗ {fact}" for fact in self.failed]
        lines += [
            "This is our fault and not yours: the rest of the chapter and its exercises are unharmed.",
            "Please report it where you got this course, with the lines above and this one:",
            f"  {_here()}",
        ]
        return "\n".join(lines)

    __repr__ = __str__


def facts(statements: Mapping[str, Any]) -> Facts:
    """Check what a chapter says; report in words what does not hold here, and never raise because of it.

    >>> facts({"Three of four heads look back": (0.5, 3 / 4), "The weights of a row add up to 1": True})
    All 2 facts of this chapter hold here.

    Args:
        statements: each statement in words, with a tuple of numbers that must rise from one to the next
            (``(0.3, smallest, largest, 0.7)``: both lie between 0.3 and 0.7), or with True or False.

    Raises:
        InputError: there is no statement, or one has neither numbers nor a truth value.
    """
    if not statements:
        raise InputError("there is no statement to check.", expected="a dictionary of statements")
    found = Facts(tuple(_fact(says, value) for says, value in statements.items()))
    if os.environ.get(KEPT_IN):
        with Path(os.environ[KEPT_IN]).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps([fact.says, fact.rising, fact.holds]) + "\n" for fact in found.facts)
    return found


def _fact(says: str, value: Any) -> Fact:
    if isinstance(value, tuple) and len(value) > 1:
        rising = tuple(each.item() if hasattr(each, "item") else float(each) for each in value)
        return Fact(says, rising, all(a < b for a, b in pairwise(rising)))
    if not isinstance(value, bool) and getattr(value, "ndim", None) != 0:
        raise InputError(
            f"the statement {says!r} has {value!r}.",
            expected="a tuple of numbers that rise, or one truth value",
        )
    return Fact(says, None, bool(value))


def _here() -> str:
    """Python, packages and processor in one line, as a report needs them; no name of the machine."""
    import torch

    packages = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    processor = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    threads = f"{torch.get_num_threads()} threads"
    return ", ".join(
        [f"Python {platform.python_version()}", *packages, platform.system(), processor, threads]
    )
