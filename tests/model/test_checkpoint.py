"""Checkpoints: exchanged with transformers in both directions, and refused with a clear message."""

from __future__ import annotations

import errno
import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import huggingface_hub
import pytest
import safetensors.torch
import torch
import transformers

from albert_lab import model as lab
from albert_lab.errors import CheckpointError, InputError, OutputError
from albert_lab.model import AlbertModel, checkpoint, load_model, resolve, save_model, sources

from .parity import differences, make_batch, make_pair, outputs_of, tiny_config

CLASSES = checkpoint.MODEL_CLASSES
INFO = ("missing_keys", "unexpected_keys", "mismatched_keys")


def saved(tmp_path: Path, cls: type = lab.AlbertForPreTraining, **changes) -> tuple[Path, torch.nn.Module]:
    """A folder written by us, and the model in it."""
    model, _ = make_pair(cls, tiny_config(**changes), torch.float32)
    save_model(model, tmp_path / "ours")
    return tmp_path / "ours", model


def same(ours, theirs) -> bool:
    inputs = make_batch("pairs", tiny_config())
    return max(differences(outputs_of(ours, inputs), outputs_of(theirs, inputs)).values()) == 0.0


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_transformers_reads_ours(cls, tmp_path):
    folder, model = saved(tmp_path, cls)
    theirs, info = getattr(transformers, cls.__name__).from_pretrained(
        folder, output_loading_info=True, attn_implementation="eager"
    )
    assert {name: list(info[name]) for name in INFO} == {name: [] for name in INFO}
    assert same(model, theirs.eval())


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_we_read_what_transformers_writes(cls, tmp_path):
    _, theirs = make_pair(cls, tiny_config(), torch.float32)
    theirs.save_pretrained(tmp_path)
    model = load_model(tmp_path, cls)
    assert not model.training
    assert same(model, theirs)


