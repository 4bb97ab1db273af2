"""ex17_6: the nearest of many vectors that come in pieces."""

from __future__ import annotations

import heapq

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex17_6",
    title="A million, in pieces",
    kind="implement",
    objectives=("LO-17.6",),
    points=2,
    minutes=20,
    difficulty=3,
    importance=4,
    why=(
        "Whoever is among the k best of all is among the k best of its piece, and among the k best so "
        "far. So k candidates are all that has to be kept, however large the index is."
    ),
)

Tensor = torch.Tensor


@ask.reference
def nearest(query: Tensor, pieces: list[Tensor], k: int) -> list[int]:
    kept: list[tuple[float, int]] = []  # (-score, place), the best first
    start = 0
    for piece in pieces:
        scores = (piece @ query).tolist()
        here = [(-score, start + row) for row, score in enumerate(scores)]
        kept = sorted(kept + here)[:k]
        start += len(piece)
    return [place for _, place in kept]


ask.use(call_for_whole_numbers)


def _pieces(draw: Draw, sizes: list[int], H: int) -> list[Tensor]:
    """Vectors of small whole numbers, whose products are exact in any order."""
    return [draw.integers(-4, 5, size, H).float() for size in sizes]


def _query(draw: Draw, H: int) -> Tensor:
    return draw.integers(1, 6, H).float()


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand; pieces of equal and other sizes; ties; k of one, of all and more; an empty piece; none."""
    by_hand = [torch.tensor([[1.0, 0], [0, 2]]), torch.tensor([[3.0, 0], [0, 0]])]
    same = torch.ones(2, 3)
    tied = [same, torch.cat([torch.zeros(1, 3), same]), 2 * same[:1]]
    best_together = _pieces(draw, [6, 6, 6], 5)
    best_together[1] += 9  # the best all lie in one piece
    negative = [-piece.abs() - 1 for piece in _pieces(draw, [4, 3], 4)]
    return [
        Case("two pieces of two", (torch.tensor([1.0, 0.5]), by_hand, 2)),
        Case("pieces of equal size", (_query(draw, 6), _pieces(draw, [5, 5, 5], 6), 4)),
        Case("pieces of other sizes", (_query(draw, 6), _pieces(draw, [3, 8, 2, 6], 6), 5)),
        Case("the best lie in one piece", (_query(draw, 5), best_together, 4)),
        Case("equal scores come in the order of their places", (torch.ones(3), tied, 4)),
        Case("only one is wanted", (_query(draw, 6), _pieces(draw, [4, 9, 3], 6), 1)),
        Case("more are wanted than a piece has", (_query(draw, 4), _pieces(draw, [2, 1, 3], 4), 5)),
        Case("more are wanted than there are", (_query(draw, 4), _pieces(draw, [3, 2], 4), 20)),
        Case("all scores are negative", (_query(draw, 4), negative, 3)),
        Case("an empty piece in between", (_query(draw, 4), _pieces(draw, [3, 0, 4], 4), 3)),
        Case("no piece", (_query(draw, 4), [], 3)),
        Case("many pieces", (_query(draw, 8), _pieces(draw, [draw.integer(1, 9) for _ in range(30)], 8), 10)),
    ]


def _ordered(pairs) -> list[int]:
    return [place for _, place in sorted(pairs)]


def _pairs(query: Tensor, pieces: list[Tensor]) -> list[tuple[float, int]]:
    """(-score, place) of everything."""
    scores = [score for piece in pieces for score in (piece @ query).tolist()]
    return [(-score, place) for place, score in enumerate(scores)]


@ask.mistake("the places are those inside of each piece; the pieces before it are not counted")
def _own_places(query, pieces, k):
    pairs = [(-s, row) for piece in pieces for row, s in enumerate((piece @ query).tolist())]
    return [row for _, row in sorted(pairs, key=lambda pair: pair[0])][:k]


@ask.mistake("you take all pieces to be as long as the first one")
def _equal_pieces(query, pieces, k):
    pairs = [
        (-s, number * len(pieces[0]) + row)
        for number, piece in enumerate(pieces)
        for row, s in enumerate((piece @ query).tolist())
    ]
    return _ordered(pairs)[:k]


@ask.mistake("the best of each piece are put one after the other, and not compared with each other")
def _not_merged(query, pieces, k):
    found, start = [], 0
    for piece in pieces:
        found += [start + row for row in nearest(query, [piece], k)]
        start += len(piece)
    return found[:k]


@ask.mistake("each piece gives only its one best")
def _one_each(query, pieces, k):
    pairs, start = [], 0
    for piece in pieces:
        scores = (piece @ query).tolist()
        if scores:
            pairs.append((-max(scores), start + scores.index(max(scores))))
        start += len(piece)
    return _ordered(pairs)[:k]


@ask.mistake("you give the k best of each piece; k of all are asked for")
def _k_each(query, pieces, k):
    found, start = [], 0
    for piece in pieces:
        found += [(-float(piece[row] @ query), start + row) for row in nearest(query, [piece], k)]
        start += len(piece)
    return _ordered(found)


@ask.mistake("only the last piece is searched: what was found before is forgotten")
def _last_piece(query, pieces, k):
    start = sum(map(len, pieces[:-1]))
    return [start + row for row in nearest(query, pieces[-1:], k)]


@ask.mistake("only the first piece is searched")
def _first_piece(query, pieces, k):
    return nearest(query, pieces[:1], k)


@ask.mistake("you give the farthest: the smallest products came first")
def _farthest(query, pieces, k):
    return _ordered((-score, place) for score, place in _pairs(query, pieces))[:k]


@ask.mistake("of equal scores the later place comes first")
def _ties_turned(query, pieces, k):
    return [-place for _, place in sorted((score, -place) for score, place in _pairs(query, pieces))][:k]


@ask.mistake("the places are sorted by themselves; the best was to come first")
def _places_sorted(query, pieces, k):
    return sorted(nearest(query, pieces, k))


@ask.mistake("the worst of the k comes first")
def _turned(query, pieces, k):
    return nearest(query, pieces, k)[::-1]


@ask.mistake("you give one too few")
def _one_too_few(query, pieces, k):
    return nearest(query, pieces, k)[:-1]


@ask.mistake("you give all places, sorted; k are asked for")
def _all(query, pieces, k):
    return nearest(query, pieces, sum(map(len, pieces)))


@ask.mistake("you divide by the lengths of the vectors; the product itself is asked for")
def _cosine(query, pieces, k):
    unit = [piece / piece.norm(dim=1, keepdim=True).clamp_min(1e-12) for piece in pieces]
    pairs = [(round(score, 4), place) for score, place in _pairs(query / query.norm(), unit)]
    return _ordered(pairs)[:k]


@ask.mistake("signs are ignored: a large negative product counts as near")
def _signless(query, pieces, k):
    return _ordered((-abs(score), place) for score, place in _pairs(query, pieces))[:k]


@ask.mistake("you measure distances; the product is asked for")
def _distance(query, pieces, k):
    gaps = [float((row - query).pow(2).sum()) for piece in pieces for row in piece]
    return _ordered((gap, place) for place, gap in enumerate(gaps))[:k]


@ask.mistake("scores of 0 or less are left out")
def _positive_only(query, pieces, k):
    return _ordered(pair for pair in _pairs(query, pieces) if pair[0] < 0)[:k]


@ask.right
def all_at_once(query, pieces, k):
    if not pieces:
        return []
    scores = torch.cat(list(pieces)) @ query
    return torch.argsort(-scores, stable=True)[:k].tolist()


@ask.right
def with_a_heap(query, pieces, k):
    heap, start = [], 0
    for piece in pieces:
        for row, vector in enumerate(piece):
            entry = (float(vector @ query), -(start + row))
            if len(heap) < k:
                heapq.heappush(heap, entry)
            else:
                heapq.heappushpop(heap, entry)
        start += len(piece)
    return [-place for _, place in sorted(heap, reverse=True)]


@ask.right
def with_tensors(query, pieces, k):
    scores, places, start = query.new_empty(0), torch.empty(0, dtype=torch.long), 0
    for piece in pieces:
        scores = torch.cat([scores, piece @ query])
        places = torch.cat([places, start + torch.arange(len(piece))])
        order = scores.argsort(descending=True, stable=True)[:k]
        scores, places, start = scores[order], places[order], start + len(piece)
    return [int(place) for place in places]
