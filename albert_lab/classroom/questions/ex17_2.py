"""ex17_2: the operations of a padded batch."""

from __future__ import annotations

from typing import Any

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex17_2",
    title="What a batch costs",
    kind="implement",
    objectives=("LO-17.2", "LO-17.3"),
    points=2,
    minutes=15,
    difficulty=2,
    importance=5,
    why=(
        "A matrix from m to n costs 2mn for every token, a real one or padding, and the two products of "
        "attention cost 2TH each for every token. Whether the layers share their weights is in none of "
        "it."
    ),
)


@ask.reference
def operations(lengths: list[int], hidden: int, wide: int, layers: int) -> int:
    T, H = max(lengths), hidden
    tokens = len(lengths) * T  # padding is computed like anything else
    return layers * tokens * (8 * H * H + 4 * T * H + 4 * H * wide)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; one text; equal and unequal lengths; other widths; longer texts than the layer is wide."""
    mixed = [draw.integer(2, 9) for _ in range(5)] + [draw.integer(10, 20)]
    H = 4 * draw.integer(3, 9)
    return [
        Case("the chapter's three tokens", ([3], 2, 8, 1)),
        Case("one text, several layers", ([draw.integer(5, 9)], H, 4 * H, 5)),
        Case("texts of one length", ([7, 7, 7], H, 4 * H, 2)),
        Case("a short and a long text", ([2, draw.integer(20, 30)], H, 4 * H, 3)),
        Case("many texts, the longest last", (mixed, H, 4 * H, 4)),
        Case("a feed-forward that is not four times as wide", ([4, 9], H, 3 * H, 2)),
        Case("texts that are longer than the layer is wide", ([300, 200], 16, 64, 1)),
        Case("ALBERT-base", ([128, 40, 77], 768, 3072, 12)),
    ]


def _total(lengths: list[int], layers: int, a_token: Any, tokens: int | None = None) -> Any:
    return layers * (len(lengths) * max(lengths) if tokens is None else tokens) * a_token


@ask.mistake("you count a multiplication with its addition as one operation; they are two")
def _half(lengths, hidden, wide, layers):
    return operations(lengths, hidden, wide, layers) // 2


@ask.mistake("each text counts with its own length; in a batch all are as long as the longest")
def _unpadded(lengths, hidden, wide, layers):
    return sum(operations([length], hidden, wide, layers) for length in lengths)


@ask.mistake("padding looks at the others in your count, and is not multiplied itself")
def _real_tokens(lengths, hidden, wide, layers):
    a_token = 8 * hidden**2 + 4 * max(lengths) * hidden + 4 * hidden * wide
    return _total(lengths, layers, a_token, sum(lengths))


@ask.mistake("you take the average length of the batch")
def _average(lengths, hidden, wide, layers):
    T = sum(lengths) / len(lengths)
    return layers * len(lengths) * T * (8 * hidden**2 + 4 * T * hidden + 4 * hidden * wide)


@ask.mistake("you take the first text's length for all")
def _first(lengths, hidden, wide, layers):
    return operations([lengths[0]] * len(lengths), hidden, wide, layers)


@ask.mistake("only one text of the batch is counted")
def _one_text(lengths, hidden, wide, layers):
    return operations([max(lengths)], hidden, wide, layers)


@ask.mistake("you give the operations of one token")
def _one_token(lengths, hidden, wide, layers):
    return layers * (8 * hidden**2 + 4 * max(lengths) * hidden + 4 * hidden * wide)


@ask.mistake("the layers are counted once because they share their weights; each call is computed")
def _shared(lengths, hidden, wide, layers):
    return operations(lengths, hidden, wide, 1)


@ask.mistake("the two products of attention, scores and weighted values, are missing")
def _no_attention(lengths, hidden, wide, layers):
    return _total(lengths, layers, 8 * hidden**2 + 4 * hidden * wide)


@ask.mistake("of attention's two products, scores and weighted values, one is missing")
def _one_product(lengths, hidden, wide, layers):
    return _total(lengths, layers, 8 * hidden**2 + 2 * max(lengths) * hidden + 4 * hidden * wide)


@ask.mistake("every token looks at one key only; there are T of them")
def _one_key(lengths, hidden, wide, layers):
    return _total(lengths, layers, 8 * hidden**2 + 4 * hidden + 4 * hidden * wide)


@ask.mistake("a token looks at the tokens of all texts of the batch; it sees its own text only")
def _all_keys(lengths, hidden, wide, layers):
    keys = len(lengths) * max(lengths)
    return _total(lengths, layers, 8 * hidden**2 + 4 * keys * hidden + 4 * hidden * wide)


@ask.mistake("Q, K and V are there, and the mixture O of the heads is missing")
def _no_output(lengths, hidden, wide, layers):
    return _total(lengths, layers, 6 * hidden**2 + 4 * max(lengths) * hidden + 4 * hidden * wide)


@ask.mistake("of Q, K, V and O you count one")
def _one_of_four(lengths, hidden, wide, layers):
    return _total(lengths, layers, 2 * hidden**2 + 4 * max(lengths) * hidden + 4 * hidden * wide)


@ask.mistake("the feed-forward network is missing")
def _no_feed_forward(lengths, hidden, wide, layers):
    return _total(lengths, layers, 8 * hidden**2 + 4 * max(lengths) * hidden)


@ask.mistake("the feed-forward network goes up and does not come down again: it has two matrices")
def _one_way(lengths, hidden, wide, layers):
    return _total(lengths, layers, 8 * hidden**2 + 4 * max(lengths) * hidden + 2 * hidden * wide)


@ask.mistake("the feed-forward width is four times H in your function, whatever is given")
def _four_times(lengths, hidden, wide, layers):
    return operations(lengths, hidden, 4 * hidden, layers)


@ask.mistake("you count weights, 12 H² and the like, and not operations")
def _weights(lengths, hidden, wide, layers):
    return layers * (4 * hidden**2 + 2 * hidden * wide)


@ask.right
def matrix_by_matrix(lengths, hidden, wide, layers):
    B, T = len(lengths), max(lengths)
    matrices = [(hidden, hidden)] * 4 + [(hidden, wide), (wide, hidden)]
    linear = sum(2 * B * T * m * n for m, n in matrices)
    attention = 2 * (2 * B * T * T * hidden)
    return layers * (linear + attention)


@ask.right
def text_by_text(lengths, hidden, wide, layers):
    total = 0
    for _ in range(layers):
        for _ in lengths:
            for _ in range(max(lengths)):
                total += 4 * hidden * (2 * hidden + wide + max(lengths))
    return total


@ask.right
def as_a_float(lengths, hidden, wide, layers):
    T = float(sorted(lengths)[-1])
    return layers * len(lengths) * T * 4 * (2 * hidden**2 + hidden * wide + T * hidden)
