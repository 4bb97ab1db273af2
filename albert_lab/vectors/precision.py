"""The network in another number format: float32, bfloat16, or int8 linear layers."""

from __future__ import annotations

import copy
import warnings

import torch
from torch import Tensor, nn

from albert_lab.errors import InputError

PRECISIONS = ("float32", "bfloat16", "int8")


class Int8Linear(nn.Module):
    """y = x Wᵀ + b with 8-bit weights, and inputs that are rounded to 8 bits while it runs.

    Every row of W has its own scale max|w| / 127. The input has one scale, found anew for each call
    ("dynamic quantization"), so that no calibration is needed; sums are exact 32-bit integers.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.out_features = linear.out_features
        weight = linear.weight.detach().float()
        scales = weight.abs().amax(dim=1).clamp(min=1e-12).double() / 127  # (out,)
        bias = None if linear.bias is None else linear.bias.detach().float()
        zeros = torch.zeros_like(scales).long()
        with warnings.catch_warnings():  # torch announces a successor of this type, but has none
            warnings.simplefilter("ignore")
            rounded = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
            self.packed = torch.ops.quantized.linear_prepack(rounded, bias)
        self.register_buffer("rounded", rounded.int_repr())  # these three are for state_dict only
        self.register_buffer("scales", scales)
        self.register_buffer("bias", bias)
        # Without VNNI, processors add pairs of products in 16 bits: 7-bit inputs keep those sums exact.
        self.reduce_range = not _cpu_can("avx512_vnni", "avx_vnni", "vnni")

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out), float32."""
        flat = x.reshape(-1, x.shape[-1])
        return torch.ops.quantized.linear_dynamic(flat, self.packed, self.reduce_range).reshape(
            *x.shape[:-1], self.out_features
        )


def in_precision(model: nn.Module, precision: str, device: str | torch.device | None = None) -> nn.Module:
    """The model in the wanted format and place: itself where nothing changes, else a copy.

    Raises:
        InputError: an unknown precision, or int8 on another device than the CPU.
    """
    if precision not in PRECISIONS:
        raise InputError(f"precision {precision!r} is not known.", expected="one of " + ", ".join(PRECISIONS))
    parameter = next(model.parameters())
    device = torch.device(device) if device is not None else parameter.device
    if precision == "int8":
        return _int8(model, device)
    native = precision == "float32" or device.type != "cpu" or _cpu_can("amx_bf16", "avx512_bf16", "bf16")
    if not native:
        warnings.warn(
            "This processor has no bfloat16 instructions: the weights are rounded to bfloat16, the "
            "arithmetic stays float32 (emulated it would be slower). Nothing is gained in speed.",
            stacklevel=4,
        )
        return copy.deepcopy(model).to(device=device, dtype=torch.bfloat16).float()
    dtype = torch.float32 if precision == "float32" else torch.bfloat16
    if parameter.dtype == dtype and parameter.device == device:
        return model
    return copy.deepcopy(model).to(device=device, dtype=dtype)


def _int8(model: nn.Module, device: torch.device) -> nn.Module:
    if device.type != "cpu" or not hasattr(torch.ops.quantized, "linear_dynamic"):
        raise InputError(
            f"precision 'int8' does not run on {device} with torch {torch.__version__}.",
            expected="a CPU, and a torch with quantized linear layers",
            mend="choose precision='bfloat16' on a GPU, 'float32' elsewhere",
        )
    model = copy.deepcopy(model).to(device=device, dtype=torch.float32)
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear):
            parent = model.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], Int8Linear(module))
    return model


def _cpu_can(*features: str) -> bool:
    """Whether the processor has one of these instruction sets; False where torch cannot tell."""
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(feature, False) for feature in features)
