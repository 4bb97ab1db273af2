"""How the tests run: processes of one thread each, the slowest first, and no deadline for an example."""

from __future__ import annotations

import os
import sys
from typing import Any

import hypothesis
import pytest

# Read when torch is loaded, by the processes of these tests and by all that they start.
for library in ("OMP", "MKL", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# jsonschema would compile a grammar of addresses, in seconds, for a check that no test needs.
sys.modules.setdefault("rfc3987_syntax", None)

hypothesis.settings.register_profile("any machine", deadline=None, database=None)
hypothesis.settings.load_profile("any machine")

# What takes longest, in this order; the rest follows as it was collected.
SLOWEST = (
    "tests/notebooks/test_notebooks.py",
    "tests/browser/",
    "tests/exercises/",
    "tests/classroom/test_questions.py",
    "tests/retrieval/test_search.py",
    "tests/vectors/",
    "tests/notebooks/test_run.py",
)
# Files whose tests share nothing that takes time to make: each test may go to any process.
SPREAD = (
    "tests/notebooks/test_notebooks.py",
    "tests/notebooks/test_run.py",
    "tests/classroom/test_questions.py",
    "tests/exercises/test_release.py",
)
TOGETHER = ("tests/browser/",)  # folders that share a browser and a JupyterLab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest first: at the end no process waits long for another."""
    items.sort(key=lambda item: place(item.nodeid))


def place(nodeid: str) -> int:
    """Where in ``SLOWEST`` a test stands."""
    return next((i for i, start in enumerate(SLOWEST) if nodeid.startswith(start)), len(SLOWEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With ``-n``, a file goes to one process, with its fixtures; but for those that are spread."""
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            folder = next((name for name in TOGETHER if file.startswith(name)), file)
            return nodeid if file in SPREAD else folder

    config.option.loadscopereorder = False
    return ByFile(config, log)
