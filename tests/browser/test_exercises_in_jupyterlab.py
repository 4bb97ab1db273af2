"""An exercise as a learner meets it: a wrong answer, the help, a right answer, progress, Validate."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import Watched
from tests.browser.jupyterlab import Lab, written
from tests.exercises.assignment import released, role, source

pytestmark = pytest.mark.browser
NAME, QUESTION = "02_many_heads", "ex02_1"
WRONG = (
    "def split_packed(x, heads):\n"
    "    sides = [side.reshape(x.shape[0], heads, x.shape[1], -1) for side in x.chunk(3, dim=-1)]\n"
    "    return torch.stack(sides)"
)
FIND = """(id) => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    return cells.findIndex((cell) => cell.model.id === id);
}"""


def cell(watched: Watched, cell_id: str) -> int:
    """Place of a cell in the open notebook."""
    place = watched.page.evaluate(FIND, cell_id)
    assert place >= 0, cell_id
    return place


def write_into(watched: Watched, cell_id: str, text: str) -> None:
    place = cell(watched, cell_id)
    watched.page.evaluate(
        """([place, text]) => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.widgets[place].model.sharedModel.setSource(text);
        }""",
        [place, text],
    )


def run_cell(lab: Lab, watched: Watched, cell_id: str) -> Locator:
    """Run one cell, wait for its end, and give what it shows."""
    place = cell(watched, cell_id)
    count = "(place) => window.jupyterapp.shell.currentWidget.content.widgets[place].model.executionCount"
    before = watched.page.evaluate(count, place)
    watched.page.evaluate(
        """(place) => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = place;
            notebook.deselectAll();
        }""",
        place,
    )
    lab.command(watched, "notebook:run-cell")
    watched.page.wait_for_function(
        """([place, before]) => {
            const panel = window.jupyterapp.shell.currentWidget;
            const now = panel.content.widgets[place].model.executionCount;
            return now && now !== before && panel.sessionContext.session.kernel.status === 'idle';
        }""",
        arg=[place, before],
    )
    shown = watched.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{place}'] .jp-OutputArea")
    return shown


def picture(watched: Watched, name: str) -> None:
    """Kept where ALBERT_LAB_SCREENSHOTS says, for a person to look at."""
    folder = os.environ.get("ALBERT_LAB_SCREENSHOTS")
    if folder:
        watched.page.screenshot(path=Path(folder) / f"exercise_{name}.png")


@pytest.fixture
def exercise(lab: Lab, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> Watched:
    name = written(lab, f"{NAME}.ipynb", released(NAME))
    lab.open(watched, name)
    run_cell(lab, watched, "ex02-setup")
    return watched


def test_a_wrong_answer_is_named_and_a_right_one_is_praised_and_counted(lab: Lab, exercise: Watched):
    page = exercise.page
    write_into(exercise, "ex02-1-answer", WRONG)
    run_cell(lab, exercise, "ex02-1-answer")
    shown = run_cell(lab, exercise, "ex02-1-check")
    told = shown.inner_text()
    assert "It looks as if the heads were poured" in told
    assert "Traceback" not in told
    picture(exercise, "wrong")

    help_ = page.locator("details", has_text="1 · What I see").first
    assert not help_.locator("table").is_visible()
    help_.locator("summary").click()
    assert help_.locator("table").is_visible()
    picture(exercise, "help")

    answer = next(c for c in source(NAME).cells if role(c).get("grade_id") == f"{QUESTION}_answer")
    write_into(exercise, "ex02-1-answer", answer.source)
    run_cell(lab, exercise, "ex02-1-answer")
    assert "✓ ex02_1" in run_cell(lab, exercise, "ex02-1-check").inner_text()
    picture(exercise, "right")

    table = run_cell(lab, exercise, "ex02-progress")
    row = table.locator("tr", has_text=QUESTION)
    assert "✓ passed" in row.inner_text()
    row.scroll_into_view_if_needed()
    picture(exercise, "progress")


def test_nbgraders_validate_button_answers(lab: Lab, exercise: Watched):
    page = exercise.page
    page.get_by_role("button", name="Validate").or_(page.get_by_text("Validate", exact=True)).first.click()
    dialog = page.locator(".jp-Dialog-content")
    dialog.get_by_text("failed", exact=False).first.wait_for()
    assert "ex02_1" in dialog.inner_text()
    picture(exercise, "validate")
    dialog.get_by_role("button").last.click()
