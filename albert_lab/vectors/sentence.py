"""What turns a model's folder into a sentence model: which pooling, normalized or not, how long a text.

The notes are those of sentence-transformers (``modules.json``, ``1_Pooling``, ``2_Normalize``), so that
``SentenceTransformer(folder)`` and our :class:`~albert_lab.vectors.Extractor` give the same vectors.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albert_lab.errors import CheckpointError, InputError
from albert_lab.paths import atomic_write

SENTENCE_SOURCE = "docs-mini-sentence"
MODULES_FILE = "modules.json"
_KINDS = ("Transformer", "Pooling", "Normalize")
_FLAGS = {
    "mean": "pooling_mode_mean_tokens",
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
}


@dataclass(frozen=True)
class SentenceNotes:
    """How a sentence model wants to be used; `options` passes it to the Extractor."""

    pooling: str = "mean"
    normalize: bool = True
    max_length: int | None = None

    @property
    def options(self) -> dict[str, Any]:
        """As arguments of :class:`~albert_lab.vectors.Extractor`."""
        return dict(vars(self))


def write_notes(folder: Path | str, notes: SentenceNotes, dimension: int) -> None:
    """Put the notes into a model's folder, as sentence-transformers writes them; `dimension` is H.

    Raises:
        InputError: a pooling that sentence-transformers does not know: only mean, cls and max.
        OutputError: the folder cannot be written.
    """
    if notes.pooling not in _FLAGS:
        raise InputError(f"pooling {notes.pooling!r} has no note.", expected="one of " + ", ".join(_FLAGS))
    kinds = _KINDS if notes.normalize else _KINDS[:2]
    places = ["", *(f"{number}_{kind}" for number, kind in enumerate(kinds[1:], 1))]
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(zip(kinds, places, strict=True))
    ]
    flags = {flag: notes.pooling == how for how, flag in _FLAGS.items()}
    files = {"1_Pooling/config.json": {"word_embedding_dimension": dimension, **flags}}
    if notes.normalize:
        files["2_Normalize/config.json"] = {"module_input_name": "sentence_embedding"}
    files["sentence_bert_config.json"] = {"max_seq_length": notes.max_length, "do_lower_case": False}
    files[MODULES_FILE] = modules  # last: with it the folder is a sentence model
    for name, content in files.items():
        with atomic_write(Path(folder) / name) as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n")


def read_notes(folder: Path | str) -> SentenceNotes | None:
    """The notes in a folder; None if it is no sentence model.

    Raises:
        CheckpointError: the notes cannot be read, or ask for what the Extractor cannot do.
    """
    folder = Path(folder)
    if not (folder / MODULES_FILE).exists():
        return None
    try:
        modules = json.loads((folder / MODULES_FILE).read_text(encoding="utf-8"))
        steps = {module["type"].rpartition(".")[2]: module["path"] for module in modules}
        pooling = json.loads((folder / steps["Pooling"] / "config.json").read_text(encoding="utf-8"))
        limits = folder / "sentence_bert_config.json"
        limit = json.loads(limits.read_text(encoding="utf-8")) if limits.exists() else {}
        how = _pooling_of(pooling)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{folder}: the notes on pooling cannot be read: {type(error).__name__}: {error}",
            expected="modules.json and 1_Pooling/config.json as sentence-transformers writes them",
        ) from error
    if set(steps) - set(_KINDS) or how not in _FLAGS:
        raise CheckpointError(
            f"{folder} asks for {', '.join([*steps, str(how)])}.",
            expected=f"only {', '.join(_KINDS)}, and one pooling of {', '.join(_FLAGS)}",
            mend="read it with sentence-transformers instead",
        )
    return SentenceNotes(how, "Normalize" in steps, limit.get("max_seq_length"))


def _pooling_of(config: dict[str, Any]) -> str:
    """The one pooling of a config, in the older form (flags) or in the newer one (a name)."""
    if isinstance(config.get("pooling_mode"), str):
        return config["pooling_mode"]
    wanted = [flag for flag, value in config.items() if flag.startswith("pooling_mode_") and value is True]
    names = {flag: how for how, flag in _FLAGS.items()}
    return names.get(wanted[0], wanted[0]) if len(wanted) == 1 else ", ".join(wanted)


def sentence_source() -> str:
    """The model for sentences: ALBERT_LAB_MODEL's if it is set, else docs-mini-sentence if that ships here.

    Without docs-mini-sentence it is docs-mini.
    """
    from albert_lab.model.sources import DEFAULT_SOURCE, SOURCE_VARIABLE, built_in_models

    shipped = SENTENCE_SOURCE if SENTENCE_SOURCE in built_in_models() else DEFAULT_SOURCE
    return os.environ.get(SOURCE_VARIABLE) or shipped
