"""What torch records of the network holds for every input, not for the values of the example."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn

from albert_lab import model as lab
from albert_lab.model import AlbertModel

from .parity import make_batch, make_pair, outputs_of, tiny_config

HEADS = (
    lab.AlbertForPreTraining,
    lab.AlbertForMaskedLM,
    lab.AlbertForSequenceClassification,
    lab.AlbertForTokenClassification,
    lab.AlbertForQuestionAnswering,
)


def ones(kind: str, **shape) -> dict[str, torch.Tensor]:
    """An example without padding: every mask is all ones, all segments are the first."""
    inputs = make_batch("plain", tiny_config(), **shape)
    ids = inputs["input_ids"]
    mask = torch.ones_like(ids) if kind == "2d" else torch.ones(*ids.shape, ids.shape[1], dtype=torch.long)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)}


def padded(kind: str) -> dict[str, torch.Tensor]:
    inputs = make_batch("pairs", tiny_config())
    if kind == "3d":
        mask = inputs["attention_mask"]
        inputs["attention_mask"] = mask[:, None, :] * torch.ones_like(mask)[:, :, None]
    return inputs


class Tensors(nn.Module):
    """The tensors that a model gives back, which is what torch.jit.trace can take."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        found = vars(self.model(input_ids, attention_mask, token_type_ids))
        return tuple(value for value in found.values() if value is not None)


@pytest.mark.parametrize("kind", ["2d", "3d"])
@pytest.mark.parametrize("cls", [AlbertModel, *HEADS], ids=lambda cls: cls.__name__)
def test_a_trace_made_without_padding_keeps_the_mask(cls, kind):
    model = Tensors(make_pair(cls, tiny_config())[0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        traced = torch.jit.trace(model, tuple(ones(kind).values()))
    assert [str(w.message) for w in caught if issubclass(w.category, torch.jit.TracerWarning)] == []
    inputs = padded(kind)
    for ours, expected in zip(traced(*inputs.values()), model(*inputs.values()), strict=True):
        assert (ours - expected).abs().max() < 1e-10


@pytest.mark.parametrize("cls", [AlbertModel, *HEADS], ids=lambda cls: cls.__name__)
def test_torch_export_takes_our_outputs(cls, tmp_path):
    """Exported with sizes left open, saved, read again, and run on other sizes with padding."""
    model = make_pair(cls, tiny_config())[0]
    sizes = {0: torch.export.Dim("batch", max=64), 1: torch.export.Dim("tokens", min=2, max=24)}
    example = ones("2d")
    program = torch.export.export(model, (), example, dynamic_shapes=dict.fromkeys(example, sizes))
    torch.export.save(program, tmp_path / "model.pt2")
    again = torch.export.load(tmp_path / "model.pt2").module()
    inputs = {name: tensor[:2, :9] for name, tensor in padded("2d").items()}
    found, expected = again(**inputs), model(**inputs)
    assert type(found) is type(expected)
    for name, value in vars(expected).items():
        if value is not None:
            assert (getattr(found, name) - value).abs().max() < 1e-10


def test_outputs_are_known_to_pytrees():
    out = make_pair(AlbertModel, tiny_config())[0](**padded("2d"), output_hidden_states=True)
    doubled = torch.utils._pytree.tree_map(lambda tensor: 2 * tensor, out)
    assert torch.equal(doubled.hidden_states[1], 2 * out.hidden_states[1])


def test_values_are_still_looked_at_outside_a_trace():
    model = make_pair(AlbertModel, tiny_config())[0]
    assert torch.equal(
        outputs_of(model, ones("2d"))["last_hidden_state"],
        outputs_of(model, {"input_ids": ones("2d")["input_ids"]})["last_hidden_state"],
    )