def test_the_files_are_those_of_save_pretrained(tmp_path):
    folder, _ = saved(tmp_path)
    _, theirs = make_pair(lab.AlbertForPreTraining, tiny_config(), torch.float32)
    theirs.save_pretrained(tmp_path / "theirs")
    ours, expected = (
        safetensors.torch.load_file(f / "model.safetensors") for f in (folder, tmp_path / "theirs")
    )
    assert ours.keys() == expected.keys()
    assert all(torch.equal(ours[name], expected[name]) for name in ours)
    with safetensors.safe_open(folder / "model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}
    config = json.loads((folder / "config.json").read_text())
    assert (config["model_type"], config["architectures"]) == ("albert", ["AlbertForPreTraining"])
    assert (
        type(transformers.AutoModelForPreTraining.from_pretrained(folder)).__name__ == "AlbertForPreTraining"
    )
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_seven_labels_travel(tmp_path):
    folder, _ = saved(tmp_path, lab.AlbertForTokenClassification, num_labels=7)
    assert transformers.AlbertForTokenClassification.from_pretrained(folder).classifier.out_features == 7
    assert load_model(folder, lab.AlbertForTokenClassification).config.num_labels == 7


@pytest.mark.parametrize("target", [AlbertModel, lab.AlbertForMaskedLM])
def test_heads_that_are_not_asked_for_are_left_out(target, tmp_path):
    folder, model = saved(tmp_path)
    part = load_model(folder, target)
    whole = model.state_dict()
    prefix = "albert." if target is AlbertModel else ""
    assert all(torch.equal(tensor, whole[prefix + name]) for name, tensor in part.state_dict().items())


def test_a_body_from_a_checkpoint_without_pooler_has_none(tmp_path):
    folder, _ = saved(tmp_path, lab.AlbertForMaskedLM)
    model = load_model(folder)
    assert model.pooler is None
    assert model(torch.tensor([[5, 6]])).pooler_output is None


def test_new_heads_only_when_asked(tmp_path):
    folder, body = saved(tmp_path, AlbertModel)
    with pytest.raises(
        CheckpointError, match=r"lacks: classifier.weight, classifier.bias[\s\S]*allow_new_heads"
    ):
        load_model(folder, lab.AlbertForSequenceClassification)
    model = load_model(folder, lab.AlbertForSequenceClassification, allow_new_heads=True, num_labels=5)
    assert model.classifier.weight.shape == (5, 48)
    assert torch.equal(model.albert.pooler.weight, body.pooler.weight)


def test_config_changes(tmp_path):
    folder, _ = saved(tmp_path)
    assert load_model(folder, hidden_dropout_prob=0.1).embeddings.dropout.p == 0.1
    with pytest.raises(InputError, match=r"no field hidden_dropout$"):
        load_model(folder, hidden_dropout=0.1)


def test_sharded_weights(tmp_path):
    _, theirs = make_pair(lab.AlbertForPreTraining, tiny_config(), torch.float32)
    theirs.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    assert same(load_model(tmp_path, lab.AlbertForPreTraining), theirs)
    next(tmp_path.glob("model-*.safetensors")).unlink()
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_model(tmp_path)


def test_shards_outside_the_folder_are_refused(tmp_path):
    folder, _ = saved(tmp_path)
    (folder / "model.safetensors").rename(tmp_path / "elsewhere.safetensors")
    index = {"weight_map": {"albert.pooler.weight": "../elsewhere.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="no files of its own folder"):
        load_model(folder)


@pytest.mark.parametrize(
    "weight_map",
    [None, {}, [], "model.safetensors", {"a": None}, {"a": 3}, {"a": ["model.safetensors"]}, {"a": ""}]
    + [{"a": name} for name in ("..", ".", "a\0.safetensors", "pytorch_model.bin", "/etc/x.safetensors")],
)
def test_a_malformed_weight_map(weight_map, tmp_path):
    folder, _ = saved(tmp_path)
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(CheckpointError, match="no files of its own folder"):
        load_model(folder)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_read_as_float32(dtype, tmp_path):
    model, _ = make_pair(AlbertModel, tiny_config(), dtype)
    save_model(model, tmp_path)
    assert transformers.AlbertModel.from_pretrained(tmp_path).dtype == dtype
    read = load_model(tmp_path)
    assert all(torch.equal(t, model.state_dict()[n].float()) for n, t in read.state_dict().items())


@pytest.mark.parametrize("stored", ["both names", "the decoder's names", "with old buffers"])
def test_tied_tensors_under_any_name(stored, tmp_path):
    folder, model = saved(tmp_path)
    file = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(file)
    if stored == "with old buffers":
        tensors["albert.embeddings.position_ids"] = torch.arange(24)[None]
    else:
        take = tensors.pop if stored == "the decoder's names" else tensors.get
        tensors["predictions.decoder.weight"] = take("albert.embeddings.word_embeddings.weight").clone()
        tensors["predictions.decoder.bias"] = take("predictions.bias").clone()
    safetensors.torch.save_file(tensors, file)
    assert same(load_model(folder, lab.AlbertForPreTraining), model)


@pytest.mark.parametrize("cls", [lab.AlbertForMaskedLM, lab.AlbertForPreTraining])
def test_an_untied_decoder_travels(cls, tmp_path):
    """tie_word_embeddings: false gives the decoder numbers of its own, weight and bias."""
    _, theirs = make_pair(cls, tiny_config(tie_word_embeddings=False), torch.float32)
    theirs.save_pretrained(tmp_path / "theirs")
    model = load_model(tmp_path / "theirs", cls)
    assert same(model, theirs)
    save_model(model, tmp_path / "ours")
    again, info = getattr(transformers, cls.__name__).from_pretrained(
        tmp_path / "ours", output_loading_info=True, attn_implementation="eager"
    )
    assert {name: list(info[name]) for name in INFO} == {name: [] for name in INFO}
    assert same(model, again.eval())
    body = load_model(tmp_path / "theirs")
    assert torch.equal(
        body.embeddings.word_embeddings.weight, theirs.albert.embeddings.word_embeddings.weight
    )


def test_an_untied_decoder_that_is_not_there(tmp_path):
    folder, _ = saved(tmp_path)
    edit_config(folder, tie_word_embeddings=False)
    with pytest.raises(CheckpointError, match=r"lacks: predictions.decoder.weight, predictions.decoder.bias"):
        load_model(folder, lab.AlbertForMaskedLM)
    assert load_model(folder) is not None


def test_tied_tensors_that_differ_are_no_guess(tmp_path):
    folder, _ = saved(tmp_path)
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    tensors["predictions.decoder.weight"] = tensors["albert.embeddings.word_embeddings.weight"] + 1
    safetensors.torch.save_file(tensors, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"two different tensors[\s\S]*tie_word_embeddings to false"):
        load_model(folder, lab.AlbertForMaskedLM)
    edit_config(folder, tie_word_embeddings=False)
    tensors["predictions.decoder.bias"] = tensors["predictions.bias"].clone()
    safetensors.torch.save_file(tensors, folder / "model.safetensors")
    theirs = transformers.AlbertForMaskedLM.from_pretrained(folder, attn_implementation="eager").eval()
    assert same(load_model(folder, lab.AlbertForMaskedLM), theirs)


FEELINGS = {0: "joy", 1: "anger", 2: "fear", 3: "calm", 4: "other"}


def test_labels_and_their_kind_travel(tmp_path):
    config = tiny_config(num_labels=5, id2label=FEELINGS, problem_type="multi_label_classification")
    _, theirs = make_pair(lab.AlbertForSequenceClassification, config, torch.float32)
    theirs.save_pretrained(tmp_path / "theirs")
    for model_class in (lab.AlbertForSequenceClassification, AlbertModel):
        save_model(load_model(tmp_path / "theirs", model_class), tmp_path / model_class.__name__)
        config = transformers.AlbertConfig.from_pretrained(tmp_path / model_class.__name__)
        assert config.id2label == FEELINGS
        assert config.label2id == {name: i for i, name in FEELINGS.items()}
        assert config.problem_type == "multi_label_classification"


def test_other_labels_replace_those_of_the_file(tmp_path):
    folder, _ = saved(tmp_path, lab.AlbertForSequenceClassification, num_labels=5, id2label=FEELINGS)
    options = {"model_class": AlbertModel}
    assert load_model(folder, num_labels=3, **options).config.id2label is None
    assert load_model(folder, id2label={0: "a", 1: "b"}, **options).config.num_labels == 2
    assert load_model(folder, num_labels=5, **options).config.id2label == FEELINGS


@pytest.mark.parametrize("kind", ["model.safetensors", "shards", "pytorch_model.bin"])
def test_saving_a_part_over_the_whole_says_what_is_lost(kind, tmp_path):
    folder, model = saved(tmp_path, lab.AlbertForSequenceClassification)
    if kind == "pytorch_model.bin":
        (folder / "model.safetensors").rename(tmp_path / "away")
        torch.save(model.state_dict(), folder / kind)
    elif kind == "shards":
        transformers.AlbertForSequenceClassification.from_pretrained(folder).save_pretrained(
            folder, max_shard_size="20KB"
        )
        (folder / "model.safetensors").unlink()
    body = load_model(folder, allow_pickle=True)
    with pytest.warns(UserWarning, match="held a model with classifier, which is lost now"):
        save_model(body, folder)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_weights_that_are_no_numbers(wrong, dtype, tmp_path):
    model, _ = make_pair(lab.AlbertForPreTraining, tiny_config(), dtype)
    with torch.no_grad():
        model.albert.embeddings.position_embeddings.weight[3, 5] = wrong
        model.sop_classifier.classifier.bias[0] = wrong
    save_model(model, tmp_path)
    with pytest.raises(
        CheckpointError, match=r"not finite[\s\S]*albert.embeddings.position_embeddings.weight"
    ):
        load_model(tmp_path)


def test_a_broken_head_does_not_break_the_body(tmp_path):
    folder, model = saved(tmp_path)
    with torch.no_grad():
        model.sop_classifier.classifier.bias[0] = float("nan")
    save_model(model, folder)
    load_model(folder)
    with pytest.raises(CheckpointError, match=r"not finite[\s\S]*sop_classifier.classifier.bias"):
        load_model(folder, lab.AlbertForPreTraining)


def test_doubles_that_float32_cannot_hold(tmp_path):
    model, _ = make_pair(AlbertModel, tiny_config(), torch.float64)
    with torch.no_grad():
        model.pooler.weight[0, 0] = 1e300
    save_model(model, tmp_path)
    with pytest.raises(CheckpointError, match=r"not finite[\s\S]*pooler.weight"):
        load_model(tmp_path)


def test_whole_numbers_are_no_weights(tmp_path):
    folder, _ = saved(tmp_path, AlbertModel)
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    name = "albert.encoder.embedding_hidden_mapping_in.weight"
    tensors[name] = tensors[name].to(torch.int8)
    safetensors.torch.save_file(tensors, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"whole numbers in albert.encoder.embedding_hidden_mapping_in"):
        load_model(folder)


def test_a_config_of_a_giant_costs_no_memory(tmp_path):
    folder, _ = saved(tmp_path, AlbertModel)
    edit_config(folder, vocab_size=10**9)
    with pytest.raises(CheckpointError, match=r"another shape[\s\S]*instead of \(1000000000, 20\)"):
        load_model(folder)


def test_a_body_is_saved_under_the_name_that_keras_asks_for(tmp_path):
    """Every tensor begins with albert. as in a model with heads: KerasHub finds no other."""
    folder, model = saved(tmp_path, AlbertModel)
    names = safetensors.torch.load_file(folder / "model.safetensors").keys()
    assert [name for name in names if not name.startswith("albert.")] == []
    assert same(load_model(folder), model)


def test_groups_that_transformers_reads_differently_are_said(tmp_path):
    config = tiny_config(num_hidden_layers=18, num_hidden_groups=14)
    model, theirs = make_pair(AlbertModel, config, torch.float64)
    with pytest.warns(UserWarning, match="14 groups do not divide the 18 layers"):
        save_model(model, tmp_path)
    with pytest.warns(UserWarning, match=r"14 groups of .* do not divide its 18 layers"):
        assert same(load_model(tmp_path).double(), model)
    batch = make_batch("plain", config)
    assert (model(**batch).last_hidden_state - theirs(**batch).last_hidden_state).abs().max() > 0.1


def pickled(tmp_path: Path, content: object) -> Path:
    folder, _ = saved(tmp_path, AlbertModel)
    (folder / "model.safetensors").unlink()
    torch.save(content, folder / "pytorch_model.bin")
    return folder


def test_pickled_weights_are_refused_unless_allowed(tmp_path):
    model, _ = make_pair(AlbertModel, tiny_config(), torch.float32)
    folder = pickled(tmp_path, model.state_dict())
    with pytest.raises(CheckpointError, match=r"only pickled weights[\s\S]*allow_pickle=True"):
        load_model(folder)
    assert same(load_model(folder, allow_pickle=True), model)


def test_the_way_out_of_pickle_keeps_the_head(tmp_path):
    """Followed to the letter, the message about pickled weights loses neither the head nor its labels."""
    folder, model = saved(tmp_path, lab.AlbertForSequenceClassification, num_labels=5, id2label=FEELINGS)
    (folder / "model.safetensors").unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="only pickled weights") as caught:
        load_model(folder)
    advice = str(caught.value).splitlines()[-1].strip()
    names = {cls.__name__: cls for cls in CLASSES}
    exec(
        advice, {**names, "load_model": load_model, "save_model": save_model, "NEW_FOLDER": tmp_path / "new"}
    )
    assert same(load_model(tmp_path / "new", lab.AlbertForSequenceClassification), model)
    assert load_model(tmp_path / "new").config.id2label == FEELINGS


class Hostile:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return (Path.touch, (self.target,))


def test_a_hostile_pickle_runs_nothing_even_when_allowed(tmp_path):
    target = tmp_path / "was here"
    folder = pickled(tmp_path, {"pooler.weight": Hostile(target)})
    with pytest.raises(CheckpointError, match=r"cannot be read: UnpicklingError"):
        load_model(folder, allow_pickle=True)
    assert not target.exists()
    pickle.loads(pickle.dumps(Hostile(target)))
    assert target.exists(), "the pickle is harmless, so this test shows nothing"


def test_a_pickle_without_tensors(tmp_path):
    with pytest.raises(CheckpointError, match="something else than named tensors"):
        load_model(pickled(tmp_path, [1, 2]), allow_pickle=True)


def test_a_bert(tmp_path):
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    transformers.BertModel(transformers.BertConfig(vocab_size=30, **shape)).save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match=r"model of type 'bert'[\s\S]*'albert'"):
        load_model(tmp_path)


def edit_config(folder: Path, **changes) -> None:
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**values, **changes}))


