"""ex04_4: find the bug in the wiring of an encoder layer."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, Named, QuestionBuilder

ask = QuestionBuilder(
    id="ex04_4",
    title="A layer that is wired wrongly",
    kind="find the bug",
    objectives=("LO-04.4", "LO-04.5"),
    points=2,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "Each residual goes around one part: around the feed-forward part, that is what the part reads. "
        "With the layer's input instead, whatever attention collected could reach the output only through "
        "the feed-forward part."
    ),
    atol=5e-5,
)


@ask.reference
def layer_step(
    x: torch.Tensor, attention: Callable, norm_1: Callable, feed_forward: Callable, norm_2: Callable
) -> torch.Tensor:
    a = norm_1(x + attention(x))
    return norm_2(a + feed_forward(a))


BY_HAND = (
    Named("10 x", lambda x: 10 * x),
    Named("x + 1", lambda x: x + 1),
    Named("100 x", lambda x: 100 * x),
    Named("2 x", lambda x: 2 * x),
)


def _norm(draw: Draw, width: int, dtype: torch.dtype) -> Named:
    gamma, beta = draw.normal(width, dtype=dtype) + 1.5, draw.normal(width, dtype=dtype)
    return Named("a LayerNorm", lambda x: F.layer_norm(x, (width,), gamma, beta, 1e-12))


def _parts(draw: Draw, width: int, dtype: torch.dtype = torch.float32) -> tuple[Named, ...]:
    """Attention, norm, feed-forward part and norm with weights of their own, numbers of size O(1)."""
    mix, wide, back = (
        draw.normal(*shape, dtype=dtype) / shape[0] ** 0.5
        for shape in ((width, width), (width, 3 * width), (3 * width, width))
    )
    return (
        Named("attention", lambda x: F.scaled_dot_product_attention(x, x, x) @ mix),
        _norm(draw, width, dtype),
        Named("a feed-forward part", lambda x: F.gelu(x @ wide) @ back),
        _norm(draw, width, dtype),
    )


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Numbers that can be followed by hand, then real parts in several sizes, silent parts, gradients."""
    attention, norm_1, feed_forward, norm_2 = _parts(draw, 6)
    silent = Named("0", torch.zeros_like)
    same = Named("x", lambda x: x)
    float64 = _parts(draw, 4, torch.float64)
    return [
        Case("one number, by hand", (torch.tensor([[[1.0]]]), *BY_HAND)),
        Case("two texts, five tokens", (2 * draw.normal(2, 5, 6), attention, norm_1, feed_forward, norm_2)),
        Case("attention gives nothing yet", (draw.normal(2, 3, 6), silent, norm_1, feed_forward, norm_2)),
        Case(
            "the feed-forward part gives nothing", (draw.normal(2, 3, 6), attention, norm_1, silent, norm_2)
        ),
        Case("attention gives back x itself", (draw.normal(2, 3, 6), same, norm_1, feed_forward, norm_2)),
        Case("no norms", (draw.normal(2, 3, 6), attention, same, feed_forward, same)),
        Case("one token, float64", (draw.normal(3, 1, 4, dtype=torch.float64), *float64)),
        Case("a tensor that is not contiguous", (draw.strided(2, 4, 6), *_parts(draw, 6))),
        Case("gradients flow back", (draw.normal(2, 3, 5), *_parts(draw, 5)), gradient=True),
    ]


