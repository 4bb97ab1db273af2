"""Every chapter runs from top to bottom, offline, and gives the outputs that are committed."""

from __future__ import annotations

import pytest

from tests.notebooks.compare import compare
from tests.notebooks.normal import chapters, read
from tests.notebooks.run import execute

pytestmark = [pytest.mark.notebook, pytest.mark.filterwarnings("default")]


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_fresh_run_gives_the_committed_outputs(path):
    committed = read(path)
    assert compare(committed, execute(committed, path.parent)) == []
