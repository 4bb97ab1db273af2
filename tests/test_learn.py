"""A learner's folder: what they changed survives every later run; what they did not is kept up to date."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from albert_lab import learn
from albert_lab.errors import AlbertLabError, InputError, OutputError
from albert_lab.learn import MANIFEST, START, Course, place_course

SECOND = "chapters/10_second.ipynb"
EXERCISE = "exercises/release/01/one.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    root = tmp_path / "course"
    for name in (START, SECOND, EXERCISE, "chapters/images/map.png"):
        _write(root / name, f"first text of {name}")
    _write(root / "chapters/.ipynb_checkpoints/x.ipynb", "junk")
    _write(root / "exercises/source/01/one.ipynb", "the solution")
    return Course(root, in_checkout=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mine"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _files(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in found}


def test_a_fresh_folder_gets_chapters_and_exercises_but_no_solutions(course, folder):
    placed = place_course(folder, course)
    names = {START, SECOND, EXERCISE, "chapters/images/map.png"}
    assert _files(folder) == {name: f"first text of {name}" for name in names}
    assert set(placed.new) == names
    assert not placed.kept + placed.updated + placed.beside


def test_a_second_run_changes_nothing(course, folder):
    place_course(folder, course)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.ipynb")}
    placed = place_course(folder, course)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.ipynb")} == before
    assert len(placed.unchanged) == 4
    assert not placed.new + placed.updated + placed.kept + placed.beside


def test_a_changed_file_is_kept_and_nothing_is_put_beside_it_while_the_course_is_the_same(course, folder):
    place_course(folder, course)
    _write(folder / SECOND, "my work")
    placed = place_course(folder, course)
    assert (folder / SECOND).read_text() == "my work"
    assert placed.kept == [SECOND]
    assert placed.beside == []


def test_an_upgrade_updates_untouched_files_and_puts_new_text_beside_changed_ones(course, folder):
    place_course(folder, course)
    _write(folder / SECOND, "my work")
    for name in (START, SECOND):
        _write(course.root / name, f"second text of {name}")
    placed = place_course(folder, course)
    assert (folder / START).read_text() == f"second text of {START}"
    assert (folder / SECOND).read_text() == "my work"
    assert (folder / "chapters/10_second.new.ipynb").read_text() == f"second text of {SECOND}"
    assert (placed.updated, placed.kept) == ([START], [SECOND])
    assert placed.beside == ["chapters/10_second.new.ipynb"]
    assert place_course(folder, course).beside == [], "it was offered; a further run is silent"


def test_the_new_text_beside_never_overwrites_work_in_an_earlier_new_text(course, folder):
    place_course(folder, course)
    _write(folder / SECOND, "my work")
    _write(course.root / SECOND, "second text")
    place_course(folder, course)
    _write(folder / "chapters/10_second.new.ipynb", "my work in the newer one")
    _write(course.root / SECOND, "third text")
    place_course(folder, course)
    assert (folder / "chapters/10_second.new.ipynb").read_text() == "my work in the newer one"
    assert (folder / "chapters/10_second.new-2.ipynb").read_text() == "third text"
    _write(course.root / SECOND, "fourth text")
    place_course(folder, course)
    assert (folder / "chapters/10_second.new-2.ipynb").read_text() == "fourth text", "that one was untouched"


def test_a_file_that_was_there_before_the_course_came_is_kept(course, folder):
    _write(folder / START, "mine, from elsewhere")
    placed = place_course(folder, course)
    assert (folder / START).read_text() == "mine, from elsewhere"
    assert (folder / "chapters/00_start_here.new.ipynb").read_text() == f"first text of {START}"
    assert placed.kept == [START]


def test_a_deleted_file_comes_back_and_a_dropped_one_stays(course, folder):
    place_course(folder, course)
    (folder / START).unlink()
    (course.root / SECOND).unlink()
    placed = place_course(folder, course)
    assert placed.new == [START]
    assert (folder / SECOND).read_text() == f"first text of {SECOND}"


@pytest.mark.parametrize("damage", ["{", "[]", '{"offered_sha256": 3}', "\x00", "{}", "[" * 200_000])
def test_a_damaged_manifest_never_costs_the_learner_a_file(course, folder, damage):
    place_course(folder, course)
    _write(folder / SECOND, "my work")
    _write(folder / MANIFEST, damage)
    _write(course.root / START, "second text")
    placed = place_course(folder, course)
    assert (folder / SECOND).read_text() == "my work"
    assert (folder / "chapters/00_start_here.new.ipynb").read_text() == "second text"
    assert any("damaged" in line for line in placed.lines())
    assert json.loads((folder / MANIFEST).read_text())["offered_sha256"], "it is whole again"


def test_a_kill_between_files_and_manifest_leaves_nothing_to_lose(course, folder, monkeypatch):
    place_course(folder, course)
    for name in (START, SECOND):
        _write(course.root / name, "second text")
    write = learn._write

    def killed(path: Path, content: bytes) -> None:
        if path.name == "10_second.ipynb":
            raise KeyboardInterrupt
        write(path, content)

    monkeypatch.setattr(learn, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        place_course(folder, course)
    monkeypatch.setattr(learn, "_write", write)
    placed = place_course(folder, course)
    assert START in placed.unchanged
    assert placed.updated == [SECOND]
    assert placed.beside == []


def test_a_write_that_fails_leaves_the_old_file_and_no_part_of_the_new(course, folder, monkeypatch):
    place_course(folder, course)
    _write(course.root / START, "second text")

    def full_disk(self: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OutputError, match="No space left"):
        place_course(folder, course)
    assert (folder / START).read_text() == f"first text of {START}"
    assert [path.name for path in (folder / "chapters").iterdir() if ".part" in path.name] == []


def test_a_dangling_link_of_the_learner_is_left_alone(course, folder, tmp_path):
    (folder / "chapters").mkdir(parents=True)
    (folder / START).symlink_to(tmp_path / "nowhere")
    placed = place_course(folder, course)
    assert (folder / START).is_symlink()
    assert placed.kept == [START]


def test_bad_folders_are_refused(course, tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(InputError, match="is a file"):
        place_course(file, course)
    for part in ("", "chapters"):
        with pytest.raises(InputError, match="the course itself"):
            place_course(course.root / part, course)
    assert not (course.root / MANIFEST).exists()


def test_the_repository_has_the_course_and_in_a_checkout_it_is_found_there():
    course = learn.find_course()
    assert course.in_checkout
    assert START in dict(course.files())


def test_an_installation_without_chapters_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(learn, "__file__", str(tmp_path / "albert_lab" / "learn.py"))
    with pytest.raises(AlbertLabError, match="carries no chapters"):
        learn.find_course()


def test_the_command_opens_the_first_chapter_and_asks_nothing_of_the_network(tmp_path):
    command = learn.lab_command(tmp_path, START, browser=False)
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert f"--LabApp.default_url=/lab/tree/{START}" in command
    assert "--no-browser" in command
    assert "--no-browser" not in learn.lab_command(tmp_path, START, browser=True)
    assert ("--allow-root" in command) == (os.geteuid() == 0)


def test_jupyterlab_knows_every_setting_that_the_command_uses(tmp_path):
    """A misspelt setting would only be warned about, and the learner would meet the wrong page."""
    from jupyter_server.serverapp import ServerApp
    from jupyterlab.labapp import LabApp

    known = {"ServerApp": ServerApp, "LabApp": LabApp}
    settings = [
        argument for argument in learn.lab_command(tmp_path, START, browser=True) if "App." in argument
    ]
    assert len(settings) == 6
    for setting in settings:
        application, name = setting.removeprefix("--").split("=")[0].split(".")
        assert known[application].class_traits(config=True).get(name) is not None, setting


def test_jupyterlab_starts_without_asking_whether_news_are_wanted(tmp_path):
    from jupyterlab.commands import get_app_dir
    from jupyterlab_server.settings_utils import get_settings

    command = learn.lab_command(tmp_path, START, browser=False)
    name = "--LabApp.app_settings_dir="
    ours = next(argument.removeprefix(name) for argument in command if argument.startswith(name))
    schemas = Path(get_app_dir()) / "schemas"
    found = {}
    for folder in (ours, str(tmp_path)):
        overrides = Path(folder) / "overrides.json"
        given = json.loads(overrides.read_text()) if overrides.exists() else {}
        notification = "@jupyterlab/apputils-extension:notification"
        settings, _ = get_settings(folder, str(schemas), str(tmp_path), notification, given)
        properties = settings["schema"]["properties"]
        found[folder] = {key: properties[key]["default"] for key in ("fetchNews", "checkForUpdates")}
    assert found[ours] == {"fetchNews": "false", "checkForUpdates": False}
    assert found[str(tmp_path)] == {"fetchNews": "none", "checkForUpdates": True}, "'none' asks the learner"


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({"DISPLAY": ":0", "NO_BROWSER": "1"}, "linux", False),
        ({"DISPLAY": ":0", "NO_BROWSER": "0"}, "linux", True),
        ({}, "darwin", True),
        ({"NO_BROWSER": "1"}, "darwin", False),
    ],
)
def test_a_browser_is_opened_where_one_can_be_seen(environment, platform, expected, monkeypatch):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("webbrowser.get", lambda: object())
    assert learn.can_show_browser(environment) is expected


def test_without_any_browser_program_none_is_opened(monkeypatch):
    import webbrowser

    def none() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert learn.can_show_browser({"DISPLAY": ":0"}) is False


def _fetch(address: str, server: subprocess.Popen) -> dict:
    """What the server answers; it prints its address a moment before it listens."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(address) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the server ended before it answered at {address}")


