"""ex12_4: two rankings into one by their places."""

from __future__ import annotations

from collections import Counter

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex12_4",
    title="Two rankings without their scores",
    kind="implement",
    objectives=("LO-12.3",),
    points=1,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "Places mean the same in every ranking, while scores of words and cosines do not. A large k makes "
        "the first places alike, so that a name which both rankings have beats one that leads a single one."
    ),
)

Rankings = list[list[str]]


@ask.reference
def fused(rankings: Rankings, k: float) -> dict[str, float]:
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + 1 / (k + rank)
    return scores


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, several lists, other lengths, k = 0, an empty list, none at all."""
    names = [f"object {i}" for i in range(12)]

    def drawn(length: int) -> list[str]:
        order = sorted((int(draw.integers(0, 10**6, 1)), name) for name in names)
        return [name for _, name in order][:length]

    return [
        Case("two rankings of two, by hand", ([["a", "b"], ["b", "c"]], 1)),
        Case("three rankings of different lengths", ([drawn(7), drawn(3), drawn(10)], draw.integer(2, 9))),
        Case("k = 60", ([drawn(5), drawn(5)], 60)),
        Case("k = 0", ([drawn(4), drawn(6)], 0)),
        Case("one of the rankings is empty", ([[], ["a", "b", "c"]], 2)),
        Case("one ranking", ([drawn(4)], 3.5)),
        Case("rankings with nothing in common", ([["p", "q", "r"], ["s", "t"]], 1)),
        Case("the same ranking twice", ([["x", "y"], ["z", "x", "y"], ["x", "y"]], 1)),
        Case("capitals and spaces make other names", ([["Path", "path", " path"], ["path", "Path "]], 2)),
        Case("long names that begin alike", ([["json.decoder.JSONDecoder", "json.decoder"], ["json"]], 3)),
        Case("a large k", ([drawn(9), drawn(12)], 1000)),
        Case("no ranking at all", ([], 10)),
    ]


def _each(value, join=lambda old, new: (old or 0) + new):
    def answer(rankings: Rankings, k: float) -> dict[str, float]:
        scores: dict[str, float] = {}
        for ranking in rankings:
            for rank, name in enumerate(ranking, start=1):
                scores[name] = join(scores.get(name), value(rank, k, len(ranking)))
        return scores

    return answer


@ask.mistake("the first place is counted as 0")
def _from_zero(rankings: Rankings, k: float) -> dict[str, float]:
    return _each(lambda r, k, n: 1 / (k + r - 1))(rankings, k)


ask.mistake("k is not used", _each(lambda r, k, n: 1 / r))
ask.mistake("places are added, so that the last one has the highest score", _each(lambda r, k, n: k + r))
ask.mistake(
    "1/k and 1/rank are added, which is another number", _each(lambda r, k, n: 1 / max(k, 1e-9) + 1 / r)
)
ask.mistake("k multiplies the rank", _each(lambda r, k, n: 1 / max(k * r, 1e-9)))
ask.mistake(
    "the best place alone counts, and the others are dropped",
    _each(lambda r, k, n: 1 / (k + r), lambda old, new: max(old or 0, new)),
)
ask.mistake(
    "a later ranking overwrites an earlier one", _each(lambda r, k, n: 1 / (k + r), lambda old, new: new)
)
ask.mistake(
    "the first ranking that has the name decides alone",
    _each(lambda r, k, n: 1 / (k + r), lambda old, new: new if old is None else old),
)
ask.mistake(
    "the rankings are multiplied and not added",
    _each(lambda r, k, n: 1 / (k + r), lambda old, new: new * (1 if old is None else old)),
)
ask.mistake("places are counted from the end", _each(lambda r, k, n: 1 / (k + n + 1 - r)))
ask.mistake("places are divided by the length of the ranking", _each(lambda r, k, n: 1 / (k + r / n)))
ask.mistake("every name counts the same, wherever it stands", _each(lambda r, k, n: 1 / (k + 1)))


@ask.mistake("the sum is divided by the number of rankings")
def _averaged(rankings: Rankings, k: float) -> dict[str, float]:
    return {name: score / len(rankings) for name, score in fused(rankings, k).items()}


@ask.mistake("the sum is divided by the number of rankings that have the name")
def _averaged_where_listed(rankings: Rankings, k: float) -> dict[str, float]:
    times = Counter(name for ranking in rankings for name in ranking)
    return {name: score / times[name] for name, score in fused(rankings, k).items()}


@ask.mistake("names that are not in all rankings are dropped")
def _in_all(rankings: Rankings, k: float) -> dict[str, float]:
    return {n: s for n, s in fused(rankings, k).items() if all(n in ranking for ranking in rankings)}


@ask.mistake("only names of the first ranking are kept")
def _of_the_first(rankings: Rankings, k: float) -> dict[str, float]:
    return {n: s for n, s in fused(rankings, k).items() if n in rankings[0]}


@ask.mistake("only the first two rankings are read")
def _first_two(rankings: Rankings, k: float) -> dict[str, float]:
    return fused(rankings[:2], k)


@ask.mistake("a name that is missing in a ranking gets a place behind its last")
def _missing_is_last(rankings: Rankings, k: float) -> dict[str, float]:
    scores = fused(rankings, k)
    for name in scores:
        scores[name] += sum(1 / (k + len(one) + 1) for one in rankings if name not in one)
    return scores


@ask.mistake("the scores are divided by the best one")
def _best_is_one(rankings: Rankings, k: float) -> dict[str, float]:
    scores = fused(rankings, k)
    return {name: score / max(scores.values()) for name, score in scores.items()}


@ask.mistake("the places run on from one ranking into the next")
def _one_long_list(rankings: Rankings, k: float) -> dict[str, float]:
    return fused([[name for ranking in rankings for name in ranking]], k)


@ask.mistake("the usual k = 60 is written into the code")
def _sixty(rankings: Rankings, k: float) -> dict[str, float]:
    return fused(rankings, 60)


@ask.mistake("you return names; a dictionary with their scores is asked for")
def _names_only(rankings: Rankings, k: float) -> list[str]:
    scores = fused(rankings, k)
    return sorted(scores, key=lambda name: -scores[name])


@ask.mistake("you return pairs in a list; a dictionary is asked for")
def _pairs(rankings: Rankings, k: float) -> list[tuple[str, float]]:
    return sorted(fused(rankings, k).items(), key=lambda pair: -pair[1])


@ask.mistake("the caller's rankings are changed")
def _emptied(rankings: Rankings, k: float) -> dict[str, float]:
    scores = fused(rankings, k)
    for ranking in rankings:
        ranking.clear()
    return scores


@ask.mistake("the brackets around k + rank are lost")
def _bracket_lost(rankings: Rankings, k: float) -> dict[str, float]:
    return _each(lambda r, k, n: 1 / k + r)(rankings, k)


@ask.mistake("the places are added first, and the fraction is taken at the end")
def _fraction_last(rankings: Rankings, k: float) -> dict[str, float]:
    return {name: 1 / places for name, places in _each(lambda r, k, n: k + r)(rankings, k).items()}


@ask.mistake("the ranks are added first, and k is added once")
def _k_once(rankings: Rankings, k: float) -> dict[str, float]:
    return {name: 1 / (k + places) for name, places in _each(lambda r, k, n: r)(rankings, k).items()}


@ask.mistake("a name's first share is added to a score that is not there")
def _no_beginning(rankings: Rankings, k: float) -> dict[str, float]:
    return _each(lambda r, k, n: 1 / (k + r), lambda old, new: {}[old] + new)(rankings, k)


@ask.mistake("k = 0 is taken for a k that was not given")
def _k_or_sixty(rankings: Rankings, k: float) -> dict[str, float]:
    return fused(rankings, k or 60)


@ask.mistake("the rankings are read side by side, and end with the shortest")
def _side_by_side(rankings: Rankings, k: float) -> dict[str, float]:
    shortest = min(map(len, rankings), default=0)
    return fused([ranking[:shortest] for ranking in rankings], k)


@ask.mistake("a ranking that comes twice counts once")
def _same_once(rankings: Rankings, k: float) -> dict[str, float]:
    return fused([one for i, one in enumerate(rankings) if one not in rankings[:i]], k)


@ask.mistake("only the first ten of each ranking count")
def _ten_each(rankings: Rankings, k: float) -> dict[str, float]:
    return fused([ranking[:10] for ranking in rankings], k)


ask.mistake("k is cut to a whole number", _each(lambda r, k, n: 1 / (int(k) + r)))
ask.mistake("the fraction is cut to a whole number", _each(lambda r, k, n: 1 // (k + r)))
ask.mistake("the shares are rounded", _each(lambda r, k, n: round(1 / (k + r), 3)))
ask.mistake("k is added behind the fraction", _each(lambda r, k, n: 1 / r + k))
ask.mistake("the first place counts as 2", _each(lambda r, k, n: 1 / (k + r + 1)))


ask.mistake(
    "capitals are made small, and a name with one is another name",
    lambda rankings, k: fused([[name.lower() for name in ranking] for ranking in rankings], k),
)
ask.mistake(
    "spaces around names are dropped",
    lambda rankings, k: fused([[name.strip() for name in ranking] for ranking in rankings], k),
)
_KEPT: dict[str, float] = {}


@ask.mistake(
    "the dictionary is one and the same in every call, so that scores of earlier calls are still in it"
)
def _never_emptied(rankings, k):
    for name, score in fused(rankings, k).items():
        _KEPT[name] = _KEPT.get(name, 0.0) + score
    return _KEPT


@ask.right
def with_index(rankings: Rankings, k: float) -> dict[str, float]:
    names = {name for ranking in rankings for name in ranking}
    return {n: sum(1 / (k + 1 + one.index(n)) for one in rankings if n in one) for n in names}


@ask.right
def with_counter(rankings: Rankings, k: float) -> Counter:
    scores: Counter = Counter()
    for ranking in rankings:
        scores.update({name: 1 / (k + place + 1) for place, name in enumerate(ranking)})
    return scores


@ask.right
def best_first(rankings: Rankings, k: float) -> dict[str, float]:
    scores = dict.fromkeys((name for ranking in rankings for name in ranking), 0.0)
    for ranking in reversed(rankings):
        for rank in range(1, len(ranking) + 1):
            scores[ranking[rank - 1]] += (k + rank) ** -1
    return dict(sorted(scores.items(), key=lambda pair: pair[1], reverse=True))


@ask.right
def with_a_vector(rankings: Rankings, k: float) -> dict[str, torch.Tensor]:
    places = {name: i for i, name in enumerate(sorted({name for one in rankings for name in one}))}
    scores = torch.zeros(len(places), dtype=torch.float64)
    for one in rankings:
        scores[[places[name] for name in one]] += 1 / (k + torch.arange(1, len(one) + 1))
    return {name: scores[place] for name, place in places.items()}
