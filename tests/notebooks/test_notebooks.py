"""Every chapter runs from top to bottom, offline, and gives the outputs that are committed."""

from __future__ import annotations

import time

import pytest

from tests.notebooks.compare import compare
from tests.notebooks.hygiene import stated_seconds
from tests.notebooks.normal import chapters, read
from tests.notebooks.run import execute

pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_fresh_run_gives_the_committed_outputs(path):
    committed = read(path)
    start = time.perf_counter()
    now = execute(committed, path.parent)
    seconds = time.perf_counter() - start
    assert compare(committed, now) == []
    # Not compared with an earlier run: only what the card promises a learner with two cores.
    assert seconds <= stated_seconds(committed), f"{seconds:.0f} s"
