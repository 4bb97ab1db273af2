"""Which vectors point in nearly the same direction: exact cosine search, in memory and in one file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from albert_lab.errors import CheckpointError, InputError
from albert_lab.paths import atomic_write

_FORMAT = "albert-lab vector index 1"


class Match(NamedTuple):
    """A key of the index and the cosine between its vector and the query, -1 to 1."""

    key: str
    score: float


class VectorIndex:
    """Keys and their vectors, searched exactly: cos(q, x) = q·x / (|q| |x|) for every x.

    A zero vector has cosine 0 with everything. Keys may repeat. Equal scores come in the order of adding.
    """

    def __init__(self, dimension: int) -> None:
        if dimension < 1:
            raise InputError(f"dimension={dimension}.", expected="the length of the vectors, at least 1")
        self.keys: list[str] = []
        self._room = np.zeros((0, dimension), dtype=np.float32)  # of length 1, or 0; more rows than keys

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def dimension(self) -> int:
        """H, the length of every vector."""
        return self._room.shape[1]

    @property
    def _vectors(self) -> np.ndarray:
        return self._room[: len(self.keys)]

    @property
    def vectors(self) -> np.ndarray:
        """The vectors at length 1, (n, H) float32, read-only."""
        view = self._vectors.view()
        view.flags.writeable = False
        return view

    def add(self, keys: Sequence[str], vectors: np.ndarray) -> None:
        """Add vectors (n, H), one for each key.

        Raises:
            InputError: shapes that do not fit, NaN or infinity, or a key that is not a string.
        """
        keys = [keys] if isinstance(keys, str) else list(keys)
        directions = _directions(vectors, self.dimension)
        if len(keys) != len(directions):
            raise InputError(f"{len(keys)} keys for {len(directions)} vectors.", expected="one each")
        for key in keys:
            if not isinstance(key, str):
                raise InputError(f"The key {key!r:.60} is not a string.", mend="use str(key)")
        first, last = len(self), len(self) + len(keys)
        if last > len(self._room):  # twice as much room as before: adding one by one copies each vector twice
            grown = np.zeros((max(last, 2 * len(self._room)), self.dimension), dtype=np.float32)
            grown[:first] = self._vectors
            self._room = grown
        self._room[first:last] = directions
        self.keys.extend(keys)

    def search(self, query: np.ndarray, top: int = 10) -> list[Match]:
        """The `top` nearest of one query (H,), best first; fewer if the index holds fewer.

        Raises:
            InputError: a query of another length, NaN or infinity in it, or `top` below 1.
        """
        positions, scores = self.nearest(np.asarray(query).reshape(1, -1), top)
        found = zip(positions[0], scores[0], strict=True)
        return [Match(self.keys[position], float(score)) for position, score in found]

    def nearest(self, queries: np.ndarray, top: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Positions and cosines, both (m, min(top, n)), of the nearest of each query; queries (m, H).

        Raises:
            InputError: as for `search`.
        """
        if top < 1:
            raise InputError(f"top={top}.", expected="at least 1")
        queries = _directions(queries, self.dimension)
        positions = np.empty((len(queries), min(top, len(self))), dtype=np.int64)
        scores = np.empty(positions.shape, dtype=np.float32)
        for row, query in enumerate(queries):
            cosines = self._vectors @ query  # (n,)
            positions[row] = best(cosines, top)
            scores[row] = cosines[positions[row]]
        return positions, scores

    def save(self, path: Path | str) -> None:
        """Write the index to one safetensors file, whole or not at all.

        Raises:
            OutputError: the file cannot be written.
        """
        from safetensors.numpy import save

        tensors = {"vectors": np.ascontiguousarray(self._vectors), "keys": _packed(self.keys)}
        content = save(tensors, metadata={"format": _FORMAT, "sha256": _checksum(tensors)})
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)

    @classmethod
    def load(cls, path: Path | str) -> VectorIndex:
        """Read what `save` wrote.

        Raises:
            CheckpointError: the file is missing, is something else, or is damaged (a checksum is kept).
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise _unreadable(path, str(error)) from error
        if metadata.get("format") != _FORMAT or tensors.keys() != {"vectors", "keys"}:
            raise _unreadable(path, "it is not a vector index")
        if metadata.get("sha256") != _checksum(tensors):
            raise _unreadable(path, "its contents do not fit its checksum")
        index = cls(tensors["vectors"].shape[1])
        index.keys, index._room = json.loads(tensors["keys"].tobytes()), tensors["vectors"]
        return index


def best(scores: np.ndarray, top: int) -> np.ndarray:
    """Positions of the `top` largest of scores (n,), largest first, equal ones in their order."""
    if top >= len(scores):
        return np.argsort(-scores, kind="stable")
    threshold = np.partition(scores, len(scores) - top)[len(scores) - top]  # the top-th largest
    candidates = np.flatnonzero(scores >= threshold)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:top]


def _directions(vectors: np.ndarray, dimension: int) -> np.ndarray:
    """Vectors (n, H) at length 1 (zero stays zero), float32, in an array of their own."""
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or vectors.shape[1] != dimension or not np.issubdtype(vectors.dtype, np.number):
        raise InputError(
            f"The vectors are {vectors.dtype} {vectors.shape}.",
            expected=f"numbers of shape (n, {dimension})",
            mend="vector.reshape(1, -1) makes a row of one vector" if vectors.ndim == 1 else "",
        )
    vectors = vectors.astype(np.float64)  # squares of large float32 would overflow
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise InputError(f"Vector {row} holds NaN or infinity.", expected="finite numbers")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _packed(keys: list[str]) -> np.ndarray:
    return np.frombuffer(json.dumps(keys).encode(), dtype=np.uint8)


def _checksum(tensors: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tensors[name].shape}".encode())
        digest.update(np.ascontiguousarray(tensors[name]))
    return digest.hexdigest()


def _unreadable(path: Path | str, why: str) -> CheckpointError:
    return CheckpointError(
        f"{path} cannot be read as a vector index: {why}.",
        expected="a file that VectorIndex.save wrote",
        mend="build the index again and save it",
    )
