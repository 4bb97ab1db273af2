"""The learner's side: a warm parent that forks one closed-in worker for each submission, and that worker.

``python -m albert_lab.classroom.course.worker FD LEVEL`` is the parent. It reads requests from the socket
FD; each brings two file descriptors: the worker's end of a channel, and a lifeline. When the other end of
a lifeline is closed, that worker is killed. Nobody here has loaded the questions or their solutions.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import select
import signal
import socket
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from albert_lab.classroom.course import sandbox
from albert_lab.classroom.course.cells import ERROR, PICTURE, TENSORS, Cells
from albert_lab.classroom.course.wire import Channel, GoneError, error_words, to_wire

_FOLDERS = "albert-lab-worker-"
QUESTIONS = "albert_lab.classroom.questions"


class TooLongError(KeyboardInterrupt):
    """A cell or a call took longer than it may; like Ctrl+C, no check takes it for an error of the answer."""


# The worker.


class Worker:
    """Runs a learner's cells, and uses what they defined, as it is told over a channel."""

    def __init__(self, channel: Channel, cells: Cells) -> None:
        self.channel, self.cells = channel, cells

    def serve(self) -> None:
        """Answer requests until there are no more."""
        while True:
            try:
                head, blobs = self.channel.receive()
            except GoneError:
                return
            answer: list[bytes] = []
            try:
                with _time_limit(head["seconds"]):
                    reply = getattr(self, f"do_{head['do']}")(head, blobs, answer)
            except TooLongError:
                reply = {"late": True}
            except MemoryError:
                answer.clear()
                reply = {"error": {"kinds": ["builtins.MemoryError"], "text": "there is not enough memory"}}
            self._reply(reply, answer)

    def _reply(self, reply: Any, blobs: list[bytes]) -> None:
        if sum(map(len, blobs)) > 200 * 2**20:
            reply, blobs = (
                {"error": {"kinds": ["builtins.MemoryError"], "text": "the result is too large"}},
                [],
            )
        self.channel.send(reply, tuple(blobs))

    def do_cell(self, head: dict, blobs: list[bytes], answer: list[bytes]) -> dict:
        """Run a cell: its outputs."""
        outputs, error = self.cells.run(head["source"])
        return {"outputs": outputs, "error": None if error is None else error_words(error)}

    def do_name(self, head: dict, blobs: list[bytes], answer: list[bytes]) -> dict:
        """What a name stands for: its value, or what a function or class looks like from outside."""
        if head["name"] not in self.cells.names:
            return {"missing": True}
        value = self.cells.names[head["name"]]
        if not callable(value):
            return {"value": to_wire(value, answer)}
        return {"callable": _looks(value)}

    def do_modules(self, head: dict, blobs: list[bytes], answer: list[bytes]) -> dict:
        """Make stand-ins of questions' modules that hold what a given cell shows."""
        for name, members in pickle.loads(blobs[0]).items():  # from us
            module = types.ModuleType(name)
            module.__dict__.update(members)
            sys.modules[name] = module
        return {}

    def do_call(self, head: dict, blobs: list[bytes], answer: list[bytes]) -> dict:
        """Call a function: its result, or what it raised."""
        arguments, options = pickle.loads(blobs[0])  # from us
        used: set[str] = set()
        with self.cells.captured(), _watched(head, used):
            try:
                result = self.cells.names[head["name"]](*arguments, **options)
            except TooLongError:
                raise
            except BaseException as error:
                return {"error": error_words(error), "used": sorted(used)}
        return {"value": to_wire(result, answer), "used": sorted(used)}

    def do_outcomes(self, head: dict, blobs: list[bytes], answer: list[bytes]) -> dict:
        """Try an answer on the cases of a question, as a check does it."""
        from albert_lab.classroom.outcome import outcomes_on
        from albert_lab.classroom.settings import their_warnings

        use, cases = pickle.loads(blobs[0])  # from us
        used: set[str] = set()
        with self.cells.captured(), their_warnings(), _watched(head, used):
            found = outcomes_on(use, cases, self.cells.names[head["name"]], head["seed"])
        return {"outcomes": [_outcome(one, answer) for one in found], "used": sorted(used)}


def _outcome(one: Any, blobs: list[bytes]) -> dict[str, Any]:
    if one.error is not None:
        return {"error": error_words(one.error), "where": str(one.where)[:500]}
    return {
        "value": to_wire(one.value, blobs),
        "changed": to_wire(one.changed, blobs),
        "gradients": to_wire(one.gradients, blobs),
    }


def _looks(value: Any) -> dict[str, Any]:
    """What a check asks of a function or class without calling it."""
    import inspect

    is_class = inspect.isclass(value)
    try:
        parameters = [
            [one.name, int(one.kind), one.default is not one.empty]
            for one in inspect.signature(value).parameters.values()
        ]
    except (ValueError, TypeError, RecursionError):
        parameters = None
    kinds = [f"{one.__module__}.{one.__name__}" for one in (value if is_class else type(value)).__mro__]
    methods = [name for name, one in vars(value).items() if inspect.isfunction(one)] if is_class else []
    return {
        "class": is_class,
        "name": str(getattr(value, "__name__", type(value).__name__))[:80],
        "parameters": parameters,
        "kinds": kinds[:20],
        "methods": [str(name)[:80] for name in methods[:200]],
    }


