"""A model as one ONNX file, which onnxruntime runs in many languages without torch.

Needs the packages of ``pip install "albert-lab[onnx]"``. The file is compared with the model before it gets
its name: on batches with padding the two must agree.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from albert_lab.errors import AlbertLabError, InputError
from albert_lab.model import AlbertModel
from albert_lab.paths import atomic_write, check_output, expanded
from albert_lab.vectors.extractor import Extractor
from albert_lab.vectors.pooling import pool

if TYPE_CHECKING:
    import onnx
    from onnxruntime import InferenceSession

# How far an output may be from that of the model in float64, a sentence's vector at length 1; where rounding
# to float32 moves the model's own output further, four times as far as that.
TOLERANCE = 1e-5
_TIMES_ROUNDING = 4
INT8_COSINE = 0.98  # between a sentence's vectors before and after rounding to int8; below, it is refused
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")


class ExportError(AlbertLabError):
    """The exported file does not compute what the model computes; it was not kept."""


@dataclass(frozen=True)
class Exported:
    """What `export_onnx` wrote.

    Attributes:
        path: the file.
        outputs: its outputs, by name, with their shapes.
        differences: for each output the largest difference between the file and the model in float64; that of
            the sentence's vector is measured at length 1.
        roundings: the same of the model in float32, as torch runs it.
        cosine: for int8, the smallest between a sentence's vectors before and after.
        bytes: its size.
    """

    path: Path
    outputs: dict[str, list[str | int]]
    differences: dict[str, float]
    roundings: dict[str, float]
    cosine: float | None
    bytes: int


def export_onnx(
    source: str | Path | None,
    out: str | Path,
    *,
    attention: bool = False,
    int8: bool = False,
    overwrite: bool = False,
    **options: Any,
) -> Exported:
    """Write a model as ONNX.

    Inputs, int64 (batch, tokens), sizes free: input_ids, attention_mask (1 = real token), token_type_ids.
    Outputs, float32: last_hidden_state (batch, tokens, H); sentence_embedding (batch, H), pooled as the
    model's folder or `options` say; with `attention` also attentions (layers, batch, heads, tokens, tokens).
    What else a text needs (the prompt before it, its longest length) stands in the file's metadata; the
    tokenizer is the one of the model's folder.

    Args:
        source: a built-in name, a folder or a hub name; None = the default model.
        out: the file to write, which ends in .onnx.
        attention: give the attention weights too.
        int8: round the matrices to 8 bits, for a smaller file that is faster on many processors.
        overwrite: replace the file if it exists.
        options: pooling, layer, normalize and truncate_dim, as :class:`albert_lab.vectors.Extractor` takes.

    Raises:
        InputError: a package is missing, or an option has a wrong value.
        CheckpointError: the model cannot be read.
        ExportError: the file computes something else than the model.
        OutputError: `out` exists, or cannot be written.
    """
    out = expanded(out)
    check_output(out, [".onnx"], overwrite=overwrite)
    _check_packages()
    if int8 and attention:
        raise InputError(
            "int8 and attention were asked for at once",
            expected="one of them",
            mend="look at the attention of the model as it is",
        )
    extractor = Extractor.from_source(source, **options)
    network = _Network(extractor, attention).eval()
    with tempfile.TemporaryDirectory() as place, _quiet():
        whole, small = Path(place) / "model.onnx", Path(place) / "int8.onnx"
        _describe(_fold_transposes(_exported(network, whole)), extractor, whole)
        differences, roundings = _compare(network, whole)
        cosine = _round_to_int8(whole, small, network) if int8 else None
        written = (small if int8 else whole).read_bytes()
        session = _session(small if int8 else whole)
    with atomic_write(out) as temporary:
        temporary.write_bytes(written)
    shapes = {output.name: output.shape for output in session.get_outputs()}
    return Exported(out, shapes, differences, roundings, cosine, len(written))


class _Network(nn.Module):
    """The model with the sentence's vector at its end."""

    def __init__(self, extractor: Extractor, attention: bool) -> None:
        super().__init__()
        if not isinstance(extractor.model, AlbertModel):
            raise InputError("only ALBERT can be exported here", expected="an ALBERT in float32")
        self.model, self.attention = extractor.model, attention
        self.pooling, self.layer = extractor.pooling, extractor.layer
        self.normalize, self.dimension = extractor.normalize, extractor.dimension

    @property
    def names(self) -> list[str]:
        return ["last_hidden_state", "sentence_embedding"] + ["attentions"] * self.attention

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, ...]:
        states = self.pooling == "first_last" or self.layer != -1
        out = self.model(
            input_ids,
            attention_mask,
            token_type_ids,
            output_attentions=self.attention,
            output_hidden_states=states,
        )
        vector = pool(out, attention_mask, self.pooling, layer=self.layer)
        if self.normalize:
            vector = nn.functional.normalize(vector, dim=1)
        found = (out.last_hidden_state, vector[:, : self.dimension])
        return (*found, torch.stack(out.attentions)) if self.attention else found


def _exported(network: _Network, path: Path) -> onnx.ModelProto:
    import onnx

    ids, mask, types = torch.ones(3, 2, 3, dtype=torch.long)  # three tensors: of one it would make one input
    longest = network.model.config.max_position_embeddings
    sizes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=longest)}
    torch.onnx.export(
        network,
        (ids.clone(), mask.clone(), types.clone()),
        path,
        dynamo=True,
        external_data=False,
        input_names=_INPUTS,
        output_names=network.names,
        dynamic_shapes=(sizes, sizes, sizes),
        verbose=False,
    )
    return onnx.load(path)


