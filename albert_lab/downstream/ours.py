"""Data by name or path: ours, or a user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from albert_lab.downstream.data import Splits
from albert_lab.downstream.documentation import topics
from albert_lab.downstream.imperatives import roles
from albert_lab.downstream.markup import entities
from albert_lab.downstream.number_words import numerals
from albert_lab.downstream.numpydoc import parameters
from albert_lab.downstream.reviews import sentiment
from albert_lab.downstream.task import Task
from albert_lab.errors import InputError

OURS: Mapping[str, Mapping[str, Callable[[], Splits[Any]]]] = {
    "classify": {"topics": topics, "sentiment": sentiment},
    "tag": {"entities": entities, "roles": roles},
    "answer": {"parameters": parameters},
    "translate": {"numerals": numerals},
}


def material(task: Task, data: str | Path) -> Splits[Any]:
    """The three sides of a data set of ours by its name, or of a user's file or folder.

    Raises:
        InputError: neither a name nor a file or folder, or one that holds no examples of this task.
    """
    ours = OURS.get(task.name, {})
    if data in ours:
        return ours[str(data)]()
    if not Path(data).exists():
        raise InputError(
            f"there is no data {str(data)!r:.200} for {task.name}.",
            expected=f"{', '.join(ours)}, or a file or folder of your own",
        )
    return task.splits(data)
