"""Find notebooks in what was handed in: a folder, or a zip as Moodle, Canvas or a mail program makes it.

Nothing is unpacked: the bytes of single notebooks are read, up to a limit, and written under our own names.
"""

from __future__ import annotations

import json
import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from albert_lab.errors import InputError
from albert_lab.paths import expanded

MOST_BYTES = 20 * 2**20  # of one notebook
MOST_ALTOGETHER = 2 * 2**30  # of all notebooks of one archive
MOST_FILES = 20_000
_RATIO = 300  # so many times larger than packed, a notebook is no notebook


@dataclass(frozen=True)
class Found:
    """One file of what was handed in: its text, or why it cannot be taken.

    Attributes:
        path: its name inside the folder or archive, with ``/`` between folders.
        when: when it was written, in UTC, or None if that is not known.
        text: its bytes; None where it is refused.
        refused: why; '' if it is not.
    """

    path: str
    when: datetime | None = None
    text: bytes | None = None
    refused: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Folders and name, in one form of Unicode."""
        return PurePosixPath(unicodedata.normalize("NFC", self.path)).parts


def handed_in(path: Path | str) -> Iterator[Found]:
    """Every file below a folder or in a zip archive, in order.

    Raises:
        InputError: there is neither, or the archive is damaged or too large.
    """
    path = expanded(path)
    if path.is_dir():
        yield from _in_folder(path)
    elif path.is_file():
        yield from _in_zip(path)
    else:
        raise InputError(f"{path} is not there.", expected="a folder or a zip archive with notebooks")


def _in_folder(root: Path) -> Iterator[Found]:
    count = 0
    for here, folders, names in os.walk(root, followlinks=False):
        linked = [name for name in folders if (Path(here) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in linked and not name.startswith("."))
        for name in sorted([*names, *linked]):
            count += 1
            if count > MOST_FILES:
                raise InputError(f"{root} holds more than {MOST_FILES} files.", expected="one class's work")
            path = Path(here) / name
            yield _file(path, path.relative_to(root).as_posix())


def _file(path: Path, name: str) -> Found:
    """One file, opened so that neither a link is followed nor a device or pipe waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        linked = path.is_symlink()
        return Found(name, refused="a link, which is not followed" if linked else f"{error.strerror}")
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        when = datetime.fromtimestamp(facts.st_mtime, UTC)
        if not stat.S_ISREG(facts.st_mode):
            return Found(name, refused="no ordinary file")
        if not is_notebook_name(name):
            return Found(name, when, refused="no notebook")
        if facts.st_size > MOST_BYTES:
            return Found(name, when, refused=_too_large(facts.st_size))
        return Found(name, when, file.read(MOST_BYTES + 1))


def _too_large(size: int) -> str:
    return (
        f"larger than {MOST_BYTES // 2**20} MB ({size // 2**20} MB): clear its outputs and hand it in again"
    )


def is_notebook_name(name: str) -> bool:
    """Whether a name is that of a notebook."""
    return name.lower().endswith(".ipynb")


def _in_zip(path: Path) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_FILES:
                raise InputError(f"{path} holds more than {MOST_FILES} files.", expected="one class's work")
            left = MOST_ALTOGETHER
            for entry in entries:
                if entry.is_dir():
                    continue
                found = _entry(archive, entry, left)
                left -= len(found.text or b"")
                yield found
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"{path} is no zip archive that can be read: {error}.", expected="a zip file"
        ) from error


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> Found:
    name = entry.filename
    shown = PurePosixPath(name).name if _climbs(name) else name
    when = _zip_time(entry)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if _climbs(name):
        return Found(shown, when, refused=f"its name leads out of the archive: {name!r:.80}")
    if kind not in (0, stat.S_IFREG):
        return Found(
            shown, when, refused="a link, which is not followed" if kind == stat.S_IFLNK else "no file"
        )
    if not is_notebook_name(name):
        inner = name.lower().endswith(".zip")
        return Found(
            shown, when, refused="an archive in the archive: unpack it first" if inner else "no notebook"
        )
    if entry.flag_bits & 1:
        return Found(shown, when, refused="locked with a password")
    if entry.file_size > MOST_BYTES:
        return Found(shown, when, refused=_too_large(entry.file_size))
    if entry.file_size > max(2**20, _RATIO * entry.compress_size) or left <= 0:
        return Found(shown, when, refused="packed so tightly that it is no notebook")
    try:
        with archive.open(entry) as file:  # what the archive says of sizes need not be true
            text = file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        return Found(shown, when, refused=f"damaged ({error})")
    if len(text) > MOST_BYTES:
        return Found(shown, when, refused=_too_large(len(text)))
    return Found(shown, when, text)


def _climbs(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name


def _zip_time(entry: zipfile.ZipInfo) -> datetime | None:
    """A zip keeps the local time of who made it; that is taken for ours."""
    try:
        return datetime(*entry.date_time).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


@dataclass(frozen=True)
class Notebook:
    """A notebook that was handed in, as far as it can be trusted: nothing of it was run."""

    content: dict[str, Any]
    grade_ids: frozenset[str]


def read_notebook(text: bytes) -> Notebook | str:
    """The notebook in these bytes; or, in words, why there is none."""
    if len(text) > MOST_BYTES:
        return _too_large(len(text))
    try:
        content = json.loads(text.decode("utf-8-sig"))
        plain = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        content = json.loads(plain)  # without halves of signs, which no file can hold
    except UnicodeDecodeError:
        return "no notebook: it is not UTF-8"
    except RecursionError:
        return "no notebook: lists within lists without end"
    except ValueError as error:
        return f"no notebook: {error}"
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or content.get("nbformat") != 4:
        return "no notebook of format 4"
    problem = _unusable(cells)
    if problem:
        return f"no notebook: {problem}"
    return Notebook(content, frozenset(filter(None, map(_grade_id, cells))))


def _unusable(cells: list[Any]) -> str:
    """What nbgrader would stumble over, or '' if nothing."""
    if len(cells) > 5000:
        return "more than 5000 cells"
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            return f"cell {number} is of no known kind"
        source = cell.get("source", "")
        lines = source if isinstance(source, list) else [source]
        if not all(isinstance(line, str) for line in lines):
            return f"cell {number} has no text"
    return ""


def _grade_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    own = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = own.get("grade_id") if isinstance(own, dict) else None
    return name if isinstance(name, str) else ""
