"""Make what learners open: `release/` of an nbgrader course from its `source/`, by nbgrader itself."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from albert_lab.errors import InputError
from albert_lab.paths import atomic_write

CONFIG = "nbgrader_config.py"


def assignments(course: Path | str) -> list[str]:
    """Names of the assignments in `course`, such as ``"02_many_heads"``.

    Raises:
        InputError: the folder holds no sources of assignments.
    """
    found = sorted(path.parent.name for path in Path(course).glob("source/*/*.ipynb"))
    if not found:
        raise InputError(
            f"{course} holds no source/NAME/NAME.ipynb.", expected="the folder of an nbgrader course"
        )
    return found


def release(course: Path | str, into: Path | str, names: list[str] | None = None) -> list[Path]:
    """Write the release version of assignments: without solutions and hidden tests, test cells locked.

    Args:
        course: folder with ``nbgrader_config.py`` and ``source/NAME/NAME.ipynb``; nothing in it is changed.
        into: folder for ``NAME/NAME.ipynb``.
        names: the assignments; None for all.

    Returns: the notebooks written.

    Raises:
        InputError: there is no such assignment, or nbgrader refuses a notebook; its words are passed on.
    """
    known = assignments(course)
    unknown = set(names or []) - set(known)
    if unknown:
        raise InputError(f"there is no assignment {sorted(unknown)}.", expected=", ".join(known))
    written = []
    with tempfile.TemporaryDirectory() as folder, _programs_on_path():
        shutil.copytree(Path(course) / "source", Path(folder) / "source")
        shutil.copy(Path(course) / CONFIG, folder)
        generator = _generator(Path(folder))
        for name in names or known:
            made = _generated(generator, Path(folder), name)
            target = Path(into) / name / made.name
            with atomic_write(target) as part:
                shutil.copy(made, part)
            written.append(target)
    return written


def _generator(folder: Path) -> Any:
    """nbgrader as `folder`'s settings want it, working inside `folder`."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader(CONFIG, path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def _generated(generator: Any, folder: Path, name: str) -> Path:
    result = generator.generate_assignment(name)
    if not result["success"]:
        raise InputError(
            f"nbgrader cannot release {name}:\n{result.get('error') or result.get('log')}",
            mend="mend the source notebook as nbgrader says, and try again",
        )
    return folder / "release" / name / f"{name}.ipynb"


@contextmanager
def _programs_on_path() -> Iterator[None]:
    """nbgrader starts alembic by its name: the programs beside this Python must be found."""
    old = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{old}"
    try:
        yield
    finally:
        os.environ["PATH"] = old


if __name__ == "__main__":
    here = Path("exercises")
    for path in release(here, here / "release", sys.argv[1:] or None):
        print(path)
