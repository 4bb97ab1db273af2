"""Put the course into a learner's folder without ever touching their work, and open JupyterLab there.

The chapters and exercises travel in the wheel under ``albert_lab/_course``; in a checkout of the repository
they are read from the repository itself. ``place_course`` copies them and remembers in ``.albert-lab.json``
the sha256 of what it offered for each file. On a later run a file that still is what was offered is
updated; a file that the learner changed stays as it is, and if the course changed meanwhile, the course's
version is put beside it as ``NAME.new.ipynb`` (then ``NAME.new-2.ipynb``, ...). Running a notebook and
saving it counts as a change. A file that the learner deleted comes back, a file that the course dropped
stays.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from albert_lab.errors import AlbertLabError, InputError, OutputError
from albert_lab.paths import atomic_write

MANIFEST = ".albert-lab.json"
START = "chapters/00_start_here.ipynb"
PARTS = ("chapters", "exercises/release")  # what travels; the exercises' sources hold the solutions
SKIPPED = (".ipynb_checkpoints", "__pycache__")
_TELLS_PICTURES = "albert_lab.viz.exported.TellPictures"
_LAB_SETTINGS = Path(__file__).parent / "lab_settings"


@dataclass(frozen=True)
class Course:
    """Where the course is read from.

    Attributes:
        root: folder that holds ``chapters/`` and, if there are any yet, ``exercises/release/``.
        in_checkout: whether that is a checkout of the repository, where notebooks can be opened in place.
    """

    root: Path
    in_checkout: bool

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield each file of the course as (path below the root with ``/``, path on disk), sorted."""
        for part in PARTS:
            for path in sorted((self.root / part).rglob("*")):
                relative = path.relative_to(self.root)
                if path.is_file() and not set(SKIPPED) & set(relative.parts):
                    yield relative.as_posix(), path


@dataclass
class Placed:
    """What ``place_course`` did: paths below the folder, in the course's order."""

    folder: Path
    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """What to tell the learner, one sentence per line."""
        told = [f"Course folder: {self.folder}"]
        for names, what in (
            (self.new, "put there"),
            (self.updated, "brought up to date"),
            (self.unchanged, "already as in this version"),
            (self.kept, "changed by you and left alone"),
        ):
            if names:
                told.append(f"  {len(names)} file{'s' * (len(names) > 1)} {what}")
        told += [f"  this version's text stands beside yours: {name}" for name in self.beside]
        return told + [f"  note: {warning}" for warning in self.warnings]


def find_course() -> Course:
    """Find the course that belongs to this installation.

    Raises:
        AlbertLabError: the installation carries no chapters.
    """
    package = Path(__file__).resolve().parent
    for root, in_checkout in ((package / "_course", False), (package.parent, True)):
        if (root / START).is_file():
            return Course(root, in_checkout)
    raise AlbertLabError(
        f"This installation of albert-lab carries no {START}.",
        expected="the chapters inside the package, or a checkout of the repository",
        mend="install albert-lab again, from where you got it, or clone its repository",
    )