@contextmanager
def _watched(head: dict, used: set[str]) -> Iterator[None]:
    """Note torch's operations, under the names by which they are carried out, if some are forbidden."""
    if not head.get("forbidden"):
        yield
        return
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            used.add(str(function))
            return function(*args, **(kwargs or {}))

    with Watch():
        yield


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooLongError` after some seconds of processor time, or three times as many of waiting.

    Code that swallows it, and goes on for a second more, ends the process.
    """
    told = False

    def late(*_: Any) -> None:
        nonlocal told
        if told:
            os._exit(71)
        told = True
        signal.setitimer(signal.ITIMER_PROF, 1.0)
        signal.setitimer(signal.ITIMER_REAL, 3.0)
        raise TooLongError

    for kind, timer, much in (
        (signal.SIGPROF, signal.ITIMER_PROF, 1),
        (signal.SIGALRM, signal.ITIMER_REAL, 3),
    ):
        signal.signal(kind, late)
        signal.setitimer(timer, much * seconds)
    try:
        yield
    finally:
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)


# What a learner finds here in place of the questions.


def without_questions() -> None:
    """Put harmless stand-ins where a notebook's own cells may ask for checks, progress or solutions."""
    from albert_lab.errors import InputError

    package = types.ModuleType("albert_lab.classroom")
    package.__path__ = [str(sandbox.PACKAGE / "classroom")]
    package.__file__ = str(sandbox.PACKAGE / "classroom" / "__init__.py")
    sys.modules["albert_lab.classroom"] = package
    questions = types.ModuleType(QUESTIONS)
    questions.__path__ = []

    def check(question_id: str, answer: Any = None, *, hidden: bool = False) -> bool:
        """Checks are made outside, where no answer can touch them."""
        return True

    def nowhere(question_id: str) -> Any:
        raise InputError(f"solutions and questions are not here: {question_id!r}.")

    def question_ids(assignment: str | None = None) -> list[str]:
        return []

    def progress(assignment: Any = None) -> str:
        return "progress is counted where you work, not where it is graded"

    questions.question, questions.question_ids = nowhere, question_ids
    sys.modules[QUESTIONS] = questions
    from albert_lab.classroom import facts, predictions
    from albert_lab.classroom.question import Case, Draw, Mistake, Question, QuestionBuilder

    class AnswerError(AssertionError):
        """As in a notebook."""

    package.__dict__.update(
        check=check, progress=progress, solution=nowhere, question=nowhere, question_ids=question_ids,
        Fact=facts.Fact, Facts=facts.Facts, facts=facts.facts, AnswerError=AnswerError,
        QuestionError=AnswerError,
        Prediction=predictions.Prediction, predict=predictions.predict, Case=Case, Draw=Draw, Mistake=Mistake,
        Question=Question, QuestionBuilder=QuestionBuilder,
    )  # fmt: skip
    for name, member in (("check", check), ("progress", progress), ("solution", nowhere)):
        module = types.ModuleType(f"albert_lab.classroom.{name}")
        setattr(module, name, member)
        module.AnswerError = AnswerError
        sys.modules[module.__name__] = module


def warm() -> Cells:
    """Load what answers use, so that no worker needs to."""
    import numpy as np  # noqa: F401
    import torch

    import albert_lab as lab
    from albert_lab.classroom import outcome  # noqa: F401

    torch.set_num_threads(1)
    with suppress(Exception):
        import matplotlib.pyplot  # noqa: F401

        lab.viz.curves  # noqa: B018  (loads it)
    cells = Cells()
    cells.warm(TENSORS, ERROR, PICTURE)
    with _watched({"forbidden": True}, set()):
        torch.ones(2).softmax(0)
    return cells


# The warm parent.


class Parent:
    """Forks a worker on each request, kills it when its lifeline is cut, and leaves nothing behind."""

    def __init__(self, control: socket.socket, level: str, hidden: list[Path]) -> None:
        self.control, self.level, self.hidden = control, level, hidden
        self.limits = sandbox.Limits()
        self.lifelines: dict[int, tuple[int, int, Path | None]] = {}  # fd: pid, pidfd, folder
        self.count = 0
        self.cells: Cells | None = None
        self.root = os.getuid() == 0

    def prepare(self) -> None:
        """Enter the small world, load everything, and say that all is ready."""
        sandbox.die_with_parent()
        sandbox.adopt_orphans()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked for work says when it is over
        with suppress(Exception):
            import matplotlib.font_manager  # noqa: F401  (its list of fonts takes seconds to make anew)
        if self.level == "namespaces":
            sandbox.enter_small_world(self.hidden)
        without_questions()
        self.cells = warm()
        import gc

        gc.collect()
        gc.freeze()
        self.user = self._user()
        if self.level != "namespaces":
            _sweep()
        self.control.send(b"ready")

    def _user(self) -> int | None:
        """For real root, somebody without rights who can still read Python; else nobody else."""
        if not self.root or self.level == "none":
            return None
        if self.level == "namespaces" and Path("/proc/self/uid_map").read_text().split()[-1] == "1":
            return None
        child = os.fork()
        if child == 0:
            code = 1
            with suppress(BaseException):
                os.setgroups([])
                os.setresgid(61000, 61000, 61000)
                os.setresuid(61000, 61000, 61000)
                import torch

                needed = (torch.__file__, sandbox.__file__, os.__file__)
                code = 0 if all(os.access(one, os.R_OK) for one in needed) else 1
            os._exit(code)
        return 61000 if os.waitpid(child, 0)[1] == 0 else None

    def run(self) -> None:
        """Serve until the control socket is closed."""
        self.poll = select.poll()
        self.poll.register(self.control, select.POLLIN)
        while True:
            for handle, _ in self.poll.poll():
                if handle != self.control.fileno():
                    self._end(handle)
                    continue
                request, handles, _, _ = socket.recv_fds(self.control, 65536, 2)
                if request and not handles:
                    _load(json.loads(request))
                    continue
                if len(handles) != 2:
                    for life in list(self.lifelines):
                        self._end(life)
                    sandbox.wait_for_all()
                    return
                for handle in self._fork(json.loads(request), *handles):
                    self.poll.register(handle, select.POLLIN)

    def _fork(self, request: dict, channel: int, life: int) -> tuple[int, int]:
        self.count += 1
        user = None if self.user is None else self.user + self.count % 2000
        folder = None
        if self.level != "namespaces":
            folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDERS}{os.getpid()}-"))
            if user is not None:
                os.chown(folder, user, user)
        limits = sandbox.Limits(**request.get("limits", {}))
        child = os.fork()
        if child == 0:
            try:
                self._be_worker(channel, limits, folder, user)
            finally:
                os._exit(70)
        os.close(channel)
        pidfd = os.pidfd_open(child)
        self.lifelines[life] = self.lifelines[pidfd] = (child, pidfd, folder)
        return life, pidfd

    def _be_worker(self, channel: int, limits: Any, folder: Path | None, user: int | None) -> None:
        if self.level == "namespaces":
            sandbox.first_of_its_own()
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        quiet = os.open("/dev/null", os.O_RDWR)
        for handle in (0, 1, 2):
            os.dup2(quiet, handle)
        os.dup2(channel, 3)
        os.closerange(4, 65536)
        if self.level == "none":
            sandbox.set_limits(limits)
            sandbox.die_with_parent()
            os.chdir(folder)
        else:
            sandbox.close_in(self.level, limits, self.hidden, folder, user)
        os.environ["HOME"] = os.environ["TMPDIR"] = str(Path.cwd())
        tempfile.tempdir = None
        Worker(Channel(3), self.cells).serve()

    def _end(self, handle: int) -> None:
        """A lifeline was cut, or a worker ended: nothing of it stays."""
        known = self.lifelines.pop(handle, None)
        if known is None:
            return
        child, pidfd, folder = known
        with suppress(OSError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        end = time.monotonic() + 5
        while os.waitpid(child, os.WNOHANG)[0] == 0 and time.monotonic() < end:
            time.sleep(0.002)
        other = [one for one, entry in self.lifelines.items() if entry[0] == child]
        for one in (handle, *other):
            self.lifelines.pop(one, None)
            self.poll.unregister(one)
            os.close(one)
        if folder is not None:
            sandbox.clean_up(folder)
        workers = {entry[0] for entry in self.lifelines.values()}
        with suppress(ChildProcessError):  # what workers left behind has ended with them
            while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if ended.si_pid in workers:
                    break
                os.waitpid(ended.si_pid, 0)


def _sweep() -> None:
    """Remove folders of workers whose parent was killed before it could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDERS}[0-9]*-*"):
        owner = folder.name.removeprefix(_FOLDERS).partition("-")[0]
        if (
            owner.isdigit()
            and not Path("/proc", owner).exists()
            and (os.getuid() == 0 or folder.stat().st_uid == os.getuid())
        ):
            sandbox.clean_up(folder)


def _load(names: list[str]) -> None:
    """Import what questions of the jobs to come are made of, once for all workers."""
    for name in names:
        with suppress(Exception):
            importlib.import_module(name)


def main() -> None:
    """The warm parent, as its arguments say."""
    control = socket.socket(fileno=int(sys.argv[1]))
    parent = Parent(control, sys.argv[2], [Path(one) for one in sys.argv[3:]])
    try:
        parent.prepare()
    except (OSError, KeyError) as error:
        control.send(f"failed: {error}".encode())
        return
    parent.run()


if __name__ == "__main__":
    main()