def test_bert_weights_under_an_albert_config(tmp_path):
    shape = {"hidden_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    folder, _ = saved(tmp_path)
    transformers.BertModel(transformers.BertConfig(vocab_size=90, **shape)).save_pretrained(tmp_path / "bert")
    (tmp_path / "bert" / "model.safetensors").replace(folder / "model.safetensors")
    with pytest.raises(
        CheckpointError, match=r"lacks[\s\S]*unknown[\s\S]*encoder.layer.0[\s\S]*another shape"
    ):
        load_model(folder)


def test_tensors_of_another_shape_are_named(tmp_path):
    folder, _ = saved(tmp_path)
    edit_config(folder, intermediate_size=96)
    with pytest.raises(CheckpointError, match=r"ffn.weight \(80, 48\) instead of \(96, 48\)"):
        load_model(folder)


def test_missing_and_unknown_tensors_are_named(tmp_path):
    folder, _ = saved(tmp_path)
    file = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(file)
    tensors["albert.encoder.surprise"] = tensors.pop("albert.encoder.embedding_hidden_mapping_in.bias")
    safetensors.torch.save_file(tensors, file)
    expected = r"lacks: albert.encoder.embedding_hidden_mapping_in.bias; has unknown: albert.encoder.surprise"
    for new_heads in (False, True):
        with pytest.raises(CheckpointError, match=expected) as caught:
            load_model(folder, allow_new_heads=new_heads)
        assert "allow_new_heads" not in str(caught.value)


@pytest.mark.parametrize("keep", [0, 5, 1000, -1])
def test_truncated_weights(keep, tmp_path):
    folder, _ = saved(tmp_path)
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"cannot be read[\s\S]*truncated"):
        load_model(folder)


