"""ex11_2: one mean for both sides."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex11_2",
    title="One mean for both sides",
    kind="implement",
    objectives=("LO-11.2",),
    points=1,
    minutes=10,
    difficulty=2,
    importance=5,
    why=(
        "Both sides have to be seen from the same point, or the common piece of one side still decides. The "
        "documents' mean is there before any question comes, and does not change with the questions."
    ),
)

Tensor = torch.Tensor


@ask.reference
def centred_cosines(queries: Tensor, documents: Tensor) -> Tensor:
    mean = documents.mean(dim=0)
    return F.normalize(queries - mean, dim=-1) @ F.normalize(documents - mean, dim=-1).T


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, more documents, a cone, one question, square sizes, float64, layouts, gradients."""
    hand = torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 2.0], [3.0, 2.0], [2.0, 5.0]])
    return [
        Case("one question and three documents, by hand", hand),
        Case("more documents than questions", (draw.normal(3, 5), draw.normal(8, 5) + 1)),
        Case("a cone", (draw.normal(4, 6) + 5, draw.normal(7, 6) + 5)),
        Case("questions lie elsewhere than documents", (draw.normal(5, 4) + 3, draw.normal(6, 4) - 1)),
        Case("as many questions as documents as features", (draw.normal(6, 6) + 1, draw.normal(6, 6) * 2)),
        Case("float64 stays float64", tuple(draw.normal(n, 3, dtype=torch.float64) + 1 for n in (2, 5))),
        Case("vectors that are not contiguous", (draw.strided(3, 7), draw.strided(5, 7) + 1)),
        Case("gradients flow back", (draw.normal(2, 4) + 1, draw.normal(5, 4)), gradient=True),
    ]


def _cosines(one: Tensor, two: Tensor) -> Tensor:
    return F.normalize(one, dim=-1) @ F.normalize(two, dim=-1).T


@ask.mistake("nothing is centred")
def _not_centred(queries: Tensor, documents: Tensor) -> Tensor:
    return _cosines(queries, documents)


@ask.mistake("only the documents are centred")
def _documents_only(queries: Tensor, documents: Tensor) -> Tensor:
    return _cosines(queries, documents - documents.mean(0))


@ask.mistake("only the questions are centred")
def _queries_only(queries: Tensor, documents: Tensor) -> Tensor:
    return _cosines(queries - documents.mean(0), documents)


@ask.mistake("each side is centred with a mean of its own")
def _each_its_own(queries: Tensor, documents: Tensor) -> Tensor:
    return _cosines(queries - queries.mean(0), documents - documents.mean(0))


@ask.mistake("the mean is that of the questions")
def _mean_of_queries(queries: Tensor, documents: Tensor) -> Tensor:
    return _cosines(queries - queries.mean(0), documents - queries.mean(0))


@ask.mistake("the mean is that of questions and documents together")
def _mean_of_both(queries: Tensor, documents: Tensor) -> Tensor:
    mean = torch.cat([queries, documents]).mean(0)
    return _cosines(queries - mean, documents - mean)


@ask.mistake("each vector loses the mean of its own numbers")
def _per_vector(queries: Tensor, documents: Tensor) -> Tensor:
    return _cosines(queries - queries.mean(1, keepdim=True), documents - documents.mean(1, keepdim=True))


@ask.mistake("the length is made 1 before centring and not after it")
def _normalized_first(queries: Tensor, documents: Tensor) -> Tensor:
    one, two = F.normalize(queries, dim=-1), F.normalize(documents, dim=-1)
    return (one - two.mean(0)) @ (two - two.mean(0)).T


@ask.mistake("the vectors are brought to length 1 before centring too, which moves the mean")
def _normalized_twice(queries: Tensor, documents: Tensor) -> Tensor:
    return centred_cosines(F.normalize(queries, dim=-1), F.normalize(documents, dim=-1))


@ask.mistake("the result is a dot product: nothing is divided by lengths")
def _dot(queries: Tensor, documents: Tensor) -> Tensor:
    return (queries - documents.mean(0)) @ (documents - documents.mean(0)).T


def _one_side(raw: Tensor, unit: Tensor, documents: Tensor) -> Tensor:
    mean = documents.mean(0)
    return (raw - mean) @ F.normalize(unit - mean, dim=-1).T


