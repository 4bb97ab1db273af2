"""ex07_3: predict the rank of what enters the network."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Mistake, Question, value_case


def rank_of_what_enters() -> int:
    draw = torch.Generator().manual_seed(0)
    table = torch.randn(500, 64, generator=draw, dtype=torch.float64)
    table[:, 50:] = table[:, :14]  # copies of other columns
    step = torch.randn(64, 256, generator=draw, dtype=torch.float64)
    bias = torch.randn(256, generator=draw, dtype=torch.float64)
    return int(torch.linalg.matrix_rank(table @ step + bias))


QUESTION = Question(
    id="ex07_3",
    title="How many dimensions does it fill?",
    kind="predict",
    objectives=("LO-07.3",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=4,
    reference=rank_of_what_enters,
    cases=value_case,
    mistakes=(
        Mistake("you counted all columns of the table; 14 of them point nowhere new", 64),
        Mistake("the bias is right, but you counted all columns of the table", 65),
        Mistake("you left out the bias, a direction that no row of the table needs to have", 50),
        Mistake("you counted the columns of the result: 256 numbers per row are not 256 dimensions", 256),
        Mistake("you counted the rows: 500 rows of 256 numbers cannot fill 500 dimensions", 500),
        Mistake("you counted the copied columns and not the others", 14),
        Mistake("you added the ranks of both matrices; a product has at most the smaller one", 114),
        Mistake("the bias is added to every row, but it is one and the same direction", 306),
        Mistake("you added the copies to the columns", 78),
        Mistake("you took away both columns of each pair, and left out the bias", 36),
        Mistake("the bias is right, but you took away both columns of each pair", 37),
        Mistake("the bias is right, but you counted the copied columns and not the others", 15),
        Mistake("you counted the directions that stay empty", 205),
        Mistake("you counted the directions that stay empty, and left out the bias", 206),
        Mistake("all copies together were taken for one column", 63),
        Mistake("a shift of all rows takes a direction away", 49),
        Mistake("you counted the bias twice", 52),
    ),
    right=(51.0, "51", torch.tensor(51), torch.tensor(51.0, dtype=torch.float64)),
    why=(
        "A product cannot have more directions than its narrowest part, and a column that repeats "
        "another adds none. A bias shifts all rows alike: that is one direction more, however many rows"
        " there are."
    ),
)
