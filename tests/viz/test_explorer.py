"""The explorer's page as Python makes it; tests/browser proves that it computes and draws."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from albert_lab import load, viz
from albert_lab.errors import InputError, OutputError
from albert_lab.model.albert import AlbertModel
from albert_lab.model.config import AlbertConfig
from albert_lab.text.tokenizer import train_tokenizer
from albert_lab.viz.explorer import page as page_module
from albert_lab.viz.explorer.labels import labels
from albert_lab.viz.explorer.pack import packed_library

SOURCES = Path(page_module.__file__).parent
SIZE = {"vocab_size": 8000, "embedding_size": 8, "hidden_size": 16, "num_hidden_layers": 2}
SIZE |= {"num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 16}


@pytest.fixture(scope="module")
def loaded():
    return load("docs-mini-sentence")


@pytest.fixture(scope="module")
def html(loaded) -> str:
    return viz.explorer(loaded, "Copy a file.").html


def block(html: str, name: str) -> str:
    (found,) = re.findall(rf'<script type="[a-z/]+" id="{name}">(.*?)</script>', html, re.DOTALL)
    return found


def changed(loaded, **changes):
    config = AlbertConfig(**SIZE | changes)
    return SimpleNamespace(model=AlbertModel(config), tokenizer=loaded.tokenizer, name="other")


def library(width: int = 128):
    rows = np.random.default_rng(0).normal(size=(3, width)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return SimpleNamespace(
        documents={"name": ["a", "b", "c"], "summary": ["", "short", "long " * 50]},
        vectors=SimpleNamespace(vectors=rows), mean=rows.mean(axis=0), packages={"stdlib": "3.11"},
    )  # fmt: skip


def test_the_weights_are_the_models_in_half_precision(html, loaded):
    data, weights = json.loads(block(html, "data")), base64.b64decode(block(html, "weights"))
    numbers = np.frombuffer(weights, dtype="<f2")
    state = loaded.model.state_dict()
    assert set(data["tensors"]) == {name for name in state if name.startswith(("embeddings.", "encoder."))}
    for name, (begin, count) in data["tensors"].items():
        expected = state[name].numpy().ravel().astype(np.float16)
        assert (numbers[begin : begin + count] == expected).all(), name


def test_the_same_arguments_give_the_same_page(loaded, html):
    assert viz.explorer(loaded, "Copy a file.").html == html


def test_the_page_names_no_other_place_and_its_policy_fits_its_scripts(html):
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    (rules,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert rules.startswith("default-src 'none'; script-src 'sha256-")
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert re.findall(r"'sha256-([^']*)'", rules) == digests
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", html)
    assert "http" not in "".join(scripts).replace("http://www.w3.org/2000/svg", "")


def test_hostile_text_cannot_end_the_block_in_which_it_stands(loaded):
    text = "</script><img src=x onerror=document.title='PWNED'>\ud800"
    page = viz.explorer(loaded, text, text).html
    assert "<img" not in page
    assert json.loads(block(page, "data"))["text"] == text.replace("\ud800", "\ufffd")


def test_the_librarys_vectors_keep_their_directions():
    told, code = packed_library(given := library())
    rows = np.frombuffer(base64.b64decode(code), dtype=np.int8).reshape(3, 128).astype(float)
    cosines = (rows * given.vectors.vectors).sum(axis=1) / np.linalg.norm(rows, axis=1)
    assert cosines.min() > 0.9999
    assert told["names"] == ["a", "b", "c"]
    assert max(map(len, told["summaries"])) <= 90


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_hidden_groups": 2}, "2 groups"),
        ({"inner_group_num": 2}, "2 layers"),
        ({"hidden_act": "relu"}, "relu"),
        ({"embedding_size": 600}, "MB of page"),
    ],
)
def test_a_network_that_no_page_can_run_is_refused(loaded, changes, message):
    with pytest.raises(InputError, match=message):
        viz.explorer(changed(loaded, **changes))


def test_numbers_beyond_half_precision_are_refused(loaded):
    other = changed(loaded)
    with torch.no_grad():
        other.model.embeddings.word_embeddings.weight[3, 3] = 1e6
    with pytest.raises(InputError, match=r"word_embeddings.*float16"):
        viz.explorer(other)


def test_another_tokenizer_is_refused(loaded):
    tokenizer = train_tokenizer(["a few words of text " * 9], 30, allow_fewer=True)
    assert viz.explorer(SimpleNamespace(model=loaded.model, tokenizer=tokenizer, name="small")).html
    from tokenizers.normalizers import Lowercase

    tokenizer.backend_tokenizer.normalizer = Lowercase()
    with pytest.raises(InputError, match="Unigram"):
        viz.explorer(SimpleNamespace(model=loaded.model, tokenizer=tokenizer, name="small"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"text": None}, "None"),
        ({"second": 3}, "3"),
        ({"language": "fr"}, "'fr'"),
        ({"chapters": "chapters"}, "name"),
        ({"library": library(64)}, "64 numbers"),
        ({"library": SimpleNamespace(documents={}, vectors=None)}, "no vectors"),
    ],
)
def test_what_is_wrong_is_said(loaded, given, message):
    with pytest.raises(InputError, match=message):
        viz.explorer(loaded, **given)


def test_it_is_saved_whole_or_not_at_all(loaded, html, tmp_path):
    page = viz.explorer(loaded, "Copy a file.")
    assert page.save(tmp_path / "a.html").read_text(encoding="utf-8") == html
    with pytest.raises(InputError, match="ends with"):
        page.save(tmp_path / "a.png")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        page.save(tmp_path / "file" / "a.html")


def test_a_notebook_shows_it_in_a_sandbox(loaded):
    shown = viz.explorer(loaded)._repr_mimebundle_()
    assert 'setAttribute("sandbox", "allow-scripts")' in shown["text/html"]
    assert "Trust Notebook" in shown["text/html"]
    assert "docs-mini-sentence" in shown["text/plain"]


def test_every_label_is_used_and_speaks_both_languages():
    table = labels()
    sources = "".join(path.read_text(encoding="utf-8") for path in (SOURCES / "js").glob("*.js"))
    sources += (SOURCES / "body.html").read_text(encoding="utf-8")
    entries = {key: entry for key, entry in table.items() if key not in ("languages", "chapters")}
    for key, entry in entries.items():
        assert set(entry) == {"en", "zh"}, key
        filled = [sorted(re.findall(r"\{(\w+)\}", text)) for text in entry.values()]
        assert filled[0] == filled[1], key
        stem = re.sub(r"_\d$", "_${i}", key)
        used = rf'["`]{re.escape(stem)}["`]|\b{re.escape(key)}: \(\) =>'
        assert re.search(used, sources), key
    wanted = re.findall(r'label\("(\w+)"', sources) + re.findall(r'data-(?:label|aria)="(\w+)"', sources)
    assert set(wanted) <= set(entries)


def test_every_chapter_that_is_named_is_there():
    chapters = Path(__file__).resolve().parents[2] / "chapters"
    for number, entry in labels()["chapters"].items():
        assert entry["file"].startswith(number)
        assert (chapters / f"{entry['file']}.ipynb").is_file()
