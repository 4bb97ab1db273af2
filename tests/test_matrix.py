"""The matrix program: which runs it makes, what margin it sees, and which tolerances it asks for."""

from __future__ import annotations

import math

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from albert_lab.classroom.facts import Fact
from tests.notebooks.normal import normalize, read
from tests.notebooks.run import write
from tools import matrix
from tools.matrix import Run, Variation, rows

pytestmark = pytest.mark.filterwarnings("default")


def run(name, *facts, notebook=None, seed=0):
    return Run(Variation(name, seed=seed), notebook, tuple(facts))


def printed(text):
    cell = new_code_cell("show()", outputs=[new_output("stream", name="stdout", text=text)])
    return normalize(new_notebook(cells=[cell]))


def test_a_fact_is_judged_by_its_smallest_gap_over_how_far_the_gap_moves():
    runs = [run(str(value), Fact("It is right.", (0.5, value, 1.0), True)) for value in (0.75, 0.8, 0.85)]
    (row,) = rows(runs)
    assert row.says == "It is right."
    assert row.seen == "0.5 < 0.75…0.85 < 1"
    assert math.isclose(row.margin, 0.15 / 0.1)
    assert row.verdict == "holds"
    runs.append(run("seed 3", Fact("It is right.", (0.5, 0.95, 1.0), True)))
    assert rows(runs)[0].verdict == "close"


def test_what_failed_anywhere_is_wrong():
    runs = [run("as it is", Fact("a", None, True)), run("torch default", Fact("a", None, False))]
    (row,) = rows(runs)
    assert (row.verdict, row.failed_in, row.seen) == ("wrong", ("torch default",), "1 of 2 runs")


def test_seeds_are_tried_only_where_a_notebook_reads_one():
    def names(source):
        found = matrix.variations(new_notebook(cells=[new_code_cell(source)]))
        return {variation.name for variation in found}

    assert {"as it is", "1 threads", "2 threads", "4 threads", "oneDNN AVX2"} <= names("x = 1")
    assert "seed 1" not in names("torch.manual_seed(0)")
    assert {"seed 1", "seed 5"} <= names("SEED = 0\ntorch.manual_seed(SEED)")


def test_a_run_replaces_the_seed_keeps_what_came_of_it_and_tells_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix, "KEPT", tmp_path / "kept")
    source = "SEED = 0\nimport albert_lab as lab\nprint(SEED)\nlab.facts({'Seeds are small': (SEED, 3)})"
    path = tmp_path / "01_small.ipynb"
    write(normalize(new_notebook(cells=[new_code_cell(source)])), path)
    done = matrix.run(path, Variation("seed 4", seed=4))
    assert done.facts == (Fact("Seeds are small", (4, 3), False),)
    assert done.notebook.cells[0].outputs[0].text == "4\n"
    assert "SEED = 0" in read(path).cells[0].source
    monkeypatch.setattr(matrix, "execute_with_facts", None)
    assert matrix.run(path, Variation("seed 4", seed=4)) == done


@pytest.mark.parametrize(
    ("now", "needed", "beyond"),
    [
        ("loss 2.5000\n", None, []),
        ("loss 2.5312\n", {"atol": 0.07}, []),
        ("loss 2.4000 of 3 heads\n", None, None),
    ],
)
def test_a_tolerance_is_twice_what_was_seen(now, needed, beyond):
    runs = [
        run("torch default", notebook=printed(now)),
        run("seed 1", notebook=printed("loss 9.0\n"), seed=1),
    ]
    found = list(matrix.needed_tolerances(printed("loss 2.5000\n"), runs))
    if beyond is None:
        assert "torch default: output 0: text" in found[0][2][0]
    else:
        assert found == ([(0, needed, beyond)] if needed else [])


def test_tolerances_are_written_and_those_by_hand_stay(tmp_path):
    notebook = printed("loss 2.5000\n")
    notebook.cells[0].metadata["albert_lab"] = {"tolerance": {"rtol": 0.5, "reason": "by hand"}}
    path = tmp_path / "01_small.ipynb"
    write(notebook, path)
    matrix.write_tolerances(path, [run("torch default", notebook=printed("loss 2.6000\n"))])
    tolerance = read(path).cells[0].metadata["albert_lab"]["tolerance"]
    assert tolerance == {"rtol": 0.5, "atol": 0.2, "reason": "by hand"}
