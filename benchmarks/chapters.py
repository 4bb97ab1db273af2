"""Seconds of each chapter's run, as a share of what its card states.

python -m benchmarks.chapters
python -m benchmarks.chapters 09 12
"""

from __future__ import annotations

import sys
import time

from tests.notebooks.hygiene import stated_seconds
from tests.notebooks.normal import chapters, read
from tests.notebooks.run import execute


def main(names: list[str]) -> None:
    print(f"{'chapter':<36} {'seconds':>7} {'stated':>6} {'share':>5}")
    for path in chapters():
        if names and path.stem[:2] not in names:
            continue
        notebook = read(path)
        start = time.perf_counter()
        execute(notebook, path.parent)
        seconds, stated = time.perf_counter() - start, stated_seconds(notebook)
        print(f"{path.stem:<36} {seconds:>7.0f} {stated:>6} {seconds / stated:>5.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
