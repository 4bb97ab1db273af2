"""Only data crosses the wall, and nothing that comes from there can harm who reads it."""

from __future__ import annotations

import json
import math
import os
import pickle
import socket
import struct
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from transformers import AlbertConfig, AlbertModel

from albert_lab.classroom.course.elsewhere import _output, carry
from albert_lab.classroom.course.wire import (
    Channel,
    GoneError,
    LateError,
    WireError,
    clean,
    from_wire,
    read_error,
    to_wire,
)
from albert_lab.classroom.outcome import difference
from albert_lab.classroom.shown import odd_tensor, shown


def across(value):
    blobs: list[bytes] = []
    head = json.loads(json.dumps(to_wire(value, blobs)))
    return from_wire(head, blobs)


VALUES = [
    None, True, 0, -(2**80), 10**400, 1.5, -0.0, "text Ø", b"\0\xff", 1j, Fraction(1, 3), Decimal("0.1"),
    [1, [2.0, "x"]], (1,), {"a": [1], 2: (3,), (1, "b"): None}, {1, 2}, range(3), torch.float32,
    np.arange(6).reshape(2, 3), np.float32(0.5), np.array(True), np.array([], dtype="i4"),
    torch.randn(2, 3), torch.zeros(0, 3), torch.tensor(2), torch.tensor([True, False]),
    torch.randn(2, 3, dtype=torch.bfloat16), torch.randn(3, 4).mT, torch.tensor([1 + 2j]).conj(),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(type(value)))
def test_data_is_the_same_on_both_sides(value):
    found = across(value)
    if isinstance(value, torch.Tensor):
        assert (found.dtype, found.shape) == (value.dtype, value.shape)
        assert torch.equal(found, value.resolve_conj())
    elif isinstance(value, np.ndarray | np.generic):
        assert (found.dtype, type(found)) == (value.dtype, type(value))
        assert np.array_equal(found, value)
    elif not isinstance(value, range):
        assert (type(found), found) == (type(value), value)


def test_what_is_no_number_stays_none():
    assert math.isnan(across(math.nan))
    assert across(-math.inf) == -math.inf
    assert torch.isnan(across(torch.tensor(math.nan)))


class Odd:
    def __repr__(self):
        raise OSError

    def __reduce__(self):
        raise AssertionError("nothing is pickled")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Odd(), "something of type Odd whose repr raises OSError"),
        (len, "a function"),
        (int, "<class 'int'>"),
        ((one for one in [1]), "<generator object"),
    ],
)
def test_what_is_no_data_becomes_a_word(value, says):
    assert shown(across(value)).startswith(says)
    kind = type(across(value)).__name__
    assert kind in (type(value).__name__, "function")
    assert difference(1, across([value])[0], rtol=0, atol=0)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.eye(3).to_sparse(),
        torch.ones(3, 3, device="meta"),
        torch.ones(2).as_subclass(type("Mine", (torch.Tensor,), {})),
    ],
)
def test_an_odd_tensor_is_as_odd_over_here(tensor):
    assert odd_tensor(across(tensor)) == odd_tensor(tensor)
    assert shown(across(tensor)) == shown(tensor)


def test_a_list_that_holds_itself_ends():
    own: list = [1]
    own.append(own)
    assert shown(across(own)).startswith("[1, ")


HOSTILE = [
    {"t": "tensor", "dtype": "float32", "shape": [2], "blob": 0},
    {"t": "tensor", "dtype": "float32", "shape": [-1, -1], "blob": 0},
    {"t": "tensor", "dtype": "load", "shape": [1], "blob": 0},
    {"t": "tensor", "dtype": "__class__", "shape": [1], "blob": 0},
    {"t": "tensor", "dtype": "float32", "shape": [1], "blob": 9},
    {"t": "tensor", "dtype": "float32", "shape": [1], "blob": True},
    {"t": "tensor", "dtype": "float32", "shape": [2**50], "blob": 0},
    {"t": "tensor", "dtype": "float32", "shape": "1", "blob": 0},
    {"t": "array", "dtype": "O8", "shape": [1], "blob": 0},
    {"t": "array", "dtype": "f8,f8", "shape": [1], "blob": 0},
    {"t": "scalar", "dtype": "i4", "shape": [3], "blob": 0},
    {"t": "dict", "v": [[1]]},
    {"t": "dict", "v": 5},
    {"t": "int", "v": "zz"},
    {"t": "Fraction", "v": "1/0"},
    {"t": "error"},
    {"t": "error", "kinds": 5, "text": ""},
    {"t": "opaque"},
    {"t": "pickle", "v": "cos"},
    {"t": ["tuple"]},
    {"v": 1},
    [[]] * 400_000,
]


@pytest.mark.parametrize("head", HOSTILE, ids=lambda head: str(head)[:40])
def test_what_was_not_written_by_us_is_refused(head):
    with pytest.raises(WireError):
        from_wire(head, [b"abcd" * 4])


def test_depth_and_keys_are_bounded():
    deep: list = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(WireError):
        from_wire(deep, [])
    found = from_wire({"t": "dict", "v": [[{"t": "opaque", "kind": "K", "text": "k"}, 1], [[1], 2]]}, [])
    assert all(isinstance(key, str) for key in found)