def test_folders_that_lack_something(tmp_path):
    folder, _ = saved(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"no weights[\s\S]*model.safetensors"):
        load_model(folder)
    (folder / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"has no config.json[\s\S]*save_pretrained"):
        load_model(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "no JSON object"),
        ("{}", "model of type None"),
        ('{"model_type": "albert", "hidden_size": 50, "num_attention_heads": 4}', "4 heads do not divide"),
        ('{"model_type": "albert", "hidden_dropout_prob": "much"}', "describes no ALBERT"),
    ],
)
def test_broken_configs(content, message, tmp_path):
    folder, _ = saved(tmp_path)
    (folder / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=message):
        load_model(folder)


def test_names_become_folders(tmp_path, monkeypatch):
    built_in = Path(lab.__file__).parent.parent / "pretrained" / "docs-mini"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALBERT_LAB_MODEL", raising=False)
    (tmp_path / "mine").mkdir()
    assert resolve("docs-mini") == resolve() == built_in
    assert resolve("mine") == Path("mine")
    monkeypatch.setenv("ALBERT_LAB_MODEL", str(tmp_path / "mine"))
    assert resolve() == tmp_path / "mine"
    assert resolve("docs-mini") == built_in


@pytest.mark.parametrize("source", ["./nowhere", "/no/where/at/all", "a b", "", "../x", Path("nowhere")])
def test_what_can_be_no_hub_name_is_not_looked_for_there(source, monkeypatch):
    monkeypatch.setattr(
        huggingface_hub, "snapshot_download", lambda *args, **options: pytest.fail("asked the hub")
    )
    monkeypatch.setenv("ALBERT_LAB_MODEL", "./nowhere")
    with pytest.raises(CheckpointError, match=r"there is no folder[\s\S]*docs-mini"):
        resolve(source or None)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"is a file[\s\S]*folder that holds config.json"):
        resolve(tmp_path / "config.json")


