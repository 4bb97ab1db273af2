"""Every attack fails: it earns what its work deserves, reads and changes nothing, and the run goes on."""

from __future__ import annotations

import copy
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from albert_lab.classroom.course.service import Grader
from tests.classroom.course import ps1
from tests.classroom.course.attacks import ROUND_1, ROUND_2, Attack
from tests.classroom.course.bench import SOLUTION, Bench, graders_processes

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's"),
    pytest.mark.timeout(600),
]
ALL = ROUND_1 | ROUND_2
SECRET = "only the teacher may read this"


class Listener:
    """Something that would hear a submission that calls out."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]

    def heard(self) -> bool:
        try:
            self.socket.accept()
        except BlockingIOError:
            return False
        return True


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What attacks are after."""
    root = tmp_path_factory.mktemp("course")
    (root / "gradebook.db").write_text(SECRET)
    (root / "secret.py").write_text(f"'{SECRET}'\n" + "\n\n".join(ps1.RIGHT.values()))
    mate = root / "submitted" / "right" / "answers.py"
    mate.parent.mkdir(parents=True)
    mate.write_text("\n\n".join(ps1.RIGHT.values()))
    return root


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.socket.close()


@pytest.fixture(scope="module", params=["namespaces", pytest.param("landlock", marks=pytest.mark.slow)])
def bench(request: pytest.FixtureRequest, course: Path) -> Iterator[Bench]:
    """A grader behind one kind of wall; a machine that has none of a kind skips it, and says so."""
    before = graders_processes()
    try:
        grader = Grader(request.param, hidden=(course,))
    except Exception as error:
        pytest.skip(f"no {request.param} here: {error}")
    yield Bench(grader)
    grader.close()
    assert graders_processes() == before, "nothing stays behind"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Behind the second wall those run that meet the wall, and not the split.
WALL = ("s01", "b5", "b6", "b7", "d", "r02", "r06", "r08", "r09", "r18", "r19", "r21", "r23")


@pytest.mark.parametrize("name", ALL)
def test_an_attack_earns_what_it_deserves_and_reaches_nothing(name, bench, course, listener):
    if bench.grader.level == "landlock" and not name.startswith(WALL):
        return
    attack, before = ALL[name], contents(course)
    done = bench.grade(_placed(attack, course, listener))
    assert done.points == attack.scores, done.told()
    assert attack.flagged in " ".join(done.reasons)
    assert contents(course) == before
    assert not listener.heard()
    for output in done.outputs:
        assert set(output.get("data", {})) <= {"text/plain", "image/png"}
        assert SECRET not in str(output)
        assert "scaled_dot_product_attention" not in str(output), "no hidden test is shown"
    planted = [Path(folder).expanduser() / "planted_by_a_learner.py" for folder in ("/tmp", "/var/tmp", "~")]
    assert not any(path.exists() for path in planted)


def _placed(attack: Attack, course: Path, listener: Listener) -> dict[str, Any]:
    def placed(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{course}", str(course)).replace("{port}", str(listener.port))
        if isinstance(value, list):
            return [placed(one) for one in value]
        return {key: placed(one) for key, one in value.items()} if isinstance(value, dict) else value

    return placed(attack.notebook())


# One line in the course's own exercises; to nbgrader alone the first two are worth 9 of 11 points.
LINES = {
    "another check": "lab.check = lambda *a, **k: True",
    "another lab": "lab = type('Y', (), {'__getattr__': lambda *a: lambda *a, **k: True})()",
    "another module": "import sys\nsys.modules['albert_lab'] = lab = type(sys)('x')\nlab.check = print",
    "another check inside": "import albert_lab.classroom as c\nc.check = c.outcome = lambda *a, **k: True",
    "float64": "torch.set_default_dtype(torch.float64)",
    "no output": "import sys\nsys.stdout = None",
}
EXERCISE = Path(__file__).parents[3] / "exercises" / "source" / "01_attention_formula"


@pytest.mark.parametrize("line", LINES)
def test_one_line_neither_earns_nor_costs_a_point_of_the_exercises(line, bench):
    """In front of stubs it earns nothing, in front of right answers nothing is lost."""
    if bench.grader.level == "landlock":
        return
    source = json.loads((EXERCISE / f"{EXERCISE.name}.ipynb").read_text(encoding="utf-8"))
    source["cells"] = [cell for cell in source["cells"] if cell["cell_type"] == "code"]
    for cell in source["cells"]:
        cell["source"] = "".join(cell["source"])
    exercises = Bench(bench.grader, source)
    for answered, points in ((True, 11), (False, 0)):
        notebook = copy.deepcopy(source)
        for cell in notebook["cells"] if not answered else ():
            cell["source"] = SOLUTION.sub(r"\1pass", cell["source"])
        notebook["cells"].insert(1, ps1.cell(LINES[line]))
        done = exercises.grade(notebook)
        assert done.points == points, done.told()
        assert not any("hidden" in str(output).lower() for output in done.outputs)


def test_honest_work_is_flagged_for_nothing(bench):
    for name in ("s01_right", "s05_syntax", "s09_warns"):
        assert bench.grade(ALL[name].notebook()).reasons == []


def test_there_are_as_many_attacks_as_were_promised():
    assert len(ROUND_1) == 46
    assert len(ROUND_2) >= 24


def test_what_a_worker_sees_is_python_and_itself(bench, course):
    cell = (
        "import os, glob\n"
        "print(sorted(os.environ))\n"
        "print(os.path.exists({course!r}), os.listdir('/'), os.getcwd())\n"
        "import albert_lab\n"
        "here = os.path.dirname(albert_lab.__file__)\n"
        "try: print(os.listdir(here + '/classroom/questions'))\n"
        "except OSError as error: print(type(error).__name__)\n"
        "print(os.path.exists(here + '/../exercises/source'))\n"
    ).replace("{course!r}", repr(str(course)))
    if bench.grader.level == "landlock":
        cell = cell.replace(f"os.path.exists({str(course)!r}), os.listdir('/'), ", "")
    notebook = ps1.notebook([ps1.cell(cell)])
    printed = [one["text"] for one in bench.grade(notebook).outputs if one["output_type"] == "stream"]
    text = "".join(printed)
    assert "ALBERT_LAB_SEED" not in text
    assert "ex02_1" not in text
    assert "secret.py" not in text
    assert ("[]" in text) or ("PermissionError" in text)


def test_nobody_is_graded_without_a_wall_unless_it_is_said(monkeypatch):
    from albert_lab.classroom.course import service

    def refused(level: str, hidden: tuple) -> Any:
        ours, theirs = socket.socketpair()
        theirs.close()
        process = subprocess.Popen([sys.executable, "-c", ""])
        return ours, process, "not permitted"

    tried = []
    monkeypatch.setattr(
        service, "_started", lambda level, hidden: (tried.append(level), refused(level, hidden))[1]
    )
    with pytest.raises(service.SandboxMissingError, match="--no-sandbox"):
        Grader()
    assert tried == ["namespaces", "landlock"]


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_on_other_systems_there_is_a_word_and_a_way(system, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(Exception, match="container"):
        Grader()
