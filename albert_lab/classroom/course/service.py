"""The grader: a warm process that grades each notebook in a child of its own, and keeps the workers' parent.

``python -m albert_lab.classroom.course.service FD LEVEL`` is the process; `Grader` is how others use it.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from albert_lab.classroom.course import sandbox
from albert_lab.classroom.course.wire import Channel, WireError
from albert_lab.errors import AlbertLabError, InputError

_QUESTION = re.compile(r"\bex\d\d_\d\b")
_START_SECONDS = 120
_loaded: set[str] = set()
_GRADE_SECONDS = 300  # of one notebook, whatever happens


class SandboxMissingError(AlbertLabError):
    """This machine lets nobody put up the walls that a learner's code needs around it."""


class GraderError(AlbertLabError):
    """The grader's own process failed, which says nothing about a submission."""


# What others use.


class Grader:
    """A grader at work; one for a run, whatever number of processes use it.

    Args:
        level: ``"namespaces"``, ``"landlock"``, ``"none"`` for no walls at all; None for the best there is.
        hidden: folders that no learner's code may read, such as the course.

    Raises:
        SandboxMissingError: neither kind of wall can be put up here.
    """

    def __init__(self, level: str | None = None, hidden: tuple[Path, ...] = ()) -> None:
        if sys.platform != "linux":
            raise SandboxMissingError(
                f"on {sys.platform} there are no walls for a learner's code.",
                expected="Linux",
                mend="grade in WSL 2, in a virtual machine or in a container, all of which run Linux",
            )
        if level is not None and level not in sandbox.LEVELS:
            raise InputError(
                f"there is no sandbox {level!r}.", expected=f"one of {', '.join(sandbox.LEVELS)}"
            )
        self.tried: dict[str, str] = {}
        for one in [level] if level else sandbox.LEVELS[:-1]:
            self.control, self.process, told = _started(one, hidden)
            if told == "ready":
                self.level = one
                return
            self.tried[one] = told
            self.close()
        raise SandboxMissingError(
            "no sandbox works here: " + "; ".join(f"{one}: {why}" for one, why in self.tried.items()) + ".",
            expected="a Linux kernel with namespaces or Landlock, and the right to use one of them",
            mend="see the page “Grading a class”; or, only if you trust every submission: --no-sandbox",
        )

    def grade(self, job: dict[str, Any]) -> dict[str, Any]:
        """Grade one notebook: see `split.grade`. May be called by several processes and threads at once.

        Raises:
            GraderError: the grader failed.
        """
        ours, theirs = socket.socketpair()
        text = "\n".join(cell["source"] for cell in job["cells"] if cell["role"] == "test")
        hint = {"questions": sorted(set(_QUESTION.findall(text)))[:200], "seed": job.get("seed")}
        socket.send_fds(self.control, [json.dumps(hint).encode()], [theirs.fileno()])
        theirs.close()
        channel = Channel(ours.detach())
        try:
            until = time.monotonic() + _GRADE_SECONDS + 20
            channel.send(job, until=until)
            reply, _ = channel.receive(until=until)
        except WireError as error:
            raise GraderError(f"the grader gave no result: {error}.") from error
        finally:
            channel.close()
        if "failed" in reply:
            raise GraderError(f"the grader failed:\n{reply['failed']}")
        return reply

    def close(self) -> None:
        """End it, and everything that it started."""
        self.control.close()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _started(level: str, hidden: tuple[Path, ...]) -> tuple[socket.socket, subprocess.Popen, str]:
    """A grader's process, and what it says of itself when it is there."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), level, *map(str, hidden)]
    environment = {**os.environ, **_quiet(), "PYTHONPATH": _path()}
    process = subprocess.Popen(
        command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment, start_new_session=True
    )
    theirs.close()
    ours.settimeout(_START_SECONDS)
    try:
        told = ours.recv(4096).decode() or "it did not start"
    except OSError as error:
        told = f"it did not start: {error}"
    ours.settimeout(None)
    return ours, process, told


def _path() -> str:
    """Where this package is found, for a Python that starts anywhere."""
    return str(sandbox.PACKAGE.parent)


def _quiet() -> dict[str, str]:
    """One thread for each process, since several run at once; sets in one order on both sides of the wall."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {
        **dict.fromkeys(names, "1"),
        "PYTHONHASHSEED": "0",
        "TOKENIZERS_PARALLELISM": "false",
        "MPLBACKEND": "agg",
    }


