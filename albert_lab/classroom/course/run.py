"""Grade many submissions at once, with one warm grader, and so that a kill loses nothing.

A submission is graded when its notebook in ``autograded/`` says so, which is written last, after the
points are in the gradebook. Whatever was begun and not ended is graded again; what ended is left alone.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from albert_lab.classroom.course import sandbox
from albert_lab.classroom.course.folder import Course
from albert_lab.classroom.course.handed_in import MOST_BYTES, read_notebook
from albert_lab.classroom.release import programs_on_path
from albert_lab.errors import InputError
from albert_lab.paths import atomic_write

RECORD = "albert_lab"
_LANE_SECONDS = 400  # after so long a process that grades one submission is given up


@dataclass
class Graded:
    """What became of one submission in a run: ``graded``, ``as before`` or ``failed`` with the reason."""

    student: str
    done: str
    reason: str = ""
    seconds: float = 0.0


@dataclass
class Run:
    """A run over one assignment's submissions."""

    assignment: str
    sandbox: str
    submissions: list[Graded] = field(default_factory=list)


def submitted(course: Course, assignment: str) -> list[str]:
    """Who handed in an assignment, in order."""
    return sorted(
        path.parent.name for path in (course.root / "submitted").glob(f"*/{assignment}") if path.is_dir()
    )


def grade(
    course: Course,
    assignment: str,
    *,
    jobs: int | None = None,
    level: str | None = None,
    again: bool = False,
    students: list[str] | None = None,
    tell: Callable[[Run, int, str], None] = lambda run, total, level: None,
) -> Run:
    """Grade what was handed in and is not graded yet.

    Args:
        jobs: submissions at once; None for one more than there are processors.
        level: the sandbox; None for the best that works.
        again: also grade what is graded.
        students: only theirs.
        tell: called after each submission, and once before the first.

    Raises:
        InputError: the assignment is not released, or nothing was handed in.
        SandboxMissingError: no sandbox works here, and none was not asked for.
    """
    from albert_lab.classroom.course.service import Grader

    (name,) = course.chosen(assignment)
    who = [one for one in submitted(course, name) if students is None or one in students]
    if not who:
        raise InputError(
            f"nobody handed in {name}.", mend=f"albert-lab classroom collect {name} --from FOLDER_OR_ZIP"
        )
    with course.gradebook() as book:
        if name not in [one.name for one in book.assignments]:
            raise InputError(f"{name} was not released yet.", mend=f"albert-lab classroom release {name}")
    todo = [one for one in who if again or not is_graded(course, name, one)]
    run = Run(name, level or "", [Graded(one, "as before") for one in who if one not in todo])
    if not todo:
        return run
    grader = Grader(level, hidden=(course.root,))
    run.sandbox = grader.level
    try:
        tell(run, len(who), grader.level)
        _in_lanes(
            course,
            name,
            todo,
            jobs or (os.cpu_count() or 1) + 1,
            grader,
            run,
            lambda: tell(run, len(who), ""),
        )
    finally:
        grader.close()
    return run


def is_graded(course: Course, assignment: str, student: str) -> bool:
    """Whether this very submission is graded, to the end."""
    record = record_of(course, assignment, student)
    return record is not None and record.get("of") == _print_of(course, assignment, student)


def record_of(course: Course, assignment: str, student: str) -> dict[str, Any] | None:
    """What is kept of a graded submission; None where it is not graded to the end."""
    path = course.root / "autograded" / student / assignment / f"{assignment}.ipynb"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))["metadata"][RECORD]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if isinstance(record, dict) and "tests" in record else None


def _print_of(course: Course, assignment: str, student: str) -> str:
    """A hash of what was handed in."""
    path = course.root / "submitted" / student / assignment / f"{assignment}.ipynb"
    hashed = hashlib.sha256()
    with suppress(OSError):
        hashed.update(path.read_bytes()[: MOST_BYTES + 1])
    return hashed.hexdigest()


# One process for each lane.


