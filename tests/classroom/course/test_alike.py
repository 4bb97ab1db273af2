"""Split in two, a check says the same as in a notebook: a sample of each question."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from albert_lab.classroom import question, question_ids
from albert_lab.classroom.course.elsewhere import carry
from albert_lab.classroom.course.service import Grader
from albert_lab.classroom.question import Draw
from tests.classroom.course.alike import differences

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's"),
    pytest.mark.timeout(900),
]
# One of each kind: a function, gradients, answers that take functions, classes, values, an error that is due.
DAILY = ("ex01_4", "ex02_2", "ex02_6", "ex04_2", "ex04_4", "ex06_4")


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    found = Grader()
    yield found
    found.close()


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("ALBERT_LAB_SEED", raising=False)


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[pytest.mark.slow][one in DAILY :]) for one in question_ids()]
)
def test_a_sample_of_each_question_is_judged_alike(name, grader):
    found = differences(grader, name, mistakes=1 if name in DAILY else 2)
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("name", [n for n in question_ids() if not question(n).asks_for_a_value])
def test_nothing_that_goes_to_the_learners_side_holds_a_solution(name):
    """Neither the words of a mistake nor the code of the reference."""
    asked = question(name)
    sent = carry((asked.use, asked.cases(Draw(0))))
    for mistake in asked.mistakes:
        assert mistake.says.encode() not in sent
    code = getattr(asked.reference, "__code__", None)
    if code is not None and len(code.co_code) > 40:
        assert code.co_code not in sent
