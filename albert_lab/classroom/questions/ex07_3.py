"""ex07_3: predict the rank of what enters the network."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex07_3",
    title="How many dimensions does it fill?",
    kind="predict",
    objectives=("LO-07.3",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=4,
    why=(
        "A product cannot have more directions than its narrowest part, and a column that repeats "
        "another adds none. A bias shifts all rows alike: that is one direction more, however many rows"
        " there are."
    ),
)


@ask.reference
def rank_of_what_enters() -> int:
    draw = torch.Generator().manual_seed(0)
    table = torch.randn(500, 64, generator=draw, dtype=torch.float64)
    table[:, 50:] = table[:, :14]  # copies of other columns
    step = torch.randn(64, 256, generator=draw, dtype=torch.float64)
    bias = torch.randn(256, generator=draw, dtype=torch.float64)
    return int(torch.linalg.matrix_rank(table @ step + bias))


ask.mistake("you counted all columns of the table; 14 of them point nowhere new", 64)
ask.mistake("the bias is right, but you counted all columns of the table", 65)
ask.mistake("you left out the bias, a direction that no row of the table needs to have", 50)
ask.mistake("you counted the columns of the result: 256 numbers per row are not 256 dimensions", 256)
ask.mistake("you counted the rows: 500 rows of 256 numbers cannot fill 500 dimensions", 500)
ask.mistake("you counted the copied columns and not the others", 14)
ask.mistake("you added the ranks of both matrices; a product has at most the smaller one", 114)
ask.mistake("the bias is added to every row, but it is one and the same direction", 306)
ask.mistake("you added the copies to the columns", 78)
ask.mistake("you took away both columns of each pair, and left out the bias", 36)
ask.mistake("the bias is right, but you took away both columns of each pair", 37)
ask.mistake("the bias is right, but you counted the copied columns and not the others", 15)
ask.mistake("you counted the directions that stay empty", 205)
ask.mistake("you counted the directions that stay empty, and left out the bias", 206)
ask.mistake("all copies together were taken for one column", 63)
ask.mistake("a shift of all rows takes a direction away", 49)
ask.mistake("you counted the bias twice", 52)

ask.right(51.0, "51", torch.tensor(51), torch.tensor(51.0, dtype=torch.float64))
