"""What the network holds and does."""

from albert_lab.analysis.ablation import (
    AblationEffects,
    ablated,
    head_effects,
    head_means,
    layer_effects,
    logit_lens,
    masked_token_loss,
    patched,
)
from albert_lab.analysis.accounts import activation_bytes, flops, parameters
from albert_lab.analysis.geometry import geometry
from albert_lab.analysis.heads import (
    attention_distance,
    depth_similarity,
    entropy,
    offset_histogram,
    special_share,
)
from albert_lab.analysis.probes import SENTENCES, guessing_task
from albert_lab.analysis.record import AttentionRecord, CrossAttentionRecord, record
from albert_lab.analysis.rollout import rollout

__all__ = [
    "SENTENCES",
    "AblationEffects",
    "AttentionRecord",
    "CrossAttentionRecord",
    "ablated",
    "activation_bytes",
    "attention_distance",
    "depth_similarity",
    "entropy",
    "flops",
    "geometry",
    "guessing_task",
    "head_effects",
    "head_means",
    "layer_effects",
    "logit_lens",
    "masked_token_loss",
    "offset_histogram",
    "parameters",
    "patched",
    "record",
    "rollout",
    "special_share",
]
