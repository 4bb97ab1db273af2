"""ex05_7: what a longer list of pieces saves."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex05_7",
    title="Twice as many pieces",
    kind="predict",
    objectives=("LO-05.6",),
    points=1,
    minutes=5,
    difficulty=2,
    importance=4,
    why=(
        "Each token has one score for each token, so the number of scores is the square of the number of "
        "tokens, and a tenth less of one is almost a fifth less of the other. The table grows with V itself, "
        "by E numbers for each new piece, whatever the texts are."
    ),
    rtol=2e-3,
)

BEFORE, AFTER = 200, 180  # tokens of the same text with V = 8,000 and with V = 16,000


@ask.reference
def percent_fewer_scores() -> float:
    return 100 * (1 - AFTER**2 / BEFORE**2)


ask.mistake("you took the fall of the tokens: every token looks at every token", 10)
ask.mistake("you doubled the fall of the tokens, and a square is not twice its root", 20)
ask.mistake("you gave what is left", 81)
ask.mistake("twice the pieces do not halve the tokens: the numbers of tokens are given", 75)
ask.mistake("you halved the scores, as if they followed the number of pieces", 50)
ask.mistake("you took the scores for free of the number of tokens", 0)
ask.mistake("you gave how much more the longer text needs, counted from the shorter one", 23)
ask.mistake("you divided by the scores of the shorter text", 100 * (BEFORE**2 / AFTER**2 - 1))
ask.mistake("you gave the fall with its sign, and the fall itself is asked for", -19)
ask.mistake("you gave the fall as a share, and percent are asked for", 0.19)
ask.mistake("you gave the number of scores that fall away in one head", 7600)
ask.mistake("you squared the fall of the tokens, and not the tokens", 1)
ask.mistake("you squared 1.1, a tenth more, and the tokens are a tenth fewer", 21)
ask.mistake("you gave the fall of the tokens, counted from the shorter text", 100 / 9)
ask.mistake("you gave what is left as a share: what falls away is asked for, in percent", 0.81)
ask.mistake("you gave the fall of the tokens as a share", 0.1)
ask.mistake("you gave what is left of the tokens", 90)
ask.mistake("you squared the difference of the tokens", 400)
ask.mistake("you gave the number of scores that are left in one head", 32400)
ask.mistake("you gave the number of scores that there were in one head", 40000)
ask.mistake("you gave the rows by which the table grows", 8000)
ask.mistake("you gave the numbers by which the table grows", 1024000)

ask.right(19, np.float64(19.0), torch.tensor(19))
