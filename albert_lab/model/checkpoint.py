"""Models in and out: Hugging Face folders (config.json + safetensors); `sources` finds the folder.

A folder that `save_model` writes is read by transformers' `from_pretrained` as it is, and the other way
round. Pickled weights (`.bin`) can run code when they are read, so they are refused unless asked for.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from albert_lab.errors import CheckpointError, InputError
from albert_lab.model import heads
from albert_lab.model.albert import AlbertModel
from albert_lab.model.config import AlbertConfig, groups_differ
from albert_lab.model.decoder import AlbertForTranslation
from albert_lab.model.sources import read_architectures, read_config, read_json, resolve
from albert_lab.paths import atomic_write

MODEL_CLASSES = (
    AlbertModel,
    heads.AlbertForPreTraining,
    heads.AlbertForMaskedLM,
    heads.AlbertForSequenceClassification,
    heads.AlbertForTokenClassification,
    heads.AlbertForQuestionAnswering,
)
OUR_CLASSES = (*MODEL_CLASSES, AlbertForTranslation)  # the last has no class of the same name in transformers

# A tied decoder has no numbers of its own: a file may hold them under either name, or under both.
_TIED = {
    "predictions.decoder.weight": "albert.embeddings.word_embeddings.weight",
    "predictions.decoder.bias": "predictions.bias",
}
_HEADS = ("predictions.", "sop_classifier.", "classifier.", "qa_outputs.", "decoder.", "albert.pooler.")
_INDEX, _PICKLED = "model.safetensors.index.json", "pytorch_model.bin"
_OLD_BUFFERS = ("albert.embeddings.position_ids", "albert.embeddings.token_type_ids")

Model = TypeVar("Model", bound=nn.Module)


def load_model(
    source: str | Path | None = None,
    model_class: type[Model] = AlbertModel,
    *,
    allow_pickle: bool = False,
    allow_new_heads: bool = False,
    **config_changes: Any,
) -> Model:
    """Read a model, in eval mode and as float32.

    Args:
        source: what `resolve` takes.
        model_class: AlbertModel or one of the AlbertFor... classes. Heads of the checkpoint that the class
            does not have are left out. An AlbertModel from a checkpoint without pooler has none either.
        allow_pickle: also read `pytorch_model.bin` (numbers only, nothing in it is executed).
        allow_new_heads: give fresh random weights to a head that the checkpoint lacks, to train it.
        config_changes: fields of AlbertConfig to set anew, such as num_labels=5, hidden_dropout_prob=0.1.

    Raises CheckpointError for a folder without config or weights, another architecture, a damaged or
    pickled file, tensors that are missing, unknown or of another shape, and numbers that are not finite.
    """
    folder = resolve(source, allow_pickle=allow_pickle)
    config = read_config(folder, config_changes)
    tensors = _unify_names(folder, _read_tensors(folder, allow_pickle), config.tie_word_embeddings)
    with torch.device("meta"):  # shapes without memory, so that a false config costs none
        wanted = _own_tensors(_build(model_class, config, tensors))
    _compare(folder, tensors, wanted, allow_new_heads)
    _check_numbers(folder, {name: tensors[name] for name in wanted if name in tensors})
    if groups_differ(config):
        warnings.warn(
            f"the {config.num_hidden_groups} groups of {folder} do not divide its {config.num_hidden_layers} "
            "layers: here layer i of L is in group i*G//L of G; transformers deals them out differently",
            stacklevel=2,
        )
    model = _build(model_class, config, tensors)
    with torch.no_grad():
        for name, tensor in _own_tensors(model).items():
            if name in tensors:
                tensor.copy_(tensors[name])
    return model.eval()


def _build(model_class: type[Model], config: AlbertConfig, tensors: Mapping[str, Tensor]) -> Model:
    if model_class is AlbertModel:
        return AlbertModel(config, any(name.startswith("albert.pooler.") for name in tensors))
    return model_class(config)


def _own_tensors(model: nn.Module) -> dict[str, Tensor]:
    """The tensors of a model by the names that they have in a file of ours; tied ones once."""
    tied = _TIED if model.config.tie_word_embeddings else {}
    state = {name: tensor for name, tensor in model.state_dict().items() if name not in tied}
    return {("albert." if type(model) is AlbertModel else "") + name: t for name, t in state.items()}


def save_model(model: nn.Module, folder: str | Path) -> None:
    """Write config.json and model.safetensors into `folder`, as transformers' `save_pretrained` does.

    Each file is complete or absent: both are written beside their place first, the config is put there
    last. Other files in the folder stay. Raises InputError for a model that is not one of ours, OutputError
    where the folder cannot be written.
    """
    if type(model) not in OUR_CLASSES:
        raise InputError(
            f"a {type(model).__name__} cannot be saved here",
            expected=f"one of {', '.join(c.__name__ for c in OUR_CLASSES)}",
        )
    if groups_differ(model.config):
        warnings.warn(
            f"the {model.config.num_hidden_groups} groups do not divide the {model.config.num_hidden_layers}"
            " layers, and transformers deals the layers out to them differently: it will read this model as "
            "another network",
            stacklevel=2,
        )
    dtype = str(next(model.parameters()).dtype).removeprefix("torch.")
    described = {"architectures": [type(model).__name__], **model.config.to_dict(), "dtype": dtype}
    tensors = {name: tensor.cpu().contiguous() for name, tensor in _own_tensors(model).items()}
    _warn_of_lost_heads(Path(folder), tensors)
    write_model(Path(folder), described, tensors)


def write_model(folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """The two files of a model, both or none. Raises OutputError where the folder cannot be written."""
    from safetensors.torch import save

    with (
        atomic_write(folder / "config.json") as described,
        atomic_write(folder / "model.safetensors") as weights,
    ):
        described.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        # The library's own writer would make a file that only its owner may read.
        weights.write_bytes(save(dict(tensors), metadata={"format": "pt"}))


def _warn_of_lost_heads(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Saving a part of a model over the whole is allowed, and said."""
    kept = {name.split(".")[0] for name in tensors}
    lost = sorted({name.split(".")[0] for name in _names_in(folder) if name.startswith(_HEADS)} - kept)
    if lost := [name for name in lost if name != "albert"]:
        warnings.warn(f"{folder} held a model with {', '.join(lost)}, which is lost now", stacklevel=3)


