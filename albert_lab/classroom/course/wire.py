"""What crosses the wall between a learner's code and the checks: data, and nothing that runs.

A message is a head in JSON and blobs of bytes. Towards the learner's side pickles are allowed, since they
come from us; from there comes only what `to_wire` makes and `from_wire` accepts: numbers, text, lists,
dictionaries, tensors and arrays of plain numbers. Everything else arrives as an `Opaque`, a word about it.
"""

from __future__ import annotations

import json
import math
import os
import select
import struct
import time
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

MOST_HEAD = 16 * 2**20
MOST_BLOBS = 256 * 2**20
_MOST_NODES = 300_000
_DEEPEST = 40
_LONGEST_TEXT = 2**20
_FRAME = struct.Struct("!IQ")
_ARRAYS = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")


class WireError(Exception):
    """The other side said something that is no message."""


class GoneError(WireError):
    """The other side is not there any more."""


class LateError(WireError):
    """The other side did not answer in time."""


class Opaque:
    """Stands for a value that is no data: its kind and a short text are all that is known of it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def opaque(kind: str, text: str) -> Any:
    """An `Opaque` whose class has this name; of a function, one that cannot be called."""
    if kind in ("function", "method", "builtin_function_or_method"):

        def function(*_: Any, **__: Any) -> Any:
            raise TypeError("a function that an answer returned cannot be called here")

        return function
    return type(kind or "object", (Opaque,), {})(text)


class Channel:
    """One end of a connected pair of sockets, read and written as messages.

    Args:
        handle: the file descriptor; it belongs to the channel from now on.
    """

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def send(self, head: Any, blobs: tuple[bytes, ...] = (), *, until: float = math.inf) -> None:
        """Write one message.

        Raises:
            GoneError, LateError: nobody reads it.
        """
        text = json.dumps({"head": head, "sizes": [len(blob) for blob in blobs]}).encode()
        self._write(_FRAME.pack(len(text), sum(map(len, blobs))) + text, until)
        for blob in blobs:
            self._write(blob, until)

    def receive(self, *, until: float = math.inf) -> tuple[Any, list[bytes]]:
        """Read one message: its head and its blobs.

        Raises:
            GoneError, LateError, WireError: there is none, not in time, or it is none.
        """
        size, rest = _FRAME.unpack(self._read(_FRAME.size, until))
        if size > MOST_HEAD or rest > MOST_BLOBS:
            raise WireError(f"a message of {size + rest} bytes is too large")
        try:
            whole = json.loads(self._read(size, until))
            head, sizes = whole["head"], whole["sizes"]
            fits = all(type(one) is int and one >= 0 for one in sizes) and sum(sizes) == rest
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise WireError(f"this is no message: {type(error).__name__}") from None
        if not fits:
            raise WireError("the sizes of a message do not fit")
        return head, [self._read(one, until) for one in sizes]

    def close(self) -> None:
        """Close it; the other side notices."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def _wait(self, event: int, until: float) -> None:
        left = until - time.monotonic()
        if left < 0:
            raise LateError("no answer in time")
        poll = select.poll()
        poll.register(self.handle, event)
        if not poll.poll(None if math.isinf(left) else int(left * 1000) + 1):
            raise LateError("no answer in time")

    def _read(self, count: int, until: float) -> bytes:
        parts, left = [], count
        while left:
            self._wait(select.POLLIN, until)
            try:
                part = os.read(self.handle, min(left, 2**20))
            except OSError as error:
                raise GoneError(str(error)) from None
            if not part:
                raise GoneError("the other side is gone")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _write(self, text: bytes, until: float) -> None:
        view = memoryview(text)
        while view:
            if not math.isinf(until):
                self._wait(select.POLLOUT, until)
            try:
                view = view[os.write(self.handle, view[: 2**16]) :]
            except OSError as error:
                raise GoneError(str(error)) from None


def clean(text: str, most: int = _LONGEST_TEXT) -> str:
    """Text that every file and page can hold: whole signs, none of them half a pair, not too long."""
    text = text if len(text) <= most else text[:most] + " …"
    return text.encode("utf-8", "replace").decode("utf-8")


def to_wire(value: Any, blobs: list[bytes], above: tuple[int, ...] = ()) -> Any:
    """A value as JSON, with the bytes of its tensors and arrays added to ``blobs``; never fails."""
    try:
        return _encode(value, blobs, above)
    except Exception:
        return _word(value)


def _word(value: Any) -> dict[str, str]:
    """What is told of a value that is no data."""
    try:
        text = repr(value)
    except Exception as error:  # its repr is the learner's
        text = f"something of type {type(value).__name__} whose repr raises {type(error).__name__}"
    return {"t": "opaque", "kind": type(value).__name__, "text": str(text)[:1000]}


def _encode(value: Any, blobs: list[bytes], above: tuple[int, ...]) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value) if abs(value) < 2**53 else {"t": "int", "v": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"t": "float", "v": str(value)}
    if isinstance(value, str):
        return str(value) if len(value) <= _LONGEST_TEXT else _word(value)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        if id(value) in above or len(above) > _DEEPEST - 5:
            return {"t": "opaque", "kind": "list", "text": "[…]"}
        return _encode_many(value, blobs, (*above, id(value)))
    return _encode_other(value, blobs)


