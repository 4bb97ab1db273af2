"""Centring and whitening: take the common direction out of vectors, and make all directions equally strong.

    w = fit_whitening(vectors)          # (n, H) of texts like those to be compared
    better = w(vectors)                 # (x - μ) W

With the mean μ and the covariance UΛUᵀ of the fitted vectors, W = U Λ^(-1/2) makes their covariance the
identity (Su et al. 2021, arXiv 2103.15316, equations 6 to 8). The directions come strongest first, so that
keeping the first k also makes the vectors shorter. Centring alone is W = identity.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from albert_lab.errors import CheckpointError, InputError
from albert_lab.paths import atomic_write

_FORMAT = "albert-lab whitening 1"
_SMALLEST = 1e-6  # eigenvalues below this share of the largest are noise: that direction is dropped to 0


@dataclass(frozen=True, eq=False)
class Whitening:
    """x -> (x - mean) · matrix; mean (H,), matrix (H, k), both float32."""

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (n, H) or one vector (H,) -> (n, k) or (k,), float32. The input is not changed.

        Raises:
            InputError: vectors of another length.
        """
        vectors = np.asarray(vectors)
        if vectors.ndim not in (1, 2) or vectors.shape[-1] != len(self.mean):
            raise InputError(
                f"The vectors have shape {vectors.shape}.",
                expected=f"(n, {len(self.mean)}), as those that it was fitted on",
            )
        return ((vectors - self.mean) @ self.matrix).astype(np.float32)

    def save(self, path: Path | str) -> None:
        """Write it to one safetensors file, whole or not at all. Raises OutputError if that fails."""
        from safetensors.numpy import save

        tensors = {"mean": self.mean, "matrix": np.ascontiguousarray(self.matrix)}
        with atomic_write(path) as temporary:
            temporary.write_bytes(save(tensors, metadata={"format": _FORMAT}))

    @classmethod
    def load(cls, path: Path | str) -> Whitening:
        """Read what `save` wrote. Raises CheckpointError if it is missing, damaged or something else."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                if (file.metadata() or {}).get("format") != _FORMAT:
                    raise OSError("it is no whitening")
                return cls(file.get_tensor("mean"), file.get_tensor("matrix"))
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                f"{path} cannot be read as a whitening: {error}.",
                expected="a file that Whitening.save wrote",
                mend="fit it again and save it",
            ) from error


def fit_centring(vectors: np.ndarray) -> Whitening:
    """Only the mean of vectors (n, H) is taken away.

    Raises:
        InputError: no vectors, or NaN or infinity in them.
    """
    vectors = _checked(vectors)
    identity = np.eye(vectors.shape[1], dtype=np.float32)
    return Whitening(vectors.mean(axis=0).astype(np.float32), identity)


def fit_whitening(vectors: np.ndarray, dimensions: int | None = None) -> Whitening:
    """Mean and whitening matrix of vectors (n, H), for the `dimensions` strongest directions (None = all).

    Directions in which the vectors do not differ at all become 0.

    Raises:
        InputError: no vectors, NaN or infinity in them, or more dimensions than the vectors have.

    Warns:
        UserWarning: fewer texts than dimensions. Then the covariance is singular, and in the weakest
            directions that remain, chance differences are blown up to the size of real ones.
    """
    vectors = _checked(vectors)
    count, H = vectors.shape
    kept = H if dimensions is None else dimensions
    if not 1 <= kept <= H:
        raise InputError(f"dimensions={dimensions}.", expected=f"1 to {H}")
    if count <= H:
        warnings.warn(
            f"Whitening of {H} dimensions was fitted on {count} texts: with fewer texts than dimensions it "
            "makes noise as strong as meaning. Take several times as many texts, or only centre.",
            stacklevel=2,
        )
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    eigenvalues, U = np.linalg.eigh(centred.T @ centred / count)  # rising; (H,), (H, H)
    eigenvalues, U = eigenvalues[::-1][:kept], U[:, ::-1][:, :kept]
    real = eigenvalues > _SMALLEST * max(float(eigenvalues[0]), 1e-30)
    scale = np.where(real, 1 / np.sqrt(np.where(real, eigenvalues, 1)), 0)
    return Whitening(mean.astype(np.float32), (U * scale).astype(np.float32))


def _checked(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or not len(vectors) or not np.isfinite(vectors).all():
        raise InputError(
            f"The vectors have shape {vectors.shape}.", expected="finite numbers (n, H), at least one vector"
        )
    return vectors
