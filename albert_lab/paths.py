"""Where files live, and how they are written so that no half-written one is ever seen."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from albert_lab.errors import OutputError

_LONG_NAME = 200  # bytes; 255 are allowed


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


def check_output(path: Path, endings: Sequence[str], *, overwrite: bool) -> None:
    """Before anything is computed: whether a result can be written to ``path``.

    Raises:
        OutputError: another ending, a name that cannot be written, a folder that is not there, a folder in
            the file's place, or a file that stands there already and is not to be replaced.
    """
    if path.suffix.lower() not in endings:
        raise OutputError(f"{path.name!r} ends with {path.suffix!r}.", expected=" or ".join(endings))
    try:
        if "\0" in str(path):
            raise ValueError
        is_folder, exists, has_parent = path.is_dir(), path.exists(), path.parent.is_dir()
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()  # what a name is refused for, such as its length
            _temporary(path).lstat()
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "it holds a zero byte, or a sign that no name can have"
        raise OutputError(
            f"{str(path)!r:.80} is no name for a file: {told}.", mend="choose another name"
        ) from error
    if not has_parent:
        raise OutputError(
            f"The folder {path.parent} does not exist.", mend="make it, or choose another place"
        )
    if is_folder:
        raise OutputError(f"{path} is a folder.", expected="a name for a file", mend="choose another name")
    if exists and not overwrite:
        raise OutputError(
            f"{path} exists already.",
            expected="a new name",
            mend="choose another, or replace it: --overwrite on the command line, overwrite=True in Python",
        )


def hidden_beside(path: Path, ending: str) -> Path:
    """A hidden name beside a path, always the same one; of a long name only its beginning is in it."""
    name = path.name
    if len(os.fsencode(name)) > _LONG_NAME:
        name = f"{name[:40]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"
    return path.with_name(f".{name}.{ending}")


def _temporary(path: Path) -> Path:
    return hidden_beside(path, f"{secrets.token_hex(4)}.part")


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it replaces ``path``, on failure it is removed.

    Where ``path`` is a link, the file that it names is replaced, and the link stays.

    Raises:
        OutputError: the folder or the file cannot be written (no permission, disk full).
    """
    named, path = path, Path(os.path.realpath(path))
    try:
        temporary = _temporary(path)
    except ValueError as error:
        raise OutputError(f"{str(named)!r} is no name for a file: {error}.") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except (OSError, UnicodeEncodeError) as error:  # the latter: some libraries take UTF-8 names only
        raise OutputError(
            f"{named} could not be written: {getattr(error, 'strerror', None) or error}.",
            expected="a folder that can be written to, with enough free space",
            mend=f"{_MENDS.get(getattr(error, 'errno', None), _OTHERWISE)}; nothing was left under that name",
        ) from error
    finally:
        with suppress(OSError, ValueError):  # where the folder is a file, there is nothing to remove
            temporary.unlink(missing_ok=True)


_OTHERWISE = "free some space or choose another place"
_MENDS = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EEXIST: "what stands in the way is no folder: move it away or choose another place",
    errno.ENOTDIR: "what stands in the way is no folder: move it away or choose another place",
    errno.EISDIR: "a folder stands in its place: move it away or choose another name",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "links lead in a circle: choose another place",
    errno.EACCES: "choose a place where you may write",
    errno.EPERM: "choose a place where you may write",
    errno.EROFS: "choose a place where you may write",
}
