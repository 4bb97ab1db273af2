"""The face of a notebook: load and embed, on the model that ships."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch

import albert_lab as lab
from albert_lab.errors import CheckpointError


def test_the_built_in_model_is_unpackable_and_by_name():
    loaded = lab.load()
    model, tokenizer, name = loaded
    assert (model, tokenizer, name) == (loaded.model, loaded.tokenizer, "docs-mini")
    assert not model.training
    inputs = tokenizer("copy a file", return_tensors="pt")
    assert model(**inputs).last_hidden_state.shape == (1, inputs["input_ids"].shape[1], 128)


def test_embeddings_are_those_of_the_model():
    """Mean pooling written out: the average of the real tokens' last hidden states."""
    model, tokenizer, _ = loaded = lab.load()
    texts = ["copy a file", "Sort a list of numbers, in place."]
    vectors = lab.embed(texts, loaded)
    assert vectors.shape == (2, 128)
    for text, vector in zip(texts, vectors, strict=True):
        with torch.no_grad():
            hidden = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        np.testing.assert_allclose(vector, hidden.mean(0).numpy(), atol=1e-5)


def test_options_reach_the_extractor():
    loaded = lab.load()
    mean, cls = lab.embed("copy a file", loaded), lab.embed("copy a file", loaded, pooling="cls")
    assert not np.allclose(mean, cls, atol=1e-3)
    words = lab.embed(["copy a file"], loaded, level="word")[0]
    assert words.words == ["copy", "a", "file"]


def test_another_model_is_named_by_folder_or_environment(tmp_path, monkeypatch):
    with pytest.raises(CheckpointError, match="config"):
        lab.load(tmp_path)
    monkeypatch.setenv("ALBERT_LAB_MODEL", str(tmp_path))
    with pytest.raises(CheckpointError, match="config"):
        lab.load()


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lood'"):
        lab.lood  # noqa: B018
    assert {"load", "embed", "search", "predict", "model", "viz"} <= set(dir(lab))


@pytest.mark.parametrize("name", sorted(set(lab._NAMES) | {"lab"}))
def test_no_module_of_the_package_hides_a_function_of_its_face(name):
    """An import of albert_lab.search, if it were there, would make lab.search a module, and no function."""
    assert importlib.util.find_spec(f"albert_lab.{name}") is None
