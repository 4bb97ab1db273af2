"""``pip install`` for people: ``python -m tools.install [arguments of pip install]``.

Says in one line what happens and shows how far it is. The log is ``install.log`` in the environment of the
Python that runs this; where pip fails, the log's end is printed, and the exit status is pip's.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from tools.progress import duration, end_of, run

LOG = Path(sys.prefix, "install.log")
RAW_BAR = (24, 1)  # the first pip that tells a download's bytes where there is no terminal
MEGABYTE = 1e6


class Account:
    """What pip has done so far, read off its lines."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.found: set[str] = set()
        self.download = self.bytes = ""
        self.installing = 0
        self.before: set[str] = set()

    def hear(self, line: str) -> bool:
        """Take note of a line; False for one that is only a moving bar."""
        if match := re.match(r"Progress (\d+) of (\d+)", line):
            done, size = (int(number) / MEGABYTE for number in match.groups())
            self.bytes = f"{done:.0f} of {size:.0f} MB" if size >= 1 else ""
            return False
        if match := re.match(r"(?:Collecting|Processing|Obtaining) ([^\s<>=!~;\[]+)", line):
            self.found.add(match[1])
            self.download = self.bytes = ""
        elif match := re.match(r"\s*Downloading (\S+)(.*)", line):
            file = match[1].rpartition("/")[2]
            self.download, self.bytes = " ".join(file.split("-")[:2]), match[2].strip(" ()\n")
        elif line.startswith("Installing collected packages:"):
            self.installing = line.count(",") + 1
            self.before = self._there()
        return True

    def state(self) -> str:
        if self.installing:
            done = min(len(self._there() - self.before), self.installing)
            return f"installing, {done} of {self.installing} packages"
        if not self.found:
            return ""
        now = self.download and f": {self.download}" + (f" ({self.bytes})" if self.bytes else "")
        return f"fetching package {len(self.found)}{now}"

    def _there(self) -> set[str]:
        return {path.name for path in self.site.glob("*.dist-info")}


def main(arguments: list[str]) -> int:
    LOG.unlink(missing_ok=True)
    started, account = time.monotonic(), Account(Path(sysconfig.get_path("purelib")))
    command = [sys.executable, "-m", "pip", "install", *_bar(), *arguments]
    begin = f"Installing albert-lab and its packages into {sys.prefix} (some minutes, once) ..."
    try:
        status = run(command, LOG, begin=begin, state=account.state, hear=account.hear)
    except KeyboardInterrupt:
        print("Stopped; the next run goes on.", file=sys.stderr)
        return 130
    if status:
        print(f"{end_of(LOG)}\nalbert-lab: pip failed; what it said last is above.", file=sys.stderr)
    else:
        took = duration(time.monotonic() - started)
        print(f"Installed {account.installing} packages in {took}; the log is {LOG}.", flush=True)
    return status


def _bar() -> list[str]:
    """Ask pip to tell the bytes of a download, where it can."""
    asked = [sys.executable, "-c", "import pip; print(pip.__version__)"]
    told = subprocess.run(asked, capture_output=True, text=True).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    return ["--progress-bar", "raw"] if version >= RAW_BAR else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