def test_the_courses_own_notebooks_are_trusted_and_changed_ones_are_not(
    course, folder, tmp_path, monkeypatch
):
    """As `jupyter trust` would say it: nbformat's own check of the signatures."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    cell = {"cell_type": "code", "source": "1", "metadata": {}, "execution_count": 1, "id": "a"}
    shown = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}, "metadata": {}}
    for name in (START, SECOND):
        book = {"cells": [{**cell, "outputs": [shown]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        _write(course.root / name, json.dumps(book))
    (course.root / EXERCISE).unlink()
    place_course(folder, course)
    changed = (folder / SECOND).read_text().replace("<svg/>", "<svg onload='x'/>")
    (folder / SECOND).write_text(changed)
    assert learn.trust_course(folder, course) == 1
    assert learn.trust_course(folder, course) == 0
    notary = NotebookNotary(data_dir=str(tmp_path / "jupyter"))
    trusted = [notary.check_signature(nbformat.read(folder / name, as_version=4)) for name in (START, SECOND)]
    assert trusted == [True, False]


@pytest.mark.skipif(os.name != "posix", reason="JupyterLab replaces the process only there")
def test_jupyterlab_really_opens_at_the_first_chapter_and_prints_its_address(course, folder, tmp_path):
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    _write(course.root / START, json.dumps(notebook))
    place_course(folder, course)
    code = f"from albert_lab.learn import open_lab; open_lab({str(folder)!r}, browser=False)"
    environment = {**os.environ, "HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    server = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        address = next(line.strip() for line in server.stderr if "http" in line and "token=" in line)
        assert f"/lab/tree/{START}?" in address
        token = address.split("token=")[1]
        contents = address.split("/lab/")[0] + f"/api/contents/{START}?content=0&token={token}"
        assert _fetch(contents, server)["path"] == START
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_of_a_folder_is_refused(name, course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="empty"):
        place_course(name, course)
    done = subprocess.run(
        [sys.executable, "-m", "albert_lab", "learn", name, "--no-start"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.partition("\n")[0]) == (
        2,
        "albert-lab: The name of the folder is empty.",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["course"]


def test_a_way_that_goes_up_again_leaves_no_folder_and_is_told_as_it_is(course, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    placed = place_course("dots/../x", course)
    assert placed.folder == tmp_path.resolve() / "here" / "x"
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["x"]


def test_a_link_that_leads_nowhere_is_refused_and_one_that_leads_to_a_folder_is_followed(course, tmp_path):
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(InputError, match="link to nowhere, which is not there"):
        place_course(tmp_path / "dangling", course)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert place_course(tmp_path / "link", course).folder == (tmp_path / "real").resolve()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("blocked", ["chapters", "exercises", "exercises/release", "."])
def test_a_file_where_a_folder_goes_is_refused_before_anything_is_written(blocked, course, folder):
    way = folder / blocked
    way.parent.mkdir(parents=True, exist_ok=True)
    way.write_text("mine")
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError, match=rf"{way.name} is a file"):
        place_course(folder, course)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "~nobody-has-this-name/x"])
def test_names_that_no_folder_can_have_are_refused(name, course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="cannot be a folder"):
        place_course(name, course)
