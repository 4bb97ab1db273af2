from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from albert_lab.errors import InputError
from albert_lab.vectors import Extractor, precision
from albert_lab.vectors.precision import Int8Linear, in_precision
from tests.small_models import SENTENCES


def cosines(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


@pytest.mark.parametrize(("chosen", "least"), [("bfloat16", 0.9999), ("int8", 0.999)])
@pytest.mark.filterwarnings("ignore:This processor has no bfloat16")
def test_fewer_bits_keep_the_direction(make_model, tokenizer, chosen, least):
    model = make_model(scale=1.0)
    exact = Extractor(model, tokenizer).embed(SENTENCES)
    vectors = Extractor(model, tokenizer, precision=chosen).embed(SENTENCES)
    assert vectors.dtype == np.float32
    assert cosines(exact, vectors).min() >= least
    assert np.abs(exact - vectors).max() > 1e-5  # something was rounded


@pytest.mark.filterwarnings("ignore:This processor has no bfloat16")
@pytest.mark.parametrize("native", [True, False])
def test_bfloat16_arithmetic_is_used_where_the_processor_has_it(model, monkeypatch, native):
    monkeypatch.setattr(precision, "_cpu_can", lambda *features: native)
    copied = in_precision(model, "bfloat16")
    weight = copied.encoder.albert_layer_groups[0].albert_layers[0].ffn.weight
    assert weight.dtype == (torch.bfloat16 if native else torch.float32)
    assert torch.equal(weight.float(), weight.bfloat16().float())  # rounded either way
    assert model.pooler.weight.dtype == torch.float32


def test_where_bfloat16_gains_nothing_the_user_is_told(model, monkeypatch):
    monkeypatch.setattr(precision, "_cpu_can", lambda *features: False)
    with pytest.warns(UserWarning, match="no bfloat16 instructions"):
        in_precision(model, "bfloat16")


def test_int8_linear_rounds_weights_by_row_and_inputs_by_call():
    torch.manual_seed(0)
    linear = torch.nn.Linear(24, 8)
    with torch.no_grad():
        linear.weight[3] *= 100  # a row with a scale of its own does not spoil the others
    x = torch.randn(2, 5, 24)
    quantized = Int8Linear(linear)
    steps = quantized.rounded.float()
    assert steps.abs().amax(dim=1).eq(127).all()
    weight = steps * quantized.scales[:, None].float()
    low, high = x.min().item(), x.max().item()
    step = (high - low) / (127 if quantized.reduce_range else 255)
    error = step / 2 * weight.abs().sum(dim=1) + 1e-4
    exact = torch.nn.functional.linear(x, weight, linear.bias)
    assert quantized(x).shape == (2, 5, 8)
    assert ((quantized(x) - exact).abs() <= error * 1.05).all()


def test_all_linear_layers_become_int8_and_no_warning_escapes(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copied = in_precision(model, "int8")
    kinds = [type(module) for module in copied.modules()]
    assert torch.nn.Linear not in kinds
    assert kinds.count(Int8Linear) == sum(isinstance(module, torch.nn.Linear) for module in model.modules())


def test_float32_of_a_float32_model_is_the_model_itself(model, make_model):
    assert in_precision(model, "float32") is model
    assert in_precision(make_model().double(), "float32").pooler.weight.dtype == torch.float32


@pytest.mark.parametrize(("chosen", "device"), [("int4", None), ("int8", "meta")])
def test_what_is_not_offered(model, chosen, device):
    with pytest.raises(InputError, match=chosen):
        in_precision(model, chosen, device)
