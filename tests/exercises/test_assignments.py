"""The assignments keep to the rules: cards, ids, nbgrader's traps, nothing given away, nothing orphaned."""

from __future__ import annotations

import ast
import re

import pytest
import torch
from nbformat import NotebookNode

from albert_lab.classroom import Draw, question, question_ids
from tests.exercises.assignment import (
    CHAPTERS,
    NAMES,
    OBJECTIVE,
    cards,
    is_open,
    names_in,
    released,
    role,
    source,
)
from tests.notebooks import hygiene
from tests.notebooks.normal import chapters, read

UNCHANGED = "No argument is changed"
STAYS = re.compile(
    r"[Nn]o argument is changed|not (to be )?changed|[Nn]othing is changed|stays? as (it|they)"
)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.+?)### END HIDDEN TESTS", re.DOTALL)
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.+?)### END SOLUTION", re.DOTALL)
CHECK = re.compile(r'^assert lab\.check\("(ex\d\d_\d)", (\w+)\)$', re.MULTILINE)


def graded(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if role(cell).get("grade") and cell.cell_type == "code"]


def answers(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if role(cell).get("solution") and cell.cell_type == "code"]


def test_every_chapter_that_stands_has_its_assignment():
    stems = sorted(path.stem for path in CHAPTERS.glob("[0-9][0-9]_*.ipynb"))
    assert [stem for stem in stems if stem != "00_start_here"] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_assignment_has_five_to_eight_questions_and_ends_with_progress(name):
    notebook = source(name)
    assert 5 <= len(cards(notebook)) <= 8
    assert notebook.cells[-1].source == f'lab.progress("{name[:2]}")'
    assert f"chapters/{name}.ipynb" in notebook.cells[0].source


@pytest.mark.parametrize("name", NAMES)
def test_cards_say_what_the_package_knows(name):
    shown = cards(source(name))
    assert sorted(each for each in shown if not is_open(shown[each])) == question_ids(name[:2])
    for each in question_ids(name[:2]):
        asked, card = question(each), shown[each]
        head, facts = card.splitlines()[0], card.splitlines()[2]
        assert head == f"## {each} · {asked.title}"
        dots = ["●" * n + "○" * (5 - n) for n in (asked.difficulty, asked.importance)]
        assert f"{asked.kind} · difficulty {dots[0]} · importance {dots[1]}" in facts
        points = f"{asked.points} point{'s' if asked.points > 1 else ''}"
        assert f"up to {asked.minutes} minutes · {points} · practises {', '.join(asked.objectives)}" in facts


@pytest.mark.parametrize("name", NAMES)
def test_every_question_has_an_answer_a_check_with_its_points_and_help_in_steps(name):
    notebook = source(name)
    roles = {role(cell).get("grade_id"): cell for cell in notebook.cells if role(cell)}
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for each, card in cards(notebook).items():
        if is_open(card):
            assert role(roles[f"{each}_answer"])["points"] == int(re.search(r"(\d+) points", card)[1])
            assert "**Rubric**" in card
            continue
        assert SOLUTION.search(roles[f"{each}_answer"].source)
        check = roles[f"{each}_check"]
        assert role(check)["points"] == question(each).points
        assert role(check)["locked"]
        visible, hidden = CHECK.search(check.source), HIDDEN.search(check.source)
        assert visible[1] == each
        assert hidden[1].strip() == f'assert lab.check("{each}", {visible[2]}, hidden=True)'
        assert f'lab.solution("{each}")' in text
    for step in ("1 · What I see", "2 · The idea", "3 · A skeleton", "4 · The solution"):
        assert text.count(f"<summary>{step}</summary>") == len(question_ids(name[:2]))


@pytest.mark.parametrize("name", NAMES)
def test_that_no_argument_may_be_changed_is_said_where_it_counts(name):
    """A right answer changes nothing: said at the beginning, and on each card with what could be changed."""
    notebook = source(name)
    assert UNCHANGED in notebook.cells[0].source
    shown = cards(notebook)
    for each in question_ids(name[:2]):
        asked = question(each)
        if asked.asks_for_a_value:
            continue
        given = [v for case in asked.cases(Draw(0)) for v in (*case.arguments, *case.options.values())]
        if any(isinstance(value, torch.Tensor | torch.nn.Module | list | dict | set) for value in given):
            assert STAYS.search(shown[each]), each


@pytest.mark.parametrize("name", NAMES)
def test_no_graded_cell_falls_into_a_trap_of_nbgrader(name):
    """A bare last expression is a grade; a failing cell must not stop Run All; names must not clash."""
    notebook = source(name)
    bound_by_tests, read_by_answers = set(), set()
    for cell in graded(notebook):
        assert not isinstance(ast.parse(cell.source).body[-1], ast.Expr)
        assert "raises-exception" in cell.metadata.get("tags", [])
        assert "skip-execution" not in cell.metadata.get("tags", [])
        bound_by_tests |= names_in(cell.source).bound
    for cell in answers(notebook):
        read_by_answers |= names_in(cell.source).read
    assert bound_by_tests & read_by_answers == set()
    ids = [role(cell)["grade_id"] for cell in notebook.cells if role(cell)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", NAMES)
def test_the_release_gives_nothing_away(name):
    """No longer line of a solution, apart from what stands in the code that a learner is given to mend."""
    text = "\n".join(cell.source for cell in released(name).cells)
    assert "hidden=True" not in text
    assert "BEGIN SOLUTION" not in text
    code = [cell for cell in source(name).cells if cell.cell_type == "code"]
    given = "\n".join(SOLUTION.sub("", cell.source) for cell in code)
    for cell in code:
        match = SOLUTION.search(cell.source)
        lines = [line.strip() for line in match[1].splitlines()] if match else []
        assert [line for line in lines if len(line) > 40 and line in text and line not in given] == []


@pytest.mark.parametrize("name", NAMES)
def test_objectives_are_practised_and_known(name):
    """No objective of the chapter without a question, no question with an objective of elsewhere."""
    parts = [path for path in chapters() if path.stem[:2] == name[:2]]  # 13 has a second part, 13b
    stated = set().union(*(hygiene.stated_objectives(read(path)) for path in parts))
    practised = {each for card in cards(source(name)).values() for each in OBJECTIVE.findall(card)}
    assert practised == stated


@pytest.mark.parametrize("name", NAMES)
def test_the_chapter_leads_to_its_exercises(name):
    chapter = (CHAPTERS / f"{name}.ipynb").read_text(encoding="utf-8")
    assert f"../exercises/release/{name}/{name}.ipynb" in chapter


@pytest.mark.parametrize("name", NAMES)
def test_no_chapter_holds_a_solution(name):
    """Lines of a solution that are long enough to be one are not in the chapter."""
    chapter = (CHAPTERS / f"{name}.ipynb").read_text(encoding="utf-8")
    for cell in answers(source(name)):
        body = SOLUTION.search(cell.source)[1].strip()
        assert body not in chapter.replace("\\n", "\n").replace('\\"', '"') or len(body) < 40
