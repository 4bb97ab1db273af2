"""Where files live, and how they are written so that no half-written one is ever seen."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from albert_lab.errors import OutputError


def cache_dir() -> Path:
    """Folder for everything that can be rebuilt: ``$ALBERT_LAB_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("ALBERT_LAB_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("albert-lab")


def data_dir() -> Path:
    """Folder for what a learner would miss: ``$ALBERT_LAB_DATA``, else the user's data folder."""
    chosen = os.environ.get("ALBERT_LAB_DATA")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_data_path("albert-lab")


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it replaces ``path``, on failure it is removed.

    Raises:
        OutputError: the folder or the file cannot be written (no permission, disk full).
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} could not be written: {error.strerror or error}.",
            expected="a folder that can be written to, with enough free space",
            mend="free some space or choose another place; nothing was left under that name",
        ) from error
    finally:
        with suppress(OSError):  # where the folder is a file, there is nothing to remove
            temporary.unlink(missing_ok=True)
