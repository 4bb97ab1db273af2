"""The authors' release becomes a folder in Hugging Face's layout, and nothing damaged does.

tests/model/release was written by TensorFlow itself (see make.py there), with what TensorFlow computes.
"""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import albert_lab as lab
from albert_lab import model
from albert_lab.cli import app
from albert_lab.convert import convert
from albert_lab.errors import CheckpointError, InputError
from albert_lab.model import load_model, resolve
from albert_lab.model.tensor_bundle import TensorBundle, crc32c
from albert_lab.model.tensorflow import find_checkpoint

RELEASE = Path(__file__).parent / "model" / "release"
PARTS = ("albert_config.json", "30k-clean.model", "model.ckpt-best.index")
DATA = "model.ckpt-best.data-00000-of-00001"


@pytest.fixture
def release(tmp_path) -> Path:
    folder = tmp_path / "albert_tiny"
    folder.mkdir()
    for name in (*PARTS, DATA):
        shutil.copy(RELEASE / name, folder)
    return folder


def expected() -> dict[str, np.ndarray]:
    with np.load(RELEASE / "expected.npz") as file:
        return dict(file)


def inputs() -> dict[str, torch.Tensor]:
    names = ("input_ids", "attention_mask", "token_type_ids")
    return {name: torch.tensor(expected()[name]).long() for name in names}


def edit(folder: Path, **changes) -> None:
    values = json.loads((folder / "albert_config.json").read_text())
    (folder / "albert_config.json").write_text(json.dumps(values | changes))


def test_tensors_are_those_that_tensorflow_wrote():
    bundle = TensorBundle(RELEASE / "model.ckpt-best")
    with np.load(RELEASE / "variables.npz") as file:
        wrote = {name.replace("|", "/"): array for name, array in file.items()}
    assert set(wrote) < set(bundle.names)
    assert all(np.array_equal(bundle.read(name), array) for name, array in wrote.items())