def test_the_hub_is_asked_for_safe_files_only(tmp_path, monkeypatch):
    asked = {}

    def download(name, *, allow_patterns, **options):
        asked[name] = allow_patterns
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda self, name, timeout: None)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda name, file: str(tmp_path / file))
    assert resolve("albert/albert-base-v2") == tmp_path
    assert resolve("owner/pickled", allow_pickle=True) == tmp_path
    assert {"config.json", "*.safetensors", "spiece.model"} <= set(asked["albert/albert-base-v2"])
    assert "pytorch_model.bin" not in asked["albert/albert-base-v2"]
    assert "pytorch_model.bin" in asked["owner/pickled"]


@pytest.fixture
def silent_hub(tmp_path, monkeypatch):
    """A hub that takes connections and never answers, as behind a firewall that swallows packets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(
            huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}"
        )
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(sources, "_HUB_SECONDS", 0.2)
        yield tmp_path / "cache"


def test_a_silent_hub_is_not_waited_for(silent_hub):
    with pytest.raises(CheckpointError, match=r"could not be reached[\s\S]*built-in model 'docs-mini'"):
        resolve("albert/albert-base-v2")


def test_what_is_in_the_hubs_cache_is_used_without_the_hub(silent_hub):
    repository = silent_hub / "models--owner--small"
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    model, _ = make_pair(AlbertModel, tiny_config(), torch.float32)
    save_model(model, snapshot)
    with pytest.warns(UserWarning, match="without modules.json"):
        assert same(load_model("owner/small"), model)


def test_a_name_that_the_hub_does_not_have(monkeypatch):
    def nothing(*args, **options):
        raise huggingface_hub.errors.RepositoryNotFoundError("404", response=Mock())

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", nothing)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", nothing)
    with pytest.raises(CheckpointError, match=r"hub has no model 'albert/albert-bass'[\s\S]*docs-mini"):
        resolve("albert/albert-bass")


def test_a_hub_that_cannot_be_reached_is_one_short_message(tmp_path):
    code = "from albert_lab.model import load_model; load_model('albert/albert-base-v2')"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    message = done.stderr[done.stderr.index("albert_lab.errors.CheckpointError") :]
    assert "could not be reached" in message
    assert "'docs-mini'" in message
    assert done.stderr.count("Traceback") == 1
    assert "huggingface_hub" not in done.stderr


def test_saving_over_a_model_and_failing_leaves_the_old_one(tmp_path, monkeypatch):
    folder, old = saved(tmp_path)
    (folder / "notes.txt").write_text("mine")

    def half(self, data):
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    other, _ = make_pair(lab.AlbertForPreTraining, tiny_config(hidden_act="relu"), torch.float32, seed=5)
    with pytest.raises(OutputError, match="No space left"):
        save_model(other, folder)
    assert same(load_model(folder, lab.AlbertForPreTraining), old)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors", "notes.txt"]


def test_saving_what_is_not_ours(tmp_path):
    with pytest.raises(InputError, match="Linear cannot be saved"):
        save_model(torch.nn.Linear(2, 2), tmp_path)


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        save_model(AlbertModel(tiny_config()), tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
