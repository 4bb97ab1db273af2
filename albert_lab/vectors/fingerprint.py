"""What two extractors must have in common for their vectors to be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np


def fingerprint(weights: Mapping[str, np.ndarray], *further: Any) -> str:
    """SHA-256 (hex) of named weights, in any order, and of anything further that JSON can hold."""
    digest = hashlib.sha256(json.dumps(further, sort_keys=True, default=str).encode())
    for name in sorted(weights):
        digest.update(f"{name} {weights[name].dtype} {weights[name].shape}".encode())
        digest.update(np.ascontiguousarray(weights[name]).reshape(-1).view(np.uint8))
    return digest.hexdigest()
