"""Where a model is: built-in, a folder, or the hub; and the config that stands there. Needs no torch."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from albert_lab.errors import AlbertLabError, CheckpointError, InputError
from albert_lab.model.config import AlbertConfig
from albert_lab.model.foreign import OURS, PICKLED, fits, refuse_foreign

DEFAULT_SOURCE = "docs-mini"
SOURCE_VARIABLE = "ALBERT_LAB_MODEL"

_PRETRAINED = Path(__file__).parent.parent / "pretrained"
MODULES_FILE = "modules.json"  # makes a folder one of a sentence model
# What a network, its tokenizer and a sentence model are made of, also in folders such as 1_Pooling.
_HUB_NAMES = ("config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*.json", "vocab.*")
_HUB_NAMES += ("special_tokens_map.json", "added_tokens.json", "merges.txt")
_HUB_NAMES += ("spiece.model", "30k-clean.model")
_HUB_NAMES += (MODULES_FILE, "sentence_*_config.json", "config_sentence_transformers.json")
_HUB_FILES = [place + name for name in _HUB_NAMES for place in ("", "*/")]
_HUB_SECONDS = 5.0  # the longest wait for the hub's first answer


def built_in_models() -> tuple[str, ...]:
    """Names of the models that ship with the package: docs-mini, and those tuned from it."""
    return tuple(sorted(path.parent.name for path in _PRETRAINED.glob("*/config.json")))


def resolve(source: str | Path | None = None, *, allow_pickle: bool = False) -> Path:
    """The folder with the config.json of the model that a name stands for.

    That is the folder of `locate`, or of a sentence model the one in it that ``modules.json`` names.
    """
    return network_folder(locate(source, allow_pickle=allow_pickle))


def locate(source: str | Path | None = None, *, allow_pickle: bool = False) -> Path:
    """The folder that a model's name stands for.

    `source` is a built-in name (docs-mini), an existing folder, or a hub name such as
    albert/albert-base-v2, which is downloaded or taken from the hub's cache. None means the environment
    variable ALBERT_LAB_MODEL, and without it docs-mini. Raises CheckpointError if nothing is found.
    """
    if source is None:
        source = os.environ.get(SOURCE_VARIABLE) or DEFAULT_SOURCE
    if not isinstance(source, str | Path):
        raise InputError(
            f"source is {source!r:.60} ({type(source).__name__}).", expected="a name or a folder"
        )
    if source in built_in_models():
        return _PRETRAINED / source
    try:
        folder = Path(source).expanduser()
        is_folder, is_there = folder.is_dir(), folder.exists()
        names_checkpoint = Path(f"{folder}.index").is_file()  # as TensorFlow names one
        str(folder).encode()  # the libraries that read the files in it take no other names
    except (OSError, RuntimeError, ValueError) as error:  # too long, no such user, a zero byte, no UTF-8
        raise CheckpointError(f"{str(source)!r:.200} is no name of a folder: {error}") from error
    if is_folder:
        return folder
    if is_there:
        refuse_foreign(str(folder.parent), [folder.name])
        raise CheckpointError(f"{source} is a file", expected="the folder that holds config.json")
    if names_checkpoint:
        refuse_foreign(str(folder), [f"{folder.name}.index"])
    if isinstance(source, Path) or not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", source):
        raise CheckpointError(
            f"there is no folder {source}",
            expected=f"a folder, a hub name (owner/model), or a built-in one: {', '.join(built_in_models())}",
        )
    return _from_hub(source, allow_pickle)


def network_folder(folder: Path) -> Path:
    """Where the network of a folder stands: in older sentence models a folder in it, such as 0_Transformer.

    Raises:
        CheckpointError: a modules.json that cannot be read, or that names no folder in this one; weights of
            TensorFlow, Keras, Flax, ... alone.
    """
    path = folder / MODULES_FILE
    first = read_modules(path)[:1] if path.is_file() else []
    if first and first[0]["path"] and first[0]["type"].endswith("Transformer"):
        folder = folder / first[0]["path"]
    refuse_foreign(str(folder), files_in(folder))
    return folder


def read_modules(path: Path) -> list[dict[str, str]]:
    """The steps of a sentence model: for each its "type" and the "path" of its files.

    Raises:
        CheckpointError: the file cannot be read, or is not as sentence-transformers writes it.
    """
    try:
        modules = json.loads(path.read_text(encoding="utf-8"))
        steps = [{name: module[name] for name in ("type", "path")} for module in modules]
        if not all(isinstance(value, str) for step in steps for value in step.values()):
            raise TypeError("a type or a path is no text")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(
            f"{path} cannot be read: {type(error).__name__}: {error}",
            expected="a list of modules with type and path, as sentence-transformers writes it",
        ) from error
    for step in steps:
        place = PurePosixPath(step["path"].replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or ":" in step["path"] or "\0" in step["path"]:
            raise CheckpointError(f"{path} asks for path: {step['path']!r}.", expected="a folder beside it")
    return steps


def files_in(folder: Path) -> list[str]:
    """The files of a folder and of its folders, such as variables/, with `/` between the names."""
    try:
        return [path.relative_to(folder).as_posix() for depth in ("*", "*/*") for path in folder.glob(depth)]
    except OSError:
        return []  # whoever reads the folder says what is wrong with it


def _from_hub(name: str, allow_pickle: bool) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError

    files = [*_HUB_FILES, "pytorch_model.bin"] if allow_pickle else _HUB_FILES
    try:
        # Asked first because it takes a time limit; snapshot_download would wait for ever for a silent hub.
        info = HfApi().model_info(name, timeout=_HUB_SECONDS)
        there = [file.rfilename for file in getattr(info, "siblings", None) or ()]
        _refuse_what_is_not_fetched(name, there, allow_pickle)
        folder = Path(snapshot_download(name, allow_patterns=files))
        _knows_modules(name)
        return folder
    except CheckpointError:
        raise
    except Exception as error:  # whatever it was, the reader needs one message, not the story of the attempts
        reason = error
    try:
        folder = Path(snapshot_download(name, allow_patterns=files, local_files_only=True))
    except Exception:  # not in the cache either; the reason above is what counts
        if isinstance(reason, RepositoryNotFoundError):
            what = f"the model hub has no model {name!r} that you may read"
        else:
            what = f"{name!r} is no folder and no built-in model, and the model hub could not be reached"
        raise CheckpointError(
            f"{what} ({type(reason).__name__})",
            mend=f"use the built-in model {DEFAULT_SOURCE!r}, which needs no network, or a folder",
        ) from None
    _warn_of_unknown_modules(name, folder)
    return folder


def _refuse_what_is_not_fetched(name: str, there: Sequence[str], allow_pickle: bool) -> None:
    """A model of the hub without the files that are read here is told the way in, before any is fetched."""
    refuse_foreign(name, there, fetch=f"hf download {name} --local-dir FOLDER")
    pickled = fits(there, PICKLED)
    if pickled and not fits(there, OURS) and not allow_pickle:
        raise CheckpointError(
            f"{name} has only pickled weights, {pickled[0]}; a pickle can run code when it is read",
            expected="model.safetensors",
            mend="if you trust its origin, read it with the class of its head and save it in a folder:\n  "
            f'save_model(load_model("{name}", AlbertModel, allow_pickle=True), NEW_FOLDER)',
        )


def _knows_modules(name: str) -> None:
    """Let the hub's cache remember that a model has no modules.json, where it has none."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    with suppress(EntryNotFoundError):
        hf_hub_download(name, MODULES_FILE)


def _warn_of_unknown_modules(name: str, folder: Path) -> None:
    """Another program may have brought the network alone, without what says how its vectors are made."""
    from huggingface_hub import try_to_load_from_cache

    if try_to_load_from_cache(name, MODULES_FILE, revision=folder.name) is None:
        warnings.warn(
            f"The hub's cache holds {name} without {MODULES_FILE}, and the hub cannot be asked whether there "
            "is one: if it is a sentence model, its pooling, normalization and length are not known here. "
            "Load it once with a network.",
            stacklevel=5,
        )


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
    changes = dict(changes)
    if changes.get("id2label") is not None:
        changes.setdefault("num_labels", len(changes["id2label"]))
    elif changes.get("num_labels", config.num_labels) != config.num_labels:
        changes["id2label"] = None  # the names of other labels
    return dataclasses.replace(config, **changes)


def read_architectures(folder: Path) -> list[str]:
    """The classes that the config of a folder names; [] where it names none.

    Raises:
        CheckpointError: there is no config.
    """
    names = read_json(folder / "config.json").get("architectures")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


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
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} is no JSON object", expected="a Hugging Face config")
    return values
