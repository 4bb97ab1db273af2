"""Running a model without dropout, also from several threads at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from weakref import WeakKeyDictionary

from torch import nn

# For every module that is being run: by how many at once, and the mode in which the first of them found it.
_running: WeakKeyDictionary[nn.Module, tuple[int, bool]] = WeakKeyDictionary()
_lock = Lock()


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """The model without dropout; afterwards each of its modules is in the mode it was in.

    Threads may run one model, or models that share modules, at the same time: the last to leave restores it.
    """
    modules = list(model.modules())
    with _lock:
        for module in modules:
            count, mode = _running.get(module, (0, module.training))
            _running[module] = (count + 1, mode)
            module.training = False
    try:
        yield
    finally:
        with _lock:
            for module in modules:
                count, mode = _running.pop(module)
                if count > 1:
                    _running[module] = (count - 1, mode)
                else:
                    module.training = mode
