"""Values of any kind as short text, and copies of them: nothing that a learner returns makes these fail."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any

_DEPTH = 20  # so far lists in lists are looked into


class _Holder:
    """Stands for a list that holds itself."""

    def __repr__(self) -> str:
        return "[…]"


def copied(value: Any, above: tuple[int, ...] = ()) -> Any:
    """A copy that nobody changes later: tensors without their history, arrays, lists and dictionaries."""
    import numpy as np
    import torch

    if isinstance(value, torch.Tensor):
        value = value.detach()
        return value if odd_tensor(value) else value.clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if not isinstance(value, Mapping | list | tuple | set):
        return value
    if id(value) in above or len(above) > _DEPTH:
        return _Holder()
    above = (*above, id(value))
    if isinstance(value, Mapping):
        return {key: copied(one, above) for key, one in value.items()}
    if isinstance(value, set):
        return copy.copy(value)
    return (list if isinstance(value, list) else tuple)(copied(one, above) for one in value)


def odd_tensor(value: Any) -> str:
    """What is not ordinary about a tensor, whose numbers cannot be compared as they are; '' if nothing is."""
    import torch

    if not isinstance(value, torch.Tensor):
        return ""
    if value.is_nested:
        return "a nested one"
    if value.layout != torch.strided:
        return f"a sparse one ({value.layout})"
    if value.is_quantized:
        return "a quantized one"
    if value.device.type != "cpu":
        return f"on the device {value.device}"
    return "" if type(value) in (torch.Tensor, torch.nn.Parameter) else f"a {type(value).__name__}"


def shown(value: Any, width: int = 400, depth: int = 0) -> str:
    """A value as short text: tensors rounded, long ones by their shape, also inside of other values."""
    try:
        text = _shown(value, width, depth)
    except Exception as error:  # its repr is the learner's
        text = f"something of type {type(value).__name__} whose repr raises {type(error).__name__}"
    return text if len(text) <= width else f"{text[:width]} …"


def _shown(value: Any, width: int, depth: int) -> str:
    import numpy as np
    import torch

    if isinstance(value, torch.Tensor):
        return _tensor_shown(value)
    if isinstance(value, np.ndarray) and value.dtype != object:
        return (
            f"array {value.tolist()}" if value.size <= 24 else f"array of shape {value.shape}, {value.dtype}"
        )
    if isinstance(value, Mapping | list | tuple) and depth > _DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {shown(one, width, depth + 1)}" for key, one in value.items()) + "}"
    if type(value) in (list, tuple):
        inner = ", ".join(shown(one, width, depth + 1) for one in value)
        one = "," if type(value) is tuple and len(value) == 1 else ""
        return f"[{inner}]" if type(value) is list else f"({inner}{one})"
    if type(value) is int and value.bit_length() > 200:
        return f"a whole number of {value.bit_length()} bits"
    return "a function" if inspect.isroutine(value) else repr(value)


def _tensor_shown(value: Any) -> str:
    odd = odd_tensor(value)
    if odd:
        return f"tensor, {odd}, {value.dtype}"
    if value.numel() > 24 or value.numel() == 0:
        empty = "" if value.numel() else "empty "
        return f"{empty}tensor of shape {tuple(value.shape)}, {value.dtype}"
    value = value.detach()
    return str(value.double().round(decimals=4).tolist() if value.is_floating_point() else value.tolist())
