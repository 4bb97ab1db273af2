"""TensorFlow checkpoints (the "tensor bundle" format) read with numpy alone; nothing in them is executed.

PREFIX.index is a sorted table in LevelDB's form: the name of a tensor -> its type, shape, place and
checksum. PREFIX.data-00000-of-00001, ... hold the numbers, one tensor after the other. Every block of the
index and every tensor carries a CRC-32C, and each is compared: what is damaged is never read.

Sources: tensorflow/core/protobuf/tensor_bundle.proto, and leveldb/doc/table_format.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from albert_lab.errors import CheckpointError
from albert_lab.protobuf import raw, read_fields, read_varint, whole

_MAGIC = 0xDB4775248B80FB57  # the last eight bytes of a table
_FOOTER = 48
_BFLOAT16 = 14
_TYPES = {1: "<f4", 2: "<f8", _BFLOAT16: "<u2", 19: "<f2"}  # TensorFlow's number of a type -> numpy's name
_CRC_POLYNOMIAL, _CRC_MASK = 0x82F63B78, 0xA282EAD8
_CHUNKS = 4096  # parts of a tensor whose checksums are computed side by side


class TensorBundle:
    """The tensors of a checkpoint, by name.

    Args:
        prefix: the path without its ending: `folder/model.ckpt-best` for `model.ckpt-best.index`.

    Raises:
        CheckpointError: a file is missing, cut off, damaged, compressed, or in another form.
    """

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        index = Path(f"{prefix}.index")
        try:
            table = dict(_entries(index.read_bytes()))
            header = read_fields(table.pop(b""))
            shards = whole(header, 1)
            if whole(header, 2) != 0:
                raise ValueError("its numbers have their bytes in big-endian order")
            self._entries = {name.decode(): read_fields(value) for name, value in table.items()}
        except OSError as error:
            raise CheckpointError(f"{index} cannot be read: {error.strerror or error}") from error
        except (ValueError, KeyError, struct.error) as error:
            raise CheckpointError(
                f"{index} is no index of a TensorFlow checkpoint, or a damaged one: {error}",
                expected="the .index file that TensorFlow's Saver writes",
                mend="copy or download the checkpoint again",
            ) from error
        self._files = [Path(f"{prefix}.data-{i:05}-of-{shards:05}") for i in range(shards)]

    @property
    def names(self) -> list[str]:
        """The names of all tensors, sorted."""
        return sorted(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> np.ndarray:
        """One tensor as float32.

        Raises:
            CheckpointError: there is none of that name, its file is missing or damaged, or it holds no
                floating point numbers.
        """
        try:
            return self._read(self._entries[name])
        except (KeyError, ValueError) as error:
            raise CheckpointError(
                f"the tensor {name} of {self.prefix} cannot be read: {error}",
                mend="copy or download the checkpoint again, with all its .data files",
            ) from error
        except OSError as error:
            raise CheckpointError(
                f"the tensor {name} of {self.prefix} cannot be read: {error.strerror or error}",
                expected=", ".join(path.name for path in self._files),
            ) from error

    def _read(self, entry: dict[int, list[int | bytes]]) -> np.ndarray:
        if 7 in entry:
            raise ValueError("it is stored in slices")
        kind = whole(entry, 1)
        if kind not in _TYPES:
            raise ValueError(f"its type has the number {kind}, which is no floating point type known here")
        shape = [whole(read_fields(dim), 1) for dim in read_fields(raw(entry, 2)).get(2, [])]
        shard, start, size = (whole(entry, number) for number in (3, 4, 5))
        if shard >= len(self._files):
            raise ValueError(f"it should stand in file {shard} of {len(self._files)}")
        numbers = 1
        for length in shape:  # whole numbers of Python, which do not overflow
            numbers *= length
        if size != np.dtype(_TYPES[kind]).itemsize * numbers:
            raise ValueError(f"its shape {shape} does not fit its {size} bytes")
        with self._files[shard].open("rb") as file:
            file.seek(0, 2)
            if start + size > file.tell():
                raise ValueError(f"{self._files[shard].name} is cut off")
            file.seek(start)
            data = file.read(size)
        if struct.pack("<I", masked_crc32c(data)) != raw(entry, 6):
            raise ValueError(f"{self._files[shard].name} is damaged: the checksum differs")
        array = np.frombuffer(data, dtype=_TYPES[kind]).reshape(shape)
        if kind == _BFLOAT16:  # the upper half of a float32
            return (array.astype(np.uint32) << 16).view(np.float32)
        return array.astype(np.float32)


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a table, in order."""
    if len(table) < _FOOTER or struct.unpack("<Q", table[-8:])[0] != _MAGIC:
        raise ValueError("it does not end as one")
    place = len(table) - _FOOTER
    for _ in range(2):  # where the meta index begins, and its size; it is empty
        _, place = read_varint(table, place)
    for _, handle in _block(table, table[place:-8]):
        yield from _block(table, handle)


def _block(table: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block; a key is stored as what differs from the key before it."""
    start, place = read_varint(handle, 0)
    size, _ = read_varint(handle, place)
    block, compression, checksum = (
        table[start : start + size],
        table[start + size : start + size + 1],
        table[start + size + 1 : start + size + 5],
    )
    if checksum != struct.pack("<I", masked_crc32c(block + compression)):
        raise ValueError("a checksum differs")
    if compression != b"\0":
        raise ValueError("it is compressed")
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 - 4 * restarts
    place, key = 0, b""
    while place < end:
        shared, place = read_varint(block, place)
        fresh, place = read_varint(block, place)
        length, place = read_varint(block, place)
        if place + fresh + length > end:
            raise ValueError("an entry is cut off")
        key = key[:shared] + block[place : place + fresh]
        place += fresh + length
        yield key, block[place - length : place]


def masked_crc32c(data: bytes) -> int:
    """CRC-32C, turned and shifted as LevelDB does so that checksums of checksums stay good ones."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _CRC_MASK) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The CRC with Castagnoli's polynomial.

    A long text is cut into chunks whose remainders numpy computes side by side. They are joined by the law
    remainder(A B) = remainder(A followed by |B| zeros) xor remainder(B).
    """
    table = _crc_table()
    chunk = len(data) // _CHUNKS
    state = 0xFFFFFFFF
    if chunk:
        columns = np.frombuffer(data, np.uint8, chunk * _CHUNKS).reshape(_CHUNKS, chunk).T
        remainders = np.zeros(_CHUNKS, np.uint32)
        shifted = np.uint32(1) << np.arange(32, dtype=np.uint32)  # what each bit becomes behind `chunk` zeros
        for column in np.ascontiguousarray(columns):
            remainders = table[(remainders ^ column) & 255] ^ (remainders >> 8)
            shifted = table[shifted & 255] ^ (shifted >> 8)
        bits = [int(image) for image in shifted]
        for remainder in remainders.tolist():
            moved = 0
            while state:
                lowest = state & -state
                moved ^= bits[lowest.bit_length() - 1]
                state ^= lowest
            state = moved ^ remainder
    rest = table.tolist()
    for byte in data[chunk * _CHUNKS :]:
        state = rest[(state ^ byte) & 255] ^ (state >> 8)
    return state ^ 0xFFFFFFFF


@cache
def _crc_table() -> np.ndarray:
    """The remainder of every byte."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(_CRC_POLYNOMIAL), table >> 1)
    return table.astype(np.uint32)