def _encode_many(value: Any, blobs: list[bytes], above: tuple[int, ...]) -> Any:
    if len(value) > _MOST_NODES // 2:
        return {"t": "opaque", "kind": type(value).__name__, "text": f"{len(value)} entries"}
    if isinstance(value, Mapping):
        pairs = [[to_wire(key, blobs, above), to_wire(one, blobs, above)] for key, one in value.items()]
        return {"t": "dict", "v": pairs}
    inner = [to_wire(one, blobs, above) for one in value]
    if isinstance(value, list):
        return inner
    return {"t": "tuple" if isinstance(value, tuple) else "set", "v": inner}


def _encode_other(value: Any, blobs: list[bytes]) -> Any:
    import numpy as np
    import torch

    if isinstance(value, torch.Tensor):
        return _encode_tensor(value, blobs)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.str[1:] in _ARRAYS:
        plain = np.ascontiguousarray(np.asarray(value)).reshape(value.shape)
        blobs.append(plain.astype(plain.dtype.newbyteorder("<")).tobytes())
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        return {"t": kind, "dtype": value.dtype.str[1:], "shape": list(value.shape), "blob": len(blobs) - 1}
    if isinstance(value, bytes | bytearray):
        blobs.append(bytes(value))
        return {"t": "bytes", "blob": len(blobs) - 1}
    if isinstance(value, Fraction | Decimal):
        return {"t": type(value).__name__, "v": str(value)[:1000]}
    if isinstance(value, complex):
        return {"t": "complex", "v": [repr(value.real), repr(value.imag)]}
    if isinstance(value, torch.dtype):
        return {"t": "dtype", "v": str(value).removeprefix("torch.")}
    if isinstance(value, float):
        return to_wire(float(value), blobs)
    if isinstance(value, BaseException):
        return {"t": "error", **error_words(value)}
    return _word(value)


def error_words(error: BaseException) -> dict[str, Any]:
    """An error as data: the names of its classes, the most special first, and its text."""
    names = [f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__]
    try:
        text = str(error)
    except Exception:  # an error class of the learner
        text = ""
    return {"kinds": names[:20], "text": str(text)[:5000]}


def _encode_tensor(value: Any, blobs: list[bytes]) -> Any:
    import torch

    from albert_lab.classroom.shown import odd_tensor

    dtype = str(value.dtype).removeprefix("torch.")
    if odd_tensor(value):
        layout = str(value.layout).removeprefix("torch.")
        kind = "nested" if value.is_nested else "quantized" if value.is_quantized else layout
        kind = "meta" if value.device.type != "cpu" else kind
        kind = type(value).__name__ if kind == "strided" else kind
        return {"t": "odd tensor", "kind": kind, "dtype": dtype}
    # A tensor of one element counts as contiguous with any strides; a clone has those of its shape.
    plain = value.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    blobs.append(plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b"")
    return {"t": "tensor", "dtype": dtype, "shape": list(plain.shape), "blob": len(blobs) - 1}


def from_wire(head: Any, blobs: list[bytes]) -> Any:
    """The value that `to_wire` wrote.

    Raises:
        WireError: this is nothing that `to_wire` writes.
    """
    try:
        return _Decoder(blobs).value(head, 0)
    except WireError:
        raise
    except (
        ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, ArithmeticError,
    ) as error:  # fmt: skip
        raise WireError(f"a value cannot be read: {type(error).__name__}") from None


