"""Every chapter runs from top to bottom, offline, and gives the outputs that are committed."""

from __future__ import annotations

import os
import time

import pytest

from tests.notebooks.compare import compare
from tests.notebooks.hygiene import stated_seconds
from tests.notebooks.normal import chapters, read
from tests.notebooks.run import execute

pytestmark = pytest.mark.filterwarnings("default")


def work_done():
    """Seconds of processor time that finished kernels took: what another program does does not count."""
    return os.times().children_user + os.times().children_system


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_fresh_run_gives_the_committed_outputs(path):
    committed = read(path)
    clock, work = time.perf_counter(), work_done()
    now = execute(committed, path.parent)
    seconds = min(time.perf_counter() - clock, work_done() - work)
    assert compare(committed, now) == []
    # Only what the card promises; never compared with an earlier run.
    assert seconds <= stated_seconds(committed)
