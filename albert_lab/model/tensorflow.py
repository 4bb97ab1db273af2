"""The authors' ALBERT, as TensorFlow saved it, in the names and shapes of this package.

A release is a folder with `albert_config.json`, `model.ckpt-best.index`, `model.ckpt-best.data-…` and a
SentencePiece vocabulary; a module of TensorFlow Hub holds the same under `assets/` and `variables/`.
Source of the names: the variable scopes of the authors' code (github.com/google-research/albert,
modeling.py, run_pretraining.py, classifier_utils.py, squad_utils.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from albert_lab.errors import AlbertLabError, CheckpointError
from albert_lab.model.config import AlbertConfig, group_of_layer
from albert_lab.model.foreign import OURS, PICKLED, fits, refuse_foreign
from albert_lab.model.sources import files_in, read_json
from albert_lab.model.tensor_bundle import TensorBundle

# The authors' "gelu" is the formula with tanh, which everybody else calls gelu_new.
_ACTIVATIONS = {"gelu": "gelu_new", "relu": "relu"}
_STEP_OF_TRAINING = re.compile(r"(^|/)(global_step|beta[12]_power)$|/(adam|lamb)_[mv]$|/(Adam|LAMB)(_\d)?$")
_MODULE = "module/"  # before every name in a module of TensorFlow Hub


@dataclass(frozen=True)
class Release:
    """What a folder of the authors holds: config, tensors under our names, and what was not taken over."""

    config: AlbertConfig
    tensors: dict[str, np.ndarray]  # float32, named as in a model.safetensors with heads
    architecture: str  # the class of this package that has these heads
    left_out: list[str]  # names of tensors that no model here has a place for


def read_release(source: Path) -> Release:
    """Read a release: a folder, or the path of one checkpoint in it without its ending.

    Raises:
        CheckpointError: config or checkpoint are missing, damaged, or of another network.
    """
    prefix = find_checkpoint(source)
    bundle = TensorBundle(prefix)
    config = _read_config(prefix.parent)
    module = _MODULE if any(name.startswith(f"{_MODULE}bert/") for name in bundle.names) else ""
    tensors, used = {}, set()
    for part in _parts(config, bundle, module):
        for ours, (theirs, matrix) in part.items():
            array = bundle.read(module + theirs)
            used.add(module + theirs)
            tensors[ours] = _as_linear(array) if matrix else array
    if "classifier.weight" in tensors:
        config = replace(config, num_labels=len(tensors["classifier.weight"]))
    if config.embedding_size == config.hidden_size:  # then the authors have no step from E to H
        mapping = "albert.encoder.embedding_hidden_mapping_in"
        tensors.setdefault(f"{mapping}.weight", np.eye(config.hidden_size, dtype=np.float32))
        tensors.setdefault(f"{mapping}.bias", np.zeros(config.hidden_size, np.float32))
    rest = [n for n in bundle.names if n not in used and not _STEP_OF_TRAINING.search(n)]
    return Release(config, tensors, _architecture(tensors), rest)


def find_checkpoint(source: Path) -> Path:
    """The path of a checkpoint without its ending.

    Of several in a folder it is model.ckpt-best, else the one that TensorFlow's file `checkpoint` names.
    Raises CheckpointError where there is none, or where neither rule chooses.
    """
    if Path(f"{source}.index").is_file():
        return source
    if source.name.endswith(".index") and source.is_file():
        return source.with_name(source.name.removesuffix(".index"))
    found = sorted(
        path.with_name(path.name.removesuffix(".index"))
        for folder in (source, source / "variables")
        for path in folder.glob("*.index")
    )
    if len(found) == 1:
        return found[0]
    if not found:
        raise _no_checkpoint(source)
    best = [path for path in found if path.name == "model.ckpt-best"]
    named = best or [path for path in found if path.name == _last_checkpoint(source)]
    if not named:
        raise CheckpointError(
            f"{source} holds {len(found)} checkpoints: {', '.join(path.name for path in found)}",
            expected="one",
            mend=f"name the one you want: {found[-1]}",
        )
    return named[0]


def _no_checkpoint(source: Path) -> CheckpointError:
    """What is said where there is none; raised at once where it is known what there is instead."""
    names = [source.name] if source.is_file() else files_in(source)
    refuse_foreign(str(source.parent if source.is_file() else source), names)
    expected = (
        "a folder of the authors' release: model.ckpt-best.index, model.ckpt-best.data-…, albert_config.json "
        "and 30k-clean.model"
    )
    if weights := fits(names, (*OURS, *PICKLED)):
        told = f"{source} holds weights of torch, {weights[0]}: there is nothing to convert"
        return CheckpointError(told, expected=expected, mend="name it as it is where a model is asked for")
    what = f"{source} holds no TensorFlow checkpoint" if source.exists() else f"there is no {source}"
    return CheckpointError(what, expected=expected)


def _last_checkpoint(folder: Path) -> str | None:
    try:
        text = (folder / "checkpoint").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    found = re.search(r'^model_checkpoint_path: "([^"]*)"', text, re.MULTILINE)
    return Path(found[1]).name if found else None


def find_file(folder: Path, patterns: tuple[str, ...]) -> Path | None:
    """The first file that fits one of `patterns` beside a checkpoint, or in the assets of a Hub module."""
    for place in (folder, folder / "assets", folder.parent / "assets"):
        for pattern in patterns:
            for path in sorted(place.glob(pattern)):
                return path
    return None


def _read_config(folder: Path) -> AlbertConfig:
    path = find_file(folder, ("albert_config.json", "albert_config*.json", "config.json"))
    if path is None:
        raise CheckpointError(
            f"{folder} has no albert_config.json", expected="the config of the authors' release beside it"
        )
    values: dict[str, Any] = read_json(path)
    act = values.get("hidden_act", "gelu")
    if act not in _ACTIVATIONS:
        raise CheckpointError(
            f"{path}: hidden_act is {act!r}", expected=f"one of {', '.join(_ACTIVATIONS)}, as in their code"
        )
    if "vocab_size" not in values:
        raise CheckpointError(f"{path} names no vocab_size", expected="the config of an ALBERT")
    try:
        config = AlbertConfig.from_dict({**values, "hidden_act": _ACTIVATIONS[act]})
    except (AlbertLabError, TypeError) as error:
        raise CheckpointError(f"{path} describes no ALBERT: {error}") from error
    L, G = config.num_hidden_layers, config.num_hidden_groups
    if any(int(i / L * G) != group_of_layer(i, L, G) for i in range(L)):  # their formula
        raise CheckpointError(
            f"{path} deals {L} layers out to {G} groups, and the authors' code does so in floating point, "
            "which gives another order than here",
            expected="groups that divide the layers",
        )
    return config


Names = dict[str, tuple[str, bool]]  # our name -> theirs, and whether it is a matrix to be turned


def _parts(config: AlbertConfig, bundle: TensorBundle, module: str) -> Iterator[Names]:
    """The body, which must be there, and the heads of which at least one tensor is there."""
    body = _body_names(config)
    missing = [theirs for theirs, _ in body.values() if module + theirs not in bundle]
    if missing:
        more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
        raise CheckpointError(
            f"{bundle.prefix} lacks {', '.join(missing[:4])}{more}",
            expected="a checkpoint of the authors' code, as albert_config.json describes it",
        )
    yield body
    for head in _head_names():
        if any(module + theirs in bundle for theirs, _ in head.values()):
            yield head


def _body_names(config: AlbertConfig) -> Names:
    names: Names = {}
    for table in ("word", "token_type", "position"):
        names[f"albert.embeddings.{table}_embeddings.weight"] = (f"bert/embeddings/{table}_embeddings", False)
    names |= _norm("albert.embeddings.LayerNorm", "bert/embeddings/LayerNorm")
    if config.embedding_size != config.hidden_size:
        mapping = "encoder/embedding_hidden_mapping_in"
        names |= _dense(f"albert.{mapping.replace('/', '.')}", f"bert/{mapping}")
    for group in range(config.num_hidden_groups):
        for inner in range(config.inner_group_num):
            ours = f"albert.encoder.albert_layer_groups.{group}.albert_layers.{inner}"
            theirs = f"bert/encoder/transformer/group_{group}/inner_group_{inner}"
            for part in ("query", "key", "value"):
                names |= _dense(f"{ours}.attention.{part}", f"{theirs}/attention_1/self/{part}")
            names |= _dense(f"{ours}.attention.dense", f"{theirs}/attention_1/output/dense")
            names |= _norm(f"{ours}.attention.LayerNorm", f"{theirs}/LayerNorm")
            names |= _dense(f"{ours}.ffn", f"{theirs}/ffn_1/intermediate/dense")
            names |= _dense(f"{ours}.ffn_output", f"{theirs}/ffn_1/intermediate/output/dense")
            names |= _norm(f"{ours}.full_layer_layer_norm", f"{theirs}/LayerNorm_1")
    return names


def _head_names() -> list[Names]:
    predictions = _dense("predictions.dense", "cls/predictions/transform/dense")
    predictions |= _norm("predictions.LayerNorm", "cls/predictions/transform/LayerNorm")
    predictions |= {"predictions.bias": ("cls/predictions/output_bias", False)}
    order = {"weight": "cls/seq_relationship/output_weights", "bias": "cls/seq_relationship/output_bias"}
    label = {"weight": "output_weights", "bias": "output_bias"}
    span = {"weight": "cls/squad/output_weights", "bias": "cls/squad/output_bias"}
    return [
        _dense("albert.pooler", "bert/pooler/dense"),
        predictions,
        {f"sop_classifier.classifier.{ours}": (theirs, False) for ours, theirs in order.items()},
        {f"classifier.{ours}": (theirs, False) for ours, theirs in label.items()},
        {f"qa_outputs.{ours}": (theirs, False) for ours, theirs in span.items()},
    ]


def _dense(ours: str, theirs: str) -> Names:
    return {f"{ours}.weight": (f"{theirs}/kernel", True), f"{ours}.bias": (f"{theirs}/bias", False)}


def _norm(ours: str, theirs: str) -> Names:
    return {f"{ours}.weight": (f"{theirs}/gamma", False), f"{ours}.bias": (f"{theirs}/beta", False)}


def _as_linear(kernel: np.ndarray) -> np.ndarray:
    """TensorFlow keeps a matrix as (in, out), torch as (out, in)."""
    if kernel.ndim != 2:
        raise CheckpointError(f"a kernel has the shape {kernel.shape}", expected="a matrix (in, out)")
    return np.ascontiguousarray(kernel.T)


def _architecture(tensors: dict[str, np.ndarray]) -> str:
    if "classifier.weight" in tensors:
        return "AlbertForSequenceClassification"
    if "qa_outputs.weight" in tensors:
        return "AlbertForQuestionAnswering"
    if "predictions.bias" not in tensors:
        return "AlbertModel"
    return "AlbertForPreTraining" if "sop_classifier.classifier.weight" in tensors else "AlbertForMaskedLM"
