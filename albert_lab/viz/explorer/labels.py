"""Every word of the explorer's page, in every language that it speaks: one table, labels.json.

A ``<term>`` in it stands for the glossary's word of that language.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from albert_lab.viz.glossary.terms import chapters, filled


@cache
def labels() -> dict[str, Any]:
    """{"languages": {code: name}, "chapters": {number: file and titles}, key: {code: text}, ...}."""
    table = json.loads((Path(__file__).parent / "labels.json").read_text(encoding="utf-8"))
    languages = table.pop("languages")
    words = {
        key: {language: filled(text, language) for language, text in told.items()}
        for key, told in table.items()
    }
    return {"languages": languages, "chapters": chapters(), **words}
