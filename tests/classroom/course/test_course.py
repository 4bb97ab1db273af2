"""A whole course, from the list of students to the points, on nbgrader's own gradebook."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from albert_lab.classroom.course.export import export
from albert_lab.classroom.course.folder import open_course
from tests.classroom.course import ps1
from tests.classroom.course.attacks import ROUND_1, ROUND_2

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's"),
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]
# Who hands in what, and the points; the run must go on behind each of them.
WORK = {
    "ann": ("s01_right", 19),
    "bob": ("s03_half", 7),
    "cy": ("b3_exits", 14),
    "dee": ("e4_copies", 0),
    "eve": ("r27_tabs", 0),
    "fay": ("d8_script", 0),
    "gus": ("k06_shows", 0),
    "hal": ("r29_copied", 19),
    "ida": ("r31_types", 0),
}


def albert_lab(folder: Path, *words: str, check: bool = True) -> Any:
    """The command, as a teacher gives it; its JSON if there is some."""
    command = [sys.executable, "-m", "albert_lab", "classroom", *words]
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout) if "--json" in words else done


def environment(folder: Path) -> dict[str, str]:
    own = {"ALBERT_LAB_DATA": str(folder / "data"), "JUPYTER_CONFIG_DIR": str(folder / "jupyter")}
    return {name: text for name, text in os.environ.items() if name != "ALBERT_LAB_SEED"} | own


@pytest.fixture(autouse=True)
def seed_of_other_tests() -> Iterator[None]:
    """Reading a course's settings sets its seed, here as in nbgrader; no other test may see it."""
    before = os.environ.pop("ALBERT_LAB_SEED", None)
    yield
    os.environ.pop("ALBERT_LAB_SEED", None)
    if before is not None:
        os.environ["ALBERT_LAB_SEED"] = before


def folders() -> set[str]:
    """Folders of workers, of whoever's run."""
    return {str(path) for path in Path(tempfile.gettempdir()).glob("albert-lab-worker-*")}


BEFORE = folders()


def mine(folder: Path) -> list[psutil.Process]:
    """Processes that belong to a course's grading, whoever is their parent."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        words = one.info["cmdline"] or []
        if str(folder) in words and any("albert_lab.classroom.course" in word for word in words):
            found.append(one)
    return found


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made, released, collected and graded, with a kill -9 in the middle."""
    root = tmp_path_factory.mktemp("class")
    ps1.write_source(root / "sources")
    (root / "class.csv").write_text(
        "\ufeffid,first_name\n" + "".join(f"{one},=1+1\n" for one in WORK) + "ann,\n"
    )
    folder = root / "course"
    made = albert_lab(root, "init", "course", "--students", "class.csv", "--source", "sources", "--json")
    assert made["students"] == len(WORK)
    assert any("stands in line" in one for one in made["remarks"])
    albert_lab(folder, "release", "--due", "2030-01-01 12:00")
    for student, (attack, _) in WORK.items():
        path = root / "mail" / student / "ps1 (1).ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps((ROUND_1 | ROUND_2)[attack].notebook()))
    done = albert_lab(folder, "collect", "ps1", "--from", str(root / "mail"), "--json")
    assert done["missing"] == []
    return folder


@pytest.fixture(scope="module")
def killed(course: Path) -> dict[str, int]:
    """A run that is killed after its first submission; what was graded then, with its time."""
    command = [sys.executable, "-m", "albert_lab", "classroom", "grade", "ps1", "--jobs", "1"]
    run = subprocess.Popen(command, cwd=course, env=environment(course), stderr=subprocess.PIPE)
    graded: dict[str, int] = {}
    while run.poll() is None and not graded:
        graded = times(course)
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stderr.close()
    assert graded, "one was graded before the kill"
    return times(course)


def times(course: Path) -> dict[str, int]:
    """When each finished submission was graded."""
    found = {}
    for path in course.glob("autograded/*/ps1/ps1.ipynb"):
        try:
            if "of" in json.loads(path.read_text())["metadata"]["albert_lab"]:
                found[path.parts[-3]] = path.stat().st_mtime_ns
        except (ValueError, KeyError, OSError):
            continue
    return found


@pytest.fixture(scope="module")
def graded(course: Path, killed: dict[str, int]) -> dict[str, Any]:
    """The run that goes on, its report as JSON."""
    end = time.monotonic() + 60
    while mine(course) and time.monotonic() < end:
        time.sleep(0.05)
    assert mine(course) == [], "what a killed run started ends by itself"
    (found,) = albert_lab(course, "grade", "ps1", "--jobs", "2", "--json")
    return found