def test_outputs_are_those_of_tensorflow(release, tmp_path):
    done = convert(release, tmp_path / "out")
    assert (done.architecture, done.left_out) == ("AlbertForPreTraining", [])
    network = load_model(tmp_path / "out", model.AlbertForPreTraining)
    theirs, info = transformers.AlbertForPreTraining.from_pretrained(
        tmp_path / "out", output_loading_info=True
    )
    assert not any(info[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    with torch.no_grad():
        heads, body = network(**inputs()), network.albert(**inputs())
        other = theirs.eval()(**inputs())
    for name, value in expected().items():
        if name in inputs():
            continue
        ours = getattr(body, name, None) if hasattr(body, name) else getattr(heads, name)
        assert np.abs(ours.numpy() - value).max() < 2e-6 * np.abs(value).max(), name
    assert np.abs(other.prediction_logits.numpy() - expected()["prediction_logits"]).max() < 1e-5


def test_the_converted_folder_is_a_model_everywhere(release, tmp_path):
    done = CliRunner().invoke(app, ["convert", str(release), str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["architecture"] == "AlbertForPreTraining"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    config = json.loads((tmp_path / "out/config.json").read_text())
    assert (config["hidden_act"], config["bos_token_id"], config["eos_token_id"]) == ("gelu_new", 2, 3)
    vectors = lab.embed(["the value of a name", "an object"], tmp_path / "out")
    assert vectors.shape == (2, 12)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3
    ours = lab.load(tmp_path / "out").tokenizer("the value", "an object")
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")("the value", "an object")
    assert ours["input_ids"] == theirs["input_ids"]


def test_a_module_of_tensorflow_hub(release, tmp_path):
    """The same files in variables/ and assets/."""
    module = tmp_path / "hub"
    (module / "assets").mkdir(parents=True)
    (module / "variables").mkdir()
    for name in ("albert_config.json", "30k-clean.model"):
        shutil.copy(release / name, module / "assets")
    shutil.copy(release / "model.ckpt-best.index", module / "variables/variables.index")
    shutil.copy(release / DATA, module / "variables" / DATA.replace("model.ckpt-best", "variables"))
    (module / "saved_model.pb").write_bytes(b"")
    assert convert(module, tmp_path / "out").architecture == "AlbertForPreTraining"


def test_of_several_checkpoints_one_is_named(release, tmp_path):
    for name in ("model.ckpt-best.index", DATA):
        shutil.copy(release / name, release / name.replace("best", "1000"))
        (release / name).rename(release / name.replace("best", "2000"))
    with pytest.raises(CheckpointError, match=r"2 checkpoints: model.ckpt-1000, model.ckpt-2000"):
        convert(release, tmp_path / "out")
    (release / "checkpoint").write_text('model_checkpoint_path: "/old/place/model.ckpt-2000"\n')
    assert find_checkpoint(release).name == "model.ckpt-2000"
    assert convert(release / "model.ckpt-1000", tmp_path / "out").folder == tmp_path / "out"


def test_without_a_step_from_e_to_h(release, tmp_path):
    """Where E = H the authors have none, and a step that changes nothing stands here."""
    edit(release, embedding_size=12)
    with pytest.raises(CheckpointError, match="another shape"):
        convert(release, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_act": "tanh"}, "hidden_act is 'tanh'"),
        ({"num_hidden_groups": 2}, r"lacks bert/encoder/transformer/group_1"),
        ({"num_hidden_layers": 22, "num_hidden_groups": 22}, "floating point"),
        ({"intermediate_size": 24}, "another shape"),
        ({"vocab_size": 100}, "160 pieces and the model 100"),
        ({"num_attention_heads": 5}, "describes no ALBERT"),
    ],
)
def test_configs_that_do_not_fit(changes, message, release, tmp_path):
    edit(release, **changes)
    with pytest.raises(CheckpointError, match=message):
        convert(release, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("albert_config.json", "no albert_config.json"),
        ("30k-clean.model", "no SentencePiece vocabulary"),
        ("model.ckpt-best.index", "no TensorFlow checkpoint"),
        (DATA, rf"cannot be read: No such file[\s\S]*{DATA}"),
    ],
)
def test_what_is_missing_is_named(missing, message, release, tmp_path):
    (release / missing).unlink()
    done = CliRunner().invoke(app, ["convert", str(release), str(tmp_path / "out")])
    assert done.exit_code == 2
    with pytest.raises(CheckpointError, match=message):
        convert(release, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_replaced(release, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/README.md").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        convert(release, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["README.md"]


@pytest.mark.parametrize("file", ["model.ckpt-best.index", "saved_model.pb", "tf_model.h5", "m.keras"])
def test_a_folder_of_tensorflow_named_as_a_model_is_told_the_way(file, tmp_path):
    (tmp_path / file).write_bytes(b"")
    (tmp_path / "config.json").write_text('{"model_type": "albert"}')
    for use in (resolve, load_model, lab.load, lambda folder: lab.embed(["a"], folder)):
        with pytest.raises(CheckpointError, match=rf"albert-lab convert {tmp_path}"):
            use(tmp_path)


def test_keras_files_cannot_be_converted_here(tmp_path):
    (tmp_path / "tf_model.h5").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"a file of Keras[\s\S]*from_tf=True"):
        convert(tmp_path, tmp_path / "out")


@pytest.mark.parametrize("size", [0, 1, 9, 4095, 4096, 4097, 20_000])
def test_the_checksum(size):
    """Against the definition, bit by bit, and the check value of the CRC catalogue."""
    data = np.random.default_rng(size).bytes(size)
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    assert crc32c(data) == state ^ 0xFFFFFFFF
    assert crc32c(b"123456789") == 0xE3069283


def read_all(prefix: Path) -> dict[str, bytes]:
    bundle = TensorBundle(prefix)
    wanted = [name for name in bundle.names if name != "global_step"]
    return {name: bundle.read(name).tobytes() for name in wanted}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_checkpoints_are_refused_or_read_the_same(release, data):
    """Bits turned, bytes put in, files cut: never another number, never a trace."""
    right = read_all(RELEASE / "model.ckpt-best")
    name = data.draw(st.sampled_from(["model.ckpt-best.index", DATA]))
    content = bytearray((RELEASE / name).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    how = data.draw(st.sampled_from(["turn", "cut", "insert", "zeros"]))
    if how == "turn":
        content[place] ^= data.draw(st.integers(1, 255))
    elif how == "cut":
        del content[place:]
    elif how == "insert":
        content[place:place] = data.draw(st.binary(min_size=1, max_size=9))
    else:
        content[place : place + 40] = bytes(len(content[place : place + 40]))
    (release / name).write_bytes(content)
    try:
        found = read_all(release / "model.ckpt-best")
    except CheckpointError:
        found = right
    finally:
        shutil.copy(RELEASE / name, release)
    assert found == right


@pytest.mark.parametrize("content", [b"", b"\x0a", b"text", struct.pack("<Q", 7) * 9, b"\xff" * 60])
def test_files_of_another_kind(content, release, tmp_path):
    for name in ("model.ckpt-best.index", "30k-clean.model"):
        (release / name).write_bytes(content)
        with pytest.raises(CheckpointError, match=name):
            convert(release, tmp_path / "out")
        shutil.copy(RELEASE / name, release)