ask.mistake(
    "only the documents are divided by their lengths",
    lambda queries, documents: _one_side(queries, documents, documents),
)
ask.mistake(
    "only the questions are divided by their lengths",
    lambda queries, documents: _one_side(documents, queries, documents).T,
)


@ask.mistake("the mean is added")
def _added(queries: Tensor, documents: Tensor) -> Tensor:
    return _cosines(queries + documents.mean(0), documents + documents.mean(0))


@ask.mistake("the mean is one single number over all features")
def _one_number(queries: Tensor, documents: Tensor) -> Tensor:
    return _cosines(queries - documents.mean(), documents - documents.mean())


@ask.mistake("each feature is divided by its spread: that is more than centring")
def _scaled(queries: Tensor, documents: Tensor) -> Tensor:
    mean, spread = documents.mean(0), documents.std(0, correction=0)
    return _cosines((queries - mean) / spread, (documents - mean) / spread)


@ask.mistake("lengths are taken along the texts and not along the features")
def _down(queries: Tensor, documents: Tensor) -> Tensor:
    mean = documents.mean(0)
    return F.normalize(queries - mean, dim=0) @ F.normalize(documents - mean, dim=0).T


@ask.mistake("documents stand in the rows; questions belong there")
def _transposed(queries: Tensor, documents: Tensor) -> Tensor:
    return centred_cosines(queries, documents).T


@ask.mistake("the axis of a single question is dropped; one row is a table too")
def _flat(queries: Tensor, documents: Tensor) -> Tensor:
    return centred_cosines(queries, documents).squeeze()


@ask.mistake("question i meets document i only; every pair has its cosine")
def _row_by_row(queries: Tensor, documents: Tensor) -> Tensor:
    return torch.cosine_similarity(queries - documents.mean(0), documents - documents.mean(0))


@ask.mistake("the mean is that of the documents brought to length 1, taken off the raw ones")
def _mean_of_directions(queries: Tensor, documents: Tensor) -> Tensor:
    mean = F.normalize(documents, dim=-1).mean(0)
    return _cosines(queries - mean, documents - mean)


@ask.mistake("one length is taken for all vectors of a side")
def _one_length(queries: Tensor, documents: Tensor) -> Tensor:
    one, two = queries - documents.mean(0), documents - documents.mean(0)
    return one @ two.T / (one.norm() * two.norm())


@ask.mistake("squares of lengths divide: the root is missing")
def _without_root(queries: Tensor, documents: Tensor) -> Tensor:
    one, two = queries - documents.mean(0), documents - documents.mean(0)
    return one @ two.T / (one.square().sum(1, keepdim=True) * two.square().sum(1))


@ask.mistake("the share along the mean is taken off each vector, and not the mean itself")
def _direction_removed(queries: Tensor, documents: Tensor) -> Tensor:
    common = F.normalize(documents.mean(0), dim=0)
    return _cosines(*(x - (x @ common)[:, None] * common for x in (queries, documents)))


@ask.mistake("the mean is cut out of the gradient")
def _constant(queries: Tensor, documents: Tensor) -> Tensor:
    mean = documents.mean(0).detach()
    return _cosines(queries - mean, documents - mean)


ask.mistake(
    "everything is made float32, and float64 is lost",
    lambda queries, documents: centred_cosines(queries.float(), documents.float()),
)


@ask.right
def with_similarity(queries: Tensor, documents: Tensor) -> Tensor:
    mu = documents.sum(0) / documents.shape[0]
    return torch.cosine_similarity((queries - mu).unsqueeze(1), (documents - mu).unsqueeze(0), dim=-1)


@ask.right
def with_lengths(queries: Tensor, documents: Tensor) -> Tensor:
    one, two = queries - documents.mean(0), documents - documents.mean(0)
    return torch.einsum("mh,nh->mn", one, two) / (one.norm(dim=1)[:, None] * two.norm(dim=1))


@ask.right
def with_a_loop(queries: Tensor, documents: Tensor) -> Tensor:
    mean = documents.mean(dim=0, keepdim=True)
    found = [(documents - mean) @ (q - mean[0]) / (q - mean[0]).norm() for q in queries]
    return torch.stack(found) / (documents - mean).norm(dim=1)
