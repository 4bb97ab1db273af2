"""Writes TensorFlow checkpoints, from the two documents that describe their form; the reader is not used.

Sources: tensorflow/core/protobuf/tensor_bundle.proto, and leveldb/doc/table_format.md.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def write_bundle(prefix: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """PREFIX.index and PREFIX.data-00000-of-00001 with these tensors in float32."""
    data, entries = b"", {b"": field(1, 1) + field(3, field(1, 1))}  # one shard, version 1
    for name, tensor in tensors.items():
        numbers = np.ascontiguousarray(tensor, "<f4").tobytes()
        shape = b"".join(field(2, field(1, length)) for length in tensor.shape)
        entry = field(1, 1) + field(2, shape) + field(4, len(data)) + field(5, len(numbers))
        entries[name.encode()] = entry + varint(6 << 3 | 5) + struct.pack("<I", masked(numbers))
        data += numbers
    Path(f"{prefix}.data-00000-of-00001").write_bytes(data)
    Path(f"{prefix}.index").write_bytes(table(dict(sorted(entries.items()))))


def table(entries: Mapping[bytes, bytes]) -> bytes:
    """A block of data, an empty meta index, the index of the one block of data, and the footer."""
    data, nothing = pairs(entries), pairs({})
    meta = varint(len(sealed(data))) + varint(len(nothing))
    index = pairs({max(entries): varint(0) + varint(len(data))})
    written = sealed(data) + sealed(nothing)
    footer = meta + varint(len(written)) + varint(len(index))
    return written + sealed(index) + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def pairs(entries: Mapping[bytes, bytes]) -> bytes:
    """A block in which no key shares its beginning with the one before it."""
    body = b"".join(
        varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in entries.items()
    )
    return body + struct.pack("<II", 0, 1)


def sealed(block: bytes) -> bytes:
    """A block that is not compressed, with its checksum."""
    return block + b"\0" + struct.pack("<I", masked(block + b"\0"))


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    """Seven bits in each byte, the lowest first."""
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def masked(data: bytes) -> int:
    """CRC-32C, bit by bit, turned and shifted as LevelDB does."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
