"""ex03_5: read from a picture where a position table ends."""

from __future__ import annotations

import math

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex03_5",
    title="Where a table ends",
    kind="read a picture",
    objectives=("LO-03.4",),
    points=1,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "A row is changed only by texts that reach its place, so behind the longest training text the rows "
        "are what chance made them at the start: at right angles to all others, also to their neighbours. No "
        "error tells you so, since the table itself goes on to its last row."
    ),
)

BY_DISTANCE = (1.0, 0.8, 0.62, 0.4, 0.25, 0.12)


def cosines_of_rows() -> list[list[float]]:
    """The cosine of every two rows of the table in the picture, (10, 10)."""

    def cosine(i: int, j: int) -> float:
        wobble = 0.07 * math.sin(12.9898 * (min(i, j) + 1) * (max(i, j) + 2))
        if i == j:
            return 1.0
        return wobble + (BY_DISTANCE[abs(i - j)] if max(i, j) < 6 else 0.0)

    return [[round(cosine(i, j), 2) for j in range(10)] for i in range(10)]


@ask.reference
def first_row_without_training() -> int:
    cosines = cosines_of_rows()
    beside = [cosines[place][place - 1] for place in range(1, 10)]  # with the place before it
    return 1 + next(i for i, value in enumerate(beside) if value < 0.3)


ask.mistake("you gave the last place that still has similar neighbours, not the first one without", 5)
ask.mistake("the places were counted from 1, or a pair was looked for of which neither row was used", 7)
ask.mistake("you gave how many rows were never used, not the first of them", 4)
ask.mistake("you gave the number of rows: that is where the table ends for the program", 10)
ask.mistake("you gave the last row of the table", 9)
ask.mistake(
    "you gave the distance at which two used rows are no longer similar: that is about near and far", 3
)
ask.mistake("you gave the first row: it is as similar to its neighbour as the next ones are", 0)
ask.mistake("you gave a cosine, and a place is asked for", 0.07)
ask.mistake("you gave all places that were never used, and only the first is asked for", [6, 7, 8, 9])
ask.mistake("you gave the place before and the place after the border: one of them was used", [5, 6])
ask.mistake("you gave the size of ALBERT's own table, and not what is in the picture", 512)

ask.right(6, 6.0, "6", (6,))
