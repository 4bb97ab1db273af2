"""Answers that are values: forms that mean the same number, and a word on the form of those that do not.

All questions for a value read it here, so that what counts as a number in one counts in every other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

NUMBER = "one number is expected, as Python writes it: 3 or 0.25, without words and units"
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,_\s]\d{3})+(\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_CLOSE = 0.01  # relative; nearer than that, an answer was rounded rather than thought otherwise
_LISTS = (list, tuple)


def in_form(given: Any, right: Any) -> Any:
    """`given` in the form of the right value, where it can mean nothing else.

    Text loses its case and its outer spaces. Where a number is asked for, one in quotes, as a fraction or
    alone in a list, a tensor or an array is that number; likewise for the values of a dictionary, of which
    names that nobody asked for are left out, and for a list of as many numbers as are asked for.
    """
    if isinstance(right, Mapping):
        return _entries(given, right)
    if _is_number(right):
        return _as_number(given, right)
    if isinstance(given, str) and isinstance(right, str):
        return given.strip().lower()
    if isinstance(right, Sequence) and not isinstance(right, str):
        return _places(given, right)
    return given


def part(answer: Callable, key: Any) -> Any:
    """One entry of an answer that is a dictionary or a list; None where it is not there.

    For questions that check each entry by itself; `answer` gives what `in_form` made of the answer.
    """
    given = answer()
    if isinstance(given, Mapping):
        return given.get(key)
    return given[key] if type(given) in _LISTS and isinstance(key, int) and key < len(given) else None


def remark(
    given: Any, right: Any, *, rtol: float = 1e-4, near: str = "nearly: something was rounded on the way"
) -> str:
    """What to tell about the form of an answer that `in_form` gave; nothing of the right one.

    `rtol` is the relative tolerance within which a number is right, `near` what is said of one that is close.
    """
    if isinstance(right, Mapping):
        if not isinstance(given, Mapping) or given.keys() != right.keys():
            return f"a dictionary with the keys {', '.join(map(repr, right))} is expected"
        found = ((key, remark(given[key], value, rtol=rtol, near=near)) for key, value in right.items())
        return next((f"under {key!r}: {text}" for key, text in found if text), "")
    if isinstance(right, str):
        return "" if isinstance(given, str) else "text is expected, in quotes"
    if isinstance(right, Sequence):
        return _list_remark(given, right)
    return _number_remark(given, right, rtol, near) if _is_number(right) else ""


def _number_remark(given: Any, right: Real, rtol: float, near: str) -> str:
    if not _is_number(given):
        return NUMBER
    if abs(given) > 1e300 or given == int(given):  # a whole number is not rounded, it is another one
        return ""
    if isinstance(right, int):
        return "a whole number is expected"
    return near if rtol < abs(given - right) / max(abs(right), 1e-12) < _CLOSE else ""


def _list_remark(given: Any, right: Sequence) -> str:
    count = len(right)
    if isinstance(given, set | frozenset):
        return f"a set keeps no order that could be read: write {count} values in a list"
    if type(given) not in _LISTS or len(given) != count:
        return f"{count} values in a list are expected"
    if all(map(_is_number, right)) and not all(map(_is_number, given)):
        return f"{count} numbers in a list are expected, as Python writes them, without words and units"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _entries(given: Any, right: Mapping) -> Any:
    """The entries that are asked for, each in form."""
    if not isinstance(given, Mapping):
        return given
    return {key: in_form(given[key], value) for key, value in right.items() if key in given}


def _places(given: Any, right: Sequence) -> Any:
    """As many values as are asked for, each in form; text is one that Python would read as a list."""
    given = _listed(given)
    if isinstance(given, str):
        parts = [one.strip() for one in given.strip().strip("()[]").replace(";", ",").split(",")]
        parts = parts[:-1] if parts and not parts[-1] else parts
        given = parts if len(parts) == len(right) else given
    if type(given) in _LISTS and len(given) == len(right):
        return type(given)(in_form(one, value) for one, value in zip(given, right, strict=True))
    return given


def _listed(given: Any) -> Any:
    """An array or a tensor as numbers or lists; what cannot be read stays as it is."""
    try:
        return given.tolist() if hasattr(given, "tolist") else given
    except Exception:  # a tensor without numbers
        return given


def _as_number(given: Any, right: float) -> Any:
    """The number that `given` means, or `given` itself."""
    alone = _alone(_listed(given))
    if isinstance(alone, Decimal):
        alone = Fraction(alone) if alone.is_finite() else alone
    read = _read(alone, right) if isinstance(alone, str) else alone
    if not _is_number(read):
        return given.strip().lower() if isinstance(given, str) else given
    return read


def _alone(given: Any) -> Any:
    """What stands alone in a list, as deep as a person would write it."""
    for _ in range(3):
        if not isinstance(given, list | tuple | set | frozenset) or len(given) != 1:
            return given
        (given,) = given
    return given


def _read(text: str, right: float) -> float | str:
    """A number in words of Python: with marks of thousands, a decimal comma or as a fraction."""
    text = text.strip().replace("−", "-").replace("⁄", "/")
    try:
        over, *under = (_plain(one.strip(), right) for one in text.split("/"))
        number = over / under[0] if len(under) == 1 else over
    except (ValueError, ZeroDivisionError):
        return text
    return number if len(under) < 2 and math.isfinite(number) else text


def _plain(text: str, right: float) -> float:
    if _DECIMAL_COMMA.fullmatch(text) and abs(right) < 1000:
        text = text.replace(",", ".")
    return float(re.sub(r"[,_\s]", "", text) if _THOUSANDS.fullmatch(text) else text)
