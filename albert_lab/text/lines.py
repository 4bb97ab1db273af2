"""Bytes of a file as lines of text, decoded strictly: what is no text is told with its place."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from albert_lab.errors import InputError

_BLOCK = 1 << 20
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_HOW = "name its encoding: --encoding {0} on the command line, encoding={0!r} in Python"


def checked_encoding(encoding: str) -> str:
    """The name of a text encoding as Python's codecs have it; for "utf-8" the one that drops a BOM.

    Raises:
        InputError: there is none of that name, or it is no encoding of text, as "hex" is.
    """
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)
    except (LookupError, ValueError, TypeError) as error:
        raise InputError(f"encoding {encoding!r} is not known.", expected="utf-8, latin-1, ...") from error
    return "utf-8-sig" if codec.name == "utf-8" else encoding


def decoded_lines(file: BinaryIO, name: str, encoding: str) -> Iterator[str]:
    """Lines with their "\\n", in constant memory; "\\r\\n" and "\\r" end a line too.

    Raises:
        InputError: bytes that are not in that encoding (the first one is named), or zero bytes, which text
            does not hold.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    rest, taken, final = "", 0, False
    while not final:
        block = file.read(_BLOCK)
        final, taken = not block, taken + len(block)
        try:
            text = newlines.decode(decoder.decode(block, final), final)
        except UnicodeDecodeError as error:
            raise _undecodable(error, name, encoding, taken) from error
        except UnicodeError as error:  # as of UTF-16 without a byte order mark
            raise InputError(f"{name} is not {encoding}: {error}.", mend=_HOW.format("utf-16-le")) from error
        if "\0" in text:
            raise InputError(
                f"{name} holds zero bytes: it looks like UTF-16, or like no text at all.",
                expected="text in the encoding that was named, utf-8 unless said otherwise",
                mend=_HOW.format("utf-16-le"),
            )
        *lines, rest = (rest + text).split("\n")
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest


def _undecodable(error: UnicodeDecodeError, name: str, encoding: str, taken: int) -> InputError:
    offset = taken - len(error.object) + error.start  # error.object ends where the bytes taken so far end
    likely = next((other for mark, other in _MARKS.items() if error.object.startswith(mark)), "latin-1")
    byte = error.object[error.start]
    return InputError(
        f"Byte {offset} of {name} (0x{byte:02x}) is not {encoding.removesuffix('-sig')}.",
        expected="text in the encoding that was named, utf-8 unless said otherwise",
        mend=_HOW.format(likely),
    )
