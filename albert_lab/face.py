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
    from albert_lab.vectors.sentence import SentenceNotes


class _Loaded(NamedTuple):
    model: AlbertModel
    tokenizer: PreTrainedTokenizerFast
    name: str


class Loaded(_Loaded):
    """A model and the tokenizer that belongs to it: ``model, tokenizer, name = lab.load()``.

    Attributes:
        notes: how a sentence model wants to be used; None for other models.
    """

    notes: SentenceNotes | None = None


def load(source: str | Path | None = None) -> Loaded:
    """The network without heads, in eval mode, and its tokenizer.

    Args:
        source: a built-in model ("docs-mini"), a folder in Hugging Face layout, or a hub name such as
            "albert/albert-base-v2". None means the environment variable ALBERT_LAB_MODEL, else docs-mini.

    Raises:
        CheckpointError: there is no such model, it is no ALBERT, or it cannot be read.
    """
    from albert_lab.model.checkpoint import load_model
    from albert_lab.model.sources import locate, network_folder
    from albert_lab.text.tokenizer import load_tokenizer
    from albert_lab.vectors.sentence import read_notes

    root = locate(source)
    folder = network_folder(root)
    loaded = Loaded(load_model(folder), load_tokenizer(folder), str(source or root.name))
    loaded.notes = read_notes(root)
    return loaded


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
        source: what `load` takes or gives; of a sentence model, pooling, normalization and length are as it
            says, unless the options say otherwise.
        level: "sentence", "word" or "token".
        progress: True, False, or None for a bar on long work.
        options: pooling, layer, precision, … as :class:`albert_lab.vectors.Extractor` takes them.

    Raises:
        InputError: a text is not a string, or an option has a wrong value.
        CheckpointError: the model cannot be read.
    """
    from albert_lab.text.batches import check_texts
    from albert_lab.vectors.extractor import Extractor, check_options

    texts = check_texts(texts)
    check_options(options)
    if isinstance(source, Loaded):
        noted = {"name": source.name} | (source.notes.options if source.notes else {})
        extractor = Extractor(source.model, source.tokenizer, **noted | options)
    else:
        extractor = Extractor.from_source(source, **options)
    return extractor.embed(texts, level, progress=progress)
