"""What turns a model's folder into a sentence model: which pooling, normalized or not, how long a text.

The notes are those of sentence-transformers (``modules.json``, ``1_Pooling``, ``2_Normalize``), so that
``SentenceTransformer(folder)`` and our :class:`~albert_lab.vectors.Extractor` give the same vectors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albert_lab.errors import CheckpointError, InputError
from albert_lab.model.sources import (
    DEFAULT_SOURCE,
    MODULES_FILE,
    SOURCE_VARIABLE,
    built_in_models,
    network_folder,
    read_json,
    read_modules,
)
from albert_lab.paths import atomic_write

SENTENCE_SOURCE = "docs-mini-sentence"
_KINDS = ("Transformer", "Pooling", "Normalize")
_FLAGS = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}
_POOLINGS = ("mean", "cls", "max")  # those that the Extractor has too
_POOLING_FIELDS = ("embedding_dimension", "word_embedding_dimension", "pooling_mode", "include_prompt")
# The file beside the network's config.json had the name of its architecture once; the first one counts.
_LIMITS = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
_MODEL_FILE = "config_sentence_transformers.json"
# Fields of that file which change no vector of SentenceTransformer.encode, or say what is the case anyway.
_HARMLESS = ("unpad_inputs", "query_length", "document_length", "query_expansion")
_USUAL = {
    "transformer_task": "feature-extraction",
    "module_output_name": "token_embeddings",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
}
_EMPTY = (
    *("processing_kwargs", "model_args", "tokenizer_args", "config_args"),
    *("model_kwargs", "processor_kwargs", "config_kwargs"),
)


@dataclass(frozen=True)
class SentenceNotes:
    """How a sentence model wants to be used; `options` passes it to the Extractor.

    Attributes:
        pooling, normalize: how token vectors become one, and whether that gets length 1.
        max_length: tokens of a text at most, special tokens included; None = as many as the model takes.
        prompt: what is put before every text.
        lower_case: write texts in lower case before the tokenizer sees them.
        truncate_dim: keep the first so many numbers of a vector, without normalizing again; None = all.
    """

    pooling: str = "mean"
    normalize: bool = True
    max_length: int | None = None
    prompt: str = ""
    lower_case: bool = False
    truncate_dim: int | None = None

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
    if notes.pooling not in _POOLINGS:
        raise InputError(f"pooling {notes.pooling!r} has no note.", expected="one of " + ", ".join(_POOLINGS))
    kinds = _KINDS if notes.normalize else _KINDS[:2]
    places = ["", *(f"{number}_{kind}" for number, kind in enumerate(kinds[1:], 1))]
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(zip(kinds, places, strict=True))
    ]
    flags = {_FLAGS[how]: notes.pooling == how for how in _POOLINGS}
    files = {"1_Pooling/config.json": {"word_embedding_dimension": dimension, **flags}}
    if notes.normalize:
        files["2_Normalize/config.json"] = {"module_input_name": "sentence_embedding"}
    files[_LIMITS[0]] = {"max_seq_length": notes.max_length, "do_lower_case": notes.lower_case}
    if notes.prompt or notes.truncate_dim:
        named = (
            {"prompts": {"default": notes.prompt}, "default_prompt_name": "default"} if notes.prompt else {}
        )
        files[_MODEL_FILE] = named | {"truncate_dim": notes.truncate_dim}
    files[MODULES_FILE] = modules  # last: with it the folder is a sentence model
    for name, content in files.items():
        with atomic_write(Path(folder) / name) as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n")


def read_notes(folder: Path | str) -> SentenceNotes | None:
    """The notes in a folder; None if it is no sentence model.

    Older folders of sentence-transformers are read too: the network in ``0_Transformer``, its limits in
    ``sentence_albert_config.json`` and the like. A length above the model's positions counts as all of them.

    Raises:
        CheckpointError: the notes cannot be read, or ask for what the Extractor cannot do; file and field are
            named.
    """
    folder = Path(folder)
    if not (folder / MODULES_FILE).exists():
        return None
    paths = _paths_of_modules(folder / MODULES_FILE)
    network = network_folder(folder)
    limits = _read_limits(network)
    _check_sides(network)
    model = _Fields(folder / _MODEL_FILE)
    model.usual("model_type", "SentenceTransformer")
    pooling = _Fields(folder / paths["Pooling"] / "config.json", needed=True)
    pooling.known(_POOLING_FIELDS, _FLAGS.values())
    prompt = _default_prompt(model)
    if prompt:
        pooling.usual("include_prompt", True)
    if "Normalize" in paths:
        unit = _Fields(folder / paths["Normalize"] / "config.json")
        unit.usual("module_input_name", "sentence_embedding")
        unit.usual("module_output_name", "sentence_embedding")
    return SentenceNotes(
        _pooling_of(pooling),
        "Normalize" in paths,
        _longest(limits, network),
        prompt,
        bool(limits.get("do_lower_case", bool, False)),
        model.count("truncate_dim"),
    )


class _Fields:
    """The JSON object in a file of notes; what is wrong with it is said with file and field."""

    def __init__(self, path: Path, *, needed: bool = False) -> None:
        self.path = path
        self.values = read_json(path) if needed or path.exists() else {}

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        """The value of a field; null counts as missing."""
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.refused(name, kind.__name__)
        return value

    def count(self, name: str) -> int | None:
        """A field that holds a number of tokens or dimensions."""
        value = self.get(name, int)
        if value is not None and value < 1:
            raise self.refused(name, "at least 1")
        return value

    def usual(self, name: str, expected: Any) -> None:
        """Refuse a field that says something else than what the Extractor does."""
        if self.values.get(name) not in (None, expected):
            raise self.refused(name, repr(expected))

    def known(self, *names: Iterable[str]) -> None:
        """Refuse fields that may change the vectors in a way that is not known here."""
        for name in sorted(self.values.keys() - {name for group in names for name in group}):
            raise self.refused(name, "no such field")

    def refused(self, name: str, expected: str) -> CheckpointError:
        return CheckpointError(
            f"{self.path} asks for {name}: {self.values.get(name)!r:.80}.",
            expected=expected,
            mend="read it with sentence-transformers instead",
        )


def _paths_of_modules(path: Path) -> dict[str, str]:
    """Where the steps of a sentence model have their files: {"Transformer": "", "Pooling": "1_Pooling"}."""
    modules = read_modules(path)
    types = [module["type"] for module in modules]
    kinds = [name.rpartition(".")[2] for name in types]
    ours = all(name.startswith("sentence_transformers.") for name in types)
    if not ours or tuple(kinds) not in (_KINDS, _KINDS[:2]):
        raise CheckpointError(
            f"{path} asks for {', '.join(types) or 'nothing'}.",
            expected=f"{', '.join(_KINDS[:2])} of sentence_transformers, and {_KINDS[2]} where wanted",
            mend="read it with sentence-transformers instead",
        )
    return {kind: module["path"] for kind, module in zip(kinds, modules, strict=True)}


def _read_limits(network: Path) -> _Fields:
    """The notes on texts: how long they may be, and whether they are written in lower case."""
    found = (_Fields(network / name) for name in _LIMITS)
    limits = next((fields for fields in found if fields.values), _Fields(network / _LIMITS[0]))
    limits.known(("max_seq_length", "do_lower_case"), _HARMLESS, _USUAL, _EMPTY)
    for name, expected in _USUAL.items():
        limits.usual(name, expected)
    for name in _EMPTY:
        limits.usual(name, {})
    return limits


def _check_sides(network: Path) -> None:
    """Refuse a tokenizer that pads before a text or cuts its beginning off: there the positions differ."""
    tokenizer = _Fields(network / "tokenizer_config.json")
    for name in ("padding_side", "truncation_side"):
        tokenizer.usual(name, "right")
    path = network / "tokenizer.json"
    if not path.exists() or b'"Left"' not in path.read_bytes():  # most are large, and have none
        return
    whole = _Fields(path)
    for name, side in (("padding", "padding_side"), ("truncation", "truncation_side")):
        if tokenizer.values.get(side) is None and (whole.get(name, dict) or {}).get("direction") == "Left":
            raise whole.refused(name, "the direction Right")


def _longest(limits: _Fields, network: Path) -> int | None:
    longest, config = limits.count("max_seq_length"), network / "config.json"
    positions = read_json(config).get("max_position_embeddings") if longest and config.exists() else None
    return min(longest, positions) if isinstance(positions, int) else longest


def _default_prompt(model: _Fields) -> str:
    """What sentence-transformers puts before a text where the caller says nothing."""
    name, prompts = model.get("default_prompt_name", str), model.get("prompts", dict, {})
    if name is None:
        return ""
    prompt = ({"query": None, "document": None} | prompts).get(name, 0)
    if prompt is not None and not isinstance(prompt, str):
        raise model.refused(
            "default_prompt_name", f"one of the prompts in it: {', '.join(prompts) or 'none'}"
        )
    return prompt or ""


def _pooling_of(config: _Fields) -> str:
    """The one pooling of a config, in the older form (flags) or in the newer one (a name)."""
    values, wanted = config.values, config.values.get("pooling_mode")
    if wanted is None:
        wanted = [how for how, flag in _FLAGS.items() if values.get(flag)] or ["mean"]
    names = wanted if isinstance(wanted, list) else [wanted]
    if len(names) != 1 or names[0] not in _POOLINGS:
        raise CheckpointError(
            f"{config.path} asks for pooling_mode {', '.join(map(str, names))}.",
            expected=f"one pooling of {', '.join(_POOLINGS)}",
            mend="read it with sentence-transformers instead",
        )
    return names[0]


def sentence_source() -> str:
    """The model for sentences: ALBERT_LAB_MODEL's if it is set, else docs-mini-sentence if that ships here.

    Without docs-mini-sentence it is docs-mini.
    """
    shipped = SENTENCE_SOURCE if SENTENCE_SOURCE in built_in_models() else DEFAULT_SOURCE
    return os.environ.get(SOURCE_VARIABLE) or shipped