def place_course(folder: Path | str, course: Course | None = None) -> Placed:
    """Copy the course to ``folder``; never change a file that the learner changed (see the module's text).

    Raises:
        InputError: ``folder`` is empty, a file, a link that leads nowhere, or the course itself, or a file
            stands where one of the course's folders goes.
        OutputError: something cannot be written.
    """
    from albert_lab import __version__

    course = course or find_course()
    folder = _usable_folder(folder, course)
    placed = Placed(folder)
    offered = _read_manifest(folder / MANIFEST, placed)
    for name, source in course.files():
        offered[name] = _place_file(source.read_bytes(), name, offered, placed)
    manifest = {"albert_lab": __version__, "offered_sha256": dict(sorted(offered.items()))}
    _write(folder / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    return placed


def trust_course(root: Path, course: Course | None = None) -> int:
    """Let JupyterLab show all outputs of the course's own notebooks below ``root``; returns how many.

    JupyterLab shows drawings (SVG) of a notebook only when it knows who wrote it. A notebook that is byte for
    byte the course's is signed with the user's own key, as ``jupyter trust`` does; any other is left alone.
    """
    from nbformat import reads
    from nbformat.sign import NotebookNotary

    notary, signed = NotebookNotary(), 0
    for name, source in (course or find_course()).files():
        path = root / name
        if path.suffix == ".ipynb" and _sha256_of(path) == _sha256(source.read_bytes()):
            notebook = reads(path.read_text(encoding="utf-8"), as_version=4)
            if not notary.check_signature(notebook):
                notary.sign(notebook)
                signed += 1
    return signed


def open_lab(root: Path, start: str = START, *, browser: bool | None = None) -> int:
    """Open JupyterLab on ``root`` at the notebook ``start``; returns its exit status when it ends.

    ``browser=None`` opens a browser if one can be shown (see ``can_show_browser``); without one JupyterLab
    prints the address to open. On POSIX systems this process becomes JupyterLab and does not return.

    Raises:
        AlbertLabError: JupyterLab is not installed beside this Python.
    """
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise AlbertLabError(
            f"JupyterLab is not installed for {sys.executable}.",
            mend=f"{sys.executable} -m pip install jupyterlab",
        )
    with suppress(Exception):  # an unwritable home of Jupyter's: drawings are shown once their cells have run
        trust_course(root)
    browser = can_show_browser(os.environ) if browser is None else browser
    command = lab_command(root, start, browser=browser)
    print(f"Opening JupyterLab at {Path(root) / start} (stop it with Ctrl+C).", flush=True)
    if not browser:
        print("Open the address http://... that it prints below in a browser.", flush=True)
    if os.name == "posix":
        os.execv(command[0], command)  # so that Ctrl+C and signals reach JupyterLab alone
    return subprocess.call(command)


def lab_command(root: Path, start: str, *, browser: bool) -> list[str]:
    """The command line that opens JupyterLab: no news, no update check, no extension shop (all online)."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={Path(root)}"]
    command += [f"--LabApp.default_url=/lab/tree/{start}", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate"]
    command += [f"--LabApp.app_settings_dir={_LAB_SETTINGS}"]  # else it asks whether news are wanted
    command += ["--LabApp.extension_manager=readonly", "--log-level=WARN"]
    command += [f"--HTMLExporter.preprocessors={_TELLS_PICTURES}"]  # of "Save and Export Notebook As"
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container; Jupyter would refuse to start
    return command


def can_show_browser(environment: Mapping[str, str]) -> bool:
    """Whether a browser window can be opened: ``NO_BROWSER`` unset, a display on Linux, a browser found."""
    import webbrowser

    if environment.get("NO_BROWSER", "0") not in ("", "0"):
        return False
    if sys.platform.startswith("linux") and not (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _usable_folder(name: Path | str, course: Course) -> Path:
    """The folder's whole path, without links and ``..``; nothing is made yet."""
    if not str(name).strip():
        raise InputError(
            "The name of the folder is empty.",
            expected="a folder of your own",
            mend="albert-lab learn ~/albert-lab-course; for the current folder: albert-lab learn .",
        )
    try:
        folder = Path(name).expanduser()
        if folder.is_symlink() and not folder.exists():
            raise InputError(
                f"{folder} is a link to {folder.readlink()}, which is not there.",
                expected="a folder, or a name that is free",
            )
        folder = Path(os.path.realpath(folder))
        _refuse_bad_folder(folder, course)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~nobody has no home
        if isinstance(error, InputError):
            raise
        told = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{str(name)!r:.80} cannot be a folder: {told}.", mend="choose another name"
        ) from error
    return folder


def _refuse_bad_folder(folder: Path, course: Course) -> None:
    inside = {parent for name, _ in course.files() for parent in (folder / name).parents}
    for path in sorted({folder, *inside, *folder.parents}):
        if (path.exists() or path.is_symlink()) and not path.is_dir():
            raise InputError(
                f"{path} is a file.",
                expected="a folder, or a name that is free",
                mend="move it away, or choose another folder",
            )
    parts = [(course.root / part).resolve() for part in ("", *PARTS)]
    if folder in parts:
        raise InputError(
            f"{folder} is where the course itself stands.",
            expected="a folder of your own",
            mend="name another folder, or open the chapters in place with: albert-lab learn",
        )


def _place_file(content: bytes, name: str, offered: dict[str, str], placed: Placed) -> str:
    """Offer one file of the course; returns the sha256 to remember as offered under ``name``."""
    target, digest = placed.folder / name, _sha256(content)
    found = _sha256_of(target)
    if found is None:
        placed.new.append(name)
        _write(target, content)
    elif found == digest:
        placed.unchanged.append(name)
    elif found == offered.get(name):
        placed.updated.append(name)
        _write(target, content)
    else:
        placed.kept.append(name)
        if offered.get(name) != digest:
            _place_beside(content, name, offered, placed)
    return digest


def _place_beside(content: bytes, name: str, offered: dict[str, str], placed: Placed) -> None:
    """Write the course's version as NAME.new.SUFFIX, or the first numbered name that is not the learner's."""
    target = Path(name)
    for number in range(1, 1000):
        tag = ".new" if number == 1 else f".new-{number}"
        beside = target.with_name(target.stem + tag + target.suffix).as_posix()
        found = _sha256_of(placed.folder / beside)
        if found is None or found in (offered.get(beside), _sha256(content)):
            _write(placed.folder / beside, content)
            offered[beside] = _sha256(content)
            placed.beside.append(beside)
            return
    raise OutputError(f"Beside {name} there are 999 newer versions already.", mend="move some of them away")


def _read_manifest(path: Path, placed: Placed) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        offered = json.loads(path.read_bytes())["offered_sha256"].items()
        return {str(name): str(digest) for name, digest in offered}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        placed.warnings.append(f"{path.name} was damaged; every file that differs is treated as yours")
        return {}


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sha256_of(path: Path) -> str | None:
    """Digest of a file; None if nothing is there; "" if something is there that is not a readable file."""
    if not path.exists() and not path.is_symlink():
        return None
    try:
        return _sha256(path.read_bytes())
    except OSError:
        return ""
