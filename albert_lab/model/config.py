"""The numbers that fix an ALBERT's shape, and the sizes that have a name.

Source: Lan et al. 2020 (arXiv 1909.11942), Table 1 and section 3.1. The head counts are those of the
released checkpoints: xlarge has 16 heads of width 128, where the paper's rule H/64 would give 32.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albert_lab.errors import InputError

LARGEST = 10**9  # of every size: the bytes of a matrix then are a number that torch can count
DEEPEST = 10_000  # layers; a config.json that says more is damaged, and would be computed for years
HIDDEN_ACTS = ("gelu_new", "gelu_pytorch_tanh", "gelu", "relu")


def _shape(hidden_size: int, layers: int, heads: int) -> dict[str, int]:
    return {
        "hidden_size": hidden_size,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 4 * hidden_size,
    }


NAMED_SIZES: Mapping[str, Mapping[str, float]] = {
    "base": _shape(768, layers=12, heads=12),
    "large": _shape(1024, layers=24, heads=16),
    "xlarge": _shape(2048, layers=24, heads=16),
    "xxlarge": _shape(4096, layers=12, heads=64),
    "docs-mini": {
        **_shape(128, layers=6, heads=4),
        "vocab_size": 8000,
        "embedding_size": 96,
        "max_position_embeddings": 256,
        "initializer_range": 0.06,  # 0.02 is for H = 768; narrow layers start faster from wider weights
    },
}

# What a config.json means when it leaves a key out: transformers' defaults describe xxlarge, not base.
_DEFAULTS_OF_A_FILE = _shape(4096, layers=12, heads=64)


@dataclass(frozen=True)
class AlbertConfig:
    """Shape and constants of one ALBERT. `AlbertConfig()` is ALBERT-base (version 2: no dropout).

    Field names and meanings are those of a Hugging Face `config.json`. Raises InputError for numbers
    that cannot make a network.
    """

    vocab_size: int = 30000  # V
    embedding_size: int = 128  # E, width of the input embeddings
    hidden_size: int = 768  # H
    num_hidden_layers: int = 12  # L
    num_hidden_groups: int = 1  # distinct sets of layer weights; 1 = all layers share one
    num_attention_heads: int = 12  # N
    intermediate_size: int = 3072  # width inside the feed-forward network
    inner_group_num: int = 1  # layers inside a group, applied one after the other
    hidden_act: str = "gelu_new"
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    max_position_embeddings: int = 512  # the longest T
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    classifier_dropout_prob: float = 0.1
    num_labels: int = 2
    id2label: Mapping[int, str] | None = dataclasses.field(default=None, hash=False)  # None: no names given
    problem_type: str | None = None  # what the labels are: regression, single_label_..., multi_label_...
    tie_word_embeddings: bool = True  # the masked-token decoder is the word table
    pad_token_id: int | None = 0
    bos_token_id: int | None = 2
    eos_token_id: int | None = 3

    def __post_init__(self) -> None:
        self._check_sizes()
        self._check_rates()
        self._check_labels()
        if self.hidden_act not in HIDDEN_ACTS:
            raise InputError(
                f"hidden_act is {self.hidden_act!r}", expected=f"one of {', '.join(HIDDEN_ACTS)}"
            )
        if self.hidden_size % self.num_attention_heads:
            raise InputError(
                f"{self.num_attention_heads} heads do not divide hidden_size {self.hidden_size}",
                expected="hidden_size / num_attention_heads to be a whole number, the width d of one head",
                mend="change num_attention_heads or hidden_size",
            )

    def _check_sizes(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if field.type == "int" and not (whole and 1 <= value <= LARGEST):
                raise InputError(f"{field.name} is {value!r}", expected=f"a whole number, 1 to {LARGEST:,}")
        if self.num_hidden_layers * self.inner_group_num > DEEPEST:
            raise InputError(
                f"num_hidden_layers is {self.num_hidden_layers}, inner_group_num {self.inner_group_num}",
                expected=f"at most {DEEPEST} layers, one after the other",
            )
        if self.num_hidden_groups > self.num_hidden_layers:
            raise InputError(
                f"num_hidden_groups is {self.num_hidden_groups}, num_hidden_layers {self.num_hidden_layers}",
                expected="at most as many groups as layers, because every group needs a layer that uses it",
            )
        pad = self.pad_token_id
        if pad is not None and not (type(pad) is int and 0 <= pad < self.vocab_size):
            raise InputError(
                f"pad_token_id is {self.pad_token_id}",
                expected=f"an id from 0 to {self.vocab_size - 1}, or None",
            )

    def _check_rates(self) -> None:
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout_prob"):
            if not (_is_number(getattr(self, name)) and 0.0 <= getattr(self, name) < 1.0):
                raise InputError(f"{name} is {getattr(self, name)!r}", expected="a number from 0 to below 1")
        for name in ("layer_norm_eps", "initializer_range"):
            if not (_is_number(getattr(self, name)) and 0.0 < getattr(self, name) < math.inf):
                raise InputError(f"{name} is {getattr(self, name)!r}", expected="a number above 0")

    def _check_labels(self) -> None:
        if not isinstance(self.tie_word_embeddings, bool):
            raise InputError(f"tie_word_embeddings is {self.tie_word_embeddings!r}", expected="True or False")
        if self.problem_type is not None and not isinstance(self.problem_type, str):
            raise InputError(f"problem_type is {self.problem_type!r}", expected="a name, or None")
        if self.id2label is None:
            return
        if not isinstance(self.id2label, Mapping) or not all(
            isinstance(i, int) and isinstance(label, str | int | float) for i, label in self.id2label.items()
        ):
            raise InputError(f"id2label is {self.id2label!r}", expected="a dict: whole number -> name")
        if len(self.id2label) != self.num_labels:
            raise InputError(
                f"id2label names {len(self.id2label)} labels and num_labels is {self.num_labels}",
                expected="one name for every label",
                mend="pass both, or id2label=None for labels without names",
            )

    @property
    def head_size(self) -> int:
        """d = H / N, the width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    @classmethod
    def named(cls, name: str) -> AlbertConfig:
        """The config of a named size: base, large, xlarge, xxlarge or docs-mini."""
        if name not in NAMED_SIZES:
            raise InputError(
                f"there is no size named {name!r}",
                expected=f"one of {', '.join(NAMED_SIZES)}",
                mend="for any other shape write AlbertConfig(hidden_size=..., ...)",
            )
        return cls(**NAMED_SIZES[name])

    def to_dict(self) -> dict[str, Any]:
        """The content of a Hugging Face config.json (without `architectures`)."""
        values = dataclasses.asdict(self)
        labels, num_labels = values.pop("id2label"), values.pop("num_labels")
        if labels is None and num_labels != 2:  # a config.json counts labels by naming them
            labels = {i: f"LABEL_{i}" for i in range(num_labels)}
        if labels is not None:
            values["id2label"] = {str(i): label for i, label in labels.items()}
            values["label2id"] = {label: i for i, label in labels.items()}
        if self.problem_type is None:
            del values["problem_type"]
        if self.tie_word_embeddings:
            del values["tie_word_embeddings"]  # left out, it means True
        return {"model_type": "albert", **values}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AlbertConfig:
        """Read the content of a config.json; a key that is missing means what it means to transformers.

        Keys that change neither the network nor its labels are ignored. Raises InputError for another
        architecture.
        """
        if values.get("model_type", "albert") != "albert":
            raise InputError(
                f"this is a config of a {values['model_type']!r} model", expected="model_type 'albert'"
            )
        if values.get("position_embedding_type", "absolute") != "absolute":
            raise InputError(
                f"position_embedding_type is {values['position_embedding_type']!r}", expected="'absolute'"
            )
        names = {field.name for field in dataclasses.fields(cls)}
        known = {**_DEFAULTS_OF_A_FILE, **{key: value for key, value in values.items() if key in names}}
        if known.get("id2label"):
            known["num_labels"] = len(known["id2label"])
            known["id2label"] = _labels(known["id2label"])
        else:
            known["id2label"] = None
        if known.get("classifier_dropout_prob", 0.1) is None:
            known["classifier_dropout_prob"] = known.get("hidden_dropout_prob", 0.0)
        return cls(**known)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _labels(named: Any) -> Mapping[int, str] | None:
    """id2label as a file holds it: text for numbers, in any order. LABEL_0, ... are no names: None."""
    try:
        labels = dict(sorted((int(i), label) for i, label in named.items()))
    except (AttributeError, ValueError, TypeError) as error:
        raise InputError(f"id2label is {named!r}", expected='an object such as {"0": "joy"}') from error
    nameless = labels == {i: f"LABEL_{i}" for i in range(len(labels))}
    return None if nameless else labels


def group_of_layer(layer: int, num_layers: int, num_groups: int) -> int:
    """Groups are contiguous: 12 layers in 3 groups are 0000 1111 2222.

    Where the groups do not divide the layers, the formulas of others, which divide in floating point, may
    put a layer into the group before: transformers' does for 18 layers in 14 groups, for instance.
    """
    return layer * num_groups // num_layers


def groups_differ(config: AlbertConfig) -> bool:
    """Does transformers (5.23) put some layer of this config into another group than we do?"""
    L, G = config.num_hidden_layers, config.num_hidden_groups
    return any(int(i / (L / G)) != group_of_layer(i, L, G) for i in range(L))
