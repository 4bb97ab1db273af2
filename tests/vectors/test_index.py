from __future__ import annotations

import errno

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save_file

from albert_lab.errors import CheckpointError, InputError, OutputError
from albert_lab.vectors.index import VectorIndex, best


@pytest.fixture
def vectors() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)


@pytest.fixture
def index(vectors) -> VectorIndex:
    index = VectorIndex(8)
    index.add([f"text {number}" for number in range(50)], vectors)
    return index


def test_the_nearest_are_those_with_the_largest_cosine(index, vectors):
    queries = np.random.default_rng(1).normal(size=(5, 8))
    positions, scores = index.nearest(queries, top=7)
    for query, found, cosines in zip(queries, positions, scores, strict=True):
        by_hand = [float(query @ v / (np.linalg.norm(query) * np.linalg.norm(v))) for v in vectors]
        order = sorted(range(50), key=lambda position: -by_hand[position])[:7]
        assert found.tolist() == order
        np.testing.assert_allclose(cosines, [by_hand[position] for position in order], atol=1e-6)
        assert [match.key for match in index.search(query, 7)] == [f"text {position}" for position in order]


def test_length_does_not_matter_and_a_vector_finds_itself(index, vectors):
    assert index.search(vectors[3] * 1e30, 1) == [("text 3", pytest.approx(1.0, abs=1e-6))]
    assert index.search(-vectors[3], 50)[-1].key == "text 3"


def test_zero_vectors_score_zero():
    index = VectorIndex(2)
    index.add(["zero", "right"], np.array([[0, 0], [1, 0]]))
    assert index.search([1.0, 0.0]) == [("right", 1.0), ("zero", 0.0)]
    assert index.search([0, 0]) == [("zero", 0.0), ("right", 0.0)]


def test_adding_in_steps_equals_adding_at_once(index, vectors):
    stepwise = VectorIndex(8)
    stepwise.add("text 0", vectors[:1])
    stepwise.add([f"text {number}" for number in range(1, 50)], vectors[1:])
    assert stepwise.keys == index.keys
    np.testing.assert_array_equal(stepwise.vectors, index.vectors)


def test_the_index_keeps_its_own_copy(vectors):
    index = VectorIndex(8)
    index.add([str(number) for number in range(50)], vectors)
    vectors[:] = 0
    assert index.vectors.any()
    with pytest.raises(ValueError, match="read-only"):
        index.vectors[0] = 0


def test_an_empty_index_and_too_few_vectors(index):
    assert VectorIndex(3).search([1, 2, 3]) == []
    assert len(index.search(np.ones(8), top=99)) == 50


@settings(suppress_health_check=list(HealthCheck))
@given(hnp.arrays(np.float32, st.integers(1, 40), elements=st.integers(0, 5)), st.integers(1, 50))
def test_the_best_are_sorted_with_ties_in_their_order(scores, top):
    expected = sorted(range(len(scores)), key=lambda position: (-scores[position], position))[:top]
    assert best(scores, top).tolist() == expected


def test_saved_and_loaded_it_is_the_same(index, tmp_path):
    index.add(["", "naïve 😀 \ud800"], np.ones((2, 8)))
    path = tmp_path / "made" / "index.safetensors"
    index.save(path)
    loaded = VectorIndex.load(path)
    assert loaded.keys == index.keys
    np.testing.assert_array_equal(loaded.vectors, index.vectors)
    loaded.add(["further"], np.ones((1, 8)))
    assert len(loaded) == 53
    VectorIndex(4).save(path)
    assert (len(VectorIndex.load(path)), VectorIndex.load(path).dimension) == (0, 4)


def test_every_damage_is_found(index, tmp_path):
    path = tmp_path / "index.safetensors"
    index.save(path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-3] ^= 1
    for content in (whole[:-10], whole[:5], b"", bytes(flipped), b"{}" * 100):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="cannot be read"):
            VectorIndex.load(path)
    save_file({"vectors": np.ones((1, 2), np.float32)}, path)
    with pytest.raises(CheckpointError, match="not a vector index"):
        VectorIndex.load(path)
    for place in (tmp_path / "absent", tmp_path):
        with pytest.raises(CheckpointError, match="cannot be read"):
            VectorIndex.load(place)


def test_a_full_disk_leaves_the_old_index(index, tmp_path, monkeypatch):
    path = tmp_path / "index.safetensors"
    index.save(path)
    before = path.read_bytes()

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        index.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("keys", "added", "message"),
    [
        (["a"], np.ones((2, 8)), "1 keys for 2"),
        (["a"], np.ones(8), r"\(8,\)"),
        (["a"], np.ones((1, 9)), r"\(1, 9\)"),
        (["a", "b"], np.array([[1] * 8, [np.nan] * 8]), "Vector 1 holds NaN"),
        (["a"], np.full((1, 8), np.inf), "infinity"),
        ([3], np.ones((1, 8)), "key 3"),
        (["a"], np.array([["x"] * 8]), "<U1"),
    ],
)
def test_what_cannot_be_added_changes_nothing(index, keys, added, message):
    with pytest.raises(InputError, match=message):
        index.add(keys, added)
    assert len(index.keys) == len(index.vectors) == 50


def test_wrong_questions(index):
    with pytest.raises(InputError, match="top=0"):
        index.search(np.ones(8), top=0)
    with pytest.raises(InputError, match=r"\(1, 7\)"):
        index.search(np.ones(7))
    with pytest.raises(InputError, match="dimension=0"):
        VectorIndex(0)
