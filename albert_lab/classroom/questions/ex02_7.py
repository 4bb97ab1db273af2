"""ex02_7: what a network writes whose map you see."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex02_7",
    title="Eight digits through a map",
    kind="read a picture",
    objectives=("LO-02.6",),
    points=1,
    minutes=5,
    difficulty=2,
    importance=4,
    why=(
        "A row is a place that writes, and its bright column is the place whose symbol it collects. Here "
        "there is no other road from place to place, so the map is the answer to the task."
    ),
)

READ = 72941836
LOOKED_AT = (1, 3, 5, 7, 0, 2, 4, 6)  # the bright column of each row, counted from 0


@ask.reference
def written() -> int:
    digits = str(READ)
    return int("".join(digits[column] for column in LOOKED_AT))


ask.mistake(
    "the map is read by columns: you sent each digit to the place that looks at it backwards", 17823964
)
ask.mistake("this is what was read; the map is not used", READ)
ask.mistake("this is the task of the chapter, the sequence backwards; this map is another one", 63814927)
ask.mistake("the rows are read from the bottom to the top, or the columns counted from the right", 31976842)
ask.mistake("these are the places looked at, counted from 1, not the digits that stand there", 24681357)
ask.mistake("these are the places looked at, counted from 0, not the digits that stand there", 13570246)
ask.mistake("the map is read by columns, and these are places, not the digits there", 51627384)
ask.mistake("the map is followed twice", 46932871)
ask.mistake("every place is taken one too far to the right", 91372486)
ask.mistake("every place is taken one too far to the left", 79136248)
ask.mistake("the two halves of the answer are exchanged: look again where the first row is bright", 79132486)

ask.right(24867913, 24867913.0, torch.tensor(24867913), "24867913")
