"""ex03_1: attention of a bag of tokens, on paper."""

from __future__ import annotations

import math

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex03_1",
    title="Attention of a bag of tokens",
    kind="predict",
    objectives=("LO-03.1",),
    points=1,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "Every key that is the same token has the same score, wherever it stands, so the place of the query "
        "and the order of the keys cannot enter. What does count is how often a token is there: each copy "
        "takes its own weight."
    ),
    rtol=1e-3,
)


@ask.reference
def output_at_place_2() -> float:
    text = ["c", "b", "c", "a"]
    dot_products = {"a": 0, "b": 2 * math.log(2), "c": 2 * math.log(3)}  # of a token with its like
    values = {"a": 0, "b": 8, "c": 20}
    query = text[2]
    scores = [dot_products[key] / math.sqrt(4) if key == query else 0 for key in text]
    weights = [math.exp(score) for score in scores]  # 3, 1, 3, 1
    return sum(weight * values[key] for weight, key in zip(weights, text, strict=True)) / sum(weights)


ask.mistake("one of the two c was not counted: two equal tokens are two keys, each with its own weight", 13.6)
ask.mistake("all four keys got the same weight, as if no key were like the query", 12)
ask.mistake(
    "only the c at the query's own place counts as alike, and the other c as a stranger: "
    "without positions they cannot be told apart",
    88 / 6,
)
ask.mistake("the places were counted from 1, so that this is the output of b", 11.2)
ask.mistake("the dot products were not divided by the root of d", 18.4)
ask.mistake("the dot products were divided by d, not by its root", 14.1436)
ask.mistake("the weights were not divided by their sum", 128)
ask.mistake("the weights were divided by the number of keys, not by their sum", 32)
ask.mistake("a score of 0 was taken for a weight of 0, though scores are no weights yet", 20)
ask.mistake(
    "the last token was left out, as with a causal mask: its value is 0, but its weight is not", 128 / 7
)
ask.mistake("each key was scored with its own like, and only c is like the query", 136 / 9)
ask.mistake("the values were multiplied by the scores, with no softmax at all", 40 * math.log(3))
ask.mistake("the second c was counted below the line only, in the sum of the weights", 68 / 8)
ask.mistake("the second c was counted above the line only, not in the sum of the weights", 128 / 5)
ask.mistake("the weights were rounded to two digits before they were used", 16.24)
ask.mistake("the weights were rounded to two digits, one of them down, before they were used", 16.16)
ask.mistake("you gave the sum of the weights, by which the output is still to be divided", 8)

ask.right(16, 16.0, float(sum((3 * 20, 8, 3 * 20, 0))) / 8, " 16.0", [16], 16.002)
