"""ex03_3: find the bug in the input embeddings of a window."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex03_3",
    title="A window that starts somewhere else",
    kind="find the bug",
    objectives=("LO-03.2",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "A place is a token's number in its text, so it runs along the axis of the tokens and is the same "
        "for every text of a batch. Shapes do not protect you: (B, 1, E) fits onto (B, T, E) as silently "
        "as (T, E)."
    ),
)


@ask.reference
def embed_window(
    ids: torch.Tensor, segments: torch.Tensor, W: torch.Tensor, P: torch.Tensor, S: torch.Tensor, start: int
) -> torch.Tensor:
    places = start + torch.arange(ids.shape[1])  # (T,)
    return W[ids] + P[places] + S[segments]  # (B, T, E) + (T, E) + (B, T, E)


def _tables(draw: Draw, words: int, places: int, width: int, dtype: torch.dtype = torch.float32) -> tuple:
    return tuple(draw.normal(rows, width, dtype=dtype) for rows in (words, places, 2))


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """House numbers, then windows that begin elsewhere, end at the last row, and stand in a batch."""
    word, place, segment = ([10.0, 20, 30, 40], [1.0, 2, 3, 4, 5, 6, 7, 8, 9], [100.0, 200])
    houses = tuple(torch.tensor(rows)[:, None] for rows in (word, place, segment))
    hand = (torch.tensor([[3, 1, 3]]), torch.tensor([[0, 0, 1]]))
    drawn = [
        (draw.integers(0, 7, b, t), torch.cat([draw.integers(0, 1, b, 1), draw.integers(0, 2, b, t - 1)], 1))
        for b, t in ((3, 5), (2, 4), (2, 4), (4, 1), (2, 6), (3, 5))
    ]
    drawn[0][1][:, -1] = 1
    return [
        Case("house numbers, by hand", (*hand, *houses, 2)),
        Case("a batch of windows", (*drawn[0], *_tables(draw, 7, 20, 6), 8)),
        Case("the window at the beginning", (*drawn[1], *_tables(draw, 7, 16, 3), 0)),
        Case("the window that ends at the last row", (*drawn[2], *_tables(draw, 7, 16, 3), 12)),
        Case("one token each", (*drawn[3], *_tables(draw, 7, 20, 5), 9)),
        Case("float64 stays float64", (*drawn[4], *_tables(draw, 7, 20, 5, torch.float64), 3)),
        Case("gradients reach all three tables", (*drawn[5], *_tables(draw, 7, 20, 4), 2), gradient=True),
    ]


@ask.mistake("all tokens of a text get one and the same place, the number of their text in the batch")
def _buggy(ids, segments, W, P, S, start):
    places = start + torch.arange(len(ids))[:, None]
    return W[ids] + P[places] + S[segments]


@ask.mistake("the position row is looked up with the token's id")
def _by_id(ids, segments, W, P, S, start):
    return W[ids] + P[ids] + S[segments]


@ask.mistake("the position row is looked up with the token's id, moved by the start")
def _by_id_and_start(ids, segments, W, P, S, start):
    return W[ids] + P[start + ids] + S[segments]


@ask.mistake("the places are one too large: the first token of the window stands at the start itself")
def _from_one(ids, segments, W, P, S, start):
    places = (start + 1 + torch.arange(ids.shape[1])).clamp(max=len(P) - 1)
    return W[ids] + P[places] + S[segments]


@ask.mistake("every window gets the places 0, 1, 2, …: the start is not used")
def _no_start(ids, segments, W, P, S, start):
    return W[ids] + P[: ids.shape[1]] + S[segments]


@ask.mistake("all tokens of a window get the row of its first place")
def _start_only(ids, segments, W, P, S, start):
    return W[ids] + P[start] + S[segments]


@ask.mistake("the start was taken for the number of the window, and multiplied by its length")
def _window_number(ids, segments, W, P, S, start):
    places = (start * ids.shape[1] + torch.arange(ids.shape[1])) % len(P)
    return W[ids] + P[places] + S[segments]


@ask.mistake("the places begin again with the second text of a pair")
def _again_in_the_second_text(ids, segments, W, P, S, start):
    places = torch.arange(ids.shape[1]).expand_as(ids)
    first = torch.where(segments == 1, places, len(P)).amin(dim=1, keepdim=True)
    return W[ids] + P[start + torch.where(segments == 1, (places - first).clamp(min=0), places)] + S[segments]


@ask.mistake("the segment row is missing")
def _no_segment(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]]


@ask.mistake("every token gets the row of the first segment")
def _one_segment(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]] + S[0]


@ask.mistake("the word row is missing")
def _no_word(ids, segments, W, P, S, start):
    return P[start : start + ids.shape[1]] + S[segments]


@ask.mistake("the places run on from one text of the batch to the next")
def _counts_all_tokens(ids, segments, W, P, S, start):
    places = (start + torch.arange(ids.numel()).reshape(ids.shape)) % len(P)
    return W[ids] + P[places] + S[segments]


@ask.mistake("tokens with the id 0 get no place of their own: every token counts here")
def _padding_not_counted(ids, segments, W, P, S, start):
    places = start + ((ids != 0).cumsum(dim=1) - 1).clamp(min=0)
    return W[ids] + P[places] + S[segments]


@ask.mistake("the places are one too small")
def _one_too_few(ids, segments, W, P, S, start):
    places = (start - 1 + torch.arange(ids.shape[1])).clamp(min=0)
    return W[ids] + P[places] + S[segments]


@ask.mistake("the three rows stand side by side, and their sum is asked for")
def _side_by_side(ids, segments, W, P, S, start):
    places = P[start : start + ids.shape[1]].expand(*ids.shape, -1)
    return torch.cat([W[ids], places, S[segments]], dim=-1)


@ask.mistake("as many places were taken as there are texts, not tokens")
def _as_many_places_as_texts(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + len(ids)] + S[segments]


@ask.mistake("there is a place for each token, but they lie along the axis of the texts")
def _half_mended(ids, segments, W, P, S, start):
    return W[ids] + P[start + torch.arange(ids.shape[1])[:, None]] + S[segments]


@ask.mistake("the part of P ends where a window from place 0 on would end")
def _slice_that_ends_early(ids, segments, W, P, S, start):
    return W[ids] + P[start : ids.shape[1]] + S[segments]


@ask.mistake("the places run from the start to the number of tokens")
def _places_that_end_early(ids, segments, W, P, S, start):
    return W[ids] + P[torch.arange(start, ids.shape[1])] + S[segments]


@ask.mistake("the segment row is looked up with the token's id")
def _segment_by_id(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]] + S[ids]


@ask.mistake("all texts of the batch get the segments of the first")
def _segments_of_the_first_text(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]] + S[segments[0]]


@ask.mistake("the result is cut off from the tables, so that no gradient reaches any of them")
def _cut_off(ids, segments, W, P, S, start):
    return embed_window(ids, segments, W, P, S, start).detach()


@ask.mistake("the result is always float32")
def _in_float32(ids, segments, W, P, S, start):
    return embed_window(ids, segments, W, P, S, start).float()


@ask.mistake("the three rows are averaged, and their sum is asked for")
def _averaged(ids, segments, W, P, S, start):
    return (W[ids] + P[start : start + ids.shape[1]] + S[segments]) / 3


@ask.mistake("the sums were normalized, and they are asked for before the LayerNorm")
def _normalized(ids, segments, W, P, S, start):
    return torch.nn.functional.layer_norm(embed_window(ids, segments, W, P, S, start), W.shape[1:])


@ask.mistake("no gradient reaches the word table")
def _words_frozen(ids, segments, W, P, S, start):
    return W.detach()[ids] + P[start : start + ids.shape[1]] + S[segments]


@ask.mistake("no gradient reaches the segment table")
def _segments_frozen(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]] + S.detach()[segments]


@ask.mistake("no gradient reaches the position table")
def _frozen(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]].detach() + S[segments]


@ask.right
def with_a_slice(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[-1]] + S[segments]


@ask.right
def with_torch(ids, segments, W, P, S, start):
    places = torch.arange(start, start + ids.shape[1]).expand_as(ids)
    picked = [torch.nn.functional.embedding(i, table) for i, table in ((ids, W), (segments, S), (places, P))]
    return torch.stack(picked).sum(dim=0)


@ask.right
def with_a_loop(ids, segments, W, P, S, start):
    texts = []
    for row, kinds in zip(ids.tolist(), segments.tolist(), strict=True):
        pairs = enumerate(zip(row, kinds, strict=True))
        texts.append(torch.stack([W[i] + S[s] + P[start + t] for t, (i, s) in pairs]))
    return torch.stack(texts)


@ask.right
def with_one_hot(ids, segments, W, P, S, start):
    one_hot = torch.nn.functional.one_hot
    words = one_hot(ids, len(W)).to(W.dtype) @ W
    kinds = one_hot(segments, len(S)).to(S.dtype) @ S
    return words + kinds + P.narrow(0, start, ids.shape[1])[None]
