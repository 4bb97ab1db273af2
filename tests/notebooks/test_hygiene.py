"""Every chapter keeps to the rules, and the rules find what they are there to find."""

from __future__ import annotations

import copy
import pkgutil
import re
from collections import Counter

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import albert_lab
from tests.notebooks import hygiene
from tests.notebooks.normal import CHAPTERS, chapters, normalize, read
from tests.notebooks.run import write

PACKAGE = CHAPTERS.parent / "albert_lab"


def test_there_are_chapters():
    assert chapters()


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_the_chapter_keeps_to_the_rules(path):
    notebook = read(path)
    assert hygiene.complaints(notebook, path) == []
    assert hygiene.unchecked_lessons(notebook) == []


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_the_chapter_is_in_normal_form(path, tmp_path):
    write(normalize(read(path)), tmp_path / path.name)
    assert (tmp_path / path.name).read_text() == path.read_text(), "run `make chapters`"


def test_nothing_is_defined_twice():
    defined = Counter(name for path in chapters() for name in set(hygiene.untaught_definitions(read(path))))
    assert [name for name, count in defined.items() if count > 1] == []
    assert sorted(set(defined) & hygiene.package_names(PACKAGE)) == []


def test_the_package_is_the_one_beside_the_chapters():
    assert PACKAGE.samefile(albert_lab.__path__[0])


# "model" is also what a notebook calls its network.
NAMED = re.compile(
    rf"`(?:lab\.|albert_lab\.)?((?:{'|'.join(set(albert_lab._MODULES) - {'model'})})(?:\.\w+)+)"
)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_what_the_prose_calls_by_its_name_is_there(path):
    prose = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for name in set(NAMED.findall(prose)):
        assert pkgutil.resolve_name(f"albert_lab.{name}") is not None


CARD, DRAW, TEXT, QUESTION, GUESS, ANSWER, RECAP, FACTS = range(8)  # the cells of a good notebook
FOLDED = {"tags": ["optional"], "jp-MarkdownHeadingCollapsed": True}


def good():
    card = (
        "# Why?\n\n| | |\n|---|---|\n| Reading | about 5 minutes |\n"
        "| Running | at most 60 seconds on two cores |"
    )
    picture = new_output("display_data", data={"image/png": "iVBORw==", "text/plain": "x"})
    drawing = new_output(
        "display_data",
        data={"image/svg+xml": "<svg><desc>A line that falls.</desc></svg>", "text/plain": "x"},
    )
    return new_notebook(
        cells=[
            new_markdown_cell(card),
            new_code_cell("draw()", execution_count=1, outputs=[drawing, picture]),
            new_markdown_cell(f"{hygiene.IN_WORDS}\n\nA line that falls.\n\n</details>"),
            new_markdown_cell("**Predict.** One or two?"),
            new_code_cell("guess = None  # 1 or 2", execution_count=2),
            new_code_cell(
                "lab.predict('p', guess, answer=1, mistakes={2: 'It would be two of each.'})",
                execution_count=3,
                metadata={"jupyter": {"source_hidden": True}},
            ),
            new_markdown_cell("## Recap"),
            new_code_cell(
                "lab.facts({'One is one.': True})", execution_count=4, metadata={"tags": ["facts"]}
            ),
        ]
    )


def complain(notebook, tmp_path):
    path = tmp_path / "a.ipynb"
    write(notebook, path)
    return " ".join(hygiene.complaints(notebook, path))


def test_a_good_notebook_has_no_complaints(tmp_path):
    assert complain(good(), tmp_path) == ""


def say(text):
    return [new_output("stream", name="stdout", text=text)]


