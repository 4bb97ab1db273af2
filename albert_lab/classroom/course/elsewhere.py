"""The checks' side of an answer that lives behind the wall: it is called there, and gives back data."""

from __future__ import annotations

import inspect
import io
import os
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from albert_lab.classroom.course.wire import (
    Channel,
    GoneError,
    LateError,
    WireError,
    clean,
    from_wire,
    read_error,
)
from albert_lab.classroom.outcome import Elsewhere, Outcome
from albert_lab.classroom.question import Draw, Question

QUESTIONS = "albert_lab.classroom.questions"
MOST_RESTARTS = 3
_GRACE = 5.0  # seconds between a worker's own end of time, and killing it


class AnswerTimeoutError(Exception):
    """The learner's code did not come to an end in time."""


class AnswerCrashedError(Exception):
    """The learner's code ended the process that it ran in."""


class LearnersSide:
    """One worker behind the wall, replaced by a fresh one where it hangs or dies.

    Args:
        control: the socket of the workers' warm parent.
        cell_seconds, call_seconds: how long one cell, and one call or check, may take.
        seconds: how long all of them together may take.
    """

    def __init__(
        self,
        control: socket.socket,
        *,
        cell_seconds: float = 20,
        call_seconds: float = 10,
        seconds: float = 120,
    ) -> None:
        self.control, self.cell_seconds, self.call_seconds = control, cell_seconds, call_seconds
        self.end = time.monotonic() + seconds
        self.ran: list[str] = []  # cells that came to an end, for a worker that takes over
        self.incidents: list[str] = []
        self.forbidden: set[str] = set()  # names that the question at hand does not want to see used
        self.restarts = 0
        self.channel: Channel | None = None
        self.life = -1
        self.carried: dict[tuple[str, int], bytes] = {}

    def run_cell(self, source: str) -> tuple[list[dict], str]:
        """Run one cell over there: its outputs, and the kind of incident, or ''."""
        try:
            reply, _ = self._ask({"do": "cell", "source": source}, self.cell_seconds)
            outputs = [one for one in map(_output, _list(reply.get("outputs"))[:300]) if one]
        except (WireError, AnswerTimeoutError, AnswerCrashedError) as error:
            return [_incident(error)], type(error).__name__
        self.ran.append(source)
        return outputs, ""

    def name(self, name: str) -> tuple[bool, Any]:
        """Whether there is such a name over there, and what it stands for: data, or a stand-in."""
        reply, blobs = self._ask({"do": "name", "name": name}, self.call_seconds)
        if reply.get("missing"):
            return False, None
        if "callable" in reply:
            return True, _stand_in(self, name, reply["callable"])
        return True, from_wire(reply.get("value"), blobs)

    def call(self, name: str, arguments: tuple, options: dict) -> Any:
        """Call a function over there; what it raised is raised here, as data."""
        blob = carry((arguments, options))
        head = {"do": "call", "name": name, "forbidden": bool(self.forbidden)}
        reply, blobs = self._ask(head, self.call_seconds, blob)
        if "error" in reply:
            raise read_error(reply["error"])
        return from_wire(reply.get("value"), blobs)

    def outcomes(self, name: str, question: Question, seed: int) -> list[Outcome]:
        """Try an answer on a question's cases over there."""
        key = (question.id, seed)
        cases = question.cases(Draw(seed))
        if key not in self.carried:
            self.carried[key] = carry((question.use, cases))
        head = {"do": "outcomes", "name": name, "seed": seed}
        head["forbidden"] = bool(self.forbidden)
        try:
            reply, blobs = self._ask(head, self.call_seconds, self.carried[key])
            found = [_read_outcome(one, blobs) for one in _list(reply.get("outcomes"))]
            if len(found) != len(cases):
                raise WireError("not as many outcomes as cases")
        except (AnswerTimeoutError, AnswerCrashedError) as error:
            return [Outcome(error=error)] * len(cases)
        return found

    def give(self, modules: dict[str, dict[str, Any]]) -> None:
        """Let given cells import over there what they import of the questions' own data."""
        if modules:
            with suppress(WireError, AnswerTimeoutError, AnswerCrashedError):
                self._ask({"do": "modules"}, self.call_seconds, carry(modules))

    def uses(self, names: Iterable[str]) -> None:
        """Note, once, that a forbidden function is used."""
        for name in sorted(names):
            told = f"uses {name}, which the question forbids"
            if told not in self.incidents:
                self.incidents.append(told)

    def close(self) -> None:
        """End the worker."""
        if self.channel is not None:
            self.channel.close()
            os.close(self.life)
            self.channel = None

    def _ask(self, head: dict, seconds: float, blob: bytes = b"") -> tuple[dict, list[bytes]]:
        """One request and its reply.

        Raises:
            AnswerTimeoutError, AnswerCrashedError: the worker hung or died, and a fresh one has taken over.
            WireError: it talks nonsense; likewise.
        """
        if time.monotonic() > self.end:
            self.close()
            raise AnswerTimeoutError("all the time that there is for one submission is used up")
        if self.channel is None:
            self._start()
        until = min(time.monotonic() + self._patience(seconds), self.end)
        try:
            self.channel.send({**head, "seconds": seconds}, (blob,) if blob else (), until=until)
            reply, blobs = self.channel.receive(until=until)
            if not isinstance(reply, dict):
                raise WireError("a reply that is none")
        except LateError:
            self._lost("it did not come to an end, and was stopped")
            raise AnswerTimeoutError(f"your code did not come to an end within {seconds:g} seconds") from None
        except GoneError:
            self._lost("it ended the process that it ran in")
            raise AnswerCrashedError(
                "your code ended Python, did not stop, or needed more memory than there is"
            ) from None
        except WireError as error:
            self._lost(f"it sent something that is no answer: {error}")
            raise
        if reply.get("late"):
            self.incidents.append("it did not come to an end in time")
            raise AnswerTimeoutError(f"your code did not come to an end within {seconds:g} seconds")
        used = " ".join(str(one)[:80] for one in _list(reply.get("used"))[:500]).replace("_", "")
        self.uses(name for name in self.forbidden if name.replace("_", "") in used)
        return reply, blobs

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        life, their_life = socket.socketpair()
        socket.send_fds(self.control, [b"{}"], [theirs.fileno(), their_life.fileno()])
        theirs.close(), their_life.close()
        os.set_blocking(ours.fileno(), True)
        self.channel, self.life = Channel(ours.detach()), life.detach()

    def _lost(self, what: str) -> None:
        """A worker is lost: end it, and let a fresh one run the cells that had come to an end."""
        self.close()
        self.incidents.append(what)
        self.restarts += 1
        if self.restarts > MOST_RESTARTS or time.monotonic() > self.end:
            self.end = 0.0  # nothing more is run
            return
        self._start()
        for source in self.ran:
            head = {"do": "cell", "source": source, "seconds": self.cell_seconds}
            until = min(time.monotonic() + self._patience(self.cell_seconds), self.end)
            try:
                self.channel.send(head, until=until)
                self.channel.receive(until=until)
            except WireError:  # it had come to an end before, and now it does not
                self.close()
                self.end = 0.0
                return

    def _patience(self, seconds: float) -> float:
        """Seconds to wait for a reply: the worker itself stops after three times as many, and says so."""
        return 3 * seconds + _GRACE


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []


