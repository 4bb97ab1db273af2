"""Folders of sentence models, as they are found: the vectors of SentenceTransformer(folder), or a refusal.

The network is random and its weights are large, so that a prompt, a case or a cut that is missed shows.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub.utils import filter_repo_objects

import albert_lab as lab
from albert_lab.errors import CheckpointError
from albert_lab.model import sources
from albert_lab.model.checkpoint import save_model
from albert_lab.vectors import Extractor
from albert_lab.vectors.sentence import SentenceNotes, read_notes, write_notes

# Version 6 of sentence-transformers moved its modules; the lowest version that we take has them here.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*and were cut"
)

TEXTS = ["Copy a directory tree.", "return the STRING", "a", "split the string at every comma " * 20]
Edit = Callable[[Path], None]
MODEL, LIMITS = "config_sentence_transformers.json", "sentence_bert_config.json"


@pytest.fixture(scope="module")
def plain(model, tokenizer, tmp_path_factory) -> Path:
    """A folder as sentence-transformers writes it; the tokenizer keeps capitals unless told otherwise."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from tokenizers import normalizers

    network, folder = tmp_path_factory.mktemp("network"), tmp_path_factory.mktemp("plain")
    save_model(model, network)
    cased = type(tokenizer)(tokenizer_object=tokenizer.backend_tokenizer, **tokenizer.special_tokens_map)
    cased.model_max_length = 64
    cased.backend_tokenizer.normalizer = normalizers.NFKC()
    cased.save_pretrained(network)
    SentenceTransformer(modules=[Transformer(str(network)), Pooling(32, "mean"), Normalize()]).save(
        str(folder)
    )
    return folder


@pytest.fixture
def folder(plain, tmp_path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "m"))


def theirs(folder: Path, texts: list[str]) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(texts)


def change(name: str, **fields: object) -> Edit:
    """Set fields of a JSON file; None takes a field away."""

    def edit(folder: Path) -> None:
        path = folder / name
        values = json.loads(path.read_text()) if path.exists() else {}
        values = {key: value for key, value in (values | fields).items() if value is not None}
        path.write_text(json.dumps(values))

    return edit


def pooling(**fields: object) -> Edit:
    return change("1_Pooling/config.json", **{"pooling_mode": None} | fields)


def prompts(default: str | None, **named: str | None) -> Edit:
    return change(MODEL, prompts=named, default_prompt_name=default)


def older_name(name: str) -> Edit:
    def edit(folder: Path) -> None:
        (folder / "sentence_bert_config.json").unlink()
        (folder / name).write_text('{"max_seq_length": 12, "do_lower_case": true}')

    return edit


def network_in(place: str, *, also: Edit | None = None) -> Edit:
    """The layout of sentence-transformers before version 2: the network in a folder of its own."""

    def edit(folder: Path) -> None:
        (folder / place).mkdir()
        for path in list(folder.iterdir()):
            if path.is_file() and path.name not in ("modules.json", MODEL):
                path.rename(folder / place / path.name)
        modules = json.loads((folder / "modules.json").read_text())
        modules[0] |= {"path": place, "type": "sentence_transformers.models.Transformer"}
        (folder / "modules.json").write_text(json.dumps(modules))
        if also:
            also(folder / place)

    return edit


def steps(*kinds: str) -> Edit:
    def edit(folder: Path) -> None:
        modules = [
            {
                "idx": i,
                "name": str(i),
                "path": path,
                "type": kind if "." in kind else f"sentence_transformers.models.{kind}",
            }
            for i, (kind, path) in enumerate(each.split("=") for each in kinds)
        ]
        (folder / "modules.json").write_text(json.dumps(modules))

    return edit


CUT = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
PAD = {"strategy": {"Fixed": 40}, "direction": "Right", "pad_to_multiple_of": None}
PAD |= {"pad_id": 0, "pad_type_id": 0, "pad_token": "<pad>"}

