"""ex08_5: read from a picture which network has another activation function."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex08_5",
    title="Where does the difference begin?",
    kind="read a picture",
    objectives=("LO-08.4",),
    points=2,
    minutes=5,
    difficulty=2,
    importance=4,
    why=(
        "A step can only show a difference if the wrong piece was used before it, so the mistake lies "
        "between the last equal column and the first unequal one. How large the difference is depends "
        "on the weights and says little."
    ),
)

STEPS = ("embeddings", "projection", "query", "key", "dense", "1st norm", "ffn", "ffn_output", "2nd norm")
# Largest differences to the right network at its first call, in powers of ten above 1e-12; 0 is none.
TABLE = (
    (8.4, 8.3, 8.3, 8.4, 8.6, 8.3, 8.4, 8.5, 8.1),
    (0.0, 0.0, 0.0, 12.8, 12.3, 12.4, 12.5, 12.7, 12.4),
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 12.2),
    (0.0, 0.0, 0.0, 0.0, 12.1, 12.0, 12.1, 12.2, 11.8),
    (12.3, 12.4, 12.3, 12.4, 12.4, 12.3, 12.4, 12.7, 12.4),
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.1, 8.7),
    (0.0, 0.0, 0.0, 0.0, 0.0, 12.4, 12.4, 12.7, 12.4),
)


@ask.reference
def other_activation() -> int:
    first_different = [next(i for i, value in enumerate(row) if value > 0) for row in TABLE]
    return 1 + first_different.index(STEPS.index("ffn_output"))  # GELU stands between ffn and ffn_output


ask.mistake("you looked for small numbers only; network 1 differs before any activation function", 1)
ask.mistake("network 2 is right until the keys, so its mistake is in how they are made", 2)
ask.mistake("in network 3 even ffn_output is right, and the activation function stands before it", 3)
ask.mistake("network 4 goes wrong between the keys and dense: in attention, which has no GELU", 4)
ask.mistake("network 5 is wrong from the embeddings on, so what comes after tells nothing", 5)
ask.mistake("network 7 goes wrong in the first norm, before ffn is reached", 7)

ask.right(6.0, torch.tensor(6), torch.tensor(6.0, dtype=torch.float64))
