"""ex01_1: a dictionary that mixes."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex01_1",
    title="A dictionary that mixes",
    kind="implement",
    objectives=("LO-01.1", "LO-01.2"),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "A factor on the scores is a power on the ratios of the weights, so it moves between an average "
        "(factor 0) and a dictionary (a large factor). The softmax comes after it, so the shares sum to 1 "
        "at every sharpness."
    ),
)


@ask.reference
def look_up(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, sharpness: float) -> torch.Tensor:
    return (sharpness * (keys @ query)).softmax(dim=0) @ values  # (Tk,) @ (Tk, dv)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Plum by hand with the sharpness doubled, an average, a near dictionary, a wide spread, one key."""
    query = torch.tensor([1.0, 0.0])
    keys = torch.tensor([[1.0, 5.0], [2.0, -1.0], [4.0, 3.0]])
    keys[:, 0] = keys[:, 0].log()
    prices = torch.tensor([[70.0], [7.0], [14.0]])
    far = torch.tensor([[0.0], [0.01], [600.0], [-0.01]])  # e to the power of (600 − mean) is infinite
    whole = draw.integers(-3, 4, 5, 3).float()  # whole numbers: equal scores are equal in any order of sums
    two_best = (whole[0], whole[1:], draw.normal(4, 5), 12.0)
    scores = two_best[1] @ two_best[0]
    two_best[1][scores.argmin()] = two_best[1][scores.argmax()]

    def doubles(*shape: int) -> list[torch.Tensor]:
        return [draw.normal(*shape, dtype=torch.float64)]

    return [
        Case("the fruit by hand, sharpness 2", (query, keys, prices, 2.0)),
        Case("the fruit by hand, sharpness 1", (query, keys, prices, 1.0)),
        Case("sharpness 0: a plain average", (draw.normal(3), draw.normal(5, 3), draw.normal(5, 2), 0.0)),
        Case(
            "keys, width and values all differ", (draw.normal(4), draw.normal(6, 4), draw.normal(6, 3), 0.7)
        ),
        Case("sharpness 30", (draw.normal(3), draw.normal(4, 3), draw.normal(4, 5), 30.0)),
        Case("sharpness 12, and two keys are equally near", two_best),
        Case("one score far above the others", (torch.ones(1), far, draw.normal(4, 2), 1.0)),
        Case(
            "scores 0 and 200, sharpness 0.01",
            (torch.tensor([200.0]), torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [1.0]]), 0.01),
        ),
        Case("one key", (draw.normal(3), draw.normal(1, 3), draw.normal(1, 2), 2.5)),
        Case("width 1", (draw.normal(1), draw.normal(5, 1), draw.normal(5, 2), 1.5)),
        Case("float64 stays float64", (*doubles(3), *doubles(4, 3), *doubles(4, 2), 1.3)),
        Case(
            "scores around a million", (1e5 + doubles(2)[0], 5 + doubles(4, 2)[0] / 1e5, *doubles(4, 3), 1.0)
        ),
        Case("keys that are not contiguous", (draw.normal(5), draw.strided(4, 5), draw.strided(4, 3), 0.5)),
        Case("gradients flow", (draw.normal(3), draw.normal(4, 3), draw.normal(4, 2), 1.5), gradient=True),
    ]


@ask.mistake("the sharpness changes nothing: it is not used, or added to all scores alike")
def _without_sharpness(query, keys, values, sharpness):
    return (keys @ query).softmax(dim=0) @ values


@ask.mistake("the scores are divided by the sharpness; a higher one should choose harder")
def _divided(query, keys, values, sharpness):
    return (keys @ query / sharpness).softmax(dim=0) @ values


@ask.mistake("the weights are multiplied by the sharpness, so that they do not sum to 1")
def _weights_multiplied(query, keys, values, sharpness):
    return sharpness * (keys @ query).softmax(dim=0) @ values


@ask.mistake("the weights are raised to a power and then no longer sum to 1")
def _powers_of_weights(query, keys, values, sharpness):
    return (keys @ query).softmax(dim=0) ** sharpness @ values


@ask.mistake("the sharpness acts on the finished weights, where one that is 0 in the machine stays 0")
def _powers_shared_out(query, keys, values, sharpness):
    powers = (keys @ query).softmax(dim=0) ** sharpness
    return powers / powers.sum() @ values


@ask.mistake("the scores are divided by √d, which this contract does not ask for")
def _root(query, keys, values, sharpness):
    return (sharpness * (keys @ query) / len(query) ** 0.5).softmax(dim=0) @ values


@ask.mistake("the scores are cosines: the lengths of query and keys are divided away")
def _cosine(query, keys, values, sharpness):
    return (sharpness * torch.cosine_similarity(keys, query[None], dim=-1)).softmax(dim=0) @ values


@ask.mistake("only the best key's value is given back: the hard choice, not a mixture")
def _best(query, keys, values, sharpness):
    return values[(sharpness * (keys @ query)).argmax()]


@ask.mistake("the scores are divided by their sum, without the exponential")
def _no_exponential(query, keys, values, sharpness):
    scores = sharpness * (keys @ query)
    return scores / scores.sum() @ values


@ask.mistake("the powers are not divided by their sum, so that the shares are no shares")
def _not_shared_out(query, keys, values, sharpness):
    return (sharpness * (keys @ query)).exp() @ values


