"""Every chapter runs from top to bottom, offline, and gives the outputs that are committed."""

from __future__ import annotations

import pytest

from tests.notebooks.compare import compare
from tests.notebooks.normal import chapters, read, reads_a_seed
from tests.notebooks.run import execute, other_capabilities

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.notebook]
# Where torch knows no lower instruction set, the number of threads is what can be changed.
OTHERWISE = (
    {"ATEN_CPU_CAPABILITY": other_capabilities()[-1]} if other_capabilities() else {"OMP_NUM_THREADS": "2"}
)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_fresh_run_gives_the_committed_outputs(path):
    committed = read(path)
    assert compare(committed, execute(committed, path.parent)) == []


@pytest.mark.parametrize(
    "path", [path for path in chapters() if reads_a_seed(read(path))], ids=lambda path: path.stem
)
def test_a_chapter_that_trains_says_the_same_on_another_processor(path):
    committed = read(path)
    assert compare(committed, execute(committed, path.parent, OTHERWISE)) == []
