"""Weights that other programs have written: what they are, and whether there is a way from them to here."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from albert_lab.errors import CheckpointError

OURS = ("*.safetensors", "*.safetensors.index.json")
PICKLED = ("pytorch_model.bin", "pytorch_model-*.bin", "pytorch_model.bin.index.json")
CHECKPOINT = ("*.index",)  # of TensorFlow, with its .data
_HALF = ("*.data-?????-of-?????", "*.meta", "saved_model.pb", "saved_model.pbtxt")
_BY_TRANSFORMERS = (
    "albert-lab convert cannot read them. Where {0} and transformers 4 are installed: "
    "AlbertModel.from_pretrained({1!r}, {2}=True).save_pretrained(NEW_FOLDER)"
)
_OTHERS = {
    "a model of Keras": ("*.h5", "*.keras"),
    "a checkpoint of PyTorch or TensorFlow 1": ("*.ckpt", "*.pt", "*.pth", "model.bin"),
    "weights of Flax": ("*.msgpack",),
    "a model for ONNX": ("*.onnx",),
    "weights of another program": ("*.gguf", "*.ot", "*.pdparams", "*.tflite", "*.mlmodel", "*.npz"),
}
_NO_WEIGHTS = ("optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state*.pth")
_NO_WAY = (
    "nothing here reads or converts it: take the model.safetensors of the same model, or the TensorFlow "
    "checkpoint of ALBERT's authors, which albert-lab convert reads"
)


def fits(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Those of some files whose last name is as one of the patterns, in the order of their names."""
    return sorted(name for name in names if any(fnmatchcase(PurePosixPath(name).name, p) for p in patterns))


def refuse_foreign(place: str, names: Iterable[str], *, fetch: str = "") -> None:
    """Raise CheckpointError where files hold weights, and none that are read here; it tells the way in.

    Args:
        place: the folder or hub name that holds the files.
        names: of the files, with `/` between folders.
        fetch: what to do first where `place` is no folder; its last word is the folder that there is then.
    """
    names = sorted(set(names).difference(fits(names, _NO_WEIGHTS)))
    if fits(names, (*OURS, *PICKLED)):
        return
    convert = f"albert-lab convert {fetch.split()[-1] if fetch else place} NEW_FOLDER"
    kinds = [
        ("a checkpoint of TensorFlow", CHECKPOINT, f"{fetch}; {convert}" if fetch else convert),
        ("weights of TensorFlow", ("tf_model.h5",), _BY_TRANSFORMERS.format("TensorFlow", place, "from_tf")),
        ("weights of Flax", ("flax_model.msgpack",), _BY_TRANSFORMERS.format("Flax", place, "from_flax")),
        ("a checkpoint of TensorFlow without its .index", _HALF, f"copy that beside it; {convert}"),
        *((what, patterns, _NO_WAY) for what, patterns in _OTHERS.items()),
    ]
    for what, patterns, mend in kinds:
        if found := fits(names, patterns):
            raise CheckpointError(
                f"{place} holds {what}: {found[0]}", expected="model.safetensors", mend=mend
            )
