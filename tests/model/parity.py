"""Our network and transformers' ALBERT on the same weights, scaled up so that no mistake hides.

With fresh weights (deviation 0.02) a missing √d moves the output by 4e-4 and a wrong GELU by 5e-7; times
8 both are far above the tolerances.
"""

from __future__ import annotations

import torch
import transformers
from torch import Tensor, nn

from albert_lab.model import AlbertConfig

# fp32 is held to this in the path that computes as the formulas are written (output_attentions=True),
# because transformers' eager attention does so too.
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-10}


def tiny_config(**changes) -> AlbertConfig:
    """A small ALBERT whose head width, 12, has no exact square root."""
    shape = {
        "vocab_size": 90,
        "embedding_size": 20,
        "hidden_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 80,
        "max_position_embeddings": 24,
    }
    return AlbertConfig(**{**shape, **changes})


def their_config(config: AlbertConfig) -> transformers.AlbertConfig:
    values = config.to_dict()
    del values["model_type"]
    return transformers.AlbertConfig(**values, attn_implementation="eager")


def make_pair(
    ours: type, config: AlbertConfig, dtype=torch.float64, seed: int = 0
) -> tuple[nn.Module, nn.Module]:
    """Our model of class `ours` and transformers' class of that name, with the same telling weights."""
    torch.manual_seed(seed)
    theirs = getattr(transformers, ours.__name__)(their_config(config))
    scale_up(theirs)
    model = ours(config)
    model.load_state_dict(theirs.state_dict())
    return model.to(dtype).eval(), theirs.to(dtype).eval()


def scale_up(model: nn.Module) -> None:
    """Matrices times 8; biases and LayerNorms moved away from 0 and 1."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(8.0)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.2)


def make_batch(kind: str, config: AlbertConfig, seed: int = 1) -> dict[str, Tensor]:
    """Inputs of one kind: plain, padded, pairs, one_token, longest."""
    generator = torch.Generator().manual_seed(seed)
    T = {"one_token": 1, "longest": config.max_position_embeddings}.get(kind, 11)
    ids = torch.randint(5, config.vocab_size, (3, T), generator=generator)
    if kind not in ("padded", "pairs"):
        return {"input_ids": ids}
    lengths = torch.tensor([T, 4, 7])
    mask = (torch.arange(T) < lengths[:, None]).long()
    inputs = {"input_ids": ids * mask, "attention_mask": mask}
    if kind == "pairs":
        inputs["token_type_ids"] = (torch.arange(T) >= lengths[:, None] // 2).long() * mask
    return inputs


def outputs_of(model: nn.Module, inputs: dict[str, Tensor], *, weights: bool = True) -> dict[str, Tensor]:
    """Every output by name, tuples spread out: hidden_states.0, attentions.2, ..."""
    out = model(**inputs, output_attentions=weights, output_hidden_states=True)
    found = vars(out) if type(out).__module__.startswith("albert_lab") else dict(out)
    flat = {}
    for name, value in found.items():
        if isinstance(value, tuple):
            flat.update({f"{name}.{i}": tensor for i, tensor in enumerate(value)})
        elif value is not None:
            flat[name] = value
    return flat


def differences(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> dict[str, float]:
    """Largest difference of each tensor, relative to the largest number in it."""
    assert ours.keys() == theirs.keys()
    assert all(ours[name].shape == theirs[name].shape for name in theirs)
    return {
        name: ((ours[name] - theirs[name]).abs().max() / theirs[name].abs().max()).item() for name in theirs
    }


def gradients_of(model: nn.Module, inputs: dict[str, Tensor], *, weights: bool = True) -> dict[str, Tensor]:
    """Gradient of a random mixture of all outputs with respect to every parameter."""
    model.zero_grad()
    generator = torch.Generator().manual_seed(2)
    total = 0.0
    for name, tensor in sorted(outputs_of(model, inputs, weights=weights).items()):
        if not name.startswith("attentions"):
            total = total + (tensor * torch.randn(tensor.shape, generator=generator)).sum()
    total.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def gradient_differences(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> dict[str, float]:
    """As `differences`, but a gradient that is zero by its nature is measured against the others.

    The key bias is such a one: it shifts all scores of a query alike, and softmax does not see it.
    """
    assert ours.keys() == theirs.keys()
    floor = 1e-3 * max(gradient.abs().max() for gradient in theirs.values())
    return {
        name: ((ours[name] - theirs[name]).abs().max() / theirs[name].abs().max().clamp(min=floor)).item()
        for name in theirs
    }
