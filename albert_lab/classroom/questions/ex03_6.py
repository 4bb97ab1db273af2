"""ex03_6: how much of each token is left in a gated memory."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex03_6",
    title="What is left of a token",
    kind="implement",
    objectives=("LO-03.5",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=2,
    why=(
        "What a token left in the memory is multiplied by every gate that comes later, and a product of "
        "numbers below 1 falls exponentially with their count. Attention has no such product: its weight for "
        "a token is computed in one step, whatever lies between."
    ),
)


@ask.reference
def share_left(forget: torch.Tensor) -> torch.Tensor:
    later = forget[:, 1:].flip(1).cumprod(dim=1).flip(1)  # (B, T - 1, m): what happens after each token
    return torch.cat([later, torch.ones_like(forget[:, :1])], dim=1)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, then sizes all different, gates that are shut or open, one token."""
    gates = [draw.normal(*shape).sigmoid() for shape in ((2, 5, 3), (3, 4, 6), (2, 1, 4), (4, 4, 4))]
    shut = gates[1].clone()
    shut[0, 2], shut[1, 0], shut[2, 3, 1] = 0.0, 0.0, 0.0
    opened = gates[0].clone()
    opened[:, 1:4] = 1.0
    small = 0.1 * draw.normal(2, 50, 3).sigmoid()  # their product is too small for float32
    long = 0.8 + 0.2 * draw.normal(1, 60, 2, dtype=torch.float64).sigmoid()
    return [
        Case("four tokens, by hand", (torch.tensor([[[0.9], [0.5], [0.2], [0.8]]]),)),
        Case("texts, tokens and memory all different", (gates[0],)),
        Case("some gates are 0", (shut,)),
        Case("some gates are 1", (opened,)),
        Case("one token", (gates[2],)),
        Case("as many texts as tokens", (gates[3],)),
        Case("sixty tokens, float64", (long,)),
        Case("fifty gates near 0", (small,)),
        Case("a tensor that is not contiguous", (draw.strided(2, 6, 3).sigmoid(),)),
    ]


@ask.mistake("a token passes its own gate as well: that gate is for what was there before it")
def _own_gate_too(forget):
    return forget.flip(1).cumprod(dim=1).flip(1)


@ask.mistake("you multiplied from the first gate up to the token's own")
def _from_the_front(forget):
    return forget.cumprod(dim=1)


@ask.mistake("you multiplied the gates before the token, and it meets those after it")
def _before_it(forget):
    return torch.cat([torch.ones_like(forget[:, :1]), forget[:, :-1].cumprod(dim=1)], dim=1)


@ask.mistake("the product of all gates was divided by a part of it: with a gate of 0 that is 0/0")
def _by_division(forget):
    return forget.prod(dim=1, keepdim=True) / forget.cumprod(dim=1)


@ask.mistake("only the next gate counts: the later ones are missing")
def _next_gate_only(forget):
    return torch.cat([forget[:, 1:], torch.ones_like(forget[:, :1])], dim=1)


@ask.mistake("the result runs from the last token to the first")
def _not_turned_back(forget):
    return share_left(forget).flip(1)


@ask.mistake("nothing is left of the last token, which no gate has met yet")
def _last_one_without_its_gate_zero(forget):
    return torch.cat([share_left(forget)[:, :-1], torch.zeros_like(forget[:, :1])], dim=1)


@ask.mistake("the gates were added up")
def _added(forget):
    later = forget[:, 1:].flip(1).cumsum(dim=1).flip(1)
    return torch.cat([later, torch.ones_like(forget[:, :1])], dim=1)


@ask.mistake("every step takes the average gate")
def _average_gate(forget):
    steps = torch.arange(forget.shape[1] - 1, -1, -1, dtype=forget.dtype)[:, None]
    return forget.mean(dim=1, keepdim=True) ** steps


@ask.mistake("every step takes the last gate")
def _last_gate_each_time(forget):
    steps = torch.arange(forget.shape[1] - 1, -1, -1, dtype=forget.dtype)[:, None]
    return forget[:, -1:] ** steps


@ask.mistake("you multiplied along the features of the memory, not along the tokens")
def _over_features(forget):
    later = forget[..., 1:].flip(-1).cumprod(dim=-1).flip(-1)
    return torch.cat([later, torch.ones_like(forget[..., :1])], dim=-1)


@ask.mistake("you multiplied along the texts of the batch, not along the tokens")
def _over_texts(forget):
    later = forget[1:].flip(0).cumprod(dim=0).flip(0)
    return torch.cat([later, torch.ones_like(forget[:1])], dim=0)