class _Decoder:
    """Reads one value, and counts what it reads."""

    def __init__(self, blobs: list[bytes]) -> None:
        self.blobs, self.nodes = blobs, 0

    def value(self, head: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > _MOST_NODES or depth > _DEEPEST:
            raise WireError("a value is too large")
        if head is None or isinstance(head, bool | int | float):
            return head
        if isinstance(head, str):
            return clean(head)
        if isinstance(head, list):
            return [self.value(one, depth + 1) for one in head]
        kind = head["t"]
        if kind in ("dict", "tuple", "set"):
            return self.many(kind, head["v"], depth + 1)
        return self.other(kind, head)

    def many(self, kind: str, inner: list, depth: int) -> Any:
        if kind == "dict":
            pairs = [(self.key(key, depth), self.value(one, depth)) for key, one in inner]
            return dict(pairs)
        if kind == "set":
            return {self.key(one, depth) for one in inner}
        return tuple(self.value(one, depth) for one in inner)

    def key(self, head: Any, depth: int) -> Any:
        """A key is a plain value, or a tuple of some; another kind of key becomes its text."""
        value = self.value(head, depth)
        if isinstance(value, tuple):
            return tuple(one if _plain(one) else repr(one) for one in value)
        return value if _plain(value) else repr(value)

    def other(self, kind: str, head: dict) -> Any:
        import numpy as np

        if kind == "tensor":
            return self.tensor(head)
        if kind in ("array", "scalar"):
            if head["dtype"] not in _ARRAYS:
                raise WireError("an array of no plain numbers")
            own = np.frombuffer(self.blob(head), dtype=f"<{head['dtype']}".replace("<b1", "u1"))
            own = own.reshape(_shape(head["shape"])).copy()
            own = np.asarray(own != 0) if head["dtype"] == "b1" else own
            return own if kind == "array" else own[()]
        if kind == "bytes":
            return self.blob(head)
        if kind == "int":
            return int(str(head["v"])[:100_000], 16)
        if kind == "float":
            return float(str(head["v"])[:40])
        if kind == "complex":
            return complex(*(float(str(one)[:40]) for one in head["v"]))
        if kind in ("Fraction", "Decimal"):
            return _exact(kind, str(head["v"])[:1000])
        if kind == "dtype":
            return _dtype(head["v"])
        if kind == "error":
            return read_error(head)
        if kind == "odd tensor":
            return _odd_tensor(str(head["kind"])[:80], _dtype(head["dtype"]))
        if kind == "opaque":
            name = clean(str(head["kind"])[:80])
            return opaque(name if name.isprintable() else "object", clean(str(head["text"])[:1000]))
        raise WireError("a value of no known kind")

    def blob(self, head: dict) -> bytes:
        place = head["blob"]
        if type(place) is not int or not 0 <= place < len(self.blobs):
            raise WireError("bytes that are not there")
        return self.blobs[place]

    def tensor(self, head: dict) -> Any:
        import torch

        dtype, shape, blob = _dtype(head["dtype"]), _shape(head["shape"]), self.blob(head)
        if len(blob) != math.prod(shape) * dtype.itemsize:
            raise WireError("the numbers of a tensor do not fill its shape")
        if not blob:
            return torch.empty(shape, dtype=dtype)
        plain = torch.frombuffer(bytearray(blob), dtype=torch.uint8)
        # Of a byte that is neither 0 nor 1 a bool would be neither True nor False.
        return (plain.ne(0) if dtype == torch.bool else plain.view(dtype)).reshape(shape)


def _plain(value: Any) -> bool:
    return value is None or type(value) in (bool, int, float, str, bytes)


def _shape(shape: Any) -> list[int]:
    if (
        not isinstance(shape, list)
        or len(shape) > 32
        or not all(type(n) is int and 0 <= n < 2**40 for n in shape)
    ):
        raise WireError("no shape")
    return shape


def _exact(kind: str, text: str) -> Any:
    try:
        return Decimal(text) if kind == "Decimal" else Fraction(text)
    except (InvalidOperation, ZeroDivisionError) as error:
        raise WireError("no number") from error


def _dtype(name: Any) -> Any:
    import torch

    dtype = getattr(torch, str(name), None)
    if not isinstance(dtype, torch.dtype):
        raise WireError("no dtype")
    return dtype


def _odd_tensor(kind: str, dtype: Any) -> Any:
    """A tensor that is as odd, so that what is said of it is the same; its numbers do not matter."""
    import torch

    ones = torch.ones(1, 1, dtype=dtype)
    if kind == "nested":
        return torch.nested.nested_tensor([ones[0]], layout=torch.jagged)
    if kind == "quantized":
        return torch.quantize_per_tensor(torch.ones(1), 0.1, 0, dtype)
    if kind == "meta":
        return torch.ones(1, dtype=dtype, device="meta")
    if kind in ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"):
        more = {"blocksize": (1, 1)} if kind in ("sparse_bsr", "sparse_bsc") else {}
        return ones.to_sparse(layout=getattr(torch, kind), **more)
    name = kind if kind.isidentifier() else "Tensor"
    return ones.as_subclass(type(name, (torch.Tensor,), {}))


_LIBRARIES = ("builtins", "torch", "numpy", "albert_lab.errors", "albert_lab.classroom.question")
_FAMILIES = ("torch.", "numpy.", "albert_lab.classroom.questions.")  # a question may have an error of its own


def read_error(head: dict) -> BaseException:
    """An error of the nearest class that is known here, under the name that it had there."""
    names = [str(one)[:200] for one in head["kinds"]][:20]
    base = next((found for found in map(_error_class, names) if found), Exception)
    name = clean(names[0].rpartition(".")[2]) if names else "Exception"
    text = clean(str(head["text"])[:5000])
    made = type(name if name.isprintable() and name else "Exception", (base,), {"__str__": lambda self: text})
    error = made.__new__(made)
    error.args = (text,)
    return error


def _error_class(name: str) -> type[BaseException] | None:
    """A class of errors by its name, from Python, torch, NumPy or ourselves; never one that stops a run."""
    import sys

    module, _, own = name.rpartition(".")
    if module not in _LIBRARIES and not module.startswith(_FAMILIES):
        return None
    found = vars(sys.modules[module]).get(own) if module in sys.modules else None
    if not (isinstance(found, type) and issubclass(found, BaseException)):
        return None
    return Exception if found in (KeyboardInterrupt, GeneratorExit, BaseException) else found
