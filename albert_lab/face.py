"""What a notebook calls first: ``lab.load()`` and ``lab.embed(...)``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerFast

    from albert_lab.model.albert import AlbertModel
    from albert_lab.vectors.extractor import TokenVectors, WordVectors


class Loaded(NamedTuple):
    """A model and the tokenizer that belongs to it: ``model, tokenizer, name = lab.load()``."""

    model: AlbertModel
    tokenizer: PreTrainedTokenizerFast
    name: str


def load(source: str | Path | None = None) -> Loaded:
    """The network without heads, in eval mode, and its tokenizer.

    Args:
        source: a built-in model ("docs-mini"), a folder in Hugging Face layout, or a hub name such as
            "albert/albert-base-v2". None means the environment variable ALBERT_LAB_MODEL, else docs-mini.

    Raises:
        CheckpointError: there is no such model, it is no ALBERT, or it cannot be read.
    """
    from albert_lab.model.checkpoint import load_model, resolve
    from albert_lab.text.tokenizer import load_tokenizer

    folder = resolve(source)
    return Loaded(load_model(folder), load_tokenizer(folder), str(source or folder.name))


def embed(
    texts: Iterable[str] | str,
    source: Loaded | str | Path | None = None,
    *,
    level: str = "sentence",
    progress: bool | None = None,
    **options: Any,
) -> np.ndarray | list[TokenVectors] | list[WordVectors]:
    """Vectors of texts, in their order: float32 (n, H) for sentences, a list for words and tokens.

    Args:
        texts: strings; a bare string is one text.
        source: what `load` takes or gives.
        level: "sentence", "word" or "token".
        progress: True, False, or None for a bar on long work.
        options: pooling, layer, precision, … as :class:`albert_lab.vectors.Extractor` takes them.

    Raises:
        InputError: a text is not a string, or an option has a wrong value.
        CheckpointError: the model cannot be read.
    """
    from albert_lab.vectors.extractor import Extractor

    if isinstance(source, Loaded):
        noted = {"name": source.name} | _notes(source.name)
        extractor = Extractor(source.model, source.tokenizer, **noted | options)
    else:
        extractor = Extractor.from_source(source, **options)
    return extractor.embed(texts, level, progress=progress)


def _notes(name: str) -> dict[str, Any]:
    """What the folder of a loaded model says about pooling and normalization, if it is on this machine."""
    from albert_lab.model.sources import built_in_models, resolve
    from albert_lab.vectors.sentence import read_notes

    local = name in built_in_models() or Path(name).expanduser().is_dir()
    notes = read_notes(resolve(name)) if local else None
    return notes.options if notes else {}