def change(index, **values):
    return lambda notebook: notebook.cells[index].update(values)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (change(CARD, source="No title"), "no card"),
        (change(CARD, source="# T\n| Running | at most 600 seconds |"), "600 seconds"),
        (change(RECAP, source="## The end"), "Recap"),
        (change(FACTS, source="check()"), "facts"),
        (change(FACTS, execution_count=7), "in order"),
        (change(FACTS, source="lab.facts({})\nassert True"), "would stop a learner"),
        (change(TEXT, source="See above."), "The picture in words"),
        (change(TEXT, cell_type="raw"), "The picture in words"),
        (change(DRAW, outputs=[]), "no outputs"),
        (change(DRAW, outputs=say("A line.")), "no drawing"),
        (change(DRAW, source="x = 1\n" * 31), "more than 30 lines"),
        (change(DRAW, source="x = 1\n" * 500), "lines of code"),
        (change(DRAW, source="x = 1\n" * 500), "the main path takes"),
        (change(DRAW, metadata={"tags": ["odd"]}), "unknown tags"),
        (change(DRAW, metadata={"tags": ["varies"]}), "without a reason"),
        (change(DRAW, metadata={"albert_lab": {"tolerance": {"rtol": 1}}}), "without a reason"),
        (change(GUESS, source="guess = 'b'  # 1 or 2"), "no open guess"),
        (change(GUESS, source="x = 1"), "no open guess"),
        (change(QUESTION, source="One or two?"), "does not begin with '**Predict.**'"),
        (change(ANSWER, source="x = 1"), "not every guess"),
        (change(ANSWER, metadata={}), "not folded"),
        (change(ANSWER, source="lab.predict('p', guess, answer=1, mistakes={2: 'one adds'})"), "no sentence"),
        (change(DRAW, outputs=say("/home/me/x.parquet")), "'/home/'"),
        (change(DRAW, outputs=say("UserWarning: old")), "Warning"),
        (change(DRAW, outputs=say("Loading:  40%|####      | 2/5")), "0%|"),
        (change(DRAW, outputs=say("<object at 0x7f12ab34>")), "0x7f12ab34"),
        (change(DRAW, outputs=[new_output("stream", name="stderr", text="x")]), "stderr"),
        (change(DRAW, outputs=[new_output("error", ename="E", evalue="x", traceback=[])]), "an error"),
        (change(TEXT, metadata={"albert_lab": {"objectives": ["LO-1.1"]}}), "LO-1.1 is stated and never"),
        (change(TEXT, metadata={"albert_lab": {"asks": ["LO-1.2"]}}), "LO-1.2 is asked, not"),
        (change(TEXT, source=f"{hygiene.IN_WORDS} [next](99_none.ipynb)"), "leads nowhere"),
        (change(TEXT, source=f"{hygiene.IN_WORDS}\nb</details>"), "blank line"),
        (change(TEXT, source="word " * 121), "121 words"),
        (change(TEXT, source="As p-01-2 asks."), "no word for a reader"),
        (change(TEXT, source="More.", metadata={"tags": ["optional"]}), "without a heading"),
        (change(QUESTION, source="### Optional: more", metadata={"tags": ["optional"]}), "is not folded"),
        (change(QUESTION, source="### Optional: more", metadata=FOLDED), "folded away with"),
    ],
)
def test_a_spoilt_notebook_is_complained_about(tmp_path, spoil, says):
    notebook = copy.deepcopy(good())
    spoil(notebook)
    assert says in complain(notebook, tmp_path)


def test_too_many_varying_cells_and_too_large_pictures(tmp_path):
    notebook = good()
    varies = {"tags": ["varies"], "albert_lab": {"varies": "what is installed"}}
    notebook.cells[1:1] = [new_code_cell("x", execution_count=1, metadata=varies) for _ in range(4)]
    notebook.cells[5].outputs[1].data["image/png"] = "A" * 300_000
    text = complain(notebook, tmp_path)
    assert "4 cells are tagged" in text
    assert "a picture of more" in text


def svg(description="<desc>A box with a word.</desc>", more="", **data):
    text = f'<svg xmlns="http://www.w3.org/2000/svg">{description}{more}</svg>'
    return [new_output("display_data", data={"image/svg+xml": text, "text/plain": "A box."} | data)]


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        (svg(), ""),
        (svg(""), "without a sentence"),
        (svg("<desc></desc>"), "without a sentence"),
        (svg("<desc>Drawing</desc>"), "without a sentence"),
        (svg(**{"text/plain": " "}), "without a sentence"),
        (svg(more="<rect/>" * 10_000), "more than 60,000 bytes"),
        (svg(more='<image href="https://example.org/a.png"/>'), "loads something: href="),
        (svg(more='<rect onclick="x()"/>'), "loads something: onclick="),
    ],
)
def test_a_drawing_carries_its_sentence_and_needs_none_in_the_next_cell(tmp_path, outputs, says):
    notebook = good()
    notebook.cells[1].outputs, notebook.cells[2].source = outputs, "No words about it."
    found = complain(notebook, tmp_path)
    assert says in found if says else found == ""


def test_definitions_and_lessons():
    cells = [
        new_code_cell("def mine():\n    pass\n\nclass Other:\n    pass"),
        new_code_cell("def mean_pool(x):\n    pass", metadata={"tags": ["teaches:mean_pool"]}),
    ]
    notebook = new_notebook(cells=cells)
    assert hygiene.untaught_definitions(notebook) == ["mine", "Other"]
    assert hygiene.unchecked_lessons(notebook) == ["mean_pool"]
    cells.append(new_code_cell("assert_close(mean_pool(x), pooling.mean_pool(x))"))
    assert hygiene.unchecked_lessons(new_notebook(cells=cells)) == []
    assert "AttentionRecord" in hygiene.package_names(PACKAGE)
