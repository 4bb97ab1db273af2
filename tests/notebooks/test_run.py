"""The runner on small notebooks: what it writes, what it refuses, and that it leaves a good file alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.notebooks import normal, run
from tests.notebooks.normal import normalize, read

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


def notebook(*sources):
    return new_notebook(cells=[new_markdown_cell("# Title"), *[new_code_cell(source) for source in sources]])


def test_a_run_in_normal_form(tmp_path):
    plot = "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1, 2]);"
    source = notebook("x = 6\nprint(x)\nprint(x + 1)", "x * 7", plot)
    done = run.execute(source, tmp_path)
    first, second, third = done.cells[1:]
    assert [cell.execution_count for cell in done.cells[1:]] == [1, 2, 3]
    assert [output.text for output in first.outputs] == ["6\n7\n"]
    assert second.outputs[0].data["text/plain"] == "42"
    assert "image/png" in third.outputs[0].data
    assert all(set(cell.metadata) == set() for cell in done.cells)
    assert source.cells[1].outputs == []
    run.write(done, tmp_path / "a.ipynb")
    run.write(run.execute(done, tmp_path), tmp_path / "b.ipynb")
    assert (tmp_path / "a.ipynb").read_bytes() == (tmp_path / "b.ipynb").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ipynb", "b.ipynb"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys\nprint('careful', file=sys.stderr)", "wrote to stderr"),
        ("import warnings\nwarnings.warn('old')", "wrote to stderr"),
        ("import urllib.request\nurllib.request.urlopen('http://198.51.100.1/')", "run offline"),
        ("import socket\nsocket.create_connection(('example.org', 80))", "run offline"),
    ],
)
def test_what_a_chapter_must_not_do(tmp_path, source, says):
    with pytest.raises(run.NotebookFailedError, match=says) as failure:
        run.execute(notebook("a = 1", source, "b = 2"), tmp_path)
    assert "cell 2" in str(failure.value)


def test_variables_reach_the_kernel(tmp_path):
    source = notebook("import os\nprint(os.environ['COLOUR'], os.environ['HF_HUB_OFFLINE'])")
    done = run.execute(source, tmp_path, {"COLOUR": "green"})
    assert done.cells[1].outputs[0].text == "green 1\n"


WRITES_ITS_NUMBER = "import os\nfrom pathlib import Path\nPath('number').write_text(str(os.getpid()))"


def left_over(folder):
    """Whether the kernel that wrote its number into ``folder`` is still there."""
    number = int((folder / "number").read_text())
    return psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import signal\nos.kill(os.getpid(), signal.SIGKILL)", "died"),
        ("import time\ntime.sleep(1e6)", "timed out"),
    ],
    ids=["killed", "hangs"],
)
def test_a_kernel_that_ends_badly_leaves_nothing_behind(tmp_path, source, says):
    with pytest.raises(run.NotebookFailedError, match=says) as failure:
        run.execute(notebook(WRITES_ITS_NUMBER, source, "1"), tmp_path, cell_seconds=15)
    assert "cell 2" in str(failure.value)
    assert not left_over(tmp_path)
    assert run.execute(notebook("1 + 1"), tmp_path).cells[1].outputs[0].data["text/plain"] == "2"


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there are no such signals here")
def test_a_run_that_is_broken_off_takes_its_kernel_with_it(tmp_path):
    """As pytest's own time limit does it: an exception, raised by a signal in the middle of the waiting."""

    class BrokenOffError(Exception):
        pass

    def broken_off(*_):
        raise BrokenOffError

    def send_when_the_kernel_runs():
        while not (tmp_path / "number").is_file():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, broken_off)
    sender = threading.Thread(target=send_when_the_kernel_runs)
    sender.start()
    try:
        with pytest.raises(BrokenOffError):
            run.execute(notebook(WRITES_ITS_NUMBER, "import time\ntime.sleep(1e6)"), tmp_path)
    finally:
        sender.join()
        signal.signal(signal.SIGUSR1, before)
    assert not left_over(tmp_path)
    assert run.execute(notebook("1 + 1"), tmp_path).cells[1].outputs[0].data["text/plain"] == "2"


