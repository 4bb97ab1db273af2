"""ONNX files: onnxruntime computes with them what our network computes, for every size and padding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import albert_lab as lab
from albert_lab import export
from albert_lab.cli import app
from albert_lab.errors import InputError, OutputError
from albert_lab.model import AlbertConfig, AlbertForMaskedLM, AlbertModel, save_model
from albert_lab.text.tokenizer import load_tokenizer

pytestmark = pytest.mark.slow
TEXTS = [
    "Copy a file.",
    "Return the sorted list of all names that a module defines.",
    "x",
    "Open the file " * 9,
]


def tiny_model(folder: Path, cls: type = AlbertModel, **changes) -> Path:
    """A small ALBERT with telling weights and the tokenizer of docs-mini."""
    torch.manual_seed(0)
    shape = {"vocab_size": 8000, "embedding_size": 16, "hidden_size": 48, "num_attention_heads": 4}
    shape |= {"num_hidden_layers": 3, "intermediate_size": 80, "max_position_embeddings": 64}
    model = cls(AlbertConfig(**shape | changes))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    save_model(model, folder)
    load_tokenizer(lab.model.resolve("docs-mini")).save_pretrained(folder)
    return folder


def run(path: Path, source: str | Path, texts: list[str]) -> dict[str, np.ndarray]:
    """As a program without this package would: the tokenizer's batch into onnxruntime."""
    tokenizer = load_tokenizer(lab.model.resolve(source))
    batch = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="np")
    session = export._session(path)
    outputs = [output.name for output in session.get_outputs()]
    found = session.run(outputs, {k: v.astype(np.int64) for k, v in batch.items()})
    return {**dict(zip(outputs, found, strict=True)), "mask": batch["attention_mask"]}


def test_sentences_have_the_vectors_of_embed(tmp_path):
    done = export.export_onnx("docs-mini-sentence", tmp_path / "m.onnx")
    found = run(done.path, "docs-mini-sentence", TEXTS)
    assert np.abs(found["sentence_embedding"] - lab.embed(TEXTS, "docs-mini-sentence")).max() < 1e-5
    model = lab.load("docs-mini-sentence").model
    tokenizer = load_tokenizer(lab.model.resolve("docs-mini-sentence"))
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        states = model(**batch).last_hidden_state.numpy()
    assert np.abs(found["last_hidden_state"] - states).max() < 1e-5 * np.abs(states).max()
    assert done.differences["sentence_embedding"] < 1e-6
    assert done.differences["last_hidden_state"] < 1e-5
    assert done.cosine is None
    assert done.outputs == {
        "last_hidden_state": ["batch", "tokens", 128],
        "sentence_embedding": ["batch", 128],
    }
    one = run(done.path, "docs-mini-sentence", TEXTS[:1])["sentence_embedding"]
    assert np.abs(one - found["sentence_embedding"][:1]).max() < 1e-5


@pytest.mark.parametrize("options", [
    {"pooling": "cls"},
    {"pooling": "max", "layer": 1, "normalize": True},
    {"pooling": "pooler", "truncate_dim": 7},
    {"pooling": "first_last"},
], ids=str)  # fmt: skip
def test_every_pooling(options, tmp_path):
    folder = tiny_model(tmp_path / "model", num_hidden_groups=3, hidden_act="relu")
    done = export.export_onnx(folder, tmp_path / "m.onnx", **options)
    expected = lab.embed(TEXTS, folder, **options)
    found = run(done.path, folder, TEXTS)["sentence_embedding"]
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_attention_when_asked(tmp_path):
    folder = tiny_model(tmp_path / "model", AlbertForMaskedLM)
    done = export.export_onnx(folder, tmp_path / "m.onnx", attention=True)
    found = run(done.path, folder, TEXTS)
    model, tokenizer, _ = lab.load(folder)
    with torch.inference_mode():
        out = model(
            **tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt"), output_attentions=True
        )
    assert done.outputs["attentions"] == [3, "batch", 4, "tokens", "tokens"]
    assert np.abs(found["attentions"] - torch.stack(out.attentions).numpy()).max() < 1e-5


@pytest.mark.slow
def test_int8_is_smaller_and_near(tmp_path):
    small = export.export_onnx("docs-mini-sentence", tmp_path / "small.onnx", int8=True)
    assert (
        small.bytes
        < 4_000_000
        < 4_500_000
        < export.export_onnx("docs-mini-sentence", tmp_path / "m.onnx").bytes
    )
    found = run(small.path, "docs-mini-sentence", TEXTS)["sentence_embedding"]
    cosines = (found * lab.embed(TEXTS, "docs-mini-sentence")).sum(axis=1) / np.linalg.norm(found, axis=1)
    assert cosines.min() > 0.98
    assert 0.98 < small.cosine < 1


