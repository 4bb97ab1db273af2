"""nbgrader's exchange, read as what it is: a folder in which learners may write whatever they like."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect

from albert_lab.classroom.course.handed_in import MOST_BYTES

_MOST_FILES = 200
_MOST_ALTOGETHER = 5 * MOST_BYTES


class Collect(ExchangeCollect):
    """nbgrader's collecting; it follows no link, opens no device, and takes nobody's word for who they are.

    A folder that belongs to another account than its name says is left out; nbgrader warns and takes it.
    Set ``c.ExchangeCollect.check_owner = False`` where all learners share one account.
    """

    def init_src(self) -> None:
        super().init_src()
        self.src_records = [one for one in self.src_records if self._is_whose_it_says(one)]

    def _is_whose_it_says(self, record: dict[str, Any]) -> bool:
        if not self.check_owner:
            return True
        path = Path(self.inbound_path, record["filename"])
        try:
            owner = _owner(path.lstat().st_uid)
        except OSError:
            return False
        if owner != record["username"]:
            self.log.warning("%s is left out: it belongs to %s", path, owner)
        return owner == record["username"]

    def do_copy(self, src: str, dest: str) -> None:
        """Copy the plain files of one submission, up to a size."""
        count, left = 0, _MOST_ALTOGETHER
        Path(dest).mkdir(parents=True)
        for here, _, names, folder in os.fwalk(src, follow_symlinks=False):
            into = Path(dest, os.path.relpath(here, src))
            into.mkdir(exist_ok=True)
            for name in sorted(names):
                count += 1
                size = _copy(name, folder, into / name, min(left, MOST_BYTES)) if count <= _MOST_FILES else 0
                left -= size or 0
                if size is None or count > _MOST_FILES:
                    self.log.warning("%s is left out: a link, a device, or too large", Path(here, name))


def _owner(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return "an account without a name"


def _copy(name: str, folder: int, target: Path, most: int) -> int | None:
    """Copy a file of an open folder; its size, or None if it is no plain file or larger than that."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
            return None
        with target.open("xb") as copy:
            shutil.copyfileobj(file, copy)
    return facts.st_size
