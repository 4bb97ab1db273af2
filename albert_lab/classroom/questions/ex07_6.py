"""ex07_6: read Table 3 for what it says."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex07_6",
    title="Ten comparisons",
    kind="read a picture",
    objectives=("LO-07.6",),
    points=2,
    minutes=5,
    difficulty=2,
    importance=3,
    why=(
        "With layers of their own the wide rows win every task, with one shared layer they lose three "
        "of five: an average of 80.1 against 79.8 hides that. Ten single runs without any spread are a "
        "pattern to be explained, and no law."
    ),
)

# Lan et al. 2020, Table 3, E = 128 and 768: layers of their own, one shared layer. SQuAD: mean of F1 and EM.
OWN = ((86.35, 78.8, 83.7, 91.5, 67.9), (86.8, 79.0, 84.5, 92.8, 68.2))
SHARED = ((85.8, 78.55, 81.6, 90.3, 64.0), (85.05, 77.9, 82.0, 90.6, 63.3))


@ask.reference
def wider_is_better() -> int:
    pairs = [pair for narrow, wide in (OWN, SHARED) for pair in zip(narrow, wide, strict=True)]
    return sum(wide > narrow for narrow, wide in pairs)


ask.mistake("you counted the upper half only", 5)
ask.mistake("you counted the lower half only", 2)
ask.mistake("you counted the comparisons in which the narrow rows are better", 3)
ask.mistake("you took it for granted that more numbers are better; look at the lower half", 10)
ask.mistake("you compared the averages of the two halves, not the tasks", 1)
ask.mistake("one comparison that 768 wins is overlooked", 6)
ask.mistake("in the lower half you counted the tasks in which 128 is better", 8)
ask.mistake("of the comparisons that 768 loses you found one; there are more", 9)
ask.mistake("you compared the shared layer with layers of their own, not 768 with 128", 0)
ask.mistake("you gave a share; the number of comparisons is asked for", 0.7)
ask.mistake("you gave percent; the number of comparisons is asked for", 70)
ask.mistake("only clear differences were counted; the question asks for all", 4)

ask.right(7.0, "7", torch.tensor(7), torch.tensor(7.0, dtype=torch.float64))