def _names_in(folder: Path) -> set[str]:
    """What the weights in a folder are called, in any kind of file; nothing where there are none."""
    from safetensors import SafetensorError, safe_open

    try:
        if (folder / "model.safetensors").exists():
            with safe_open(folder / "model.safetensors", "pt") as file:
                return set(file.keys())
        in_shards = (folder / _INDEX).exists()
        return set(_shards(folder / _INDEX) if in_shards else _read_pickle(folder / _PICKLED))
    except (CheckpointError, OSError, SafetensorError):
        return set()


def _read_tensors(folder: Path, allow_pickle: bool) -> dict[str, Tensor]:
    if (folder / "model.safetensors").exists():
        return _read_safetensors(folder / "model.safetensors")
    if (folder / _INDEX).exists():
        shards = sorted(set(_shards(folder / _INDEX).values()))
        return {name: t for shard in shards for name, t in _read_safetensors(folder / shard).items()}
    pickled = folder / _PICKLED
    if pickled.exists() and allow_pickle:
        return _read_pickle(pickled)
    if pickled.exists():
        raise CheckpointError(
            f"{folder} has only pickled weights, {pickled.name}; a pickle can run code when it is read",
            expected="model.safetensors",
            mend="if you trust its origin, read it with all it holds and save it in another folder:\n  "
            f"save_model({_loading(folder)}, NEW_FOLDER)",
        )
    raise CheckpointError(f"{folder} has no weights", expected="model.safetensors beside config.json")


def _shards(index: Path) -> dict[str, str]:
    """The file of each tensor, of weights in several files."""
    named = read_json(index).get("weight_map")
    if not isinstance(named, dict) or not named or not all(map(_is_shard_name, named.values())):
        raise CheckpointError(
            f"{index} names no files of its own folder",
            expected="a weight_map: the name of a tensor -> a .safetensors file beside it",
            mend="copy or download the whole folder again",
        )
    return named


