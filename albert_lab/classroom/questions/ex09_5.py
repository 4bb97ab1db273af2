"""ex09_5: what a guesser reaches that has only counted."""

from __future__ import annotations

import math

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex09_5",
    title="Has counted, cannot read",
    kind="predict",
    objectives=("LO-09.5", "LO-09.1"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "The guesser says the same at every mask, so its loss is the mean of −ln frequency over the asked "
        "pieces. "
        "A network with this loss has learnt how often pieces occur, and nothing of the words around a mask."
    ),
    rtol=3e-3,
    atol=0.0,
)


@ask.reference
def loss_of_counting() -> float:
    training = ["a", "a", "a", "a", "b", "b", "c", "d"]
    asked = ["d", "c", "d", "a"]
    frequency = {piece: training.count(piece) / len(training) for piece in training}
    return -sum(math.log(frequency[piece]) for piece in asked) / len(asked)


LN2 = math.log(2)


ask.mistake("you computed the loss on the training text; the asked pieces are others", 1.75 * LN2)
ask.mistake("you took a guesser that knows nothing: four pieces, all equally likely", 2 * LN2)
ask.mistake("your logarithm has base 2: bits, not nats", 2.5)
ask.mistake("you computed the loss on the training text, and in bits", 1.75)
ask.mistake("the way is right, and three decimals are wanted", 1.7)
ask.mistake("the way is right, and you rounded up; three decimals are wanted", 1.74)
ask.mistake("you took eight equally likely pieces, or the loss of d alone: ln 8", 3 * LN2)
ask.mistake("you counted d once; it is asked about twice", 7 / 3 * LN2)
ask.mistake("you divided by three, the number of different pieces; four tokens are asked about", 10 / 3 * LN2)
ask.mistake("you summed the four losses and did not average them", 10 * LN2)
ask.mistake(
    "you averaged over the pieces a, b, c, d and not over the asked ones (or added 1 to each count)",
    2.25 * LN2,
)
ask.mistake("you averaged the probabilities before the logarithm", -math.log((3 / 8 + 1 / 2) / 4))
ask.mistake("you gave the perplexity, e to the power of the loss", 2**2.5)
ask.mistake("you gave the (geometric) mean probability, not the −ln of it", 2**-2.5)
ask.mistake("the sign is missing: a loss is never below 0", -2.5 * LN2)
ask.mistake("you let it answer with the commonest piece, a, and took the loss of that", LN2)
ask.mistake("you counted in the asked pieces, which the guesser has never seen", 1.5 * LN2)
ask.mistake("you divided by the eight pieces of the training text", 1.25 * LN2)
ask.mistake("your logarithm has base 10", 2.5 * math.log10(2))

ask.right(1.733, torch.tensor(1.7329), 2.5 * LN2, "1.733", "1,733", [1.73])
