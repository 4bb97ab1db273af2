"""ex01_5: read off what a head is divided by."""

from __future__ import annotations

import math
from numbers import Real

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex01_5",
    title="What was it divided by?",
    kind="read a picture",
    objectives=("LO-01.5",),
    points=2,
    minutes=10,
    difficulty=4,
    importance=3,
    why=(
        "How many keys a row uses depends on the spread of its scores alone, and undivided scores have the "
        "spread √d. At width 2⁸ the second head uses as many keys as the first at 2⁴: its spread of 16 has "
        "been divided by 4, and 4 is 256 to the power of ¼."
    ),
)

ROUGHLY = 0.2  # stands for all answers that are near the right one, and not it


@ask.reference
def power() -> float:
    # The two heads use as many keys where their scores have the same spread: 2^4 undivided, 2^8 divided.
    spread = math.sqrt(2**4)
    divisor = math.sqrt(2**8) / spread
    return math.log(divisor, 2**8)


@ask.use
def taken(answer) -> object:
    """Readings that are too rough, in all their decimals, are one mistake."""
    given = answer()
    near = isinstance(given, Real) and 0.15 <= given <= 0.4
    return ROUGHLY if near and not math.isclose(given, 0.25, rel_tol=ask.rtol) else given


ask.mistake("you answer for a head divided by √d; its line would be flat", 0.5)
ask.mistake("you answer for the other line: a power of 0 divides by 1", 0)
ask.mistake("you answer for a head divided by d; with wider heads its scores would shrink", 1)
ask.mistake("you found that one line needs twice the exponent of the other, and gave the 2 itself", 2)
ask.mistake("you gave the spread at the places that you compared, or which root it is, not a power of d", 4)
ask.mistake("the sign is turned: d to this power makes the scores larger", -0.25)
ask.mistake("you added to the ½ of the undivided spread what has to be taken away from it", 0.75)
ask.mistake("one half too many was taken: the spread is already the root of the variance", 0.125)
ask.mistake("you gave an exponent of 2 read off the axis", 8)
ask.mistake(
    "the heights are read too roughly, or you compared two that are only near each other: look where "
    "they are the same, and which simple fraction that makes",
    ROUGHLY,
)
ask.mistake("you gave a spread, √d at 2⁸, not the power of d that it was divided by", 16)
ask.mistake("you gave a width; a power of it makes one spread the other, and that power is asked for", 256)

ask.right(1 / 4, torch.tensor(0.25), math.log(4, 256), "0.25", "1 / 4")