def _output(one: Any) -> dict[str, Any] | None:
    """An output of a learner's cell, built anew: text and PNG pictures, and nothing else."""
    if not isinstance(one, dict):
        return None
    kind = one.get("output_type")
    if kind == "stream" and one.get("name") in ("stdout", "stderr"):
        return {"output_type": "stream", "name": one["name"], "text": clean(str(one.get("text")), 50_000)}
    if kind == "error":
        lines = [clean(str(line), 2000) for line in _list(one.get("traceback"))[:80]]
        return {
            "output_type": "error",
            "ename": clean(str(one.get("ename")), 200),
            "evalue": clean(str(one.get("evalue")), 5000),
            "traceback": lines,
        }
    if kind not in ("display_data", "execute_result") or not isinstance(one.get("data"), dict):
        return None
    data = {}
    if isinstance(one["data"].get("text/plain"), str):
        data["text/plain"] = clean(one["data"]["text/plain"], 50_000)
    picture = one["data"].get("image/png")
    if isinstance(picture, str) and _is_png(picture):
        data["image/png"] = picture
    return {"output_type": "display_data", "data": data, "metadata": {}} if data else None


def _is_png(text: str) -> bool:
    import base64
    import binascii

    try:
        return base64.b64decode(text, validate=True).startswith(b"\x89PNG\r\n\x1a\n")
    except (binascii.Error, ValueError):
        return False


