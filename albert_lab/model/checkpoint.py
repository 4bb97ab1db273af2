"""Models in and out: Hugging Face folders (config.json + safetensors); `sources` finds the folder.

A folder that `save_model` writes is read by transformers' `from_pretrained` as it is, and the other way
round. Pickled weights (`.bin`) can run code when they are read, so they are refused unless asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from albert_lab.errors import CheckpointError, InputError
from albert_lab.model import heads
from albert_lab.model.albert import AlbertModel
from albert_lab.model.sources import read_config, read_json, resolve
from albert_lab.paths import atomic_write

MODEL_CLASSES = (
    AlbertModel,
    heads.AlbertForPreTraining,
    heads.AlbertForMaskedLM,
    heads.AlbertForSequenceClassification,
    heads.AlbertForTokenClassification,
    heads.AlbertForQuestionAnswering,
)

# The decoder has no numbers of its own: a file may hold them under either name, or under both.
_TIED = {
    "predictions.decoder.weight": "albert.embeddings.word_embeddings.weight",
    "predictions.decoder.bias": "predictions.bias",
}
_HEADS = ("predictions.", "sop_classifier.", "classifier.", "qa_outputs.", "albert.pooler.")
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
    pickled file, and tensors that are missing, unknown or of another shape.
    """
    folder = resolve(source, allow_pickle=allow_pickle)
    config = read_config(folder, config_changes)
    tensors = _unify_names(_read_tensors(folder, allow_pickle))
    bare = model_class is AlbertModel
    pooled = any(name.startswith("albert.pooler.") for name in tensors)
    model = AlbertModel(config, add_pooling_layer=pooled) if bare else model_class(config)
    wanted = {("albert." if bare else "") + name: tensor for name, tensor in model.state_dict().items()}
    for name in _TIED:
        wanted.pop(name, None)
    _compare(folder, tensors, wanted, allow_new_heads)
    with torch.no_grad():
        for name, tensor in wanted.items():
            if name in tensors:
                tensor.copy_(tensors[name])
    return model.eval()


def save_model(model: nn.Module, folder: str | Path) -> None:
    """Write config.json and model.safetensors into `folder`, as transformers' `save_pretrained` does.

    Each file is complete or absent: both are written beside their place first, the config is put there
    last. Other files in the folder stay. Raises InputError for a model that is not one of ours, OutputError
    where the folder cannot be written.
    """
    if type(model) not in MODEL_CLASSES:
        raise InputError(
            f"a {type(model).__name__} cannot be saved here",
            expected=f"one of {', '.join(c.__name__ for c in MODEL_CLASSES)}",
        )
    from safetensors.torch import save

    state = model.state_dict()
    tensors = {name: tensor.cpu().contiguous() for name, tensor in state.items() if name not in _TIED}
    dtype = str(next(model.parameters()).dtype).removeprefix("torch.")
    described = {"architectures": [type(model).__name__], **model.config.to_dict(), "dtype": dtype}
    folder = Path(folder)
    with (
        atomic_write(folder / "config.json") as config,
        atomic_write(folder / "model.safetensors") as weights,
    ):
        config.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
        # The library's own writer would make a file that only its owner may read.
        weights.write_bytes(save(tensors, metadata={"format": "pt"}))


def _read_tensors(folder: Path, allow_pickle: bool) -> dict[str, Tensor]:
    if (folder / "model.safetensors").exists():
        return _read_safetensors(folder / "model.safetensors")
    index = folder / "model.safetensors.index.json"
    if index.exists():
        shards = sorted(set(read_json(index).get("weight_map", {}).values()))
        if not shards or any(Path(shard).name != shard for shard in shards):
            raise CheckpointError(f"{index} names no files of its own folder", expected="a weight_map")
        return {name: t for shard in shards for name, t in _read_safetensors(folder / shard).items()}
    pickled = folder / "pytorch_model.bin"
    if pickled.exists() and allow_pickle:
        return _read_pickle(pickled)
    if pickled.exists():
        raise CheckpointError(
            f"{folder} has only pickled weights, {pickled.name}; a pickle can run code when it is read",
            expected="model.safetensors",
            mend="if you trust its origin, pass allow_pickle=True, then save_model it as safetensors",
        )
    raise CheckpointError(f"{folder} has no weights", expected="model.safetensors beside config.json")


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


def _unify_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names as in a checkpoint with heads: the body under `albert.`, tied tensors once."""
    body = ("embeddings.", "encoder.", "pooler.")
    named = {("albert." + name if name.startswith(body) else name): t for name, t in tensors.items()}
    for alias, name in _TIED.items():
        if alias in named:
            named.setdefault(name, named[alias])
            del named[alias]
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
    wrong = [f"{verb}: {_some(names)}" for verb, names in complaints if names]
    if not wrong:
        return
    only_heads = missing and not unknown and not mismatched and all(n.startswith(_HEADS) for n in missing)
    raise CheckpointError(
        f"the checkpoint in {folder} {'; '.join(wrong)}",
        expected="the tensors of the model that config.json and the asked class describe",
        mend="allow_new_heads=True starts such a head at random, to be trained" if only_heads else "",
    )


def _some(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
