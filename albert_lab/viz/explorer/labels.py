"""Every word of the explorer's page, in every language that it speaks: one table, labels.json."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def labels() -> dict[str, Any]:
    """{"languages": {code: name}, "chapters": {number: file name}, key: {code: text}, ...}."""
    return json.loads((Path(__file__).parent / "labels.json").read_text(encoding="utf-8"))
