"""ex04_5: count the parameters of a layer that is not four times as wide inside."""

from __future__ import annotations

from albert_lab.classroom.question import Mistake, Question, value_case


def parameters() -> int:
    width, inner = 10, 30
    attention = 4 * (width * width + width)  # queries, keys, values, and the matrix that mixes the heads
    feed_forward = (width * inner + inner) + (inner * width + width)
    norms = 2 * 2 * width
    return attention + feed_forward + norms  # the number of heads, tokens and calls is not in it


QUESTION = Question(
    id="ex04_5",
    title="Count before you build",
    kind="predict",
    objectives=("LO-04.4",),
    points=1,
    minutes=5,
    difficulty=1,
    importance=3,
    reference=parameters,
    cases=value_case,
    mistakes=(
        Mistake("you took the formula for an inner width of 4H, and it is 30 here", 1330),
        Mistake("the layer was counted once for every call", 6720),
        Mistake("the matrix that mixes the heads was forgotten", 1010),
        Mistake("the biases of all matrices were forgotten", 1040),
        Mistake("the two LayerNorms were forgotten", 1080),
        Mistake("there is one LayerNorm only, and a layer has two", 1100),
        Mistake("each of the five heads got H × H matrices of its own for queries, keys and values", 2440),
        Mistake("only one of the two feed-forward matrices was counted, with its bias", 810),
        Mistake("only attention was counted", 440),
        Mistake("only the feed-forward part was counted", 640),
        Mistake("the second feed-forward bias was counted with the inner width", 1140),
    ),
    right=(1120, 1120.0, 4 * 110 + 330 + 310 + 2 * 20),
    why=(
        "Parameters belong to matrices, so only the widths count: heads cut the width without adding to "
        "it, and tokens and calls use the same matrices again. The formula 12H² + 13H of the chapter is "
        "the case in which the inner width is 4H."
    ),
)
