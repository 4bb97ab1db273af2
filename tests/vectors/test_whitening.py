"""Whitening, against scikit-learn's and against what it is defined by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.decomposition import PCA

from albert_lab.errors import CheckpointError, InputError, OutputError
from albert_lab.vectors.evaluate import anisotropy
from albert_lab.vectors.whitening import Whitening, fit_centring, fit_whitening


@pytest.fixture
def cone() -> np.ndarray:
    """Correlated vectors with a strong common direction: (400, 12)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(400, 12)) @ rng.normal(size=(12, 12)) + 20 * rng.normal(size=12)


def test_afterwards_the_covariance_is_the_identity_and_the_cone_is_gone(cone):
    white = fit_whitening(cone)(cone)
    assert white.dtype == np.float32
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(12), atol=1e-3)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)
    assert anisotropy(cone) > 0.5
    assert abs(anisotropy(white)) < 0.05


def test_cosines_are_those_of_scikit_learns_whitened_components(cone):
    theirs = PCA(whiten=True).fit_transform(cone)
    ours = fit_whitening(cone)(cone)
    for vectors in (theirs, ours):
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-3)


def test_the_strongest_directions_are_kept(cone):
    ours = fit_whitening(cone, dimensions=3)(cone)
    theirs = PCA(n_components=3, whiten=True).fit_transform(cone)
    assert ours.shape == (400, 3)
    correlation = np.corrcoef(ours.T, theirs.T)[:3, 3:]
    np.testing.assert_allclose(np.abs(correlation), np.eye(3), atol=1e-3)


def test_centring_takes_the_mean_away_and_nothing_else(cone):
    before = cone.copy()
    centred = fit_centring(cone)(cone)
    np.testing.assert_allclose(centred, cone - cone.mean(axis=0), atol=1e-4)
    np.testing.assert_array_equal(cone, before)


def test_new_vectors_and_single_ones(cone):
    whitening = fit_whitening(cone[:300])
    np.testing.assert_allclose(whitening(cone[300]), whitening(cone[300:])[0], atol=1e-5)
    with pytest.raises(InputError, match="fitted on"):
        whitening(cone[:, :5])


def test_fewer_texts_than_dimensions_is_warned_of(cone):
    with pytest.warns(UserWarning, match="12 dimensions was fitted on 10 texts"):
        few = fit_whitening(cone[:10])
    assert np.isfinite(few(cone)).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_whitening(cone)
        fit_centring(cone[:10])


def test_a_direction_without_difference_becomes_zero(cone):
    flat = np.concatenate([cone, np.full((400, 1), 3.0)], axis=1)
    white = fit_whitening(flat)(flat)
    np.testing.assert_allclose(white[:, -1], 0, atol=1e-6)
    np.testing.assert_allclose(white[:, :-1].std(axis=0), 1, atol=1e-3)


def test_saved_and_loaded_it_is_the_same(cone, tmp_path):
    whitening = fit_whitening(cone)
    whitening.save(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(Whitening.load(tmp_path / "w.safetensors")(cone), whitening(cone))
    (tmp_path / "w.safetensors").write_bytes(b"x" * 50)
    for path in ("w.safetensors", "none"):
        with pytest.raises(CheckpointError, match="cannot be read as a whitening"):
            Whitening.load(tmp_path / path)
    from albert_lab.vectors import VectorIndex

    VectorIndex(3).save(tmp_path / "index")
    with pytest.raises(CheckpointError, match="no whitening"):
        Whitening.load(tmp_path / "index")
    with pytest.raises(OutputError):
        whitening.save(tmp_path / "index" / "below")


@pytest.mark.parametrize("vectors", [np.zeros((0, 3)), np.zeros(3), [[np.nan, 1.0]]])
def test_what_cannot_be_fitted(vectors):
    with pytest.raises(InputError):
        fit_whitening(vectors)
    with pytest.raises(InputError):
        fit_centring(vectors)


def test_no_more_dimensions_than_there_are(cone):
    for dimensions in (0, 13):
        with pytest.raises(InputError, match="1 to 12"):
            fit_whitening(cone, dimensions)