@ask.mistake("the second residual is the layer's input, from before attention")
def _buggy(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(x + attention(x))
    return norm_2(x + feed_forward(a))


@ask.mistake("the second residual is missing")
def _no_second_residual(x, attention, norm_1, feed_forward, norm_2):
    return norm_2(feed_forward(norm_1(x + attention(x))))


@ask.mistake("the first residual is missing")
def _no_first_residual(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(attention(x))
    return norm_2(a + feed_forward(a))


@ask.mistake("both norms stand before their parts: that is pre-LN, as in GPT-2")
def _norm_first(x, attention, norm_1, feed_forward, norm_2):
    x = x + attention(norm_1(x))
    return x + feed_forward(norm_2(x))


@ask.mistake("the second sum takes what came before the first norm")
def _sum_without_norm(x, attention, norm_1, feed_forward, norm_2):
    a = x + attention(x)
    return norm_2(a + feed_forward(norm_1(a)))


@ask.mistake("only what a part gives is normalized, and the sum is not")
def _norm_of_the_part(x, attention, norm_1, feed_forward, norm_2):
    a = x + norm_1(attention(x))
    return a + norm_2(feed_forward(a))


@ask.mistake("what attention gives is normalized alone, and then added")
def _first_norm_of_the_part(x, attention, norm_1, feed_forward, norm_2):
    a = x + norm_1(attention(x))
    return norm_2(a + feed_forward(a))


@ask.mistake("what the feed-forward part gives is normalized alone, and then added")
def _second_norm_of_the_part(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(x + attention(x))
    return a + norm_2(feed_forward(a))


def _with_norms(choose):
    def answer(x, attention, norm_1, feed_forward, norm_2):
        first, second = choose(norm_1, norm_2)
        return layer_step(x, attention, first, feed_forward, second)

    return answer


ask.mistake("the two norms are exchanged", _with_norms(lambda one, two: (two, one)))
ask.mistake("the first norm is used twice", _with_norms(lambda one, two: (one, one)))


def _plain(x):
    return x


ask.mistake("the first norm is missing", _with_norms(lambda one, two: (_plain, two)))
ask.mistake("the second norm is missing", _with_norms(lambda one, two: (one, _plain)))
ask.mistake("both norms are missing", _with_norms(lambda one, two: (_plain, _plain)))
ask.mistake("the second norm stands in both places", _with_norms(lambda one, two: (two, two)))


@ask.mistake("the first norm stands before attention, inside of the residual")
def _pre_then_post(x, attention, norm_1, feed_forward, norm_2):
    a = x + attention(norm_1(x))
    return norm_2(a + feed_forward(a))


@ask.mistake("the second norm stands before the feed-forward part")
def _post_then_pre(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(x + attention(x))
    return a + feed_forward(norm_2(a))


@ask.mistake("the feed-forward part reads the layer's input, not what attention made of it")
def _beside(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(x + attention(x))
    return norm_2(a + feed_forward(x))


@ask.mistake("attention and feed-forward part work side by side, on the same input")
def _in_parallel(x, attention, norm_1, feed_forward, norm_2):
    return norm_2(norm_1(x + attention(x)) + norm_1(x + feed_forward(x)))


@ask.mistake("the feed-forward part stands before attention")
def _other_order(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(x + feed_forward(x))
    return norm_2(a + attention(a))


@ask.mistake("the second sum holds the layer's input as a third term")
def _all_added(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(x + attention(x))
    return norm_2(x + a + feed_forward(a))


@ask.mistake("attention is applied a second time where a sum is enough")
def _attention_again(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(x + attention(x))
    return norm_2(attention(a) + feed_forward(a))


@ask.mistake("this ends after attention: half a layer")
def _half_a_layer(x, attention, norm_1, feed_forward, norm_2):
    return norm_1(x + attention(x))


@ask.mistake("the second norm is applied twice")
def _norm_once_more(x, attention, norm_1, feed_forward, norm_2):
    return norm_2(layer_step(x, attention, norm_1, feed_forward, norm_2))


@ask.mistake("the first norm stands before attention, and the second after its sum")
def _pre_and_post(x, attention, norm_1, feed_forward, norm_2):
    x = norm_1(x)
    a = x + attention(x)
    return norm_2(a + feed_forward(a))


@ask.mistake("what the feed-forward part reads was normalized a second time")
def _norm_again(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(x + attention(x))
    return norm_2(a + feed_forward(norm_1(a)))


@ask.mistake("the layer's input is added once more, after the last norm")
def _input_at_the_end(x, attention, norm_1, feed_forward, norm_2):
    return x + layer_step(x, attention, norm_1, feed_forward, norm_2)


@ask.mistake("the second residual is what attention gave, without the input and the norm")
def _attention_kept(x, attention, norm_1, feed_forward, norm_2):
    attended = attention(x)
    return norm_2(attended + feed_forward(norm_1(x + attended)))


@ask.mistake("a tuple comes back, and one tensor is asked for")
def _pair(x, attention, norm_1, feed_forward, norm_2):
    return layer_step(x, attention, norm_1, feed_forward, norm_2), None


@ask.mistake("the sum was written into x itself, for everybody who uses x after you")
def _in_place(x, attention, norm_1, feed_forward, norm_2):
    x.data += attention(x).data
    a = norm_1(x)
    return norm_2(a + feed_forward(a))


@ask.mistake("x was added into what attention gave back, and that may be x itself")
def _into_what_came_back(x, attention, norm_1, feed_forward, norm_2):
    a = norm_1(attention(x).add_(x))
    return norm_2(a + feed_forward(a))


@ask.mistake("no gradient comes back to x")
def _cut_off(x, attention, norm_1, feed_forward, norm_2):
    return layer_step(x.detach(), attention, norm_1, feed_forward, norm_2)


@ask.right
def in_a_loop(x, attention, norm_1, feed_forward, norm_2):
    for part, norm in ((attention, norm_1), (feed_forward, norm_2)):
        x = norm(x + part(x))
    return x


@ask.right
def with_a_sublayer(x, attention, norm_1, feed_forward, norm_2):
    def post(inside, part, norm):
        return norm(torch.add(part(inside), inside))

    return post(post(x, attention, norm_1), feed_forward, norm_2)


@ask.right
def step_by_step(x, attention, norm_1, feed_forward, norm_2):
    residual = x
    hidden = attention(x)
    hidden = norm_1(torch.stack([hidden, residual]).sum(dim=0))
    residual = hidden
    hidden = feed_forward(hidden)
    return norm_2(hidden + residual)
