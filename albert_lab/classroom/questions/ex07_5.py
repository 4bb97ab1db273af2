"""ex07_5: the output layer that forgot its table; find the bugs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex07_5",
    title="The output that forgot its table",
    kind="find the bug",
    objectives=("LO-07.5",),
    points=3,
    minutes=15,
    difficulty=3,
    importance=4,
    why=(
        "Tied means one tensor in two places, not two tensors that begin alike: after the first step of"
        " training a copy is another table. Only then does every hidden token teach all rows, those too"
        " that stand in no text."
    ),
)


@ask.reference
class Head(nn.Module):
    def __init__(self, words: nn.Embedding, hidden: int) -> None:
        super().__init__()
        self.words = words  # the same module, the same tensor
        self.dense = nn.Linear(hidden, words.embedding_dim)
        self.norm = nn.LayerNorm(words.embedding_dim, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(words.num_embeddings))

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        narrow = self.norm(F.gelu(self.dense(h), approximate="tanh"))  # (..., H) -> (..., E)
        return narrow @ self.words.weight.T + self.bias  # -> (..., V)


@ask.use
def use(answer, words: torch.Tensor, hidden: int, loaded_into_the_head: dict, h: torch.Tensor) -> dict | None:
    """Build the head on a table, load its own weights, run it, and let the table learn once.

    A bias that the contract does not know is set to 0.5: else it would be another one each time.
    """
    if getattr(answer, "forward", None) is nn.Module.forward:
        return None  # an empty class
    table = nn.Embedding.from_pretrained(words.clone(), freeze=False)
    head = answer(table, hidden)
    if head is None:
        return None
    parts = {"dense.weight": head.dense.weight, "dense.bias": head.dense.bias, "bias": head.bias}
    parts |= {"norm.weight": head.norm.weight, "norm.bias": head.norm.bias}
    missing = [name for name, part in parts.items() if part is None]
    if missing:
        raise AttributeError(f"{missing[0]} is missing")
    with torch.no_grad():
        for part in (part for part in head.parameters() if part.ndim == 1):
            part.fill_(0.5)
        for name, part in parts.items():
            part.copy_(loaded_into_the_head[name])
    h = h.clone().requires_grad_()
    scores = head(h)
    if not isinstance(scores, torch.Tensor):
        raise TypeError(f"forward returns {type(scores).__name__}, and a tensor is expected")
    (scores * torch.arange(scores.numel()).cos().reshape(scores.shape)).sum().backward()
    slopes = [table.weight.grad, head.bias.grad, *(parts[name].grad for name in parts if "." in name), h.grad]
    slopes = [torch.zeros(0) if slope is None else slope for slope in slopes]
    tiny = float(loaded_into_the_head["dense.weight"].abs().max()) < 1e-3  # slopes are rounding there
    with torch.no_grad():
        table.weight += 0.5 * torch.arange(words.numel()).sin().reshape(words.shape)
    return {
        "scores": scores.detach(),
        "numbers stored, table and head": sum(p.numel() for p in nn.ModuleList([table, head]).parameters()),
        "gradient of the table": slopes[0],
        "gradient of the bias": slopes[1],
        "gradients of dense and norm": [] if tiny else slopes[2:-1],
        "a gradient goes back to h": slopes[-1],
        "scores after the table has learned": head(h).detach(),
    }


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """Sizes all different; one token; E = H; wider than H; tiny numbers, where eps counts."""

    def case(says: str, V: int, E: int, H: int, *shape: int, size: float = 1.0) -> Case:
        weights = {"dense.weight": size * draw.normal(E, H), "dense.bias": size * draw.normal(E)}
        weights |= {"norm.weight": draw.normal(E), "norm.bias": draw.normal(E), "bias": draw.normal(V)}
        return Case(
            says, (draw.normal(V, E), H), {"loaded_into_the_head": weights, "h": draw.normal(*shape, H)}
        )

    return [
        case("two texts of three tokens", 11, 4, 6, 2, 3),
        case("one token, without a batch", 7, 3, 5, 1),
        case("one token, no other axis", 6, 4, 7),
        case("E = H", 9, 5, 5, 2, 4),
        case("rows wider than the network", 8, 6, 3, 1, 4),
        case("more axes", 6, 5, 3, 2, 4, 2),
        case("numbers so small that eps counts", 6, 5, 4, 2, 3, size=1e-6),
    ]


def _head(tie="same", order="gelu first", gelu="tanh", eps=1e-12, bias=True, norm=True, again=False):
    """A class with some pieces replaced."""

    class Wrong(nn.Module):
        def __init__(self, words, hidden):
            super().__init__()
            V, E = words.weight.shape
            self.dense, self.norm = nn.Linear(hidden, E), nn.LayerNorm(E, eps=eps)
            self.bias = nn.Parameter(torch.zeros(V))
            copied = nn.Parameter(words.weight.detach().clone())
            tables = {"same": words.weight, "copy": copied, "storage": nn.Parameter(words.weight.detach())}
            self.table = tables.get(tie, words.weight)
            if again:
                self.unused = nn.Linear(E, V, bias=False)

        def forward(self, h):
            narrow, after = self.dense(h), self.norm if norm else nn.Identity()
            if order == "norm first":
                narrow = F.gelu(after(narrow), approximate=gelu)
            else:
                narrow = after(F.gelu(narrow, approximate=gelu) if order == "gelu first" else narrow)
            table = self.table.detach() if tie == "detached" else self.table
            return narrow @ table.T + (self.bias if bias else 0)

    return Wrong


ask.mistake("it is still the given class: both bugs are in it", _head(tie="copy", order="norm first"))
ask.mistake("one bug is left: the output has a table of its own, equal only at the start", _head(tie="copy"))
ask.mistake(
    "one bug is left: two steps between `dense` and the table are exchanged", _head(order="norm first")
)
ask.mistake(
    "two parameters lie over the same numbers, so that the table gets no gradient from the output",
    _head(tie="storage"),
)
ask.mistake(
    "the table is detached or a buffer: same numbers, and the output does not teach it", _head(tie="detached")
)
ask.mistake("the bias of the pieces is not added", _head(bias=False))
ask.mistake("GELU is the erf form, which is torch's default", _head(gelu="none"))
ask.mistake("eps is 1e-5, which is torch's default", _head(eps=1e-5))
ask.mistake("eps is 1e-6, and small numbers feel that", _head(eps=1e-6))
ask.mistake("there is no LayerNorm", _head(norm=False))
ask.mistake("there is no GELU", _head(order="no gelu"))


@ask.mistake("two biases of V numbers are added: the linear layer's and the head's own")
class _TwoBiases(Head):
    def __init__(self, words, hidden):
        super().__init__(words, hidden)
        self.decoder = nn.Linear(words.embedding_dim, words.num_embeddings)
        self.decoder.weight = words.weight

    def forward(self, h):
        return self.decoder(self.norm(F.gelu(self.dense(h), approximate="tanh"))) + self.bias


@ask.mistake("it is tied the other way round: the table's own numbers are lost")
class _OtherWay(_TwoBiases):
    def __init__(self, words, hidden):
        nn.Module.__init__(self)
        V, E = words.weight.shape
        self.dense, self.norm = nn.Linear(hidden, E), nn.LayerNorm(E, eps=1e-12)
        self.decoder = nn.Linear(E, V, bias=False)
        words.weight = self.decoder.weight
        self.bias = nn.Parameter(torch.zeros(V))


@ask.mistake("the table is copied once, and what it learns later does not show")
class _ClonedOnce(Head):
    def __init__(self, words, hidden):
        super().__init__(words, hidden)
        self.at_first = words.weight.clone()

    def forward(self, h):
        narrow = self.norm(F.gelu(self.dense(h), approximate="tanh"))
        return narrow @ self.at_first.T + self.bias


@ask.mistake("the bias is a plain tensor or a buffer: no optimizer would find it")
class _PlainBias(Head):
    def __init__(self, words, hidden):
        super().__init__(words, hidden)
        del self.bias
        self.bias = torch.zeros(words.num_embeddings)


@ask.mistake("nothing goes back to `dense` and `h`: the graph is cut before the table")
class _NoWayBack(Head):
    def forward(self, h):
        narrow = self.norm(F.gelu(self.dense(h), approximate="tanh"))
        return narrow.detach() @ self.words.weight.T + self.bias


@ask.mistake("`dense` is frozen, or used through copies, and nothing teaches it")
class _FrozenDense(Head):
    def forward(self, h):
        narrow = F.linear(h, self.dense.weight.detach(), self.dense.bias.detach())
        return self.norm(F.gelu(narrow, approximate="tanh")) @ self.words.weight.T + self.bias


@ask.mistake("the weights of the LayerNorm are frozen, or used through copies")
class _FrozenNorm(Head):
    def forward(self, h):
        scale, shift = self.norm.weight.detach(), self.norm.bias.detach()
        narrow = F.gelu(self.dense(h), approximate="tanh")
        return F.layer_norm(narrow, scale.shape, scale, shift, 1e-12) @ self.words.weight.T + self.bias


@ask.mistake("nothing but zeros goes back to `h`: it is detached on its way in")
class _DetachedInput(Head):
    def forward(self, h):
        return super().forward(h.detach()) + 0 * h.sum()


@ask.mistake("ReLU stands where GELU belongs")
class _Relu(Head):
    def forward(self, h):
        return self.norm(F.relu(self.dense(h))) @ self.words.weight.T + self.bias


@ask.mistake("LayerNorm stands twice")
class _TwoNorms(Head):
    def forward(self, h):
        narrow = self.norm(F.gelu(self.norm(self.dense(h)), approximate="tanh"))
        return narrow @ self.words.weight.T + self.bias


@ask.mistake("the scores are divided by the root of E, which belongs to attention")
class _Scaled(Head):
    def forward(self, h):
        return (super().forward(h) - self.bias) / self.words.embedding_dim**0.5 + self.bias


@ask.mistake("the scores were turned into probabilities")
class _Softmax(Head):
    def forward(self, h):
        return super().forward(h).softmax(dim=-1)


@ask.mistake("the axes of `h` are made into one, and not given back")
class _OneAxis(Head):
    def forward(self, h):
        return super().forward(h).reshape(-1, len(self.bias))


ask.mistake("a second matrix E × V is still stored, though nobody uses it", _head(again=True))


@ask.right
class WithLinear(nn.Module):
    def __init__(self, words, hidden):
        super().__init__()
        pieces, width = words.weight.shape
        self.dense = nn.Linear(hidden, width)
        self.norm = nn.LayerNorm(width, 1e-12)
        self.decoder = nn.Linear(width, pieces)
        self.decoder.weight = words.weight  # tied: one tensor, two names
        self.bias = self.decoder.bias

    def forward(self, h):
        return self.decoder(self.norm(F.gelu(self.dense(h), approximate="tanh")))


@ask.right
class WithFormulas(nn.Module):
    def __init__(self, words, hidden):
        super().__init__()
        self.table = words.weight
        self.dense = nn.Linear(hidden, self.table.shape[1])
        self.norm = nn.LayerNorm(self.table.shape[1])
        self.bias = nn.Parameter(torch.zeros(len(self.table)))

    def forward(self, h):
        x = h @ self.dense.weight.mT + self.dense.bias
        x = 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))
        x = x - x.mean(dim=-1, keepdim=True)
        x = x / (x.square().mean(dim=-1, keepdim=True) + 1e-12).sqrt() * self.norm.weight + self.norm.bias
        return torch.einsum("...e,ve->...v", x, self.table) + self.bias


@ask.right
class WithParts(nn.Module):
    def __init__(self, words, hidden):
        super().__init__()
        self.dense = nn.Linear(hidden, words.embedding_dim)
        self.act = nn.GELU(approximate="tanh")
        self.norm = nn.LayerNorm(words.embedding_dim, eps=1e-12)
        self.bias = nn.Parameter(torch.empty(words.num_embeddings))
        self.look_up = [words]  # in a list, so that it is not registered a second time

    def forward(self, h):
        return F.linear(self.norm(self.act(self.dense(h))), self.look_up[0].weight, self.bias)