def test_a_bound_is_that_of_one_in_a_hundred_thousand_unless_torch_itself_is_further_off(
    tmp_path, monkeypatch
):
    """docs-mini: its hidden states in float32 are 3e-5 from those in float64, its vectors 3e-7."""
    done = export.export_onnx("docs-mini", tmp_path / "m.onnx")
    assert done.differences["last_hidden_state"] < max(1e-5, 4 * done.roundings["last_hidden_state"])
    assert done.differences["sentence_embedding"] < 1e-5
    runs = export._runs

    def moved(by: dict[str, float]):
        def them(network, path):
            for name, exact, ours, theirs in runs(network, path):
                yield name, exact, ours, theirs + by.get(name, 0)

        return them

    for name, by in (("last_hidden_state", 2e-4), ("sentence_embedding", 1e-3)):
        monkeypatch.setattr(export, "_runs", moved({name: by}))
        with pytest.raises(export.ExportError, match=f"{name} of the exported file differs by"):
            export.export_onnx("docs-mini", tmp_path / "n.onnx")


def test_shared_matrices_are_stored_once_and_as_they_are_multiplied(tmp_path):
    import onnx

    done = export.export_onnx(tiny_model(tmp_path / "model"), tmp_path / "m.onnx")
    graph = onnx.load(done.path).graph
    stored = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    assert [n.name for n in graph.node if n.op_type == "Transpose" and n.input[0] in stored] == []
    assert sum(dims == [48, 80] for dims in stored.values()) == 1
    assert sum(dims == [80, 48] for dims in stored.values()) == 1


@pytest.mark.slow
def test_the_file_says_what_it_is(tmp_path):
    done = export.export_onnx("docs-mini-sentence", tmp_path / "m.onnx")
    meta = export._session(done.path).get_modelmeta()
    assert meta.producer_name == "albert-lab"
    notes = meta.custom_metadata_map
    assert (notes["model"], notes["pooling"], notes["normalize"]) == ("docs-mini-sentence", "mean", "true")
    assert json.loads(notes["max_tokens"]) == 64


def test_a_file_that_computes_something_else_is_not_kept(tmp_path, monkeypatch):
    fold = export._fold_transposes

    def wrong(model):
        model = fold(model)
        for node in model.graph.node:
            if node.op_type == "Softmax":
                node.op_type = "Sigmoid"
                del node.attribute[:]
        return model

    monkeypatch.setattr(export, "_fold_transposes", wrong)
    with pytest.raises(export.ExportError, match="differs by"):
        export.export_onnx(tiny_model(tmp_path / "model"), tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_what_is_refused(tmp_path, monkeypatch):
    (tmp_path / "there.onnx").write_text("mine")
    monkeypatch.setattr(export.Extractor, "from_source", lambda *_, **__: pytest.fail("it was computed"))
    for name, told in (("there.onnx", "exists"), ("m.bin", "Expected: .onnx"), ("no/m.onnx", "not exist")):
        with pytest.raises(OutputError, match=told):
            export.export_onnx("docs-mini", tmp_path / name)
    monkeypatch.undo()
    assert (tmp_path / "there.onnx").read_text() == "mine"
    with pytest.raises(InputError, match="one of them"):
        export.export_onnx("docs-mini", tmp_path / "m.onnx", int8=True, attention=True)
    with pytest.raises(InputError, match="no pooler"):
        export.export_onnx(
            tiny_model(tmp_path / "mlm", AlbertForMaskedLM), tmp_path / "m.onnx", pooling="pooler"
        )
    monkeypatch.setattr(export, "_PACKAGES", ("onnx", "surely_not_there"))
    done = CliRunner().invoke(app, ["export", "docs-mini", str(tmp_path / "m.onnx")])
    assert done.exit_code == 2
    with pytest.raises(InputError, match=r'surely_not_there is not installed[\s\S]*"albert-lab\[onnx\]"'):
        export.export_onnx("docs-mini", tmp_path / "m.onnx")


@pytest.mark.slow
def test_the_command_and_no_telemetry(tmp_path):
    """onnxruntime leaves files in the home folder unless its telemetry is off before it is loaded."""
    folder, home = tiny_model(tmp_path / "model"), tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    command = [sys.executable, "-m", "albert_lab", "export", str(folder), str(tmp_path / "m.onnx"), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["outputs"]["sentence_embedding"] == ["batch", 48]
    assert [path for path in home.rglob("*") if "Microsoft" in str(path) or "onnxruntime" in str(path)] == []
