"""ex04_3: the Jacobian of a stack of residual layers."""

from __future__ import annotations

from functools import reduce

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex04_3",
    title="The Jacobian of a stack",
    kind="implement",
    objectives=("LO-04.3",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=2,
    why=(
        "A nudge goes through the layers one after another, so their Jacobians are multiplied, the later "
        "layer to the left of the earlier one. Written out, the product is I plus every part plus every "
        "chain of parts: the I is the road that no layer can close."
    ),
    atol=1e-4,
)


@ask.reference
def stack_jacobian(parts: torch.Tensor) -> torch.Tensor:
    whole = torch.eye(parts.shape[-1], dtype=parts.dtype)
    for part in parts:  # the first layer first
        whole = whole + part @ whole  # (I + J) @ whole
    return whole


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, then depths and widths, no layer at all, large parts, gradients."""
    by_hand = torch.tensor([[[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]])
    small = 0.3 * draw.normal(12, 5, 5, dtype=torch.float64)
    strided = draw.normal(3, 5, 3).permute(0, 2, 1)[:, :, :3]
    return [
        Case("two layers, two features, by hand", (by_hand,)),
        Case("three layers, four features", (draw.normal(3, 4, 4),)),
        Case("one layer", (draw.normal(1, 3, 3),)),
        Case("no layer at all", (torch.zeros(0, 3, 3),)),
        Case("no layer at all, float64", (torch.zeros(0, 4, 4, dtype=torch.float64),)),
        Case("as many layers as features", (draw.normal(4, 4, 4),)),
        Case("layers that give nothing yet", (torch.zeros(5, 3, 3),)),
        Case("twelve layers, float64", (small,)),
        Case("one feature", (draw.normal(4, 1, 1),)),
        Case("a tensor that is not contiguous", (strided,)),
        Case("gradients flow back", (draw.normal(3, 4, 4),), gradient=True),
    ]


def _eye(parts):
    return torch.eye(parts.shape[-1], dtype=parts.dtype)


def _product(matrices, start):
    return reduce(lambda whole, matrix: matrix @ whole, matrices, start)


@ask.mistake("the layers were multiplied in the opposite order: the last one acts last")
def _first_layer_last(parts):
    return _product((_eye(parts) + parts).flip(0), _eye(parts))


@ask.mistake("the parts were added up, as if no layer read what another one wrote")
def _added(parts):
    return _eye(parts) + parts.sum(dim=0)


@ask.mistake("the identity is missing: this is the stack without residuals")
def _no_residual(parts):
    return _product(parts, _eye(parts))


@ask.mistake("there is one residual around the whole stack, and each layer has its own")
def _one_residual_around_all(parts):
    return _eye(parts) + _product(parts, _eye(parts))


@ask.mistake("the tables were multiplied number by number, not as matrices")
def _feature_by_feature(parts):
    return (_eye(parts) + parts).prod(dim=0)


@ask.mistake("the tables were multiplied number by number, so that only a diagonal is left")
def _number_by_number(parts):
    return reduce(lambda whole, part: whole * (_eye(parts) + part), parts, _eye(parts))


@ask.mistake("the product begins with zeros, and never gets away from them")
def _from_zeros(parts):
    return _product(_eye(parts) + parts, torch.zeros_like(_eye(parts)))


@ask.mistake("1 was added to every number, not only on the diagonal")
def _ones(parts):
    return _product(1 + parts, _eye(parts))


@ask.mistake("the tables of the layers were added up, identities and all")
def _all_added(parts):
    return (_eye(parts) + parts).sum(dim=0)


@ask.mistake("only the last layer is in it")
def _last_layer_only(parts):
    return _eye(parts) + parts[-1] if len(parts) else _eye(parts)


@ask.mistake("the result is turned: rows are outputs, columns are inputs")
def _turned(parts):
    return stack_jacobian(parts).T


@ask.mistake("the table of each layer was turned before it was used")
def _each_turned(parts):
    return stack_jacobian(parts.mT)


@ask.mistake("all layers were replaced by their average")
def _same_layer_again(parts):
    return _product([_eye(parts) + parts.mean(dim=0)] * len(parts), _eye(parts))


@ask.mistake("the residual is counted twice in every layer")
def _two_paths(parts):
    return _product(2 * _eye(parts) + parts, _eye(parts))


@ask.mistake("the parts were subtracted from the identity")
def _subtracted(parts):
    return _product(_eye(parts) - parts, _eye(parts))


@ask.mistake("sum and residual were averaged in every layer")
def _averaged(parts):
    return _product((_eye(parts) + parts) / 2, _eye(parts))


@ask.mistake("the last layer is missing")
def _one_too_few(parts):
    return stack_jacobian(parts[:-1])


@ask.mistake("the exponential of the sum was taken: that is another kind of stack")
def _exponential(parts):
    return torch.matrix_exp(parts.sum(dim=0))


@ask.mistake("the identity is added after each layer, in place of what came in")
def _one_for_each(parts):
    return reduce(lambda whole, part: part @ whole + _eye(parts), parts, _eye(parts))


@ask.mistake("the code needs at least two layers")
def _at_least_two(parts):
    return torch.linalg.multi_dot(list((_eye(parts) + parts).flip(0)))


@ask.mistake("the code needs at least one layer, and a stack of none is allowed")
def _at_least_one(parts):
    return reduce(lambda whole, part: part @ whole, _eye(parts) + parts)


@ask.mistake("of the chains of layers only that of the first and the last is in it")
def _first_and_last(parts):
    return _eye(parts) + parts.sum(dim=0) + (parts[-1] @ parts[0] if len(parts) > 1 else 0)


@ask.mistake("only the diagonal is left")
def _diagonal_only(parts):
    return stack_jacobian(parts).diagonal().diag()


@ask.mistake("the result is always float32")
def _always_float32(parts):
    return stack_jacobian(parts.float())


@ask.mistake("the identity is always float32, whatever the parts are")
def _identity_float32(parts):
    return reduce(lambda whole, part: whole + part @ whole, parts, torch.eye(parts.shape[-1]))


@ask.mistake("a stack of no layers gives float32, whatever dtype is asked for")
def _float32_for_none(parts):
    return stack_jacobian(parts) if len(parts) else torch.eye(parts.shape[-1])


@ask.mistake("a stack of no layers gives zeros, as if it let nothing through")
def _zeros_for_none(parts):
    return stack_jacobian(parts) if len(parts) else torch.zeros_like(_eye(parts))


@ask.mistake("the identity has one row for each layer, and not for each feature")
def _as_many_rows_as_layers(parts):
    return reduce(lambda whole, part: whole + part @ whole, parts, torch.eye(len(parts), dtype=parts.dtype))


@ask.mistake("you take the first layer out, and a stack of none has no first")
def _begins_with_the_first(parts):
    return _product(_eye(parts) + parts[1:], _eye(parts) + parts[0])


@ask.mistake("the running table is changed in place, and the gradient still needs what stood there")
def _running_table_in_place(parts):
    whole = _eye(parts)
    for part in parts:
        whole += part @ whole
    return whole


@ask.mistake("the identity was added to the argument itself, for everybody who uses it")
def _parts_in_place(parts):
    parts.data += _eye(parts)
    return _product(parts, _eye(parts))


@ask.mistake("no gradient comes back to the parts")
def _cut_off(parts):
    return stack_jacobian(parts.detach())


@ask.right
def with_reduce(parts: torch.Tensor) -> torch.Tensor:
    identity = torch.eye(parts.shape[-1], dtype=parts.dtype)
    return reduce(lambda whole, part: (identity + part) @ whole, parts, identity)


@ask.right
def from_the_other_end(parts: torch.Tensor) -> torch.Tensor:
    whole = torch.eye(parts.size(1)).to(parts)
    for layer in range(len(parts) - 1, -1, -1):
        whole = whole @ (whole.new_ones(parts.size(1)).diag() + parts[layer])
    return whole


@ask.right
def column_by_column(parts: torch.Tensor) -> torch.Tensor:
    columns = []
    for nudge in torch.eye(parts.shape[-1], dtype=parts.dtype):  # of one feature
        for part in parts:
            nudge = nudge + torch.mv(part, nudge)
        columns.append(nudge)
    return torch.stack(columns, dim=1)
