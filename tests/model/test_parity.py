"""Our network computes what transformers' ALBERT computes, and mistakes that learners make are seen."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from albert_lab import model as lab
from albert_lab.model import AlbertEmbeddings, AlbertModel, attention, encoder, heads

from .parity import (
    TOLERANCE,
    differences,
    gradient_differences,
    gradients_of,
    make_batch,
    make_pair,
    outputs_of,
    tiny_config,
)

CONFIGS = {
    "one group": tiny_config(),
    "groups": tiny_config(num_hidden_layers=6, num_hidden_groups=3),
    "uneven groups": tiny_config(num_hidden_layers=5, num_hidden_groups=2),
    "inner groups": tiny_config(num_hidden_layers=4, num_hidden_groups=2, inner_group_num=2),
    "E = H, one head": tiny_config(embedding_size=48, num_attention_heads=1),
    "erf gelu": tiny_config(hidden_act="gelu"),
    "relu": tiny_config(hidden_act="relu"),
    "fused gelu": tiny_config(hidden_act="gelu_pytorch_tanh"),
    "large epsilon": tiny_config(layer_norm_eps=1e-3),
    "deep": tiny_config(num_hidden_layers=12),
}
BATCHES = ("plain", "padded", "pairs", "one_token", "longest")
CLASSES = (
    AlbertModel,
    lab.AlbertForPreTraining,
    lab.AlbertForMaskedLM,
    lab.AlbertForSequenceClassification,
    lab.AlbertForTokenClassification,
    lab.AlbertForQuestionAnswering,
)
DTYPES = (torch.float32, torch.float64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CONFIGS)
def test_every_output_and_gradient_for_every_shape(name, dtype):
    config = CONFIGS[name]
    ours, theirs = make_pair(lab.AlbertForPreTraining, config, dtype)
    for kind in BATCHES:
        inputs = make_batch(kind, config)
        out = outputs_of(ours, inputs)
        layers = config.num_hidden_layers * config.inner_group_num
        assert {f"hidden_states.{layers}", f"attentions.{layers - 1}"} <= out.keys()
        assert max(differences(out, outputs_of(theirs, inputs)).values()) <= TOLERANCE[dtype], kind
        difference = gradient_differences(gradients_of(ours, inputs), gradients_of(theirs, inputs))
        assert max(difference.values()) <= TOLERANCE[dtype], kind


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_head(cls, dtype):
    config = tiny_config()
    ours, theirs = make_pair(cls, config, dtype)
    for kind in BATCHES:
        inputs = make_batch(kind, config)
        difference = differences(outputs_of(ours, inputs), outputs_of(theirs, inputs))
        assert max(difference.values()) <= TOLERANCE[dtype]
        difference = gradient_differences(gradients_of(ours, inputs), gradients_of(theirs, inputs))
        assert max(difference.values()) <= TOLERANCE[dtype]


@pytest.mark.parametrize("cls", [lab.AlbertForSequenceClassification, lab.AlbertForTokenClassification])
def test_seven_labels(cls):
    config = tiny_config(num_labels=7)
    ours, theirs = make_pair(cls, config)
    inputs = make_batch("pairs", config)
    out = outputs_of(ours, inputs)
    assert out["logits"].shape[-1] == 7
    assert max(differences(out, outputs_of(theirs, inputs)).values()) <= 1e-10


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 2e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("kind", BATCHES)
def test_fused_steps_equal_the_written_formulas(kind, dtype, tolerance):
    ours, _ = make_pair(lab.AlbertForPreTraining, CONFIGS["inner groups"], dtype)
    inputs = make_batch(kind, ours.config)
    fused, written = outputs_of(ours, inputs, weights=False), outputs_of(ours, inputs)
    written = {name: tensor for name, tensor in written.items() if not name.startswith("attentions")}
    assert max(differences(fused, written).values()) <= tolerance
    difference = gradient_differences(gradients_of(ours, inputs, weights=False), gradients_of(ours, inputs))
    assert max(difference.values()) <= 10 * tolerance


def no_square_root(ours, patch):
    patch.setattr(attention, "attention_scores", lambda query, key: query @ key.transpose(-2, -1))


def divided_by_d(ours, patch):
    patch.setattr(
        attention, "attention_scores", lambda query, key: query @ key.transpose(-2, -1) / query.shape[-1]
    )


def tokens_split_instead_of_features(ours, patch):
    def split(x, num_heads):
        B, T, H = x.shape
        return x.reshape(B, num_heads, T, H // num_heads)

    patch.setattr(attention, "split_heads", split)


def masked_after_softmax(ours, patch):
    def weights(scores, mask=None):
        return scores.softmax(-1) if mask is None else scores.softmax(-1).masked_fill(~mask, 0.0)

    patch.setattr(attention, "attention_weights", weights)


def erf_gelu(ours, patch):
    patch.setattr(encoder, "activation", lambda name, fused=True: F.gelu)


def erf_gelu_in_the_head(ours, patch):
    patch.setattr(heads, "activation", lambda name, fused=True: F.gelu)


def epsilon_of_torch(ours, patch):
    for part in ours.modules():
        if isinstance(part, nn.LayerNorm):
            part.eps = 1e-5


def pre_layer_norm(ours, patch):
    def forward(self, x, mask=None, *, output_weights=False):
        attended, weights = self.attention(x, mask, output_weights=output_weights)
        return attended + self.feed_forward(self.full_layer_layer_norm(attended)), weights

    patch.setattr(encoder.AlbertLayer, "forward", forward)


def residual_from_the_layer_input(ours, patch):
    def forward(self, x, mask=None, *, output_weights=False):
        attended, weights = self.attention(x, mask, output_weights=output_weights)
        return self.full_layer_layer_norm(x + self.feed_forward(attended)), weights

    patch.setattr(encoder.AlbertLayer, "forward", forward)


def layer_norm_at_h(ours, patch):
    body = ours.albert
    body.embeddings.LayerNorm = nn.Identity()
    widen, norm = body.encoder.embedding_hidden_mapping_in, nn.LayerNorm(ours.config.hidden_size, eps=1e-12)
    body.encoder.embedding_hidden_mapping_in = nn.Sequential(widen, norm.to(widen.weight.dtype))


def mask_forgotten(ours, patch):
    patch.setattr(AlbertModel, "_attention_mask", lambda self, mask, ids: None)


def groups_interleaved(ours, patch):
    patch.setattr(encoder, "group_of_layer", lambda layer, num_layers, num_groups: layer % num_groups)


def segments_ignored(ours, patch):
    forward = AlbertEmbeddings.forward
    patch.setattr(
        AlbertEmbeddings,
        "forward",
        lambda self, ids, types=None, positions=None: forward(self, ids, None, positions),
    )


def mean_pooler(ours, patch):
    patch.setattr(AlbertModel, "pool", lambda self, hidden: torch.tanh(self.pooler(hidden.mean(1))))


def decoder_without_bias(ours, patch):
    def forward(self, hidden, *, fused=True):
        gelu = heads.activation(self.hidden_act, fused=fused)
        return self.LayerNorm(gelu(self.dense(hidden))) @ self.decoder.weight.T

    patch.setattr(heads.AlbertMLMHead, "forward", forward)


MISTAKES = (
    no_square_root,
    divided_by_d,
    tokens_split_instead_of_features,
    masked_after_softmax,
    erf_gelu,
    erf_gelu_in_the_head,
    epsilon_of_torch,
    pre_layer_norm,
    residual_from_the_layer_input,
    layer_norm_at_h,
    mask_forgotten,
    groups_interleaved,
    segments_ignored,
    mean_pooler,
    decoder_without_bias,
)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("plant", MISTAKES, ids=lambda plant: plant.__name__)
def test_a_planted_mistake_breaks_parity(plant, dtype, monkeypatch):
    """With the right code the comparison passes; with the mistake it fails by a factor of ten or more."""
    config = tiny_config(num_hidden_layers=4, num_hidden_groups=2)
    ours, theirs = make_pair(lab.AlbertForPreTraining, config, dtype)
    inputs = make_batch("pairs", config)
    right = outputs_of(theirs, inputs)
    assert max(differences(outputs_of(ours, inputs), right).values()) <= TOLERANCE[dtype]
    plant(ours, monkeypatch)
    assert max(differences(outputs_of(ours, inputs), right).values()) > 10 * TOLERANCE[dtype]