SAME: dict[str, Edit] = {
    "as it is written": lambda folder: None,
    "a default prompt": prompts("query", query="query: ", passage="passage: "),
    "a default prompt that is null": prompts("query", query=None),
    "a default prompt from the two that are always there": prompts("document"),
    "prompts without a default": prompts(None, query="query: "),
    "an empty default prompt": prompts("query", query=""),
    "truncated vectors": change(MODEL, truncate_dim=7),
    "truncated to more than there are": change(MODEL, truncate_dim=99),
    "lower case": change(LIMITS, do_lower_case=True),
    "a shorter limit": change(LIMITS, max_seq_length=10),
    "a limit that no 8 divides": change(LIMITS, max_seq_length=13),
    "as long as the positions": change(LIMITS, max_seq_length=64),
    "no limit": change(LIMITS, max_seq_length=None),
    "prompt, lower case and limit": lambda folder: (
        prompts("q", q="Query: ")(folder),
        change(LIMITS, do_lower_case=True, max_seq_length=11)(folder),
    ),
    "no file of limits": lambda folder: (folder / LIMITS).unlink(),
    **{name: older_name(name) for name in ("sentence_albert_config.json", "sentence_roberta_config.json")},
    "a limit above the tokenizer's": lambda folder: (
        change("tokenizer_config.json", model_max_length=9)(folder),
        change(LIMITS, max_seq_length=20)(folder),
    ),
    "0_Transformer": network_in("0_Transformer"),
    "0_Transformer with older names": network_in(
        "0_Transformer", also=older_name("sentence_albert_config.json")
    ),
    "pooling as flags": pooling(
        word_embedding_dimension=32, pooling_mode_cls_token=True, pooling_mode_mean_tokens=False
    ),
    "no flag is set": pooling(word_embedding_dimension=32, pooling_mode_cls_token=False),
    "no pooling is named": pooling(),
    "pooling as a list": pooling(pooling_mode=["max"]),
    "the newer name and older flags": pooling(pooling_mode="max", pooling_mode_cls_token=True),
    "include_prompt without a prompt": pooling(pooling_mode="mean", include_prompt=False),
    "without normalization": steps("Transformer=", "Pooling=1_Pooling"),
    "another similarity": change(MODEL, similarity_fn_name="dot"),
    "padded and cut by the tokenizer's file": change("tokenizer.json", truncation=CUT, padding=PAD),
}


@pytest.mark.parametrize("how", SAME)
def test_a_folder_gives_the_vectors_of_sentence_transformers(how, folder):
    SAME[how](folder)
    expected = theirs(folder, TEXTS)
    np.testing.assert_allclose(lab.embed(TEXTS, folder), expected, atol=3e-6)
    np.testing.assert_allclose(lab.embed(TEXTS, lab.load(folder)), expected, atol=3e-6)


def test_a_limit_above_the_positions_is_all_of_them(folder):
    """There sentence-transformers fails at a long text; of the others the vectors are the same."""
    change(LIMITS, max_seq_length=512)(folder)
    np.testing.assert_allclose(lab.embed(TEXTS[:3], folder), theirs(folder, TEXTS[:3]), atol=3e-6)
    with pytest.raises(Exception, match=r"index|size"):
        theirs(folder, [TEXTS[3] * 2])
    with pytest.warns(UserWarning, match="longer than 64 tokens"):
        assert lab.embed(TEXTS[3] * 2, folder).shape == (1, 32)