def _incident(error: Exception) -> dict[str, Any]:
    name = type(error).__name__
    return {"output_type": "error", "ename": name, "evalue": str(error), "traceback": [f"{name}: {error}"]}


def _read_outcome(one: Any, blobs: list[bytes]) -> Outcome:
    if not isinstance(one, dict):
        raise WireError("no outcome")
    if "error" in one:
        if not isinstance(one["error"], dict) or not isinstance(one["error"].get("kinds"), list):
            raise WireError("no error")
        return Outcome(error=read_error(one["error"]), where=clean(str(one.get("where", ""))[:500]))
    changed, gradients = from_wire(one.get("changed"), blobs), from_wire(one.get("gradients"), blobs)
    if not isinstance(changed, tuple) or not isinstance(gradients, tuple):
        raise WireError("no outcome")
    return Outcome(from_wire(one.get("value"), blobs), changed=changed, gradients=gradients)


# What goes over there.


def carry(value: Any) -> bytes:
    """A pickle that needs no question at the other side: what questions define goes along in it."""
    import cloudpickle

    modules = [module for name, module in list(sys.modules.items()) if name.startswith(f"{QUESTIONS}.")]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        file = io.BytesIO()
        _pickler(file).dump(value)
        return file.getvalue()
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _pickler(file: io.BytesIO) -> Any:
    """One that leaves out the hooks with which transformers records states: copies record for nobody."""
    import cloudpickle
    import torch

    recording = "transformers.utils.output_capturing"

    class Pickler(cloudpickle.Pickler):
        def reducer_override(self, value: Any) -> Any:
            if not isinstance(value, torch.nn.Module):
                return super().reducer_override(value)
            make, arguments, state = value.__reduce_ex__(5)[:3]
            hooks = value._forward_hooks.items()
            others = {key: hook for key, hook in hooks if getattr(hook, "__module__", "") != recording}
            state = {**state, "_forward_hooks": OrderedDict(others)}
            state.pop("_output_capturing_hooks_installed", None)  # it hooks the copy when that first runs
            if any(kind.__name__ == "PreTrainedModel" for kind in type(value).__mro__):
                return type(value), (value.config,), state  # only its constructor says what it can record
            return make, arguments, state

    return Pickler(file, protocol=5)


# Stand-ins.


class _There(Elsewhere):
    """Where a stand-in's answer lives."""

    def __init__(self, side: LearnersSide, name: str) -> None:
        self.side, self.name = side, name

    def outcomes(self, question: Question, seed: int) -> list[Outcome]:
        return self.side.outcomes(self.name, question, seed)


def _stand_in(side: LearnersSide, name: str, looks: Any) -> Callable:
    """A function or class that looks like the learner's from outside, and does nothing itself."""
    looks = looks if isinstance(looks, dict) else {}
    there, own = _There(side, name), clean(str(looks.get("name", name))[:80])
    own = own if own.isidentifier() else "answer"
    if looks.get("class") is True:
        return _class_stand_in(there, own, looks)
    kinds = [str(one) for one in _list(looks.get("kinds"))]
    if "torch.nn.modules.module.Module" in kinds:
        import torch

        made = object.__new__(type(own, (torch.nn.Module,), {"__init__": lambda self: None}))
        object.__setattr__(made, "_albert_lab_elsewhere", there)
        return made

    def answer(*arguments: Any, **options: Any) -> Any:
        return there.side.call(there.name, arguments, options)

    answer.__name__ = answer.__qualname__ = own
    answer._albert_lab_elsewhere = there
    signature = _signature(looks.get("parameters"))
    if signature is not None:
        answer.__signature__ = signature
    return answer


def _class_stand_in(there: _There, name: str, looks: dict) -> type:
    def of_the_learner(*_: Any, **__: Any) -> Any:
        raise TypeError("a class of a learner is used where it was written, by lab.check")

    methods = [str(one) for one in _list(looks.get("methods")) if str(one).isidentifier()]
    made = type(name, (), {**dict.fromkeys(methods, of_the_learner), "__init__": of_the_learner})
    made._albert_lab_elsewhere = there
    signature = _signature(looks.get("parameters"))
    if signature is not None:
        made.__signature__ = signature
    return made


def _signature(parameters: Any) -> inspect.Signature | None:
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    str(name),
                    inspect._ParameterKind(kind),
                    default=... if default else inspect.Parameter.empty,
                )
                for name, kind, default in parameters
            ]
        )
    except (TypeError, ValueError):
        return None
