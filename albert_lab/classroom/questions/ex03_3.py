"""ex03_3: find the bug in the input embeddings of a window."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, Mistake, Question


def embed_window(
    ids: torch.Tensor, segments: torch.Tensor, W: torch.Tensor, P: torch.Tensor, S: torch.Tensor, start: int
) -> torch.Tensor:
    places = start + torch.arange(ids.shape[1])  # (T,)
    return W[ids] + P[places] + S[segments]  # (B, T, E) + (T, E) + (B, T, E)


def _tables(draw: Draw, words: int, places: int, width: int, dtype: torch.dtype = torch.float32) -> tuple:
    return tuple(draw.normal(rows, width, dtype=dtype) for rows in (words, places, 2))


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


def _buggy(ids, segments, W, P, S, start):
    places = start + torch.arange(len(ids))[:, None]
    return W[ids] + P[places] + S[segments]


def _by_id(ids, segments, W, P, S, start):
    return W[ids] + P[ids] + S[segments]


def _by_id_and_start(ids, segments, W, P, S, start):
    return W[ids] + P[start + ids] + S[segments]


def _from_one(ids, segments, W, P, S, start):
    places = (start + 1 + torch.arange(ids.shape[1])).clamp(max=len(P) - 1)
    return W[ids] + P[places] + S[segments]


def _no_start(ids, segments, W, P, S, start):
    return W[ids] + P[: ids.shape[1]] + S[segments]


def _start_only(ids, segments, W, P, S, start):
    return W[ids] + P[start] + S[segments]


def _window_number(ids, segments, W, P, S, start):
    places = (start * ids.shape[1] + torch.arange(ids.shape[1])) % len(P)
    return W[ids] + P[places] + S[segments]


def _again_in_the_second_text(ids, segments, W, P, S, start):
    places = torch.arange(ids.shape[1]).expand_as(ids)
    first = torch.where(segments == 1, places, len(P)).amin(dim=1, keepdim=True)
    return W[ids] + P[start + torch.where(segments == 1, (places - first).clamp(min=0), places)] + S[segments]


def _no_segment(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]]


def _one_segment(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]] + S[0]


def _no_word(ids, segments, W, P, S, start):
    return P[start : start + ids.shape[1]] + S[segments]


def _counts_all_tokens(ids, segments, W, P, S, start):
    places = (start + torch.arange(ids.numel()).reshape(ids.shape)) % len(P)
    return W[ids] + P[places] + S[segments]


def _half_mended(ids, segments, W, P, S, start):
    return W[ids] + P[start + torch.arange(ids.shape[1])[:, None]] + S[segments]


def _slice_that_ends_early(ids, segments, W, P, S, start):
    return W[ids] + P[start : ids.shape[1]] + S[segments]


def _places_that_end_early(ids, segments, W, P, S, start):
    return W[ids] + P[torch.arange(start, ids.shape[1])] + S[segments]


def _segment_by_id(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]] + S[ids]


def _segments_of_the_first_text(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]] + S[segments[0]]


def _cut_off(ids, segments, W, P, S, start):
    return embed_window(ids, segments, W, P, S, start).detach()


def _in_float32(ids, segments, W, P, S, start):
    return embed_window(ids, segments, W, P, S, start).float()


def _averaged(ids, segments, W, P, S, start):
    return (W[ids] + P[start : start + ids.shape[1]] + S[segments]) / 3


def _normalized(ids, segments, W, P, S, start):
    return torch.nn.functional.layer_norm(embed_window(ids, segments, W, P, S, start), W.shape[1:])


def _frozen(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[1]].detach() + S[segments]


def _padding_not_counted(ids, segments, W, P, S, start):
    places = start + ((ids != 0).cumsum(dim=1) - 1).clamp(min=0)
    return W[ids] + P[places] + S[segments]


def _one_too_few(ids, segments, W, P, S, start):
    places = (start - 1 + torch.arange(ids.shape[1])).clamp(min=0)
    return W[ids] + P[places] + S[segments]


def _side_by_side(ids, segments, W, P, S, start):
    places = P[start : start + ids.shape[1]].expand(*ids.shape, -1)
    return torch.cat([W[ids], places, S[segments]], dim=-1)


def _as_many_places_as_texts(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + len(ids)] + S[segments]


def with_a_slice(ids, segments, W, P, S, start):
    return W[ids] + P[start : start + ids.shape[-1]] + S[segments]


def with_torch(ids, segments, W, P, S, start):
    places = torch.arange(start, start + ids.shape[1]).expand_as(ids)
    picked = [torch.nn.functional.embedding(i, table) for i, table in ((ids, W), (segments, S), (places, P))]
    return torch.stack(picked).sum(dim=0)


def with_a_loop(ids, segments, W, P, S, start):
    texts = []
    for row, kinds in zip(ids.tolist(), segments.tolist(), strict=True):
        pairs = enumerate(zip(row, kinds, strict=True))
        texts.append(torch.stack([W[i] + S[s] + P[start + t] for t, (i, s) in pairs]))
    return torch.stack(texts)


def with_one_hot(ids, segments, W, P, S, start):
    one_hot = torch.nn.functional.one_hot
    words = one_hot(ids, len(W)).to(W.dtype) @ W
    kinds = one_hot(segments, len(S)).to(S.dtype) @ S
    return words + kinds + P.narrow(0, start, ids.shape[1])[None]


QUESTION = Question(
    id="ex03_3",
    title="A window that starts somewhere else",
    kind="find the bug",
    objectives=("LO-03.2",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    reference=embed_window,
    cases=cases,
    mistakes=(
        Mistake(
            "all tokens of a text get one and the same place, the number of their text in the batch", _buggy
        ),
        Mistake("the position row is looked up with the token's id", _by_id),
        Mistake("the position row is looked up with the token's id, moved by the start", _by_id_and_start),
        Mistake(
            "the places are one too large: the first token of the window stands at the start itself",
            _from_one,
        ),
        Mistake("every window gets the places 0, 1, 2, …: the start is not used", _no_start),
        Mistake("all tokens of a window get the row of its first place", _start_only),
        Mistake(
            "the start was taken for the number of the window, and multiplied by its length", _window_number
        ),
        Mistake("the places begin again with the second text of a pair", _again_in_the_second_text),
        Mistake("the segment row is missing", _no_segment),
        Mistake("every token gets the row of the first segment", _one_segment),
        Mistake("the word row is missing", _no_word),
        Mistake("the places run on from one text of the batch to the next", _counts_all_tokens),
        Mistake(
            "tokens with the id 0 get no place of their own: every token counts here", _padding_not_counted
        ),
        Mistake("the places are one too small", _one_too_few),
        Mistake("the three rows stand side by side, and their sum is asked for", _side_by_side),
        Mistake("as many places were taken as there are texts, not tokens", _as_many_places_as_texts),
        Mistake("there is a place for each token, but they lie along the axis of the texts", _half_mended),
        Mistake("the part of P ends where a window from place 0 on would end", _slice_that_ends_early),
        Mistake("the places run from the start to the number of tokens", _places_that_end_early),
        Mistake("the segment row is looked up with the token's id", _segment_by_id),
        Mistake("all texts of the batch get the segments of the first", _segments_of_the_first_text),
        Mistake("the result is cut off from the tables, so that no gradient reaches any of them", _cut_off),
        Mistake("the result is always float32", _in_float32),
        Mistake("the three rows are averaged, and their sum is asked for", _averaged),
        Mistake("the sums were normalized, and they are asked for before the LayerNorm", _normalized),
        Mistake("no gradient reaches the position table", _frozen),
    ),
    right=(with_a_slice, with_torch, with_a_loop, with_one_hot),
    why=(
        "A place is a token's number in its text, so it runs along the axis of the tokens and is the same "
        "for every text of a batch. Shapes do not protect you: (B, 1, E) fits onto (B, T, E) as silently "
        "as (T, E)."
    ),
)