@ask.mistake("the raw scores are used as weights")
def _raw_scores(query, keys, values, sharpness):
    return sharpness * (keys @ query) @ values


@ask.mistake("e to the power of a large score overflows")
def _overflows(query, keys, values, sharpness):
    powers = (sharpness * (keys @ query)).exp()
    return powers / powers.sum() @ values


@ask.mistake("the keys are mixed, and the values are never used")
def _mixes_keys(query, keys, values, sharpness):
    return (sharpness * (keys @ query)).softmax(dim=0) @ keys


@ask.mistake("the weighted values are averaged again, so that all is divided by the number of keys")
def _mean(query, keys, values, sharpness):
    weights = (sharpness * (keys @ query)).softmax(dim=0)
    return (weights[:, None] * values).mean(dim=0)


@ask.mistake("you stop at the weights and hand nothing over")
def _weights_only(query, keys, values, sharpness):
    return (sharpness * (keys @ query)).softmax(dim=0)


@ask.mistake("the result is a table of one row, (1, dv), not (dv,)")
def _one_row(query, keys, values, sharpness):
    return (sharpness * (keys @ query)).softmax(dim=0)[None] @ values


@ask.mistake("the scores are raised to a power, not multiplied")
def _power_of_scores(query, keys, values, sharpness):
    return ((keys @ query) ** sharpness).softmax(dim=0) @ values


@ask.mistake("the sharpness is made a whole number: 0.7 becomes 0")
def _whole_sharpness(query, keys, values, sharpness):
    return (int(sharpness) * (keys @ query)).softmax(dim=0) @ values


@ask.mistake("the sharpness is applied twice, to the query and to the keys")
def _sharpened_twice(query, keys, values, sharpness):
    return (sharpness * keys @ (sharpness * query)).softmax(dim=0) @ values


@ask.mistake("the sign is turned: the least similar key gets most")
def _turned_round(query, keys, values, sharpness):
    return (-sharpness * (keys @ query)).softmax(dim=0) @ values


@ask.mistake("the scores are distances; the contract wants dot products")
def _distances(query, keys, values, sharpness):
    return (-sharpness * (keys - query).norm(dim=-1)).softmax(dim=0) @ values


@ask.mistake("large scores are cut off, so that they become alike")
def _cut_off(query, keys, values, sharpness):
    powers = (sharpness * (keys @ query)).clamp(max=80).exp()
    return powers / powers.sum() @ values


@ask.mistake("the mean of the scores is subtracted; one that lies far above it still overflows")
def _mean_subtracted(query, keys, values, sharpness):
    scores = sharpness * (keys @ query)
    powers = (scores - scores.mean()).exp()
    return powers / powers.sum() @ values


@ask.mistake("a sharpness of 0 counts as none given, and 1 takes its place")
def _zero_is_no_sharpness(query, keys, values, sharpness):
    return look_up(query, keys, values, sharpness or 1.0)


@ask.mistake("at sharpness 0 the values are summed, not averaged")
def _sum_at_zero(query, keys, values, sharpness):
    return look_up(query, keys, values, sharpness) if sharpness else values.sum(dim=0)


@ask.mistake("the weighted values stand below each other: their sum is missing")
def _not_summed(query, keys, values, sharpness):
    return (sharpness * (keys @ query)).softmax(dim=0)[:, None] * values


@ask.mistake("the keys are poured into another shape, so that no score belongs to a key")
def _keys_poured(query, keys, values, sharpness):
    return (sharpness * (query @ keys.reshape(len(query), -1))).softmax(dim=0) @ values


@ask.mistake("axes of size 1 are squeezed away: a value of one number has lost its axis")
def _squeezed(query, keys, values, sharpness):
    return look_up(query, keys, values, sharpness)[None].squeeze()


@ask.mistake("the result is float32 whatever comes in")
def _single(query, keys, values, sharpness):
    return look_up(query.float(), keys.float(), values.float(), sharpness)


@ask.mistake("the result is cut off from its inputs, so that no gradient flows back")
def _detached(query, keys, values, sharpness):
    return look_up(query, keys, values, sharpness).detach()


@ask.mistake("the caller's query is multiplied in place")
def _in_place(query, keys, values, sharpness):
    query *= sharpness
    return (keys @ query).softmax(dim=0) @ values


@ask.right
def in_a_loop(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, sharpness: float):
    scores = [sharpness * (query * key).sum() for key in keys]
    largest = max(scores)
    powers = [(score - largest).exp() for score in scores]
    total = sum(powers)
    return sum(power / total * row for power, row in zip(powers, values, strict=True))


@ask.right
def by_einsum(query, keys, values, sharpness):
    weights = torch.softmax(torch.einsum("d,kd->k", sharpness * query, keys), dim=-1)
    return torch.einsum("k,kv->v", weights, values)


@ask.right
def by_torch(query, keys, values, sharpness):
    mixed = torch.nn.functional.scaled_dot_product_attention(query[None], keys, values, scale=sharpness)
    return mixed.squeeze(0)


@ask.right
def by_logarithms(query, keys, values, sharpness):
    scores = keys.matmul(query).mul(sharpness)
    return values.T @ (scores - scores.logsumexp(dim=0)).exp()