def test_everybody_gets_what_is_deserved_and_nobody_is_graded_twice(course, killed, graded):
    assert graded["points"] == {student: points for student, (_, points) in WORK.items()}
    assert graded["most"] == ps1.ALL
    assert {one: time for one, time in times(course).items() if one in killed} == killed
    states = {one["student"]: one["done"] for one in graded["run"]}
    assert {one for one, done in states.items() if done == "as before"} == set(killed)
    assert set(states) == set(WORK)
    assert graded["sandbox"] in ("namespaces", "landlock")


def test_nothing_stays_behind(course, graded):
    assert mine(course) == []
    assert folders() <= BEFORE


def test_the_report_says_what_to_talk_about_and_whom_to_look_at(course, graded):
    asked = {one["question"]: one for one in graded["questions"]}
    assert asked["softmax_test"]["right"] == round(4 / 9, 3)
    assert asked["attention_test"]["diagnoses"]
    assert "ended the process" in " ".join(graded["person"]["cy"])
    assert "copied" in " ".join(graded["person"]["dee"])
    assert "same but for names" in " ".join(graded["person"]["ann"]), "hal handed in the same"
    assert "bob" not in graded["person"]
    text = albert_lab(course, "grade", "ps1").stdout
    assert "A person should look at:" in text


def test_points_stand_in_nbgraders_gradebook_and_in_each_export(course, graded):
    for kind in ("plain", "canvas", "moodle"):
        rows = list(csv.reader(io.StringIO(export(open_course(course), None, kind))))
        assert sorted(row[-1] for row in rows[-len(WORK) :]) == sorted(
            f"{points}" for _, points in WORK.values()
        )
        assert not any(cell.startswith("=") for row in rows for cell in row)
    (state,) = albert_lab(course, "status", "--json")
    assert (state["submitted"], state["graded"], state["students"]) == (len(WORK),) * 3


def test_feedback_holds_the_checks_words_no_hidden_test_and_nothing_that_runs(course, graded):
    albert_lab(course, "feedback", "ps1")
    for student in WORK:
        page = (course / "feedback" / student / "ps1" / "ps1.html").read_text(encoding="utf-8")
        low = page.lower()
        assert "<script" not in low
        assert "onerror=alert" not in low.replace("&lt;img src=x onerror=alert", "")
        assert "http://127.0.0.1" not in low.split("<img")[-1] if "<img" in low else True
        assert "scaled_dot_product" not in page
        assert "hidden tests" not in low
        assert "default-src 'none'" in page
    assert "one query, one number" in (course / "feedback/bob/ps1/ps1.html").read_text(encoding="utf-8")


def test_nbgraders_own_command_grades_as_safely(course, graded):
    """What formgrader's button does: nbgrader's Autograde, by the settings of the folder alone."""
    code = (
        "from nbgrader.apps import NbGraderAPI\n"
        "from traitlets.config import PyFileConfigLoader\n"
        "config = PyFileConfigLoader('nbgrader_config.py', path='.').load_config()\n"
        "from nbgrader.coursedir import CourseDirectory\n"
        "api = NbGraderAPI(CourseDirectory(config=config), config=config)\n"
        "print(api.autograde('ps1', 'gus')['success'])"
    )
    own = environment(course) | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([sys.executable, "-c", code], cwd=course, env=own, capture_output=True, text=True)
    assert done.stdout.split()[-1:] == ["True"], done.stderr
    rows = list(csv.reader(io.StringIO(export(open_course(course), None))))
    assert next(row[-1] for row in rows if row[0] == "gus") == "0"
    assert mine(course) == []


def test_each_course_has_a_seed_of_its_own(course):
    text = (course / "nbgrader_config.py").read_text()
    assert 'os.environ["ALBERT_LAB_SEED"] = "' in text
    other = course.parent / "other"
    shutil.rmtree(other, ignore_errors=True)
    albert_lab(course.parent, "init", "other", "--source", "sources")
    assert (other / "nbgrader_config.py").read_text() != text


@pytest.mark.parametrize(
    "words",
    [
        ("status", "--course", "/nonexistent"),
        ("grade", "zz"),
        ("collect", "ps1"),
        ("export", "--format", "x"),
    ],
)
def test_a_wrong_word_is_answered_in_words(course, words):
    done = albert_lab(course, *words, check=False)
    assert done.returncode == 2
    assert "Expected:" in done.stderr
    assert "Traceback" not in done.stderr
