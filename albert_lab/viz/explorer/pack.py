"""What the explorer's page carries of a model: weights, pieces, and the vectors of a library.

The weights, as float16 in base64, are most of the page. The heads of pretraining and the pooler are left out:
nothing in the page uses them. The vectors of the library are made on the learner's machine, from the
documentation that is installed there; they travel as 8-bit numbers, each row on its own scale, because only
their directions count. Names and summaries stand in the page as they are.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from albert_lab.errors import InputError

LARGEST_HALF = 65504.0
MOST_NUMBERS = 4_000_000  # of a network: in a page of 11 MB
_CONFIG = (
    "vocab_size", "embedding_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
    "intermediate_size", "max_position_embeddings", "layer_norm_eps",
)  # fmt: skip
_GELU = ("gelu_new", "gelu_pytorch_tanh")
_PARTS = ("embeddings.", "encoder.")
_NORMALIZERS = ["Replace", "Replace", "NFKD", "StripAccents", "Lowercase"]
_SPLITS = ["WhitespaceSplit", "Metaspace", "Split"]
_LONGEST_SUMMARY = 90


def packed_network(model: Any) -> tuple[dict[str, Any], str]:
    """Its config and where each tensor begins, for the page's data; all weights as float16 in base64.

    Raises:
        InputError: more than one layer's weights, another activation, or a network too large for a page.
    """
    config = model.config
    shared = config.num_hidden_groups == 1 and config.inner_group_num == 1
    if not shared or config.hidden_act not in _GELU:
        raise InputError(
            f"The model has {config.num_hidden_groups} groups of {config.inner_group_num} layers with "
            f"{config.hidden_act}.",
            expected="an ALBERT with one shared layer and gelu_new, such as docs-mini",
            mend='explorer(lab.load("docs-mini"))',
        )
    tensors = {
        name.removeprefix("albert."): tensor.detach().float().cpu().numpy()
        for name, tensor in model.state_dict().items()
        if name.removeprefix("albert.").startswith(_PARTS)
    }
    total = sum(array.size for array in tensors.values())
    if total > MOST_NUMBERS:
        raise InputError(
            f"The network has {total:,} weights: {total * 8 / 3e6:.0f} MB of page.",
            expected=f"at most {MOST_NUMBERS:,}, such as docs-mini has",
            mend="choose docs-mini; head_view shows what a larger model attends to",
        )
    broken = [name for name, a in tensors.items() if not np.abs(a).max() <= LARGEST_HALF]
    if broken:
        raise InputError(f"{broken[0]} holds numbers that float16 cannot hold.", expected="finite weights")
    starts, begin = {}, 0
    for name, array in tensors.items():
        starts[name] = [begin, array.size]
        begin += array.size
    halves = np.concatenate([array.ravel() for array in tensors.values()]).astype("<f2")
    return {"config": {name: getattr(config, name) for name in _CONFIG}, "tensors": starts}, in_base64(halves)


def packed_tokenizer(tokenizer: Any) -> dict[str, Any]:
    """Pieces, their log probabilities (float64 in base64), and the ids of the special tokens.

    Raises:
        InputError: another kind of tokenizer than those of the built-in models.
    """
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    rules = json.loads(backend.to_str())
    kinds = [step["type"] for step in (rules["normalizer"] or {}).get("normalizers", [])]
    splits = [step["type"] for step in (rules["pre_tokenizer"] or {}).get("pretokenizers", [])]
    if (rules["model"]["type"], kinds, splits) != ("Unigram", _NORMALIZERS, _SPLITS):
        raise InputError(
            f"The tokenizer is {rules['model']['type']} with {', '.join(kinds) or 'no normalizer'}.",
            expected="one that albert_lab.text.tokenizer.train_tokenizer made, such as docs-mini's",
            mend="head_view shows what a model with another tokenizer attends to",
        )
    vocabulary = rules["model"]["vocab"]
    special = [token["content"] for token in rules["added_tokens"]]
    return {
        "pieces": [piece for piece, _ in vocabulary],
        "scores": in_base64(np.array([score for _, score in vocabulary], dtype="<f8")),
        "special": special,
        "unknown": rules["model"]["unk_id"],
        **{name: backend.token_to_id(f"[{name.upper()}]") for name in ("cls", "sep")},
        "pad": backend.token_to_id("<pad>"),
    }


def packed_library(search: Any) -> tuple[dict[str, Any], str]:
    """Names, summaries and mean of what a search knows, for the page's data; the vectors in base64."""
    documents, vectors = search.documents, search.vectors
    if vectors is None:
        raise InputError("The search has no vectors.", mend="DocumentSearch(…, vectors=True)")
    rows = vectors.vectors  # (n, H), centred, of length 1
    scales = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-12) / 127
    told = {
        "names": list(documents["name"]),
        "summaries": [_short(summary) for summary in documents["summary"]],
        "mean": [round(float(value), 7) for value in search.mean],
        "packages": [" ".join(package) for package in search.packages.items()],
    }
    return told, in_base64(np.rint(rows / scales).astype(np.int8))


def in_base64(numbers: np.ndarray) -> str:
    """The bytes of an array as ASCII."""
    return base64.b64encode(np.ascontiguousarray(numbers)).decode("ascii")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SUMMARY else text[: _LONGEST_SUMMARY - 1].rstrip() + "…"
