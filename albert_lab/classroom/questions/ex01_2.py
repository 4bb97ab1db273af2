"""ex01_2: what a factor and a summand do to weights."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex01_2",
    title="Three times the scores, plus ten",
    kind="predict",
    objectives=("LO-01.2",),
    points=1,
    minutes=5,
    difficulty=2,
    importance=4,
    why=(
        "Tripled scores make e to the power of 3s, which is the cube of e to the power of s: the ratio 1 : 3 "
        "becomes 1 : 27. The 10 gives every power the same factor, and the division by their sum removes it."
    ),
    rtol=5e-4,  # 0.964 is right, 0.965 is not
)


@ask.reference
def second_weight() -> float:
    scores = torch.tensor([0.25, 0.75]).log()  # scores whose softmax is 1/4, 3/4
    return float((3 * scores + 10).softmax(dim=0)[1])


ask.mistake("the factor is divided away too; softmax does that only to what is added", 0.75)
ask.mistake("the ratio 1 : 3 is trebled to 1 : 9; a factor on the scores is a power on the ratio", 0.9)
ask.mistake("the weight itself is trebled, and a weight cannot be above 1", 2.25)
ask.mistake("this is the weight of the first key, not of the second", 1 / 28)
ask.mistake("this is the ratio of the two weights; their sum must be 1", 27.0)
ask.mistake("the larger one is taken to get all, as if the 10 were a factor or only the second got it", 1.0)
ask.mistake("the scores are divided by 3, so that the choice gets softer", 3 ** (1 / 3) / (1 + 3 ** (1 / 3)))
ask.mistake("the summand 10 is taken to even out the two", 0.5)
ask.mistake("the weights 1/4 and 3/4 are taken as if they were scores", 1 / (1 + math.exp(-1.5)))
ask.mistake("the cubed weight 27/64 is not divided by the new sum", 27 / 64)
ask.mistake("this is the new share in percent; it is asked for as a fraction of 1", 100 * 27 / 28)
ask.mistake("the weight itself is trebled and raised by 10; what changes is the score", 12.25)
ask.mistake("the weights 1/4 and 3/4 are trebled, raised by 10 and shared out anew", 12.25 / 23)
ask.mistake("the ratio 1 : 3 is made 13 : 19, as if weights were scores", 19 / 32)
ask.mistake("10 is added to both powers, 1 and 27, and not to the scores", 37 / 48)
ask.mistake("10 is added to the power 27 alone, and not to the scores", 37 / 38)
ask.mistake("the ratio 1 : 3 is taken for the scores; those are ln 1 and ln 3", 1 / (1 + math.exp(-6)))
ask.mistake("this is the trebled score ln 3; the weight comes after it", 3 * math.log(3))
ask.mistake("this is the new score of the second key, not its weight", 3 * math.log(3) + 10)

ask.mistake("the way is right; with two decimals only it cannot be told from other ways", 0.96)
ask.mistake("the way is right; the third decimal was rounded to the wrong side, or too early", 0.965)

ask.right(27 / 28, 0.964, torch.tensor(0.9643), "27 / 28", Fraction(27, 28), Decimal("0.9643"))
