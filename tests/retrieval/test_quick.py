"""The extractor that starts without torch, against the one in torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from albert_lab.errors import CheckpointError, InputError
from albert_lab.model import save_model
from albert_lab.retrieval.quick import QuickExtractor, quick_extractor
from albert_lab.vectors import Extractor
from albert_lab.vectors.sentence import SentenceNotes, write_notes

TEXTS = ["copy a file", "", "a", "Return the string in upper case! [MASK] \ud800 ß", "copy a tree " * 40]


@pytest.fixture
def make_folder(model, tokenizer, tmp_path):
    def make(notes: SentenceNotes | None = SentenceNotes("mean", True, 24)):  # noqa: B008
        save_model(model, tmp_path)
        tokenizer.save_pretrained(tmp_path)
        if notes:
            write_notes(tmp_path, notes, 32)
        return tmp_path

    return make


def run(extractor, text):
    done = []
    vectors, cut = extractor.sentences([text], done.append)
    assert sum(done) == 1
    return vectors, cut


@pytest.mark.parametrize("notes", [SentenceNotes("mean", True, 24), SentenceNotes("mean", False, None)])
def test_a_question_has_the_vector_that_the_extractor_gives(make_folder, notes):
    quick = QuickExtractor(make_folder(notes))
    full = Extractor.from_source(make_folder(notes))
    assert (quick.fingerprint(), quick.dimension, quick.normalize) == (
        full.fingerprint(), full.dimension, full.normalize,
    )  # fmt: skip
    for text in TEXTS:
        (found, found_cut), (expected, expected_cut) = run(quick, text), run(full, text)
        assert found.shape == (1, 32)
        assert found_cut == expected_cut
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert "full" not in vars(quick), "the model in torch was not needed"


def test_more_is_left_to_the_full_extractor(make_folder):
    quick = QuickExtractor(make_folder())
    expected = Extractor.from_source(make_folder()).embed(TEXTS[:3])
    np.testing.assert_array_equal(quick.sentences(TEXTS[:3], lambda done: None)[0], expected)
    np.testing.assert_array_equal(quick.embed(TEXTS[:3]), expected)
    assert quick.embed("copy a file", "word")[0].words == ["copy", "a", "file"]


@pytest.mark.parametrize("notes", [None, SentenceNotes("max")])
def test_other_models_are_read_by_the_full_extractor(make_folder, notes):
    folder = make_folder(notes)
    with pytest.raises(CheckpointError, match="full Extractor"):
        QuickExtractor(folder)
    found = quick_extractor(folder)
    assert isinstance(found, Extractor)
    assert found.pooling == (notes.pooling if notes else "mean")


def test_a_damaged_folder_is_told_by_the_full_extractor(make_folder):
    folder = make_folder()
    (folder / "model.safetensors").write_bytes(b"short")
    with pytest.raises(CheckpointError, match="copy or download it again"):
        quick_extractor(folder)


WATCHED = """
import sys
from albert_lab.cli import app
try:
    app(["search", "when does the train leave", "--notes", "notes", "--model", "model", "--json"])
except SystemExit as stop:
    assert not stop.code
print([name for name in ("torch", "transformers") if name in sys.modules], file=sys.stderr)
"""


def test_a_search_with_a_warm_cache_loads_no_torch(make_folder, tmp_path):
    notes, folder = tmp_path / "notes", make_folder()
    notes.mkdir()
    (notes / "trains.md").write_text("# Trains\n\nThe train leaves at noon.\n\n# Tea\n\nTea is hot.\n")
    code = WATCHED.replace('"notes"', repr(str(notes))).replace('"model"', repr(str(folder)))
    environment = os.environ | {"ALBERT_LAB_CACHE": str(tmp_path / "cache")}
    cold, warm = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        for _ in range(2)
    )
    assert json.loads(warm.stdout)[0]["name"].endswith("Trains"), warm.stderr
    assert warm.stdout == cold.stdout
    assert "'torch'" in cold.stderr, "the notes were embedded in torch"
    assert warm.stderr == "[]\n"


def test_a_tokenizer_that_knows_more_pieces_than_the_model_is_refused(make_folder, make_model, tokenizer):
    folder = make_folder()
    save_model(make_model(vocab_size=len(tokenizer) - 1), folder)
    with pytest.raises(InputError, match="belong together"):
        quick_extractor(folder)
