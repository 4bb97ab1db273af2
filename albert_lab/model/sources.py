"""Where a model is: built-in, a folder, or the hub; and the config that stands there. Needs no torch."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from albert_lab.errors import AlbertLabError, CheckpointError, InputError
from albert_lab.model.config import AlbertConfig

DEFAULT_SOURCE = "docs-mini"
SOURCE_VARIABLE = "ALBERT_LAB_MODEL"

_PRETRAINED = Path(__file__).parent.parent / "pretrained"
_HUB_FILES = ["config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*.json"]
_HUB_FILES += ["special_tokens_map.json", "added_tokens.json", "spiece.model"]
_HUB_SECONDS = 5.0  # the longest wait for the hub's first answer


def built_in_models() -> tuple[str, ...]:
    """Names of the models that ship with the package: docs-mini, and those tuned from it."""
    return tuple(sorted(path.parent.name for path in _PRETRAINED.glob("*/config.json")))


def resolve(source: str | Path | None = None, *, allow_pickle: bool = False) -> Path:
    """The folder that a model's name stands for.

    `source` is a built-in name (docs-mini), an existing folder, or a hub name such as
    albert/albert-base-v2, which is downloaded or taken from the hub's cache. None means the environment
    variable ALBERT_LAB_MODEL, and without it docs-mini. Raises CheckpointError if nothing is found.
    """
    if source is None:
        source = os.environ.get(SOURCE_VARIABLE) or DEFAULT_SOURCE
    if source in built_in_models():
        return _PRETRAINED / source
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise CheckpointError(f"{source} is a file", expected="the folder that holds config.json")
    if isinstance(source, Path) or not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", source):
        raise CheckpointError(
            f"there is no folder {source}",
            expected=f"a folder, a hub name (owner/model), or a built-in one: {', '.join(built_in_models())}",
        )
    return _from_hub(source, allow_pickle)


def _from_hub(name: str, allow_pickle: bool) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError

    files = [*_HUB_FILES, "pytorch_model.bin"] if allow_pickle else _HUB_FILES
    try:
        # Asked first because it takes a time limit; snapshot_download would wait for ever for a silent hub.
        HfApi().model_info(name, timeout=_HUB_SECONDS)
        return Path(snapshot_download(name, allow_patterns=files))
    except Exception as error:  # whatever it was, the reader needs one message, not the story of the attempts
        reason = error
    try:
        return Path(snapshot_download(name, allow_patterns=files, local_files_only=True))
    except Exception:  # not in the cache either; the reason above is what counts
        if isinstance(reason, RepositoryNotFoundError):
            what = f"the model hub has no model {name!r} that you may read"
        else:
            what = f"{name!r} is no folder and no built-in model, and the model hub could not be reached"
        raise CheckpointError(
            f"{what} ({type(reason).__name__})",
            mend=f"use the built-in model {DEFAULT_SOURCE!r}, which needs no network, or a folder",
        ) from None


def read_config(folder: Path, changes: Mapping[str, Any] = MappingProxyType({})) -> AlbertConfig:
    """The config of a folder with some fields set anew.

    Raises:
        CheckpointError: there is none, or it describes no ALBERT.
        InputError: a field that AlbertConfig does not have.
    """
    path = folder / "config.json"
    values = read_json(path)
    found = values.get("model_type")
    if found != "albert":
        raise CheckpointError(
            f"{folder} holds a model of type {found!r}",
            expected="model_type 'albert' in config.json: this network can read no other architecture",
        )
    try:
        config = AlbertConfig.from_dict(values)
    except (AlbertLabError, TypeError) as error:
        raise CheckpointError(f"{path} describes no ALBERT: {error}") from error
    unknown = set(changes) - {field.name for field in dataclasses.fields(config)}
    if unknown:
        raise InputError(f"AlbertConfig has no field {', '.join(sorted(unknown))}")
    return dataclasses.replace(config, **changes)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        CheckpointError: the file is missing, or holds something else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"{path.parent} has no {path.name}",
            expected="a folder as save_model or transformers' save_pretrained writes it",
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} is no JSON object", expected="a Hugging Face config")
    return values
