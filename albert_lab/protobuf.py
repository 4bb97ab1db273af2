"""Protocol buffers read without their schema: the numbers and bytes that stand under each field number.

SentencePiece vocabularies and the indices of TensorFlow checkpoints are written in this form.
Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

_FIXED_WIDTHS = {1: 8, 5: 4}  # wire type -> bytes
_LONGEST_VARINT = 10  # bytes of seven bits for a number of 64 bits


def read_fields(message: bytes) -> dict[int, list[int | bytes]]:
    """{field number: its values in order}: whole numbers for varints, bytes for everything else.

    Raises:
        ValueError: the message is cut off or no protocol buffer.
    """
    found: dict[int, list[int | bytes]] = {}
    place = 0
    while place < len(message):
        tag, place = read_varint(message, place)
        number, wire_type = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("a field has the number 0")
        value: int | bytes
        if wire_type == 0:
            value, place = read_varint(message, place)
        else:
            if wire_type == 2:
                width, place = read_varint(message, place)
            elif wire_type in _FIXED_WIDTHS:
                width = _FIXED_WIDTHS[wire_type]
            else:
                raise ValueError(f"a field has the unknown wire type {wire_type}")
            value, place = message[place : place + width], place + width
            if place > len(message):
                raise ValueError("a field is cut off")
        found.setdefault(number, []).append(value)
    return found


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    """The whole number that begins at `place`, seven bits a byte, and the place behind it.

    Raises:
        ValueError: it is cut off, or longer than a number of 64 bits.
    """
    value = 0
    for index, byte in enumerate(data[place : place + _LONGEST_VARINT]):
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value, place + index + 1
    raise ValueError("a number is cut off or too long")


def whole(fields: dict[int, list[int | bytes]], number: int, default: int = 0) -> int:
    """The last whole number under a field number. Raises ValueError where bytes stand there."""
    value = fields.get(number, [default])[-1]
    if not isinstance(value, int):
        raise ValueError(f"field {number} holds bytes instead of a number")
    return value


def raw(fields: dict[int, list[int | bytes]], number: int) -> bytes:
    """The last bytes under a field number, b"" without any. Raises ValueError where a number stands there."""
    value = fields.get(number, [b""])[-1]
    if not isinstance(value, bytes):
        raise ValueError(f"field {number} holds a number instead of bytes")
    return value