def test_a_run_that_is_killed_takes_its_kernel_with_it(tmp_path):
    """As ``kill -9`` does it to ``make matrix``: nobody is left who could tidy up."""
    source = notebook(WRITES_ITS_NUMBER, "import time\ntime.sleep(1e6)")
    program = "import sys, nbformat; from pathlib import Path; from tests.notebooks.run import execute;"
    program += "execute(nbformat.reads(sys.stdin.read(), as_version=4), Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, encoding="utf-8", cwd=ROOT) as process:
        process.stdin.write(nbformat.writes(source))
        process.stdin.close()
        while not (tmp_path / "number").is_file() or not (tmp_path / "number").read_text():
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    for _ in range(600):
        if not left_over(tmp_path):
            break
        time.sleep(0.1)
    assert not left_over(tmp_path)


def test_a_failing_chapter_leaves_the_committed_file_alone(tmp_path, monkeypatch, capsys):
    good, bad = tmp_path / "01_good.ipynb", tmp_path / "02_bad.ipynb"
    run.write(normalize(notebook("print('fine')")), good)
    run.write(normalize(notebook("print(undefined)")), bad)
    before = bad.read_bytes()
    for module in (normal, run):
        monkeypatch.setattr(module, "chapters", lambda: [good, bad])
    assert run.main([]) == 1
    assert "NameError" in capsys.readouterr().err
    assert bad.read_bytes() == before
    assert read(good).cells[1].outputs[0].text == "fine\n"
    assert run.main(["03"]) == 1
    assert "no chapter is called 03" in capsys.readouterr().out


def test_normal_form_keeps_the_picture_and_drops_what_a_run_leaves_behind():
    source = notebook("view()", "view()")
    source.metadata = {"widgets": {"a": 1}, "kernelspec": {"name": "mine", "display_name": "/home/me"}}
    cell = source.cells[1]
    cell.metadata = {"execution": {"iopub.status.busy": "2026"}, "tags": ["facts"], "collapsed": True}
    data = {"image/png": "iVBO\nRw==\n", "text/html": "<script>", "text/plain": "x"}
    cell.outputs = [
        new_output("stream", name="stdout", text="a"),
        new_output("stream", name="stdout", text="b"),
        new_output("display_data", data=data, metadata={"image/png": {"width": 1}}),
        new_output("display_data", data={"text/html": "<table>"}),
    ]
    done = normalize(source).cells[1]
    assert done.metadata == {"tags": ["facts"]}
    assert done.outputs[0].text == "ab"
    assert done.outputs[1].data == {"image/png": "iVBORw==", "text/plain": "x"}
    assert done.outputs[1].metadata == {}
    assert "text/html" in done.outputs[2].data
    assert set(source.metadata) == {"kernelspec", "language_info"}
    assert source.metadata.kernelspec.name == "python3"
    assert len({one.id for one in source.cells}) == 3


def test_normal_form_keeps_a_drawing_and_its_sentence():
    data = {"image/svg+xml": "<svg/>", "text/plain": "A box.", "text/html": "<img>"}
    source = notebook("draw()")
    source.cells[1].outputs = [new_output("execute_result", data=data, metadata={"x": 1}, execution_count=7)]
    (output,) = normalize(source).cells[1].outputs
    assert output.data == {"image/svg+xml": "<svg/>", "text/plain": "A box."}
    assert output.metadata == {}


def test_ids_follow_the_text_and_not_the_place():
    ids = [cell.id for cell in normalize(notebook("a", "b")).cells]
    longer = [cell.id for cell in normalize(notebook("new", "a", "b")).cells]
    assert ids[1:] == longer[2:]


@pytest.mark.parametrize(("picture", "left"), [({"image/png": "aGk="}, 1), ({}, 0)])
def test_a_widget_outlives_its_kernel_only_as_a_picture(picture, left):
    source = notebook("show()")
    data = {normal.WIDGET: {"model_id": "1"}, "text/plain": "  0%|  | 0/9", **picture}
    source.cells[1].outputs = [new_output("display_data", data=data)]
    outputs = normalize(source).cells[1].outputs
    assert len(outputs) == left
    assert all(normal.WIDGET not in output.data for output in outputs)
