"""The settings under which answers are tried: the same in every session, and left as they were."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any


@contextmanager
def usual_settings() -> Iterator[None]:
    """What changes numbers, errors or gradients is as in a fresh session; afterwards it is as it was before.

    One thread, since several are slower on tiny tensors and wait on a busy machine.
    """
    import numpy as np
    import torch

    switches = _switches()
    before = [get() for get, _, _ in switches]
    usual_errors = np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
    with usual_errors, _on_cpu(), torch.inference_mode(False), torch.autocast("cpu", enabled=False):
        _set(switches, [usual for _, _, usual in switches])
        try:
            yield
        finally:
            _set(switches, before)


@contextmanager
def _on_cpu() -> Iterator[None]:
    """In a `with torch.device(…)` of the session no default can be set, only another `with` be entered."""
    import torch

    before = torch.get_default_device()
    try:
        with nullcontext() if before.type == "cpu" else torch.device("cpu"):
            yield
    finally:
        if torch.get_default_device() != before:
            torch.set_default_device(before)


@contextmanager
def own_random_numbers() -> Iterator[None]:
    """What is drawn inside leaves the session's states of torch, NumPy and Python as they were."""
    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state()  # noqa: NPY002  (answers draw from it)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def seeded(seed: int) -> None:
    """Begin all random numbers anew, so that what an answer draws is the same on each run."""
    import numpy as np
    import torch

    # torch.manual_seed would also note a stack for each kind of accelerator: half of the time.
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)


@contextmanager
def own_warnings() -> Iterator[None]:
    """No warning of our own code, planted mistakes too, is shown to a learner or becomes an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def their_warnings() -> Iterator[None]:
    """Warnings of an answer are shown, each once, and never raised, whatever the session wants."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        yield


Switch = tuple[Callable[[], Any], Callable[[Any], Any], Any]  # what it is, how to set it, as it usually is


@cache
def _switches() -> tuple[Switch, ...]:
    import torch

    return (
        (torch.get_default_dtype, torch.set_default_dtype, torch.float32),
        (torch.is_grad_enabled, torch.set_grad_enabled, True),
        (torch.get_num_threads, torch.set_num_threads, 1),
        (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, 0),
        (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
        (_anomalies, lambda wanted: torch.autograd.set_detect_anomaly(*wanted), (False, True)),
        (_flushes_tiny_numbers, torch.set_flush_denormal, False),
    )


def _set(switches: tuple[Switch, ...], wanted: list[Any]) -> None:
    for (get, put, _), value in zip(switches, wanted, strict=True):
        if get() != value:
            put(value)


def _anomalies() -> tuple[bool, bool]:
    import torch

    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def _flushes_tiny_numbers() -> bool:
    """torch can set this, and cannot tell it."""
    import torch

    tiny = torch.full((), 1e-310, dtype=torch.float64, device="cpu")
    return not bool(tiny + tiny)
