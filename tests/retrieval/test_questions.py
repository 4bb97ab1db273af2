"""The development questions: sound, and answerable by the Python that runs."""

from __future__ import annotations

import importlib

import pytest

from albert_lab.errors import InputError
from albert_lab.retrieval.questions import development_questions
from albert_lab.text.corpus import STDLIB, build_corpus

OTHERS = ("numpy", "matplotlib", "torch", "pandas")


def test_there_are_120_in_two_halves_of_the_same_kinds():
    questions = development_questions()
    choosing, reporting = development_questions("choosing"), development_questions("reporting")
    assert len({q.question for q in questions}) == len(questions) == 120
    assert len(choosing) == len(reporting) == 60
    assert {q.question for q in choosing} | {q.question for q in reporting} == {q.question for q in questions}
    for kind in {q.kind for q in questions}:
        counts = [sum(q.kind == kind for q in half) for half in (choosing, reporting)]
        assert abs(counts[0] - counts[1]) <= 1, kind
    assert len(development_questions(packages=[STDLIB])) >= 80
    assert {q.package for q in questions} == {STDLIB, *OTHERS}
    assert all(q.accepted for q in questions)


def test_another_half_is_refused():
    with pytest.raises(InputError, match="choosing, reporting, all"):
        development_questions("third")


def test_a_question_is_not_the_name_of_its_answer():
    """ "shutil copytree" would measure nothing."""
    for question in development_questions():
        for name in question.accepted:
            assert name.lower() not in question.question.lower().split()


@pytest.mark.parametrize(
    "package", [STDLIB, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
def test_every_question_has_an_answer_in_the_corpus(package):
    names = {document.name for document in build_corpus([package], progress=False)}
    for question in development_questions(packages=[package]):
        assert question.accepted & names, question.question


def test_every_answer_of_the_standard_library_can_be_imported():
    """But for a few that another version of Python has dropped or not yet got."""
    names = sorted(set().union(*(q.accepted for q in development_questions(packages=[STDLIB]))))
    missing = [name for name in names if not _importable(name)]
    assert len(missing) <= 0.03 * len(names), missing


def _importable(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), -1, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]) or "builtins")
        except ImportError:
            continue
        try:
            for part in parts[cut:]:
                found = getattr(found, part)
            return True
        except AttributeError:
            continue
    return False
