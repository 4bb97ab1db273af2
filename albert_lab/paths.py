"""Where files live, and how they are written so that no half-written one is ever seen."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from albert_lab.errors import OutputError


def expanded(path: Path | str) -> Path:
    """The path with ~ as the home folder; as it is where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_folder(path: Path | str) -> bool:
    """Whether there is a folder of that name; no name at all is an error."""
    try:
        return expanded(path).is_dir()
    except (OSError, ValueError):
        return False


def cache_dir() -> Path:
    """Folder for everything that can be rebuilt: ``$ALBERT_LAB_CACHE``, else the user's cache folder."""
    chosen = _chosen("ALBERT_LAB_CACHE")
    if chosen is not None:
        return chosen
    import platformdirs

    return platformdirs.user_cache_path("albert-lab")


def data_dir() -> Path:
    """Folder for what a learner would miss: ``$ALBERT_LAB_DATA``, else the user's data folder."""
    chosen = _chosen("ALBERT_LAB_DATA")
    if chosen is not None:
        return chosen
    import platformdirs

    return platformdirs.user_data_path("albert-lab")


def _chosen(variable: str) -> Path | None:
    """The folder that the environment names; None if it names none."""
    name = os.environ.get(variable)
    if not name:
        return None
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise OutputError(
            f"{variable} is {name!r}, which is no UTF-8: libraries that write there take no such name.",
            mend="name another folder",
        ) from error
    return expanded(name)


def check_new_file(out: Path, overwrite: bool) -> None:
    """Before anything is computed: whether a file can get this name.

    Raises:
        OutputError: its folder does not exist, a file or a folder has the name, or nothing can have it.
    """
    try:
        in_folder, is_folder, is_there = out.parent.is_dir(), out.is_dir(), out.exists()
        with suppress(FileNotFoundError, NotADirectoryError):
            _temporary(out).lstat()  # what a name is refused for: too long, a zero byte, ...
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{str(out)!r:.200} is no name for a file: {getattr(error, 'strerror', None) or error}.",
            mend="choose another name",
        ) from error
    if not in_folder:
        raise OutputError(f"The folder {out.parent} does not exist.", mend="make it, or choose another place")
    if is_folder:
        raise OutputError(
            f"{out} exists already, and is a folder.",
            expected="a name for a file",
            mend="choose another name",
        )
    if is_there and not overwrite:
        raise OutputError(
            f"{out} exists already.",
            expected="a new name",
            mend="choose another, or replace it: --overwrite on the command line, overwrite=True in Python",
        )


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it replaces ``path``, on failure it is removed.

    Raises:
        OutputError: the folder or the file cannot be written (no permission, disk full).
    """
    path = Path(path)
    try:
        temporary = _temporary(path)
    except ValueError as error:
        raise OutputError(f"{str(path)!r} is no name for a file: {error}.") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except (OSError, UnicodeEncodeError) as error:  # the latter: some libraries take UTF-8 names only
        raise OutputError(
            f"{path} could not be written: {getattr(error, 'strerror', None) or error}.",
            expected="a folder that can be written to, with enough free space",
            mend="free some space or choose another place; nothing was left under that name",
        ) from error
    finally:
        with suppress(OSError, ValueError):  # where the folder is a file, there is nothing to remove
            temporary.unlink(missing_ok=True)