# The process.


def _start_workers(level: str, hidden: list[str]) -> tuple[socket.socket, subprocess.Popen]:
    """The workers' warm parent, in an environment that tells nothing."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    module = "albert_lab.classroom.course.worker"
    environment = {
        **_quiet(),
        "PYTHONPATH": _path(),
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
    }
    environment |= {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"ALBERT_LAB_DATA": "/tmp/data", "ALBERT_LAB_CACHE": "/tmp/cache", "HF_HUB_OFFLINE": "1"}
    with suppress(Exception):
        import matplotlib

        environment["MPLCONFIGDIR"] = matplotlib.get_cachedir()
    command = [sys.executable, "-P", "-m", module, str(theirs.fileno()), level, *hidden]
    process = subprocess.Popen(
        command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment, cwd="/"
    )
    theirs.close()
    return ours, process


def main() -> None:
    """The grader's process, as its arguments say."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    sandbox.die_with_parent()
    workers, process = _start_workers(sys.argv[2], sys.argv[3:])
    cells = _warm()
    told = workers.recv(4096)
    control.send(told or b"the learner's side did not start")
    if told == b"ready":
        _serve(control, workers, cells)
    workers.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    process.kill()


def _warm() -> Any:
    """Load what checks use, once for all children."""
    import gc

    import albert_lab as lab
    from albert_lab.classroom import check, question, question_ids  # noqa: F401
    from albert_lab.classroom.course import split  # noqa: F401
    from albert_lab.classroom.course.cells import ERROR, TENSORS, Cells

    with suppress(Exception):
        lab.viz.curves  # noqa: B018  (loads it)
    cells = Cells()
    cells.warm(TENSORS, ERROR)
    gc.collect()
    gc.freeze()
    return cells


def _serve(control: socket.socket, workers: socket.socket, cells: Any) -> None:
    """Fork a child for each job, until nobody is there who could ask."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    children: set[int] = set()
    while True:
        ready = poll.poll(1000)
        for child in list(children):
            if os.waitpid(child, os.WNOHANG)[0]:
                children.discard(child)
        if not ready:
            continue
        told, handles, _, _ = socket.recv_fds(control, 65536, 1)
        if not told or len(handles) != 1:
            break
        _load(json.loads(told), workers)
        child = os.fork()
        if child == 0:
            try:
                _be_checker(Channel(handles[0]), workers, cells)
            finally:
                os._exit(0)
        children.add(child)
        os.close(handles[0])
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _load(hint: dict[str, Any], workers: socket.socket) -> None:
    """Load the questions that a job asks about before it is forked, so that the next one finds them here.

    The workers' parent loads what those questions import, so that no worker needs to; never the questions.
    """
    from albert_lab.classroom.questions import question

    needed: set[str] = set()
    for name in hint["questions"]:
        if name in _loaded:
            continue
        _loaded.add(name)
        with suppress(Exception):  # the check says what is wrong
            question(name)
            for value in vars(sys.modules[f"albert_lab.classroom.questions.{name}"]).values():
                module = (
                    value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
                )
                needed |= {module} if isinstance(module, str) else set()
    needed = {name for name in needed if not name.startswith("albert_lab.classroom") and name in sys.modules}
    if needed:
        workers.send(json.dumps(sorted(needed)).encode())


def _be_checker(channel: Channel, workers: socket.socket, cells: Any) -> None:
    """One job, in a process of its own, which ends whatever happens."""
    import traceback

    from albert_lab.classroom.course.elsewhere import LearnersSide
    from albert_lab.classroom.course.split import grade

    sandbox.die_with_parent()
    signal.alarm(_GRADE_SECONDS)
    os.environ["ALBERT_LAB_DATA"] = os.devnull  # nobody's progress is recorded
    try:
        job, _ = channel.receive()
        if "seed" in job:
            os.environ["ALBERT_LAB_SEED"] = str(job["seed"])
        side = LearnersSide(workers, **job.get("limits", {}))
        reply = grade(job, cells, side)
    except Exception:
        reply = {"failed": traceback.format_exc()}
    channel.send(reply)


if __name__ == "__main__":
    main()