def test_a_truth_value_is_true_or_false_whatever_its_byte():
    found = from_wire({"t": "tensor", "dtype": "bool", "shape": [3], "blob": 0}, [b"\x00\x01\x07"])
    assert torch.equal(found, torch.tensor([False, True, True]))
    assert found.view(torch.uint8).tolist() == [0, 1, 1]
    array = from_wire({"t": "array", "dtype": "b1", "shape": [3], "blob": 0}, [b"\x00\x01\x07"])
    assert array.view("u1").tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("kinds", "base"),
    [
        (["__main__.Mine", "builtins.ValueError", "builtins.Exception"], ValueError),
        (["builtins.KeyboardInterrupt"], Exception),
        (["builtins.SystemExit"], SystemExit),
        (["os.system"], Exception),
        (["albert_lab.errors.InputError", "builtins.ValueError"], ValueError),
        (["torch.OutOfMemoryError", "builtins.RuntimeError"], RuntimeError),
        (["builtins.exec"], Exception),
        ([], Exception),
    ],
)
def test_an_error_is_of_a_kind_that_is_known(kinds, base):
    error = read_error({"kinds": kinds, "text": "why"})
    assert isinstance(error, base)
    assert not isinstance(error, KeyboardInterrupt)
    assert str(error) == "why"
    if kinds:
        assert type(error).__name__ == kinds[0].rpartition(".")[2]


def test_an_error_of_a_questions_own_is_known():
    from albert_lab.classroom.questions.ex06_4 import InPlaceError

    kinds = [f"{InPlaceError.__module__}.InPlaceError", "builtins.RuntimeError"]
    assert isinstance(read_error({"kinds": kinds, "text": "why"}), InPlaceError)


def pair():
    one, two = socket.socketpair()
    return Channel(one.detach()), two


@pytest.mark.parametrize(
    "raw",
    [
        struct.pack("!IQ", 2**31, 0),
        struct.pack("!IQ", 2, 2**60),
        struct.pack("!IQ", 2, 0) + b"{}",
        struct.pack("!IQ", 3, 0) + b"\xff\xfe{",
        struct.pack("!IQ", 30, 4) + b'{"head": 1, "sizes": [-4, 8]}  ',
        struct.pack("!IQ", 29, 4) + b'{"head": 1, "sizes": [true]} ',
        struct.pack("!IQ", 100_000, 0) + b"[" * 100_000,
    ],
)
def test_nonsense_on_the_wire_is_called_so(raw):
    channel, other = pair()
    other.sendall(raw)
    with pytest.raises(WireError) as error:
        channel.receive(until=time.monotonic() + 5)
    assert not isinstance(error.value, LateError | GoneError)
    channel.close(), other.close()


def test_silence_is_late_and_an_end_is_an_end():
    channel, other = pair()
    with pytest.raises(LateError):
        channel.receive(until=time.monotonic())
    other.send(b"\0\0")
    other.close()
    with pytest.raises(GoneError):
        channel.receive(until=time.monotonic() + 5)
    channel.close()


def test_a_message_with_its_bytes_arrives():
    channel, other = pair()
    back = Channel(other.detach())
    channel.send({"a": [1]}, (b"xyz", b""))
    assert back.receive() == ({"a": [1]}, [b"xyz", b""])
    channel.close(), back.close()


def test_outputs_are_text_and_pictures_alone():
    assert _output({"output_type": "display_data", "data": {"text/html": "<script>"}}) is None
    assert _output({"output_type": "display_data", "data": {"image/png": "PHN2Zz4="}}) is None
    assert _output({"output_type": "stream", "name": "../x", "text": "t"}) is None
    assert _output("x") is None
    kept = _output({"output_type": "execute_result", "data": {"text/plain": "1", "text/latex": "x"}})
    assert kept == {"output_type": "display_data", "data": {"text/plain": "1"}, "metadata": {}}
    assert clean("\ud800a") == "?a"
    assert os.linesep


def test_a_column_of_one_element_crosses_with_the_strides_of_its_matrix():
    column = torch.arange(6.0).reshape(2, 3)[:1, 1:2]
    assert column.is_contiguous()
    assert column.stride() == (3, 1)
    strided = column.as_strided((1, 1), (5, 3), 1)
    blobs: list[bytes] = []
    head = json.loads(json.dumps(to_wire(strided, blobs)))
    assert torch.equal(from_wire(head, blobs), torch.tensor([[1.0]]))


def test_a_model_of_transformers_that_has_run_records_its_states_over_there():
    config = AlbertConfig(
        vocab_size=20, embedding_size=4, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=8, attn_implementation="eager",
    )  # fmt: skip
    model = AlbertModel(config).eval()
    ids = torch.tensor([[1, 2, 3]])
    here = model(ids, output_hidden_states=True).hidden_states
    there = pickle.loads(carry(model))(ids, output_hidden_states=True).hidden_states
    assert len(there) == 3
    torch.testing.assert_close(there, here)
    assert len(model(ids, output_hidden_states=True).hidden_states) == 3, "the model itself is as it was"