REFUSED: dict[str, tuple[Edit, str, str]] = {
    "Dense": (steps("Transformer=", "Pooling=1_Pooling", "Dense=2_Dense"), "modules.json", "Dense"),
    "another order": (
        steps("Transformer=", "Normalize=2_Normalize", "Pooling=1_Pooling"),
        "modules.json",
        "Norm",
    ),
    "two poolings": (
        steps("Transformer=", "Pooling=1_Pooling", "Pooling=1_Pooling"),
        "modules.json",
        "Pooling",
    ),
    "somebody's own code": (
        steps("custom_st.Transformer=", "Pooling=1_Pooling"),
        "modules.json",
        "custom_st",
    ),
    "no pooling at all": (steps("Transformer="), "modules.json", "Transformer"),
    "a path that leaves the folder": (steps("Transformer=../x", "Pooling=1_Pooling"), "modules.json", "path"),
    "mean over the root of the length": (
        pooling(pooling_mode="mean_sqrt_len_tokens"),
        "1_Pooling",
        "pooling_mode",
    ),
    "the last token": (pooling(pooling_mode_lasttoken=True), "1_Pooling", "lasttoken"),
    "two kinds at once": (pooling(pooling_mode=["cls", "max"]), "1_Pooling", "pooling_mode"),
    "a field of pooling that is not known": (pooling(pooling_mode="mean", layers=3), "1_Pooling", "layers"),
    "the prompt left out of the mean": (
        lambda folder: (
            prompts("q", q="query: ")(folder),
            pooling(pooling_mode="mean", include_prompt=False)(folder),
        ),
        "1_Pooling",
        "include_prompt",
    ),
    "a prompt that is not there": (prompts("x", q="query: "), MODEL, "default_prompt_name"),
    "a prompt that is no text": (prompts("q", q=["query: "]), MODEL, "default_prompt_name"),
    "prompts that are no object": (
        change(MODEL, prompts="q", default_prompt_name="q"),
        MODEL,
        "prompts",
    ),
    "another kind of model": (change(MODEL, model_type="SparseEncoder"), "config_sentence_tr", "model_type"),
    "a dimension as text": (change(MODEL, truncate_dim="7"), "config_sent", "truncate_dim"),
    "no dimension left": (change(MODEL, truncate_dim=0), "config_sent", "truncate_dim"),
    "a length as text": (change(LIMITS, max_seq_length="64"), LIMITS, "max_seq_length"),
    "no length": (change(LIMITS, max_seq_length=-1), LIMITS, "max_seq_length"),
    "lower case as text": (change(LIMITS, do_lower_case="yes"), LIMITS, "do_lower_case"),
    "arguments for the tokenizer": (
        change(LIMITS, tokenizer_args={"model_max_length": 9}),
        LIMITS,
        "tokenizer_args",
    ),
    "another output": (change(LIMITS, module_output_name="sentence_embedding"), LIMITS, "module_output_name"),
    "a field of limits that is not known": (change(LIMITS, flavour=1), LIMITS, "flavour"),
    "padding before the text": (
        change("tokenizer_config.json", padding_side="left"),
        "tokenizer_config.json",
        "padding_side",
    ),
    "the end of a long text": (
        change("tokenizer_config.json", truncation_side="left"),
        "tokenizer_config.json",
        "truncation_side",
    ),
    "the end of a long text, by the other file": (
        change("tokenizer.json", truncation=CUT | {"direction": "Left"}),
        "tokenizer.json",
        "truncation",
    ),
    "tokens of length 1": (
        change("2_Normalize/config.json", module_input_name="token_embeddings"),
        "2_Norm",
        "module_in",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_extractor_cannot_do_is_refused_with_file_and_field(what, folder):
    edit, file, field = REFUSED[what]
    edit(folder)
    for read in (
        lambda: Extractor.from_source(folder),
        lambda: lab.embed("a", folder),
        lambda: lab.load(folder),
    ):
        with pytest.raises(CheckpointError) as caught:
            read()
        assert file in str(caught.value)
        assert field in str(caught.value)


def test_prompt_case_and_dimension_are_written_and_read(folder):
    notes = SentenceNotes("cls", True, 16, "query: ", True, 9)
    write_notes(folder, notes, 32)
    assert read_notes(folder) == notes
    np.testing.assert_allclose(lab.embed(TEXTS, folder), theirs(folder, TEXTS), atol=3e-6)


def test_options_say_otherwise_than_the_notes_and_count_for_sentences_only(folder):
    prompts("q", q="return ")(folder)
    bare = lab.embed(TEXTS, folder, prompt="")
    assert not np.allclose(bare, lab.embed(TEXTS, folder), atol=1e-2)
    words = lab.embed("copy a file", folder, level="word", truncate_dim=5)[0]
    assert words.words == ["copy", "a", "file"]
    assert words.vectors.shape == (3, 32)


# The hub: which files are asked for, and what travels with a loaded model


@pytest.fixture
def cached(folder, tmp_path, monkeypatch) -> Callable[..., str]:
    """A cache of the hub made by hand, with those files of a folder that are asked for; no network."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    def put(patterns: list[str]) -> str:
        commit, home = "a" * 40, tmp_path / "hub" / "models--someone--sentences"
        (home / "refs").mkdir(parents=True)
        (home / "refs" / "main").write_text(commit)
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
        for name in filter_repo_objects(names, allow_patterns=patterns):
            target = home / "snapshots" / commit / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, target)
        return "someone/sentences"

    return put


@pytest.mark.parametrize("how", ["as it is written", "0_Transformer with older names", "a default prompt"])
def test_all_that_makes_a_sentence_model_is_asked_of_the_hub(how, folder, cached):
    SAME[how](folder)
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_text("large")
    name = cached(sources._HUB_FILES)
    there = sources.locate(name)
    assert not list(there.rglob("*.onnx"))
    expected = theirs(folder, TEXTS)
    np.testing.assert_allclose(lab.embed(TEXTS, name), expected, atol=3e-6)
    np.testing.assert_allclose(lab.embed(TEXTS, lab.load(name)), expected, atol=3e-6)


def test_what_belongs_to_a_model_travels_with_it(folder, cached, monkeypatch):
    loaded = lab.load(cached(sources._HUB_FILES))
    expected = theirs(folder, TEXTS)
    monkeypatch.setattr(sources, "locate", lambda *_, **__: pytest.fail("it was looked up again by its name"))
    shutil.rmtree(folder)
    np.testing.assert_allclose(lab.embed(TEXTS, loaded), expected, atol=3e-6)
    model, tokenizer, name = loaded
    assert (model, tokenizer, name) == loaded == (loaded.model, loaded.tokenizer, "someone/sentences")
    assert loaded[:2] == (model, tokenizer)


def test_a_cache_that_another_program_filled_is_told(cached):
    name = cached(["config.json", "model.safetensors", "tokenizer*.json"])
    with pytest.warns(UserWarning, match="without modules.json"):
        lab.load(name)


def test_a_model_known_to_be_no_sentence_model_is_loaded_without_a_word(cached, tmp_path, recwarn):
    name = cached(["config.json", "model.safetensors", "tokenizer*.json"])
    known = tmp_path / "hub" / "models--someone--sentences" / ".no_exist" / ("a" * 40)
    known.mkdir(parents=True)
    (known / "modules.json").touch()
    assert lab.load(name).notes is None
    assert not [each for each in recwarn if "modules.json" in str(each.message)]


def test_the_vocabularies_of_all_tokenizers_are_asked_for():
    names = [
        "vocab.txt",
        "spiece.model",
        "vocab.json",
        "merges.txt",
        "0_Transformer/vocab.txt",
        "1_Pooling/config.json",
    ]
    extra = ["flax_model.msgpack", "pytorch_model.bin", "onnx/model.onnx", "README.md"]
    assert list(filter_repo_objects(names + extra, allow_patterns=sources._HUB_FILES)) == names


def test_in_training_mode_all_vectors_are_without_dropout(make_model, tokenizer):
    from concurrent.futures import ThreadPoolExecutor

    model = make_model(hidden_dropout_prob=0.3, attention_probs_dropout_prob=0.3)
    expected = Extractor(model, tokenizer).embed(TEXTS, progress=False)
    model.train()
    model.encoder.eval()
    modes = [module.training for module in model.modules()]
    with ThreadPoolExecutor(4) as pool:
        extractors = [Extractor(model, tokenizer) for _ in range(4)]
        made = pool.map(lambda i: extractors[i % 4].embed(TEXTS, progress=False), range(40))
        for vectors in made:
            np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert [module.training for module in model.modules()] == modes
    assert torch.is_grad_enabled()