def _fold_transposes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store each matrix once, as it is multiplied: all layers share it, and would turn it at every call."""
    from onnx import numpy_helper

    graph = model.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    turned: dict[str, str] = {}  # the result of a Transpose -> the tensor that takes its place
    for node in [node for node in graph.node if node.op_type == "Transpose" and node.input[0] in stored]:
        name = f"{node.input[0]}.T"
        if name not in stored:
            (order,) = (list(attribute.ints) for attribute in node.attribute if attribute.name == "perm")
            array = numpy_helper.to_array(stored[node.input[0]]).transpose(order)
            stored[name] = numpy_helper.from_array(array.copy(), name)
            graph.initializer.append(stored[name])
        turned[node.output[0]] = name
        graph.node.remove(node)
    firsts: dict[tuple[int, tuple[int, ...], bytes], str] = {}
    for tensor in graph.initializer:  # the exporter turns small matrices itself, once for every layer
        key = (tensor.data_type, tuple(tensor.dims), numpy_helper.to_array(tensor).tobytes())
        if firsts.setdefault(key, tensor.name) != tensor.name:
            turned[tensor.name] = firsts[key]
    for node in graph.node:
        names = [turned.get(name, name) for name in node.input]
        node.input[:] = [turned.get(name, name) for name in names]  # turned, then found equal to another
    used = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)
    return model


def _describe(model: onnx.ModelProto, extractor: Extractor, path: Path) -> None:
    """Check the file's form, and note in it what a text needs before and after the network."""
    import onnx

    from albert_lab import __version__

    model.producer_name, model.producer_version = "albert-lab", __version__
    notes = {"model": extractor.name, **extractor.settings, "max_tokens": extractor.max_length}
    for unused in ("precision", "long_texts", "max_length", "window_overlap"):
        notes.pop(unused, None)
    for name, value in notes.items():
        model.metadata_props.add(key=name, value=value if isinstance(value, str) else json.dumps(value))
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _batches(model: AlbertModel) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Texts of several lengths with padding, one alone, and one as long as the model takes."""
    generator = torch.Generator().manual_seed(0)
    config, longest = model.config, model.config.max_position_embeddings
    for lengths in (
        [1],
        [min(9, longest)],
        [min(n, longest) for n in (21, 1, 8, 20)],
        [longest, longest // 3],
    ):
        real = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
        ids = torch.randint(config.vocab_size, real.shape, generator=generator) * real
        types = torch.randint(config.type_vocab_size, real.shape, generator=generator) * real
        yield ids, real.long(), types


def _compare(network: _Network, path: Path) -> tuple[dict[str, float], dict[str, float]]:
    """How far each output of the file, and of torch's float32, is from float64 at most."""
    differences, roundings = dict.fromkeys(network.names, 0.0), dict.fromkeys(network.names, 0.0)
    for name, *three in _runs(network, path):
        if name == "sentence_embedding":
            three = [nn.functional.normalize(vectors, dim=1) for vectors in three]
        exact, ours, theirs = three
        difference, rounding = (float((found - exact).abs().max()) for found in (theirs, ours))
        if not difference <= max(TOLERANCE, _TIMES_ROUNDING * rounding):
            raise ExportError(
                f"{name} of the exported file differs by {difference:.1e} from the model in float64",
                expected=f"at most {TOLERANCE:.0e}, or {_TIMES_ROUNDING} times torch's own difference in "
                f"float32, {rounding:.1e}",
                mend="please report it, with the versions of torch, onnxscript and onnxruntime",
            )
        differences[name] = max(differences[name], difference)
        roundings[name] = max(roundings[name], rounding)
    return differences, roundings


def _round_to_int8(whole: Path, small: Path, network: _Network) -> float:
    """Matrices in 8 bits, inputs rounded as they come; gives the smallest cosine with the vectors before."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(whole, small, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)
    cosines = [
        float(nn.functional.cosine_similarity(exact, theirs).min())
        for name, exact, _, theirs in _runs(network, small)
        if name == "sentence_embedding"
    ]
    if not min(cosines) >= INT8_COSINE:
        raise ExportError(
            f"rounded to int8, a sentence's vector has a cosine of {min(cosines):.3f} with itself before",
            expected=f"at least {INT8_COSINE}",
            mend="export without int8",
        )
    return min(cosines)


def _runs(network: _Network, path: Path) -> Iterator[tuple[str, Tensor, Tensor, Tensor]]:
    """(name, in float64, in float32, the file's) for every output of every batch."""
    session, exactly = _session(path), copy.deepcopy(network).double()
    for batch in _batches(network.model):
        with torch.inference_mode():
            exact, ours = exactly(*batch), network(*batch)
        named = {name: tensor.numpy() for name, tensor in zip(_INPUTS, batch, strict=True)}
        theirs = map(torch.from_numpy, session.run(network.names, named))
        for name, *found in zip(network.names, exact, ours, theirs, strict=True):
            yield name, *(tensor.double() for tensor in found)


def _session(path: Path) -> InferenceSession:
    onnxruntime = _onnxruntime()
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def _onnxruntime() -> Any:
    """The library with its telemetry off: it would write files into the home folder and send them."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


def _check_packages() -> None:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed",
            expected="the packages that write and check ONNX files",
            mend='pip install "albert-lab[onnx]"',
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """What the exporter says of its own insides is no news for who calls it."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
