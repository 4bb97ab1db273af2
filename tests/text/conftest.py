"""Small packages written for a test, and the real standard library and numpy, read once."""

from __future__ import annotations

import textwrap

import pytest

from albert_lab.text.corpus import build_corpus
from tests.small_models import tokenizer

__all__ = ["tokenizer"]


@pytest.fixture
def make_package(tmp_path, monkeypatch):
    """Writes a package (file name -> source) where Python finds it; no two tests may use the same name."""

    def make(name: str, files: dict[str, str]):
        root = tmp_path / "packages"
        for file, source in files.items():
            path = root / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), encoding="utf-8")
        monkeypatch.syspath_prepend(str(root))
        return root / name

    return make


@pytest.fixture(scope="session")
def real_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus")


@pytest.fixture(scope="session")
def stdlib(real_cache):
    return build_corpus("stdlib", cache=real_cache, progress=False)


@pytest.fixture(scope="session")
def numpy_documents(real_cache):
    return build_corpus("numpy", cache=real_cache, progress=False)