def _is_shard_name(shard: object) -> bool:
    return (
        isinstance(shard, str)
        and shard.isprintable()
        and Path(shard).name == shard
        and shard.endswith(".safetensors")
    )


def _loading(folder: Path) -> str:
    """The call that reads a pickled model with its head, as config.json names it."""
    known = {model_class.__name__ for model_class in MODEL_CLASSES}
    head = next((name for name in read_architectures(folder) if name in known), None)
    if head in (None, "AlbertModel"):
        return f'load_model("{folder}", allow_pickle=True)'
    return f'load_model("{folder}", {head}, allow_pickle=True)'


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} cannot be read: {error}",
            expected="a complete safetensors file",
            mend="copy or download it again; it may be truncated",
        ) from error


def _read_pickle(path: Path) -> dict[str, Tensor]:
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged or hostile pickle can fail in any way
        raise CheckpointError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    if not isinstance(tensors, dict) or not all(isinstance(t, Tensor) for t in tensors.values()):
        raise CheckpointError(f"{path} holds something else than named tensors", expected="a state dict")
    return tensors


def _unify_names(folder: Path, tensors: Mapping[str, Tensor], tied: bool) -> dict[str, Tensor]:
    """Names as in a checkpoint with heads: the body under `albert.`, tied tensors once."""
    body = ("embeddings.", "encoder.", "pooler.")
    named = {("albert." + name if name.startswith(body) else name): t for name, t in tensors.items()}
    for alias, name in _TIED.items() if tied else ():
        if alias not in named:
            continue
        if name in named and not torch.equal(named[name], named[alias]):
            raise CheckpointError(
                f"the checkpoint in {folder} holds two different tensors, {name} and {alias}, and its "
                "config.json says that they are one",
                expected="the same numbers under both names, or tie_word_embeddings false",
                mend="set tie_word_embeddings to false in config.json if the decoder was trained on its own",
            )
        named[name] = named.pop(alias)
    if not tied and "predictions.decoder.bias" in named:
        named.setdefault("predictions.bias", named["predictions.decoder.bias"])  # nothing reads it
    return {name: tensor for name, tensor in named.items() if name not in _OLD_BUFFERS}


def _compare(
    folder: Path, found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], allow_new_heads: bool
) -> None:
    missing = [name for name in wanted if name not in found]
    if allow_new_heads:
        missing = [name for name in missing if not name.startswith(_HEADS)]
    unknown = [name for name in found if name not in wanted and not name.startswith(_HEADS)]
    mismatched = [
        f"{name} {tuple(found[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in found and found[name].shape != tensor.shape
    ]
    complaints = (("lacks", missing), ("has unknown", unknown), ("has of another shape", mismatched))
    wrong = [f"{verb}: {some(names)}" for verb, names in complaints if names]
    if not wrong:
        return
    only_heads = missing and not unknown and not mismatched and all(n.startswith(_HEADS) for n in missing)
    raise CheckpointError(
        f"the checkpoint in {folder} {'; '.join(wrong)}",
        expected="the tensors of the model that config.json and the asked class describe",
        mend="allow_new_heads=True starts such a head at random, to be trained" if only_heads else "",
    )


def _check_numbers(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Every weight must be a number that float32 can hold."""
    whole = [name for name, tensor in tensors.items() if not tensor.is_floating_point()]
    if whole:
        raise CheckpointError(
            f"the checkpoint in {folder} holds whole numbers in {some(whole)}",
            expected="floating point weights; quantized ones need the program that made them",
        )
    broken = [name for name, tensor in tensors.items() if not tensor.float().isfinite().all()]
    if broken:
        raise CheckpointError(
            f"the checkpoint in {folder} holds numbers that are not finite in {some(broken)}",
            expected="weights that are numbers: every vector of such a model would be NaN",
            mend="take an earlier checkpoint; the training that wrote this one has diverged",
        )


def some(names: Sequence[str], most: int = 6) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
