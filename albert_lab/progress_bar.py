"""A progress bar that stays away from short work and from programs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

DELAY_SECONDS = 2.0


@contextmanager
def progress_bar(label: str, total: int | None, show: bool | None = None) -> Iterator[Callable[[int], None]]:
    """Yield advance(done); the bar disappears at the end, whether by success, error or Ctrl-C.

    Args:
        label: what is going on.
        total: how many items there are; None if that is not known.
        show: True from the start, False never, None after two seconds and only in a terminal or notebook.
    """
    begin, bar, finished = time.monotonic(), None, 0

    def advance(done: int) -> None:
        nonlocal bar, finished
        finished += done
        due = show or time.monotonic() - begin > DELAY_SECONDS
        if bar is None and due and show is not False:
            bar = _Bar(label, total, always=bool(show))
        if bar is not None:
            bar.move_to(finished)

    try:
        advance(0)
        yield advance
    finally:
        if bar is not None:
            bar.close()


class _Bar:
    """A rich progress bar on stderr; nothing at all where stderr is neither a terminal nor a notebook."""

    def __init__(self, label: str, total: int | None, *, always: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
        watched = console.is_terminal or console.is_jupyter  # else, if asked for, one line at the end
        self._progress = Progress(*columns, TimeRemainingColumn(), console=console, transient=watched)
        self._task = self._progress.add_task(label, total=total)
        self._started = always or watched
        if self._started:
            self._progress.start()

    def move_to(self, finished: int) -> None:
        self._progress.update(self._task, completed=finished)

    def close(self) -> None:
        if self._started:
            self._progress.stop()
