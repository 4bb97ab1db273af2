"""Grade the same class twice, by stock `nbgrader autograde` and by `albert-lab classroom grade`, in one run.

python benchmarks/grading.py [--students 27] [--jobs 3] [--memory 200]     # --students 0: the memory alone

Each student hands in the same torch exercise (five questions, ten test cells), all right. Both ways begin
with an empty gradebook; starting up counts. With ``--memory N``, 20 and N submissions are graded, and the
memory of all our processes is sampled: it should not grow with their number.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.classroom.course import ps1
from tests.classroom.course.attacks import Attack


def _course(root: Path, students: int, *, ours: bool) -> Path:
    """A course in which everybody handed in right work."""
    ps1.write_source(root / "sources")
    course = root / "course"
    _albert_lab(root, "init", str(course), "--source", str(root / "sources"))
    _albert_lab(course, "release")
    text = json.dumps(Attack("", right=True).notebook())
    for number in range(students):
        path = course / "submitted" / f"s{number:03}" / ps1.NAME / f"{ps1.NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    if not ours:
        (course / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    return course


def _environment() -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": programs, "OMP_NUM_THREADS": "1"}


def _albert_lab(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "albert_lab", "classroom", *words]
    subprocess.run(command, cwd=folder, env=_environment(), check=True, stdout=subprocess.DEVNULL)


def _timed(command: list[str], folder: Path) -> tuple[float, list[float]]:
    """Seconds, and the memory of all its processes in MB (their own pages, and their share of others)."""
    memory: list[float] = []
    begin = time.monotonic()
    run = subprocess.Popen(
        command, cwd=folder, env=_environment(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(0.5):
            try:
                found = [psutil.Process(run.pid), *psutil.Process(run.pid).children(recursive=True)]
                memory.append(sum(one.memory_full_info().pss for one in found) / 2**20)
            except psutil.Error:
                continue

    thread = threading.Thread(target=sample)
    thread.start()
    run.wait()
    stop.set()
    thread.join()
    return time.monotonic() - begin, memory


def _ours(jobs: int) -> list[str]:
    return [sys.executable, "-m", "albert_lab", "classroom", "grade", ps1.NAME, "--jobs", str(jobs), "--json"]


def compare(students: int, jobs: int) -> None:
    """Both ways, one after the other."""
    rates = {}
    for name, ours in (("nbgrader autograde", False), ("albert-lab classroom grade", True)):
        with tempfile.TemporaryDirectory() as folder:
            course = _course(Path(folder), students, ours=ours)
            stock = [sys.executable, "-m", "nbgrader", "autograde", ps1.NAME]
            seconds, _ = _timed(_ours(jobs) if ours else stock, course)
            graded = len(list(course.glob(f"autograded/*/{ps1.NAME}/{ps1.NAME}.ipynb")))
            rates[name] = 60 * graded / seconds
            print(
                f"{name:28} {graded} of {students} in {seconds:6.1f} s: {rates[name]:6.1f} a minute",
                flush=True,
            )
    print(f"times: {rates['albert-lab classroom grade'] / rates['nbgrader autograde']:.1f}")


def main() -> None:
    """As the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=27)
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--memory", type=int, default=0, help="also grade so many, and tell the memory")
    given = parser.parse_args()
    if given.students:
        compare(given.students, given.jobs)
    for students in (20, given.memory) if given.memory else ():
        with tempfile.TemporaryDirectory() as folder:
            seconds, memory = _timed(_ours(given.jobs), _course(Path(folder), students, ours=True))
            print(f"{students:4} submissions: at most {max(memory):.0f} MB, in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
