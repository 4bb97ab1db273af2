"""English number words and dates, and the same in Chinese: pairs made by rule, as many as one wants.

English counts in thousands, Chinese in ten-thousands (万), and a Chinese date begins with the year: no word
by word translation gets them right. Longer numbers than those of training are kept for the test.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

from albert_lab.downstream.data import Splits, split
from albert_lab.downstream.labelled import TextPair
from albert_lab.errors import InputError

NUMBER, DATE, LONGER = "number", "date", "longer number"
LONGEST_TRAINED, LONGEST = 99_999, 999_999

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"}
_ORDINALS |= {"nine": "ninth", "twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth"}
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万")


def english_number(n: int) -> str:
    """342 -> "three hundred and forty-two". 0 to 999,999.

    Raises:
        InputError: a number outside.
    """
    _check(n)
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f"-{_ONES[n % 10]}" if n % 10 else "")
    size, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    head, rest = divmod(n, size)
    joint = " and " if rest < 100 else " "
    return f"{english_number(head)} {name}" + (joint + english_number(rest) if rest else "")


def chinese_number(n: int) -> str:
    """342 -> "三百四十二". 0 to 999,999.

    Four digits make a group; a gap inside is one 零, and a number that would begin with 一十 begins with 十.

    Raises:
        InputError: a number outside.
    """
    _check(n)
    if n == 0:
        return _DIGITS[0]
    high, low = divmod(n, 10_000)
    text = _group(high) + _GROUPS[1] if high else ""
    if low:
        text += (_DIGITS[0] if high and low < 1000 else "") + _group(low)
    return text.removeprefix("一") if text.startswith("一十") else text


def _group(n: int) -> str:
    """1 to 9999 with every 一 written: 305 -> 三百零五."""
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = n // 10**place % 10
        if digit:
            text += (_DIGITS[0] if gap and text else "") + _DIGITS[digit] + _PLACES[place]
        gap = not digit
    return text


def english_date(day: date, *, month_first: bool = False) -> str:
    """1992-05-04 -> "the fourth of may nineteen ninety-two", or "may the fourth nineteen ninety-two"."""
    month, number = _MONTHS[day.month - 1], _ordinal(day.day)
    said = f"{month} the {number}" if month_first else f"the {number} of {month}"
    return f"{said} {_english_year(day.year)}"


def chinese_date(day: date) -> str:
    """1992-05-04 -> "一九九二年五月四日": the year digit by digit, with 〇 for zero."""
    year = "".join("〇" if digit == "0" else _DIGITS[int(digit)] for digit in f"{day.year:04}")
    return f"{year}年{chinese_number(day.month)}月{chinese_number(day.day)}日"


def _ordinal(n: int) -> str:
    before, dash, last = english_number(n).rpartition("-")
    return before + dash + _ORDINALS.get(last, f"{last.removesuffix('t')}th")


def _english_year(year: int) -> str:
    century, rest = divmod(year, 100)
    if 2000 <= year < 2010:
        return english_number(year)
    if not rest:
        return f"{english_number(century)} hundred"
    return f"{english_number(century)} {'oh ' if rest < 10 else ''}{english_number(rest)}"


def numerals(count: int = 4000, seed: int = 0) -> Splits[TextPair]:
    """Pairs of English and Chinese, drawn: a third dates, the rest numbers of one to five digits.

    Three kinds: "number", "date", and in the test side only "longer number", of six digits.

    Args:
        count: pairs that are drawn, doubles included, longer numbers not.
        seed: decides which.
    """
    rng, first = random.Random(f"numerals {seed}"), date(1900, 1, 1)
    found: dict[str, TextPair] = {}
    for number in range(count):
        if number % 3 == 0:
            day = first + timedelta(days=rng.randrange(73_000))  # up to 2099
            pair = (english_date(day, month_first=rng.random() < 0.5), chinese_date(day), DATE)
            key = day.isoformat()  # both ways to say a day are on one side
        else:
            digits = rng.randint(1, 5)
            n = rng.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits)
            pair, key = (english_number(n), chinese_number(n), NUMBER), str(n)
        found.setdefault(pair[0], TextPair(*pair, group=key))
    sides = split(found.values(), lambda pair: pair.group, "English and Chinese numerals, made by rule.")
    longer = rng.sample(range(LONGEST_TRAINED + 1, LONGEST + 1), max(1, count // 16))
    kept = [TextPair(english_number(n), chinese_number(n), LONGER, str(n)) for n in longer]
    return Splits(sides.training, sides.development, [*sides.test, *kept], sides.origin)


def _check(n: int) -> None:
    if not 0 <= n <= LONGEST:
        raise InputError(f"the number is {n:,}.", expected=f"0 to {LONGEST:,}")
