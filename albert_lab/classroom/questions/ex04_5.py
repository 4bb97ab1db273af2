"""ex04_5: count the parameters of a layer that is not four times as wide inside."""

from __future__ import annotations

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex04_5",
    title="Count before you build",
    kind="predict",
    objectives=("LO-04.4",),
    points=1,
    minutes=5,
    difficulty=1,
    importance=3,
    why=(
        "Parameters belong to matrices, so only the widths count: heads cut the width without adding to "
        "it, and tokens and calls use the same matrices again. The formula 12H² + 13H of the chapter is "
        "the case in which the inner width is 4H."
    ),
)


@ask.reference
def parameters() -> int:
    width, inner = 10, 30
    attention = 4 * (width * width + width)  # queries, keys, values, and the matrix that mixes the heads
    feed_forward = (width * inner + inner) + (inner * width + width)
    norms = 2 * 2 * width
    return attention + feed_forward + norms  # the number of heads, tokens and calls is not in it


ask.mistake("you took the formula for an inner width of 4H, and it is 30 here", 1330)
ask.mistake("you took 12H², as for an inner width of 4H, or gave the LayerNorms the inner width", 1200)
ask.mistake("the layer was counted once for every call", 6720)
ask.mistake("the layer was counted once for every head", 5600)
ask.mistake("the layer was counted once for every token", 13440)
ask.mistake("the matrix that mixes the heads was forgotten", 1010)
ask.mistake("one matrix of 10 by 10 is missing, such as the one that mixes the heads", 1020)
ask.mistake("80 are missing: that may be all biases, or the LayerNorms and the biases of one part", 1040)
ask.mistake("all biases were forgotten, and the LayerNorms as well", 1000)
ask.mistake(
    "40 are missing: that may be the two LayerNorms, the biases of attention, or those of the "
    "feed-forward part",
    1080,
)
ask.mistake(
    "20 are missing: that may be one of the two LayerNorms, their scales or their shifts, or a "
    "wide bias that was counted with 10",
    1100,
)
ask.mistake("one bias of width 10 is missing, such as that of the matrix that leads back", 1110)
ask.mistake("30 are missing: that may be the wide bias, or those of queries, keys and values", 1090)
ask.mistake("each of the five heads got H × H matrices of its own for queries, keys and values", 2440)
ask.mistake("queries, keys and values of one head only were counted", 856)
ask.mistake("the second feed-forward matrix was forgotten, with its bias", 810)
ask.mistake("the first feed-forward matrix was forgotten, with its bias", 790)
ask.mistake("only attention was counted", 440)
ask.mistake("only the feed-forward part was counted", 640)
ask.mistake("the LayerNorms and the feed-forward part were counted, and attention forgotten", 680)
ask.mistake("the LayerNorms and attention were counted, and the feed-forward part forgotten", 480)
ask.mistake("20 are too many: a third LayerNorm, or the second feed-forward bias with the inner width", 1140)
ask.mistake("40 are too many: something as large as the two LayerNorms was counted twice", 1160)

ask.right(1120, 1120.0, 4 * 110 + 330 + 310 + 2 * 20, "1,120", [1120])
