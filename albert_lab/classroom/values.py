"""Answers that are values: forms that mean the same number, and a word on the form of those that do not."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from numbers import Real
from typing import Any

_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,_ ]\d{3})+(\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_CLOSE = 0.01  # relative; nearer than that, an answer was rounded rather than thought otherwise


def in_form(given: Any, right: Any) -> Any:
    """`given` in the form of the right value, where it can mean nothing else.

    Text loses its case and its outer spaces. Where a number is asked for, one in quotes or alone in a list,
    a tensor or an array is that number; likewise for the values of a dictionary.
    """
    if isinstance(given, str):
        given = given.strip().lower()
    if _is_number(right):
        return _as_number(given, right)
    if isinstance(right, Mapping) and isinstance(given, Mapping):
        return {key: in_form(value, right.get(key)) for key, value in given.items()}
    return given


def remark(given: Any, right: Any, *, rtol: float = 1e-4) -> str:
    """What to tell about the form of an answer that `in_form` gave; nothing of the right one.

    `rtol` is the relative tolerance within which a number is right.
    """
    if isinstance(right, Mapping):
        if not isinstance(given, Mapping) or given.keys() != right.keys():
            return f"a dictionary with the keys {', '.join(map(repr, right))} is expected"
        found = ((key, remark(given[key], value, rtol=rtol)) for key, value in right.items())
        return next((f"under {key!r}: {text}" for key, text in found if text), "")
    if isinstance(right, str):
        return "" if isinstance(given, str) else "text is expected, in quotes"
    if isinstance(right, Sequence):
        fits = not isinstance(given, str) and hasattr(given, "__len__") and len(given) == len(right)
        return "" if fits else f"{len(right)} values in a list are expected"
    if _is_number(right) and not _is_number(given):
        return "one number is expected, as Python writes it: 3 or 0.25, without words and units"
    near = _is_number(right) and rtol < abs(given - right) / max(abs(right), 1e-12) < _CLOSE
    if near and not float(given).is_integer():
        return "nearly: something was rounded on the way; keep all digits"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _as_number(given: Any, right: float) -> Any:
    if hasattr(given, "tolist"):
        given = given.tolist()
    if isinstance(given, list | tuple) and len(given) == 1:
        return _as_number(given[0], right)
    if not isinstance(given, str):
        return given
    if _DECIMAL_COMMA.fullmatch(given) and abs(right) < 1000:
        given = given.replace(",", ".")
    text = re.sub("[,_ ]", "", given) if _THOUSANDS.fullmatch(given) else given
    try:
        number = float(Fraction(text) if "/" in text else text)
    except (ValueError, ZeroDivisionError, OverflowError):
        return given
    return number if math.isfinite(number) else given