@ask.mistake("all gates but the token's own were multiplied, those before it too")
def _all_but_its_own(forget):
    others = [torch.cat([forget[:, :t], forget[:, t + 1 :]], dim=1) for t in range(forget.shape[1])]
    return torch.stack([gates.prod(dim=1) for gates in others], dim=1)


@ask.mistake("only the smallest of the later gates counts: each of them takes its part")
def _smallest_gate(forget):
    closed = forget.flip(1).cummin(dim=1).values.flip(1)
    return torch.cat([closed[:, 1:], torch.ones_like(forget[:, :1])], dim=1)


@ask.mistake("the last gate of the text is missing in the products")
def _without_the_last_gate(forget):
    return torch.stack([forget[:, t + 1 : -1].prod(dim=1) for t in range(forget.shape[1])], dim=1)


@ask.mistake(
    "a division by a product that is 0 was patched (a small number added, or its nan replaced): the shares "
    "there become 0"
)
def _division_patched(forget):
    return forget.prod(dim=1, keepdim=True) / (forget.cumprod(dim=1) + 1e-12)


@ask.mistake("gates of 0 were made a little larger, to divide by products of them that are still too small")
def _gates_kept_from_zero(forget):
    gates = forget.clamp(min=1e-6)
    return gates.prod(dim=1, keepdim=True) / gates.cumprod(dim=1)


@ask.mistake("the walk to the front begins with the last gate, so that every token meets it again")
def _begins_with_the_last_gate(forget):
    return share_left(forget) * forget[:, -1:]


@ask.mistake("the walk to the front goes one step too far: there is a row more than tokens")
def _one_row_too_many(forget):
    return torch.cat([forget.prod(dim=1, keepdim=True), share_left(forget)], dim=1)


@ask.mistake("each token but the last passes its own gate, and nobody passes the last one")
def _one_gate_too_early(forget):
    return share_left(torch.cat([forget[:, :1], forget[:, :-1]], dim=1))


@ask.mistake("the first gate came round to the end, and every token meets it")
def _first_gate_last(forget):
    return forget.roll(-1, dims=1).flip(1).cumprod(dim=1).flip(1)


@ask.mistake("the first token meets one gate only, and the last but one meets all")
def _from_the_second_on(forget):
    return torch.cat([forget[:, 1:].cumprod(dim=1), torch.ones_like(forget[:, :1])], dim=1)


@ask.mistake("the tokens stand on the first axis of the result, the texts on the second")
def _tokens_first(forget):
    return share_left(forget).transpose(0, 1)


@ask.mistake("every row is one and the same tensor, changed at each step")
def _one_tensor_many_times(forget):
    return share_left(forget)[:, :1].expand_as(forget)


@ask.mistake("all numbers of the memory follow the gates of the first")
def _first_memory_only(forget):
    return share_left(forget)[..., :1].expand_as(forget)


@ask.mistake("the result is always float32")
def _in_float32(forget):
    return share_left(forget.float())


@ask.mistake("you wrote into the gates themselves, for everybody who uses them after you")
def _in_place(forget):
    forget[:, 0] = 1
    return share_left(forget)


@ask.mistake("this is what is lost, and what is left was asked for")
def _what_is_lost(forget):
    return 1 - share_left(forget)


@ask.mistake("the last token has no row")
def _too_short(forget):
    return share_left(forget)[:, :-1]


@ask.mistake("the shares were scaled so that they sum to 1, as attention weights do")
def _shares_of_one(forget):
    left = share_left(forget)
    return left / left.sum(dim=1, keepdim=True)


@ask.right
def with_a_loop(forget: torch.Tensor) -> torch.Tensor:
    left = torch.ones_like(forget[:, 0])  # (B, m): of the last token, all
    shares = [left]
    for t in range(forget.shape[1] - 1, 0, -1):
        left = left * forget[:, t]
        shares.insert(0, left)
    return torch.stack(shares, dim=1)


@ask.right
def with_products(forget: torch.Tensor) -> torch.Tensor:
    return torch.stack([forget[:, t + 1 :].prod(dim=1) for t in range(forget.shape[1])], dim=1)


@ask.right
def with_a_memory(forget: torch.Tensor) -> torch.Tensor:
    batch, tokens, width = forget.shape
    memory = forget.new_zeros(batch, tokens, width)  # one memory for each token that is told alone
    heard = torch.eye(tokens, dtype=forget.dtype)
    for t in range(tokens):
        memory = memory * forget[:, t : t + 1] + heard[t][None, :, None]
    return memory