def _in_lanes(
    course: Course, name: str, todo: list[str], jobs: int, grader: Any, run: Run, tell: Callable[[], None]
) -> None:
    context = multiprocessing.get_context("fork")
    _load_nbgrader(course)
    waiting, lanes = list(reversed(todo)), {}

    def start() -> None:
        ours, theirs = context.Pipe()
        process = context.Process(target=_lane, args=(course, name, grader, theirs, ours, os.getpid()))
        process.start()
        theirs.close()
        lanes[ours] = [process, None, 0.0]
        give(ours)

    def give(lane: Connection) -> None:
        lanes[lane][1:] = (waiting.pop() if waiting else None), time.monotonic()
        with suppress(OSError):
            lane.send(lanes[lane][1])

    for _ in range(min(jobs, len(todo))):
        start()
    try:
        while any(student is not None for _, student, _ in lanes.values()):
            ready = wait(list(lanes), timeout=1.0)
            for lane in list(lanes):
                process, student, since = lanes[lane]
                if student is None:
                    continue
                if lane in ready:
                    try:
                        run.submissions.append(lane.recv())
                        give(lane)
                    except (EOFError, OSError):
                        _replace(lanes, lane, run, "the process that graded it ended")
                    tell()
                elif time.monotonic() - since > _LANE_SECONDS:
                    process.kill()
                    _replace(lanes, lane, run, f"it took more than {_LANE_SECONDS} seconds")
                    tell()
            while waiting and len(lanes) < min(jobs, len(waiting) + len(lanes)):
                start()
    finally:
        for lane, (process, _, _) in lanes.items():
            lane.close()
            process.join(5)
            process.kill()
            process.join()


def _replace(lanes: dict, lane: Connection, run: Run, why: str) -> None:
    """A process is lost, and with it one submission, which a person has to look at."""
    process, student, since = lanes.pop(lane)
    lane.close()
    process.join()
    run.submissions.append(Graded(student, "failed", why, time.monotonic() - since))


def _load_nbgrader(course: Course) -> None:
    """Once, before processes are forked; no connection to the gradebook is open then."""
    import nbgrader.apps
    import nbgrader.preprocessors  # noqa: F401

    import albert_lab.classroom.course.split_execute  # noqa: F401

    course.config()


def _lane(course: Course, name: str, grader: Any, pipe: Connection, other: Connection, parent: int) -> None:
    """Grade one submission after another, as they are sent."""
    import signal

    from albert_lab.classroom.course import split_execute

    other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.die_with_parent()
    if os.getppid() != parent:
        return
    warnings.simplefilter("ignore")  # of nbgrader's, about its own tables
    level = grader.level
    os.environ[split_execute.SANDBOX] = level
    os.chdir(course.root)
    split_execute.share(level, Path.cwd(), grader)
    with programs_on_path():
        api = course.api()
        while True:
            try:
                student = pipe.recv()
            except (EOFError, OSError):
                return
            if student is None:
                return
            begin = time.monotonic()
            reason = _grade_one(course, api, name, student)
            done = Graded(student, "failed" if reason else "graded", reason, time.monotonic() - begin)
            pipe.send(done)


def _grade_one(course: Course, api: Any, name: str, student: str) -> str:
    """Let nbgrader grade one submission; why it could not, or ''."""
    path = course.root / "submitted" / student / name / f"{name}.ipynb"
    try:
        if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
            return f"there is no file {name}.ipynb of its own"
        if path.stat().st_size > MOST_BYTES:
            return f"its notebook is larger than {MOST_BYTES // 2**20} MB"
        read = read_notebook(path.read_bytes())
    except OSError as error:
        return f"its notebook cannot be read: {error.strerror}"
    if isinstance(read, str):
        return read
    odd = [
        one.name for one in path.parent.rglob("*") if one.is_symlink() or not (one.is_file() or one.is_dir())
    ]
    if odd:
        return f"links or devices were handed in: {', '.join(odd[:3])}"
    before = _print_of(course, name, student)
    for _ in range(3):
        result = api.autograde(name, student, force=True)
        told = f"{result.get('error') or ''}{result.get('log') or ''}".strip()
        if result["success"] or "database is locked" not in told:
            break
    if not result["success"]:
        told = told.splitlines()
        return f"nbgrader: {told[-1][:300] if told else 'it gave no reason'}"
    return _mark(course, name, student, before)


def _mark(course: Course, name: str, student: str, of: str) -> str:
    """Write into the graded notebook what it was graded from: with that, it is done."""
    path = course.root / "autograded" / student / name / f"{name}.ipynb"
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["metadata"][RECORD]["of"] = of
        mode = path.stat().st_mode
        with atomic_write(path) as part:
            part.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
            part.chmod(mode)
    except (OSError, ValueError, KeyError) as error:
        return f"its graded notebook cannot be read: {error}"
    return ""
