"""Every right answer and planted mistake, checked as in a notebook and split: are they judged alike?

PYTHONHASHSEED=0 python benchmarks/classroom_split.py [ex02 …]

With the hash seed that the grader has: a few mistakes show the order of a set.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from albert_lab.classroom import question_ids
from albert_lab.classroom.course.service import Grader
from tests.classroom.course.alike import answers_of, differences


def main() -> None:
    """One line for each question, and what differs."""
    os.environ["ALBERT_LAB_DATA"] = tempfile.mkdtemp()
    wanted = tuple(sys.argv[1:]) or ("ex",)
    grader, tried, wrong = Grader(), 0, 0
    print(f"sandbox: {grader.level}")
    for name in (one for one in question_ids() if one.startswith(wanted)):
        found = differences(grader, name)
        count = len(list(answers_of(name)))
        tried, wrong = tried + count, wrong + len(found)
        print(f"{name}: {count} answers, {len(found)} judged otherwise", *found, sep="\n", flush=True)
    grader.close()
    print(f"{tried} answers, {wrong} judged otherwise")


if __name__ == "__main__":
    main()
