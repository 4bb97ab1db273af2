"""The authors' release becomes a folder in Hugging Face's layout, and nothing damaged does.

tests/model/release was written by TensorFlow itself (see make.py there), with what TensorFlow computes.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import transformers
from huggingface_hub import HfApi
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import albert_lab as lab
from albert_lab import doctor, model
from albert_lab.cli import app
from albert_lab.convert import convert
from albert_lab.errors import CheckpointError, InputError
from albert_lab.export import export_onnx
from albert_lab.model import load_model, resolve
from albert_lab.model.tensor_bundle import TensorBundle, crc32c
from albert_lab.model.tensorflow import find_checkpoint
from albert_lab.text.tokenizer import load_tokenizer
from tests.model.bundle_writer import write_bundle

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


def variables() -> dict[str, np.ndarray]:
    """Those of the release, without its two heads."""
    with np.load(RELEASE / "variables.npz") as file:
        found = {name.replace("|", "/"): array for name, array in file.items()}
    return {name: array for name, array in found.items() if not name.startswith("cls/")}


def head(*shapes: tuple[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes}


@pytest.mark.parametrize(
    ("names", "classes", "architecture"),
    [
        ("output", 3, "AlbertForSequenceClassification"),
        ("cls/squad/output", 2, "AlbertForQuestionAnswering"),
    ],
)
def test_the_heads_of_fine_tuned_models_are_taken_over(names, classes, architecture, release, tmp_path):
    """Against the formulas of classifier_utils.py and squad_utils.py: weights (classes, H) and a bias."""
    theirs = head((f"{names}_weights", (classes, 12)), (f"{names}_bias", (classes,)))
    slots = {"output_weights/adam_m": np.zeros((classes, 12), np.float32), "global_step": np.zeros(())}
    write_bundle(release / "model.ckpt-best", variables() | theirs | slots)
    done = convert(release, tmp_path / "out")
    assert (done.architecture, done.left_out) == (architecture, [])
    for package in (model, transformers):
        source = tmp_path / "out"
        cls = getattr(package, architecture)
        network = load_model(source, cls) if package is model else cls.from_pretrained(source).eval()
        with torch.no_grad():
            out = network(**inputs())
        pooled = architecture == "AlbertForSequenceClassification"
        states = expected()["pooler_output" if pooled else "last_hidden_state"]
        logits = states @ theirs[f"{names}_weights"].T + theirs[f"{names}_bias"]
        found = out.logits if pooled else torch.stack([out.start_logits, out.end_logits], dim=-1)
        real = expected()["attention_mask"].astype(bool) if not pooled else slice(None)
        assert np.abs(found.numpy() - logits)[real].max() < 1e-5


def test_the_heads_of_squad_2_are_refused_unless_left_out(release, tmp_path):
    shapes = [("start_logits/dense/kernel", (12, 1)), ("start_logits/dense/bias", (1,))]
    shapes += [("answer_class/dense_0/kernel", (24, 12)), ("answer_class/dense_1/kernel", (12, 1))]
    write_bundle(release / "model.ckpt-best", variables() | head(*shapes))
    command = ["convert", str(release), str(tmp_path / "out")]
    refused = CliRunner().invoke(app, command)
    assert refused.exit_code == 2
    for told in ("albert_tiny", "answer_class/dense_0/kernel", "start_logits/dense/bias", "--leave-out"):
        assert told in refused.stderr
    assert not (tmp_path / "out").exists()
    done = CliRunner().invoke(app, [*command, "--leave-out"])
    assert "AlbertModel" in done.stdout
    assert "left out, no model here has a place for it: answer_class/dense_1/kernel" in done.stdout
    with torch.no_grad():
        states = load_model(tmp_path / "out")(**inputs()).last_hidden_state
    real = expected()["attention_mask"].astype(bool)
    assert np.abs(states.numpy() - expected()["last_hidden_state"])[real].max() < 1e-5


CHINESE = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"注意力是什么", "？", "，", "copy", "##ing", "a"]
CHINESE += ["file", "##s", "e", "##l", "##a", "##n", "2", "##0", "."]


def test_a_chinese_release_cuts_text_as_bert_does(release, tmp_path):
    (release / "30k-clean.model").unlink()
    (release / "vocab_chinese.txt").write_text("\n".join(CHINESE) + "\n", encoding="utf-8")
    done = convert(release, tmp_path / "out")
    assert done.architecture == "AlbertForPreTraining"
    texts = ["注意力是什么？", "Copying a file, 注意 élan 2020.", "copyings\u200b files\x00x", "", " \n "]
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert/vocab.txt").write_text("\n".join(CHINESE) + "\n", encoding="utf-8")
    bert = transformers.BertTokenizer.from_pretrained(tmp_path / "bert")
    for folder in (tmp_path / "out", tmp_path / "bert"):
        ours = load_tokenizer(folder)
        for text in texts:
            assert ours(text, text)["input_ids"] == bert(text, text)["input_ids"]
            assert ours(text, text)["token_type_ids"] == bert(text, text)["token_type_ids"]
    assert ours.tokenize(texts[0]) == list(texts[0])
    assert (ours.pad_token, ours.cls_token_id, ours.mask_token_id) == ("[PAD]", 2, 4)
    vectors = lab.embed(["注意力", "是什么"], tmp_path / "out")
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3
    with pytest.raises(InputError, match="tokenizer knows"):
        lab.embed(["quick brown foxes", "jump over"], tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"[PAD]\n[UNK]\na\n", r"lacks \[CLS\], \[MASK\]"), (b"\xff\xfe", "cannot be read"), (b"", "lacks")],
)
def test_a_list_of_pieces_that_is_none(content, told, release, tmp_path):
    (release / "30k-clean.model").unlink()
    (release / "vocab_chinese.txt").write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"vocab_chinese.txt {told}"):
        convert(release, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_capitals_count_where_the_list_of_pieces_has_them(release, tmp_path):
    (release / "30k-clean.model").unlink()
    (release / "vocab.txt").write_text("\n".join([*CHINESE, "File", "Copy"]), encoding="utf-8")
    convert(release, tmp_path / "out")
    assert load_tokenizer(tmp_path / "out").tokenize("File a file") == ["File", "a", "file"]
    convert(release, tmp_path / "lower", lower=True)
    assert load_tokenizer(tmp_path / "lower").tokenize("File a file") == ["file", "a", "file"]


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
    """Where E = H the authors have none, and a step that changes nothing is written."""
    edit(release, embedding_size=12)
    kept = {name: array for name, array in variables().items() if "mapping_in" not in name}
    tables = [(name, (*a.shape[:-1], 12)) for name, a in kept.items() if name.startswith("bert/embeddings/")]
    write_bundle(release / "model.ckpt-best", kept | head(*tables))
    convert(release, tmp_path / "out")
    network = load_model(tmp_path / "out")
    states = torch.randn(2, 5, 12)
    with torch.no_grad():
        assert torch.equal(network.encoder.embedding_hidden_mapping_in(states), states)


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
        ("30k-clean.model", "has no vocabulary"),
        ("model.ckpt-best.index", "TensorFlow without its .index"),
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


CONVERTS = r"albert-lab convert \S+ NEW_FOLDER"
BY_TRANSFORMERS = r"albert-lab convert cannot read them[\s\S]*from_{}=True"
NO_WAY = "nothing here reads or converts it"
FOREIGN = {
    "model.ckpt-best.index": ("a checkpoint of TensorFlow", CONVERTS),
    "variables/variables.index": ("a checkpoint of TensorFlow", CONVERTS),
    "model.ckpt-best.data-00000-of-00001": (r"TensorFlow without its .index", CONVERTS),
    "saved_model.pb": (r"TensorFlow without its .index", CONVERTS),
    "tf_model.h5": ("weights of TensorFlow", BY_TRANSFORMERS.format("tf")),
    "flax_model.msgpack": ("weights of Flax", BY_TRANSFORMERS.format("flax")),
    "model.weights.h5": ("a model of Keras", NO_WAY),
    "m.keras": ("a model of Keras", NO_WAY),
    "epoch=3.ckpt": ("a checkpoint of PyTorch or TensorFlow 1", NO_WAY),
    "onnx/model.onnx": ("a model for ONNX", NO_WAY),
    "model.gguf": ("weights of another program", NO_WAY),
}


@pytest.fixture(params=FOREIGN)
def foreign(request, tmp_path) -> tuple[Path, str]:
    """A folder with the weights of another program, and what is to be said of it."""
    path = tmp_path / "theirs" / request.param
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    (tmp_path / "theirs/config.json").write_text('{"model_type": "albert"}')
    (tmp_path / "theirs/optimizer.pt").write_bytes(b"")
    return tmp_path / "theirs", "[\\s\\S]*".join((re.escape(path.name), FOREIGN[request.param][1]))


def test_wherever_a_model_is_named_foreign_weights_are_told_the_way_in(foreign, tmp_path):
    folder, told = foreign
    for use in (resolve, load_model, lab.load, export_onnx, lambda folder: lab.embed(["a"], folder)):
        with pytest.raises(CheckpointError, match=told):
            use(folder, *([tmp_path / "m.onnx"] if use is export_onnx else []))


@pytest.mark.parametrize("file", ["model.ckpt-best.index", "tf_model.h5", "m.keras"])
def test_every_command_that_takes_a_model_tells_it(file, tmp_path, monkeypatch):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / file).write_bytes(b"")
    (tmp_path / "n").mkdir()
    (tmp_path / "n/a.md").write_text("Copy a file.")
    (tmp_path / "p.jsonl").write_text('{"query": "a b", "positive": "c d"}\n' * 9)
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    tune = ["tune", "--out", "o", "--pairs", "p.jsonl", "--steps", "1", "--batch-size", "2"]
    for command in (
        ["embed", "a b", "--out", "v.parquet", "--model", "theirs"],
        ["embed", "a b", "--out", "v.parquet", "--model", f"theirs/{file}"],
        ["search", "a b", "--notes", "n", "--model", "theirs"],
        ["attention", "a b", "--out", "v.html", "--model", "theirs"],
        ["export", "theirs", "m.onnx"],
        [*tune, "--model", "theirs"],
        [*tune, "--teacher", "theirs", "--distillation", "0.5"],
    ):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 2, command
        assert file in done.stderr
        assert re.search(FOREIGN[file][1], done.stderr), command
    monkeypatch.setenv("ALBERT_LAB_MODEL", "theirs")
    finding = list(doctor._model())[-1]
    assert (finding.state, file in finding.value) == ("problem", True)
    assert re.search(FOREIGN[file][1], finding.advice)


def test_the_name_of_a_checkpoint_is_no_hub_name(release):
    with pytest.raises(CheckpointError, match=rf"albert-lab convert {release}/model.ckpt-best NEW_FOLDER"):
        lab.load(release / "model.ckpt-best")


@pytest.mark.parametrize("file", FOREIGN)
def test_a_model_of_the_hub_with_foreign_weights_is_told_before_it_is_fetched(file, monkeypatch):
    files = [SimpleNamespace(rfilename=name) for name in ("config.json", file)]
    monkeypatch.setattr(HfApi, "model_info", lambda self, name, timeout: SimpleNamespace(siblings=files))
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: pytest.fail("it was fetched"))
    with pytest.raises(CheckpointError, match=FOREIGN[file][1]) as told:
        lab.load("owner/theirs")
    fetched = "hf download owner/theirs --local-dir FOLDER; albert-lab convert FOLDER" in str(told.value)
    assert fetched == file.endswith(".index")


def test_a_model_of_the_hub_that_is_only_pickled_is_told_before_it_is_fetched(monkeypatch, tmp_path):
    files = [SimpleNamespace(rfilename=name) for name in ("config.json", "pytorch_model.bin", "tf_model.h5")]
    monkeypatch.setattr(HfApi, "model_info", lambda self, name, timeout: SimpleNamespace(siblings=files))
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda *_, **__: None)
    with pytest.raises(CheckpointError, match=r"pickled[\s\S]*allow_pickle=True"):
        lab.load("owner/theirs")
    assert resolve("owner/theirs", allow_pickle=True) == tmp_path


@pytest.mark.parametrize("file", [name for name in FOREIGN if not name.endswith(".index")])
def test_what_cannot_be_converted_is_told_by_convert_too(file, tmp_path):
    path = tmp_path / "theirs" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    for source in (tmp_path / "theirs", path):
        with pytest.raises(CheckpointError, match=FOREIGN[file][1]):
            convert(source, tmp_path / "out")


def test_what_needs_no_conversion_is_told_so(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="there is nothing to convert"):
        convert(tmp_path, tmp_path / "out")
    with pytest.raises(CheckpointError, match=r"there is no .*nowhere"):
        convert(tmp_path / "nowhere", tmp_path / "out")


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
