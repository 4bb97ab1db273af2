"""The authors' TensorFlow release as a folder in Hugging Face's layout; needs neither TensorFlow nor
sentencepiece.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from albert_lab.errors import CheckpointError, InputError, OutputError
from albert_lab.paths import expanded

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from albert_lab.model.tensorflow import Release

_PIECES = ("30k-clean.model", "spiece.model", "*.model")
_WORD_PIECES = ("vocab_chinese.txt", "vocab.txt", "vocab*.txt")


@dataclass(frozen=True)
class Converted:
    """What `convert` wrote. `left_out` names tensors for which no model here has a place."""

    folder: Path
    architecture: str
    parameters: int
    left_out: list[str]


def convert(
    source: str | Path, out: str | Path, *, lower: bool | None = None, leave_out: bool = False
) -> Converted:
    """Write a release of the authors' code as config.json, model.safetensors and tokenizer files.

    Args:
        source: a folder with model.ckpt-best.index and .data, albert_config.json and 30k-clean.model (or the
            vocab_chinese.txt of a Chinese model), an unpacked module of TensorFlow Hub, or the path of one
            checkpoint without its ending.
        out: a folder that is new or empty. It is written as a whole or not at all.
        lower: write text in lower case before it is cut into pieces; None = if the vocabulary has no
            capitals.
        leave_out: convert without the tensors that no model here has a place for, such as the heads for the
            unanswerable questions of SQuAD 2.

    Raises:
        CheckpointError: something is missing, damaged, or of another network.
        InputError: `out` holds files already.
        OutputError: `out` cannot be written.
    """
    source = expanded(source)
    try:
        out = Path(out).expanduser()
        str(out).encode()
    except (RuntimeError, ValueError) as error:  # no such user, no UTF-8
        raise InputError(f"{str(out)!r:.80} is no name of a folder: {error}") from error
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"{out} is there already", expected="a new or empty folder", mend="choose another name"
        )
    from albert_lab.model.checkpoint import some
    from albert_lab.model.tensorflow import find_checkpoint, find_file, read_release

    vocabulary = find_file(find_checkpoint(source).parent, (*_PIECES, *_WORD_PIECES))
    if vocabulary is None:
        raise CheckpointError(
            f"{source} has no vocabulary",
            expected="30k-clean.model, spiece.model or vocab_chinese.txt beside the checkpoint",
            mend="copy the one that belongs to this model there",
        )
    release = read_release(source)
    if release.left_out and not leave_out:
        raise CheckpointError(
            f"{source} holds tensors that no model here has a place for: {some(release.left_out)}",
            expected="the encoder, and heads for masked words, sentence order, classes or SQuAD 1",
            mend="to convert it without them: --leave-out on the command line, leave_out=True in Python",
        )
    from albert_lab.text.tokenizer import read_spiece, read_wordpiece

    read = read_wordpiece if vocabulary.suffix == ".txt" else read_spiece
    tokenizer = read(vocabulary, max_length=release.config.max_position_embeddings, lower=lower)
    if len(tokenizer) > release.config.vocab_size:
        raise CheckpointError(
            f"{vocabulary} has {len(tokenizer)} pieces and the model {release.config.vocab_size}",
            expected="the vocabulary that belongs to this model",
        )
    config = replace(
        release.config,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
    )
    described = {"architectures": [release.architecture], **config.to_dict(), "dtype": "float32"}
    _write(out, described, release, tokenizer)
    numbers = sum(array.size for array in release.tensors.values())
    return Converted(out, release.architecture, numbers, release.left_out)


def _write(
    out: Path, described: dict[str, Any], release: Release, tokenizer: PreTrainedTokenizerFast
) -> None:
    import torch

    from albert_lab import model
    from albert_lab.model.checkpoint import load_model, write_model
    from albert_lab.text.tokenizer import load_tokenizer

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as place:
            new = Path(place) / out.name
            write_model(new, described, {n: torch.from_numpy(a) for n, a in release.tensors.items()})
            tokenizer.save_pretrained(new)
            load_model(new, getattr(model, release.architecture))  # shapes and numbers are looked at
            load_tokenizer(new)
            new.replace(out)
    except OSError as error:
        raise OutputError(
            f"{out} could not be written: {error.strerror or error}.",
            expected="a folder that can be written to, with enough free space",
        ) from error
