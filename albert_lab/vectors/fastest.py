"""Which of the two ways through a layer is faster on this machine: measured once, then remembered.

The answer depends on the processor, its instruction sets, the number of threads, torch and the shape, so that
is the key. It stands in a file of the cache folder, which may be deleted at any time; a damaged one is
measured anew, and where nothing can be written each process measures for itself (some 0.1 s).
``ALBERT_LAB_PACKED=0`` switches the packed way off, ``=1`` on, without a measurement.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import torch

from albert_lab.errors import AlbertLabError, InputError
from albert_lab.model import AlbertModel
from albert_lab.paths import atomic_write, cache_dir
from albert_lab.vectors.packed import PackedLayer, can_pack

SWITCH = "ALBERT_LAB_PACKED"
_SMALLEST = 128  # a narrower network is done at once either way, and is not measured
_GAIN = 1.1  # times faster that the packed way must be: less is noise, and not worth its memory
_TEXTS, _TOKENS, _ROUNDS = 4, 64, 5


def is_packed(model: torch.nn.Module) -> bool:
    """Whether the model should run packed on this machine.

    Raises:
        InputError: ALBERT_LAB_PACKED is something else than 0 or 1.
    """
    wanted = os.environ.get(SWITCH, "")
    if wanted not in ("", "0", "1"):
        raise InputError(f"{SWITCH} is {wanted!r:.40}.", expected="0 or 1", mend=f"unset {SWITCH}")
    if wanted == "0" or not can_pack(model):
        return False
    if wanted == "1":
        return True
    if model.config.hidden_size < _SMALLEST:
        return False
    rates = measured_rates(model)
    return rates["packed"] >= _GAIN * rates["plain"]


def described(model: torch.nn.Module) -> str:
    """For people: the way that is taken, and the rates of both where they were measured.

    Raises:
        InputError: as `is_packed`.
    """
    way = "packed weights through oneDNN" if is_packed(model) else "torch's plain products"
    if os.environ.get(SWITCH, "") or not can_pack(model) or model.config.hidden_size < _SMALLEST:
        return f"{way} (not measured)"
    told = [f"{name} {rate / 1e9:.0f}" for name, rate in measured_rates(model).items()]
    return f"{way}; billion operations a second: " + ", ".join(told)


def measured_rates(model: AlbertModel) -> dict[str, float]:
    """Operations per second of one layer, "plain" and "packed": remembered, or measured now."""
    file, key = _file(), _key(model)
    known = _read(file)
    if key not in known:
        known[key] = _measure(model)
        with suppress(AlbertLabError), atomic_write(file) as temporary:
            temporary.write_text(json.dumps(known, indent=1))
    return known[key]


def _file() -> Path:
    return cache_dir() / "fastest.json"


def _key(model: AlbertModel) -> str:
    capability = torch.backends.cpu.get_cpu_capability()
    limits = [os.environ.get(name, "") for name in ("ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS")]
    config, dtype = model.config, next(model.parameters()).dtype
    machine = (_processor(), capability, *limits, f"{torch.get_num_threads()} threads")
    shape = (config.hidden_size, config.intermediate_size, config.num_attention_heads)
    return " | ".join(map(str, (*machine, torch.__version__, dtype, *shape)))


def _processor() -> str:
    """The processor's name as Linux tells it, else what Python knows of it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _read(file: Path) -> dict[str, dict[str, float]]:
    """What is remembered; nothing of a file, or a part of it, that is damaged or not ours."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if _whole(value)} if isinstance(found, dict) else {}


def _whole(value: object) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"plain", "packed"}:
        return False
    return all(isinstance(rate, float) and 0 < rate < float("inf") for rate in value.values())


@torch.inference_mode()
def _measure(model: AlbertModel) -> dict[str, float]:
    """The two in turns, so that a busy machine disturbs both; the best of the rounds counts."""
    layer = model.encoder.layers()[0]
    x = torch.randn(_TEXTS, _TOKENS, model.config.hidden_size, dtype=layer.ffn.weight.dtype)
    ways: dict[str, Callable] = {"plain": layer, "packed": PackedLayer(layer)}
    seconds = dict.fromkeys(ways, float("inf"))
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            begin = time.perf_counter()
            way(x)
            seconds[name] = min(seconds[name], time.perf_counter() - begin)
    H, wide = model.config.hidden_size, model.config.intermediate_size
    operations = 2 * _TEXTS * _TOKENS * (4 * H * H + 2 * H * wide)
    return {name: operations / taken for name, taken in seconds.items()}
