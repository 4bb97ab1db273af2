"""Run a program that talks much: its lines go to a file, and a person reads one that moves."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

TAIL = 30
EVERY = 20  # seconds between two lines where the output is no terminal
SPIN = 0.2  # and on a terminal
SPINNER = "|/-\\"


def run(
    command: Sequence[str],
    log: Path,
    *,
    begin: str,
    state: Callable[[], str] = str,
    hear: Callable[[str], bool] = lambda line: True,
    environment: dict[str, str] | None = None,
) -> int:
    """Run ``command`` and keep all that it prints in ``log``, behind what the file already holds.

    Args:
        command: the program and its arguments; it gets no standard input, so it cannot wait for an answer.
        log: where its output goes.
        begin: what is done, in a few words: the first line that a person sees.
        state: how far it is, asked for again and again; may be empty.
        hear: gets each line of the output; False leaves it out of the log.
        environment: further variables.

    Returns:
        The exit status: 127 where the program is not there.
    """
    print(begin, flush=True)
    started, shown = time.monotonic(), _Line()
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{begin}\n")
        file.flush()
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, **(environment or {})},
            )
        except OSError as error:
            file.write(f"{error}\n")
            return 127
        try:
            for line in _lines(process):
                if line is not None and hear(line):
                    file.write(line)
                    file.flush()
                shown.show(state, time.monotonic() - started)
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        finally:
            shown.clear()


def end_of(log: Path, lines: int = TAIL) -> str:
    """The last lines of ``log``, indented, and where the rest is."""
    kept = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join([*(f"    {line}" for line in kept), f"All that was printed is in {log}."])


def duration(seconds: float) -> str:
    """``"45 s"`` or ``"2 min 5 s"``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _lines(process: subprocess.Popen[str]) -> Iterator[str | None]:
    """Each line of the output; None whenever a fifth of a second goes by without one."""
    found: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        with process.stdout:
            for line in process.stdout:
                found.put(line)
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = found.get(timeout=0.2)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


class _Line:
    """One line that is written over on a terminal; elsewhere a new line now and then."""

    def __init__(self) -> None:
        self.rewritten = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.every = SPIN if self.rewritten else EVERY
        self.next, self.turns = self.every, 0

    def show(self, state: Callable[[], str], seconds: float) -> None:
        if seconds < self.next:
            return
        self.next, self.turns = seconds + self.every, self.turns + 1
        text = ", ".join(filter(None, [state(), duration(seconds)]))
        if self.rewritten:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[2K{f'  {SPINNER[self.turns % 4]} {text}'[:width]}", end="", flush=True)
        else:
            print(f"  ... {text}", flush=True)

    def clear(self) -> None:
        if self.rewritten:
            print("\r\x1b[2K", end="", flush=True)
